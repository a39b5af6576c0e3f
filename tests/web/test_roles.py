"""Every route with every role: who may, who may not, and whose cases nobody else ever sees."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from fastapi.routing import APIRoute

from connectors.contract import Post
from monitor.app import App
from monitor.intake.ingest import ingest
from monitor.store import cases
from monitor.web import health, live
from monitor.web.pages import PAGES
from monitor.web.roles import RIGHTS, Right, Role
from tests.web.conftest import Browser

ANYBODY, SOMEBODY = "anybody", "somebody"
"""Without a login, and with any. Those that only lead on to another page are anybody's."""

NEEDED: dict[tuple[str, str], Right | str] = {
    ("GET", "/livez"): ANYBODY, ("GET", "/readyz"): ANYBODY,
    ("GET", "/login"): ANYBODY, ("POST", "/login"): ANYBODY, ("GET", "/language/{language}"): ANYBODY,
    ("GET", "/login/city"): ANYBODY, ("GET", "/login/city/back"): ANYBODY,
    ("GET", "/a/{token}"): ANYBODY, ("POST", "/a/{token}"): ANYBODY,
    ("POST", "/logout"): SOMEBODY, ("GET", "/account"): SOMEBODY, ("POST", "/account/password"): SOMEBODY,
    ("POST", "/account/elsewhere"): SOMEBODY, ("GET", "/live"): SOMEBODY,
    ("GET", "/"): SOMEBODY, ("GET", "/queue"): ANYBODY, ("GET", "/cases/{id}"): SOMEBODY,
    ("GET", "/cases/{id}/{act}"): ANYBODY,
    ("POST", "/queue/{id}/acknowledge"): Right.ACT, ("POST", "/queue/{id}/claim"): Right.ACT,
    ("POST", "/cases/{id}/unmask"): Right.ACT, ("POST", "/cases/{id}/length"): Right.ACT,
    ("POST", "/cases/{id}/reply"): Right.ACT, ("POST", "/cases/{id}/{act}"): Right.ACT,
    ("GET", "/overview"): SOMEBODY, ("GET", "/overview/wall"): SOMEBODY,
    ("GET", "/incidents"): SOMEBODY, ("GET", "/incidents/{id}"): SOMEBODY,
    ("POST", "/incidents/{id}/claim"): Right.CRISIS, ("POST", "/incidents/{id}/end"): Right.CRISIS,
    ("GET", "/reports"): Right.REPORTS, ("GET", "/reports/{week}"): Right.REPORTS,
    ("GET", "/reports/{week}/cases"): Right.REPORTS,
    ("POST", "/reports/{week}/export"): Right.EXPORT, ("GET", "/settings"): Right.SETTINGS,
    ("GET", "/users"): Right.USERS, ("POST", "/users"): Right.USERS, ("POST", "/users/{id}/password"): Right.USERS,
    ("POST", "/users/{id}/role"): Right.USERS, ("POST", "/users/{id}/disable"): Right.USERS,
    ("POST", "/users/{id}/enable"): Right.USERS,
}  # fmt: skip
PEOPLE = {"kim": Role.STAFF, "park": Role.MANAGER, "choi": Role.HEAD, "lee": Role.PRESS, "audit": Role.AUDITOR,
          "ops": Role.OPERATOR}  # fmt: skip
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def routes() -> set[tuple[str, str]]:
    """Every way in, but those of the API, which tokens open."""
    return {
        (method, route.path)
        for router in (*PAGES, health.router, live.router)
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods - {"HEAD"}
    }


@pytest.fixture
def asked(site_app: App) -> dict[str, str]:
    """A case in each department, by department."""
    app, found = site_app, {}
    for number, (department, account) in enumerate((("transport", "1001"), ("facility", "1002"))):
        post = Post("twitter", f"p{number}", f"c{number}", app.clock(), author="a", author_name=f"시민-{department}",
                    text=f"글-{department}", addressed=(account,), permalink="https://x.com/1")  # fmt: skip
        with app.store.write() as tx:
            ingest(tx, app.rules, "twitter", [post], {"1001": LONG_AGO, "1002": LONG_AGO}, app.clock())
        with app.store.read() as tx:
            found[department] = cases.open_cases(tx, {department})[0].id
    return found


def ask(browser: Browser, method: str, path: str, id: str) -> httpx.Response:
    """Open a page or send its form, with something in every place of its address."""
    path = path.format(id=id, act="claim", token="x", week="2026-W46", language="ko")
    return browser.get(path) if method == "GET" else browser.post(path)


def test_the_table_is_whole() -> None:
    """A new route has to say here who may."""
    assert routes() == set(NEEDED)


def test_nobody_comes_in_without_a_login(anybody: Browser, asked: dict[str, str]) -> None:
    """Pages lead to the login, forms are refused, and neither says anything of a case."""
    for (method, path), needed in NEEDED.items():
        answer = ask(anybody, method, path, asked["transport"])
        assert "글-transport" not in answer.text
        if needed is ANYBODY:
            assert answer.status_code != 303 or not answer.headers["location"].startswith("/login?"), path
        elif method == "GET":
            assert answer.status_code == 303 and answer.headers["location"].startswith("/login?next="), path
        else:
            assert answer.status_code in (401, 403), (path, answer.status_code)


@pytest.mark.parametrize(("person", "role"), PEOPLE.items())
def test_each_role_may_what_its_row_says(
    log_in: Callable[..., Browser], asked: dict[str, str], person: str, role: Role
) -> None:
    """And nothing more; a form without fields tells only whether somebody may send it at all."""
    for (method, path), needed in NEEDED.items():
        if needed is ANYBODY or path in ("/live", "/logout", "/account/elsewhere"):
            continue
        browser = log_in(person, role.value)
        answer = ask(browser, method, path, asked["transport"])
        may = needed is SOMEBODY or needed in RIGHTS[role]
        assert (answer.status_code != 403) is may, (person, method, path, answer.status_code)
        assert answer.status_code < 500, (person, method, path)


def test_the_auditor_changes_nothing(log_in: Callable[..., Browser], asked: dict[str, str], site_app: App) -> None:
    """Whatever the auditor sends, everything of the cases is as before; what was looked at is on record."""

    def everything() -> str:
        with site_app.store.read() as tx:
            return str([cases.get(tx, id) for id in asked.values()])

    before, browser = everything(), log_in("audit", "auditor")
    for method, path in NEEDED:
        if path not in ("/live", "/logout", "/login"):
            ask(browser, method, path, asked["transport"])
    assert everything() == before


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_departments_case_is_not_there(
    log_in: Callable[..., Browser], asked: dict[str, str], method: str
) -> None:
    """Kim is of transport alone: nothing of facility is on any page, and no address of it answers."""
    browser = log_in("kim", "staff")
    for (way, path), needed in NEEDED.items():
        if way != method or needed is ANYBODY or path in ("/live", "/logout", "/account/elsewhere"):
            continue
        answer = ask(browser, way, path, asked["facility"])
        assert "글-facility" not in answer.text and "시민-facility" not in answer.text, path
        if "/cases/{id}" in path or "/queue/{id}" in path:
            assert answer.status_code == 404, (path, answer.status_code)


def test_every_page_is_in_the_menu_of_who_may_open_it(log_in: Callable[..., Browser]) -> None:
    """And the users' page only in the operator's."""
    for person, role in PEOPLE.items():
        page = log_in(person, role.value).get("/account").text
        assert ('href="/users"' in page) is (role is Role.OPERATOR)


def test_the_table_is_in_the_documentation() -> None:
    """Every role and right is named there."""
    said = (Path(__file__).parents[2] / "docs" / "web.md").read_text(encoding="utf-8")
    assert all(f"`{role.value}`" in said for role in Role)
