"""`case …`: what staff do, what the second one is told, and what is on record."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from connectors.contract import Post
from monitor import privacy
from monitor.desk import Desk
from monitor.store import alerts
from monitor.store.engine import Store
from tests.cli.conftest import Town


def test_acknowledge_holds_and_says_an_answer_is_due(town: Town, case: str) -> None:
    """`ack` holds the alerts for `ack_holds`, and is no answer."""
    done = town.run("case", "ack", case, "--by", "kim")
    assert done.exit_code == 0
    assert "답변은 아직 필요합니다" in done.output and "09:15:00" in done.output
    (found,) = town.json("queue")
    assert (found["state"], found["assignee"]) == ("acknowledged", None)


def test_the_second_to_claim_is_told_who_was_first(town: Town, case: str) -> None:
    """A conflict ends in 1 and tells what happened, by name, in the settings' language."""
    assert town.run("case", "claim", case, "--by", "kim").exit_code == 0
    assert town.json("queue")[0]["assignee"] == "kim"
    second = town.run("case", "claim", case, "--by", "lee")
    assert second.exit_code == 1
    assert "김담당" in second.stderr and "처리 중" in second.stderr and second.stdout == ""


def test_transfer_needs_a_department_there_is(town: Town, case: str) -> None:
    """It goes to the other department with its clock; an unknown one is a no, and nothing changes."""
    reason = ("--by", "kim", "--reason", "소관")
    assert town.run("case", "transfer", case, "--to", "traffic", *reason).exit_code == 1
    assert town.json("queue")[0]["department"] == "transport"
    after = town.json("case", "transfer", case, "--to", "facility", *reason)
    assert (after["department"], after["deadline"]) == ("facility", "2026-11-16T09:18:00+09:00")


@pytest.mark.parametrize("outcome", ["phone", "dm", "referred"])
def test_an_answer_given_elsewhere(town: Town, case: str, outcome: str) -> None:
    """It closes the case with its outcome and reference, and can be undone."""
    after = town.json("case", "answer", case, "--by", "kim", "--outcome", outcome, "--reference", "1AA-2611-001")
    assert (after["state"], after["outcome"], after["answered_at"]) == (
        "answered", outcome, "2026-11-16T09:00:00+09:00",
    )  # fmt: skip
    assert "1AA-2611-001" in town.run("case", "show", case).output
    assert town.json("case", "reopen", case, "--by", "kim", "--reason", "잘못 누름")["state"] == "open"


def test_dismiss_keeps_who_and_why(town: Town, case: str) -> None:
    """The reason stands in the history, with the name."""
    assert town.run("case", "dismiss", case, "--by", "lee", "--reason", "감사 인사").exit_code == 0
    shown = town.run("case", "show", case).output
    assert "답변 불필요 · 이부담당" in shown and "사유: 감사 인사" in shown
    assert town.json("queue") == []


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("show", "c0"), 1),
        (("ack", "c0", "--by", "kim"), 1),
        (("ack", "CASE", "--by", "nobody"), 1),
        (("ack", "CASE"), 2),
        (("dismiss", "CASE", "--by", "kim"), 2),
        (("dismiss", "CASE", "--by", "kim", "--reason", "  "), 2),
        (("answer", "CASE", "--by", "kim"), 2),
        (("answer", "CASE", "--by", "kim", "--outcome", "letter"), 2),
        (("transfer", "CASE", "--by", "kim", "--reason", "x"), 2),
        (("reopen", "CASE", "--by", "kim", "--reason", "x"), 1),
        (("close", "CASE"), 2),
    ],
    ids=" ".join(map(str, range(11))).split(),
)
def test_what_cannot_be_done(town: Town, case: str, arguments: tuple[str, ...], code: int) -> None:
    """1 for a no, 2 for what was asked wrongly; a message on standard error, and the case as it was."""
    before = town.json("case", "show", case)
    done = town.run("case", *(case if word == "CASE" else word for word in arguments))
    assert done.exit_code == code
    assert done.stderr and not done.stdout
    assert town.json("case", "show", case) == before


def test_show_tells_everything_on_record(town: Town, case: str, opened: Store) -> None:
    """Mentions, the city's answers to this citizen alone, events, alerts with their tries."""
    Desk(opened, town.rules, town.clock).transfer(case, "kim", "facility", "소관")
    with opened.write() as tx:
        alerts.add_message(tx, "m1", "warning", 0, "lee", "lee-hook", town.clock())
        (group,) = alerts.groups(tx)
        alerts.bundle(tx, group, "m1", 10)
        alerts.end_attempt(
            tx, alerts.start_attempt(tx, "m1", "lee-hook", town.clock()), town.clock(), "failed", "503"
        )  # fmt: skip
    at = town.clock()
    town.ingest(
        town.post("9003", 1, conversation="9001", author="777", author_name="다른 시민"),
        Post(
            "twitter", "9004", "9001", at, "1001", "교통정책과", "조치했습니다", reply_to="9001", reply_to_author="555"
        ),
        Post("twitter", "9005", "9001", at, "1001", "교통정책과", "다른 답변", reply_to="9003", reply_to_author="777"),
    )
    found = town.json("case", "show", case)
    assert [(post["id"], post["role"], post["text"]) for post in found["posts"]] == [
        ("9001", "mention", "언제 되나요"),
        ("9004", "official", "조치했습니다"),
    ]
    assert [event["kind"] for event in found["events"]] == ["opened", "transferred", "escalated", "answered"]
    (alert,) = found["alerts"]
    assert (alert["recipient"], alert["message"], alert["state"]) == ("lee", "m1", "bundled")
    assert [(t["channel"], t["result"], t["detail"]) for t in alert["attempts"]] == [("lee-hook", "failed", "503")]
    shown = town.run("case", "show", case).output
    assert "lee-hook · 실패 503" in shown and "조치했습니다" in shown and "플랫폼 답변" in shown
    assert "교통정책과 → 시설관리과 · 사유: 소관" in shown


def test_show_finds_an_answer_given_by_quoting(town: Town, case: str) -> None:
    """The quoting post stands in another conversation, and is shown all the same."""
    us = (town.clock(), "1001", "교통정책과", "인용 답변")
    town.ingest(*(Post("twitter", id, id, *us, quote_of="9001") for id in ("9010", "9011")))
    found = town.json("case", "show", case)
    assert (found["outcome"], found["answer"]) == ("quoted", "9010")
    assert [post["id"] for post in found["posts"]] == ["9001", "9010", "9011"]


def test_every_action_has_its_opposite_on_the_command_line(town: Town, case: str) -> None:
    """Put off and woken, claimed and released, noted and struck, a final answer asked for and withdrawn."""
    snoozed = town.json("case", "snooze", case, "--by", "kim", "--for", "45m", "--reason", "현장 회신 대기")
    assert datetime.fromisoformat(snoozed["snoozed_until"]) == town.clock() + timedelta(minutes=45)
    assert town.json("case", "wake", case, "--by", "kim")["snoozed_until"] is None
    town.json("case", "claim", case, "--by", "kim")
    assert town.json("case", "release", case, "--by", "park")["assignee"] is None
    town.json("case", "note", case, "--by", "kim", "--text", "통화함")
    (note,) = town.json("case", "show", case)["notes"]
    town.json("case", "note", case, "--by", "kim", "--strike", str(note["id"]))
    assert town.json("case", "show", case)["notes"][0]["struck_at"] is not None
    asked = town.json("case", "final", case, "--by", "kim", "--reason", "사진은 나중에")
    assert asked["final_deadline"] is not None
    withdrawn = town.json("case", "final", case, "--by", "kim", "--withdraw", "--reason", "필요 없음")
    assert withdrawn["final_deadline"] is None
    spam = town.json("case", "dismiss", case, "--by", "kim", "--as", "spam", "--reason", "광고")
    assert (spam["state"], spam["outcome"]) == ("dismissed", "spam")
    shown = town.run("case", "show", case).output
    assert "알림 미룸" in shown and "메모 취소" in shown and "최종 답변 필요" in shown


def test_what_owes_a_final_answer_has_a_queue_of_its_own(town: Town, case: str) -> None:
    """Answered, it leaves the queue of first answers and waits in that of final ones."""
    town.json("case", "final", case, "--by", "kim", "--reason", "사진은 나중에")
    assert town.json("queue", "--final") == []
    town.json("case", "answer", case, "--by", "kim", "--outcome", "phone")
    assert town.json("queue") == []
    (waiting,) = town.json("queue", "--final")
    assert (waiting["id"], waiting["state"], waiting["clock"]) == (case, "answered", "final")
    assert "최종 답변 대기 1건" in town.run("queue", "--final").output
    assert "최종 답변 기한" in town.run("case", "show", case).output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("snooze", "--for", "soon", "--reason", "x"), "45m"),
        (("snooze", "--for", "30h", "--reason", "x"), "이전의 시각"),
        (("note",), "--strike"),
        (("note", "--text", "x", "--strike", "1"), "--strike"),
        (("note", "--strike", "99"), "지울 메모가 없습니다"),
    ],
)
def test_bad_input_names_the_mend(town: Town, case: str, arguments: tuple[str, ...], says: str) -> None:
    """Usage errors, nothing changed."""
    verb, *rest = arguments
    done = town.run("case", verb, case, "--by", "kim", *rest)
    assert done.exit_code == 2 and says in done.output
    assert town.json("case", "show", case)["snoozed_until"] is None


def test_merging_into_what_is_not_there(town: Town, case: str) -> None:
    """The id that is unknown is the one that is named."""
    done = town.run("case", "merge", case, "--into", "c-nothing", "--by", "kim", "--reason", "x")
    assert done.exit_code == 1 and "c-nothing" in done.output


def test_a_look_is_not_what_came_first(town: Town, case: str) -> None:
    """Whoever comes second is told who acted, not who read it meanwhile; `case show` tells of both."""
    assert town.run("case", "claim", case, "--by", "kim").exit_code == 0
    store = town.store()
    with store.write() as tx:
        privacy.viewed(tx, "park", case, town.clock(), "page")
        privacy.unmasked(tx, "park", case, town.clock(), "all")
    store.close()
    second = town.run("case", "claim", case, "--by", "lee")
    assert "김담당" in second.stderr and "열람" not in second.stderr
    shown = town.run("case", "show", case).output
    assert "열람 · 박팀장" in shown and "가림 해제 열람 · 박팀장" in shown
