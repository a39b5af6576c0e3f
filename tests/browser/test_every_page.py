"""What holds of every page: for people who cannot see it well, on a phone, in both languages, with hostile posts."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from monitor.reports import snapshots
from sla.week import Week
from tests.browser.conftest import Shoot, Site
from tests.reports.made import document

PAGES = {
    "queue": "/", "case": "/cases/{case}", "overview": "/overview", "wall": "/overview/wall", "reports": "/reports",
    "report": "/reports/{week}", "report-now": "/reports/{week}?now=1", "report-cases": "/reports/{running}/cases",
    "incidents": "/incidents", "settings": "/settings", "users": "/users", "account": "/account",
    "nowhere": "/nowhere", "login": "/login",
}  # fmt: skip
LOOKS: list[dict[str, Any]] = [
    {"viewport": {"width": 1280, "height": 900}, "locale": "ko-KR"},
    {"viewport": {"width": 360, "height": 740}, "locale": "en-US", "color_scheme": "dark"},
]
HOSTILE = [
    "<script>boom()</script>", "<img src=x onerror=boom()>", "\"'><svg onload=boom()>", "javascript:boom()",
    "</title><script>boom()</script>", "{{ boom() }} {% boom %}", "<a href='javascript:boom()'>누르기</a>",
    "https://example.com/\" onmouseover=\"boom()", "\u202e거꾸로\u202c \x00\u0007", "<style>*{display:none}</style>",
    "<iframe srcdoc='<script>parent.boom()</script>'>", "]]><!--", "&lt;script&gt;boom()&lt;/script&gt;",
    "<base href='https://evil.example/'>", "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
    "<form action=https://evil.example><button>답변</button></form>", "<math><mtext><img src=x onerror=boom()>",
    "긴" * 3000, "a" * 500,
]  # fmt: skip


def _page(site: Site, name: str, look: dict[str, Any], case: str) -> Page:
    page = site.open(**look) if name == "login" else site.log_in("ops", "operator", **look)
    page.goto(_address(site, name, case))
    return page


def _address(site: Site, name: str, case: str) -> str:
    running = Week.of(site.app.clock(), site.app.rules.zone)
    return PAGES[name].format(case=case, week=running.before(), running=running)


def _keep_report(site: Site) -> None:
    """Of the week that has ended last: three departments, one of them with a long name, and something in each part."""
    running = Week.of(site.app.clock(), site.app.rules.zone)
    with site.app.store.write() as tx:
        snapshots.keep(tx, document(3, week=running.before()), "clock", site.app.clock())


@pytest.fixture
def busy(site: Site) -> str:
    """A city with cases in every state; returns one that went through much."""
    much = site.say(
        "1", "버스가 안 와요. 제 번호는 010-1234-5678입니다. https://example.com/사진 을 보세요", minutes=50
    )
    site.say("11", "아직도 안 왔어요", minutes=20, conversation="c1", author="a1")
    for number, minutes in enumerate((26, 22, 5, 1), 2):
        site.say(
            str(number), "가로등이 꺼졌어요 @dj_transport", minutes=minutes, account="1002" if number % 2 else "1001"
        )
    site.app.desk.claim(much, "kim")
    site.app.desk.note(much, "park", "현장에 사람을 보냈음")
    site.app.desk.acknowledge(site.say("7", minutes=12), "lee")
    site.app.desk.dismiss(site.say("8", minutes=12), "lee", "광고", "spam")
    site.say("9", minutes=40)
    site.answer("9")
    _keep_report(site)
    return much


@pytest.mark.parametrize("look", LOOKS, ids=["wide-korean", "phone-english-dark"])
@pytest.mark.parametrize("name", PAGES)
def test_accessible_and_no_wider_than_the_screen(
    site: Site, busy: str, shoot: Shoot, name: str, look: dict[str, Any]
) -> None:
    """axe-core finds nothing (WCAG 2.2 A and AA, best practice), and nothing has to be scrolled sideways."""
    page = _page(site, name, look, busy)
    shoot(page, f"{name}-{look['viewport']['width']}")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= look["viewport"]["width"], f"{name} is {width} pixels wide"
    if name == "nowhere":
        site.wrong[:] = [one for one in site.wrong if "404" not in one]


@pytest.mark.parametrize("name", [name for name in PAGES if name not in ("login", "account", "nowhere", "users")])
def test_hostile_posts_do_nothing(site: Site, name: str) -> None:
    """Text, author's name and link of posts: nothing runs, nothing loads, nothing leads elsewhere."""
    for number, words in enumerate(HOSTILE):
        case = site.say(
            str(number), words, author_name=words[:60], permalink=words[:60], conversation="c0", author="same",
            minutes=60,
        )  # fmt: skip
        site.say(f"x{number}", words, author_name=words[:60], permalink=words[:60], minutes=40)
    page = site.log_in("ops", "operator")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.add_init_script("window.hurt = 0; window.boom = () => { window.hurt += 1 }")
    page.goto(_address(site, name, case))
    page.mouse.move(400, 400)
    page.wait_for_load_state()
    assert page.evaluate("window.hurt") == 0
    assert [url for url in asked if not url.startswith(site.url)] == []
    assert page.locator("script:not([src]), iframe, object, embed, base, meta[http-equiv], style").count() == 0
    leads = page.eval_on_selector_all("a[href], form[action]", "all => all.map(one => one.href || one.action)")
    assert [one for one in leads if not one.startswith(("http://", "https://"))] == []
    assert (
        page.evaluate(
            "[...document.querySelectorAll('*')].some(e => e.getAttributeNames().some(n => n.startsWith('on')))"
        )
        is False
    )
