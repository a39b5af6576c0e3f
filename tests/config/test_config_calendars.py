"""Half days, local holidays, and until when a country's holidays are known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from config import Settings, rules
from config.faults import Fault
from config.findings import findings
from config.holidays import holidays_of, known_until

SEOUL = ZoneInfo("Asia/Seoul")
LOCAL = '[[departments]]\nid = "transport"\nname = "T"\nduty = ["kim"]\nlocal_holidays = ["2026-10-02", 2026-12-31]\n'
PARKS = '[[departments]]\nid = "parks"\nname = "P"\nduty = ["kim"]\n'


def at(text: str) -> datetime:
    """An instant on Seoul's clocks."""
    return datetime.fromisoformat(text).replace(tzinfo=SEOUL)


def test_row_12_half_days(loaded: Callable[..., Settings]) -> None:
    """A date's own hours in place of the ordinary ones and of the pauses, on a holiday too; nights run on."""
    days = '["2026-12-31 09:00-13:00", "2026-10-09 10:00-11:00", "2026-10-09 14:00-15:00", "2026-12-24 22:00-06:00"]'
    office = rules.calendar(loaded(f"[calendars.office]\ndays = {days}\n"), "office")
    hour = timedelta(hours=1)
    assert office.between(at("2026-12-31T00:00"), at("2027-01-01T00:00")) == 4 * hour
    assert office.is_open(at("2026-12-31T12:30")) and not office.is_open(at("2026-12-30T12:30"))
    assert office.between(at("2026-10-09T00:00"), at("2026-10-10T00:00")) == 2 * hour
    assert office.between(at("2026-12-24T12:00"), at("2026-12-25T12:00")) == 8 * hour


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ('days = ["2026-12-31"]', "not the hours of a date"),
        ("days = [2026-12-31]", "not the hours of a date"),
        ('days = ["2026-12-31 13:00-13:00"]', "not the hours of a date"),
        ('days = ["2026-12-31 9-13"]', "not the hours of a date"),
        ('days = ["2026-02-30 09:00-13:00"]', "not a date"),
        ('days = ["2026-12-31 09:00-13:00", "2026-12-31 12:00-15:00"]', "overlap"),
        ('days = ["2026-10-08 09:00-13:00"]', "stands in days and in extra_holidays"),  # the built-in extra holiday
        ('confirmed_until = "2028"', "not a date"),
    ],
)
def test_days_that_cannot_be(faults: Callable[..., tuple[Fault, ...]], written: str, code: str) -> None:
    """Each fault is told by itself."""
    (fault,) = faults(f"[calendars.office]\n{written}\n")
    assert code in fault.problem


def test_row_12_local_holidays(loaded: Callable[..., Settings]) -> None:
    """They shut a department's calendars, half days too, but neither another's nor one that never closes."""
    settings = loaded('[calendars.office]\ndays = ["2026-12-31 09:00-13:00"]\n', departments=LOCAL + PARKS)
    plain, office, parks = (rules.calendar(settings, "office", name) for name in (None, "transport", "parks"))
    for day in ("2026-10-02", "2026-12-31"):
        assert plain.is_open(at(f"{day}T10:00")) and not office.is_open(at(f"{day}T10:00"))
    assert office.version != plain.version and parks.version == plain.version
    always = rules.calendar(settings, "always", "transport")
    assert always.never_closes and always == rules.calendar(settings, "always")


def test_local_holidays_without_a_countrys(loaded: Callable[..., Settings]) -> None:
    """A calendar that follows no country's holidays has them all the same; `not_holidays` does not take them away."""
    text = '[calendars.l]\nhours = ["mon-fri 09:00-18:00"]\nnot_holidays = ["2026-10-02"]\n'
    settings = loaded(text, departments=LOCAL)
    assert not rules.calendar(settings, "l", "transport").is_open(at("2026-10-02T10:00"))
    assert rules.calendar(settings, "l", "transport").is_open(at("2026-10-05T10:00"))


@pytest.mark.parametrize("written", ['["2026-13-01"]', '"2026-10-02"', "[20261002]"])
def test_local_holidays_that_are_none(faults: Callable[..., tuple[Fault, ...]], written: str) -> None:
    """A list of dates, as extra_holidays is."""
    (fault,) = faults(departments=LOCAL.replace('["2026-10-02", 2026-12-31]', written))
    assert fault.key.startswith("departments[0].local_holidays")


def test_versions_and_hash(loaded: Callable[..., Settings]) -> None:
    """What moves a deadline changes the calendar's version and the settings' hash; the order of dates changes none."""
    texts = [
        ("", PARKS),
        ('[calendars.office]\ndays = ["2026-12-31 09:00-13:00"]\n', PARKS),
        ('[calendars.office]\ndays = ["2026-12-31 09:00-14:00"]\n', PARKS),
        ("", PARKS + "local_holidays = [2026-12-31]\n"),
        ("", PARKS + "local_holidays = [2026-12-30]\n"),
    ]
    accounts = '[[accounts]]\ndepartment = "parks"\nplatform = "quiet"\nid = "1"\n'
    found = [loaded(text, departments=departments, accounts=accounts) for text, departments in texts]
    versions = [rules.calendar(settings, "office", "parks").version for settings in found]
    assert len(set(versions)) == len(versions) == len({settings.hash() for settings in found})
    two = ('["2026-12-30", "2026-12-31"]', '["2026-12-31", "2026-12-30"]')
    one, other = (loaded(departments=f"{PARKS}local_holidays = {days}\n", accounts=accounts) for days in two)
    assert rules.calendar(one, "office", "parks").version == rules.calendar(other, "office", "parks").version


def test_the_version_without_them_is_what_it_was(loaded: Callable[..., Settings]) -> None:
    """A new program must not make a new calendar of an old one: every open case would be worked out anew."""
    assert rules.calendar(loaded(), "office").version == "ba2c7ebfd7e1"


@pytest.mark.parametrize(
    ("country", "since", "until"),
    [
        ("KR", date(2026, 11, 24), date(2027, 12, 31)),  # the last official calendar that was out
        ("KR", date(2030, 1, 1), date(2027, 12, 31)),
        ("US", date(2026, 11, 24), date(2100, 12, 31)),  # by rule as long as the library goes
    ],
)
def test_known_until(country: str, since: date, until: date) -> None:
    """How far each country's holidays are no guess."""
    assert known_until(country, since) == until


def test_known_until_the_library_calls_it_an_estimate() -> None:
    """Holidays by the moon that are only estimated: up to the day before the first one."""
    since = date(2026, 11, 24)
    until = known_until("TR", since)
    assert since < until
    estimated = [name for day, name in holidays_of("TR", (until + timedelta(days=1)).year).items()
                 if day == until + timedelta(days=1)]  # fmt: skip
    assert "(tahmini)" in estimated[0]


def test_korea_as_it_is_known() -> None:
    """Rules of 2026, an election by law, substitutes of 2027, and the moon by Korea's own clock."""
    names = holidays_of("KR", 2026) | holidays_of("KR", 2027) | holidays_of("KR", 2028)
    for day, name in {
        date(2026, 5, 1): "노동절", date(2026, 7, 17): "제헌절", date(2026, 6, 3): "지방선거일",
        date(2027, 2, 7): "설날", date(2027, 2, 9): "설날 대체 휴일", date(2027, 5, 3): "노동절 대체 휴일",
        date(2028, 4, 12): "국회의원 선거일",
    }.items():  # fmt: skip
        assert names[day] == name
    assert holidays_of("KR", 2026, "en")[date(2026, 12, 25)] == "Christmas Day"
    assert holidays_of("KR", 2026, "fi")[date(2026, 12, 25)] == "기독탄신일"


def test_less_than_sixty_days_known_is_found(loaded: Callable[..., Settings]) -> None:
    """It is told from 2 November of the last year that is known, until somebody says that they looked further."""

    def told(text: str, day: str) -> list[Any]:
        return [f for f in findings(loaded(text), at(f"{day}T12:00")) if "holidays" in f.key]

    assert told("", "2027-11-01") == []
    (found,) = told("", "2027-11-02")
    assert found.key == "calendars.office.holidays" and "2027-12-31" in found.problem
    assert told('[calendars.office]\nconfirmed_until = "2028-12-31"\n', "2027-11-02") == []
    assert told('[calendars.office]\nholidays = ""\n', "2027-11-02") == []
