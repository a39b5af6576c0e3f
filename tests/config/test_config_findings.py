"""What is no fault and is said all the same: uncovered hours, chains on leave, deputies who are away too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from config import Settings
from config.findings import Finding, findings

NOW = datetime(2026, 11, 16, 9, 0, 30, tzinfo=ZoneInfo("Asia/Seoul"))  # a Monday
Found = Callable[..., list[Finding]]

PEOPLE = {
    "departments": '[[departments]]\nid = "transport"\nname = "Transport"\npolicy = "desk"\nduty = ["kim", "lee"]\n'
    'manager = "park"\nhead = "choi"\n[[departments]]\nid = "parks"\nname = "Parks"\nduty = ["ops"]\n',
    "staff": "".join(f'[[staff]]\nid = "{id}"\nname = "{id}"\nchannels = ["hook"]\n'
                     for id in ("kim", "lee", "park", "choi", "ops")),
}  # fmt: skip
DESK = """
[policies.desk]
calendar = "desk"
[calendars.desk]
hours = ["mon-sat 09:00-18:00"]
pauses = ["12:00-13:00"]
"""
ROSTER = '[[rosters]]\ndepartment = "transport"\nhours = ["{}"]\npeople = ["{}"]\n'


def away(person: str, since: str, until: str, more: str = "") -> str:
    """A person's leave in November 2026."""
    return f'[[absences]]\nperson = "{person}"\nfrom = 2026-11-{since}\nuntil = 2026-11-{until}\n{more}'


ALL_AWAY = away("kim", "16", "20") + away("lee", "18", "20") + away("park", "17", "19") + away("choi", "19", "30")


@pytest.fixture
def found(loaded: Callable[..., Settings]) -> Found:
    """What is found in small settings with an addition, at `NOW`."""
    return lambda extra="", now=NOW, **pieces: findings(loaded(DESK + extra, **PEOPLE, **pieces), now)


def test_nothing_is_found_in_sound_settings(found: Found) -> None:
    """No roster, no leave: nothing to say; nor of a roster that covers the calendar, nor of one who stays."""
    assert found() == []
    assert found(ROSTER.format("mon-sat 09:00-18:00", "kim")) == []
    assert found(ALL_AWAY.replace('person = "lee"', 'person = "kim"')) == []


@pytest.mark.parametrize(
    ("hours", "spans"),
    [
        ("mon-fri 09:00-18:00", "sat 09:00-12:00, sat 13:00-18:00"),
        ("mon-sat 09:00-17:30", "mon-sat 17:30-18:00"),
        ("mon-wed,fri-sat 00:00-24:00", "thu 09:00-12:00, thu 13:00-18:00"),
        ("mon-sat 10:00-18:00", "mon-sat 09:00-10:00"),
    ],
)
def test_hours_of_a_week_without_duty(found: Found, hours: str, spans: str) -> None:
    """The calendar's hours without its pauses, as the settings write hours; neighbouring days together."""
    (one,) = found(ROSTER.format(hours, "kim"))
    assert one.key == "departments[0]"
    assert one.problem == f"the roster of transport leaves hours of the calendar desk to nobody: {spans}"
    assert "next step" in one.mend


def test_dates_without_duty_in_a_calendar_file(found: Found, tmp_path: Path) -> None:
    """A calendar file has no week: what it leaves open in the next two weeks is named by its dates."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", "BEGIN:VEVENT", "UID:1", "SUMMARY:kim",
             "DTSTART;TZID=Asia/Seoul:20261102T080000", "DURATION:PT11H", "RRULE:FREQ=DAILY",
             "EXDATE;TZID=Asia/Seoul:20261121T080000,20261122T080000", "END:VEVENT", "END:VCALENDAR", ""]  # fmt: skip
    (tmp_path / "duty.ics").write_text("\r\n".join(lines), encoding="utf-8")
    roster = '[[rosters]]\ndepartment = "transport"\nics = "duty.ics"\n'
    (one,) = found(roster)
    assert one.problem.endswith(": 2026-11-21 09:00 ~ 12:00, 2026-11-21 13:00 ~ 18:00")
    cover = '[[overrides]]\ndepartment = "transport"\nfrom = 2026-11-21T00:00:00+09:00\n'
    assert found(roster + cover + 'until = 2026-11-22T00:00:00+09:00\npeople = ["park"]\n') == []


def test_a_chain_on_leave(found: Found) -> None:
    """From when to when duty, manager and head are all away; who hears of it then."""
    (one,) = found(ALL_AWAY)
    assert one.key == "departments[0]"
    assert one.problem == "duty, manager and head of transport are all away: 2026-11-19 00:00 ~ 2026-11-20 00:00"
    assert "ops" in one.mend


def test_a_chain_on_leave_from_now_on_and_beside_an_override(found: Found) -> None:
    """What is past is not told; an override cuts a piece out of the time, wherever leave begins and ends."""
    noon = datetime(2026, 11, 19, 12, tzinfo=NOW.tzinfo)
    (one,) = found(ALL_AWAY, now=noon)
    assert one.problem.endswith(": 2026-11-19 12:00 ~ 2026-11-20 00:00")
    cover = '[[overrides]]\ndepartment = "transport"\nfrom = 2026-11-19T06:00:00+09:00\n'
    (one,) = found(ALL_AWAY + cover + 'until = 2026-11-19T07:30:00+09:00\npeople = ["ops"]\n')
    assert one.problem.endswith(": 2026-11-19 00:00 ~ 06:00, 2026-11-19 07:30 ~ 2026-11-20 00:00")


@pytest.mark.parametrize(
    "change",
    [
        ALL_AWAY + '[[overrides]]\ndepartment = "transport"\nfrom = 2026-11-18T00:00:00+09:00\n'
        'until = 2026-11-20T00:00:00+09:00\npeople = ["ops"]\n',
        ALL_AWAY + 'deputy = "ops"\n',
        ALL_AWAY.replace('person = "park"', 'person = "choi"'),
        ALL_AWAY.replace("from = 2026-11-19", "from = 2026-11-20"),
        ALL_AWAY.replace("2026-11", "2026-12"),
    ],
    ids=["override", "deputy", "manager stays", "one after the other", "later than two weeks"],
)
def test_no_chain_on_leave(found: Found, change: str) -> None:
    """An override, a deputy, one who stays, or a time too far away leaves nothing to say."""
    assert [one.problem for one in found(change)] == []


def test_a_chain_on_leave_by_its_roster(found: Found) -> None:
    """Of a rostered department those count whose hours it is, in the calendar's hours."""
    rosters = ROSTER.format("mon-wed 09:00-18:00", "kim") + ROSTER.format("thu-sat 09:00-18:00", "ops")
    leave = away("kim", "16", "30") + away("park", "17", "19") + away("choi", "18", "30")
    (one,) = found(rosters + leave)
    assert one.problem.endswith(": 2026-11-18 09:00 ~ 12:00, 2026-11-18 13:00 ~ 18:00")


def test_a_deputy_who_is_away_too(found: Found) -> None:
    """The time that both are away, from now on; an absence that is over is none."""
    both = away("kim", "10", "20", 'deputy = "lee"\n') + away("lee", "12", "13") + away("lee", "19", "25")
    (one,) = found(both)
    assert one.key == "absences[0].deputy"
    assert one.problem == "the deputy lee is away at the same time: 2026-11-19 00:00 ~ 2026-11-21 00:00"
    assert found(both, now=NOW + timedelta(days=10)) == []
    assert found(away("kim", "16", "18", 'deputy = "lee"\n') + away("lee", "19", "25")) == []


def test_in_the_readers_language(found: Found) -> None:
    """Korean settings are answered in Korean, with no brace left."""
    service = '[service]\nname = "시"\nlanguage = "ko"\nroot_contact = "ops"\n'
    both = away("kim", "16", "30", 'deputy = "lee"\n')
    said = found(ALL_AWAY + both + ROSTER.format("mon-fri 09:00-18:00", "kim"), service=service)
    assert len(said) == 3
    assert all("{" not in one.problem + one.mend for one in said)
    for one, words in zip(said, ("담당자가 없는", "모두 부재", "대행자 lee"), strict=True):
        assert words in one.problem
