"""Random histories, lived through the real functions of a case and its ladder, for tests of what is counted."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random

from monitor.store.columns import dumps
from monitor.store.events import Recorded
from sla import actions
from sla import case as rule
from sla.calendar import Calendar
from sla.case import Answer, Case, Change, Event, Mention, State, Turn
from sla.escalation import begin_round, decide, fired
from sla.policy import Policy, Step

MINUTE = timedelta(minutes=1)
POLICY = Policy(
    "standard", "always", 30 * MINUTE,
    (Step(20 * MINUTE, "warning", ("assignee",)), Step(30 * MINUTE, "breach", ("manager",)),
     Step(60 * MINUTE, "escalation", ("head",))),
)  # fmt: skip
DEPARTMENTS = ("transport", "facility", "water")


class Always(Calendar):
    """Every minute counts: business time is plain time."""

    def __init__(self) -> None:
        """Nothing to set."""

    def add(self, start: datetime, amount: timedelta) -> datetime:
        return start + amount

    def between(self, start: datetime, end: datetime) -> timedelta:
        return end - start


ALWAYS = Always()


def recorded(id: int, case_id: str | None, event: Event) -> Recorded:
    """An event as it comes back from a store."""
    return Recorded(id, case_id, event.kind, event.at, event.actor, json.loads(dumps(event.data)))


@dataclass
class Life:
    """One case, from its first mention on."""

    random: Random
    case: Case
    now: datetime
    mentions: list[Mention]
    events: list[Event] = field(default_factory=list)

    @classmethod
    def begin(cls, random: Random, id: str, at: datetime) -> Life:
        """A case whose first mention was written at `at`, found now or much later."""
        found = at + timedelta(seconds=random.choice([0, 20, 600, 1799, 1800, 9000]))
        platform = random.choice(["twitter", "facebook"])
        case = Case(
            id=id, platform=platform, account="1001", department=random.choice(DEPARTMENTS), conversation=f"k{id}",
            author="citizen", policy="standard", opened_at=at, found_at=found, deadline=at + 30 * MINUTE,
            next_action_at=at + 20 * MINUTE,
        )  # fmt: skip
        life = cls(random, case, found, [Mention(f"{id}-m0", at, found, case=id)])
        life._keep(rule.opened(case, Turn(tuple(life.mentions), None), found))
        return life

    def live(self, steps: int) -> None:
        """Let some things happen that may happen; what the rules refuse does not."""
        acts: list[Callable[[], Change]] = [
            self._answered, self._phoned, self._dismissed, self._reopened, self._transferred, self._acknowledged,
            self._claimed, self._decided, self._decided, self._earlier_found, self._deleted, self._restored,
        ]  # fmt: skip
        for _ in range(steps):
            self.now += timedelta(seconds=self.random.choice([0, 1, 59, 600, 1200, 1801, 7200]))
            act = self.random.choice(acts)
            if self.case.state is State.MERGED:
                return
            try:
                self._keep(act())
            except rule.Conflict:
                continue
        if self.random.random() < 0.1 and self.case.state is not State.MERGED:
            self._keep(rule.merged(self.case, "another", self.now))

    def _keep(self, change: Change) -> None:
        self.case = change.case
        self.events += change.events

    def _turn(self, closer: Answer | None) -> Turn:
        return Turn(tuple(sorted(self.mentions, key=lambda m: m.created_at)), closer)

    def _followed(self, closer: Answer | None) -> Change:
        turn = self._turn(closer)
        change = rule.followed(self.case, turn, turn.first.created_at + 30 * MINUTE, self.now)
        self.mentions = [replace(m, case=self.case.id) for m in self.mentions]
        return change

    def _answered(self) -> Change:
        first = self._turn(None).first.created_at
        after = timedelta(seconds=self.random.choice([0, 300, 1799, 1800, 1801, 5000]))
        return self._followed(Answer(f"{self.case.id}-a{len(self.events)}", first + after))

    def _phoned(self) -> Change:
        return actions.answered_elsewhere(self.case, "kim", "phone", self.now)

    def _dismissed(self) -> Change:
        return actions.dismissed(self.case, "kim", self.random.choice(["감사 인사", "광고"]), self.now)

    def _reopened(self) -> Change:
        return self._round(actions.reopened(self.case, "park", "다시 봄", self.now))

    def _transferred(self) -> Change:
        to = self.random.choice(DEPARTMENTS)
        return self._round(
            actions.transferred(self.case, to, "standard", self.case.deadline, "kim", "소관 아님", self.now)
        )

    def _round(self, change: Change) -> Change:
        after = fired(change.case, begin_round(change.case, POLICY, ALWAYS, self.now), self.now, told=("kim",))
        return Change(after.case, change.events + after.events)

    def _acknowledged(self) -> Change:
        return actions.acknowledged(self.case, "kim", self.now + 15 * MINUTE, self.now)

    def _claimed(self) -> Change:
        return actions.claimed(self.case, "kim", self.now)

    def _decided(self) -> Change:
        return fired(self.case, decide(self.case, POLICY, ALWAYS, self.now), self.now, told=("kim",))

    def _earlier_found(self) -> Change:
        at = self._turn(None).first.created_at - timedelta(seconds=self.random.choice([1, 60, 3600]))
        self.mentions.append(Mention(f"{self.case.id}-m{len(self.mentions)}", at, self.now))
        return self._followed(None)

    def _deleted(self) -> Change:
        seen = self.now - timedelta(seconds=self.random.choice([0, 60, 3600]))
        self.mentions = [replace(m, gone_at=self.now, seen_at=seen) for m in self.mentions]
        return self._followed(None)

    def _restored(self) -> Change:
        self.mentions = [replace(m, gone_at=None) for m in self.mentions]
        return self._followed(None)


def lives(seed: int, number: int, start: datetime, spread: timedelta, steps: int = 6) -> list[Life]:
    """Some random cases whose first mentions were written within `spread` of `start`."""
    random = Random(seed)
    lived = []
    for index in range(number):
        life = Life.begin(random, f"c{index}", start + timedelta(seconds=random.randrange(int(spread.total_seconds()))))
        life.live(random.randrange(steps + 1))
        lived.append(life)
    return lived


def history(of: list[Life], order: Random | None = None) -> list[Recorded]:
    """The events of all, each case's in their order, the cases' mixed at random."""
    queues = [[(life.case.id, event) for event in life.events] for life in of]
    mixed = []
    while queues := [queue for queue in queues if queue]:
        mixed.append((order.choice(queues) if order else queues[0]).pop(0))
    return [recorded(number, id, event) for number, (id, event) in enumerate(mixed, 1)]


START = datetime(2026, 11, 16, 0, 0, tzinfo=UTC)
