"""The web of a small city behind a real server, and people who are logged in."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from monitor import app as composition
from monitor.app import App
from monitor.demo.server import serve
from monitor.store import sessions, users
from monitor.web import guard
from monitor.web.application import create
from tests.support import Clock, city

ON_BOTH = {"test_acts.py", "test_roles.py", "test_overview_page.py"}
"""Which modules run on PostgreSQL too. What pages ask of a database is tested in `tests/store`, on both kinds."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the other modules' PostgreSQL out: each of their tests would take seconds to say the same."""
    here = Path(__file__).parent
    left_out = [
        item for item in items
        if item.path.parent == here and item.path.name not in ON_BOTH and "postgres" in item.name
    ]  # fmt: skip
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


MORE = ""
"""TOML that a test module may add to the city by a fixture of its own called `more`."""


@dataclass
class Browser:
    """Somebody at a browser. Cookies are sent by hand: httpx keeps `Secure` ones from plain http."""

    client: httpx.Client
    token: str = ""
    language: str = "ko"

    @property
    def headers(self) -> dict[str, str]:
        """Who it is, and from which page it comes."""
        cookie = f"language={self.language}" + (f"; {guard.COOKIE}={self.token}" if self.token else "")
        return {"Cookie": cookie, "Origin": str(self.client.base_url).rstrip("/")}

    def get(self, path: str, **more: Any) -> httpx.Response:
        """Open a page."""
        return self.client.get(path, headers=self.headers, **more)

    def post(self, path: str, headers: dict[str, str] | None = None, **fields: Any) -> httpx.Response:
        """Send a form, with the token that its page holds."""
        data = {"csrf": guard.csrf_of(self.token), **fields}
        return self.client.post(path, data=data, headers=self.headers | (headers or {}))


@pytest.fixture
def more() -> str:
    """Settings beside the small city's."""
    return MORE


@pytest.fixture
def site_app(tmp_path: Path, database: str, clock: Clock, more: str) -> Iterator[App]:
    """Every part of the city, on both kinds of database; nothing runs."""
    app = composition.build(city(tmp_path, database=database, more=more), clock)
    yield app
    app.close()


@pytest.fixture
def client(site_app: App) -> Iterator[httpx.Client]:
    """Nobody in particular, before the city's web."""
    web = create(site_app)
    with serve(web) as server, httpx.Client(base_url=server.url, trust_env=False) as found:
        yield found
        web.state.live.close()


@pytest.fixture
def anybody(client: httpx.Client) -> Browser:
    """A browser nobody is logged in on."""
    return Browser(client)


@pytest.fixture
def log_in(site_app: App, client: httpx.Client) -> Callable[..., Browser]:
    """Log somebody in without a password; new ones become users on the way."""

    def enter(id: str = "kim", role: str = "staff", departments: tuple[str, ...] = ()) -> Browser:
        token, now = secrets.token_urlsafe(16), site_app.clock()
        with site_app.store.write() as tx:
            if users.get(tx, id) is None:
                name = next((person.name for person in site_app.settings.staff if person.id == id), id)
                users.add(tx, id, name, role, departments, now)
            sessions.begin(tx, token, id, now, guard.IDLE, "127.0.0.1")
        return Browser(client, token)

    return enter
