"""The faces of the weekly report: JSON for programs, CSV for a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping

from monitor.reports.week import DepartmentWeek, Report
from sla.compliance import percent
from sla.policy import Kind

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
"""What makes a spreadsheet take a cell for a formula: OWASP's CSV injection page, and NUL by TRUST."""

_HEADERS: Mapping[str, tuple[str, ...]] = {
    "ko": (
        "주간", "부서", "부서명", "접수", "기한 내 답변", "기한 초과", "준수율(%)", "수집률(%)", "기한 후 답변",
        "미답변", "대기", "답변 불필요", "삭제", "판정 불가", "늦은 수집", "이관", "1차 답변 중앙값(초)",
        "1차 답변 90%(초)", "1차 답변 최장(초)", "기한 임박 알림", "기한 초과 알림", "상향 보고 알림", "수집 장애(초)",
        "봉인값",
    ),
    "en": (
        "week", "department", "name", "cases", "met", "missed", "attainment (%)", "coverage (%)", "answered late",
        "unanswered", "pending", "dismissed", "deleted", "undetermined", "found late", "transferred",
        "median response (s)", "p90 response (s)", "worst response (s)", "warnings", "breach alerts", "escalations",
        "blind (s)", "head",
    ),
}  # fmt: skip
_TOTAL = {"ko": "합계", "en": "total"}


class UnknownFormat(ValueError):
    """The report has no such face; the message names those it has."""


def render(report: Report, format: str, language: str) -> bytes:
    """A report as a file's content; `language` is "ko" or "en" and concerns what people read.

    Raises:
        UnknownFormat: there is no such face.
    """
    return _face(format)(report, language)


def filename(report: Report, format: str) -> str:
    """The name a report's file bears: weekly-2026-W47.json, or weekly-2026-W47-transport.csv for one department.

    Raises:
        UnknownFormat: there is no such face.
    """
    _face(format)
    of = f"-{report.department}" if report.department is not None else ""
    return f"weekly-{report.week}{of}.{format}"


def text_cell(value: str) -> str:
    """A cell that a spreadsheet shows as it is and never runs as a formula."""
    return f"'{value}" if value.startswith(_FORMULA) else value


def _json(report: Report, language: str) -> bytes:
    return (json.dumps(report.to_dict(), ensure_ascii=False, indent=2) + "\n").encode()


def _csv(report: Report, language: str) -> bytes:
    """UTF-8 with a byte order mark, without which Excel takes Korean for something else; RFC 4180 otherwise."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(_HEADERS[language])
    for department in report.departments:
        writer.writerow(_row(report, department, department.id, department.name))
    writer.writerow(_row(report, report.total, "", _TOTAL[language]))
    return file.getvalue().encode("utf-8-sig")


def _row(report: Report, of: DepartmentWeek, id: str, name: str) -> list[object]:
    whole = of.count.whole
    return [
        str(report.week), text_cell(id), text_cell(name), whole.received, whole.met, whole.missed,
        percent(whole.met, whole.decided) if whole.decided else "", of.coverage.percent, whole.answered_late,
        whole.unanswered, whole.pending, whole.dismissed, whole.deleted, whole.undetermined, whole.late_found,
        whole.transferred, whole.median_seconds, whole.p90_seconds, whole.worst_seconds,
        *(whole.alerts[kind] for kind in Kind), of.coverage.blind.total_seconds(), report.head,
    ]  # fmt: skip


_FACES: Mapping[str, Callable[[Report, str], bytes]] = {"json": _json, "csv": _csv}

FORMATS = tuple(_FACES)
"""The faces there are."""


def _face(format: str) -> Callable[[Report, str], bytes]:
    face = _FACES.get(format)
    if face is None:
        raise UnknownFormat(f"the report has no face {format!r}; there are {', '.join(FORMATS)}")
    return face
