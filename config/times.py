"""Times as the settings write them: hours of a week, pauses, dates, instants, zones and countries.

Every parser takes whatever stood in the file and raises PydanticCustomError, a ValueError whose type is a code of
`config.messages.MESSAGES`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

from holidays.registry import COUNTRIES
from pydantic_core import PydanticCustomError

from config.faults import shown

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""The days of the week, Monday first, as everywhere in Python."""
DAY_MINUTES = 24 * 60
"""Minutes of a day on the wall clock."""

Period = Literal["minute", "hour", "day", "week", "month", "year"]

_PERIODS: dict[Period, timedelta] = {
    "minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7),
    "month": timedelta(days=30), "year": timedelta(days=365),
}  # fmt: skip

_CLOCK = r"([01][0-9]|2[0-3]):([0-5][0-9])"
_SPAN = re.compile(rf"{_CLOCK}-(?:{_CLOCK}|24:00)")
_HOURS = re.compile(r"([a-z,-]+) +([0-9:-]+)")
_WEEKLY = re.compile(rf"({'|'.join(DAYS)}) +{_CLOCK}")
_RATE = re.compile(rf"([1-9][0-9]{{0,5}})/({'|'.join(_PERIODS)})")


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours of some days: "mon-fri 09:00-18:00"."""

    days: tuple[int, ...]
    """0 is Monday."""
    start: int
    """Minute of the day."""
    end: int
    """Minute of the day; after 1440 for a shift that runs into the next day and belongs to the day it starts on."""

    def week_minutes(self) -> Iterator[int]:
        """Every minute of the week that these hours cover, Monday 00:00 being 0; one covered twice comes twice."""
        for day in self.days:
            for minute in range(self.start, self.end):
                yield (day * DAY_MINUTES + minute) % (7 * DAY_MINUTES)


@dataclass(frozen=True, slots=True)
class Pause:
    """Minutes of every day that do not count: "12:00-13:00"."""

    start: int
    end: int
    """After 1440 for quiet hours that run into the next day."""


@dataclass(frozen=True, slots=True)
class DayHours:
    """Opening hours of one date, in place of the ordinary ones: "2026-12-31 09:00-13:00"."""

    day: date
    start: int
    """Minute of the day."""
    end: int
    """Minute of the day; after 1440 for hours that run into the next day."""


@dataclass(frozen=True, slots=True)
class Weekly:
    """A moment of every week: "mon 09:00"."""

    weekday: int
    """0 is Monday."""
    at: time


@dataclass(frozen=True, slots=True)
class Rate:
    """So many times in a while: "1/month"."""

    count: int
    per: Period

    @property
    def window(self) -> timedelta:
        """How long the while is; a month is thirty days."""
        return _PERIODS[self.per]


def parse_hours(value: object) -> Hours:
    """Read "mon-fri 09:00-18:00", "sat,sun 10:00-14:00" or "fri 22:00-06:00", which ends on Saturday."""
    found = _HOURS.fullmatch(value) if isinstance(value, str) else None
    days = _days(found[1]) if found else None
    span = _span(found[2]) if found else None
    if days is None or span is None or span[0] == span[1]:
        raise PydanticCustomError("hours", "not opening hours", {"value": shown(value)})
    start, end = span
    return Hours(days, start, end if end > start else end + DAY_MINUTES)


def parse_pause(value: object) -> Pause:
    """Read "12:00-13:00", which may not run past midnight."""
    span = _span(value) if isinstance(value, str) else None
    if span is None or span[0] >= span[1]:
        raise PydanticCustomError("pause", "not a pause", {"value": shown(value)})
    return Pause(*span)


def parse_day_hours(value: object) -> DayHours:
    """Read "2026-12-31 09:00-13:00" or "2026-12-31 22:00-06:00", which ends on the next day."""
    text, _, written = value.partition(" ") if isinstance(value, str) else ("", "", "")
    span = _span(written.strip())
    if span is None or span[0] == span[1]:
        raise PydanticCustomError("day_hours", "not the hours of a day", {"value": shown(value)})
    start, end = span
    return DayHours(parse_date(text), start, end if end > start else end + DAY_MINUTES)


def parse_quiet(value: object) -> Pause:
    """Read "22:00-07:00": a pause that may run past midnight."""
    span = _span(value) if isinstance(value, str) else None
    if span is None or span[0] == span[1]:
        raise PydanticCustomError("quiet", "not quiet hours", {"value": shown(value)})
    start, end = span
    return Pause(start, end if end > start else end + DAY_MINUTES)


def check_some_loud(quiet: tuple[Pause, ...]) -> tuple[Pause, ...]:
    """Let quiet hours pass that leave a minute of the day."""
    taken = {minute % DAY_MINUTES for span in quiet for minute in range(span.start, span.end)}
    if len(taken) == DAY_MINUTES:
        raise PydanticCustomError("quiet_always", "quiet all day")
    return quiet


def parse_date(value: object) -> date:
    """Read "2026-10-08", with or without quotes."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        try:
            return date.fromisoformat(value)
        except ValueError as exc:
            raise PydanticCustomError("date", "not a date", {"value": shown(value)}) from exc
    raise PydanticCustomError("date", "not a date", {"value": shown(value)})


def parse_instant(value: object) -> datetime:
    """Take TOML's own date-time with its offset, in UTC."""
    if isinstance(value, datetime) and value.utcoffset() is not None:
        try:
            return value.astimezone(UTC)
        except OverflowError as exc:
            raise PydanticCustomError("instant", "not an instant") from exc
    raise PydanticCustomError("instant", "not an instant")


def parse_weekly(value: object) -> Weekly:
    """Read "mon 09:00"."""
    found = _WEEKLY.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise PydanticCustomError("weekly", "not a day and time", {"value": shown(value)})
    return Weekly(DAYS.index(found[1]), time(int(found[2]), int(found[3])))


def parse_rate(value: object) -> Rate:
    """Read "1/month" or "20/hour"."""
    found = _RATE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise PydanticCustomError("rate", "not a rate", {"value": shown(value)})
    return Rate(int(found[1]), next(period for period in _PERIODS if period == found[2]))


def check_zone(value: str) -> str:
    """Let a name of the tz database pass."""
    try:
        ZoneInfo(value)
    # Not only ZoneInfoNotFoundError: "Asia" is a folder and "../x" a ValueError.
    except (KeyError, ValueError, OSError) as exc:
        raise PydanticCustomError("timezone", "unknown zone", {"value": shown(value)}) from exc
    return value


#: From the library's registry: its own list of countries would load every one of them.
_COUNTRIES = frozenset(names[1] for names in COUNTRIES.values())


def check_country(value: str) -> str:
    """Let "" and the countries of the holidays library pass."""
    if value and value not in _COUNTRIES:
        raise PydanticCustomError("country", "unknown country", {"value": shown(value)})
    return value


def check_hours_apart(hours: tuple[Hours, ...]) -> tuple[Hours, ...]:
    """Let hours pass that open no minute of the week twice."""
    taken: set[int] = set()
    for entry in hours:
        minutes = list(entry.week_minutes())
        if len(set(minutes)) < len(minutes) or not taken.isdisjoint(minutes):
            raise PydanticCustomError("hours_overlap", "overlap", {"value": shown(_written(entry))})
        taken.update(minutes)
    return hours


def check_pauses_apart(pauses: tuple[Pause, ...]) -> tuple[Pause, ...]:
    """Let pauses pass that do not overlap."""
    ordered = sorted(pauses, key=lambda pause: pause.start)
    for first, second in pairwise(ordered):
        if second.start < first.end:
            both = f"{_clock(first)}, {_clock(second)}"
            raise PydanticCustomError("pause_overlap", "overlap", {"value": shown(both)})
    return pauses


def check_days_apart(days: tuple[DayHours, ...]) -> tuple[DayHours, ...]:
    """Let hours of single dates pass that do not overlap on their date."""
    ordered = sorted(days, key=lambda hours: (hours.day, hours.start))
    for first, second in pairwise(ordered):
        if first.day == second.day and second.start < first.end:
            both = f"{first.day} {_clock(first)}, {_clock(second)}"
            raise PydanticCustomError("hours_overlap", "overlap", {"value": shown(both)})
    return days


def some_open(hours: Sequence[Hours], pauses: Sequence[Pause]) -> bool:
    """Whether the pauses leave an open minute in the week."""
    closed = {minute for pause in pauses for minute in range(pause.start, pause.end)}
    return any(minute % DAY_MINUTES not in closed for entry in hours for minute in entry.week_minutes())


def _days(text: str) -> tuple[int, ...] | None:
    days: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        if first not in DAYS or (last or first) not in DAYS or part.endswith("-"):
            return None
        start, end = DAYS.index(first), DAYS.index(last or first)
        days += [day % 7 for day in range(start, end + 1 if end >= start else end + 8)]
    return tuple(days)


def _span(text: str) -> tuple[int, int] | None:
    found = _SPAN.fullmatch(text)
    if found is None:
        return None
    end = DAY_MINUTES if found[3] is None else int(found[3]) * 60 + int(found[4])
    return int(found[1]) * 60 + int(found[2]), end


def _written(hours: Hours) -> str:
    return f"{','.join(DAYS[day] for day in hours.days)} {_clock(hours)}"


def _clock(span: Hours | Pause | DayHours) -> str:
    end = span.end if span.end <= DAY_MINUTES else span.end - DAY_MINUTES
    return f"{span.start // 60:02}:{span.start % 60:02}-{end // 60:02}:{end % 60:02}"
