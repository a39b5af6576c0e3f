"""From settings to the frozen values that the rules in `sla` work with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import date
from functools import lru_cache

import holidays

from config import tables
from config.model import Settings
from sla.calendar import Calendar, Interval, Pause
from sla.duty import Department
from sla.policy import Policy, Step
from sla.routing import Route


def calendar(settings: Settings, name: str) -> Calendar:
    """Return a business calendar in the service's zone. Raises KeyError for an unknown name.

    Build each once and keep it: it remembers the years it has worked out.
    """
    table = settings.calendars[name]
    hours = tuple(Interval(day, entry.start, entry.end) for entry in table.hours for day in entry.days)
    pauses = tuple(Pause(pause.start, pause.end) for pause in table.pauses)
    zone, version = settings.service.zone, _version(table, settings.service.timezone)
    if not table.holidays and not table.extra_holidays:
        # Without a test for holidays the calendar can see that it never closes.
        return Calendar(name, zone, hours, pauses, version=version)
    return Calendar(name, zone, hours, pauses, _holiday_test(table), version)


def policy(settings: Settings, name: str) -> Policy:
    """Return an escalation policy. Raises KeyError for an unknown name."""
    table = settings.policies[name]
    return Policy(
        name=name,
        calendar=table.calendar,
        target=table.target,
        steps=tuple(Step(step.at, step.kind, step.notify) for step in table.steps),
        ack_holds=table.ack_holds,
        repeat=table.repeat,
        final_target=table.final_target,
        final_calendar=table.final_calendar,
    )


def departments(settings: Settings) -> tuple[Department, ...]:
    """Return the departments, in the order of the settings."""
    return tuple(
        Department(table.id, table.name, table.policy, table.duty, table.manager, table.head)
        for table in settings.departments
    )


def routes(settings: Settings) -> tuple[Route, ...]:
    """Return the routes, in the order of the settings: the first match wins."""
    return tuple(Route(table.department, table.any, table.all, table.none) for table in settings.routes)


def _holiday_test(table: tables.Calendar) -> Callable[[date], bool]:
    country, extra, ordinary = table.holidays, frozenset(table.extra_holidays), frozenset(table.not_holidays)

    def is_holiday(day: date) -> bool:
        return day not in ordinary and (day in extra or (bool(country) and day in _holidays(country, day.year)))

    return is_holiday


@lru_cache(maxsize=256)
def _holidays(country: str, year: int) -> frozenset[date]:
    """A country's holidays of one year.

    Not the library's own lazy object: it marks a year as known before it has filled it, and threads share calendars.
    """
    return frozenset(holidays.country_holidays(country, years=year, expand=False))


def _version(table: tables.Calendar, zone: str) -> str:
    """What tells two states of a calendar apart: a short hash of all that defines it, whatever order it is in."""
    defined = {
        "zone": zone,
        "hours": sorted((day, entry.start, entry.end) for entry in table.hours for day in entry.days),
        "pauses": sorted((pause.start, pause.end) for pause in table.pauses),
        "holidays": table.holidays,
        "extra": sorted(day.isoformat() for day in table.extra_holidays),
        "not": sorted(day.isoformat() for day in table.not_holidays),
    }
    return hashlib.sha256(json.dumps(defined, sort_keys=True).encode()).hexdigest()[:12]
