"""The report's sections about what was done with cases: alerts, transfers, final answers, crises."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.reports.document import DepartmentPart, Document, IncidentPart, Whole
from monitor.reports.faces.numbers import NONE, moment
from monitor.reports.faces.paper import Block, Bullet, Column, Section, Table
from monitor.reports.faces.sections import by_department, times
from monitor.reports.faces.words import Phrases
from sla.compliance import percent


def alerts(document: Document, words: Phrases) -> Section | None:
    """How many went out, how high they rose, how soon they were acknowledged."""
    of, blocks = document.total, list[Block]()
    if count := sum(of.alerts.values()):
        kinds = ", ".join(f"{words.known(f'kind.{kind}', kind)} {number:,}" for kind, number in of.alerts.items())
        blocks.append(Bullet(words("alerts.kinds", count=f"{count:,}", kinds=kinds)))
    if of.acknowledged.count:
        median, p90, worst = times(of.acknowledged, words)
        told = words("alerts.acknowledged", count=f"{of.acknowledged.count:,}", median=median, p90=p90, worst=worst)
        blocks.append(Bullet(told))
    if document.unchecked:
        blocks.append(Bullet(words("alerts.unchecked", count=f"{document.unchecked:,}"), warning=True))
    if of.levels:
        rows = tuple(
            (words("alerts.level.one", level=level), f"{count:,}")
            for level, count in sorted(of.levels.items(), key=lambda item: int(item[0]))
        )
        columns = (Column(words("alerts.level"), text=True), Column(words("count")))
        blocks.append(Table(words("alerts.levels"), columns, rows))
    return Section(words("alerts"), tuple(blocks)) if blocks else None


def legs(document: Document, words: Phrases) -> Section | None:
    """Which departments took cases over and handed them on, and how long they held them (SEMANTICS row 10)."""
    held = [one for one in document.departments if one.legs.received or one.legs.handed_over]
    if not held and not document.total.transferred:
        return None
    blocks: list[Block] = [Bullet(words("legs.transferred", count=f"{document.total.transferred:,}"))]
    if held:
        names = ("legs.received", "legs.handed_over", "median", "p90", "worst")
        columns = (Column(words("department"), 2, text=True), *(Column(words(name)) for name in names))
        blocks.append(Table(words("legs.table"), columns, tuple(_leg(one, words) for one in held)))
    return Section(words("legs"), tuple(blocks))


def final(document: Document, words: Phrases) -> Section | None:
    """Answers that were owed beside the first (SEMANTICS row 7)."""

    def owed(of: Whole) -> int:
        return of.final.met + of.final.missed + of.final.pending

    def cells(of: Whole) -> Sequence[str]:
        one, decided = of.final, of.final.met + of.final.missed
        told = f"{percent(one.met, decided)}%" if decided else NONE
        counts = (owed(of), one.met, one.missed, one.pending)
        return (*(f"{count:,}" for count in counts), told, *times(one.times, words))

    if not owed(document.total):
        return None
    columns = (
        ("final.owed", 1), ("met", 1), ("missed", 1), ("pending", 1), ("attainment", 1.2), ("median", 1.4),
        ("p90", 1.4), ("worst", 1.4),
    )  # fmt: skip
    table = by_department(words("final.table"), columns, cells, document, words, keep=lambda of: bool(owed(of)))
    return Section(words("final"), (table,))


def incidents(document: Document, words: Phrases) -> Section | None:
    """The crises that were open in the week (SEMANTICS row 34)."""
    if not document.incidents and not document.total.in_crisis:
        return None
    blocks: list[Block] = [Bullet(words("incidents.cases", count=f"{document.total.in_crisis:,}"))]
    if document.incidents:
        columns = (
            Column(words("incident.subject"), 2.2, text=True), Column(words("incident.kind"), 1, text=True),
            Column(words("department"), 1.6, text=True), Column(words("incident.opened"), 1.9, text=True),
            Column(words("incident.ended"), 1.9, text=True), Column(words("cases"), 0.8),
            Column(words("incident.reason"), 2.2, text=True),
        )  # fmt: skip
        names = {one.department: one.name for one in document.departments}
        rows = tuple(_incident(one, names.get(one.department, one.department), words) for one in document.incidents)
        blocks.append(Table(words("incidents.table", count=len(rows)), columns, rows))
    return Section(words("incidents"), tuple(blocks))


def _leg(of: DepartmentPart, words: Phrases) -> tuple[str, ...]:
    return (of.name, f"{of.legs.received:,}", f"{of.legs.handed_over:,}", *times(of.legs.held, words))


def _incident(of: IncidentPart, name: str, words: Phrases) -> tuple[str, ...]:
    ended = words("incident.lasts") if of.ended_at is None else moment(of.ended_at, words.language)
    return (
        of.subject, words.known(f"crisis.{of.kind}", of.kind), name, moment(of.opened_at, words.language), ended,
        f"{of.cases:,}", of.reason or NONE,
    )  # fmt: skip
