"""Made weeks of a city's mentions: ordinary traffic, three incidents and thirty innocent bursts, all from a seed.

Six accounts from quiet to busy, with a day's and a week's course and days that are busier than others; texts out of
phrases with places put in, some misspelt or differently spaced. Incidents come in several sizes and speeds, in many
wordings, with posts of other matters between. Incidents, innocent bursts and innocent keywords of the weeks that
parameters were chosen on ("dev") and of those that are reported ("unseen") share no phrase: the words are unseen too,
not only the chance. What an account hears every day is the same in both, as it is learned from the account itself.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bench.made_words import CALM_KINDS, CHATTER, INNOCENT_KEYWORDS, ORDINARY, PLACES, SCENES, Scene

ZONE = ZoneInfo("Asia/Seoul")
MONDAY = datetime(2026, 3, 2, tzinfo=ZONE)
HISTORY_WEEKS = 4
ACCOUNTS = {"safety": 120.0, "transport": 220.0, "water": 50.0, "park": 25.0, "culture": 40.0, "city": 80.0}
"""Mentions a day in an ordinary week."""
_COURSE = (1, 1, 1, 1, 1, 2, 4, 7, 9, 8, 7, 7, 8, 7, 7, 7, 7, 8, 9, 7, 6, 5, 4, 2)
"""How a day's mentions spread over its hours."""
_SUM = sum(_COURSE)


class Said(NamedTuple):
    """A made post."""

    at: datetime
    account: str
    person: str
    text: str
    incident: int | None
    """Which true incident it belongs to."""
    burst: str | None
    """Which kind of innocent burst it belongs to."""


@dataclass
class Week:
    """One made week, and what really happened in it."""

    seed: int
    said: list[Said] = field(default_factory=list)
    incidents: dict[int, Scene] = field(default_factory=dict)
    before: list[tuple[str, str]] = field(default_factory=list)
    """Account and text of ordinary posts of the days before."""
    history: dict[str, list[int]] = field(default_factory=dict)
    """People an hour of the weeks before, by account, from the Monday `HISTORY_WEEKS` earlier."""

    def onset(self, incident: int) -> datetime:
        """The time of an incident's first post."""
        return min(one.at for one in self.said if one.incident == incident)


def week(seed: int, scenes: str, incidents: int = 3, bursts: int = 30) -> Week:
    """Make a week; `scenes` is "dev" or "unseen"."""
    # Made data, no secrets: whoever has the seed has the week.
    made = _Maker(random.Random(f"{scenes}-{seed}"), Week(seed), scenes)
    made.past()
    made.ordinary()
    starts = made.apart(incidents)
    for number, (start, scene) in enumerate(zip(starts, made.random.sample(SCENES[scenes], incidents), strict=True)):
        made.incident(number, scene, start)
    for _ in range(bursts):
        made.burst()
    for _ in range(made.poisson(INNOCENT_KEYWORD_WEEKLY)):
        made.say(made.moment(), "safety", made.person(), made.random.choice(INNOCENT_KEYWORDS[scenes]))
    made.week.said.sort()
    return made.week


INNOCENT_KEYWORD_WEEKLY = 3.0
"""Posts a week that hold a keyword and tell of no incident."""


@dataclass
class _Maker:
    random: random.Random
    week: Week
    scenes: str
    people: int = 0

    def past(self) -> None:
        """Counts of the weeks before, bursts and all."""
        for account, daily in ACCOUNTS.items():
            hours = []
            for day in range(7 * HISTORY_WEEKS):
                busy = self.random.lognormvariate(0, 0.25) * (0.6 if day % 7 >= 5 else 1.0)
                hours += [self.poisson(daily * share / _SUM * busy) for share in _COURSE]
            for _ in range(HISTORY_WEEKS * 5):
                hours[self.random.randrange(len(hours))] += self.random.randrange(5, 40)
            self.week.history[account] = hours

    def ordinary(self) -> None:
        """Everybody's own matters."""
        for account in ACCOUNTS:
            self.week.before += [(account, self.typed(self.random.choice(ORDINARY[account]))) for _ in range(300)]
        for account, daily in ACCOUNTS.items():
            for day in range(7):
                busy = self.random.lognormvariate(0, 0.25) * (0.6 if day >= 5 else 1.0)
                for hour, share in enumerate(_COURSE):
                    for _ in range(self.poisson(daily * share / _SUM * busy)):
                        at = MONDAY + timedelta(days=day, hours=hour, seconds=self.random.uniform(0, 3600))
                        self.say(at, account, self.person(), self.random.choice(ORDINARY[account]))

    def incident(self, number: int, scene: Scene, start: datetime) -> None:
        """Posts that swell in a few minutes and fade over an hour or two, about one place, among others' matters."""
        self.week.incidents[number] = scene
        place = self.random.choice(PLACES)
        most = self.random.uniform(2.0, 6.0)  # posts a minute at the height
        rise, fade = self.random.uniform(0.5, 3.0), self.random.uniform(15, 50)
        at, first = 0.0, True
        while at < 150:
            strength = most * (0.3 + 0.7 * min(1.0, at / rise)) * (1.0 if at < 10 else 2 ** (-(at - 10) / fade))
            at += 0.0 if first else self.random.expovariate(max(strength, 0.02))
            first = False
            account = scene.account if self.random.random() < 0.75 else self.random.choice(("safety", "city"))
            text = self.random.choice(scene.phrases)
            if self.random.random() < 0.35:
                text = text.replace("{place}", "").strip()
            person = self.person() if self.random.random() < 0.9 else f"p{self.people}"
            self.say(start + timedelta(minutes=at), account, person, text, place=place, incident=number)

    def burst(self) -> None:
        """More than usual, and nothing is wrong."""
        kind = self.random.choice(list(_BURSTS))
        _BURSTS[kind](self, self.moment(), kind)

    def crowd(self, start: datetime, kind: str, people: tuple[int, int], minutes: tuple[int, int],
              phrases: list[str] | tuple[str, ...], account: str) -> None:  # fmt: skip
        """Many people with much the same on their minds; the most of them soon after the beginning."""
        length = self.random.uniform(*minutes)
        place = self.random.choice(PLACES)
        for _ in range(self.random.randint(*people)):
            at = start + timedelta(minutes=length * self.random.betavariate(1.2, 2.5))
            self.say(at, account, self.person(), self.random.choice(phrases), place=place, burst=kind)

    def say(self, at: datetime, account: str, person: str, text: str, *, place: str | None = None,
            incident: int | None = None, burst: str | None = None) -> None:  # fmt: skip
        """One post."""
        text = self.typed(text, place)
        self.week.said.append(Said(at, account, person, f"@dj_{account} {text}", incident, burst))

    def typed(self, text: str, place: str | None = None) -> str:
        """A phrase as people type it."""
        text = text.replace("{place}", place or self.random.choice(PLACES))
        text = text.replace("{number}", str(self.random.randrange(1, 900)))
        if self.random.random() < 0.15:
            text = text.replace(" ", "", self.random.randrange(1, 4))
        if self.random.random() < 0.10 and len(text) > 6:
            spot = self.random.randrange(1, len(text) - 1)
            text = text[:spot] + self.random.choice(("", text[spot] * 2, "ㅠㅠ", "..")) + text[spot + 1 :]
        if self.random.random() < 0.2:
            text += self.random.choice(("!!", " ㅠㅠ", "...", " 부탁드립니다", " 확인해 주세요", " 빨리요"))
        return text

    def person(self) -> str:
        """Someone new; a week has few who write twice, and those are the bursts'."""
        self.people += 1
        return f"p{self.people}"

    def moment(self) -> datetime:
        """Some time of the week when people are up."""
        while True:
            hour = self.random.randrange(7 * 24)
            if self.random.random() < _COURSE[hour % 24] / max(_COURSE):
                return MONDAY + timedelta(hours=hour, seconds=self.random.uniform(0, 3600))

    def apart(self, count: int) -> list[datetime]:
        """Moments of the week at least six hours apart, nights too."""
        while True:
            starts = [MONDAY + timedelta(hours=self.random.uniform(1, 164)) for _ in range(count)]
            ordered = sorted(starts)
            if all(later - earlier > timedelta(hours=6) for earlier, later in pairwise(ordered)):
                return starts

    def poisson(self, mean: float) -> int:
        """A Poisson number; Knuth's way, for the small means of an hour."""
        left, count = mean, 0
        while True:
            left -= self.random.expovariate(1.0)
            if left <= 0:
                return count
            count += 1


def _angry(maker: _Maker, start: datetime, kind: str) -> None:
    person, account = maker.person(), maker.random.choice(list(ACCOUNTS))
    place = maker.random.choice(PLACES)
    grievance = maker.random.sample(ORDINARY[account], 2)
    for number in range(maker.random.randint(8, 25)):
        at = start + timedelta(minutes=number * maker.random.uniform(0.3, 2.0))
        maker.say(at, account, person, maker.random.choice(grievance), place=place, burst=kind)


def _copied(maker: _Maker, start: datetime, kind: str) -> None:
    """A campaign: the same text by many."""
    account, text = maker.random.choice(list(ACCOUNTS)), maker.random.choice(CHATTER[maker.scenes]["campaign"])
    maker.crowd(start, kind, (15, 60), (40, 180), (text,), account)


def _friends(maker: _Maker, start: datetime, kind: str) -> None:
    account = maker.random.choice(list(ACCOUNTS))
    text = maker.random.choice(ORDINARY[account])
    maker.crowd(start, kind, (2, 3), (2, 8), (text,), account)


def _rush(maker: _Maker, start: datetime, kind: str) -> None:
    """Rain at rush hour: everybody's bus is late, each another."""
    start = start.replace(hour=maker.random.choice((7, 8, 17, 18)), minute=maker.random.randrange(30))
    for _ in range(maker.random.randint(6, 16)):
        at = start + timedelta(minutes=maker.random.uniform(0, 60))
        maker.say(at, "transport", maker.person(), maker.random.choice(CHATTER[maker.scenes]["rush"]), burst=kind)


def _of(kind: str, people: tuple[int, int], minutes: tuple[int, int]) -> Callable[[_Maker, datetime, str], None]:
    def burst(maker: _Maker, start: datetime, name: str) -> None:
        accounts = CALM_KINDS[kind]
        phrases = CHATTER[maker.scenes][kind]
        maker.crowd(start, name, people, minutes, phrases, maker.random.choice(accounts))

    return burst


_BURSTS: dict[str, Callable[[_Maker, datetime, str], None]] = {
    "campaign, one text by many": _copied,
    "one angry person": _angry,
    "two or three friends": _friends,
    "rush hour in the rain": _rush,
    "ticket opening": _of("tickets", (15, 60), (15, 60)),
    "praise, a meme": _of("praise", (10, 50), (20, 90)),
    "festival, parking and times": _of("festival", (10, 40), (30, 120)),
    "weather talk": _of("weather", (8, 30), (30, 90)),
    "thanks and questions to a notice": _of("notice", (8, 30), (30, 120)),
    "news from elsewhere": _of("elsewhere", (6, 20), (30, 120)),
}


def kinds() -> Iterator[str]:
    """The kinds of innocent bursts."""
    yield from _BURSTS
