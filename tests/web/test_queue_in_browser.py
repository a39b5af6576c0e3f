"""The queue in a real browser: it counts on without the network, loses nothing as it renews itself, obeys the keys."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from monitor.app import App
from monitor.intake.ingest import ingest
from monitor.store import cases, events, sessions
from sla.case import State
from tests.city import mention
from tests.store.made import MINUTE, START, case, keep, post
from tests.web.chromium import chromium, opened
from tests.web.conftest import Browser

__all__ = ["chromium"]
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def kim(site_app: App, log_in: Callable[..., Browser]) -> Browser:
    """Somebody with twenty cases, five minutes apart; the first is two minutes overdue."""
    made = [case(f"c{n:02}", START + (5 * n - 2) * MINUTE) for n in range(20)]
    keep(site_app.store, made, [post(f"p{n}", one.id) for n, one in enumerate(made)])
    return log_in("kim")


@pytest.fixture
def page(chromium: Chromium, kim: Browser) -> Iterator[Page]:
    """The queue, live."""
    url = str(kim.client.base_url)
    with opened(chromium, url, kim.token, viewport={"width": 1280, "height": 700}) as found:
        found.goto(url)
        expect(found.locator("#live")).to_have_attribute("data-state", "on")
        yield found


def _arrives(app: App, id: str, text: str = "@dj_transport 버스가 안 와요") -> None:
    with app.store.write() as tx:
        at = app.clock() - MINUTE
        ingest(tx, app.rules, "twitter", [mention(id, at, text, author=f"u{id}")], {"1001": START - 60 * MINUTE}, at)


def test_it_counts_on_without_the_network(chromium: Chromium, kim: Browser) -> None:
    """By the server's clock, whatever this machine's says; past the deadline it counts up, and the state follows."""
    url = str(kim.client.base_url)
    with opened(chromium, url, kim.token) as page:
        page.clock.install()
        page.route("**/live", lambda route: route.abort())  # the page alone says what the server's clock is
        page.goto(url)
        expect(page.locator("#case-c03 .countdown")).to_have_text(re.compile(r"^1[23]:\d\d 남음$"))
        expect(page.locator("#case-c03 .state.calm")).to_have_text("기한 내")
        page.context.set_offline(True)
        page.clock.run_for(240_000)
        expect(page.locator("#case-c03 .countdown")).to_have_text(re.compile(r"^[89]:\d\d 남음$"))
        expect(page.locator("#case-c03 .state.risk")).to_have_text("기한 임박")
        page.clock.run_for(600_000)
        expect(page.locator("#case-c03 .countdown")).to_have_text(re.compile(r"^[12]:\d\d 초과$"))
        expect(page.locator("#case-c03 .state.overdue")).to_have_text("기한 초과")
        expect(page.locator("#live-line")).to_contain_text("갱신이 끊겼습니다")


def test_what_arrives_is_shown_and_told(page: Page, site_app: App) -> None:
    """Without a reload: the place, the focus and what is being typed stay."""
    page.locator("#q").fill("버")
    page.locator("#case-c10 a.open").focus()
    page.evaluate("document.querySelector('#case-c10').scrollIntoView({block: 'center'})")
    before = page.locator("#case-c10").bounding_box()
    _arrives(site_app, "1")
    expect(page.locator(".case")).to_have_count(21)
    expect(page.locator("#live-news")).to_have_text("신규 1건")
    after = page.locator("#case-c10").bounding_box()
    assert before and after and abs(after["y"] - before["y"]) < 1  # whole pixels only can be scrolled by
    assert page.evaluate("document.activeElement.closest('.case').id") == "case-c10"
    expect(page.locator("#q")).to_have_value("버")
    with site_app.store.read() as tx:
        assert [one.kind for one in events.walk(tx)].count("opened") == 1


def test_at_the_top_the_most_urgent_comes_into_view(page: Page, site_app: App) -> None:
    """Nothing is scrolled away from under whoever looks at the beginning of the list."""
    with site_app.store.write() as tx:
        at = START - 50 * MINUTE
        ingest(tx, site_app.rules, "twitter", [mention("1", at)], {"1001": START - 60 * MINUTE}, START)
    expect(page.locator(".case")).to_have_count(21)
    expect(page.locator(".case").first).to_contain_text("20:")
    assert page.evaluate("scrollY") == 0


def test_a_row_that_was_acted_on_has_the_focus_again(chromium: Chromium, kim: Browser) -> None:
    """After a form that was sent as forms are, as its address says."""
    url = str(kim.client.base_url)
    with opened(chromium, url, kim.token) as page:
        page.goto(f"{url}/#case-c07")
        expect(page.locator("#case-c07 a.open")).to_be_focused()


def test_the_focus_goes_to_the_next_case_where_one_is_gone(page: Page, site_app: App) -> None:
    """And it is told that it is closed."""
    page.locator("#case-c03 a.open").focus()
    site_app.desk.dismiss("c03", "park", "감사 인사")
    expect(page.locator("#case-c03")).to_have_count(0)
    expect(page.locator("#live-news")).to_have_text("종결 1건")
    assert page.evaluate("document.activeElement.closest('.case').id") == "case-c04"


def test_the_keyboard_from_end_to_end(page: Page, site_app: App) -> None:
    """Move, acknowledge, claim, search, help, open; with Korean input switched on too."""
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("k")
    assert page.evaluate("document.activeElement.closest('.case').id") == "case-c01"
    page.keyboard.press("a")
    expect(page.locator("#case-c01 .state.held")).to_contain_text("확인")
    expect(page.locator("#live-news")).to_have_text("확인했습니다. 답변은 아직 필요합니다.")
    page.evaluate(
        "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: 'ㅊ', code: 'KeyC', bubbles: true}))"
    )
    expect(page.locator("#case-c01 .assignee")).to_contain_text("김담당")
    with site_app.store.read() as tx:
        found = cases.get(tx, "c01")
    assert found is not None and (found.state, found.assignee) == (State.CLAIMED, "kim")
    assert page.evaluate("document.activeElement.closest('.case').id") == "case-c01"
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    page.keyboard.press("/")
    page.keyboard.type("jack")
    expect(page.locator("#q")).to_have_value("jack")
    page.locator("#case-c01 a.open").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/c01")


def test_every_control_is_reached_by_tab(page: Page) -> None:
    """In the order of the page, and out of the list again."""
    page.locator("#case-c00 a.open").focus()
    for wanted in ("acknowledge", "claim", "open"):
        page.keyboard.press("Tab")
        found = page.evaluate("document.activeElement.dataset.verb || document.activeElement.className")
        assert found == wanted or wanted == "open"
    assert page.evaluate("document.activeElement.closest('.case').id") == "case-c01"


def test_single_keys_can_be_turned_off(page: Page) -> None:
    """WCAG 2.1.4; it is remembered."""
    page.locator("#keys-help").click()
    page.locator("#keys-on").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    expect(page.locator("#live")).to_have_attribute("data-state", "on")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement === document.body")
    page.keyboard.press("p")
    expect(page.locator("#live")).to_have_attribute("data-state", "on")


def test_a_pause_holds_the_page_and_says_that_there_is_more(page: Page, site_app: App) -> None:
    """Also after a reload in the same tab; resuming shows what came."""
    page.keyboard.press("p")
    page.reload()
    expect(page.locator("#live")).to_have_attribute("data-state", "paused")
    _arrives(site_app, "1")
    expect(page.locator("#live")).to_have_attribute("data-state", "behind")
    expect(page.locator(".case")).to_have_count(20)
    page.locator("#live-pause").click()
    expect(page.locator(".case")).to_have_count(21)


def test_who_is_second_is_told_without_leaving_the_page(page: Page, site_app: App) -> None:
    """Whoever pressed between the other's press and the news of it."""
    page.keyboard.press("p")
    site_app.desk.claim("c02", "park")
    page.locator("#case-c02 [data-verb=claim]").click()
    expect(page.locator("#live-problem")).to_contain_text("박팀장")
    expect(page.locator("#case-c02 .assignee")).to_contain_text("박팀장")


def test_a_logout_elsewhere_is_told(page: Page, site_app: App, kim: Browser) -> None:
    """Rather than a page that stands still and looks alive."""
    with site_app.store.write() as tx:
        sessions.end_all(tx, "kim")
    _arrives(site_app, "1")
    expect(page.locator("#live")).to_have_attribute("data-state", "out")
    expect(page.locator("#live-problem")).to_contain_text("로그아웃되었습니다")


def test_an_alarm_only_where_it_was_asked_for(chromium: Chromium, kim: Browser) -> None:
    """For a case of mine that becomes at risk while the page is open; without a citizen's words."""
    url = str(kim.client.base_url)
    with opened(chromium, url, kim.token, permissions=["notifications"]) as page:
        page.add_init_script(
            "window.told = []; window.Notification = class { static permission = 'granted';"
            " static requestPermission = async () => 'granted'; constructor(text) { window.told.push(text) } }"
        )
        page.clock.install()
        page.goto(url)
        expect(page.locator("#live")).to_have_attribute("data-state", "on")
        page.context.set_offline(True)  # the server's clock stands still
        page.clock.run_for(300_000)
        assert page.evaluate("window.told") == []
        page.locator("#live-notify").click()
        expect(page.locator("#live-notify")).to_have_attribute("aria-pressed", "true")
        page.clock.run_for(300_000)
        told = page.evaluate("window.told")
        assert told and {text.split(" +")[0] for text in told} <= {"기한 임박: 교통정책과 X", "기한 초과: 교통정책과 X"}


def test_hostile_words_do_nothing(page: Page, site_app: App) -> None:
    """Neither as they are served nor as the script puts them into the page; `opened` listens for dialogs."""
    _arrives(site_app, "1", "@dj_transport <img src=x onerror=alert(1)><script>alert(2)</script> javascript:alert(3)")
    expect(page.locator(".case")).to_have_count(21)
    expect(page.locator(".cases")).to_contain_text("<img src=x onerror=alert(1)>")
    assert page.locator(".case img, .case script").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_for_axe_to_find(chromium: Chromium, kim: Browser, scheme: str, width: int) -> None:
    """And no scrolling sideways on a phone."""
    url = str(kim.client.base_url)
    size = {"width": width, "height": 740}
    with opened(chromium, url, kim.token, viewport=size, color_scheme=scheme) as page:
        page.goto(url)
        expect(page.locator("#live")).to_have_attribute("data-state", "on")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = Axe().run(page)
        assert [(one["id"], one["nodes"][0]["html"]) for one in found.response["violations"]] == []


def test_without_script_everything_but_the_live_parts_works(chromium: Chromium, kim: Browser, site_app: App) -> None:
    """Filters, paging, acknowledging: forms and links."""
    url = str(kim.client.base_url)
    with opened(chromium, url, kim.token, java_script_enabled=False) as page:
        page.goto(url)
        expect(page.locator("#live")).to_be_hidden()
        expect(page.locator("#case-c01 .countdown")).to_contain_text("3:00 남음")
        page.locator("#q").fill("시민")
        page.locator(".filters button").click()
        page.locator("#case-c01 [data-verb=acknowledge]").click()
        assert page.url == f"{url}/?q=%EC%8B%9C%EB%AF%BC#case-c01"
        expect(page.locator("#case-c01 .state.held")).to_contain_text("확인")
