"""Who is on duty when: rosters and what overrides them, leave and deputies (SEMANTICS rows 12, 13 and 24).

Hours are read as a calendar's are: **an instant belongs to a shift when the wall clock of the zone then shows a minute
of it.** Wall time that a change of the clock skips never comes, wall time that it repeats is covered both times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Generic, Protocol, TypeVar
from zoneinfo import ZoneInfo

from sla.calendar import DAY_MINUTES, Calendar, Interval

_WEEK_MINUTES = 7 * DAY_MINUTES
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Shift:
    """Weekly hours of a department, and who has them: the first person, then deputies; people are staff ids."""

    department: str
    hours: tuple[Interval, ...]
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Who has the duty, or is away, from `since` to just before `until`; aware instants."""

    since: datetime
    until: datetime
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Override:
    """Who has a department's duty for a while, whatever its roster says."""

    department: str
    since: datetime
    until: datetime
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Absence:
    """A person's leave, and who stands in for them in every role; None where nobody does."""

    person: str
    since: datetime
    until: datetime
    deputy: str | None = None


Stretches = Callable[[datetime, datetime], Iterable[Stretch]]
"""Gives the stretches that touch a time in UTC, as a calendar file tells them; several threads may ask at once."""

Absences = Callable[[datetime, datetime], Iterable[Absence]]
"""The same for leave."""


class _Timed(Protocol):
    @property
    def since(self) -> datetime: ...

    @property
    def until(self) -> datetime: ...


_T = TypeVar("_T", bound=_Timed)


class _Monthly(Generic[_T]):
    """What a calendar file says, worked out a month at a time when first asked for, and kept.

    Two threads may both work out the same month; they get the same answer and the later one is kept.
    """

    def __init__(self, within: Callable[[datetime, datetime], Iterable[_T]]) -> None:
        self._within = within
        self._months: dict[tuple[int, int], tuple[_T, ...]] = {}

    def at(self, instant: datetime) -> Iterator[_T]:
        instant = instant.astimezone(UTC)
        month = instant.year, instant.month
        found = self._months.get(month)
        if found is None:
            begin = datetime(*month, 1, tzinfo=UTC)
            after = (begin + timedelta(days=31)).replace(day=1)
            found = self._months[month] = tuple(self._within(begin, after))
        return _during(found, instant)


@dataclass(frozen=True, slots=True)
class Rosters:
    """Every roster, override and absence of a city. Safe to share between threads.

    Instants are aware; a naive one raises ValueError.
    """

    zone: ZoneInfo
    shifts: tuple[Shift, ...] = ()
    overrides: tuple[Override, ...] = ()
    absences: tuple[Absence, ...] = ()
    duty: Mapping[str, Stretches] = field(default_factory=dict)
    """Rosters kept in calendar files, by department."""
    leave: tuple[Absences, ...] = ()
    """Leave kept in calendar files."""
    _shifts: dict[str, list[Shift]] = field(init=False, repr=False, compare=False, default_factory=dict)
    _overrides: dict[str, list[Override]] = field(init=False, repr=False, compare=False, default_factory=dict)
    _absences: dict[str, list[Absence]] = field(init=False, repr=False, compare=False, default_factory=dict)
    _duty: dict[str, _Monthly[Stretch]] = field(init=False, repr=False, compare=False, default_factory=dict)
    _leave: list[_Monthly[Absence]] = field(init=False, repr=False, compare=False, default_factory=list)

    def __post_init__(self) -> None:
        """Sort everything by whom it is about."""
        for shift in self.shifts:
            self._shifts.setdefault(shift.department, []).append(shift)
        for override in self.overrides:
            self._overrides.setdefault(override.department, []).append(override)
        for absence in self.absences:
            self._absences.setdefault(absence.person, []).append(absence)
        self._duty.update({department: _Monthly(within) for department, within in self.duty.items()})
        self._leave.extend(map(_Monthly, self.leave))

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing here: every department's `duty` list counts, and nobody is ever away."""
        return not (self.shifts or self.overrides or self.absences or self.duty or self.leave)

    def has_roster(self, department: str) -> bool:
        """Whether a department's duty follows a roster, and not its `duty` list alone."""
        return department in self._shifts or department in self._duty

    def on_roster(self, department: str, at: datetime) -> tuple[str, ...] | None:
        """Return who has a department's duty by override or roster, the first person first, away or not.

        None where the department has no roster, so that its `duty` list counts. Nobody where it has one that does not
        cover this hour: an alert then goes on at once (row 24).
        """
        _check_aware(at)
        for override in _during(self._overrides.get(department, ()), at):
            return override.people
        if not self.has_roster(department):
            return None
        minute = _week_minute(at.astimezone(self.zone))
        shifts = (shift for shift in self._shifts.get(department, ()) if any(_holds(h, minute) for h in shift.hours))
        stretches = self._duty[department].at(at) if department in self._duty else ()
        return tuple(dict.fromkeys(person for part in (*shifts, *stretches) for person in part.people))

    def is_away(self, person: str, at: datetime) -> bool:
        """Return whether a person is on leave at that instant."""
        return any(True for _ in self._away(person, at))

    def deputy_of(self, person: str, at: datetime) -> str | None:
        """Return who stands in for a person on leave: of several absences at once, the first that names somebody."""
        return next((absence.deputy for absence in self._away(person, at) if absence.deputy is not None), None)

    def stand_in(self, person: str, at: datetime) -> str | None:
        """Return the person, while on leave the deputy, and while that one is away too theirs; None for nobody."""
        passed: set[str] = set()
        standing: str | None = person
        while standing is not None and self.is_away(standing, at):
            passed.add(standing)
            standing = self.deputy_of(standing, at)
            if standing in passed:
                return None
        return standing

    def absences_within(self, since: datetime, until: datetime) -> list[Absence]:
        """Return every absence that touches a time, in the order of their beginnings."""
        filed = (absence for within in self.leave for absence in within(since, until))
        found = [one for one in (*self.absences, *filed) if one.since < until and one.until > since]
        return sorted(found, key=lambda one: (one.since, one.until, one.person, one.deputy or ""))

    def _away(self, person: str, at: datetime) -> Iterator[Absence]:
        _check_aware(at)
        yield from _during(self._absences.get(person, ()), at)
        for months in self._leave:
            yield from (absence for absence in months.at(at) if absence.person == person)


def gaps(calendar: Calendar, shifts: Iterable[Shift]) -> tuple[Interval, ...]:
    """Return the minutes of an ordinary week that the calendar's hours have and no shift covers.

    As spans in the order of the week, each within one local day. Holidays and overrides are left out: this is about
    the pattern, not about a date.
    """
    asked = set(_minutes(calendar.hours))
    asked -= {
        (day * DAY_MINUTES + minute) % _WEEK_MINUTES
        for pause in calendar.pauses
        for day in range(7)
        for minute in range(pause.start, pause.end)
    }
    for shift in shifts:
        asked.difference_update(_minutes(shift.hours))
    runs: list[tuple[int, int]] = []
    for minute in sorted(asked):
        if runs and runs[-1][1] == minute and minute % DAY_MINUTES:
            runs[-1] = runs[-1][0], minute + 1
        else:
            runs.append((minute, minute + 1))
    return tuple(
        Interval(first // DAY_MINUTES, first % DAY_MINUTES, first % DAY_MINUTES + last - first) for first, last in runs
    )


def spans(test: Callable[[datetime], bool], since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
    """Return the times from `since` to `until` at which a test holds, looked at minute by minute."""
    found: list[tuple[datetime, datetime]] = []
    at = since
    while at < until:
        after = min(at + _MINUTE, until)
        if test(at):
            if found and found[-1][1] == at:
                found[-1] = found[-1][0], after
            else:
                found.append((at, after))
        at = after
    return found


def _minutes(hours: Iterable[Interval]) -> Iterator[int]:
    for interval in hours:
        first = interval.weekday * DAY_MINUTES
        for minute in range(first + interval.start, first + interval.end):
            yield minute % _WEEK_MINUTES


def _week_minute(local: datetime) -> int:
    return local.weekday() * DAY_MINUTES + local.hour * 60 + local.minute


def _holds(interval: Interval, minute: int) -> bool:
    """Whether an interval covers a minute of the week; one that runs past Sunday goes on on Monday."""
    start = interval.weekday * DAY_MINUTES + interval.start
    return (minute - start) % _WEEK_MINUTES < interval.end - interval.start


def _during(found: Iterable[_T], at: datetime) -> Iterator[_T]:
    return (one for one in found if one.since <= at < one.until)


def _check_aware(at: datetime) -> None:
    if at.utcoffset() is None:
        raise ValueError(f"{at.isoformat()} has no zone: instants must be aware")
