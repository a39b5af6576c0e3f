"""The overview and the wall: the report's own numbers, for the viewer's departments only."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect

from monitor import maintenance
from monitor.app import App
from monitor.reports.week import weekly
from monitor.web import live
from monitor.web.glances import FRESH, Glances
from monitor.web.pages.overview import ON_THE_WALL, whole_percent
from tests.city import mention, put_together
from tests.support import Clock
from tests.web.chromium import chromium, opened
from tests.web.conftest import Browser
from tests.web.scenes import busy_week, fire

__all__ = ["chromium"]

LogIn = Callable[..., Browser]


def _words(page: str) -> str:
    """What a reader sees, on one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.partition("<main")[2]))


def test_an_empty_city_has_a_page(log_in: LogIn) -> None:
    """Nothing due, no crisis; accounts that nobody ever fetched are said to be blind by and by."""
    ops = log_in("ops", "operator")
    ops.language = "en"
    for path in ("/overview", "/overview/wall"):
        page = ops.get(path)
        assert page.status_code == 200
        assert "교통정책과" in page.text and "%" not in _words(page.text)


def test_its_numbers_are_the_reports(site_app: App, clock: Clock, log_in: LogIn) -> None:
    """Department by department and in all, with their denominators; few cases are said to be few."""
    busy_week(site_app, clock)
    park = log_in("park", "press")
    park.language = "en"
    page = _words(park.get("/overview").text)
    report = weekly(site_app.store, site_app.rules, "2026-W47", clock())
    for one in (*report.departments, report.total):
        said = f"{one.met} of {one.decided} · {whole_percent(one.met, one.decided)} %"
        assert page.count(said) >= 2, said
    assert "few cases" in page
    assert "few cases" in _words(park.get("/overview/wall").text)


def test_every_number_leads_to_its_cases(site_app: App, clock: Clock, log_in: LogIn) -> None:
    """To the queue of the department, and to the week's report."""
    busy_week(site_app, clock)
    page = log_in("ops", "operator").get("/overview").text
    for link in ('href="/?department=transport"', 'href="/reports/2026-W47?department=transport"', 'href="/"'):
        assert link in page
    for path in ("/?department=transport", "/reports/2026-W47?department=transport"):
        assert log_in("ops", "operator").get(path).status_code == 200


@pytest.mark.parametrize("path", ["/overview", "/overview/wall"])
def test_a_department_sees_nothing_of_another(site_app: App, clock: Clock, log_in: LogIn, path: str) -> None:
    """Neither names, numbers, accounts nor crises."""
    busy_week(site_app, clock)
    id = fire(site_app, clock)
    clock.forward(minutes=10)
    both, one = log_in("lee", "staff").get(path).text, log_in("ops", "staff", ("facility",)).get(path).text
    assert "교통정책과" in both and "시설관리과" in both  # who is named in both
    assert "시설관리과" in one
    for hidden in ("교통정책과", "dj_transport", id, "화재", "transport"):
        assert hidden not in one, hidden


def test_a_crisis_is_on_with_its_owner_until_it_ends(site_app: App, clock: Clock, log_in: LogIn) -> None:
    """Forms stand where the right is; a wall shows the settings' word, and of a surge no citizen's."""
    id = fire(site_app, clock)
    park = log_in("park", "manager")
    page = park.get("/overview").text
    assert f'action="/incidents/{id}/claim"' in page and f'action="/incidents/{id}/end"' in page
    assert "총괄 담당: 김담당" in page and "화재" in page
    assert "총괄 담당: 김담당" in park.get("/overview/wall").text
    staff = log_in("kim", "staff").get("/overview").text
    assert id in staff and "/claim" not in staff and "/end" not in staff
    assert park.post(f"/incidents/{id}/end", reason="진화 완료").status_code == 303
    assert f"/incidents/{id}" not in park.get("/overview").text


def test_a_wall_holds_no_citizens_words(site_app: App, clock: Clock, log_in: LogIn) -> None:
    """The words that a surge's posts share are citizens' words."""
    id = fire(site_app, clock, text="화재 유성시장")
    with site_app.store.write() as tx:
        tx.exec_driver_sql("UPDATE incidents SET kind = 'surge', subject = '은행동 지하차도', data = '{}'")
    ops = log_in("ops", "operator")
    clock.forward(seconds=FRESH.total_seconds())
    assert id in ops.get("/overview").text and "은행동" in ops.get("/overview").text
    wall = ops.get("/overview/wall").text
    assert "은행동" not in wall and "유성시장" not in wall and "위기" in wall


def test_it_says_what_is_wrong_with_the_service(site_app: App, clock: Clock, log_in: LogIn) -> None:
    """Blind accounts since when; maintenance until when and why."""
    busy_week(site_app, clock)
    with site_app.store.write() as tx:
        maintenance.start(tx, site_app.rules, clock() + timedelta(hours=1), "<b>점검</b>", "ops", clock())
    page = log_in("ops", "operator").get("/overview").text
    assert "수집 장애" in page and "09:00부터" in page
    assert "10:45까지" in page and "운영 담당: &lt;b&gt;점검" in page and "<b>점검" not in page


def test_without_scripts_a_wall_reloads_and_can_be_paused(log_in: LogIn) -> None:
    """KWCAG 2.2.2: what moves by itself can be stopped."""
    ops = log_in("ops", "operator")
    running, paused = ops.get("/overview/wall").text, ops.get("/overview/wall?paused=yes").text
    assert '<noscript><meta http-equiv="refresh"' in running and "?paused=yes" in running
    assert "http-equiv" not in paused


def test_it_is_counted_once_for_all_who_look(site_app: App, clock: Clock) -> None:
    """And again as soon as something is recorded, or some seconds are over; each scope for itself."""
    town = busy_week(site_app, clock)
    glances = Glances(site_app)
    first = glances.of(None)
    assert glances.of(None) is first
    assert [one.id for one in glances.of(frozenset({"facility"})).departments] == ["facility"]
    town.say(mention("m10", clock(), conversation="v10", author="b"))
    second = glances.of(None)
    assert second.total.queue.open == first.total.queue.open + 1
    clock.forward(seconds=FRESH.total_seconds())
    assert glances.of(None) is not second


class TestManyDepartments:
    """Forty of them, with names that are long and not kind."""

    @pytest.fixture
    def more(self) -> str:
        """Hostile and long names."""
        name = "<img src=x onerror=alert(1)>" + "시민안전종합민원상담지원" * 4
        return "".join(f'[[departments]]\nid = "d{n}"\nname = "{name}{n}"\nduty = ["kim"]\n' for n in range(40))

    def test_all_are_on_the_page_and_the_wall_says_how_many_more(self, log_in: LogIn) -> None:
        """Escaped, each once."""
        ops = log_in("ops", "operator")
        page, wall = ops.get("/overview").text, ops.get("/overview/wall").text
        assert page.count('scope="row"') == 43 and "<img" not in page + wall and "&lt;img" in wall
        assert f"{42 - ON_THE_WALL}곳" in wall


def test_who_is_first_in_the_list_is_overdue(site_app: App, clock: Clock, log_in: LogIn) -> None:
    """The most urgent department stands at the head."""
    town = busy_week(site_app, clock)
    for one in town.cases():
        if one.is_open and one.department == "transport":
            town.desk.dismiss(one.id, "kim", "끝")
    page = log_in("ops", "operator").get("/overview").text.partition("<tbody")[2]
    assert page.index("시설관리과") < page.index("교통정책과")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("path", ["/overview", "/overview/wall"])
def test_in_a_browser_it_moves_with_what_happens_and_with_time_alone(
    site_app: App, clock: Clock, chromium: Chromium, log_in: LogIn, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """A new mention waits; later it is at risk, of which no event tells: the stream's beat does. A pause holds."""
    monkeypatch.setattr(live.Listener.next, "__defaults__", (0.3,))
    town = put_together(site_app.store, site_app.rules, clock)
    ops = log_in("ops", "operator")
    url = str(ops.client.base_url)
    with opened(chromium, url, ops.token) as page:
        page.goto(url + path)
        expect(page.locator("#live")).to_have_attribute("data-state", "on")
        tiles = page.locator(".tiles, .wall-tiles").locator("li")
        expect(tiles.nth(2)).to_contain_text("0")
        town.say(mention("m1", clock()))
        expect(tiles.nth(2)).to_contain_text("1")
        expect(tiles.nth(1)).to_contain_text("0")
        page.wait_for_timeout(2500)  # until no reading is owed that the new mention brought about
        clock.forward(minutes=25)
        expect(tiles.nth(1)).to_contain_text("1")
        page.locator("#live-pause").click()
        clock.forward(minutes=10)
        page.wait_for_timeout(3000)
        expect(tiles.nth(0)).to_contain_text("0")
