"""A workbook of typed columns: numbers stay numbers, words never become formulas, the same bytes for the same data."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from monitor.reports.document import Document
from monitor.reports.faces.extras import need
from monitor.reports.faces.numbers import cut

_LONGEST = 32_767
"""Characters that a cell holds at most (Excel's specifications and limits)."""
_DAY = 86_400
_FORMATS = {"text": "@", "number": "#,##0", "share": "0.00%", "span": "[h]:mm:ss", "when": "yyyy-mm-dd hh:mm:ss"}


class Field(NamedTuple):
    """A column: "text", "number", "share" from 0 to 1, "span" in seconds, or "when"."""

    title: str
    format: str = "number"
    width: float = 11


class Book:
    """A workbook in the making; its sheets are written from the top, row by row."""

    def __init__(self, document: Document, title: str, language: str) -> None:
        """Begin it.

        Raises:
            MissingExtra: XlsxWriter is not installed.
        """
        self._file = io.BytesIO()
        self.made: Any = need("xlsxwriter", "xlsx", language).Workbook(
            self._file, {"constant_memory": True, "remove_timezone": True, "default_date_format": _FORMATS["when"]}
        )
        created = document.generated_at.replace(tzinfo=None, microsecond=0)
        self.made.set_properties({"title": f"{title} {document.week}", "author": document.service, "created": created})
        self.header = self._format(bold=True, bg_color="#EEF1F4", align="center", text_wrap=True, border=1)
        self.strong = self._format(bold=True, font_size=14)
        self.prose = self._format(text_wrap=True)
        self.warning = self._format(text_wrap=True, bg_color="#FDECEA", bold=True)
        self._plain = {name: self._format(num_format=of, border=4) for name, of in _FORMATS.items()}
        self._bold = {name: self._format(num_format=of, border=1, bold=True) for name, of in _FORMATS.items()}

    def sheet(self, name: str) -> Any:
        """A sheet that prints on A4 across, as wide as the paper, with its number at the foot."""
        made = self.made.add_worksheet(name)
        made.set_landscape()
        made.set_paper(9)
        made.fit_to_pages(1, 0)
        made.set_footer("&C- &P -")
        return made

    def table(
        self, name: str, fields: Sequence[Field], rows: Iterable[Sequence[Any]], total: Sequence[Any] = ()
    ) -> tuple[Any, int]:
        """A sheet with a frozen header that filters and is printed on each page; and how many rows stand below it."""
        made = self.sheet(name)
        for place, field in enumerate(fields):
            made.set_column(place, place, field.width)
        count = self.rows(made, 0, fields, rows)
        if total:
            self._row(made, count + 1, fields, total, self._bold)
        made.freeze_panes(1, 1)
        made.autofilter(0, 0, max(count, 1), len(fields) - 1)
        made.repeat_rows(0)
        return made, count

    def rows(self, sheet: Any, first: int, fields: Sequence[Field], rows: Iterable[Sequence[Any]]) -> int:
        """A header in row `first`, counted from 0, and rows below it; how many there were."""
        for place, field in enumerate(fields):
            sheet.write_string(first, place, field.title, self.header)
        count = 0
        for count, row in enumerate(rows, 1):
            self._row(sheet, first + count, fields, row, self._plain)
        return count

    def content(self) -> bytes:
        """The finished file."""
        self.made.close()
        return self._file.getvalue()

    def _row(self, sheet: Any, at: int, fields: Sequence[Field], row: Sequence[Any], formats: dict[str, Any]) -> None:
        for place, (field, value) in enumerate(zip(fields, row, strict=True)):
            form = formats[field.format]
            if value is None:
                sheet.write_blank(at, place, None, form)
            elif field.format == "text":
                sheet.write_string(at, place, str(value)[:_LONGEST], form)
            elif field.format == "when":
                sheet.write_datetime(at, place, _whole(value), form)
            else:
                sheet.write_number(at, place, _number(value, field.format), form)

    def _format(self, **of: Any) -> Any:
        return self.made.add_format({"font_name": "맑은 고딕", "font_size": 10, "valign": "vcenter", **of})


def _number(value: float, format: str) -> float:
    if format == "share":
        return cut(value)
    return value / _DAY if format == "span" else value


def _whole(at: datetime) -> datetime:
    return at.replace(tzinfo=None, microsecond=0)
