"""The report as CSV for a spreadsheet: a row a department, and the total."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from monitor.reports.document import Document, Whole
from monitor.reports.faces.numbers import hundredths
from sla.compliance import percent
from sla.policy import Kind

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
"""What makes a spreadsheet take a cell for a formula: OWASP's CSV injection page, and NUL by TRUST."""

_HEADERS: Mapping[str, tuple[str, ...]] = {
    "ko": (
        "주간", "부서", "부서명", "접수", "기한 내 답변", "기한 초과", "준수율(%)", "수집률(%)", "기한 후 답변",
        "미답변", "대기", "답변 불필요", "삭제", "판정 불가", "늦은 수집", "이관", "1차 답변 중앙값(초)",
        "1차 답변 90%(초)", "1차 답변 최장(초)", "기한 임박 알림", "기한 초과 알림", "상향 보고 알림", "수집 장애(초)",
        "봉인값", "95% 구간 하한(%)", "95% 구간 상한(%)", "다시 열림", "추가 의견", "확인 중앙값(초)",
        "근무시간 내 접수", "근무시간 외 접수", "최종 답변 기한 내", "최종 답변 기한 초과", "최종 답변 대기",
        "위기 편입", "미룸(초)", "이관 받음", "이관 넘김", "자료 SHA-256",
    ),
    "en": (
        "week", "department", "name", "cases", "met", "missed", "attainment (%)", "coverage (%)", "answered late",
        "unanswered", "pending", "dismissed", "deleted", "undetermined", "found late", "transferred",
        "median response (s)", "p90 response (s)", "worst response (s)", "warnings", "breach alerts", "escalations",
        "blind (s)", "head", "95% interval from (%)", "95% interval to (%)", "reopened", "follow-ups",
        "median acknowledgement (s)", "cases in office hours", "cases outside office hours", "final met",
        "final missed", "final pending", "in a crisis", "put off (s)", "transfers received", "handed over",
        "SHA-256 of the data",
    ),
}  # fmt: skip
_TOTAL = {"ko": "합계", "en": "total"}


def table(document: Document, language: str) -> bytes:
    """UTF-8 with a byte order mark, without which Excel takes Korean for something else; RFC 4180 otherwise."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(_HEADERS[language])
    last = document.head, document.sha256
    for one in document.departments:
        legs = one.legs.received, one.legs.handed_over
        writer.writerow([document.week, text_cell(one.department), text_cell(one.name), *_row(one, last, legs)])
    held = [one.legs for one in document.departments]
    legs = sum(one.received for one in held), sum(one.handed_over for one in held)
    writer.writerow([document.week, "", _TOTAL[language], *_row(document.total, last, legs)])
    return file.getvalue().encode("utf-8-sig")


def text_cell(value: str) -> str:
    """A cell that a spreadsheet shows as it is and never runs as a formula."""
    return f"'{value}" if value.startswith(_FORMULA) else value


def _row(of: Whole, last: tuple[str, str], legs: tuple[int, int]) -> list[object]:
    head, sha256 = last
    low, high = of.interval or (None, None)
    return [
        of.cases, of.met, of.missed, percent(of.met, of.decided) if of.decided else "", _percent(of.coverage),
        of.answered_late, of.unanswered, of.pending, of.dismissed, of.deleted, of.undetermined, of.late_found,
        of.transferred, of.median_seconds, of.p90_seconds, of.worst_seconds,
        *(of.alerts.get(kind.value, 0) for kind in Kind), of.blind_seconds, head, _percent(low), _percent(high),
        of.reopened, of.followups, of.acknowledged.median_seconds, of.on_hours.cases, of.off_hours.cases,
        of.final.met, of.final.missed, of.final.pending, of.in_crisis, of.paused_seconds, *legs, sha256,
    ]  # fmt: skip


def _percent(share: float | None) -> str:
    return "" if share is None else hundredths(share)
