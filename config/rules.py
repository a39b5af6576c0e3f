"""From settings to the frozen values that the rules in `sla` work with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from config import tables, times
from config.holidays import holidays_of
from config.holidays import known_until as known_until_by_rule
from config.model import Settings
from config.people import begins, ends
from sla.calendar import Calendar, Exceptional, Interval, Pause
from sla.duty import Department
from sla.policy import Policy, Step
from sla.quiet import QuietHours
from sla.roster import Absence, Absences, Override, Rosters, Shift
from sla.routing import Route

DAY = timedelta(days=1)
WORKING_DAY = timedelta(hours=8)
"""What a day of a final answer's period is, where its target is in days and its calendar closes."""


def calendar(settings: Settings, name: str, department: str | None = None) -> Calendar:
    """Return a business calendar in the service's zone. Raises KeyError for an unknown name.

    With the local holidays of `department` in it, as far as it has any; they shut no calendar that never closes
    (SEMANTICS row 12). Build each once and keep it: it remembers the years it has worked out.
    """
    table = settings.calendars[name]
    hours = _intervals(table.hours)
    pauses = tuple(Pause(pause.start, pause.end) for pause in table.pauses)
    zone, local = settings.service.zone, local_holidays(settings, department)
    days = tuple(Exceptional(own.day, own.start, own.end) for own in table.days)
    made = Calendar(name, zone, hours, pauses, version=_version(table, settings.service.timezone), exceptional=days)
    if table.holidays or table.extra_holidays:
        # Without a test for holidays the calendar can see that it never closes.
        made = replace(made, is_holiday=_holiday_test(table))
    if not local or made.never_closes:
        return made
    return replace(
        made, is_holiday=_holiday_test(table, local), version=_version(table, settings.service.timezone, local),
        exceptional=tuple(own for own in days if own.day not in local),
    )  # fmt: skip


def known_until(table: tables.Calendar, since: date) -> date | None:
    """Return the last day up to which a calendar's holidays are certain; None where it follows no country's."""
    if not table.holidays:
        return None
    return max(known_until_by_rule(table.holidays, since), table.confirmed_until or date.min)


def local_holidays(settings: Settings, department: str | None) -> frozenset[date]:
    """Return the dates on which a department is shut beside the holidays of all; none for an unknown one."""
    return frozenset(day for table in settings.departments if table.id == department for day in table.local_holidays)


def policy(settings: Settings, name: str) -> Policy:
    """Return an escalation policy. Raises KeyError for an unknown name."""
    table = settings.policies[name]
    final_calendar = settings.calendars[table.final_calendar]
    closes = sum(1 for entry in final_calendar.hours for _ in entry.week_minutes()) < 7 * times.DAY_MINUTES
    # Petitions Treatment Act, article 19 (1): a day of a period is eight working hours.
    in_days = closes and not table.final_target % DAY

    def business(amount: timedelta) -> timedelta:
        return amount * (WORKING_DAY / DAY) if in_days else amount

    return Policy(
        name=name,
        calendar=table.calendar,
        target=table.target,
        steps=tuple(Step(step.at, step.kind, step.notify) for step in table.steps),
        ack_holds=table.ack_holds,
        repeat=table.repeat,
        final_target=business(table.final_target),
        final_calendar=table.final_calendar,
        final_steps=tuple(Step(business(step.at), step.kind, step.notify) for step in table.final_steps),
        final_repeat=business(table.final_repeat),
    )


def departments(settings: Settings) -> tuple[Department, ...]:
    """Return the departments, in the order of the settings."""
    return tuple(
        Department(table.id, table.name, table.policy, table.duty, table.manager, table.head)
        for table in settings.departments
    )


def rosters(settings: Settings) -> Rosters:
    """Return who is on duty when and who is away, by hand and from calendar files."""
    zone = settings.service.zone
    filed = {table.department: table.ics.between for table in settings.rosters if table.ics is not None}
    return Rosters(
        zone,
        tuple(
            Shift(table.department, _intervals(table.hours), table.people)
            for table in settings.rosters
            if table.ics is None
        ),
        tuple(Override(table.department, table.from_, table.until, table.people) for table in settings.overrides),
        tuple(found for table in settings.absences if (found := absence(table, zone)) is not None),
        filed,
        tuple(leave(table) for table in settings.absences if table.ics is not None),
    )


def named(settings: Settings) -> dict[str, frozenset[str]]:
    """Return everybody whom the settings name for each department, in any role or duty, and their deputies."""
    found: dict[str, set[str]] = {
        table.id: {person for person in (*table.duty, table.manager, table.head) if person is not None}
        for table in settings.departments
    }
    for shift in settings.rosters:
        found[shift.department] |= {*shift.people, *(shift.ics.people if shift.ics is not None else ())}
    for override in settings.overrides:
        found[override.department] |= set(override.people)
    for away in settings.absences:
        people = {away.person} if away.person is not None else set(away.ics.people if away.ics is not None else ())
        if away.deputy is not None:
            for those in found.values():
                if those & people:
                    those.add(away.deputy)
    return {id: frozenset(people) for id, people in found.items()}


def quiet_hours(settings: Settings) -> dict[str, QuietHours]:
    """Return when each person is left alone, of those who ever are, by staff id."""
    zone = settings.service.zone
    return {
        person.id: QuietHours(zone, (Pause(span.start, span.end) for span in person.quiet))
        for person in settings.staff
        if person.quiet
    }


def absence(table: tables.Absence, zone: ZoneInfo) -> Absence | None:
    """Return an absence that is written out; None for one that is kept in a calendar file."""
    if table.person is None or table.from_ is None or table.until is None:
        return None
    return Absence(table.person, begins(table.from_, zone), ends(table.until, zone), table.deputy)


def leave(table: tables.Absence) -> Absences:
    """Return the events of a calendar file as absences; nobody is their own deputy, even in a file of many people's."""

    def within(since: datetime, until: datetime) -> list[Absence]:
        return [
            Absence(person, stretch.since, stretch.until, table.deputy if table.deputy != person else None)
            for stretch in (table.ics.between(since, until) if table.ics is not None else ())
            for person in stretch.people
        ]

    return within


def _intervals(hours: tables.AllHours) -> tuple[Interval, ...]:
    return tuple(Interval(day, entry.start, entry.end) for entry in hours for day in entry.days)


def routes(settings: Settings) -> tuple[Route, ...]:
    """Return the routes, in the order of the settings: the first match wins."""
    return tuple(Route(table.department, table.any, table.all, table.none) for table in settings.routes)


def _holiday_test(table: tables.Calendar, local: frozenset[date] = frozenset()) -> Callable[[date], bool]:
    country, extra, ordinary = table.holidays, frozenset(table.extra_holidays), frozenset(table.not_holidays)

    def is_holiday(day: date) -> bool:
        if day in local:
            return True
        return day not in ordinary and (day in extra or (bool(country) and day in holidays_of(country, day.year)))

    return is_holiday


def _version(table: tables.Calendar, zone: str, local: frozenset[date] = frozenset()) -> str:
    """What tells two states of a calendar apart: a short hash of all that defines it, whatever order it is in."""
    defined: dict[str, object] = {
        "zone": zone,
        "hours": sorted((day, entry.start, entry.end) for entry in table.hours for day in entry.days),
        "pauses": sorted((pause.start, pause.end) for pause in table.pauses),
        "holidays": table.holidays,
        "extra": sorted(day.isoformat() for day in table.extra_holidays),
        "not": sorted(day.isoformat() for day in table.not_holidays),
    }
    # Only where there are any: the versions of calendars without them stay what they were.
    if table.days:
        defined["days"] = sorted((own.day.isoformat(), own.start, own.end) for own in table.days)
    if local:
        defined["local"] = sorted(day.isoformat() for day in local)
    return hashlib.sha256(json.dumps(defined, sort_keys=True).encode()).hexdigest()[:12]
