"""The page behind an alert's link: it shows, its button acknowledges, nothing else does (TRUST, "mail scanners")."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.app import App
from monitor.links import Link, sign
from monitor.store import links
from tests.city import City, answer, mention, put_together
from tests.support import Clock

CHROMIUM = Path("/usr/bin/chromium")
SECRET = "@dj_transport 제 전화는 010-1234-5678"


@pytest.fixture
def town(site_app: App, clock: Clock) -> City:
    """A mention of twenty minutes ago, in the city whose web it is."""
    built = put_together(site_app.store, site_app.rules, clock)
    built.say(mention("m1", clock(), SECRET))
    clock.forward(minutes=20)
    built.escalation.run()
    return built


@pytest.fixture
def link(town: City, clock: Clock) -> Link:
    """What the alert to the person on duty has in it."""
    return Link(town.case().id, "kim", 1, "first", int(clock().timestamp()))


@pytest.fixture
def path(town: City, clock: Clock) -> Callable[[Link], str]:
    """Where a link leads to, signed with the database's key."""
    with town.store.write() as tx:
        key = links.made_key(tx, clock())
    return lambda link: f"/a/{sign(key, link)}"


def _english(client: httpx.Client, path: str) -> httpx.Response:
    return client.get(path, headers={"Accept-Language": "en"})


def test_it_shows_the_case_in_short_and_one_button(
    client: httpx.Client, town: City, path: Callable[[Link], str], link: Link
) -> None:
    """For whom, which department, by when and how long; nothing that the citizen wrote."""
    page = client.get(path(link))
    assert page.status_code == 200
    for shown in ("교통정책과", "김담당", "09:30", "10:00 남음", "미답변", "확인했습니다", "답변이 아닙니다"):
        assert shown in page.text
    assert page.text.count("<button") == 1
    assert "1234-5678" not in page.text and "전화" not in page.text
    assert f"/cases/{link.case}" in page.text and "https://x.com/citizen/status/m1" in page.text
    assert "10:00 left" in _english(client, path(link)).text


def test_nobody_else_gets_to_know_its_address(client: httpx.Client, path: Callable[[Link], str], link: Link) -> None:
    """No referrer, no cache, no search engine; also where it is refused."""
    answers = [client.get(path(link)), client.get("/a/nonsense"), client.post(path(link)), client.post("/a/nonsense")]
    for answer_ in answers:
        assert answer_.headers["referrer-policy"] == "no-referrer"
        assert answer_.headers["cache-control"] == "no-store"
        assert "noindex" in answer_.headers["x-robots-tag"]


def test_a_thousand_looks_change_nothing(
    client: httpx.Client, town: City, path: Callable[[Link], str], link: Link
) -> None:
    """Scanners and previews open links, some of them more than once."""
    before = (town.case(), town.events())
    for _ in range(500 if town.store.is_sqlite else 50):
        assert client.get(path(link)).status_code == 200
        assert client.head(path(link)).status_code == 200
    assert (town.case(), town.events()) == before
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
        assert client.request(method, path(link)).status_code == 405
    with town.store.read() as tx:
        assert links.used_at(tx, link.id) is None
    assert client.post(path(link)).status_code == 303


def test_the_button_acknowledges_once(
    client: httpx.Client, town: City, path: Callable[[Link], str], link: Link, clock: Clock
) -> None:
    """And then the page says when it was, and how the case stands; pressing once more changes nothing."""
    pressed = client.post(path(link))
    assert (pressed.status_code, pressed.headers["location"]) == (303, path(link))
    assert (town.case().state, town.case().held_until) == ("acknowledged", clock() + timedelta(minutes=15))
    clock.forward(minutes=3)
    for again, status in ((client.get(path(link)), 200), (client.post(path(link)), 409)):
        assert again.status_code == status
        assert "김담당 님이 09:20에" in again.text and "09:35까지 알림 보류" in again.text
        assert "<button" not in again.text
    assert [event.actor for event in town.events("acknowledged")] == ["kim"]


def test_of_two_presses_at_once_one_wins(
    client: httpx.Client, town: City, path: Callable[[Link], str], link: Link
) -> None:
    """A double tap, or two phones."""
    start = threading.Barrier(2)
    came: list[int] = []

    def press() -> None:
        start.wait()
        came.append(client.post(path(link)).status_code)

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(came) == [303, 409]
    assert len(town.events("acknowledged")) == 1


def _answered(town: City, link: Link) -> Link:
    town.say(answer("a1", mention("m1", town.clock()), town.clock()))
    return link


def _owed_for_good(town: City, link: Link) -> Link:
    town.desk.ask_final(link.case, "kim", "현장 확인")
    return _answered(town, link)


def _transferred(town: City, link: Link) -> Link:
    town.desk.transfer(link.case, "kim", "facility", "가로등")
    return link


def _held(town: City, link: Link) -> Link:
    town.desk.acknowledge(link.case, "lee")
    return link


def _given_back(town: City, link: Link) -> Link:
    town.desk.acknowledge(link.case, "lee")
    town.desk.release(link.case, "lee")
    return link


def _a_day_later(town: City, link: Link) -> Link:
    town.clock.forward(hours=24)
    return link


BAD = {
    "expired": (_a_day_later, 410, "유효 기간(24시간)이 지난", "This link has expired"),
    "left": (lambda town, link: link._replace(person="gone"), 410, "담당자로 등록되어 있지 않", "not in the settings"),
    "unknown": (lambda town, link: link._replace(case="c0"), 404, "해당 글이 없습니다", "no such case"),
    "answered": (_answered, 409, "답변할 것이 남아 있지 않", "No answer is owed"),
    "final": (_owed_for_good, 409, "상황이 바뀌었습니다", "has moved on"),
    "transferred": (_transferred, 409, "시설관리과", "has moved on"),
    "held": (_held, 409, "이미 확인한 글입니다(09:35까지", "acknowledged at this step already, until 09:35"),
    "given back": (_given_back, 409, "확인했다가 취소한", "and given back"),
}


@pytest.mark.parametrize("name", BAD)
def test_every_link_that_does_nothing_says_why_and_what_to_do(
    client: httpx.Client, town: City, path: Callable[[Link], str], link: Link, name: str
) -> None:
    """In the reader's language, whether they look or press; and it changes nothing."""
    happens, status, korean, english = BAD[name]
    link = happens(town, link)
    before = (town.case(), len(town.events()))
    looked, pressed, translated = client.get(path(link)), client.post(path(link)), _english(client, path(link))
    assert [one.status_code for one in (looked, pressed, translated)] == [status] * 3
    assert korean in looked.text and korean in pressed.text and english in translated.text
    assert "<button" not in looked.text + pressed.text
    assert (town.case(), len(town.events())) == before
    with town.store.read() as tx:
        assert links.used_at(tx, link.id) is None


@pytest.mark.parametrize("name", ["expired", "left"])
def test_a_link_that_is_good_for_nothing_shows_nothing(
    client: httpx.Client, town: City, path: Callable[[Link], str], link: Link, name: str
) -> None:
    """Whoever finds it in an old mail, or has left, sees no case by it."""
    link = BAD[name][0](town, link)
    page = client.get(path(link)).text
    assert "교통정책과" not in page and link.case not in page


def test_before_any_link_was_made_none_is_valid(client: httpx.Client, town: City) -> None:
    """The key is made with the first one."""
    assert client.get("/a/WyJjIl0.AAAA").status_code == 404
    with town.store.read() as tx:
        assert links.kept_key(tx) is None


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(
        lambda text: "/" not in text and text not in (".", "..")
    )
)
def test_a_changed_one_is_no_error_of_ours(
    client: httpx.Client, path: Callable[[Link], str], link: Link, text: str
) -> None:
    """Cut off, with something behind it, or nothing like it: 404 and what to do."""
    whole = path(link)
    for changed in (f"/a/{quote(text, safe='')}", whole + quote(text, safe=""), whole[: -min(len(text), 40)]):
        for answer_ in (client.get(changed), client.post(changed)):
            assert answer_.status_code == 404, changed
    assert "다시 열어 보십시오" in client.get(whole[:-1]).text


@pytest.mark.parametrize(
    ("origin", "status"), [(None, 303), ("null", 303), ("own", 303), ("https://evil.example", 403), ("nonsense", 403)]
)
def test_another_sites_page_presses_nothing(
    client: httpx.Client, town: City, path: Callable[[Link], str], link: Link, origin: str | None, status: int
) -> None:
    """A browser says "null" of our own page, for its Referrer-Policy, and mail programs say nothing at all."""
    headers = {} if origin is None else {"Origin": str(client.base_url).rstrip("/") if origin == "own" else origin}
    assert client.post(path(link), headers=headers).status_code == status
    assert (town.case().state == "acknowledged") == (status == 303)


@pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's chromium")
def test_on_a_phone_without_scripts(
    client: httpx.Client, town: City, path: Callable[[Link], str], link: Link, request: pytest.FixtureRequest
) -> None:
    """A real browser, 360 wide: nothing to scroll sideways, one press, and it says so; reload is harmless."""
    if "sqlite" not in request.node.name:
        pytest.skip("a browser cares for no database")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 360, "height": 640}, java_script_enabled=False, locale="ko-KR")
        page.goto(str(client.base_url) + path(link))
        assert page.locator("main").bounding_box()["width"] <= 360  # type: ignore[index]
        page.get_by_role("button", name="확인했습니다").click()
        assert "이 링크로 확인했습니다" in page.inner_text("main")
        page.reload()
        assert "이 링크로 확인했습니다" in page.inner_text("main")
        browser.close()
    assert [event.actor for event in town.events("acknowledged")] == ["kim"]
