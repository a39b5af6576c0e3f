"""A kept report on pages: as it was kept, never counted again, and beside it the week as it stands now."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

import pytest

from monitor.app import App
from monitor.reports import snapshots
from monitor.reports.document import CorrectedDepartment, Document, IncidentPart, Share, Whole
from monitor.reports.week import weekly
from monitor.store import snapshots as kept_ones
from monitor.web import kept
from tests.city import City, answer, mention
from tests.reports.made import document
from tests.support import Clock
from tests.web.conftest import Browser
from tests.web.scenes import busy_week, cells

LogIn = Callable[..., Browser]
WEEK = "/reports/2026-W47"


def keep(app: App, clock: Clock, **changed: object) -> Document:
    """Keep the report of the week as it stands, with some of it otherwise."""
    made = weekly(app.store, app.rules, "2026-W47", clock()).model_copy(update=changed)
    with app.store.write() as tx:
        assert snapshots.keep(tx, made, "clock", clock())
    return made


def later(town: City, clock: Clock) -> None:
    """What was unanswered is answered, late, and another citizen writes."""
    asked = mention("m4", datetime.fromisoformat("2026-11-16T09:00:00+09:00"), conversation="v4", author="a4")
    clock.forward(minutes=30)
    town.say(answer("r4", asked, clock()), mention("m20", clock(), conversation="v20", author="a20"))


def test_it_stays_as_it_was_kept(site_app: App, clock: Clock, log_in: LogIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """With when, its SHA-256, its last event and its head; nothing is counted for it, nor for the list."""
    town = busy_week(site_app, clock)
    made = keep(site_app, clock, head="ab" * 32)
    later(town, clock)
    monkeypatch.setattr(kept, "weekly", lambda *_: pytest.fail("counted again"))
    ops = log_in("ops", "operator")
    page = ops.get(WEEK).text
    found = cells(page)
    assert (found["", "cases"], found["", "unanswered"]) == (str(made.total.cases), str(made.total.unanswered))
    assert made.sha256 in page and "ab" * 32 in page and f"기록 {made.last_event}번" in page and "보존한 보고서" in page
    listed = ops.get("/reports").text.partition(f'href="{WEEK}"')[2].partition("</tr>")[0]
    assert made.sha256[:12] in listed and f">{made.total.cases}<" in listed and f">{made.total.missed}<" in listed


def test_beside_it_stands_the_week_as_of_now(site_app: App, clock: Clock, log_in: LogIn) -> None:
    """With what has changed since, by department and in all; figures lead to the cases of either."""
    town = busy_week(site_app, clock)
    keep(site_app, clock)
    ops = log_in("ops", "operator")
    assert f"{WEEK}?now=1" in ops.get(WEEK).text
    assert "달라진 수치가 없습니다" in ops.get(f"{WEEK}?now=1").text
    later(town, clock)
    before, now = cells(ops.get(WEEK).text), ops.get(f"{WEEK}?now=1").text
    after = cells(now)
    assert int(after["", "cases"]) == int(before["", "cases"]) + 1
    assert int(after["", "answered_late"]) == int(before["", "answered_late"]) + 1
    changed = now.partition('id="changed"')[2].partition("</section>")[0]
    assert [*re.findall(r'row">(.+?)<.*?">(.+?)</td>', changed)] == [
        (of, name) for of in ("교통정책과", "합계") for name in ("접수", "기한 후")
    ]
    assert "▲1" in changed
    assert "합계" not in ops.get(f"{WEEK}?now=1&department=transport").text.partition('id="changed"')[2][:2000]


def test_what_was_edited_is_not_shown(site_app: App, clock: Clock, log_in: LogIn) -> None:
    """A text that is not its SHA-256's is said to be broken, on the page, in its list and of its cases."""
    busy_week(site_app, clock)
    made = weekly(site_app.store, site_app.rules, "2026-W47", clock())
    edited = kept_ones.Snapshot(
        "2026-W47", clock(), "clock", made.last_event, "", made.sha256, made.to_json().replace('"met": 1', '"met": 9')
    )
    with site_app.store.write() as tx:
        assert kept_ones.add(tx, edited)
    ops = log_in("ops", "operator")
    for path in (WEEK, f"{WEEK}/cases"):
        page = ops.get(path)
        assert page.status_code == 500 and "report verify" in page.text
    listed = ops.get("/reports")
    assert listed.status_code == ops.get(f"{WEEK}?now=1").status_code == 200
    assert "report verify" in listed.text.partition(f'href="{WEEK}"')[2].partition("</tr>")[0]


def test_a_department_sees_nothing_of_the_city(site_app: App, clock: Clock, log_in: LogIn) -> None:
    """Neither its sums nor others' crises, topics and corrected cases; one and two departments alike."""
    made = document(3, seed=4)
    renamed = dict(zip(("d0", "d1", "d2"), ("transport", "facility", "water"), strict=True))
    parts = tuple(one.model_copy(update={"department": renamed[one.department]}) for one in made.departments)
    crisis = IncidentPart(
        id="i9", kind="keyword", subject="남의위기", department="water", opened_at=made.since, cases=3
    )  # fmt: skip
    (correction,) = made.corrections
    mine, foreign = (
        correction.cases[0].model_copy(update={"case": f"c-{of}", "department": of}) for of in ("transport", "water")
    )
    correction = correction.model_copy(update={
        "departments": tuple(
            CorrectedDepartment(department=id, reported=Share(cases=9, met=8), now=Share(cases=9, met=7))
            for id in ("transport", "water")
        ),
        "cases": (mine, foreign), "reported": Share(cases=907, met=906, missed=1),
        "now": Share(cases=907, met=905, missed=2),
    })  # fmt: skip
    made = made.model_copy(update={
        "departments": parts, "incidents": (crisis,), "corrections": (correction,), "unchecked": 77,
        "topics": tuple(one.model_copy(update={"department": "water", "keyword": "남의주제"}) for one in made.topics),
    })  # fmt: skip
    with site_app.store.write() as tx:
        snapshots.keep(tx, made, "clock", clock())
    assert kept.several(made, {"facility", "transport"}).total == Whole()
    clock.forward(days=7)
    city = log_in("park", "press").get(WEEK).text
    secrets = ("남의위기", "남의주제", "c-water", "906/907", ">77<", "정류장", parts[2].name, 'class="total-row"')
    for secret in secrets:
        assert secret in city, secret
    for who, departments in (("kim", ()), ("lee", ()), ("ops", ("facility", "transport"))):
        page = log_in(who, "manager", departments).get(WEEK)
        assert page.status_code == 200 and parts[0].name in page.text and "c-transport" in page.text
        for secret in secrets:
            assert secret not in page.text, (who, secret)
        assert f">{made.total.cases}<" not in log_in(who, "manager").get("/reports").text


def test_who_has_no_department_in_it_is_told(site_app: App, clock: Clock, log_in: LogIn) -> None:
    """A department that came later is in no earlier report."""
    with site_app.store.write() as tx:
        snapshots.keep(tx, document(2), "clock", clock())
    page = log_in().get(WEEK)
    assert page.status_code == 200 and "볼 수 있는 부서가 없습니다" in page.text
    assert log_in().get(f"{WEEK}?department=d0").status_code == 404


def test_small_numbers_and_the_week_before(site_app: App, clock: Clock, log_in: LogIn) -> None:
    """A share of few has its interval, one of many has none; each stands against the week before."""
    made = document(3)
    with site_app.store.write() as tx:
        snapshots.keep(tx, made, "clock", clock())
    ops = log_in("ops", "operator")
    found = cells(ops.get(WEEK).text)
    for of in made.departments:
        shown = found[of.department, "attainment"]
        assert ("95% 신뢰구간" in shown) == (0 < of.decided < 20) == ("건수 적음" in shown)
        assert re.search(r"전주 대비 [▲▼]?\d+\.\d\d%p", shown), shown
    assert {0 < of.decided < 20 for of in made.departments} == {True, False}


def test_the_pictures_are_drawn_and_told_in_a_table(site_app: App, clock: Clock, log_in: LogIn) -> None:
    """Without styles or scripts of their own, which the page's policy would drop."""
    made = document(3)
    with site_app.store.write() as tx:
        snapshots.keep(tx, made, "clock", clock())
    page = log_in("ops", "operator").get(WEEK).text
    assert page.count('<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" aria-label="') == 3
    assert "style=" not in page
    heat = page.partition('id="report-heat"')[2].partition("</table>")[0]
    numbers = [int(number) for number in re.findall(r'hour=\d+">(\d+)<', heat)]
    assert sum(numbers) == sum(cell[0] for row in made.total.grid for cell in row)
    trend = page.partition('id="report-trend"')[2].partition("</table>")[0]
    assert [f"{point.week}" in trend for point in made.total.trend] == [True] * 12


def test_the_list_draws_twelve_weeks_that_are_over(site_app: App, clock: Clock, log_in: LogIn) -> None:
    """The running one is marked, and is no point of the line."""
    busy_week(site_app, clock)
    assert "<svg xmlns" not in log_in("ops", "operator").get("/reports").text
    clock.forward(days=7 * 20)
    page = log_in("ops", "operator").get("/reports").text
    assert page.count('class="state held"') == 1
    assert page.count('<rect class="rest" x=') == 12
