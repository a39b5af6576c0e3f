"""Pages in a real browser: Debian's Chromium, driven by playwright; skipped, saying so, where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from monitor.web import guard

CHROMIUM = Path("/usr/bin/chromium")
_ARGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser of a module's tests."""
    if not CHROMIUM.exists():
        pytest.skip("there is no /usr/bin/chromium: apt-get install chromium fonts-nanum")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=_ARGS)
        yield browser
        browser.close()


@contextmanager
def opened(chromium: Browser, url: str, token: str, **more: Any) -> Iterator[Page]:
    """A page for somebody who is logged in; whatever its scripts complain of fails the test."""
    context = chromium.new_context(locale="ko-KR", **more)
    # Playwright keeps `Secure` cookies for https alone; the browser itself trusts this machine without.
    context.add_cookies([{"name": guard.COOKIE, "value": token, "url": url.replace("http:", "https:"), "secure": True}])
    page = context.new_page()
    page.set_default_timeout(20_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("dialog", lambda dialog: errors.append(f"dialog: {dialog.message}"))
    page.on("console", lambda said: errors.append(said.text) if "Content Security Policy" in said.text else None)
    yield page
    context.close()
    assert errors == []
