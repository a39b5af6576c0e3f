"""The report's first section: the sentence the head reads, the key figures, and what limits them."""

from __future__ import annotations

from datetime import timedelta

from monitor.reports.document import Document, Share, Whole
from monitor.reports.faces.numbers import NONE, change, seen, share, share_change
from monitor.reports.faces.paper import Block, Bullet, Column, Section, Table
from monitor.reports.faces.words import Phrases

_NAMED = 3
"""How many departments the summary names, and how many broken cases."""


def summary_of(document: Document, words: Phrases) -> Section:
    """Coverage stands beside attainment always, and before any praise (SEMANTICS row 33)."""
    of = document.total
    blocks: list[Block] = [Bullet(headline(document, words), strong=True), coverage_line(of, words)]
    if of.cases:
        blocks.append(Bullet(words(
            "completed", completed=f"{of.completed:,}", answered=f"{of.met + of.answered_late:,}",
            dismissed=f"{of.dismissed:,}", pending=f"{of.pending:,}",
        ), 2))  # fmt: skip
    if of.median_seconds is not None:
        median, p90, worst = (length(one, words) for one in (of.median_seconds, of.p90_seconds, of.worst_seconds))
        blocks.append(Bullet(words("times", median=median, p90=p90, worst=worst), 2))
    if of.decided:
        blocks.append(Bullet(_most_missed(document, words), 2))
    if document.corrections:
        count = sum(one.count for one in document.corrections)
        blocks.append(Bullet(words("corrected", count=f"{count:,}"), 2))
    if document.unexplained:
        blocks.append(unexplained_line(document, words))
    if of.before is not None:
        blocks.append(key_figures(of, of.before, words))
    return Section(words("summary"), tuple(blocks))


def headline(document: Document, words: Phrases) -> str:
    """The week in one sentence."""
    of = document.total
    if not of.cases:
        return words("headline.nothing")
    if not of.decided:
        return words("headline.undecided", cases=f"{of.cases:,}")
    told = words("headline", cases=f"{of.cases:,}", decided=f"{of.decided:,}", share=share(of), met=f"{of.met:,}")
    compared = NONE if of.before is None else share_change(of, of.before)
    return told if compared == NONE else f"{told} {words('headline.change', change=compared)}"


def coverage_line(of: Whole, words: Phrases) -> Bullet:
    """How much of the week was seen; a warning where that is not all of it."""
    if of.coverage is None:
        return Bullet(words("coverage.none"), warning=bool(of.cases))
    if of.blind_seconds or of.coverage < 1:
        blind = length(of.blind_seconds, words)
        return Bullet(words("coverage.blind", coverage=seen(of.coverage), blind=blind), warning=True)
    return Bullet(words("coverage.whole", coverage=seen(of.coverage)))


def unexplained_line(document: Document, words: Phrases) -> Bullet:
    """That the numbers lack some cases."""
    broken = document.unexplained
    ids = ", ".join(broken[:_NAMED])
    if len(broken) > _NAMED:
        ids = words("and_more", shown=ids, count=len(broken) - _NAMED)
    return Bullet(words("unexplained", count=len(broken), ids=ids), warning=True)


def key_figures(of: Whole, before: Share, words: Phrases) -> Table:
    """This week, the one before and what has changed."""
    names = ("figure", "this_week", "week_before", "change")
    rows = [
        (words(name), f"{now:,}", f"{was:,}", change(now, was))
        for name, now, was in
        (("cases", of.cases, before.cases), ("met", of.met, before.met), ("missed", of.missed, before.missed))
    ]  # fmt: skip
    rows.append((words("attainment"), share(of), share(before), share_change(of, before)))
    rows.append((words("coverage"), seen(of.coverage), NONE, NONE))
    return Table(words("figures"), tuple(Column(words(name), text=name == "figure") for name in names), tuple(rows))


def length(seconds: float | None, words: Phrases) -> str:
    """A length of time in its two largest units; "-" for none."""
    return NONE if seconds is None else words.span(timedelta(seconds=seconds))


def _most_missed(document: Document, words: Phrases) -> str:
    if not document.total.missed:
        return words("missed.none")
    if document.department is not None:
        return words("missed.count", missed=f"{document.total.missed:,}")
    worst = sorted((one for one in document.departments if one.missed), key=lambda one: (-one.missed, one.department))
    told = (words("missed.one", name=one.name, missed=f"{one.missed:,}", share=share(one)) for one in worst[:_NAMED])
    return words("missed.most", departments=", ".join(told))
