"""The report's faces: what programs read, what a spreadsheet must not run, and what all of them have in common."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.reports import faces
from monitor.reports.document import Document, Whole
from monitor.reports.faces import FORMATS, MissingExtra, UnknownFormat, filename, render, text_cell
from sla.compliance import percent
from tests.reports import made

ALL_FACES = """
import hashlib
from monitor.reports import faces
from tests.reports import made
document = made.document(3)
for face in faces.FORMATS:
    print(face, hashlib.sha256(faces.render(document, face, "ko", made.cases(document, 9))).hexdigest())
"""


def rows(document: Document, language: str = "en") -> list[dict[str, str]]:
    """The CSV as a spreadsheet reads it."""
    return list(csv.DictReader(io.StringIO(render(document, "csv", language).decode("utf-8-sig"), newline="")))


def named(document: Document, *names: str) -> Document:
    """The same with other names of its first departments."""
    parts = [one.model_copy(update={"name": name}) for one, name in zip(document.departments, names, strict=False)]
    return document.model_copy(update={"departments": (*parts, *document.departments[len(parts) :])})


def test_json_is_the_document_itself() -> None:
    """Whoever has the file can take its SHA-256 again, and make the report from it."""
    document = made.document()
    content = render(document, "json", "ko")
    assert hashlib.sha256(content).hexdigest() == document.sha256
    assert Document.model_validate_json(content) == document
    assert json.loads(content)["departments"][0]["name"] == "대중교통과"


@pytest.mark.parametrize("count", [0, 1, 40])
def test_csv_tells_the_documents_numbers(count: int) -> None:
    """A row a department and the total, with a byte order mark."""
    document = made.document(count)
    assert render(document, "csv", "ko").startswith(b"\xef\xbb\xbf")
    found, sha256 = rows(document), document.sha256
    assert [row["department"] for row in found] == [*(one.department for one in document.departments), ""]
    for row, of in zip(found, [*document.departments, document.total], strict=True):
        assert told(row) == as_is(of)
        assert row["SHA-256 of the data"] == sha256


def told(row: dict[str, str]) -> tuple[object, ...]:
    """Some numbers of a row of the CSV."""
    counts = ("cases", "met", "missed", "answered late", "unanswered", "pending", "dismissed", "in a crisis")
    return (*(int(row[name]) for name in counts), row["attainment (%)"], row["median response (s)"])


def as_is(of: Whole) -> tuple[object, ...]:
    """The same numbers as the document has them."""
    counts = of.cases, of.met, of.missed, of.answered_late, of.unanswered, of.pending, of.dismissed, of.in_crisis
    share = percent(of.met, of.decided) if of.decided else ""
    return (*counts, share, "" if of.median_seconds is None else str(of.median_seconds))


def test_csv_has_korean_headers() -> None:
    """The columns there were before the report had other faces keep their places."""
    found = rows(made.document(), "ko")
    assert list(found[0])[:8] == [
        "주간", "부서", "부서명", "접수", "기한 내 답변", "기한 초과", "준수율(%)", "수집률(%)",
    ]  # fmt: skip
    assert found[-1]["부서명"] == "합계"
    assert len(rows(made.document(), "en")[0]) == len(found[0])


def test_row_33_no_face_shows_blind_time_as_100() -> None:
    """One second of a week in the city's report, as a share and in every sentence about it."""
    blind = made.nothing().total.model_copy(update={"coverage": 0.999998, "blind_seconds": 1.0})
    document = made.nothing(0, total=blind)
    assert rows(document)[-1]["coverage (%)"] == "99.99"
    for text in (render(document, "html", "ko").decode(), faces.mail(document, "ko"), faces.summary(document, "ko")):
        assert "수집률 99.99%: 수집 공백 1초" in text
        assert "100.00%" not in text


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝"])
def test_a_cell_is_never_a_formula(sign: str) -> None:
    """A department's name that begins like one is made text by an apostrophe."""
    evil = f'{sign}HYPERLINK("http://evil","click")'
    assert rows(named(made.document(), evil))[0]["name"] == f"'{evil}"


def test_an_ordinary_name_is_left_as_it_is() -> None:
    """No apostrophe, also with a sign inside."""
    assert text_cell("공원-녹지과 1=1") == "공원-녹지과 1=1"


def test_the_same_document_gives_the_same_bytes_in_another_process() -> None:
    """With other hash seeds, so that no order of a set shows."""
    root = Path(__file__).parents[2]
    outputs = {
        subprocess.run(
            [sys.executable, "-c", ALL_FACES], cwd=root, check=True, capture_output=True, text=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    (output,) = outputs
    assert [line.split()[0] for line in output.splitlines()] == list(FORMATS)


def test_a_kept_document_gives_the_bytes_of_the_one_that_was_kept() -> None:
    """Read back from its JSON its zone is a fixed offset: no face tells the difference."""
    document = made.document()
    kept = Document.model_validate_json(document.to_json())
    for format in FORMATS:
        assert render(kept, format, "ko") == render(document, format, "ko")


def test_file_names() -> None:
    """They name the week, and the department where it is of one."""
    document = made.document(2)
    assert [filename(document, format) for format in FORMATS] == [
        f"weekly-2026-W47.{format}" for format in ("html", "pdf", "xlsx", "csv", "json")
    ]
    assert filename(document.of("d1"), "csv") == "weekly-2026-W47-d1.csv"


def test_a_face_there_is_not_is_refused() -> None:
    """With those there are."""
    for ask in (lambda: render(made.document(), "docx", "ko"), lambda: filename(made.document(), "docx")):
        with pytest.raises(UnknownFormat, match="html, pdf, xlsx, csv, json"):
            ask()


@pytest.mark.parametrize(("format", "module"), [("pdf", "typst"), ("pdf", "pylopdf_fonts_ko"), ("xlsx", "xlsxwriter")])
def test_a_face_without_its_package_says_how_to_install_it(
    format: str, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the reader's language; the other faces are there all the same."""
    monkeypatch.setitem(sys.modules, module, None)
    for language, word in (("ko", "설치"), ("en", "needs")):
        with pytest.raises(MissingExtra) as told:
            render(made.document(), format, language)
        for said in (format.upper(), module, word, "pip install 'sns-monitor[reports]'"):
            assert said in str(told.value)
    assert render(made.document(), "html", "ko")
