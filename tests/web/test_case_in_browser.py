"""A case's page in a real browser: by keyboard alone, with hostile posts, while others act, on a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect

from monitor.app import App
from monitor.store import cases
from tests.web.cases import MORE, a_case, now, posting, say
from tests.web.chromium import chromium, opened
from tests.web.conftest import Browser
from tests.web.test_case_page import HOSTILE

__all__ = ["chromium"]
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

LogIn = Callable[..., Browser]


@pytest.fixture
def more() -> str:
    """Saved replies, and a department that wants second eyes."""
    return MORE


@pytest.fixture
def site_app(site_app: App) -> App:
    """The city, whose X accounts can be posted to from here."""
    return posting(site_app)[0]


def test_by_keyboard_alone(chromium: Chromium, site_app: App, log_in: LogIn) -> None:
    """From the skip link to a claim, and a transfer whose reason was forgotten first."""
    case, kim = a_case(site_app), log_in("kim")
    url = str(kim.client.base_url)
    with opened(chromium, url, kim.token) as page:
        page.goto(f"{url}/cases/{case.id}")
        page.keyboard.press("Tab")
        expect(page.locator(".skip")).to_be_focused()
        page.keyboard.press("Enter")
        page.locator("#main").press("Tab")
        for _ in range(20):
            if page.evaluate("document.activeElement.textContent.trim()") == "담당 지정":
                break
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator(".done")).to_have_text("담당자로 지정했습니다: 김담당")
        summary = page.locator("details.act:has([name=to]) > summary")
        summary.focus()
        page.keyboard.press("Enter")
        page.locator("#transfer-reason").fill(" ")
        page.locator("#transfer-reason").press("Enter")
        expect(page.locator("#transfer-reason")).to_be_focused()
        expect(page.locator("#transfer-reason-wrong")).to_contain_text("사유를 쓰세요")
        page.keyboard.type("소관 부서")
        page.keyboard.press("Enter")
        expect(page.locator(".done")).to_contain_text("이관했습니다")
    assert now(site_app, case).department == "facility"


def test_hostile_posts_execute_nothing(chromium: Chromium, site_app: App, log_in: LogIn) -> None:
    """No dialog, no error of a script, no word of the policy: `opened` fails for each. No look is changed either."""
    kim = log_in("kim")
    url = str(kim.client.base_url)
    for number, text in enumerate(HOSTILE):
        plain = text.replace("\x00", "")
        case = a_case(site_app, f"m{number}", text=plain, author=f"c{number}", author_name=plain[:40])
        kim.post(f"/cases/{case.id}/note", text=text)
        with opened(chromium, url, kim.token) as page:
            page.goto(f"{url}/cases/{case.id}")
            expect(page.locator("#live")).to_have_attribute("data-state", "on")
            assert page.evaluate("document.querySelectorAll('.words *:not(a)').length") == 0
            assert page.evaluate("getComputedStyle(document.querySelector('h1')).direction") == "ltr"


def test_what_is_typed_outlives_what_others_do(chromium: Chromium, site_app: App, log_in: LogIn) -> None:
    """The page renews itself: the new state and post are there, the half-written answer too, with its length."""
    case, kim = a_case(site_app), log_in("kim")
    url = str(kim.client.base_url)
    with opened(chromium, url, kim.token) as page:
        page.goto(f"{url}/cases/{case.id}")
        expect(page.locator("#live")).to_have_attribute("data-state", "on")
        page.locator("#answer-text").fill("곧 갑니다")
        expect(page.locator("#answer-length")).to_have_text("5 / 40")
        page.locator("#answer-text").fill("가" * 41)
        expect(page.locator(".limit.over")).to_contain_text("41 / 40")
        page.locator("details.act:has(#note-text) > summary").click()
        page.locator("#note-text").fill("배차실에")
        site_app.desk.claim(case.id, "park")
        expect(page.locator("#case-head")).to_contain_text("박팀장")
        expect(page.locator("#answer-text")).to_have_value("가" * 41)
        expect(page.locator("#note-text")).to_have_value("배차실에")
        assert page.locator("#case-head button", has_text="담당 지정").count() == 0


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
def test_nothing_is_in_the_way(chromium: Chromium, site_app: App, log_in: LogIn, width: int, scheme: str) -> None:
    """axe finds nothing, and nothing is wider than the screen: drafts, notes, a deletion, every form open, a no."""
    case = a_case(site_app, text="연락처 010-1234-5678 " + "a" * 200, addressed=("1003",))
    second = a_case(site_app, "m2", 5, conversation="m1", reply_to="m1", addressed=("1003",))
    say(site_app, gone=["m2"])
    with site_app.store.read() as tx:
        assert cases.get(tx, second.id) is not None
    kim, park = log_in("kim"), log_in("park", "manager")
    url = str(kim.client.base_url)
    site_app.desk.note(case.id, "kim", "통화함")
    kim.post(f"/cases/{case.id}/answer", text="곧 갑니다")
    more = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme}
    with opened(chromium, url, park.token, **more) as page:
        page.goto(f"{url}/cases/{case.id}")
        expect(page.locator("#live")).to_have_attribute("data-state", "on")
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        page.locator("#dismiss-reason").fill(" ")
        page.locator("details.act:has(#dismiss-reason) button").click()
        expect(page.locator("#dismiss-reason-wrong")).to_be_visible()
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
