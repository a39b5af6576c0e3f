"""Business time: how much of it passed, and when so much of it will have passed (SEMANTICS rows 12 and 13).

One rule decides everything: **an instant is open when the wall clock of the calendar's zone then shows an
open minute.** The clock's changes follow from it. Wall time that a change skips never comes, so it counts for
nothing; wall time that a change repeats counts both times; a boundary inside skipped time falls on the
instant of the change. Amounts are real elapsed time: a night from 22:00 to 06:00 in which the clock goes
forward holds seven hours.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

DAY_MINUTES = 24 * 60
"""Minutes of a day on the wall clock; an interval may end as late as the end of the next day, twice this."""

_NOTHING = timedelta(0)
_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)
_YEARS_AHEAD = 10

Span = tuple[datetime, datetime]
"""From the first instant to just before the second: two wall times, or two instants in UTC."""


class NoBusinessTime(Exception):
    """The calendar has no open minute in the ten years after the instant asked about."""

    def __init__(self, name: str) -> None:
        super().__init__(f"calendar {name!r} has no open minute within {_YEARS_AHEAD} years")
        #: Name of the calendar.
        self.name = name


@dataclass(frozen=True, slots=True)
class Interval:
    """Opening hours of one day of the week.

    `start` and `end` are minutes of the local day. An `end` after 1440 is an overnight shift: it runs into
    the next day and belongs to the day it starts on, so that a holiday on the next day does not cut it.
    """

    weekday: int
    """0 is Monday."""
    start: int
    end: int

    def __post_init__(self) -> None:
        """Raise ValueError for what is no interval."""
        if not 0 <= self.weekday <= 6:
            raise ValueError(f"weekday {self.weekday} is not between 0 (Monday) and 6 (Sunday)")
        _check_minutes(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Pause:
    """Minutes of every local day that do not count, as lunch; an `end` after 1440 runs into the next day."""

    start: int
    end: int

    def __post_init__(self) -> None:
        """Raise ValueError for what is no pause."""
        _check_minutes(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Exceptional:
    """Opening hours of one date, in place of whatever else would count on it (SEMANTICS row 12: half days).

    They are taken as they stand: on their date neither the weekly hours nor the pauses begin, and a holiday does not
    close it. An `end` after 1440 runs into the next day; a night that began the day before is not cut.
    """

    day: date
    start: int
    end: int

    def __post_init__(self) -> None:
        """Raise ValueError for what are no hours."""
        _check_minutes(self.start, self.end)


def _check_minutes(start: int, end: int) -> None:
    if not (0 <= start < DAY_MINUTES and start < end <= 2 * DAY_MINUTES):
        raise ValueError(f"minutes {start} to {end} do not begin within a day and end by the end of the next")


def _never(day: date) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Calendar:
    """When a department's time counts, on the wall clock of its own zone.

    Takes aware datetimes and returns them in UTC, exact to the microsecond; naive ones raise ValueError. Open
    time is worked out a year at a time when first asked for and kept, so `is_holiday` must go on giving the
    same answers: declare a new holiday (row 14) with a new calendar of another `version`. Threads may share a
    calendar.
    """

    name: str
    zone: ZoneInfo
    hours: tuple[Interval, ...]
    pauses: tuple[Pause, ...] = ()
    is_holiday: Callable[[date], bool] = _never
    """Whether no hours begin on this local date. Leave out where there are no holidays."""
    version: str = ""
    """What a case's history calls this state of the calendar."""
    exceptional: tuple[Exceptional, ...] = ()
    """Dates with hours of their own; a date may have several."""
    _continuous: bool = field(init=False, repr=False, compare=False)
    _years: dict[int, _Year] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Recognise the calendar that never closes: its business time is real time."""
        week = {
            (interval.weekday * DAY_MINUTES + minute) % (7 * DAY_MINUTES)
            for interval in self.hours
            for minute in range(interval.start, interval.end)
        }
        never_closes = len(week) == 7 * DAY_MINUTES and self.is_holiday is _never
        never_closes = never_closes and not self.pauses and not self.exceptional
        object.__setattr__(self, "_continuous", never_closes)

    @property
    def never_closes(self) -> bool:
        """Whether every minute counts, so that business time is real time."""
        return self._continuous

    def add(self, start: datetime, amount: timedelta) -> datetime:
        """Return the earliest instant from `start` on by which `amount` of business time has passed.

        The end of an interval counts: fifteen minutes from Friday 16:45 are over at Friday 17:00 where that
        is closing time. No amount at all is over at `start`, open or closed. Raises ValueError for a negative
        amount and NoBusinessTime.
        """
        start = _in_utc(start)
        if amount <= _NOTHING:
            if amount < _NOTHING:
                raise ValueError(f"cannot add a negative amount of business time: {amount}")
            return start
        if self._continuous:
            return start + amount
        year = self._year(start.year)
        due = year.passed(start) + amount
        if due > year.total:
            due -= year.total
            for year in self._years_after(start.year):
                if due <= year.total:
                    break
                due -= year.total
        return year.when(due)

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return the business time from `start` to `end`; none where `end` is not after `start`.

        Never negative and no error then, because a platform's clock may run a little ahead of ours.
        """
        start, end = _in_utc(start), _in_utc(end)
        if end <= start:
            return _NOTHING
        if self._continuous:
            return end - start
        whole_years = sum((self._year(year).total for year in range(start.year, end.year)), _NOTHING)
        return whole_years + self._year(end.year).passed(end) - self._year(start.year).passed(start)

    def is_open(self, at: datetime) -> bool:
        """Return whether time counts at this instant; the first of an interval is open, its end is not."""
        at = _in_utc(at)
        return self._continuous or self._year(at.year).opens(at) == at

    def opens(self, at: datetime) -> datetime:
        """Return the first open instant from `at` on: `at` itself while open. Raises NoBusinessTime."""
        at = _in_utc(at)
        if self._continuous:
            return at
        found = self._year(at.year).opens(at)
        if found is None:
            found = next(year.starts[0] for year in self._years_after(at.year) if year.starts)
        return found

    def spans(self, start: datetime, end: datetime) -> Iterator[Span]:
        """The open time between two instants, in order, as spans in UTC that do not touch."""
        start, end = _in_utc(start), _in_utc(end)
        years = range(start.year, end.year + 1)
        clipped = (
            (max(opening, start), min(closing, end))
            for year in map(self._year, years)
            for opening, closing in zip(year.starts, year.ends, strict=True)
        )
        # A year's end, and a change of the zone's clocks, cut a span in two that is one.
        return _merged(span for span in clipped if span[0] < span[1])

    def _year(self, number: int) -> _Year:
        # Two threads may both work out the same year; they get the same answer and the later one is kept.
        year = self._years.get(number)
        if year is None:
            year = self._years[number] = _Year(self._open_in(number))
        return year

    def _years_after(self, number: int) -> Iterator[_Year]:
        empty = 0
        while empty < _YEARS_AHEAD:
            number += 1
            year = self._year(number)
            empty = 0 if year.starts else empty + 1
            yield year
        raise NoBusinessTime(self.name)

    def _open_in(self, number: int) -> Iterator[Span]:
        """The open spans of one UTC year, in order: the wall's, laid over each stretch of one offset."""
        wall = list(self._open_on_the_wall(number))
        year_begin, year_end = (datetime(year, 1, 1, tzinfo=UTC) for year in (number, number + 1))
        for begin, end, offset in _stretches(self.zone, year_begin, year_end):
            for opening, closing in wall:
                first = max((opening - offset).replace(tzinfo=UTC), begin)
                last = min((closing - offset).replace(tzinfo=UTC), end)
                if first < last:
                    yield first, last

    def _open_on_the_wall(self, number: int) -> Iterator[Span]:
        """The open spans of a year as wall times, and three days around it for zones and overnight shifts."""
        first = date(number, 1, 1).toordinal() - 3
        last = date(number, 12, 31).toordinal() + 3
        open_spans: list[Span] = []
        pause_spans: list[Span] = []
        own: dict[date, list[Exceptional]] = {}
        for hours in self.exceptional:
            own.setdefault(hours.day, []).append(hours)
        for day in map(date.fromordinal, range(first, last + 1)):
            if day in own:
                open_spans += (_on(day, hours.start, hours.end) for hours in own[day])
                continue
            pause_spans += (_on(day, pause.start, pause.end) for pause in self.pauses)
            if not self.is_holiday(day):
                weekday = day.weekday()
                open_spans += (
                    _on(day, interval.start, interval.end) for interval in self.hours if interval.weekday == weekday
                )
        return _without(_merged(open_spans), list(_merged(pause_spans)))


class _Year:
    """The open spans of one UTC year and how much time they hold, made for bisection."""

    __slots__ = ("ends", "starts", "sums", "total")

    def __init__(self, spans: Iterable[Span]) -> None:
        both = list(spans)
        self.starts = [start for start, _ in both]
        self.ends = [end for _, end in both]
        #: Business time from the year's beginning to the end of each span.
        self.sums = list(accumulate(end - start for start, end in both))
        self.total = self.sums[-1] if both else _NOTHING

    def passed(self, at: datetime) -> timedelta:
        """Business time from the year's beginning to `at`."""
        index = bisect_right(self.starts, at) - 1
        if index < 0:
            return _NOTHING
        end = self.ends[index]
        return self.sums[index] - (end - at) if at < end else self.sums[index]

    def when(self, amount: timedelta) -> datetime:
        """The earliest instant by which `amount` has passed: more than nothing, no more than the total."""
        index = bisect_left(self.sums, amount)
        return self.ends[index] - (self.sums[index] - amount)

    def opens(self, at: datetime) -> datetime | None:
        """The first open instant of the year from `at` on; None after the last."""
        index = bisect_right(self.ends, at)
        return max(self.starts[index], at) if index < len(self.ends) else None


def _in_utc(at: datetime) -> datetime:
    if at.tzinfo is UTC:
        return at
    if at.utcoffset() is None:
        raise ValueError(f"{at.isoformat()} has no zone: instants must be aware")
    return at.astimezone(UTC)


def _on(day: date, start: int, end: int) -> Span:
    midnight = datetime.combine(day, time())
    return midnight + timedelta(minutes=start), midnight + timedelta(minutes=end)


def _merged(spans: Iterable[Span]) -> Iterator[Span]:
    """The same time in order, as spans that neither overlap nor touch."""
    held: Span | None = None
    for start, end in sorted(spans):
        if held is None:
            held = start, end
        elif start <= held[1]:
            held = held[0], max(held[1], end)
        else:
            yield held
            held = start, end
    if held is not None:
        yield held


def _without(spans: Iterable[Span], pauses: list[Span]) -> Iterator[Span]:
    """What the pauses leave of the spans; both in order and without overlap."""
    ends = [end for _, end in pauses]
    for start, end in spans:
        for index in range(bisect_right(ends, start), len(pauses)):
            pause_start, pause_end = pauses[index]
            if pause_start >= end:
                break
            if start < pause_start:
                yield start, pause_start
            start = pause_end
        if start < end:
            yield start, end


def _stretches(zone: ZoneInfo, begin: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """Cut a time in UTC into stretches of one offset each: (begin, end, offset).

    ZoneInfo does not list its changes, so they are looked for day by day: no zone of the tz database changes
    twice within two days. A change falls on a whole second.
    """

    def offset_at(at: datetime) -> timedelta:
        offset = at.astimezone(zone).utcoffset()
        assert offset is not None
        return offset

    offset = offset_at(begin)
    probe = begin
    while probe < end:
        known, probe = probe, min(probe + _DAY, end)
        if offset_at(probe) == offset:
            continue
        while probe - known > _SECOND:
            middle = known + (probe - known) // _SECOND // 2 * _SECOND
            if offset_at(middle) == offset:
                known = middle
            else:
                probe = middle
        yield begin, probe, offset
        begin, offset = probe, offset_at(probe)
    yield begin, end, offset
