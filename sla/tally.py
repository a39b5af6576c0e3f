"""Cases put into cells: what they have in common, so that a million of them are counted as some thousands."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sla.history import Outcome, Status

Office = Callable[[str, str, datetime], bool]
"""Whether an instant is in office hours, for a policy's name and a department."""


def NEVER(policy: str, department: str, at: datetime) -> bool:
    """An office that never opens."""
    return False


class Unit(NamedTuple):
    """The smallest thing that has numbers of its own."""

    department: str
    platform: str


class Slot(NamedTuple):
    """When the first mention was written, on the wall clock, and what its case counts as."""

    weekday: int
    """0 is Monday."""
    hour: int
    office: bool
    counts_as: str
    """Met, missed, or neither ("")."""


SLOTS = tuple(
    Slot(day, hour, office, counts_as)
    for day in range(7)
    for hour in range(24)
    for office in (False, True)
    for counts_as in ("", "met", "missed")
)
"""Every slot there is; a slot is known by its place here."""
_PLACE: dict[tuple[int, int, bool, str], int] = {slot: place for place, slot in enumerate(SLOTS)}


class Cell(NamedTuple):
    """All else that any number tells cases apart by."""

    unit: Unit
    status: str
    final: str
    """How the final answer stands; "" where none is owed."""
    reason: str
    """Why no reply was due; "" unless dismissed."""
    keyword: str
    """By which it was routed; "" where its account's department kept it."""
    alerts: tuple[tuple[str, int], ...]
    levels: tuple[tuple[int, int], ...]
    followups: int
    unchecked: int
    late_found: bool
    transferred: bool
    reopened: bool
    in_crisis: bool

    @property
    def counts_as(self) -> str:
        """Met, missed, or neither ("")."""
        if self.status == Status.MET:
            return "met"
        return "missed" if self.status in (Status.LATE, Status.UNANSWERED) else ""


@dataclass(slots=True)
class Legs:
    """How a department held cases that were transferred."""

    received: int = 0
    handed_over: int = 0
    seconds: Counter[int] = field(default_factory=Counter)

    def __bool__(self) -> bool:
        return bool(self.received or self.handed_over or any(self.seconds.values()))


@dataclass(frozen=True, slots=True)
class Fact:
    """What a case adds to the numbers."""

    slot: int
    """A place in `SLOTS`."""
    cell: Cell
    response: int | None
    """Whole seconds, as the next three."""
    acknowledged: int | None
    final: int | None
    paused: int
    legs: tuple[tuple[str, int | None], ...]
    """Only of a case that was transferred: who held it, and for how many seconds; None while it is held."""


def fact(outcome: Outcome, at: datetime, zone: ZoneInfo, office: Office) -> Fact | None:
    """What a case adds as it stands at the instant `at`; None for a merged one, which no number counts."""
    status = outcome.status(at)
    if status is Status.MERGED:
        return None
    local = outcome.opened_at.astimezone(zone)
    final = outcome.final_status(at)
    cell = Cell(
        unit=Unit(outcome.department, outcome.platform), status=status.value, final=final.value if final else "",
        reason=outcome.reason if status is Status.DISMISSED else "", keyword=outcome.keyword,
        alerts=tuple(sorted(Counter(outcome.alerts).items())),
        levels=tuple(sorted(Counter(outcome.levels).items())), followups=max(0, outcome.mentions - 1),
        unchecked=outcome.unchecked,
        late_found=outcome.found_late, transferred=outcome.transfers > 0, reopened=outcome.reopenings > 0,
        in_crisis=outcome.incident is not None,
    )  # fmt: skip
    answered = status in (Status.MET, Status.LATE)
    open_ = office(outcome.policy, outcome.department, outcome.opened_at)
    return Fact(
        slot=_PLACE[local.weekday(), local.hour, open_, cell.counts_as],
        cell=cell, response=_seconds(outcome.response) if answered else None,
        acknowledged=_seconds(outcome.acknowledgement),
        final=_seconds(outcome.final_response) if final in (Status.MET, Status.LATE) else None,
        paused=_seconds(outcome.paused(at)) or 0 if outcome.snoozes else 0,
        legs=tuple(
            (leg.department, None if leg.until is None else _seconds(leg.until - leg.since)) for leg in outcome.legs
        ) if outcome.transfers else (),
    )  # fmt: skip


def _seconds(span: timedelta | None) -> int | None:
    return None if span is None else span // timedelta(seconds=1)


class Tally:
    """Numbers in the making."""

    def __init__(self) -> None:
        self.cells: Counter[Cell] = Counter()
        self.slots: defaultdict[str, Counter[int]] = defaultdict(Counter)
        """By department, places in `SLOTS`."""
        self.responses: defaultdict[Unit, Counter[int]] = defaultdict(Counter)
        self.acknowledged: defaultdict[Unit, Counter[int]] = defaultdict(Counter)
        self.finals: defaultdict[Unit, Counter[int]] = defaultdict(Counter)
        self.paused: defaultdict[Unit, timedelta] = defaultdict(timedelta)
        self.legs: defaultdict[str, Legs] = defaultdict(Legs)

    def add(self, outcome: Outcome, at: datetime, zone: ZoneInfo, office: Office = NEVER) -> None:
        """Count a case as it stands at the instant `at`."""
        found = fact(outcome, at, zone, office)
        if found is not None:
            self.put(found)

    def put(self, fact: Fact, sign: int = 1) -> None:
        """Count what a case adds; `sign` -1 takes it away again."""
        unit = fact.cell.unit
        self.cells[fact.cell] += sign
        self.slots[unit.department][fact.slot] += sign
        for times, seconds in (
            (self.responses, fact.response), (self.acknowledged, fact.acknowledged), (self.finals, fact.final),
        ):  # fmt: skip
            if seconds is not None:
                times[unit][seconds] += sign
        if fact.paused:
            self.paused[unit] += sign * timedelta(seconds=fact.paused)
        if fact.legs:
            self.hold(fact.legs, sign)

    def hold(self, legs: tuple[tuple[str, int | None], ...], sign: int = 1) -> None:
        """Count who held a transferred case."""
        before = None
        for department, seconds in legs:
            if before is not None and before != department:
                self.legs[before].handed_over += sign
                self.legs[department].received += sign
            if seconds is not None:
                self.legs[department].seconds[seconds] += sign
            before = department
