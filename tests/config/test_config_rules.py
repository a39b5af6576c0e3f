"""From settings to what the rules work with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from config import Settings, rules
from sla.duty import Department
from sla.policy import Step
from sla.routing import Route

SEOUL = ZoneInfo("Asia/Seoul")
MINUTES = timedelta(minutes=1)


def test_the_office_counts_lunch_out(loaded: Callable[..., Settings]) -> None:
    """11:50 is due 13:20 with the pause and 12:20 without it (SEMANTICS row 12)."""
    start = datetime(2026, 11, 24, 11, 50, tzinfo=SEOUL)
    office = rules.calendar(loaded(), "office")
    assert office.add(start, 30 * MINUTES) == datetime(2026, 11, 24, 13, 20, tzinfo=SEOUL)
    without = rules.calendar(loaded("[calendars.office]\npauses = []\n"), "office")
    assert without.add(start, 30 * MINUTES) == datetime(2026, 11, 24, 12, 20, tzinfo=SEOUL)


def test_always_never_closes(loaded: Callable[..., Settings]) -> None:
    """It loses no minute at midnight, and knows that it is real time."""
    always = rules.calendar(loaded(), "always")
    start = datetime(2026, 11, 24, 23, 50, tzinfo=SEOUL)
    assert always.add(start, 30 * MINUTES) == datetime(2026, 11, 25, 0, 20, tzinfo=SEOUL)
    assert always._continuous


def test_an_overnight_shift_ends_on_the_next_day(loaded: Callable[..., Settings]) -> None:
    """It belongs to the day it starts on."""
    night = rules.calendar(loaded('[calendars.n]\nhours = ["fri 22:00-06:00"]\n'), "n")
    assert night.is_open(datetime(2026, 11, 28, 5, 59, tzinfo=SEOUL))
    assert not night.is_open(datetime(2026, 11, 28, 6, 0, tzinfo=SEOUL))


@pytest.mark.parametrize(
    ("day", "holiday"),
    [
        (date(2026, 10, 8), True),  # declared in the settings
        (date(2026, 10, 9), True),  # Hangul Day
        (date(2026, 3, 2), True),  # substitute for 1 March, a Sunday
        (date(2026, 12, 25), False),  # taken away in the settings
        (date(2026, 11, 24), False),
        (date(2027, 1, 1), True),
    ],
)
def test_holidays(loaded: Callable[..., Settings], day: date, holiday: bool) -> None:
    """The country's, and the extra ones, less those that are none, in whatever year is asked."""
    office = rules.calendar(loaded('[calendars.office]\nnot_holidays = ["2026-12-25"]\n'), "office")
    assert office.is_holiday(day) is holiday


def test_extra_holidays_need_no_country(loaded: Callable[..., Settings]) -> None:
    """A local holiday by ordinance counts where the country's do not."""
    local = rules.calendar(
        loaded('[calendars.l]\nhours = ["mon-sun 00:00-24:00"]\nextra_holidays = [2026-11-24]\n'), "l"
    )
    assert not local.is_open(datetime(2026, 11, 24, 12, tzinfo=SEOUL))
    assert local.is_open(datetime(2026, 10, 9, 12, tzinfo=SEOUL))


def test_version_of_a_calendar(loaded: Callable[..., Settings]) -> None:
    """The same for the same hours however written; another for each thing that moves a deadline."""
    first = '[calendars.office]\nhours = ["mon-fri 09:00-18:00"]\n'
    same = '[calendars.office]\nhours = ["fri 09:00-18:00", "mon-thu 09:00-18:00"]\n'
    others = [
        '[calendars.office]\nhours = ["mon-fri 09:00-17:00"]\n',
        "[calendars.office]\npauses = []\n",
        '[calendars.office]\nholidays = "JP"\n',
        "[calendars.office]\nextra_holidays = []\n",
        '[calendars.office]\nnot_holidays = ["2026-12-25"]\n',
    ]
    versions = [rules.calendar(loaded(text), "office").version for text in (first, same, *others)]
    zone = '[service]\nname = "C"\nroot_contact = "ops"\ntimezone = "Asia/Tokyo"\n'
    versions.append(rules.calendar(loaded(service=zone), "office").version)
    assert versions[0] == versions[1]
    assert len(set(versions)) == len(versions) - 1
    assert all(versions)


def test_policy(loaded: Callable[..., Settings]) -> None:
    """Each value in its place."""
    text = '[policies.p]\nack_holds = "1m"\nrepeat = "2m"\nfinal_target = "4d"\nfinal_calendar = "always"\n'
    policy = rules.policy(loaded(text + 'calendar = "office"\n'), "p")
    assert (policy.name, policy.calendar, policy.target) == ("p", "office", 30 * MINUTES)
    assert (policy.ack_holds, policy.repeat) == (MINUTES, 2 * MINUTES)
    assert (policy.final_target, policy.final_calendar) == (timedelta(days=4), "always")
    assert policy.steps[1] == Step(30 * MINUTES, "breach", ("assignee", "manager"))


def test_departments_and_routes(loaded: Callable[..., Settings]) -> None:
    """In the order of the settings; manager and head may be missing."""
    settings = loaded(
        '[[departments]]\nid = "b"\nname = "B"\nduty = ["ops", "kim"]\n'
        'manager = "kim"\nhead = "ops"\npolicy = "crisis"\n'
        '[[routes]]\ndepartment = "b"\nany = ["x"]\nall = ["y", "z"]\nnone = ["w"]\n'
    )
    assert rules.departments(settings) == (
        Department("transport", "Transport", "standard", ("kim",)),
        Department("b", "B", "crisis", ("ops", "kim"), "kim", "ops"),
    )
    assert rules.routes(settings) == (Route("b", ("x",), ("y", "z"), ("w",)),)
