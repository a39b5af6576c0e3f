"""The report as a page: a fragment for the web, and a whole file that opens anywhere, alone."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from monitor.reports.document import Document
from monitor.reports.faces.draft import draft

SIGNS = ("□", "○", "―", "·")
"""How lines begin, by depth."""


def page(document: Document, language: str) -> str:
    """The report as an `article` with classes and without styles, to stand in a page that has its own."""
    return _drawn("page.html", document, language)


def whole(document: Document, language: str) -> bytes:
    """A file of its own: nothing in it is fetched from anywhere, and it prints on A4."""
    return _drawn("whole.html", document, language).encode()


@cache
def templates() -> Environment:
    """Every value is escaped; pictures are the report's own."""
    return Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip


def _drawn(template: str, document: Document, language: str) -> str:
    return templates().get_template(template).render(paper=draft(document, language), signs=SIGNS)
