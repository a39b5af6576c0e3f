"""The queue page as it is served: the viewer's scope, the filters, the order, what may be done in passing."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest

from monitor.app import App
from monitor.store import cases, events
from sla.case import Clock as Which
from sla.case import State
from tests.store.made import MINUTE, START, case, keep, post
from tests.support import Clock
from tests.web.conftest import Browser

Enter = Callable[..., Browser]


def _ids(page: str) -> list[str]:
    return re.findall(r'<li class="case" id="case-([^"]+)"', page)


def _row(page: str, id: str) -> str:
    return page.split(f'id="case-{id}"')[1].split("</li>")[0]


def _links(page: str, rel: str) -> list[str]:
    return [unescape(found) for found in re.findall(rf'rel="{rel}" href="([^"]+)"', page)]


@pytest.fixture
def three(site_app: App) -> App:
    """One case that is overdue, one at risk, one with time left; the second is the other department's."""
    keep(
        site_app.store,
        [case("late", START - 3 * MINUTE), case("near", START + 5 * MINUTE, department="facility", platform="facebook"),
         case("calm", START + 25 * MINUTE, state=State.CLAIMED, assignee="kim")],
        [post("p1", "late", text="버스가 안 와요. 010-1234-5678", author_name="박시민"),
         post("p2", "near", platform="facebook"), post("p3", "calm"),
         post("p4", "calm", START + MINUTE, text="<script>alert(1)</script>")],
    )  # fmt: skip
    return site_app


def test_most_urgent_first_in_words_and_shapes(three: App, log_in: Enter) -> None:
    """With what is left by the server's clock, and the counts."""
    page = log_in("ops", "operator").get("/").text
    assert _ids(page) == ["late", "near", "calm"]
    for id, shape, word, left in (
        ("late", "overdue", "기한 초과", "3:00 초과"), ("near", "risk", "기한 임박", "5:00 남음"),
        ("calm", "calm", "기한 내", "25:00 남음"),
    ):  # fmt: skip
        row = _row(page, id)
        assert re.search(rf'class="state {shape}"[^>]*>{word}<', row)
        assert f">{left}</time>" in row
    assert re.findall(r"<b>(?:. )?(\d)</b>", page) == ["1", "1", "3"]
    assert "<title>▲1 대기열 · 시험시</title>" in page


def test_only_what_the_viewer_may_see(three: App, log_in: Enter) -> None:
    """Neither a case nor a name nor a count of another department, by whatever filter."""
    kim = log_in("kim")
    page = kim.get("/").text
    assert _ids(page) == ["late", "calm"]
    assert "시설관리과" not in page
    assert re.findall(r"<b>(?:. )?(\d)</b>", page) == ["1", "0", "2"]
    asked = kim.get("/", params={"department": "facility"})
    unknown = kim.get("/", params={"department": "nowhere"})
    assert (asked.status_code, unknown.status_code) == (400, 400)
    assert _ids(asked.text) == _ids(unknown.text) == []
    assert asked.text.replace("facility", "nowhere") == unknown.text


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"department": "facility"}, ["near"]), ({"platform": "facebook"}, ["near"]), ({"state": "claimed"}, ["calm"]),
        ({"assignee": "kim"}, ["calm"]), ({"assignee": "nobody"}, ["late", "near"]), ({"assignee": "me"}, []),
        ({"q": "박시민"}, ["late"]), ({"q": "버스", "platform": "facebook"}, ["near"]), ({"clock": "final"}, []),
    ],
)  # fmt: skip
def test_each_filter_narrows(three: App, log_in: Enter, asked: dict[str, str], found: list[str]) -> None:
    """And the form shows what was asked for."""
    page = log_in("ops", "operator").get("/", params=asked)
    assert (page.status_code, _ids(page.text)) == (200, found)
    for name, value in asked.items():
        field = page.text.split(f'name="{name}"', 1)[1].split("</div>", 1)[0]
        assert f'value="{value}"' in field


@pytest.mark.parametrize("name", ["department", "platform", "state", "assignee", "clock", "place"])
def test_what_is_not_there_is_named_and_nothing_is_lost(three: App, log_in: Enter, name: str) -> None:
    """It never widens the page, and what else was typed stays."""
    answer = log_in("ops", "operator").get("/", params={name: "<nirgends>", "q": "버스"})
    assert answer.status_code == 400
    assert "&lt;nirgends&gt;" in answer.text and "<nirgends>" not in answer.text
    assert 'value="버스"' in answer.text
    assert _ids(answer.text) == []


def test_hostile_words_are_shown_as_words_and_numbers_masked(three: App, log_in: Enter) -> None:
    """The newest mention of a case, and that there are two."""
    page = log_in("kim").get("/").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in _row(page, "calm")
    assert "멘션 2건" in _row(page, "calm")
    assert "010-1234" not in page and "***-****-****" in _row(page, "late")
    assert "<script>alert" not in page


def test_pages_follow_each_other(site_app: App, log_in: Enter) -> None:
    """Every case once, and back."""
    keep(site_app.store, [case(f"c{n:03}", START + n * MINUTE) for n in range(120)])
    kim = log_in("kim")
    pages = [kim.get("/?assignee=nobody").text]
    while onward := _links(pages[-1], "next"):
        pages.append(kim.get(onward[0]).text)
    assert [id for page in pages for id in _ids(page)] == [f"c{n:03}" for n in range(120)]
    assert [len(_ids(page)) for page in pages] == [50, 50, 20]
    assert _ids(kim.get(_links(pages[2], "prev")[0]).text) == _ids(pages[1])
    assert _links(pages[0], "prev") == []


def test_final_answers_have_a_queue_of_their_own(site_app: App, log_in: Enter) -> None:
    """By their own deadline, days ahead."""
    answered = case("done", START, closed_at=START, state=State.ANSWERED, answered_at=START, clock=Which.FINAL,
                    final_asked_at=START, final_deadline=START + timedelta(days=2, hours=3))  # fmt: skip
    keep(site_app.store, [answered, case("open", START + 30 * MINUTE)], [post("p1", "done")])
    kim = log_in("kim")
    assert _ids(kim.get("/").text) == ["open"]
    page = kim.get("/?clock=final").text
    assert _ids(page) == ["done"]
    assert ">2일 3시간 남음</time>" in _row(page, "done")


def test_a_case_is_acknowledged_and_claimed_in_passing(three: App, log_in: Enter, clock: Clock) -> None:
    """Back on the same page at the same row; the history names who it was; what is done is not offered again."""
    kim = log_in("kim")
    done = kim.post("/queue/late/acknowledge", back="q=버스&state=open&evil=1", follow_redirects=False)
    assert (done.status_code, done.headers["location"]) == (
        303, "/?q=%EB%B2%84%EC%8A%A4&state=open#case-late",
    )  # fmt: skip
    kim.post("/queue/late/claim")
    with three.store.read() as tx:
        found = cases.get(tx, "late")
        told = [(event.kind, event.actor) for event in events.of_case(tx, "late")]
    assert found is not None and (found.state, found.assignee) == (State.CLAIMED, "kim")
    assert told == [("acknowledged", "kim"), ("claimed", "kim")]
    row = _row(kim.get("/").text, "late")
    assert "확인 · 09:15까지" in row and "김담당" in row
    assert "data-verb" not in row


def test_the_second_one_is_told_who_was_first(three: App, log_in: Enter) -> None:
    """And sees the page they came from, with what they had asked for."""
    three.desk.claim("late", "park")
    answer = log_in("kim").post("/queue/late/claim", back="q=박시민")
    assert answer.status_code == 409
    problem = answer.text.split('role="alert">')[1].split("</p>")[0]
    assert "처리하지 못했습니다" in problem and "박팀장" in problem
    assert 'value="박시민"' in answer.text and _ids(answer.text) == ["late"]


@pytest.mark.parametrize("verb", ["acknowledge", "claim"])
def test_who_may_not_act_changes_nothing(three: App, log_in: Enter, verb: str) -> None:
    """An auditor; another department; a page without its token; another site's page; a link that is opened."""
    auditor, kim = log_in("auditor", "auditor"), log_in("kim")
    assert "data-verb" not in auditor.get("/").text
    assert auditor.post(f"/queue/late/{verb}").status_code == 403
    assert kim.post(f"/queue/near/{verb}").status_code == 404
    assert kim.post(f"/queue/nowhere/{verb}").status_code == 404
    assert kim.post(f"/queue/late/{verb}", csrf="").status_code == 403
    assert kim.post(f"/queue/late/{verb}", headers={"Origin": "https://evil.example"}).status_code == 403
    assert kim.get(f"/queue/late/{verb}").status_code == 405
    with three.store.read() as tx:
        assert list(events.walk(tx)) == []


def test_an_alarm_is_for_what_is_mine(three: App, log_in: Enter) -> None:
    """What I have claimed, and what nobody has while I am on duty; never a citizen's words."""
    page = log_in("kim").get("/").text
    assert re.findall(r'data-mine="([^"]*)"', page) == ["교통정책과 X"] * 2
    assert log_in("park", "manager").get("/").text.count("data-mine") == 0


def test_the_other_address_leads_here(anybody: Browser, log_in: Enter) -> None:
    """And whoever is not logged in comes back to it afterwards."""
    answer = log_in("kim").get("/queue?q=a", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/?q=a")
    answer = anybody.get("/?q=a", follow_redirects=False)
    assert answer.headers["location"] == "/login?next=/%3Fq%3Da"


def test_an_empty_queue_says_so(log_in: Enter) -> None:
    """In either language; and what is empty for a filter alone says that."""
    kim = log_in("kim")
    assert "답변을 기다리는 글이 없습니다." in kim.get("/").text
    assert "조건에 맞는 글이 없습니다." in kim.get("/?q=a").text
    kim.language = "en"
    assert "Nothing waits for an answer." in kim.get("/").text
