"""A calendar's month as people read it: which hours count on each day, and why a day does not (SEMANTICS row 12)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

from config import Settings
from config import rules as build
from config.holidays import holidays_of
from config.tables import Calendar as Table
from monitor.rules import Rules
from sla.calendar import Calendar, Span

_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
_YEARS = range(1970, 2101)


class UnknownMonth(ValueError):
    """There is no such month, or it is written otherwise; the message says how months are written."""


class Why(StrEnum):
    """Why a day is not an ordinary one; the first that holds, in this order."""

    LOCAL = "local_holiday"
    """Shut for this department alone."""
    OWN_HOURS = "own_hours"
    """A date with hours of its own, as a half day; it may be a holiday all the same."""
    EXTRA = "extra_holiday"
    """A holiday that the city has added."""
    HOLIDAY = "holiday"
    """One of the country's."""
    NOT_HOLIDAY = "not_holiday"
    """One of the country's holidays that the city works on."""
    WEEKDAY = "weekday"
    """No hours begin on this day of the week."""


@dataclass(frozen=True, slots=True)
class Day:
    """One local day."""

    date: date
    spans: tuple[Span, ...]
    """The hours that count, as instants of the calendar's zone, cut at midnight."""
    why: Why | None
    """None for an ordinary day."""
    name: str = ""
    """The holiday's name, where the country's list gives one, also for a day that is none for another reason."""

    @property
    def business(self) -> timedelta:
        """How much of it counts."""
        return sum((end.astimezone(UTC) - start.astimezone(UTC) for start, end in self.spans), timedelta(0))


@dataclass(frozen=True, slots=True)
class Month:
    """A month of one calendar, as one department has it or as all do."""

    calendar: Calendar
    department: str | None
    """Whose local holidays are in it; None: nobody's."""
    first: date
    days: tuple[Day, ...]
    known_until: date | None
    """The last day up to which its holidays are no guess; None where it follows no country's."""

    @property
    def business(self) -> timedelta:
        """How much of the month counts."""
        return sum((day.business for day in self.days), timedelta(0))

    @property
    def pauses(self) -> tuple[str, ...]:
        """What is counted out of ordinary days, as "12:00-13:00"."""
        return tuple(f"{clock(pause.start)}-{clock(pause.end)}" for pause in self.calendar.pauses)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON: instants are ISO 8601 in the calendar's zone, times are seconds."""
        return {
            "calendar": self.calendar.name, "department": self.department, "month": f"{self.first:%Y-%m}",
            "version": self.calendar.version, "timezone": self.calendar.zone.key, "pauses": list(self.pauses),
            "seconds": self.business.total_seconds(),
            "known_until": self.known_until.isoformat() if self.known_until else None,
            "days": [
                {"date": day.date.isoformat(), "why": day.why, "name": day.name,
                 "seconds": day.business.total_seconds(),
                 "spans": [{"from": start.isoformat(), "until": end.isoformat()} for start, end in day.spans]}
                for day in self.days
            ],
        }  # fmt: skip


def month(rules: Rules, name: str, department: str | None, written: str | None, now: datetime, language: str) -> Month:
    """Lay out a month, "2026-11", of a calendar; None: the month that `now` is in.

    Raises:
        UnknownMonth: there is no such month, or it is written otherwise.
        KeyError: there is no such calendar.
    """
    settings = rules.settings
    today = now.astimezone(rules.zone).date()
    first = today.replace(day=1) if written is None else _first(written)
    calendar = rules.calendars[name] if department is None else rules.calendar(name, department)
    local = frozenset() if calendar.never_closes else build.local_holidays(settings, department)
    names = holidays_of(settings.calendars[name].holidays, first.year, language) if _follows(settings, name) else {}
    days = []
    day = first
    while day.month == first.month:
        spans = tuple(_on(calendar, day))
        days.append(Day(day, spans, _why(calendar, settings.calendars[name], local, names, day), names.get(day, "")))
        day += timedelta(days=1)
    return Month(calendar, department, first, tuple(days), build.known_until(settings.calendars[name], today))


def clock(minute: int) -> str:
    """A minute of the day as people write it; the day's end is 24:00."""
    minute = minute if minute <= 24 * 60 else minute - 24 * 60
    return f"{minute // 60:02}:{minute % 60:02}"


def _first(written: str) -> date:
    found = _MONTH.fullmatch(written)
    if found is None or int(found[1]) not in _YEARS:
        raise UnknownMonth(f"{written!r} is no month: write it as 2026-11, from {_YEARS[0]} to {_YEARS[-1]}")
    return date(int(found[1]), int(found[2]), 1)


def _follows(settings: Settings, name: str) -> bool:
    return bool(settings.calendars[name].holidays)


def _on(calendar: Calendar, day: date) -> list[Span]:
    begin, end = (
        datetime(at.year, at.month, at.day, tzinfo=calendar.zone).astimezone(UTC)
        for at in (day, day + timedelta(days=1))
    )
    return [
        (start.astimezone(calendar.zone), stop.astimezone(calendar.zone)) for start, stop in calendar.spans(begin, end)
    ]


def _why(calendar: Calendar, table: Table, local: frozenset[date], names: Mapping[date, str], day: date) -> Why | None:
    if day in local:
        return Why.LOCAL
    if any(own.day == day for own in calendar.exceptional):
        return Why.OWN_HOURS
    if day in table.extra_holidays and day not in table.not_holidays:
        return Why.EXTRA
    if day in names and day not in table.not_holidays:
        return Why.HOLIDAY
    if all(interval.weekday != day.weekday() for interval in calendar.hours):
        return Why.WEEKDAY
    return Why.NOT_HOLIDAY if day in names else None
