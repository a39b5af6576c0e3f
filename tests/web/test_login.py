"""Who is let in, for how long, and who is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest

from monitor import members
from monitor.app import App
from monitor.store import events, throttles, users
from monitor.web import guard
from tests.support import Clock
from tests.web.conftest import Browser

PASSWORD = "서른 분 안에 답합니다"

LogIn = Callable[..., Browser]


@pytest.fixture
def kim(site_app: App) -> str:
    """A member of staff with a password."""
    with site_app.store.write() as tx:
        members.add(tx, site_app.rules, "kim", "staff", [], "", "ops", site_app.clock())
        members.set_password(tx, "kim", PASSWORD, "ops", site_app.clock())
    return "kim"


def try_password(browser: Browser, user: str, password: str, next: str = "/") -> httpx.Response:
    return browser.post("/login", user=user, password=password, next=next)


def test_the_right_password_opens_a_session(anybody: Browser, kim: str, site_app: App) -> None:
    """A cookie that no script sees and no other host gets, and an event."""
    answer = try_password(anybody, kim, PASSWORD, "/account")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-session=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    token = cookie.partition("=")[2].partition(";")[0]
    page = Browser(anybody.client, token).get("/account")
    assert page.status_code == 200 and "김담당" in page.text
    with site_app.store.read() as tx:
        (event,) = events.of_service(tx, ["logged_in"])
        stored = tx.exec_driver_sql("SELECT id FROM sessions").scalar_one()
    assert event.actor == "kim" and token not in stored


@pytest.mark.parametrize(
    ("user", "password"), [("kim", "x" * 20), ("kim", ""), ("nobody", PASSWORD), ("", ""), ("ops", "")]
)
def test_a_wrong_one_says_the_same_whatever_is_wrong(
    anybody: Browser, kim: str, log_in: LogIn, user: str, password: str
) -> None:
    """Neither that there is such a user nor that they have no password; what was typed as id stays."""
    log_in("ops", "operator")
    answer = try_password(anybody, user, password)
    assert answer.status_code == 401 and "set-cookie" not in answer.headers
    assert "아이디나 비밀번호가 맞지 않거나" in answer.text
    assert f'value="{user}"' in answer.text and (not password or password not in answer.text)


def test_guessing_gets_slower(anybody: Browser, kim: str, clock: Clock) -> None:
    """After five failures even the right one has to wait; then it is let in and all is forgiven."""
    for _ in range(throttles.FREE):
        assert try_password(anybody, kim, "wrong").status_code == 401
    blocked = try_password(anybody, kim, PASSWORD)
    assert blocked.status_code == 429 and "1분 뒤" in blocked.text
    clock.forward(seconds=31)
    assert try_password(anybody, kim, PASSWORD).status_code == 303
    assert try_password(anybody, kim, "wrong").status_code == 401


def test_an_address_that_tries_many_ids_has_to_wait_too(anybody: Browser, kim: str) -> None:
    """Whichever account it tries next."""
    for number in range(20):
        assert try_password(anybody, f"user{number}", "wrong").status_code == 401
    assert try_password(anybody, kim, PASSWORD).status_code == 429


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"])
def test_no_login_leads_to_another_site(anybody: Browser, kim: str, target: str) -> None:
    """Whatever a link asked for."""
    assert try_password(anybody, kim, PASSWORD, target).headers["location"] == "/"


def test_who_is_not_in_is_asked_to_log_in_and_comes_back(anybody: Browser) -> None:
    """To the page they wanted, filters and all."""
    answer = anybody.get("/account?x=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=/account%3Fx%3D1")


def test_a_session_ends_when_unused_and_lasts_while_used(log_in: LogIn, clock: Clock) -> None:
    """Twelve hours of rest end it, seven days end it whatever happens."""
    browser = log_in("kim")
    for _ in range(13):
        clock.forward(hours=11)
        assert browser.get("/account").status_code == 200
    clock.forward(hours=12, seconds=1)
    assert browser.get("/account").status_code == 303
    busy, begun = log_in("kim"), clock()
    while clock() - begun < timedelta(days=7) - timedelta(hours=6):
        clock.forward(hours=6)
        assert busy.get("/account").status_code == 200
    clock.forward(hours=6)
    assert busy.get("/account").status_code == 303


def test_who_is_disabled_is_out_at_once(log_in: LogIn, site_app: App) -> None:
    """Not at the next login: at the next click."""
    browser = log_in("kim")
    with site_app.store.write() as tx:
        members.disable(tx, "kim", "ops", site_app.clock())
    assert browser.get("/account").status_code == 303
    with site_app.store.write() as tx:
        members.enable(tx, "kim", "ops", site_app.clock())
    assert browser.get("/account").status_code == 303, "the old session does not come back"


def test_who_left_the_settings_is_out_and_an_auditor_need_not_be_in_them(log_in: LogIn, site_app: App) -> None:
    """The settings say who works here."""
    assert log_in("gone", "staff").get("/account").status_code == 303
    assert log_in("audit-team", "auditor").get("/account").status_code == 200


@pytest.mark.parametrize(
    ("headers", "fields"),
    [
        ({"Origin": "https://evil.example"}, {}), ({"Origin": ""}, {}), ({"Origin": "null"}, {}),
        ({}, {"csrf": "wrong"}), ({}, {"csrf": ""}),
    ],
)  # fmt: skip
def test_another_sites_page_can_change_nothing(log_in: LogIn, headers: dict[str, str], fields: dict[str, str]) -> None:
    """Wrong origin, no origin, wrong token, no token."""
    browser = log_in("kim")
    assert browser.post("/logout", headers, **fields).status_code == 403
    assert browser.get("/account").status_code == 200
    assert browser.post("/logout").status_code == 303
    assert browser.get("/account").status_code == 303


def test_a_new_password_ends_the_other_sessions(log_in: LogIn, kim: str) -> None:
    """And the old one must be known."""
    here, there = log_in("kim"), log_in("kim")
    new = "새 비밀번호는 문장이 좋습니다"
    assert here.post("/account/password", old="wrong", new=new, again=new).status_code == 400
    assert here.post("/account/password", old=PASSWORD, new=new, again="other").status_code == 400
    short = here.post("/account/password", old=PASSWORD, new="short", again="short")
    assert short.status_code == 400 and "12자 이상" in short.text
    assert here.post("/account/password", old=PASSWORD, new=new, again=new).status_code == 200
    assert here.get("/account").status_code == 200 and there.get("/account").status_code == 303
    assert try_password(Browser(here.client), "kim", PASSWORD).status_code == 401
    assert try_password(Browser(here.client), "kim", new).status_code == 303


def test_every_answer_carries_the_headers(anybody: Browser) -> None:
    """Pages, errors, the API and files."""
    for path in ("/login", "/nowhere", "/api/cases", "/livez", "/static/style.css"):
        answer = anybody.get(path)
        for name, value in guard.HEADERS.items():
            assert answer.headers[name] == value, (path, name)
        assert answer.headers["cache-control"] == ("no-cache" if path.startswith("/static/") else "no-store")
    assert "unsafe" not in guard.HEADERS["Content-Security-Policy"]


def test_a_book_is_not_read(anybody: Browser) -> None:
    """A request over a megabyte ends early and hurts nobody."""
    with pytest.raises(httpx.HTTPError):
        answer = anybody.client.post("/login", content=b"x" * 3_000_000, headers=anybody.headers)
        answer.raise_for_status()
    assert anybody.get("/livez").status_code == 200


class TestUsers:
    """The operator lets people in and out."""

    def test_only_an_operator(self, log_in: LogIn) -> None:
        """Nobody else sees the page or changes anything."""
        for id, role in (("kim", "staff"), ("park", "manager"), ("choi", "head"), ("lee", "press"), ("a", "auditor")):
            browser = log_in(id, role)
            assert browser.get("/users").status_code == 403
            assert browser.post("/users", id="ops").status_code == 403
        assert log_in("ops", "operator").get("/users").status_code == 200

    def test_in_and_out(self, log_in: LogIn, anybody: Browser, site_app: App) -> None:
        """A first password that works, a role, and the end."""
        operator = log_in("ops", "operator")
        page = operator.post("/users", id="kim", role="staff", departments="facility")
        assert page.status_code == 200
        password = page.text.partition('<code class="secret">')[2].partition("<")[0]
        assert try_password(anybody, "kim", password).status_code == 303
        assert password not in operator.get("/users").text
        with site_app.store.read() as tx:
            assert users.get(tx, "kim").departments == ("facility",)  # type: ignore[union-attr]
        assert operator.post("/users/kim/role", role="manager").status_code == 200
        assert operator.post("/users/kim/disable").status_code == 200
        assert try_password(anybody, "kim", password).status_code == 401
        assert operator.post("/users/kim/enable").status_code == 200
        assert try_password(anybody, "kim", password).status_code == 303
        with site_app.store.read() as tx:
            kinds = [event.kind for event in events.of_service(tx, ["user_added", "user_changed", "user_disabled"])]
        assert kinds == ["user_added", "user_changed", "user_disabled"]

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"id": "nobody", "role": "staff"}, "[[staff]]에 nobody이(가) 없습니다"),
            ({"id": "kim", "role": "king"}, "역할 king이(가) 없습니다"),
            ({"id": "kim", "role": "staff", "departments": "x"}, "부서 x이(가) 없습니다"),
            ({"id": "ops", "role": "staff"}, "ops은(는) 이미 있습니다"),
            ({"id": "", "role": "staff"}, "없습니다"),
        ],
    )
    def test_what_cannot_be_is_told(self, log_in: LogIn, fields: dict[str, str], said: str) -> None:
        """With what was typed still there."""
        page = log_in("ops", "operator").post("/users", **fields)
        assert page.status_code == 400 and said in page.text
        assert f'name="id" value="{fields["id"]}"' in page.text

    def test_somebody_who_is_not_there(self, log_in: LogIn) -> None:
        """A stale page."""
        page = log_in("ops", "operator").post("/users/ghost/disable")
        assert page.status_code == 400 and "ghost" in page.text
