"""The pages of a small city in Debian's Chromium, with people who are logged in."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from connectors.contract import Post
from monitor import app as composition
from monitor.app import App
from monitor.demo.server import serve
from monitor.intake.ingest import ingest
from monitor.store import migrate, sessions, users
from monitor.web import guard
from monitor.web.application import create
from tests.support import city
from tests.web.chromium import chromium

__all__ = ["chromium"]

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)

SETTINGS = """
[[replies]]
id = "thanks"
title = "접수 안내"
text = "{department}입니다. 확인하고 다시 답변드리겠습니다."
"""


@dataclass
class Site:
    """A city's web, served on loopback, in the real present: pages count down by themselves."""

    app: App
    url: str
    chromium: Browser
    contexts: list[BrowserContext] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """What browsers complained of: errors of scripts, refused resources, answers that failed."""

    def say(
        self, id: str, text: str = "버스가 안 와요", *, minutes: float = 0, account: str = "1001", **more: Any
    ) -> str:
        """A citizen writes so many minutes ago; returns the case's id."""
        at = self.app.clock() - timedelta(minutes=minutes)
        values = {
            "conversation": f"c{id}",
            "author": f"a{id}",
            "author_name": "시민",
            "permalink": f"https://x.com/i/status/{id}",
        } | more
        post = Post("twitter", id, created_at=at, text=text, addressed=(account,), **values)
        with self.app.store.write() as tx:
            ingest(tx, self.app.rules, "twitter", [post], {"1001": LONG_AGO, "1002": LONG_AGO}, self.app.clock())
            return str(tx.exec_driver_sql(f"SELECT case_id FROM posts WHERE id = '{id}'").scalar_one())

    def answer(self, to: str, text: str = "확인했습니다", account: str = "1001") -> None:
        """The department answers on the platform."""
        post = Post("twitter", f"answer-{to}", f"c{to}", self.app.clock(), author=account, text=text, reply_to=to)
        with self.app.store.write() as tx:
            ingest(tx, self.app.rules, "twitter", [post], {"1001": LONG_AGO}, self.app.clock())

    def log_in(self, id: str = "kim", role: str = "staff", **context: Any) -> Page:
        """A page of somebody who is in already; `context` is the browser's: viewport, locale, color_scheme."""
        token, now = secrets.token_urlsafe(16), self.app.clock()
        with self.app.store.write() as tx:
            if users.get(tx, id) is None:
                name = next((person.name for person in self.app.settings.staff if person.id == id), id)
                users.add(tx, id, name, role, (), now)
            sessions.begin(tx, token, id, now, guard.IDLE, "127.0.0.1")
        page = self.open(**context)
        page.context.add_cookies([{
            "name": guard.COOKIE, "value": token, "url": self.url.replace("http://", "https://"), "secure": True,
            "httpOnly": True, "sameSite": "Lax",
        }])  # fmt: skip
        return page

    def open(self, **context: Any) -> Page:
        """A page of nobody."""
        made = self.chromium.new_context(base_url=self.url, **({"locale": "ko-KR"} | context))
        made.set_default_timeout(15_000)
        self.contexts.append(made)
        page = made.new_page()
        page.on("console", lambda said: self.wrong.append(f"{page.url}: {said.text}") if said.type == "error" else None)
        page.on("pageerror", lambda error: self.wrong.append(f"{page.url}: {error}"))
        page.on("dialog", lambda dialog: (self.wrong.append(f"{page.url}: dialog {dialog.message}"), dialog.dismiss()))
        return page


@pytest.fixture
def more() -> str:
    """Settings beside the small city's."""
    return SETTINGS


@pytest.fixture
def site(chromium: Browser, tmp_path: Path, more: str) -> Iterator[Site]:
    """A city with its web, and nothing in it yet; at the end nothing may have gone wrong in any browser."""
    app = composition.build(city(tmp_path, database=f"sqlite:///{tmp_path / 'monitor.db'}", more=more))
    migrate.upgrade(app.store, app.clock())
    app.polling.plan(app.clock())
    with serve(create(app)) as server:
        found = Site(app, server.url, chromium)
        yield found
        for context in found.contexts:
            context.close()
    app.close()
    assert found.wrong == []


Shoot = Callable[[Page, str], None]


@pytest.fixture
def shoot(request: pytest.FixtureRequest) -> Shoot:
    """Take a picture into `build/pages`, to be looked at."""

    def take(page: Page, name: str) -> None:
        page.screenshot(path=Path(request.config.rootpath) / "build" / "pages" / f"{name}.png", full_page=True)

    return take
