"""A case's page: what it shows, to whom, and what of it is kept from sight."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from monitor.app import App
from monitor.store import events, posts
from tests.city import answer, mention
from tests.support import Clock
from tests.web.cases import MORE, Seen, a_case, kinds, of_conversation, say
from tests.web.conftest import Browser

LogIn = Callable[..., Browser]

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onfocus=alert(1) autofocus='",
    "javascript:alert(1)",
    'https://evil.example/"onmouseover=alert(1)',
    "https://bank.example@evil.example/",
    "</textarea><script>alert(1)</script>",
    "{{ 7*7 }}{% raw %}",
    "\u202edlrow\u2066",
    "a\x00b\x1b[31m",
    "data:text/html,<script>alert(1)</script>",
    "&lt;b&gt;",
]


@pytest.fixture
def more() -> str:
    """A third department, and saved replies."""
    return MORE


def test_the_conversation_as_the_platform_shows_it(site_app: App, log_in: LogIn, clock: Clock) -> None:
    """Each reply below what it answers; ours, deleted and edited ones are told apart; another department's is kept."""
    at = clock() - timedelta(minutes=20)
    first = mention("m1", at, author_name="홍길동", text="버스가 안 와요\n벌써 30분째")
    say(
        site_app, first,
        mention("n1", at + timedelta(minutes=1), conversation="m1", reply_to="m1", author="c2", addressed=(),
                author_name="김이웃", text="저도요"),
        mention("f1", at + timedelta(minutes=2), conversation="m1", reply_to="n1", author="c3", addressed=("1002",),
                author_name="이시민", text="안내판도 고장"),
        answer("o1", first, at + timedelta(minutes=9), "확인하겠습니다", author_name="교통정책과"),
        mention("m2", at + timedelta(minutes=3), conversation="m1", reply_to="m1", author_name="홍길동",
                text="지울 글", edit_ids=("m2", "m2b")),
    )  # fmt: skip
    say(site_app, gone=["m2"])
    case = next(c for c in of_conversation(site_app, "m1") if c.author == "citizen")
    page = log_in("kim").get(f"/cases/{case.id}")
    assert page.status_code == 200
    seen = Seen(page.text)
    order = [page.text.index(f'data-key="post-{id}"') for id in ("m1", "n1", "f1", "m2", "o1")]
    assert order == sorted(order)
    depths = [str(has["class"]).split()[1] for tag, has in seen.tags if "post" in str(has.get("class")).split()]
    assert depths == ["depth-0", "depth-1", "depth-2", "depth-1", "depth-1"]
    assert "버스가 안 와요\n벌써 30분째" in seen.words
    assert "작성자가 삭제함(09:00 확인)" in seen.words and "1번 수정됨" in seen.words and "지울 글" in seen.words
    assert "공식 답변" in seen.words and "저도요" in seen.words
    assert "다른 부서 사건의 글" in seen.words
    assert "안내판도 고장" not in page.text and "이시민" not in page.text
    press = Seen(log_in("ops", "operator").get(f"/cases/{case.id}").text)
    assert "안내판도 고장" in press.words and "이시민" in press.words


def test_who_did_what_and_why_the_clock_reads_so(site_app: App, log_in: LogIn, clock: Clock) -> None:
    """People by name, kinds in words, the deadline's way, in both languages; no id of staff, no English in Korean."""
    case = a_case(site_app, ago=2)
    site_app.desk.acknowledge(case.id, "lee")
    clock.forward(minutes=1)
    site_app.desk.snooze(case.id, "kim", clock() + timedelta(minutes=30), "현장 회신 대기")
    site_app.desk.transfer(case.id, "park", "facility", "소관 부서")
    browser = log_in("lee")
    words = Seen(browser.get(f"/cases/{case.id}").text).words
    for told in (
        "08:58부터 30분 안에", "응답 기한은 09:28입니다", "확인: 09:00", "알림 미루기: 09:01", "현장 회신 대기",
        "교통정책과 → 시설관리과", "사유: 소관 부서", "박팀장", "이부담당", "다음 단계는", "교통정책과 계정에 쓴 글",
    ):  # fmt: skip
        assert told in words, told
    browser.language = "en"
    words = Seen(browser.get(f"/cases/{case.id}").text).words
    assert "The first answer is promised within 30 min" in words and "Alerts were held, the clock ran on." in words


def test_a_night_in_between_is_told(site_app: App, log_in: LogIn, clock: Clock) -> None:
    """What counts and what does not, span by span, where the final answer's calendar closes."""
    case = a_case(site_app, ago=2)
    site_app.desk.ask_final(case.id, "kim", "사진은 나중에")
    site_app.desk.answer(case.id, "kim", "phone")
    words = Seen(log_in("kim").get(f"/cases/{case.id}").text).words
    assert "세지 않은 시간(야간·휴게·휴일):" in words and "최종 답변은" in words
    assert "18:00 – 2026-11-17(화) 09:00 (15시간)" in words


def test_hostile_words_are_only_words(site_app: App, log_in: LogIn) -> None:
    """In texts, names, notes, reasons and the form's fields: no tag, no attribute, no address of theirs."""
    browser = log_in("kim")
    for number, text in enumerate(HOSTILE):
        plain = text.replace("\x00", "")  # which no database keeps
        case = a_case(site_app, f"m{number}", text=plain, author_name=plain[:40], author=f"c{number}")
        assert browser.post(f"/cases/{case.id}/note", text=text).status_code == 303
        assert browser.post(f"/cases/{case.id}/final", reason=text).status_code == 303
        refused = browser.post(f"/cases/{case.id}/transfer", to="nowhere", reason=text)
        assert refused.status_code == 400 and Seen(refused.text).fields["transfer-reason"] == plain
        shown = browser.get(f"/cases/{case.id}")
        assert not set("\x00\x1b\u202e\u2066") & set(shown.text)
        for page in (shown, refused):
            seen = Seen(page.text)
            scripts = [has.get("src") for tag, has in seen.tags if tag in ("script", "img", "iframe", "b onclick")]
            assert set(scripts) == {"/static/app.js", "/static/count.js"}
            assert not [name for _, has in seen.tags for name in has if name.startswith("on")]
            for href in (str(link["href"]) for link in seen.links):
                assert href.startswith(("/", "#", "https://x.com/", "https://evil.example/")), href
                assert "@evil" not in href


def test_links_lead_out_without_a_trace(site_app: App, log_in: LogIn) -> None:
    """The post itself and addresses in texts, in a tab of their own that knows nothing of this one."""
    case = a_case(site_app, text="여기요 https://pic.example/a?b=1&c=2. 그리고")
    links = {str(a["href"]): a for a in Seen(log_in("kim").get(f"/cases/{case.id}").text).links}
    for url in ("https://pic.example/a?b=1&c=2", "https://x.com/citizen/status/m1"):
        assert links[url]["target"] == "_blank" and "noopener noreferrer" in str(links[url]["rel"])


def test_no_permalink_but_a_web_address(site_app: App, log_in: LogIn) -> None:
    """Whatever a platform returned."""
    browser = log_in("kim")
    for number, permalink in enumerate(("javascript:alert(1)", "//evil.example", "http://[", "")):
        case = a_case(site_app, f"m{number}", author=f"c{number}", permalink=permalink)
        links = Seen(browser.get(f"/cases/{case.id}").text).links
        assert all(str(link["href"]).startswith(("/", "#")) for link in links)


def test_what_is_not_there_is_not_there(site_app: App, log_in: LogIn) -> None:
    """A page that says so, never an error."""
    a_case(site_app)
    browser = log_in("kim")
    for id in ("c0", "%00", "c1%2e", "' OR 1=1 --", "가" * 500):
        found = browser.get(f"/cases/{id}")
        assert found.status_code == 404 and "볼 권한이 없습니다" in found.text, id


def test_another_departments_case_is_not_there_either(site_app: App, log_in: LogIn) -> None:
    """The same words as for one that never was, and no look on record."""
    case = a_case(site_app, addressed=("1002",))
    outside, inside = log_in("kim"), log_in("lee")
    assert outside.get(f"/cases/{case.id}").status_code == 404
    assert outside.post(f"/cases/{case.id}/unmask", what="all").status_code == 404
    assert inside.get(f"/cases/{case.id}").status_code == 200
    assert kinds(site_app, case).count("viewed") == 1


def test_a_look_is_on_record_once_an_hour(site_app: App, log_in: LogIn, clock: Clock) -> None:
    """Whose, when and where; the page itself tells of it."""
    case = a_case(site_app)
    browser = log_in("park", "manager")
    for _ in range(3):
        page = browser.get(f"/cases/{case.id}")
    assert "열람 기록 1건" in page.text
    clock.forward(hours=1)
    browser.get(f"/cases/{case.id}")
    with site_app.store.read() as tx:
        looks = [event for event in events.of_case(tx, case.id) if event.kind == "viewed"]
    assert [(look.actor, look.data) for look in looks] == [("park", {"what": "page"})] * 2


def test_numbers_are_masked_until_shown_on_purpose(site_app: App, log_in: LogIn) -> None:
    """One post or all, this once; on record each time. Ours are ours to read."""
    case = a_case(site_app, text="연락처 010-1234-5678")
    say(site_app, mention("m2", site_app.clock(), conversation="m1", reply_to="m1", text="아니면 010-9999-8888"))
    site_app.desk.note(case.id, "kim", "배차실 042-270-1234")
    browser = log_in("kim")
    numbers = ("010-1234-5678", "010-9999-8888", "042-270-1234")

    def shown(page: str) -> list[bool]:
        return [number in page for number in numbers]

    page = browser.get(f"/cases/{case.id}")
    assert shown(page.text) == [False, False, False] and page.text.count("가린 번호 보기") == 2
    assert shown(browser.post(f"/cases/{case.id}/unmask", what="m1").text) == [True, False, False]
    assert shown(browser.post(f"/cases/{case.id}/unmask", what="all").text) == [True, True, True]
    assert shown(browser.get(f"/cases/{case.id}").text) == [False, False, False]
    assert browser.post(f"/cases/{case.id}/unmask", what="m99").status_code == 404
    with site_app.store.read() as tx:
        told = [event.data for event in events.of_case(tx, case.id) if event.kind == "unmasked"]
    assert told == [{"what": "m1"}, {"what": "all"}]


def test_nothing_masked_no_button(site_app: App, log_in: LogIn) -> None:
    """A case without numbers offers nothing to show."""
    case = a_case(site_app)
    assert "unmask" not in Seen(log_in("kim").get(f"/cases/{case.id}").text).acts


def test_an_auditor_reads_and_does_nothing(site_app: App, log_in: LogIn) -> None:
    """Everything of every department, not one form."""
    case = a_case(site_app, text="연락처 010-1234-5678")
    auditor = log_in("audit-team", "auditor")
    page = auditor.get(f"/cases/{case.id}")
    assert page.status_code == 200 and "버스" not in page.text and "***-****-****" in page.text
    assert Seen(page.text).acts == set()
    assert auditor.post(f"/cases/{case.id}/unmask", what="all").status_code == 403


def test_what_was_purged_is_said(site_app: App, log_in: LogIn, clock: Clock) -> None:
    """The post's place stays."""
    case = a_case(site_app, text="지워질 글")
    with site_app.store.write() as tx:
        posts.purge_text(tx, [("twitter", "m1")], clock())
    assert "보관된 내용이 없습니다" in log_in("kim").get(f"/cases/{case.id}").text


def test_a_conversation_of_a_thousand_posts(site_app: App, log_in: LogIn, clock: Clock) -> None:
    """The case's own are there, with the newest of the others; how many are not is said."""
    case = a_case(site_app, ago=29)
    at = clock() - timedelta(minutes=20)
    say(site_app, *(mention(f"n{n:04}", at + timedelta(milliseconds=n), conversation="m1", reply_to="m1",
                            author=f"c{n}", addressed=()) for n in range(999)))  # fmt: skip
    page = log_in("kim").get(f"/cases/{case.id}")
    assert "다른 글 800건은" in page.text
    assert 'data-key="post-m1"' in page.text and 'data-key="post-n0998"' in page.text


def test_cases_beside_it_as_far_as_they_may_be_seen(site_app: App, log_in: LogIn, clock: Clock) -> None:
    """Merged ones, others of the conversation, open ones of the author: linked, but for other departments'."""
    older = a_case(site_app, "m1", 20)
    newer = a_case(site_app, "m2", 5)
    other = a_case(site_app, "m3", 4, addressed=("1002",))
    site_app.desk.merge(newer.id, "kim", older.id, "같은 내용")
    seen = Seen(log_in("kim").get(f"/cases/{older.id}").text)
    hrefs = [a["href"] for a in seen.links]
    assert f"/cases/{newer.id}" in hrefs and "이 사건에 병합됨" in seen.words
    assert f"/cases/{other.id}" not in hrefs
    assert f"/cases/{other.id}" in [a["href"] for a in Seen(log_in("lee").get(f"/cases/{older.id}").text).links]


def test_done_is_only_told_to_who_did_it(site_app: App, log_in: LogIn) -> None:
    """A link from elsewhere makes nobody believe that something was done."""
    case = a_case(site_app)
    site_app.desk.claim(case.id, "kim")
    told = 'class="done"'
    assert told in log_in("kim").get(f"/cases/{case.id}?done=claimed").text
    assert told not in log_in("kim").get(f"/cases/{case.id}?done=answered").text
    assert told not in log_in("kim").get(f"/cases/{case.id}?done=%3Cb%3E").text
    assert told not in log_in("park").get(f"/cases/{case.id}?done=claimed").text


def test_a_form_that_was_loaded_again_leads_to_the_case(site_app: App, log_in: LogIn) -> None:
    """The address of a form's answer is none of its own."""
    case = a_case(site_app)
    found = log_in("kim").get(f"/cases/{case.id}/claim")
    assert (found.status_code, found.headers["location"]) == (303, f"/cases/{case.id}")
