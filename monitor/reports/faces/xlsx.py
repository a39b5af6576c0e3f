"""The report as a workbook: its numbers to count on with, its cases to look through, charts beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from monitor.reports.document import CaseLine, Document, Share, Whole
from monitor.reports.faces.grounds import change_of, grounds
from monitor.reports.faces.numbers import days, moment
from monitor.reports.faces.paper import Bullet, Section
from monitor.reports.faces.sections import platform
from monitor.reports.faces.sheets import Book, Field
from monitor.reports.faces.summary import summary_of
from monitor.reports.faces.words import Phrases

_CHARTED = 40
"""Up to how many departments a chart of them can be read."""


def xlsx(document: Document, language: str, cases: Sequence[CaseLine] = ()) -> bytes:
    """The workbook; `cases` are listed on its last sheet.

    Raises:
        MissingExtra: XlsxWriter is not installed.
    """
    words = Phrases(language)
    book = Book(document, words("title"), language)
    _summary(book, document, words)
    _departments(book, document, words)
    _hours(book, document, words)
    _trend(book, document, words)
    _topics(book, document, words)
    _collection(book, document, words)
    _corrections(book, document, words)
    _cases(book, document, cases, words)
    return book.content()


def _summary(book: Book, document: Document, words: Phrases) -> None:
    sheet = book.sheet(words("sheet.summary"))
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 5, 16)
    sheet.write_string(0, 0, words("title"), book.strong)
    sheet.write_string(1, 0, f"{days(document, words.language)} · {document.service}")
    at = 2
    if document.runs:
        running = words("running", at=moment(document.generated_at, words.language))
        at = _line(book, sheet, at, Bullet(running, warning=True))
    at = _lines(book, sheet, at, summary_of(document, words))
    fields = [
        Field(words("figure"), "text"), Field(words("cases")), Field(words("met")), Field(words("missed")),
        Field(words("attainment"), "share"), Field(words("coverage"), "share"),
    ]  # fmt: skip
    of = document.total
    rows: list[Sequence[Any]] = [(words("this_week"), *_share(of, of.attainment), of.coverage)]
    if of.before is not None:
        rows.append((words("week_before"), *_share(of.before, of.before.attainment), None))
    at += 1 + book.rows(sheet, at + 1, fields, rows) + 2
    _lines(book, sheet, at, grounds(document, words))


def _departments(book: Book, document: Document, words: Phrases) -> None:
    counts = (
        "cases", "met", "missed", "late", "unanswered", "pending", "dismissed", "status.deleted",
        "status.undetermined", "late_found", "transferred", "reopened", "followups",
    )  # fmt: skip
    fields = [
        Field(words("department"), "text", 26), *(Field(words(name)) for name in counts),
        Field(words("attainment"), "share"), Field(words("interval.low"), "share"),
        Field(words("interval.high"), "share"), Field(words("coverage"), "share"),
        *(Field(words(name), "span") for name in ("blind", "median", "p90", "worst", "acknowledged")),
    ]  # fmt: skip
    rows = [(one.name, *_whole(one)) for one in document.departments]
    total = (words("total"), *_whole(document.total)) if document.department is None else ()
    name = words("sheet.departments")
    sheet, count = book.table(name, fields, rows, total)
    if 1 < count <= _CHARTED:
        place = [one.title for one in fields].index(words("attainment"))
        chart = _chart(book, "bar", name, count, 0, place, words("chart.bars"))
        chart.set_y_axis({"reverse": True})
        chart.set_x_axis({"min": 0, "max": 1, "num_format": "0%"})
        chart.set_size({"width": 760, "height": 120 + 22 * count})
        sheet.insert_chart(count + 3, 0, chart)


def _hours(book: Book, document: Document, words: Phrases) -> None:
    sheet = book.sheet(words("sheet.hours"))
    sheet.set_column(0, 0, 14)
    sheet.set_column(1, 24, 5)
    of, at = document.total, 0
    for place, name in enumerate(("cases", "met", "missed")):
        fields = [Field(words(name), "text"), *(Field(f"{hour:02}") for hour in range(24))]
        rows = [
            (words(f"weekday.{day}"), *(cell[place] for cell in row)) for day, row in enumerate(of.grid)
        ]  # fmt: skip
        count = book.rows(sheet, at, fields, rows)
        if count:
            colours = {
                "type": "2_color_scale",
                "min_color": "#FFFFFF",
                "max_color": "#F4A6A0" if place == 2 else "#5B8FCB",
            }
            sheet.conditional_format(at + 1, 1, at + count, 24, colours)
        at += count + 2
    fields = [Field(words("hours.when"), "text"), Field(words("cases")), Field(words("met")), Field(words("missed"))]
    on_off = [
        (words(f"hours.{name}"), one.cases, one.met, one.missed)
        for name, one in (("on", of.on_hours), ("off", of.off_hours))
    ]  # fmt: skip
    book.rows(sheet, at, fields, on_off)
    sheet.freeze_panes(1, 1)
    sheet.repeat_rows(0)


def _trend(book: Book, document: Document, words: Phrases) -> None:
    name, points = words("sheet.trend"), document.total.trend
    rows = [(point.week, *_share(point, point.attainment)) for point in points]
    sheet, count = book.table(name, _shared(words("week"), words), rows)
    if count > 1:
        chart = _chart(book, "line", name, count, 0, 4, words("chart.trend"))
        chart.set_y_axis({"min": 0, "max": 1, "num_format": "0%"})
        chart.show_blanks_as("gap")
        chart.set_size({"width": 760, "height": 320})
        sheet.insert_chart(count + 3, 0, chart)


def _topics(book: Book, document: Document, words: Phrases) -> None:
    names = {one.department: one.name for one in document.departments}
    sheet = book.sheet(words("sheet.topics"))
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 6, 18)
    incident = [
        Field(words("incident.subject"), "text"), Field(words("incident.kind"), "text"),
        Field(words("department"), "text"), Field(words("incident.opened"), "when"),
        Field(words("incident.ended"), "when"), Field(words("cases")), Field(words("incident.reason"), "text"),
    ]  # fmt: skip
    at = 2 + book.rows(sheet, 0, incident, [
        (one.subject, words.known(f"crisis.{one.kind}", one.kind), names.get(one.department, one.department),
         one.opened_at, one.ended_at, one.cases, one.reason)
        for one in document.incidents
    ])  # fmt: skip
    at += 2 + book.rows(sheet, at, _shared(words("topic"), words, words("department")), [
        (one.keyword, names.get(one.department, one.department), *_share(one, one.attainment))
        for one in document.topics
    ])  # fmt: skip
    at += 2 + book.rows(sheet, at, [Field(words("term"), "text"), Field(words("people"))], [
        (one.term, one.people) for one in document.terms
    ])  # fmt: skip
    book.rows(sheet, at, _shared(words("platform"), words), [
        (platform(one.platform, words), *_share(one, one.attainment)) for one in document.total.platforms
    ])  # fmt: skip


def _collection(book: Book, document: Document, words: Phrases) -> None:
    fields = [
        Field(words("department"), "text", 26), Field(words("platform"), "text"), Field(words("account"), "text", 20),
        Field(words("case.handle"), "text", 20), Field(words("coverage"), "share"), Field(words("blind"), "span"),
        Field(words("last_post"), "when", 20), Field(words("dormant.none"), "text"),
    ]  # fmt: skip
    book.table(words("sheet.collection"), fields, (
        (one.name, platform(of.platform, words), of.id, of.handle, of.coverage, of.blind_seconds, of.last_post_at,
         "○" if of.dormant else "")
        for one in document.departments for of in one.accounts
    ))  # fmt: skip


def _corrections(book: Book, document: Document, words: Phrases) -> None:
    fields = [
        Field(words("week"), "text"), Field(words("corrections.hash"), "text", 68), Field(words("case"), "text", 30),
        Field(words("department"), "text", 20), Field(words("corrections.reported"), "text", 16),
        Field(words("corrections.now"), "text", 16),
    ]  # fmt: skip
    book.table(words("sheet.corrections"), fields, (
        (of.week, of.sha256, case.case, case.department, *change_of(case, words))
        for of in document.corrections for case in of.cases
    ))  # fmt: skip


def _cases(book: Book, document: Document, cases: Sequence[CaseLine], words: Phrases) -> None:
    names = {one.department: one.name for one in document.departments}
    fields = [
        Field(words("case"), "text", 30), Field(words("department"), "text", 20), Field(words("platform"), "text"),
        Field(words("case.opened_at"), "when", 20), Field(words("case.deadline"), "when", 20),
        Field(words("case.answered_at"), "when", 20), Field(words("case.status"), "text", 14),
        Field(words("case.response"), "span"), Field(words("case.reason"), "text", 30),
        Field(words("case.decided_by"), "text"), Field(words("case.transfers")), Field(words("case.levels")),
        Field(words("case.calendar"), "text", 20),
    ]  # fmt: skip
    # A list that is not the whole says so.
    left = (words("case.only", shown=len(cases), cases=document.total.cases), *[None] * (len(fields) - 1))
    book.table(words("sheet.cases"), fields, (
        (of.case, names.get(of.department, of.department), platform(of.platform, words), of.opened_at, of.deadline,
         of.answered_at, words.known(f"status.{of.status}", of.status), of.response_seconds, of.reason, of.decided_by,
         of.transfers, of.levels, of.calendar)
        for of in cases
    ), left if len(cases) < document.total.cases else ())  # fmt: skip


def _lines(book: Book, sheet: Any, at: int, section: Section) -> int:
    for block in section.blocks:
        if isinstance(block, Bullet):
            at = _line(book, sheet, at, block)
    return at


def _line(book: Book, sheet: Any, at: int, of: Bullet) -> int:
    """A line across the sheet; a merged cell does not grow with its words, so its height is set."""
    sheet.set_row(at, 15 * (1 + len(of.text) // 50))
    sheet.merge_range(at, 0, at, 5, "", book.warning if of.warning else book.prose)
    sheet.write_string(at, 0, of.text, book.warning if of.warning else book.prose)
    return at + 1


def _shared(heading: str, words: Phrases, *more: str) -> list[Field]:
    first = [Field(title, "text", 20) for title in (heading, *more)]
    counts = [Field(words(name)) for name in ("cases", "met", "missed")]
    return [*first, *counts, Field(words("attainment"), "share")]


def _share(of: Share, attainment: float | None) -> tuple[Any, ...]:
    return of.cases, of.met, of.missed, attainment


def _whole(of: Whole) -> tuple[Any, ...]:
    low, high = of.interval or (None, None)
    return (
        of.cases, of.met, of.missed, of.answered_late, of.unanswered, of.pending, of.dismissed, of.deleted,
        of.undetermined, of.late_found, of.transferred, of.reopened, of.followups, of.attainment, low, high,
        of.coverage, of.blind_seconds, of.median_seconds, of.p90_seconds, of.worst_seconds,
        of.acknowledged.median_seconds,
    )  # fmt: skip


def _chart(book: Book, type: str, sheet: str, count: int, names: int, values: int, title: str) -> Any:
    chart = book.made.add_chart({"type": type})
    chart.add_series({
        "name": title, "categories": [sheet, 1, names, count, names], "values": [sheet, 1, values, count, values],
        "line" if type == "line" else "fill": {"color": "#0B57A4"}, "marker": {"type": "circle"},
        "data_labels": {"value": True},
    })  # fmt: skip
    chart.set_title({"name": title, "name_font": {"size": 12}})
    chart.set_legend({"none": True})
    return chart
