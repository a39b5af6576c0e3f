"""Attainment and response times, counted from what became of the cases (SEMANTICS rows 5, 8, 16, 33)."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from statistics import NormalDist
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from sla.history import Outcome
from sla.tally import NEVER, SLOTS, Cell, Office, Tally, Unit


@dataclass(frozen=True, slots=True)
class Spread:
    """How long something took; None where it never happened."""

    count: int = 0
    median_seconds: float | None = None
    p90_seconds: float | None = None
    """By nearest rank: the smallest time that at least nine in ten of them do not exceed."""
    worst_seconds: float | None = None


T = TypeVar("T")


class Share(NamedTuple):
    """How many cases some time or place had, and how many of those decided were met."""

    received: int = 0
    met: int = 0
    missed: int = 0

    @property
    def attainment(self) -> float | None:
        """The share met within target; None while nothing is decided."""
        decided = self.met + self.missed
        return self.met / decided if decided else None


class FinalNumbers(NamedTuple):
    """How the final answers stand that staff said are owed beside the first (row 7)."""

    met: int = 0
    missed: int = 0
    pending: int = 0
    times: Spread = Spread()

    @property
    def attainment(self) -> float | None:
        """The share met within its target; None while nothing is decided."""
        decided = self.met + self.missed
        return self.met / decided if decided else None


@dataclass(frozen=True, slots=True)
class Numbers:
    """How some cases stand. `received` is the sum of the seven after it; times are whole seconds."""

    received: int
    met: int
    answered_late: int
    unanswered: int
    pending: int
    dismissed: int
    deleted: int
    undetermined: int
    late_found: int
    """How many collection found only when their deadline had come: a miss, but not the department's (row 1)."""
    transferred: int
    reopened: int
    response: Spread
    """From the first mention to the first answer."""
    acknowledged: Spread
    """From the first mention to the first acknowledgement or claim."""
    alerts: Mapping[str, int]
    levels: Mapping[int, int]
    """How many steps fired, by level."""
    dismissed_by_reason: Mapping[str, int]
    followups: int
    """Mentions that came to a case after its first."""
    final: FinalNumbers
    unchecked: int
    """Alerts that went out although the platform could not be asked just before (row 4)."""
    in_crisis: int
    """How many are part of an incident (row 34)."""
    paused_seconds: float
    """How long in all they were put off while unanswered (row 17)."""

    @property
    def missed(self) -> int:
        """Answered late, or not at all when the deadline came."""
        return self.answered_late + self.unanswered

    @property
    def decided(self) -> int:
        """The denominator: what is pending, dismissed, deleted or undetermined is not in it."""
        return self.met + self.missed

    @property
    def attainment(self) -> float | None:
        """The share met within target; None while nothing is decided."""
        return self.met / self.decided if self.decided else None


class Held(NamedTuple):
    """How a department held cases that were transferred (row 10)."""

    received: int = 0
    handed_over: int = 0
    times: Spread = Spread()


@dataclass(frozen=True, slots=True)
class Count:
    """The numbers of a department: as a whole, by platform, and by when the mention was written."""

    whole: Numbers
    platforms: Mapping[str, Numbers]
    grid: tuple[tuple[Share, ...], ...]
    """By day of the week, from Monday, and by hour of the day."""
    on_hours: Share
    off_hours: Share
    held: Held

    @property
    def hours(self) -> tuple[Share, ...]:
        """By hour of the day."""
        return tuple(added(day[hour] for day in self.grid) for hour in range(24))

    @property
    def weekdays(self) -> tuple[Share, ...]:
        """By day of the week, from Monday."""
        return tuple(added(day) for day in self.grid)


@dataclass(frozen=True, slots=True)
class Counts:
    """Everything that was counted, and by department."""

    total: Count
    departments: Mapping[str, Count]
    topics: Mapping[tuple[str, str], Share]
    """By department and the keyword by which its cases were routed to it."""


def count(outcomes: Iterable[Outcome], at: datetime, zone: ZoneInfo, office: Office = NEVER) -> Counts:
    """Count cases as they stand at the instant `at`; hours of day are those of `zone`. Merged cases do not count."""
    tally = Tally()
    for outcome in outcomes:
        tally.add(outcome, at, zone, office)
    return counts(tally)


def standing(tally: Tally) -> dict[str, Share]:
    """How many cases each department had, and how many of those decided were met: all that cells alone tell."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for cell, n in tally.cells.items():
        found[cell.unit.department][cell.counts_as] += n
    return {department: _share(of) for department, of in found.items()}


def counts(tally: Tally) -> Counts:
    """The numbers of what was tallied."""
    kinds: defaultdict[Unit, Counter[Cell]] = defaultdict(Counter)
    for kind, n in tally.cells.items():
        if n:  # else all of it was taken away again
            kinds[kind.unit][kind] = n
    topics: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for unit, found in kinds.items():
        for kind, n in found.items():
            if kind.keyword:
                topics[unit.department, kind.keyword][kind.counts_as] += n
    ids = sorted({unit.department for unit in kinds} | {id for id, legs in tally.legs.items() if legs})
    departments = {id: _count(tally, kinds, (id,)) for id in ids}
    return Counts(_count(tally, kinds, ids), departments, {key: _share(topics[key]) for key in sorted(topics)})


def _count(tally: Tally, kinds: Mapping[Unit, Counter[Cell]], departments: Collection[str]) -> Count:
    ids = set(departments)
    units = [unit for unit in kinds if unit.department in ids]
    platforms = sorted({unit.platform for unit in units})
    cells: defaultdict[tuple[int, int], Counter[str]] = defaultdict(Counter)
    office: defaultdict[bool, Counter[str]] = defaultdict(Counter)
    for place, n in _merged(tally.slots[id] for id in ids if id in tally.slots).items():
        slot = SLOTS[place]
        cells[slot.weekday, slot.hour][slot.counts_as] += n
        office[slot.office][slot.counts_as] += n
    return Count(
        _numbers(tally, kinds, units),
        {name: _numbers(tally, kinds, [unit for unit in units if unit.platform == name]) for name in platforms},
        tuple(tuple(_share(cells[day, hour]) for hour in range(24)) for day in range(7)),
        _share(office[True]), _share(office[False]),
        Held(
            sum(tally.legs[id].received for id in ids if id in tally.legs),
            sum(tally.legs[id].handed_over for id in ids if id in tally.legs),
            spread(_merged(tally.legs[id].seconds for id in ids if id in tally.legs)),
        ),
    )  # fmt: skip


def _numbers(tally: Tally, kinds: Mapping[Unit, Counter[Cell]], units: list[Unit]) -> Numbers:
    of: Counter[str] = Counter()
    alerts: Counter[str] = Counter({"warning": 0, "breach": 0, "escalation": 0})
    levels: Counter[int] = Counter()
    reasons: Counter[str] = Counter()
    final: Counter[str] = Counter()
    for unit in units:
        for kind, n in kinds[unit].items():
            of[kind.status] += n
            of["received"] += n
            for name in ("late_found", "transferred", "reopened", "in_crisis", "followups", "unchecked"):
                of[name] += n * getattr(kind, name)
            alerts.update({name: n * times for name, times in kind.alerts})
            levels.update({level: n * times for level, times in kind.levels})
            if kind.status == "dismissed":
                reasons[kind.reason] += n
            if kind.final:
                final[kind.final] += n
    return Numbers(
        received=of["received"], met=of["met"], answered_late=of["answered_late"], unanswered=of["unanswered"],
        pending=of["pending"], dismissed=of["dismissed"], deleted=of["deleted"], undetermined=of["undetermined"],
        late_found=of["late_found"], transferred=of["transferred"], reopened=of["reopened"],
        response=_spread(tally.responses, units), acknowledged=_spread(tally.acknowledged, units),
        alerts=dict(alerts), levels=dict(sorted(levels.items())), dismissed_by_reason=dict(sorted(reasons.items())),
        followups=of["followups"],
        final=FinalNumbers(
            final["met"], final["answered_late"] + final["unanswered"], final["pending"],
            _spread(tally.finals, units),
        ),
        unchecked=of["unchecked"], in_crisis=of["in_crisis"],
        paused_seconds=sum((tally.paused[unit] for unit in units), timedelta(0)).total_seconds(),
    )  # fmt: skip


def _share(of: Counter[str]) -> Share:
    return Share(sum(of.values()), of["met"], of["missed"])


def added(shares: Iterable[Share]) -> Share:
    """Several shares together."""
    return Share(*map(sum, zip(Share(), *shares, strict=True)))


def _spread(times: Mapping[Unit, Counter[int]], units: list[Unit]) -> Spread:
    return spread(_merged(times[unit] for unit in units if unit in times))


def _merged(counters: Iterable[Counter[T]]) -> Counter[T]:
    """Their sum; `+` of two would make a new one each time, which for a hundred large ones is slow."""
    found: Counter[T] = Counter()
    for each in counters:
        found.update(each)
    return found


def spread(seconds: Mapping[int, int]) -> Spread:
    """The spread of times that are given as how often each occurred."""
    values = sorted(value for value, times in seconds.items() if times)
    if not values:
        return Spread()
    # How many there are up to each value: the value at a rank is the first at which so many are reached.
    reached = list(accumulate(seconds[value] for value in values))
    total = reached[-1]

    def ranked(rank: int) -> int:
        return values[bisect_left(reached, rank)]

    middle = (ranked((total + 1) // 2) + ranked(total // 2 + 1)) / 2
    return Spread(total, middle, float(ranked(math.ceil(total * 9 / 10))), float(values[-1]))


_Z = NormalDist().inv_cdf(0.975)


def interval(met: int, decided: int) -> tuple[float, float] | None:
    """Between which shares the true one lies, 95 times in 100; None where nothing is decided.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927: unlike the textbook's
    interval it holds for small numbers and for shares near 0 and 1.
    """
    if not decided:
        return None
    share, spread = met / decided, _Z * _Z / decided
    middle = (share + spread / 2) / (1 + spread)
    half = _Z / (1 + spread) * math.sqrt(share * (1 - share) / decided + spread / (4 * decided))
    return max(0.0, middle - half), min(1.0, middle + half)


def percent(part: int, whole: int) -> str:
    """A share in percent with two decimals, cut and not rounded: what is not whole is never shown as 100.00."""
    hundredths = part * 10_000 // whole
    return f"{hundredths // 100}.{hundredths % 100:02}"
