"""The report as PDF and as a workbook, read back by other programs."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from pypdf import PdfReader

from monitor.reports.document import CaseLine, Document, Whole
from monitor.reports.faces import render
from monitor.reports.faces.numbers import cut
from monitor.reports.faces.words import Phrases
from tests.reports import made


def pdf(document: Document, language: str = "ko") -> PdfReader:
    """The PDF as a reader opens it."""
    return PdfReader(io.BytesIO(render(document, "pdf", language)))


def text(reader: PdfReader) -> str:
    """All of its words, on one line."""
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def workbook(document: Document, language: str = "ko", cases: tuple[CaseLine, ...] = ()) -> Workbook:
    """The workbook as a spreadsheet opens it."""
    return load_workbook(io.BytesIO(render(document, "xlsx", language, cases)))


def sheet(book: Workbook, name: str, language: str = "ko") -> list[dict[str, Any]]:
    """The rows of a sheet by its header."""
    header, *rows = book[Phrases(language)(f"sheet.{name}")].iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows if any(value is not None for value in row)]


def test_the_pdf_claims_to_be_kept_for_good_and_read_by_all() -> None:
    """PDF/A-2a and PDF/UA-1, in Korean, dated as the report is."""
    document = made.document(generated_at=datetime(2026, 11, 23, 10, 41, 7, tzinfo=made.SEOUL))
    reader = pdf(document)
    assert reader.xmp_metadata is not None
    claims = reader.xmp_metadata.stream.get_data().decode()
    for claim in ("<pdfaid:part>2<", "<pdfaid:conformance>A<", "<pdfuaid:part>1<", "<rdf:li>ko<"):
        assert claim in claims
    assert reader.metadata is not None
    assert reader.metadata.creation_date == document.generated_at


def test_the_pdf_says_it_in_the_words_of_the_office() -> None:
    """Title, week, who signs, what the head reads, the seal, what is enclosed, the page's number."""
    document = made.document()
    said = text(pdf(document))
    total = document.total
    for words in (
        "주간 SNS 시민 의견 답변 준수 현황 보고", "2026. 11. 16.(월) ~ 11. 22.(일)", "담당 팀장 과장",
        f"접수된 의견 {total.cases}건 중 판정된 {total.decided}건의", "붙임", "끝.", "- 1 -", "수집률",
    ):  # fmt: skip
        assert words in said
    assert document.head in said.replace(" ", "")
    assert document.sha256 in said.replace(" ", "")


@pytest.mark.parametrize(("count", "pages"), [(0, 3), (1, 4), (40, 9)])
def test_the_pdf_holds_every_department(count: int, pages: int) -> None:
    """On few sheets."""
    document = made.document(count)
    reader = pdf(document)
    assert len(reader.pages) <= pages
    said = text(reader).replace(" ", "")
    for one in document.departments:
        row = f"{one.name}{one.cases:,}{one.met:,}{one.answered_late:,}{one.unanswered:,}{one.pending:,}"
        assert row.replace(" ", "") in said


def test_a_long_table_has_its_header_on_each_page() -> None:
    """Of 150 departments."""
    pages = pdf(made.document(150)).pages
    assert len(pages) > 10
    for page in pages[1:4]:
        assert page.extract_text().startswith("부서 접수 기한 내")


def test_a_week_of_nothing_is_one_sheet() -> None:
    """With the enclosures on it."""
    (page,) = pdf(made.nothing()).pages
    assert "접수된 의견 없음" in page.extract_text()
    assert "붙임" in page.extract_text()


def test_a_letter_that_no_font_has_does_not_keep_the_report_back() -> None:
    """It is shown as printers show a missing one; what looks like the typesetter's commands is only text."""
    name = "공원과 😀 #panic() $x$ \0 `y`"
    parts = tuple(one.model_copy(update={"name": name}) for one in made.document(2).departments)
    said = text(pdf(made.document(2, departments=parts)))
    assert "공원과 〓 #panic() $x$" in said


def test_the_workbook_tells_the_documents_numbers() -> None:
    """As numbers: shares cut like everywhere, lengths as times, of each department and in total."""
    document = made.document(40)
    *rows, total = sheet(workbook(document, "en"), "departments", "en")
    for row, of in zip((*rows, total), (*document.departments, document.total), strict=True):
        counts = ("Came in", "In time", "Missed", "Late", "No answer", "Pending", "No reply due")
        assert tuple(row[name] for name in counts) == (
            of.cases, of.met, of.missed, of.answered_late, of.unanswered, of.pending, of.dismissed,
        )  # fmt: skip
        assert row["Attainment"] == (None if of.attainment is None else cut(of.attainment))
        assert row["Coverage"] == (None if of.coverage is None else cut(of.coverage))
        assert row["Median"] == (None if of.median_seconds is None else timedelta(seconds=of.median_seconds))


def test_row_33_the_workbook_never_shows_blind_time_as_100() -> None:
    """A share is cut to what is shown, or the spreadsheet would round it up."""
    blind = Whole(coverage=0.999998, blind_seconds=1.0)
    document = made.nothing(0, total=blind)
    (row,) = sheet(workbook(document), "departments")
    assert row["수집률"] == 0.9999


def test_the_workbook_has_its_sheets_and_charts() -> None:
    """The heat map's colours, filters, a frozen header that is printed on each page."""
    book = workbook(made.document())
    assert book.sheetnames == ["요약", "부서별", "시간대", "추이", "사건·주제", "수집", "정정", "사례"]
    assert [len(book[name]._charts) for name in ("부서별", "추이")] == [1, 1]
    assert len(book["시간대"].conditional_formatting) == 3
    for name in ("부서별", "추이", "수집", "정정", "사례"):
        assert book[name].freeze_panes == "B2"
        assert book[name].auto_filter.ref
        assert book[name].print_title_rows == "$1:$1"
    assert {one.page_setup.orientation for one in book} == {"landscape"}
    assert {one.page_setup.fitToHeight for one in book} == {0}
    assert all(one.sheet_properties.pageSetUpPr.fitToPage for one in book)


def test_the_workbook_lists_the_cases() -> None:
    """On the wall clock of the office; the other faces tell of none."""
    document = made.document(3)
    cases = made.cases(document, 50)
    rows = sheet(workbook(document, "ko", cases), "cases")
    *listed, last = [row["사건 번호"] for row in rows]
    assert listed == [one.case for one in cases]
    assert last == f"전체 {document.total.cases}건 중 50건(기한 초과 우선)"
    all_of_them = document.model_copy(update={"total": document.total.model_copy(update={"cases": 50})})
    assert len(sheet(workbook(all_of_them, "ko", cases), "cases")) == 50
    assert rows[0]["접수 시각"] == cases[0].opened_at.replace(tzinfo=None)
    assert {row["상태"] for row in rows[:-1]} == {"기한 내 답변", "기한 후 답변"}
    assert cases[0].case not in text(pdf(document))


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "＝"])
def test_no_cell_of_the_workbook_is_a_formula(sign: str) -> None:
    """Names, reasons, subjects: all of them words."""
    evil = f'{sign}HYPERLINK("http://evil","click")'
    document = made.document(2, terms=(), service=evil)
    parts = tuple(one.model_copy(update={"name": evil}) for one in document.departments)
    incidents = tuple(one.model_copy(update={"subject": evil, "reason": evil}) for one in document.incidents)
    cases = tuple(one.model_copy(update={"reason": evil, "decided_by": evil}) for one in made.cases(document, 2))
    book = workbook(document.model_copy(update={"departments": parts, "incidents": incidents}), cases=cases)
    cells = [cell for one in book for row in one.iter_rows() for cell in row]
    assert [cell.value for cell in cells if cell.data_type == "f"] == []
    assert sum(cell.value == evil for cell in cells) >= 10


def test_the_workbook_is_dated_as_the_report_is() -> None:
    """Not as it was drawn."""
    assert workbook(made.document()).properties.created == made.document().generated_at.replace(tzinfo=None)
