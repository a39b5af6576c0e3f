"""What people do to a case from its page, over HTTP: every act, its no, and what two people do at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from connectors.contract import Rejected, Unknown
from monitor.app import App
from monitor.store import drafts, notes
from monitor.store.drafts import DraftState
from monitor.web.pages.acts import ACTS, LONGEST
from sla.case import Case, State
from tests.city import answer, mention
from tests.web.cases import MORE, Posting, Seen, a_case, kinds, now, posting, say
from tests.web.conftest import Browser

LogIn = Callable[..., Browser]


@pytest.fixture
def more() -> str:
    """A department that wants second eyes, and saved replies."""
    return MORE


@dataclass
class Platform:
    """What is posted to."""

    connector: Posting


@pytest.fixture
def platform() -> Platform:
    """Filled in by the city that posts to it."""
    return Platform(None)  # type: ignore[arg-type]


@pytest.fixture
def site_app(site_app: App, platform: Platform) -> App:
    """The city, whose X accounts can be posted to from here."""
    app, platform.connector = posting(site_app)
    return app


def prepare(app: App, case: Case, *acts: str) -> None:
    """What was done before, by others."""
    desk = app.desk
    for name in acts:
        {
            "claim": lambda: desk.claim(case.id, "park"),
            "snooze": lambda: desk.snooze(case.id, "park", app.clock() + timedelta(hours=1), "회신 대기"),
            "final": lambda: desk.ask_final(case.id, "park", "사진은 나중에"),
            "phone": lambda: desk.answer(case.id, "park", "phone"),
            "dismiss": lambda: desk.dismiss(case.id, "park", "감사 인사"),
            "note": lambda: desk.note(case.id, "park", "통화함"),
        }[name]()


PLAIN = [
    ("acknowledge", (), {}, "acknowledged", "답변은 아직 필요합니다"),
    ("claim", (), {}, "claimed", "담당자로 지정했습니다: 김담당"),
    ("release", ("claim",), {}, "released", "담당을 해제했습니다"),
    ("snooze", (), {"until": "2026-11-16T10:30", "reason": "회신 대기"}, "snoozed", "10:30까지 알림을 미룹니다"),
    ("wake", ("snooze",), {}, "woken", "미룸을 해제했습니다"),
    ("transfer", (), {"to": "press", "reason": "소관"}, "transferred", "새 부서: 공보관"),
    ("dismiss", (), {"outcome": "spam", "reason": "광고"}, "dismissed", "답변 불필요로 처리했습니다"),
    ("elsewhere", (), {"outcome": "referred", "reference": "1AA-2611-001"}, "answered", "국민신문고 안내"),
    ("elsewhere", ("final", "phone"), {"outcome": "phone"}, "final_answered", "전화 답변"),
    ("final", (), {"reason": "사진은 나중에"}, "final_asked", "최종 답변 기한"),
    ("not_final", ("final",), {"reason": "충분함"}, "final_withdrawn", "표시를 지웠습니다"),
    ("note", (), {"text": "배차실에\n문의함"}, "noted", "메모를 남겼습니다"),
    ("strike", ("note",), {"number": "1"}, "note_struck", "메모를 지웠습니다"),
    ("reopen", ("dismiss",), {"reason": "다시 문의"}, "reopened", "다시 열었습니다"),
]


@pytest.mark.parametrize(("act", "before", "fields", "kind", "told"), PLAIN, ids=lambda value: str(value)[:20])
def test_an_act_from_the_page(
    site_app: App, log_in: LogIn, act: str, before: tuple[str, ...], fields: dict[str, str], kind: str, told: str
) -> None:
    """Its form is on the page, is sent, and leads back to the case, which says what was done and by whom."""
    case = a_case(site_app)
    prepare(site_app, case, *before)
    browser = log_in("kim")
    page = Seen(browser.get(f"/cases/{case.id}").text)
    assert act in page.acts
    names = {has.get("name") for tag, has in page.tags if tag in ("input", "select", "textarea")}
    assert set(fields) <= names
    sent = browser.post(f"/cases/{case.id}/{act}", **fields)
    assert (sent.status_code, sent.headers.get("location")) == (303, f"/cases/{case.id}?done={kind}"), sent.text
    assert kinds(site_app, case).count(kind) == 1
    after = Seen(browser.get(sent.headers["location"]).text)
    assert told in after.words and "김담당" in after.words
    for value in fields.values():
        if value in ("회신 대기", "소관", "1AA-2611-001", "배차실에\n문의함"):
            assert value in after.words


def test_a_merge_offers_the_older_case(site_app: App, log_in: LogIn) -> None:
    """Of the same citizen; it goes on, and both pages lead to each other."""
    older, newer = a_case(site_app, "m1", 20), a_case(site_app, "m2", 5)
    browser = log_in("kim")
    assert Seen(browser.get(f"/cases/{newer.id}").text).fields["merge-into"] == older.id
    sent = browser.post(f"/cases/{newer.id}/merge", into=older.id, reason="같은 내용")
    assert sent.headers["location"] == f"/cases/{newer.id}?done=merged"
    assert now(site_app, newer).merged_into == older.id


def test_who_gives_a_case_away_is_told_though_it_is_gone(site_app: App, log_in: LogIn) -> None:
    """It is another department's now: not an error, a sentence and the way back."""
    case = a_case(site_app)
    sent = log_in("kim").post(f"/cases/{case.id}/transfer", to="facility", reason="소관")
    assert sent.status_code == 200 and "새 부서: 시설관리과" in sent.text
    assert now(site_app, case).department == "facility"
    assert log_in("kim").get(f"/cases/{case.id}").status_code == 404


CONFLICTS = [
    ("acknowledge", "acknowledge", {}, "이 단계에서는 이미 확인한 사건입니다. 박팀장 님이 09:00에 확인했습니다."),
    ("claim", "claim", {}, "이미 담당자가 있습니다. 박팀장 님이 09:00에 담당했습니다."),
    ("dismiss", "transfer", {"to": "facility", "reason": "소관"},
     "이미 종결된 사건입니다. 박팀장 님이 09:00에 답변 불필요로 처리했습니다."),
    ("dismiss", "dismiss", {"outcome": "spam", "reason": "광고"}, "09:00에 답변 불필요로 처리했습니다."),
    ("answer", "elsewhere", {"outcome": "phone", "reference": "내선 1234"}, "박팀장 님이 09:00에 답변을 기록했습니다."),
    ("answer", "answer", {"text": "곧 갑니다"}, "박팀장 님이 09:00에 답변을 기록했습니다."),
    ("snooze", "snooze", {"until": "2026-11-16T11:00", "reason": "대기"}, "박팀장 님이 09:00에 알림을 미뤘습니다."),
    ("final", "final", {"reason": "사진"}, "박팀장 님이 09:00에 최종 답변이 필요하다고 표시했습니다."),
    ("gone", "dismiss", {"outcome": "spam", "reason": "광고"}, "작성자가 글을 삭제한 것이 09:00에 확인되었습니다."),
    ("on platform", "dismiss", {"outcome": "spam", "reason": "광고"}, "09:00에 플랫폼에서 답변이 확인되었습니다."),
]  # fmt: skip


@pytest.mark.parametrize(("first", "act", "fields", "told"), CONFLICTS, ids=lambda value: str(value)[:20])
def test_the_second_of_two_is_told_who_was_first(
    site_app: App, log_in: LogIn, first: str, act: str, fields: dict[str, str], told: str
) -> None:
    """Who, what and when, on the page as it is now, with all that the second one typed."""
    case, desk = a_case(site_app), site_app.desk
    browser = log_in("kim")
    browser.get(f"/cases/{case.id}")
    {
        "acknowledge": lambda: desk.acknowledge(case.id, "park"),
        "claim": lambda: desk.claim(case.id, "park"),
        "dismiss": lambda: desk.dismiss(case.id, "park", "감사 인사"),
        "answer": lambda: desk.answer(case.id, "park", "phone"),
        "snooze": lambda: desk.snooze(case.id, "park", site_app.clock() + timedelta(hours=1), "회신 대기"),
        "final": lambda: desk.ask_final(case.id, "park", "사진은 나중에"),
        "gone": lambda: say(site_app, gone=["m1"]),
        "on platform": lambda: say(site_app, answer("a1", mention("m1", case.opened_at), case.opened_at)),
    }[first]()
    was = now(site_app, case)
    sent = browser.post(f"/cases/{case.id}/{act}", **fields)
    seen = Seen(sent.text)
    assert sent.status_code == 409 and told in seen.words
    for name, value in fields.items():
        assert seen.fields[f"{act}-{name}"] == value
    assert now(site_app, case) == was
    browser.language = "en"
    told_in_english = Seen(browser.post(f"/cases/{case.id}/{act}", **fields).text).words
    assert " at 09:00" in told_in_english and told not in told_in_english


def test_two_at_the_very_same_moment(site_app: App, log_in: LogIn) -> None:
    """One has it, the other is told so; never both, never neither."""
    case = a_case(site_app)
    people = [log_in(id) for id in ("kim", "park", "choi")]
    gate, answers = threading.Barrier(len(people)), list[int]()

    def claim(browser: Browser) -> None:
        gate.wait()
        answers.append(browser.post(f"/cases/{case.id}/claim").status_code)

    threads = [threading.Thread(target=claim, args=(one,)) for one in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [303, 409, 409]


def test_no_form_for_what_the_state_forbids(site_app: App, log_in: LogIn) -> None:
    """In every state the page offers what the desk would do, and nothing else."""
    browser = log_in("kim")
    states = [(), ("claim",), ("snooze",), ("final",), ("phone",), ("dismiss",), ("final", "phone"), ("claim", "phone")]
    for number, before in enumerate(states):
        case = a_case(site_app, f"m{number}", author=f"c{number}")
        prepare(site_app, case, *before)
        possible = site_app.desk.possible(now(site_app, case), "kim")
        seen = Seen(browser.get(f"/cases/{case.id}").text)
        beside = {"note"} | ({"answer"} if "elsewhere" in possible else set())
        assert seen.acts == possible | beside, before


def test_who_may_not(site_app: App, log_in: LogIn) -> None:
    """An auditor is refused, another department finds nothing, and a page from elsewhere does nothing."""
    case, other = a_case(site_app), a_case(site_app, "m9", author="c9", addressed=("1002",))
    was = now(site_app, case), kinds(site_app, case)
    fields = {"reason": "x", "text": "x", "to": "facility", "outcome": "phone", "what": "all"}
    auditor, choi, kim = log_in("audit-team", "auditor"), log_in("choi", "head"), log_in("kim")
    for act in (*ACTS, "unmask", "reply", "length"):
        path = f"/cases/{case.id}/{act}"
        assert auditor.post(path, **fields).status_code == 403, act
        assert choi.post(path, {"Origin": "https://evil.example"}, **fields).status_code == 403, act
        assert kim.post(path, csrf="", **fields).status_code == 403, act
        assert kim.post(f"/cases/{other.id}/{act}", **fields).status_code == 404, act
    assert (now(site_app, case), kinds(site_app, case)) == was


BAD = ["", " ", "nowhere", "\x00", "9" * 30, "-1", "9999-99-99T99:99", "0001-01-01T00:00",
       "9999-12-31T23:59+23:59", "<script>alert(1)</script>", "가" * 120, "\xed\xa0\x80"]  # fmt: skip
FIELDS = [
    ("snooze", "until"), ("snooze", "reason"), ("transfer", "to"), ("transfer", "reason"), ("dismiss", "outcome"),
    ("dismiss", "reason"), ("elsewhere", "outcome"), ("final", "reason"), ("merge", "into"), ("merge", "reason"),
    ("note", "text"), ("strike", "number"), ("answer", "text"),
]  # fmt: skip


def test_garbage_is_refused_beside_its_field(site_app: App, log_in: LogIn) -> None:
    """400 and a sentence at the field, all that was typed still there, the case as it was; never an error of ours."""
    case, older = a_case(site_app), a_case(site_app, "m0", 20)
    site_app.desk.note(case.id, "park", "통화함")
    browser, was = log_in("kim"), now(site_app, case)
    for act, field in FIELDS:
        good = {"reason": "사유", "to": "facility", "until": "2026-11-16T10:30", "into": older.id, "text": "글",
                "outcome": "phone" if act == "elsewhere" else "spam"}  # fmt: skip
        for bad in BAD:
            # Any words will do for a reason or a text, but none at all; an answer has its platform's limit.
            free = field in ("reason", "text") and bad.strip(" \x00")
            if free and not (act == "answer" and len(bad) > 100):
                continue
            sent = browser.post(f"/cases/{case.id}/{act}", **(good | {field: bad}))
            assert sent.status_code == 400, (act, field, bad)
            seen = Seen(sent.text)
            if field == "number":  # which nobody sees
                assert '<p class="problem" role="alert">' in sent.text
            else:
                assert f'id="{act}-{field}-wrong"' in sent.text and 'aria-invalid="true"' in sent.text, (act, field)
            if field not in ("number", "to", "outcome"):  # a choice stands in no other state than it can
                assert seen.fields[f"{act}-{field}"] == bad.replace("\x00", ""), (act, field, bad)
            if field != "reason" and f"{act}-reason" in seen.fields:
                assert seen.fields[f"{act}-reason"] == "사유"
            assert now(site_app, case) == was


def test_an_empty_form_is_no_error_of_ours(site_app: App, log_in: LogIn) -> None:
    """Fields that a program left out, and an act that there is not."""
    case, browser = a_case(site_app), log_in("kim")
    for act in sorted(set(ACTS) - {"acknowledge", "claim", "release", "wake"}):
        assert browser.post(f"/cases/{case.id}/{act}").status_code in (400, 404, 409), act
    assert browser.post(f"/cases/{case.id}/nothing").status_code == 404


@pytest.mark.parametrize(("act", "field"), [("note", "text"), ("dismiss", "reason"), ("elsewhere", "reference")])
def test_too_long_is_said_with_the_limit(site_app: App, log_in: LogIn, act: str, field: str) -> None:
    """Not cut: all of it is in the field again."""
    case = a_case(site_app)
    text = "긴 글 " * LONGEST[field]
    sent = log_in("kim").post(f"/cases/{case.id}/{act}", **{"outcome": "phone", "reason": "x", field: text})
    assert sent.status_code == 400 and f"{LONGEST[field]}자까지" in sent.text
    assert Seen(sent.text).fields[f"{act}-{field}"] == text


def test_a_merge_into_what_they_may_not_see(site_app: App, log_in: LogIn) -> None:
    """Is as one into what is not there; one into the wrong case says why."""
    case, older, other = a_case(site_app), a_case(site_app, "m8", 20, addressed=("1002",)), a_case(site_app, "m9", 2)
    neighbour = a_case(site_app, "m7", 30, author="c7")
    browser = log_in("kim")
    for into, status, told in [
        (older.id, 400, "없는 사건 번호입니다"), ("c0", 400, "없는 사건 번호입니다"),
        (case.id, 409, "같은 사건입니다"), (other.id, 409, "이 사건이 더 오래되었습니다"),
        (neighbour.id, 409, "다른 시민의 사건입니다"),
    ]:  # fmt: skip
        sent = browser.post(f"/cases/{case.id}/merge", into=into, reason="같은 내용")
        assert sent.status_code == status and told in sent.text
        fields = Seen(sent.text).fields
        assert (fields["merge-into"], fields["merge-reason"]) == (into, "같은 내용")


# Answering


def test_an_answer_is_posted_and_stops_the_clock(site_app: App, log_in: LogIn, platform: Platform) -> None:
    """At once where no second eyes are wanted; the post stands in the conversation."""
    case = a_case(site_app)
    browser = log_in("kim")
    sent = browser.post(f"/cases/{case.id}/answer", text="곧 갑니다\r\n감사합니다")
    assert sent.headers["location"] == f"/cases/{case.id}?done=answer_posted"
    assert platform.connector.posted == ["곧 갑니다\n감사합니다"]
    assert now(site_app, case).state is State.ANSWERED
    words = Seen(browser.get(sent.headers["location"]).text).words
    assert "답변을 게시했습니다" in words and words.count("곧 갑니다\n감사합니다") == 2


def test_a_saved_reply_is_put_below_what_is_typed(site_app: App, log_in: LogIn) -> None:
    """In the department's name, to be changed; only its own and everybody's; nothing is sent."""
    case = a_case(site_app)
    browser = log_in("kim")
    page = browser.get(f"/cases/{case.id}").text
    assert "접수 안내" in page and "시설 안내" not in page
    sent = browser.post(f"/cases/{case.id}/reply", reply="received", text="안녕하세요")
    text = "안녕하세요\n교통정책과입니다. 확인하고 있습니다."
    assert sent.status_code == 200 and Seen(sent.text).fields["answer-text"] == text
    sent = browser.post(f"/cases/{case.id}/reply", reply="facility-only", text="안녕하세요")
    assert Seen(sent.text).fields["answer-text"] == "안녕하세요"
    assert now(site_app, case).state is State.OPEN


def test_the_platform_counts(site_app: App, log_in: LogIn) -> None:
    """While it is typed, and when it is sent: too long is refused with both numbers."""
    case = a_case(site_app)
    browser = log_in("kim")
    assert browser.post(f"/cases/{case.id}/length", text="가나다 ").json() == {"length": 3}
    sent = browser.post(f"/cases/{case.id}/answer", text="가" * 41)
    assert sent.status_code == 400 and "41자입니다. 40자까지" in sent.text
    assert Seen(sent.text).fields["answer-text"] == "가" * 41


@pytest.mark.parametrize(("trouble", "state", "kept"), [
    (Rejected("duplicate"), DraftState.FAILED, "곧 갑니다"), (Unknown("no answer"), DraftState.UNKNOWN, None),
])  # fmt: skip
def test_what_the_platform_refuses(
    site_app: App, log_in: LogIn, platform: Platform, trouble: Exception, state: DraftState, kept: str | None
) -> None:
    """Refused, it is in the field again; where nobody knows, it is not, so that nobody is answered twice."""
    case = a_case(site_app)
    platform.connector.refusal = trouble
    sent = log_in("kim").post(f"/cases/{case.id}/answer", text="곧 갑니다")
    seen = Seen(sent.text)
    assert sent.status_code == 502 and str(trouble) in seen.words
    assert (seen.fields.get("answer-text") or None) == kept
    with site_app.store.read() as tx:
        (draft,) = drafts.of_case(tx, case.id)
    assert draft.state is state and "곧 갑니다" in seen.words
    assert now(site_app, case).state is State.OPEN


def test_a_second_pair_of_eyes(site_app: App, log_in: LogIn, platform: Platform) -> None:
    """Written, rejected with a reason, written again, approved by another; never by its author."""
    case = a_case(site_app, addressed=("1003",))
    kim, park = log_in("kim"), log_in("park", "manager")
    sent = kim.post(f"/cases/{case.id}/answer", text="곧 갑니다")
    assert sent.headers["location"].endswith("done=draft_written")
    own = Seen(kim.get(sent.headers["location"]).text)
    assert {"withdraw"} <= own.acts and not {"approve", "reject", "answer"} & own.acts and "확인 대기" in own.words
    draft = _draft(site_app, case)
    assert kim.post(f"/cases/{case.id}/approve", draft=draft).status_code == 400
    assert {"approve", "reject"} <= Seen(park.get(f"/cases/{case.id}").text).acts
    refused = park.post(f"/cases/{case.id}/reject", draft=draft, reason=" ")
    assert refused.status_code == 400 and f"reject-reason-{draft}-wrong" in refused.text
    assert park.post(f"/cases/{case.id}/reject", draft=draft, reason="시각도 쓰세요").status_code == 303
    assert "시각도 쓰세요" in kim.get(f"/cases/{case.id}").text
    late = park.post(f"/cases/{case.id}/approve", draft=draft)
    assert late.status_code == 409 and "박팀장 님이 09:00에 반려했습니다." in late.text
    kim.post(f"/cases/{case.id}/answer", text="10시에 갑니다")
    assert platform.connector.posted == []
    sent = park.post(f"/cases/{case.id}/approve", draft=_draft(site_app, case))
    assert sent.headers["location"].endswith("done=answer_posted")
    assert platform.connector.posted == ["10시에 갑니다"] and now(site_app, case).state is State.ANSWERED


def test_its_author_takes_a_draft_back(site_app: App, log_in: LogIn) -> None:
    """And another's words come after: the first stays until then, what the second typed too."""
    case = a_case(site_app, addressed=("1003",))
    kim, choi = log_in("kim"), log_in("choi", "head")
    kim.post(f"/cases/{case.id}/answer", text="곧 갑니다")
    second = choi.post(f"/cases/{case.id}/answer", text="내일 갑니다")
    assert second.status_code == 409 and "김담당 님이 09:00에 썼습니다." in second.text
    assert Seen(second.text).fields["answer-text"] == "내일 갑니다"
    assert choi.post(f"/cases/{case.id}/withdraw", draft=_draft(site_app, case)).status_code == 400
    assert kim.post(f"/cases/{case.id}/withdraw", draft=_draft(site_app, case)).status_code == 303
    assert choi.post(f"/cases/{case.id}/answer", text="내일 갑니다").status_code == 303


def test_a_draft_of_another_case_is_not_reached(site_app: App, log_in: LogIn) -> None:
    """Whoever writes the address by hand finds nothing."""
    case, other = a_case(site_app, addressed=("1003",)), a_case(site_app, "m2", author="c2")
    log_in("kim").post(f"/cases/{case.id}/answer", text="곧 갑니다")
    draft = _draft(site_app, case)
    for act in ("approve", "reject", "withdraw"):
        assert log_in("lee").post(f"/cases/{other.id}/{act}", draft=draft, reason="x").status_code == 404
        assert log_in("park").post(f"/cases/{case.id}/{act}", draft="\x00", reason="x").status_code == 404


def test_where_nothing_can_be_posted_the_link_opens_the_post(
    site_app: App, log_in: LogIn, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what is sent all the same is refused, with the way that there is."""
    monkeypatch.setattr(Posting, "can_answer", lambda self, account: False)
    case = a_case(site_app)
    browser = log_in("kim")
    seen = Seen(browser.get(f"/cases/{case.id}").text)
    assert "answer" not in seen.acts
    assert "https://x.com/citizen/status/m1" in [a["href"] for a in seen.links if "main" in str(a.get("class"))]
    sent = browser.post(f"/cases/{case.id}/answer", text="곧 갑니다")
    assert sent.status_code == 400 and "플랫폼에서 직접 답변하세요" in sent.text


def test_a_note_struck_twice(site_app: App, log_in: LogIn) -> None:
    """The second is told, and the first one's striking stays."""
    case = a_case(site_app)
    prepare(site_app, case, "note")
    with site_app.store.read() as tx:
        (note,) = notes.of_case(tx, case.id)
    assert log_in("kim").post(f"/cases/{case.id}/strike", number=str(note.id)).status_code == 303
    again = log_in("park").post(f"/cases/{case.id}/strike", number=str(note.id))
    assert again.status_code == 400 and "누가 먼저 지웠을 수 있습니다" in again.text


def test_a_case_of_somebody_who_left(site_app: App, log_in: LogIn) -> None:
    """They hold nothing: it can be claimed, and the page says so."""
    case = a_case(site_app)
    site_app.desk.claim(case.id, "park")
    with site_app.store.write() as tx:
        tx.exec_driver_sql("UPDATE cases SET assignee = 'gone'")
    browser = log_in("kim")
    assert "claim" in Seen(browser.get(f"/cases/{case.id}").text).acts
    assert browser.post(f"/cases/{case.id}/claim").status_code == 303


def _draft(app: App, case: Case) -> str:
    with app.store.read() as tx:
        return drafts.of_case(tx, case.id)[-1].id
