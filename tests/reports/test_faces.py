"""The report's faces: what programs read, and what a spreadsheet must not run."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from monitor.reports.faces import FORMATS, UnknownFormat, filename, render
from monitor.reports.week import DepartmentWeek, Report
from sla.compliance import Coverage, count
from sla.history import fold
from sla.week import Week
from tests.histories import START, history, lives

SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def made() -> Report:
    """A report of random cases, and a department that had none."""
    counts = count(fold(history(lives(7, 60, START, timedelta(days=3)))).outcomes.values(), NOW, SEOUL)
    seen = {("twitter", "1001"): Coverage(timedelta(days=7), timedelta(seconds=1))}
    none = count((), NOW, SEOUL).total
    of = [DepartmentWeek(id, id.title(), found, seen) for id, found in counts.departments.items()]
    since, until = Week(2026, 47).span(SEOUL)
    return Report(
        week=Week(2026, 47), since=since.astimezone(SEOUL), until=until.astimezone(SEOUL), generated_at=NOW,
        service="시험시", department=None, departments=(*of, DepartmentWeek("parks", "공원과", none, {})),
        total=DepartmentWeek("", "", counts.total, seen), unexplained=(), last_event=9, sealed_to=9, head="ab" * 32,
    )  # fmt: skip


def rows(report: Report, language: str = "ko") -> list[dict[str, str]]:
    """The CSV as a spreadsheet reads it."""
    return list(csv.DictReader(io.StringIO(render(report, "csv", language).decode("utf-8-sig"), newline="")))


def test_json_says_what_the_report_says() -> None:
    """In UTF-8, with Korean as it is."""
    report = made()
    content = render(report, "json", "ko")
    assert json.loads(content) == report.to_dict()
    assert "공원과".encode() in content


def test_csv_has_a_row_for_each_department_and_the_total() -> None:
    """With a byte order mark and Korean headers; the total is what the rows add up to."""
    report = made()
    assert render(report, "csv", "ko").startswith(b"\xef\xbb\xbf")
    found = rows(report)
    assert [row["부서"] for row in found] == [*(of.id for of in report.departments), ""]
    assert found[-1]["부서명"] == "합계"
    for name in ("접수", "기한 내 답변", "기한 초과", "미답변", "답변 불필요", "기한 초과 알림"):
        assert int(found[-1][name]) == sum(int(row[name]) for row in found[:-1]) > 0
    assert {row["봉인값"] for row in found} == {"ab" * 32}


def test_row_33_the_csv_never_shows_blind_time_as_100() -> None:
    """One second of a week; and nothing where nothing was to be watched or answered."""
    found = rows(made(), "en")
    assert found[0]["coverage (%)"] == "99.99"
    assert (found[-2]["coverage (%)"], found[-2]["attainment (%)"], found[-2]["median response (s)"]) == ("", "", "")


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝"])
def test_a_cell_is_never_a_formula(sign: str) -> None:
    """A department's name that begins like one is made text by an apostrophe."""
    report = made()
    evil = f'{sign}HYPERLINK("http://evil","click")'
    parks = replace(report.departments[-1], name=evil)
    assert rows(replace(report, departments=(parks,)))[0]["부서명"] == f"'{evil}"


def test_an_ordinary_name_is_left_as_it_is() -> None:
    """No apostrophe, also with a sign inside."""
    report = made()
    parks = replace(report.departments[-1], name="공원-녹지과 1=1")
    assert rows(replace(report, departments=(parks,)))[0]["부서명"] == "공원-녹지과 1=1"


def test_file_names() -> None:
    """They name the week, and the department where it is of one."""
    report = made()
    assert [filename(report, format) for format in FORMATS] == ["weekly-2026-W47.json", "weekly-2026-W47.csv"]
    assert filename(replace(report, department="transport"), "csv") == "weekly-2026-W47-transport.csv"


def test_a_face_there_is_not_is_refused() -> None:
    """With those there are."""
    for ask in (lambda: render(made(), "docx", "ko"), lambda: filename(made(), "docx")):
        with pytest.raises(UnknownFormat, match="json, csv"):
            ask()
