"""What happens in the demo, as a plan: who says, answers, takes back and breaks what, in the city's time.

A plan is drawn from a seed and the settings alone. Acts that follow from another one hang below it and count from
the instant at which that one really happened.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from random import Random

from monitor.demo.citizens import FOLLOW_UPS, THANKS, Citizens, Saying
from monitor.demo.staff import MINUTE, Staff
from monitor.rules import Rules

#: An answer that comes so shortly before a step that X's search cannot show it yet: only the look can find it.
LAST_MOMENT = timedelta(seconds=15)
_FOLLOWS_UP, _THANKS = 0.06, 0.05
_BURST, _BURST_LASTS = 100, timedelta(seconds=40)
HOUR = 60 * MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something that happens `after` the act it hangs below, or after the start."""

    after: timedelta
    then: tuple[Act, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Said(Act):
    """A citizen writes; below an answer it is a reply to that."""

    saying: Saying


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered(Act):
    """Staff answer on the platform, from the account that was written to."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack(Act):
    """The citizen deletes the post."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged(Act):
    """Staff say at the desk: I have it."""

    department: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dismissed(Act):
    """Staff say at the desk that no reply is due."""

    department: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage(Act):
    """A platform fails for a while: "down", or "limited" by its rate."""

    platform: str
    how: str
    lasts: timedelta


class Story:
    """The plan of a run, hour by hour without end."""

    def __init__(self, rules: Rules, seed: int, thanks_reason: str) -> None:
        random = Random(seed)
        self._rules, self._random, self._reason = rules, random, thanks_reason
        self._platforms = {account.platform for account in rules.settings.accounts}
        self._citizens = Citizens(rules.settings.accounts, random)
        self._staff = Staff(list(rules.departments), random)
        self._target = rules.policies["standard"].target

    def acts(self) -> Iterator[Act]:
        """Everything that begins by itself, in order."""
        ahead: list[tuple[timedelta, int, Act]] = []
        number = count()
        for hour in count():
            for act in (*self._ordinary(hour * HOUR), *self._beats(hour)):
                heapq.heappush(ahead, (act.after, next(number), act))
            while ahead and ahead[0][0] < (hour + 1) * HOUR:
                yield heapq.heappop(ahead)[2]

    def _ordinary(self, begins: timedelta) -> Iterator[Act]:
        at = begins + self._citizens.pause()
        while at < begins + HOUR:
            saying = self._citizens.says()
            yield Said(after=at, saying=saying, then=(self._answered(saying),))
            at += self._citizens.pause()

    def _beats(self, hour: int) -> Iterator[Act]:
        """What every hour shows once."""
        begins = hour * HOUR
        yield self._never(begins + 1 * MINUTE, hour)
        yield self._follow_up(begins + 2 * MINUTE)
        yield self._acknowledged(begins + 4 * MINUTE)
        yield self._taken_back(begins + 5 * MINUTE)
        yield self._thanks(begins + 6 * MINUTE)
        # Its deadline keeps clear of the burst's steps: one look serves an account for a second, here a minute.
        yield self._last_moment(begins + 7 * MINUTE)
        if hour % 2 == 0:
            if "facebook" in self._platforms:
                yield Outage(after=begins + 9 * MINUTE, platform="facebook", how="down", lasts=8 * MINUTE)
            yield from self._burst(begins + 12 * MINUTE)
        if "twitter" in self._platforms:
            yield Outage(after=begins + 20 * MINUTE, platform="twitter", how="limited", lasts=2 * MINUTE)

    def _never(self, at: timedelta, hour: int) -> Act:
        """Nobody answers; of the hours after the first somebody does, once the ladder has been climbed."""
        saying = self._citizens.says("road", "twitter")
        answer = self._answered(saying, 100 * MINUTE)
        return Said(after=at, saying=saying, then=(answer,) if hour else ())

    def _last_moment(self, at: timedelta) -> Act:
        """Answered on the platform a moment before the deadline: the look must find it, or the alarm is false.

        Of a matter that the burst is not about: that becomes a crisis, and its cases have another deadline.
        """
        saying = self._citizens.says("care", "twitter")
        return Said(after=at, saying=saying, then=(self._answered(saying, self._target - LAST_MOMENT),))

    def _follow_up(self, at: timedelta) -> Act:
        saying = self._citizens.says("waste", "facebook")
        again = self._citizens.again(saying, FOLLOW_UPS)
        below = Said(after=5 * MINUTE, saying=again, then=(self._answered(again, 8 * MINUTE),))
        return Said(after=at, saying=saying, then=(replace(self._answered(saying, 4 * MINUTE), then=(below,)),))

    def _acknowledged(self, at: timedelta) -> Act:
        """Warned, somebody says that they have it, and answers in time."""
        saying = self._citizens.says("care", "twitter")
        ack = Acknowledged(after=21 * MINUTE, department=self._department(saying))
        return Said(after=at, saying=saying, then=(ack, self._answered(saying, 27 * MINUTE)))

    def _taken_back(self, at: timedelta) -> Act:
        saying = self._citizens.says("parking", "twitter")
        return Said(after=at, saying=saying, then=(TakenBack(after=11 * MINUTE),))

    def _thanks(self, at: timedelta) -> Act:
        """A thank you after an answer, which asks for none."""
        saying = self._citizens.says("lamp", "twitter")
        return Said(after=at, saying=saying, then=(self._thanked(self._answered(saying, 5 * MINUTE), saying),))

    def _burst(self, at: timedelta) -> Iterator[Act]:
        for _ in range(_BURST):
            saying = self._citizens.snow()
            moment = self._random.random() * _BURST_LASTS
            yield Said(after=at + moment, saying=saying, then=(self._answered(saying),))

    def _answered(self, saying: Saying, after: timedelta | None = None) -> Answered:
        """The answer of whoever is responsible; without `after` as diligence has it, and sometimes not the end."""
        department = self._department(saying)
        text = self._staff.words(self._rules.departments[department].name)
        if after is not None:
            return Answered(after=after, text=text)
        answer = Answered(after=self._staff.answers_after(department), text=text)
        fate = self._random.random()
        if fate < _THANKS:
            return self._thanked(answer, saying)
        if fate < _THANKS + _FOLLOWS_UP:
            again = self._citizens.again(saying, FOLLOW_UPS)
            # Not by way of this method: a conversation has an end.
            reply = Answered(
                after=self._staff.answers_after(self._department(again)),
                text=self._staff.words(self._rules.departments[self._department(again)].name),
            )
            return replace(answer, then=(Said(after=self._soon(), saying=again, then=(reply,)),))
        return answer

    def _thanked(self, answer: Answered, saying: Saying) -> Answered:
        thanks = self._citizens.again(saying, THANKS)
        dismissed = Dismissed(after=self._soon(), department=self._department(thanks), reason=self._reason)
        return replace(answer, then=(Said(after=self._soon(), saying=thanks, then=(dismissed,)),))

    def _soon(self) -> timedelta:
        return self._random.uniform(4, 9) * MINUTE

    def _department(self, saying: Saying) -> str:
        """Whose it is, as the routes have it."""
        routed = self._rules.routed(saying.text)
        return routed.department if routed else saying.account.department
