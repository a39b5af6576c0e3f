"""A working day in a real browser: what the department's social media manager does, sees and hears of others."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

import pytest
from playwright.sync_api import Page, expect

from connectors.contract import Account, Asked, Post
from monitor import links
from monitor.store import cases, events
from monitor.store import links as link_store
from sla.case import State
from tests.browser.conftest import SETTINGS, Shoot, Site
from tests.city import PlayedConnector
from tests.support import Clock

PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}


class Wire(PlayedConnector):
    """A platform that takes answers."""

    answer_limit = 140

    def can_answer(self, account: Account) -> bool:
        return True

    def answer(self, account: Account, to: Asked, text: str) -> Post:
        self.answers.append(
            Post("twitter", f"a{len(self.answers)}", to.conversation, self.now(), author=account.id, text=text,
                 reply_to=to.id, reply_to_author=to.author)
        )  # fmt: skip
        return self.answers[-1]


def wire(site: Site) -> Wire:
    """Put a platform that takes answers in X's place."""
    accounts = [Account("twitter", a.id, a.handle) for a in site.app.settings.accounts if a.platform == "twitter"]
    played = Wire(accounts, cast(Clock, site.app.clock))
    cast(dict[str, Any], site.app.connectors)["twitter"] = played
    return played


def state(site: Site, id: str) -> tuple[State, str | None]:
    """A case's state and assignee."""
    with site.app.store.read() as tx:
        case = cases.get(tx, id)
    assert case is not None
    return case.state, case.assignee


def kinds(site: Site, id: str) -> Mapping[str, str]:
    """What happened to a case, and who did it."""
    with site.app.store.read() as tx:
        return {event.kind: event.actor for event in events.of_case(tx, id)}


def seconds(page: Page, case: str) -> int:
    """What a row's countdown says, in seconds."""
    said = page.locator(f"#case-{case} .countdown").inner_text()
    found = re.search(r"(\d+):(\d\d)", said)
    assert found is not None, said
    return int(found[1]) * 60 + int(found[2])


def test_the_countdown_goes_on_without_the_network(site: Site) -> None:
    """It is the server's clock, whatever the browser's says, and it is told that updates have stopped."""
    case = site.say("1", minutes=3)
    page = site.log_in("kim")
    page.goto("/")
    before = seconds(page, case)
    assert 26 * 60 < before <= 27 * 60
    page.context.set_offline(True)
    expect(page.locator(f"#case-{case} .countdown")).not_to_have_text(
        page.locator(f"#case-{case} .countdown").inner_text(), timeout=5000
    )
    assert seconds(page, case) < before
    site.wrong.clear()  # what a browser says of a network that is gone


def test_a_new_mention_appears_and_an_answered_one_goes(site: Site, shoot: Shoot) -> None:
    """By itself, while the page is open; where it is paused, nothing moves."""
    first = site.say("1", minutes=5)
    page = site.log_in("kim")
    page.goto("/")
    expect(page.locator(f"#case-{first}")).to_be_visible()
    second = site.say("2", "갑자기 단수가 됐어요")
    expect(page.locator(f"#case-{second}")).to_be_visible()
    site.answer("1")
    expect(page.locator(f"#case-{first}")).to_have_count(0)
    page.get_by_role("button", name="자동 갱신 멈춤").click()
    third = site.say("3", minutes=1)
    page.wait_for_timeout(3000)
    expect(page.locator(f"#case-{third}")).to_have_count(0)
    shoot(page, "queue-paused")


def test_keyboard_alone(site: Site) -> None:
    """To the first case, acknowledge, open, claim, transfer with a reason; never a mouse."""
    case = site.say("1", minutes=5)
    page = site.log_in("kim")
    page.goto("/")
    page.keyboard.press("j")
    page.keyboard.press("a")
    expect(page.locator(f"#case-{case} .state.held")).to_be_visible()
    assert state(site, case) == (State.ACKNOWLEDGED, None)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/cases/{case}")

    def tab_to(name: str) -> None:
        for _ in range(80):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.textContent").strip() == name:
                return
        raise AssertionError(f"Tab never comes to {name!r}")

    tab_to("담당 지정")
    page.keyboard.press("Enter")
    expect(page.locator("#case-head")).to_contain_text("김담당")
    tab_to("이관")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type("시설 문제입니다")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("이관")
    with site.app.store.read() as tx:
        moved = cases.get(tx, case)
    assert moved is not None and moved.department == "facility"


def test_two_people_on_one_case(site: Site, shoot: Shoot) -> None:
    """The first wins; the second is told who and when, and what they typed is still there."""
    case = site.say("1", minutes=5)
    kim, park = site.log_in("kim"), site.log_in("park", "manager")
    for page in (kim, park):
        page.goto(f"/cases/{case}")
        page.get_by_role("button", name=re.compile("자동 갱신 멈춤")).click()
    kim.get_by_role("button", name="담당 지정").click()
    expect(kim.locator("#case-head")).to_contain_text("김담당")
    park.get_by_role("button", name="담당 지정").click()
    expect(park.get_by_role("alert")).to_contain_text("김담당")
    shoot(park, "conflict")
    assert state(site, case) == (State.CLAIMED, "kim")
    kim.locator("summary", has_text="답변 불필요").click()
    kim.locator("#dismiss-reason").fill("단순 감사 인사")
    park.locator("summary", has_text="답변 불필요").click()
    park.locator("#dismiss-reason").fill("같은 글이 두 번")
    kim.locator("form[action$='/dismiss'] button").click()
    expect(kim.locator("#case-head")).to_contain_text("답변 불필요")
    park.locator("form[action$='/dismiss'] button").click()
    expect(park.get_by_role("alert")).to_contain_text("김담당")
    expect(park.get_by_text("같은 글이 두 번").or_(park.locator("[value='같은 글이 두 번']"))).to_have_count(1)
    site.wrong[:] = [one for one in site.wrong if "409" not in one]


class TestAnswering:
    """Answers that are written here."""

    @pytest.fixture
    def more(self) -> str:
        """A saved reply."""
        return SETTINGS

    def test_a_saved_reply_is_changed_and_posted_and_stops_the_clock(self, site: Site, shoot: Shoot) -> None:
        """The department's name is in it; the length is counted as the platform counts."""
        case, played = site.say("1", minutes=5), wire(site)
        page = site.log_in("kim")
        page.goto(f"/cases/{case}")
        page.get_by_role("button", name="접수 안내").click()
        words = page.locator("#answer-text")
        expect(words).to_have_value("교통정책과입니다. 확인하고 다시 답변드리겠습니다.")
        words.fill("교통정책과입니다. 311번은 10분 뒤 도착합니다.")
        shoot(page, "answer")
        page.get_by_role("button", name="답변 게시").click()
        expect(page.locator("#case-head")).to_contain_text("답변 완료")
        assert [one.text for one in played.answers] == ["교통정책과입니다. 311번은 10분 뒤 도착합니다."]
        assert state(site, case)[0] is State.ANSWERED


def test_an_alerts_link_on_a_phone(site: Site, shoot: Shoot) -> None:
    """Opening it changes nothing; the button does, without a login; once."""
    case = site.say("1", minutes=21)
    with site.app.store.write() as tx:
        key = link_store.made_key(tx, site.app.clock())
        found = cases.get(tx, case)
    assert found is not None
    at = int(site.app.clock().timestamp())
    path = "/a/" + links.sign(key, links.Link(case, "lee", found.round, found.clock.value, at))
    page = site.open(**PHONE)
    for _ in range(3):
        page.goto(path)
    assert state(site, case)[0] is State.OPEN
    shoot(page, "link")
    page.get_by_role("button").click()
    expect(page.get_by_role("status")).to_contain_text("이부담당")
    assert state(site, case)[0] is State.ACKNOWLEDGED
    assert kinds(site, case)["acknowledged"] == "lee"
    page.goto(path)
    expect(page.get_by_role("button")).to_have_count(0)
    site.wrong[:] = [one for one in site.wrong if "410" not in one]


def test_a_phone_does_all_that_a_desk_does(site: Site, shoot: Shoot) -> None:
    """Find it, open it, show the masked number on purpose, and dismiss it as spam."""
    case = site.say("1", "제 번호는 010-1234-5678입니다", minutes=5)
    page = site.log_in("kim", **PHONE)
    page.goto("/")
    page.locator(f"#case-{case} a.open").tap()
    expect(page.locator("body")).not_to_contain_text("010-1234-5678")
    page.get_by_role("button", name="가린 번호 보기").first.tap()
    expect(page.locator("body")).to_contain_text("010-1234-5678")
    assert {"viewed", "unmasked"} <= set(kinds(site, case))
    page.locator("summary", has_text="답변 불필요").tap()
    page.locator("#dismiss-outcome").select_option("spam")
    page.locator("#dismiss-reason").fill("광고 글")
    page.locator("form[action$='/dismiss'] button").tap()
    expect(page.locator("#case-head")).to_contain_text("스팸")
    shoot(page, "phone-dismissed")
