"""The report in a message: one screen as HTML, and the same as plain text; the whole is in the files beside it."""

from __future__ import annotations

from monitor.reports.document import DepartmentPart, Document, Whole
from monitor.reports.faces.draft import draft
from monitor.reports.faces.html import SIGNS, templates
from monitor.reports.faces.numbers import days, fraction, moment, seen, share
from monitor.reports.faces.paper import Bullet, Column, Table
from monitor.reports.faces.summary import summary_of
from monitor.reports.faces.words import Phrases

_ROWS = 12
"""As many departments as fit on a screen, those with the most misses."""
_LINES = 8
"""The same in plain text, where a webhook's card is smaller."""


def mail(document: Document, language: str) -> str:
    """A body that every mail program draws: tables and inline styles, nothing that runs or is fetched."""
    words = Phrases(language)
    paper = draft(document, language, (summary_of,))
    blocks = paper.sections[0].blocks
    tables = [one for one in blocks if isinstance(one, Table)]
    if document.department is None and document.departments:
        tables.append(_departments(document, words))
    return templates().get_template("mail.html").render(
        paper=paper, lines=[one for one in blocks if isinstance(one, Bullet)], tables=tables,
        enclosed=words("mail.enclosed"), signs=SIGNS,
    )  # fmt: skip


def summary(document: Document, language: str) -> str:
    """At most 25 lines of plain text, for the text part of a mail and for webhooks."""
    words = Phrases(language)
    of = f" ({document.departments[0].name})" if document.department is not None else ""
    lines = [f"{words('title')}{of}", f"{days(document, language)} · {document.service}"]
    if document.runs:
        lines.append(words("running", at=moment(document.generated_at, language)))
    lines += [
        f"{SIGNS[one.depth - 1]} {one.text}" for one in summary_of(document, words).blocks if isinstance(one, Bullet)
    ]
    if document.department is None:
        shown = [one for one in _worst(document) if one.cases][:_LINES]
        lines += [f"― {one.name}: {_told(one, words)}" for one in shown]
        if shown and (rest := len(document.departments) - len(shown)):
            lines.append(f"― {words('mail.rest', count=f'{rest:,}')}")
    return "\n".join([*lines, f"SHA-256 {document.sha256}"])


def _worst(document: Document) -> list[DepartmentPart]:
    return sorted(document.departments, key=lambda one: (-one.missed, -one.cases, one.department))


def _told(of: Whole, words: Phrases) -> str:
    met = f"{share(of)} ({fraction(of)})" if of.decided else share(of)
    held = f"{words('cases')} {of.cases:,}, {words('missed')} {of.missed:,}, {words('attainment')} {met}"
    return f"{held}, {words('coverage')} {seen(of.coverage)}"


def _departments(document: Document, words: Phrases) -> Table:
    shown = _worst(document)[:_ROWS]
    rest = len(document.departments) - len(shown)
    names = ("cases", "met", "missed", "attainment", "decided", "coverage")
    return Table(
        words("mail.departments"), (Column(words("department"), text=True), *(Column(words(name)) for name in names)),
        tuple((one.name, *_cells(one)) for one in shown), (words("total"), *_cells(document.total)),
        (words("mail.rest", count=f"{rest:,}"),) if rest else (),
    )  # fmt: skip


def _cells(of: Whole) -> tuple[str, ...]:
    return f"{of.cases:,}", f"{of.met:,}", f"{of.missed:,}", share(of), fraction(of), seen(of.coverage)
