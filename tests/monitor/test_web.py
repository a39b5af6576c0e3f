"""Health and the queue over HTTP, as a watchman and a program of the city ask."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from monitor import app as composition
from monitor import service
from monitor.cycle import Cycle
from monitor.demo.server import serve
from monitor.web.application import create
from monitor.web.server import start
from tests.support import Clock, city


class Web:
    """The web application behind a real server; `peer` is whom it takes its callers for."""

    def __init__(self, app: ASGIApp) -> None:
        self.peer = "127.0.0.1"
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a call on as from `peer`."""
        await self._app({**scope, "client": (self.peer, 5)}, receive, send)


@pytest.fixture
def behind(tmp_path: Path, database: str, clock: Clock) -> Iterator[Web]:
    """The web application of a small city that has not polled yet."""
    app = composition.build(city(tmp_path, database=database), clock)
    app.polling.plan(clock())
    yield Web(create(app, Cycle(app.store, clock, app.polling.sources).faults))
    app.close()


@pytest.fixture
def web(behind: Web) -> Iterator[httpx.Client]:
    """A client of it."""
    with serve(behind) as server, httpx.Client(base_url=server.url, trust_env=False) as client:
        yield client


def test_alive_but_not_ready_before_the_first_cycle(web: httpx.Client) -> None:
    """And the body says what is missing."""
    assert web.get("/livez").json() == {"status": "alive"}
    answer = web.get("/readyz")
    assert answer.status_code == 503
    assert any("twitter:search" in fault for fault in answer.json()["faults"])


def test_the_queue_is_for_this_machine_only(web: httpx.Client, behind: Web) -> None:
    """Without a token: neither another machine nor one behind a proxy sees it."""
    assert web.get("/api/cases").json() == []
    assert web.get("/api/cases", params={"department": "nowhere"}).status_code == 404
    assert web.get("/api/cases", headers={"X-Forwarded-For": "203.0.113.5"}).status_code == 401
    behind.peer = "203.0.113.5"
    assert web.get("/api/cases").status_code == 401
    assert web.get("/livez").status_code == 200


def test_the_api_describes_itself(web: httpx.Client) -> None:
    """At the address that CONTRACT names."""
    assert "/api/cases" in web.get("/api/openapi.json").json()["paths"]


def test_a_taken_port_names_the_key(tmp_path: Path, clock: Clock) -> None:
    """Neither a traceback nor an exit from within a library."""
    with service.listen("127.0.0.1:0", "here") as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        settings = city(tmp_path)
        web = settings.web.model_copy(update={"listen": address})
        app = composition.build(settings.model_copy(update={"web": web}), clock)
        with pytest.raises(service.AddressTaken, match=r"web\.listen"):
            start(app)
        app.close()
