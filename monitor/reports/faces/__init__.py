"""The faces of the weekly report: page, mail, PDF, workbook, CSV and JSON, each drawn from a `Document` alone.

The same document gives the same bytes, on any machine and in any process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from monitor.reports.document import CaseLine, Document
from monitor.reports.faces.extras import MissingExtra
from monitor.reports.faces.html import page, whole
from monitor.reports.faces.mail import mail, summary
from monitor.reports.faces.pdf import pdf
from monitor.reports.faces.table import table, text_cell
from monitor.reports.faces.xlsx import xlsx

__all__ = [
    "FORMATS", "MEDIA_TYPES", "MissingExtra", "UnknownFormat", "filename", "mail", "page", "render", "summary",
    "text_cell",
]  # fmt: skip


class UnknownFormat(ValueError):
    """The report has no such face; the message names those it has."""


_Face = Callable[[Document, str, Sequence[CaseLine]], bytes]

_FACES: Mapping[str, _Face] = {
    "html": lambda document, language, cases: whole(document, language),
    "pdf": lambda document, language, cases: pdf(document, language),
    "xlsx": xlsx,
    "csv": lambda document, language, cases: table(document, language),
    "json": lambda document, language, cases: document.to_json().encode(),
}

FORMATS = tuple(_FACES)
"""The faces there are."""

MEDIA_TYPES: Mapping[str, str] = {
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
}
"""Their media types."""


def render(document: Document, format: str, language: str, cases: Sequence[CaseLine] = ()) -> bytes:
    """A report as a file's content; `language` is "ko" or "en" and concerns what people read.

    `cases` are listed in the workbook, which is the only face that tells of single cases.

    Raises:
        UnknownFormat: there is no such face.
        MissingExtra: the face needs the extra `reports`.
    """
    return _face(format)(document, language, cases)


def filename(document: Document, format: str) -> str:
    """The name a report's file bears: weekly-2026-W47.json, or weekly-2026-W47-transport.csv for one department.

    Raises:
        UnknownFormat: there is no such face.
    """
    _face(format)
    of = f"-{document.department}" if document.department is not None else ""
    return f"weekly-{document.week}{of}.{format}"


def _face(format: str) -> _Face:
    face = _FACES.get(format)
    if face is None:
        raise UnknownFormat(f"the report has no face {format!r}; there are {', '.join(FORMATS)}")
    return face
