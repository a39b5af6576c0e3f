"""The API as programs use it: tokens, scope, acts, and whatever a fuzzer thinks of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from connectors.contract import Post
from monitor.app import App
from monitor.intake.ingest import ingest
from monitor.store import api_tokens, events
from tests.support import Clock
from tests.web.conftest import Browser

Token = Callable[..., dict[str, str]]
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def token(site_app: App) -> Token:
    """Makes the headers of a program with a token."""

    def make(
        role: str = "operator", departments: tuple[str, ...] = (), lasts: timedelta | None = None
    ) -> dict[str, str]:
        now = site_app.clock()
        with site_app.store.write() as tx:
            until = None if lasts is None else now + lasts
            _, secret = api_tokens.add(tx, "시험", role, departments, "ops", now, until)
        return {"Authorization": f"Bearer {secret}"}

    return make


def asked(app: App, id: str, account: str = "1001", text: str = "버스가 안 와요", at: datetime | None = None) -> str:
    """A citizen asks; returns the case's id."""
    post = Post("twitter", id, f"c{id}", at or app.clock(), author="citizen", author_name="시민", text=text,
                addressed=(account,), permalink=f"https://x.com/i/{id}")  # fmt: skip
    with app.store.write() as tx:
        ingest(tx, app.rules, "twitter", [post], {"1001": LONG_AGO, "1002": LONG_AGO}, app.clock())
        return str(tx.exec_driver_sql(f"SELECT case_id FROM posts WHERE id = '{id}'").scalar_one())


@pytest.fixture
def cases(site_app: App) -> dict[str, str]:
    """An open case in each department."""
    site_app.polling.plan(site_app.clock())
    earlier = site_app.clock() - timedelta(minutes=1)
    return {"transport": asked(site_app, "1"), "facility": asked(site_app, "2", "1002", at=earlier)}


def test_without_a_token_only_the_queue_and_only_from_here(client: httpx.Client, cases: dict[str, str]) -> None:
    """A program on this machine; not a page in a browser, not one behind a proxy."""
    assert {one["id"] for one in client.get("/api/cases").json()} == set(cases.values())
    for headers in ({"Origin": "https://evil.example"}, {"X-Forwarded-For": "203.0.113.5"}, {"Sec-Fetch-Site": "none"}):
        assert client.get("/api/cases", headers=headers).status_code == 401
    for path in ("/api/accounts", "/api/departments", f"/api/cases/{cases['transport']}"):
        answer = client.get(path)
        assert answer.status_code == 401 and answer.headers["www-authenticate"] == "Bearer"


def test_a_token_works_until_its_end(client: httpx.Client, token: Token, clock: Clock, site_app: App) -> None:
    """Expired, revoked, mistyped: none of them works."""
    headers = token(lasts=timedelta(days=1))
    assert client.get("/api/accounts", headers=headers).status_code == 200
    with site_app.store.read() as tx:
        (entry,) = api_tokens.everything(tx)
        assert entry.used_at == clock()
        stored = str(tx.exec_driver_sql("SELECT hash, name, id FROM api_tokens").one())
    assert headers["Authorization"].removeprefix("Bearer ") not in stored
    assert client.get("/api/accounts", headers={"Authorization": headers["Authorization"] + "x"}).status_code == 401
    clock.forward(days=1)
    assert client.get("/api/accounts", headers=headers).status_code == 401
    other = token()
    with site_app.store.write() as tx:
        assert api_tokens.revoke(tx, api_tokens.everything(tx)[-1].id, clock())
    assert client.get("/api/accounts", headers=other).status_code == 401


def test_a_tokens_scope_is_in_every_answer(client: httpx.Client, token: Token, cases: dict[str, str]) -> None:
    """Another department's case is not there, whatever is asked of it."""
    headers = token("staff", ("facility",))
    assert [one["id"] for one in client.get("/api/cases", headers=headers).json()] == [cases["facility"]]
    assert client.get("/api/cases", params={"department": "transport"}, headers=headers).status_code == 404
    assert client.get(f"/api/cases/{cases['transport']}", headers=headers).status_code == 404
    assert client.get(f"/api/cases/{cases['facility']}", headers=headers).status_code == 200
    assert {one["department"] for one in client.get("/api/accounts", headers=headers).json()} == {"facility"}
    assert [one["id"] for one in client.get("/api/departments", headers=headers).json()] == ["facility"]
    act = {"by": "lee", "reason": "우리 일", "into": cases["transport"]}
    assert client.post(f"/api/cases/{cases['transport']}/claim", json={"by": "lee"}, headers=headers).status_code == 404
    assert client.post(f"/api/cases/{cases['facility']}/merge", json=act, headers=headers).status_code == 404


def test_an_auditors_token_changes_nothing(client: httpx.Client, token: Token, cases: dict[str, str]) -> None:
    """It reads everything."""
    headers, id = token("auditor"), cases["transport"]
    assert client.get(f"/api/cases/{id}", headers=headers).status_code == 200
    assert client.post(f"/api/cases/{id}/ack", json={"by": "kim"}, headers=headers).status_code == 403


def test_what_a_program_reads_is_on_record(
    client: httpx.Client, token: Token, cases: dict[str, str], site_app: App
) -> None:
    """Which token, which case; once an hour."""
    headers, id = token("auditor"), cases["transport"]
    for _ in range(3):
        assert client.get(f"/api/cases/{id}", headers=headers).status_code == 200
    with site_app.store.read() as tx:
        (entry,) = api_tokens.everything(tx)
        looks = [(e.kind, e.actor, e.data) for e in events.of_case(tx, id) if e.kind == "viewed"]
    assert looks == [("viewed", entry.id, {"what": "api"})]


def test_every_act(client: httpx.Client, token: Token, cases: dict[str, str], clock: Clock) -> None:
    """The same desk as the command line's: the same states, the same refusals."""
    headers, id = token("operator"), cases["transport"]

    def act(what: str, **fields: Any) -> httpx.Response:
        return client.post(f"/api/cases/{id}/{what}", json={"by": "kim", **fields}, headers=headers)

    def state(what: str, **fields: Any) -> str:
        answer = act(what, **fields)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["state"])

    assert state("ack") == "acknowledged"
    assert state("claim") == "claimed"
    late = act("claim", by="lee")
    assert late.status_code == 409 and late.json()["detail"]
    assert state("note", text="전화 연결 중") == "claimed"
    until = (clock() + timedelta(minutes=20)).isoformat()
    assert act("snooze", until=until, reason="현장 확인").json()["snoozed_until"] is not None
    assert act("wake").json()["snoozed_until"] is None
    assert state("release") == "open"
    assert act("transfer", to="facility", reason="시설 문제").json()["department"] == "facility"
    assert state("merge", into=cases["facility"], reason="같은 일") == "merged"
    assert state("reopen", reason="다른 일") == "open"
    assert state("answer", outcome="phone") == "answered"
    assert act("final", reason="조사 필요").json()["clock"] == "final"
    assert act("final/withdraw", reason="끝남").json()["clock"] == "first"
    assert state("reopen", reason="잘못 닫음") == "open"
    assert state("dismiss", reason="광고", outcome="spam") == "dismissed"
    for what, fields, status in (
        ("claim", {"by": "ghost"}, 400), ("dismiss", {"reason": " "}, 422), ("dismiss", {}, 422),
        ("transfer", {"to": "moon", "reason": "x"}, 400), ("snooze", {"until": "soon", "reason": "x"}, 422),
        ("ack", {"more": 1}, 422),
    ):  # fmt: skip
        assert act(what, **fields).status_code == status, (what, fields)
    assert client.post("/api/cases/nowhere/ack", json={"by": "kim"}, headers=headers).status_code == 404


def test_a_session_is_no_token(log_in: Callable[..., Browser], cases: dict[str, str]) -> None:
    """A page of another site must gain nothing from somebody's cookie."""
    browser = log_in("ops", "operator")
    assert browser.post(f"/api/cases/{cases['transport']}/ack").status_code == 401
