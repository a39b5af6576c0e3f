"""`calendar show`: a month as people read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Town
from tests.support import Clock, city

OFFICE = """
[calendars.office]
days = ["2026-10-02 09:00-13:00"]
not_holidays = ["2026-10-09"]
"""
NIGHT = '[calendars.night]\nhours = ["mon-fri 22:00-06:00"]\n'


@pytest.fixture
def october(tmp_path: Path, clock: Clock) -> Town:
    """A city whose October has one of everything; no database is asked for."""
    path = tmp_path / "monitor.toml"
    settings = city(tmp_path, more=OFFICE + NIGHT + '[policies.desk]\ncalendar = "office"\n')
    text = path.read_text(encoding="utf-8").replace(
        'id = "transport"\nname', 'id = "transport"\npolicy = "desk"\nlocal_holidays = ["2026-10-14"]\nname', 1
    )
    path.write_text(text, encoding="utf-8")
    return Town(tmp_path, clock, settings)


def lines(town: Town, *arguments: str) -> dict[str, str]:
    """What is printed of October, by date."""
    done = town.run("calendar", "show", "--month", "2026-10", *arguments)
    assert done.exit_code == 0, done.output
    return {line[:10]: " ".join(line.split()[1:]) for line in done.output.splitlines() if line.startswith("2026-10-")}


def test_a_month_for_people(october: Town) -> None:
    """Each day: the hours that count, how much that is, and why not; the sum, pauses, horizon and version."""
    found = lines(october, "--calendar", "office")
    assert found["2026-10-01"] == "09:00-12:00 13:00-18:00 8시간"
    assert found["2026-10-02"] == "09:00-13:00 4시간 별도 근무 시간"
    assert found["2026-10-03"] == "- 0시간 개천절"
    assert found["2026-10-04"] == "- 0시간 휴무 요일"
    assert found["2026-10-05"] == "- 0시간 개천절 대체 휴일"
    assert found["2026-10-08"] == "- 0시간 추가 공휴일"
    assert found["2026-10-09"] == "09:00-12:00 13:00-18:00 8시간 공휴일이지만 근무 (한글날)"
    assert found["2026-10-14"] == "09:00-12:00 13:00-18:00 8시간"
    output = october.run("calendar", "show", "--month", "2026-10", "--calendar", "office").output
    assert "합계: 156시간" in output and "쉬는 시간: 12:00-13:00" in output and "2027-12-31까지" in output
    (version,) = {each["version"] for each in october.json("calendar", "show", "--calendar", "office")}
    assert version in output


def test_a_department_has_its_local_holidays(october: Town) -> None:
    """Its policy's calendar with the local holiday, under a version of its own; another calendar too, where asked."""
    assert lines(october, "--department", "transport")["2026-10-14"] == "- 0시간 지방공휴일"
    mine, all_ = (october.json("calendar", "show", *asked)[0]
                  for asked in (("--department", "transport"), ("--calendar", "office")))  # fmt: skip
    assert (mine["calendar"], mine["department"], all_["department"]) == ("office", "transport", None)
    assert mine["version"] != all_["version"]
    assert lines(october, "--department", "facility")["2026-10-14"] == "00:00-24:00 24시간"
    both = lines(october, "--department", "facility", "--calendar", "office")
    assert both["2026-10-14"] == "09:00-12:00 13:00-18:00 8시간"
    assert lines(october, "--department", "transport", "--calendar", "always")["2026-10-14"] == "00:00-24:00 24시간"


def test_nights_are_cut_at_midnight(october: Town) -> None:
    """People read a day at a time; Saturday has what is left of Friday's night."""
    found = lines(october, "--calendar", "night")
    assert found["2026-10-05"] == "22:00-24:00 2시간"
    assert found["2026-10-06"] == "00:00-06:00 22:00-24:00 8시간"
    assert found["2026-10-10"] == "00:00-06:00 6시간 휴무 요일"


def test_a_month_for_programs(october: Town) -> None:
    """Every calendar without a name; instants with their offset; this month without one."""
    found = {each["calendar"]: each for each in october.json("calendar", "show")}
    assert set(found) == {"always", "office", "night"}
    office = found["office"]
    assert (office["month"], len(office["days"]), office["timezone"]) == ("2026-11", 30, "Asia/Seoul")
    assert office["known_until"] == "2027-12-31" and found["always"]["known_until"] is None
    assert office["days"][2] == {
        "date": "2026-11-03", "why": None, "name": "", "seconds": 8 * 3600.0,
        "spans": [{"from": "2026-11-03T09:00:00+09:00", "until": "2026-11-03T12:00:00+09:00"},
                  {"from": "2026-11-03T13:00:00+09:00", "until": "2026-11-03T18:00:00+09:00"}],
    }  # fmt: skip
    assert office["seconds"] == sum(day["seconds"] for day in office["days"]) == 21 * 8 * 3600.0
    (february,) = october.json("calendar", "show", "--month", "2028-02", "--calendar", "always")
    assert february["seconds"] == 29 * 24 * 3600.0


@pytest.mark.parametrize("written", ["2026-13", "2026-1", "november", "0001-01", "9999-12"])
def test_a_month_that_is_none(october: Town, written: str) -> None:
    """Usage: exit code 2, and how months are written."""
    done = october.run("calendar", "show", "--month", written)
    assert done.exit_code == 2 and "2026-11" in done.stderr


def test_an_unknown_calendar_and_department(october: Town) -> None:
    """2 for a calendar, 1 for a department's id, as everywhere; those there are are named."""
    unknown = october.run("calendar", "show", "--calendar", "offcie")
    assert unknown.exit_code == 2 and "always, office, night" in unknown.stderr
    unknown = october.run("calendar", "show", "--department", "traffic")
    assert unknown.exit_code == 1 and "transport, facility" in unknown.stderr
