"""From the report's data to the paper that page, PDF and mail draw."""

from __future__ import annotations

from collections.abc import Callable

from monitor.reports.document import Document
from monitor.reports.faces.grounds import collection, corrections, grounds
from monitor.reports.faces.handling import alerts, final, incidents, legs
from monitor.reports.faces.numbers import days, moment
from monitor.reports.faces.paper import Paper, Section
from monitor.reports.faces.sections import departments, hours, platforms, topics, trend
from monitor.reports.faces.summary import summary_of
from monitor.reports.faces.words import Phrases

Maker = Callable[[Document, Phrases], Section | None]

SECTIONS: tuple[Maker, ...] = (
    summary_of, departments, hours, trend, platforms, alerts, legs, final, incidents, topics, collection, corrections,
    grounds,
)  # fmt: skip


def draft(document: Document, language: str, sections: tuple[Maker, ...] = SECTIONS) -> Paper:
    """The paper in "ko" or "en"; what has nothing to say is not in it."""
    words = Phrases(language)
    made = moment(document.generated_at, language)
    scope = words("all_departments", count=f"{len(document.departments):,}")
    one = document.departments[0].name if document.department is not None else ""
    return Paper(
        language=language, title=words("title"), subtitle=one,
        running=words("running", at=made) if document.runs else "",
        facts=(
            (words("fact.period"), days(document, language)), (words("fact.service"), document.service),
            (words("fact.scope"), one or scope), (words("fact.made"), made),
        ),
        signs=tuple(words(f"sign.{who}") for who in ("staff", "leader", "head")), approval=words("approval"),
        sections=tuple(section for make in sections if (section := make(document, words)) is not None),
        enclosed=words("enclosed"), end=words("end"),
        enclosures=tuple(words(f"enclosure.{face}") for face in ("xlsx", "csv", "json")),
        week=f"{document.week}, {words('running.mark')}" if document.runs else document.week, sha256=document.sha256,
    )  # fmt: skip
