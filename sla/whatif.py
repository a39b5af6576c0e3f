"""The figures of some histories, and how a simulated history differs from the recorded one and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sla.case import Clock
from sla.compliance import Counts, count
from sla.history import Happened, Outcome, fold
from sla.simulate import stood


class Alert(NamedTuple):
    """A decision to tell somebody, as the history has it; of the first clock only."""

    at: datetime
    reason: str
    round: int
    level: int
    repeat: int
    kind: str
    told: tuple[str, ...]
    overtaken: tuple[int, ...]

    @property
    def step(self) -> tuple[str, int, int, int]:
        """Which step it was, whoever was told of it and when."""
        return self.reason, self.round, self.level, self.repeat


@dataclass(frozen=True, slots=True)
class Figures:
    """What a week came to. An alert is one person told of one step of one case; bundles hold many of them."""

    counts: Counts
    breaches: int
    """Cases whose deadline passed unanswered, as far as was known then."""
    kinds: Counter[str]
    people: Counter[str]
    """Alerts by staff id."""
    hours: tuple[int, ...]
    """Alerts by the hour of day at which they were decided, in the service's zone."""

    @property
    def alerts(self) -> int:
        """All of them."""
        return self.kinds.total()


class Told(NamedTuple):
    """A case's history, told: what became of it, and whom it made the service tell."""

    outcome: Outcome
    """Without its alerts, which stand beside it."""
    breached: bool
    alerts: list[Alert]


def tell(history: Sequence[Happened]) -> Told:
    """Tell one case's whole history. Raises ValueError where it lacks its beginning or cannot be read."""
    folded = fold(event for event in history if event.kind != "escalated")
    if folded.broken or not folded.outcomes:
        raise ValueError("a history lacks its beginning or cannot be read")
    (outcome,) = folded.outcomes.values()
    return Told(outcome, any(event.kind == "breached" and _first(event) for event in history), alerts(history))


class Sums:
    """Figures in the making, a case at a time."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._outcomes: list[Outcome] = []
        self._breaches = 0
        self._kinds: Counter[str] = Counter()
        self._people: Counter[str] = Counter()
        self._hours = [0] * 24

    def add(self, told: Told) -> None:
        """Count one case."""
        self._outcomes.append(told.outcome)
        self._breaches += told.breached
        for alert in told.alerts:
            self._kinds[alert.kind] += len(alert.told)
            self._people.update(alert.told)
            self._hours[alert.at.astimezone(self._zone).hour] += len(alert.told)

    def figures(self, at: datetime) -> Figures:
        """What was added, as it stands at the instant `at`."""
        counts = count(self._outcomes, at, self._zone)
        return Figures(counts, self._breaches, self._kinds, self._people, tuple(self._hours))


def alerts(history: Iterable[Happened]) -> list[Alert]:
    """The decisions of the first clock to tell somebody, in order."""
    return [
        Alert(
            event.at, event.data["reason"], event.data["round"], event.data["level"], event.data["repeat"],
            event.data["kind"], tuple(event.data["told"]), tuple(event.data["overtaken"]),
        )
        for event in history
        if event.kind == "escalated" and _first(event)
    ]  # fmt: skip


class Difference(StrEnum):
    """Why the same promise, simulated, does not give what was recorded; the first that holds, in this order."""

    SETTINGS = "settings"
    """Its deadline was another one: the policy, the calendar or the department's holidays were changed since."""
    UNSEEN = "unseen"
    """Somebody was told though an answer, or a deletion, stood already: the look could not ask, or was not shown it."""
    DOWNTIME = "downtime"
    """Steps were decided late and overtaken by higher ones: the service stood still, or came to it too late."""
    PEOPLE = "people"
    """The same steps reached others: rosters, leave or the people of the settings were changed since."""
    UNEXPLAINED = "unexplained"
    """None of these."""


def difference(recorded: Sequence[Happened], was: Told, again: Told, at: datetime) -> Difference | None:
    """Say how one case's recorded history, told, differs from its simulated one under the same promise, as of `at`."""
    if was.outcome.deadline != again.outcome.deadline:
        return Difference.SETTINGS
    steps, steps_again = ([alert.step for alert in told.alerts] for told in (was, again))
    if steps == steps_again and was.outcome.status(at) is again.outcome.status(at):
        people, people_again = ([frozenset(alert.told) for alert in told.alerts] for told in (was, again))
        return None if people == people_again else Difference.PEOPLE
    if _unseen(recorded):
        return Difference.UNSEEN
    if _overtook(was.alerts, again.alerts):
        return Difference.DOWNTIME
    return Difference.UNEXPLAINED


def _first(event: Happened) -> bool:
    clock: str = event.data.get("clock", Clock.FIRST)
    return clock == Clock.FIRST


def _unseen(recorded: Sequence[Happened]) -> bool:
    """Whether an alert was decided when a look would already have found that it was not needed."""
    return any(
        event.kind == "escalated" and _first(event) and shown is not None and shown.by(event.at)
        for event, shown in zip(recorded, stood(recorded), strict=True)
    )


def _overtook(was: Sequence[Alert], again: Sequence[Alert]) -> bool:
    """Whether each step that is simulated and not recorded was overtaken by a later one that was."""
    recorded = {alert.step for alert in was}
    missing = [alert for alert in again if alert.step not in recorded]
    return bool(missing) and all(any(_covers(alert, lost) for alert in was) for lost in missing)


def _covers(alert: Alert, lost: Alert) -> bool:
    if alert.round != lost.round:
        return False
    if lost.reason == "repeat":
        return alert.repeat > lost.repeat or (alert.reason == "step" and alert.repeat >= lost.repeat)
    return lost.level in alert.overtaken or (alert.level == lost.level and alert.repeat > lost.repeat)
