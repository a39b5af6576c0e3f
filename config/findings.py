"""What `check-config` finds that is no fault: settings that load and still leave somebody without an answer.

A finder is a function that looks at one question; add it to `FINDERS`. What needs the database is asked in
`monitor.cli.findings`, with the same `Finding`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from config import rules, tables
from config.messages import MESSAGES
from config.model import Settings
from config.times import DAY_MINUTES, DAYS
from sla.calendar import Calendar, Interval
from sla.roster import Rosters, gaps, spans

AHEAD = timedelta(days=14)
"""How far findings about dates look ahead."""
HOLIDAYS_AHEAD = timedelta(days=60)
"""For how long holidays must be certain: final answers take days, and somebody has to look next year's up."""
_FARTHEST = timedelta(days=366)
_MOST_SHOWN = 8

Span = tuple[datetime, datetime]


class Finding(NamedTuple):
    """One thing to look at; the settings are used all the same."""

    key: str
    """As in a fault: `departments[1]`."""
    problem: str
    mend: str


Finder = Callable[[Settings, datetime], Iterable[Finding]]
"""Looks at settings at an instant; it may be asked before there is a database, and asks nobody."""


def findings(settings: Settings, now: datetime) -> list[Finding]:
    """Return what every finder finds, in their order."""
    return [found for finder in FINDERS for found in finder(settings, now)]


def finding(settings: Settings, key: str, code: str, **values: object) -> Finding:
    """Return a finding by its code in `config.messages.MESSAGES`, in the language of the settings."""
    problem, mend = getattr(MESSAGES[code], settings.service.language)
    return Finding(key, problem.format(**values), mend.format(**values))


def uncovered_hours(settings: Settings, now: datetime) -> Iterator[Finding]:
    """A roster that leaves hours of the department's policy calendar to nobody (SEMANTICS row 24).

    Weekly hours are laid over an ordinary week; of a calendar file the next `AHEAD` is looked at.
    """
    rosters = rules.rosters(settings)
    for index, department in enumerate(settings.departments):
        if not rosters.has_roster(department.id):
            continue
        calendar = _calendar(settings, department)
        if department.id in rosters.duty:
            dated = _uncovered(rosters, department.id, calendar, _whole(now))
            written = [_when(span, settings.service.zone) for span in dated]
        else:
            shifts = (shift for shift in rosters.shifts if shift.department == department.id)
            written = _weekly(gaps(calendar, shifts))
        if written:
            yield finding(settings, f"departments[{index}]", "find_uncovered", department=department.id,
                          calendar=calendar.name, spans=_listed(written))  # fmt: skip


def chains_on_leave(settings: Settings, now: datetime) -> Iterator[Finding]:
    """A department whose duty, manager and head are all away at once, with nobody in their place, within `AHEAD`."""
    rosters = rules.rosters(settings)
    since, until = _whole(now), _whole(now) + AHEAD
    absences = rosters.absences_within(since, until)
    if not absences:
        return
    edges = {since, until, *(edge for one in absences for edge in (one.since, one.until) if since < edge < until)}
    edges |= {edge for one in rosters.overrides for edge in (one.since, one.until) if since < edge < until}
    for index, department in enumerate(settings.departments):
        found = [
            span
            for begin, end in zip(sorted(edges), sorted(edges)[1:], strict=False)
            for span in _left_alone(department, rosters, _calendar(settings, department), begin, end)
        ]
        if found:
            written = [_when(span, settings.service.zone) for span in _joined(found)]
            yield finding(
                settings, f"departments[{index}]", "find_chain_away", department=department.id, spans=_listed(written),
                root=settings.service.root_contact,
            )  # fmt: skip


def deputies_away(settings: Settings, now: datetime) -> Iterator[Finding]:
    """An absence whose deputy is away at the same time, from now on."""
    rosters, zone = rules.rosters(settings), settings.service.zone
    for index, table in enumerate(settings.absences):
        if table.deputy is None:
            continue
        written = rules.absence(table, zone)
        mine = [written] if written is not None else rules.leave(table)(now, now + AHEAD)
        both = [
            (max(one.since, theirs.since, now), min(one.until, theirs.until))
            for one in mine
            if one.until > now and one.deputy is not None
            for theirs in rosters.absences_within(max(one.since, now), min(one.until, now + _FARTHEST))
            if theirs.person == one.deputy
        ]
        if both:
            yield finding(
                settings, f"absences[{index}].deputy", "find_deputy_away", deputy=table.deputy,
                spans=_listed([_when(span, zone) for span in _joined(both)]),
            )  # fmt: skip


def holidays_unknown(settings: Settings, now: datetime) -> Iterator[Finding]:
    """A calendar whose country's holidays are certain for less than `HOLIDAYS_AHEAD` (SEMANTICS rows 12 and 14)."""
    today = now.astimezone(settings.service.zone).date()
    for name, table in settings.calendars.items():
        until = rules.known_until(table, today)
        if until is not None and until - today < HOLIDAYS_AHEAD:
            yield finding(settings, f"calendars.{name}.holidays", "find_holidays_unknown", calendar=name,
                          country=table.holidays, until=until)  # fmt: skip


FINDERS: tuple[Finder, ...] = (uncovered_hours, chains_on_leave, deputies_away, holidays_unknown)
"""Every question that is asked of settings."""


def _calendar(settings: Settings, department: tables.Department) -> Calendar:
    return rules.calendar(settings, settings.policies[department.policy].calendar, department.id)


def _uncovered(rosters: Rosters, department: str, calendar: Calendar, since: datetime) -> list[Span]:
    return spans(lambda at: calendar.is_open(at) and not rosters.on_roster(department, at), since, since + AHEAD)


def _left_alone(
    department: tables.Department, rosters: Rosters, calendar: Calendar, begin: datetime, end: datetime
) -> Iterator[Span]:
    """When nobody of a chain stands, between two instants at which nobody's leave and no override begins or ends."""
    above = [person for person in (department.manager, department.head) if person is not None]
    if any(rosters.stand_in(person, begin) is not None for person in above):
        return

    def alone(at: datetime) -> bool:
        rostered = rosters.on_roster(department.id, at)
        chain = [*(department.duty if rostered is None else rostered), *above]
        return bool(chain) and all(rosters.stand_in(person, at) is None for person in chain)

    if rosters.has_roster(department.id):
        yield from spans(lambda at: calendar.is_open(at) and alone(at), begin, end)
    elif alone(begin):
        yield begin, end


def _joined(found: Iterable[Span]) -> list[Span]:
    """The same time, in order and in one piece where pieces touch."""
    joined: list[Span] = []
    for since, until in sorted(found):
        if joined and since <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], until)
        else:
            joined.append((since, until))
    return joined


def _weekly(found: Sequence[Interval]) -> list[str]:
    """Spans of a week as the settings write hours: those of neighbouring days are one, "mon-fri 18:00-24:00"."""
    days: dict[tuple[int, int], list[int]] = {}
    for gap in found:
        days.setdefault((gap.start, gap.end), []).append(gap.weekday)
    written = []
    for (start, end), weekdays in days.items():
        for first, last in _runs(weekdays):
            named = DAYS[first] if first == last else f"{DAYS[first]}-{DAYS[last]}"
            written.append((first, start, f"{named} {_clock(start)}-{_clock(end)}"))
    return [text for _, _, text in sorted(written)]


def _runs(days: Sequence[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for day in days:
        if runs and runs[-1][1] == day - 1:
            runs[-1] = runs[-1][0], day
        else:
            runs.append((day, day))
    return runs


def _clock(minute: int) -> str:
    assert minute <= DAY_MINUTES
    return f"{minute // 60:02}:{minute % 60:02}"


def _when(span: Span, zone: ZoneInfo) -> str:
    since, until = (at.astimezone(zone) for at in span)
    after = f"{until:%H:%M}" if until.date() == since.date() else f"{until:%Y-%m-%d %H:%M}"
    return f"{since:%Y-%m-%d %H:%M} ~ {after}"


def _listed(written: Sequence[str]) -> str:
    return ", ".join(written[:_MOST_SHOWN]) + (", …" if len(written) > _MOST_SHOWN else "")


def _whole(at: datetime) -> datetime:
    """The minute an instant is in."""
    return at - timedelta(seconds=at.second, microseconds=at.microsecond)
