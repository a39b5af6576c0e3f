"""Reports on pages: the command line's own numbers, within the viewer's scope, and out of it with a reason alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner

from monitor.app import App
from monitor.cli import cli
from sla.week import Week
from tests.support import Clock
from tests.web.conftest import Browser
from tests.web.scenes import busy_week, cells

LogIn = Callable[..., Browser]
WEEK = "/reports/2026-W47"
HAN = '[[staff]]\nid = "han"\nname = "한주무관"\nchannels = ["kim-hook"]\n'
NAMES = (
    "cases", "met", "answered_late", "unanswered", "pending", "dismissed", "deleted", "undetermined", "in_crisis",
    "transferred", "reopened", "late_found", "followups",
)  # fmt: skip


@pytest.fixture
def more() -> str:
    """One more person, whom no department names."""
    return HAN


@pytest.fixture
def told(site_app: App, clock: Clock) -> Callable[..., Any]:
    """What `report weekly --json` says of the same database at the same instant."""

    def ask(*more: str) -> Any:
        asked = ["--config", str(site_app.settings.path), "report", "weekly", "--week", "2026-W47", "--json", *more]
        done = CliRunner().invoke(cli, asked, obj=clock)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    return ask


def test_its_numbers_are_the_command_lines(
    site_app: App, clock: Clock, log_in: LogIn, told: Callable[..., Any]
) -> None:
    """Of every department and in all: cases, shares, coverage."""
    busy_week(site_app, clock)
    ops = log_in("ops", "operator")
    ops.language = "en"
    found, report = cells(ops.get(WEEK).text), told()
    assert {row for row, _ in found} == {"transport", "facility", ""}
    for of in (*report["departments"], {"department": "", **report["total"]}):
        row = of["department"]
        for name in NAMES:
            assert found[row, name] == str(of[name]), (row, name)
        decided = of["met"] + of["missed"]
        assert found[row, "attainment"].startswith(f"{of['met']} of {decided} · {of['attainment'] * 100:.5g}"[:14])
        assert found[row, "coverage"].startswith(f"{of['coverage'] * 100:.2f}")
    one = cells(ops.get(f"{WEEK}?department=facility").text)
    (of,) = told("--department", "facility")["departments"]
    assert {row for row, _ in one} == {"facility"}
    assert all(one["facility", name] == str(of[name]) for name in NAMES)


def test_a_department_sees_its_own(site_app: App, clock: Clock, log_in: LogIn) -> None:
    """Not another's, nor the city's sum; several departments side by side have none either."""
    busy_week(site_app, clock)
    facility, both = log_in("ops", "manager", ("facility",)), log_in("lee", "manager")
    page = facility.get(WEEK).text
    assert {row for row, _ in cells(page)} == {"facility"}
    assert "교통정책과" not in page and "transport" not in page
    assert {row for row, _ in cells(both.get(WEEK).text)} == {"facility", "transport"}
    with_an_old_one = log_in("han", "manager", ("facility", "abolished"))
    assert {row for row, _ in cells(with_an_old_one.get(WEEK).text)} == {"facility"}
    assert facility.get(f"{WEEK}?department=transport").status_code == 404
    assert facility.post(f"{WEEK}/export", department="transport", reason="감사").status_code == 404
    assert facility.get(f"{WEEK}?department=nowhere").status_code == 404
    refused = both.post(f"{WEEK}/export", reason="감사")
    assert refused.status_code == 400 and "부서 하나를 고르십시오" in refused.text


def test_broken_histories_are_named_to_whose_they_are(site_app: App, clock: Clock, log_in: LogIn) -> None:
    """A case that cannot be counted is said; another department's is not."""
    town = busy_week(site_app, clock)
    broken = next(one.id for one in town.cases() if one.department == "transport")
    with site_app.store.write() as tx:
        tx.exec_driver_sql(f"UPDATE events SET data = '{{}}' WHERE kind = 'opened' AND case_id = '{broken}'")
    assert broken in log_in("park", "press").get(WEEK).text
    assert broken in log_in("kim", "staff").get(WEEK).text
    facility = log_in("ops", "manager", ("facility",))
    assert broken not in facility.get(WEEK).text
    assert broken not in facility.post(f"{WEEK}/export", reason="감사").text


@pytest.mark.parametrize(
    "week", ["2026-W99", "2026-47", "x", "<script>alert(1)", "9999-W60", "%F0%9F%98%80", "0" * 400]
)
def test_a_week_that_is_none(log_in: LogIn, week: str) -> None:
    """Says how a week is written, and escapes what was typed."""
    kim = log_in()
    for page in (kim.get(f"/reports/{week}"), kim.get(f"/reports?until={week}"),
                 log_in("park", "press").post(f"/reports/{week}/export", reason="x")):  # fmt: skip
        assert page.status_code == 404 and "2026-W47" in page.text and "<script>alert" not in page.text


def test_the_running_week_says_so_and_the_next_one_has_not_begun(clock: Clock, log_in: LogIn) -> None:
    """The last complete one says nothing."""
    kim = log_in()
    assert "아직 끝나지 않은 주" in kim.get(WEEK).text
    assert "아직 끝나지 않은 주" not in kim.get("/reports/2026-W46").text
    ahead = kim.get("/reports/2026-W48")
    assert ahead.status_code == 404 and "아직 시작되지 않았습니다" in ahead.text
    clock.forward(days=7)
    assert "아직 끝나지 않은 주" not in log_in().get(WEEK).text


def test_the_weeks_there_are(site_app: App, clock: Clock, log_in: LogIn) -> None:
    """From the first day on which an account was watched to now, some on a page; each with the report's share."""
    busy_week(site_app, clock)
    clock.forward(days=7 * 20)
    page = log_in("ops", "operator").get("/reports").text
    weeks = [w for w in _weeks_since("2026-W47", 21) if f'href="/reports/{w}"' in page]
    assert len(weeks) == 13 and "2027" in page
    older = log_in("ops", "operator").get(f"/reports?until={_weeks_since('2026-W47', 8)[-1]}").text
    assert 'href="/reports/2026-W47"' in older and "2026-W46" not in older
    assert "2026. 11. 16.(월) ~ 11. 22.(일)" in older and "2026. 12. 28.(월) ~ 2027. 1. 3.(일)" in older
    ops = log_in("ops", "operator")
    ops.language = "en"
    share = cells(ops.get(WEEK).text)["", "attainment"].split(" %")[0]
    older = ops.get(f"/reports?until={_weeks_since('2026-W47', 8)[-1]}").text
    assert f"{share} %" in older.partition('href="/reports/2026-W47"')[2]


def _weeks_since(first: str, count: int) -> list[str]:
    monday = Week.parse(first).monday
    days = (monday + timedelta(days=7 * n) for n in range(count))
    return ["{}-W{:02}".format(*day.isocalendar()[:2]) for day in days]


def test_a_department_the_settings_lost_keeps_its_numbers(site_app: App, clock: Clock, log_in: LogIn) -> None:
    """For the whole city's eyes, under its id."""
    busy_week(site_app, clock)
    with site_app.store.write() as tx:
        tx.exec_driver_sql("UPDATE events SET data = replace(data, 'facility', 'gone')" if site_app.store.is_sqlite else
                           "UPDATE events SET data = replace(data::text, 'facility', 'gone')::json")  # fmt: skip
    ops = log_in("ops", "operator")
    assert ("gone", "met") in cells(ops.get(WEEK).text)
    assert ops.get(f"{WEEK}?department=gone").status_code == 200
