"""Words of the final answer's clock, of a crisis, of what was held, and of maintenance, in both languages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from monitor.alerts.message import AlertCase, AlertMention, Kind
from monitor.alerts.words import Words, compose

SEOUL = ZoneInfo("Asia/Seoul")
DUE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)  # Friday 18:00 in Seoul


def case(overdue: int = -7200, **changes: Any) -> AlertCase:
    """A case whose final answer is due on Friday at six."""
    asked = AlertMention("77", DUE - timedelta(days=3), "https://x.com/i/77")
    values: dict[str, Any] = {
        "id": "c1", "platform": "twitter", "account": "1001", "department": "transport", "deadline": DUE,
        "overdue_seconds": overdue, "checked": True, "late": False, "link": "https://sns.example/c1",
        "mentions": (asked,), "clock": "final",
    }  # fmt: skip
    return AlertCase(**{**values, **changes})


def words(kind: Kind, language: str, *cases: AlertCase, detail: str = "") -> Words:
    """What kim reads."""
    return compose(
        kind, 1, cases, None, language=language, zone=SEOUL, recipient_name="김담당",
        department_names={"transport": "교통정책과" if language == "ko" else "Transport"},
        account_names={"twitter:1001": "@dj_transport"}, detail=detail,
    )  # fmt: skip


FIRST = [
    (Kind.WARNING, "ko", -7200, "최종 답변 기한 임박: 18:00까지 최종 답변해 주세요. 최종 답변 대기 1건, 2시간 남음."),
    (Kind.BREACH, "ko", 7200, "최종 답변 기한 초과: 지금 바로 최종 답변해 주세요. 최종 답변 대기 1건, 2시간 초과."),
    (Kind.ESCALATION, "ko", 7200, "최종 답변 상향 보고: 담당자에게 확인해 지금 바로 최종 답변하도록 조치해 주세요. "
     "최종 답변 대기 1건, 2시간 초과."),
    (Kind.ANSWERED, "ko", 0, "최종 답변 완료: 앞서 알린 글 1건에 최종 답변이 등록되었습니다. 더 하실 일은 없습니다."),
    (Kind.WARNING, "en", -7200, "Final answer due soon: please give the final answer by 18:00. 1 final answer owed, "
     "2 hours left."),
    (Kind.BREACH, "en", 7200, "Final answer overdue: please give the final answer now. 1 final answer owed, "
     "2 hours overdue."),
    (Kind.ESCALATION, "en", 7200, "Final answer escalation: please see to it that the final answer goes out now. "
     "1 final answer owed, 2 hours overdue."),
    (Kind.ANSWERED, "en", 0, "Final answer given: 1 case you were told of has it now. Nothing more to do."),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "language", "overdue", "expected"), FIRST)
def test_the_first_line_says_that_it_is_the_final_answer(
    kind: Kind, language: str, overdue: int, expected: str
) -> None:
    """So that nobody who has answered once believes that it is a mistake."""
    assert words(kind, language, case(overdue)).text.splitlines()[0] == expected


@pytest.mark.parametrize("kind", [Kind.WARNING, Kind.BREACH, Kind.ESCALATION])
def test_it_says_that_the_first_answer_is_there_and_what_days_count(kind: Kind) -> None:
    """The first answer is not what is missing, and the deadline is one of business days."""
    text = words(kind, "ko", case(60)).text
    assert "1차 답변은 등록되었고" in text and "업무일 기준" in text and "최종 답변 기한 18:00" in text
    assert "business days" in words(kind, "en", case(60)).text


@pytest.mark.parametrize(
    ("kind", "language", "subject"),
    [
        (Kind.WARNING, "ko", "[최종 답변 기한 임박] 18:00까지 최종 답변 필요 · 최종 답변 대기 1건 · 교통정책과"),
        (
            Kind.WARNING,
            "en",
            "[Final answer due soon] Give the final answer by 18:00 · 1 final answer owed · Transport",
        ),
        (Kind.ANSWERED, "ko", "[최종 답변 완료] 앞서 알린 글 1건 · 교통정책과"),
    ],
)
def test_so_does_the_subject(kind: Kind, language: str, subject: str) -> None:
    """It is all that a phone shows at first."""
    assert words(kind, language, case()).subject == subject


@pytest.mark.parametrize("kind", [Kind.WARNING, Kind.BREACH, Kind.ESCALATION, Kind.ANSWERED])
@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_first_clock_says_nothing_of_it(kind: Kind, language: str) -> None:
    """An ordinary alert is what it was."""
    said = words(kind, language, case(60, clock="first"))
    for text in (said.subject, said.text):
        assert "최종" not in text and "inal answer" not in text and "위기" not in text and "risis" not in text


def test_a_case_in_a_crisis_says_so() -> None:
    """In the subject, in the first line, and at the case itself: a bundle may hold others."""
    quiet = case(60, clock="first", id="c2")
    said = words(Kind.BREACH, "ko", case(60, clock="first", crisis=True), quiet)
    assert said.subject.startswith("[위기 기한 초과]")
    assert said.text.startswith("위기 기한 초과: 지금 바로 답변해 주세요.")
    listed = [line for line in said.text.splitlines() if line[:2] in ("1)", "2)")]
    assert ["위기" in line for line in listed] == [True, False]
    assert words(Kind.BREACH, "en", case(60, clock="first", crisis=True)).subject.startswith("[Crisis, overdue]")


@pytest.mark.parametrize(
    ("why", "ko", "en"),
    [
        ("quiet", "방해 금지 시간", "quiet hours"),
        ("duty", "업무 시간이 아니어서", "outside duty hours"),
        ("limit", "발송 한도", "limit"),
        ("maintenance", "정비", "maintenance"),
    ],
)
def test_what_was_held_says_why_and_until_when(why: str, ko: str, en: str) -> None:
    """Whoever reads of Friday's deadline on Friday at nine is told why not before."""
    until = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)
    held = case(held_until=until, held_by=why)
    for kind in (Kind.WARNING, Kind.ANSWERED):
        (line,) = [line for line in words(kind, "ko", held, case(id="c2")).text.splitlines() if "보류" in line]
        assert "1건" in line and ko in line and "09:00" in line
        assert en in words(kind, "en", held).text
    assert "보류" not in words(Kind.WARNING, "ko", case()).text


@pytest.mark.parametrize(("language", "first"), [("ko", "정비 시작: 20:00까지"), ("en", "Maintenance started: 20:00")])
def test_maintenance_is_told_in_its_own_words(language: str, first: str) -> None:
    """It is no fault, and nobody is asked to mend anything."""
    detail = "시작: 20:00까지\n사유: 이전" if language == "ko" else "started: 20:00\nReason: move"
    said = words(Kind.MAINTENANCE, language, detail=detail)
    assert said.text.splitlines()[0] == first
    assert ("사유: 이전" if language == "ko" else "Reason: move") in said.text
    assert said.subject.startswith("[정비]" if language == "ko" else "[Maintenance]")
