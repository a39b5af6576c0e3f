"""The report's other sections about answers; one that has nothing to say is left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from monitor.reports.document import Document, Figures, Share, Times, Whole
from monitor.reports.faces import charts
from monitor.reports.faces.numbers import SMALL, fraction, interval, seen, share, week
from monitor.reports.faces.paper import Block, Bullet, Column, Picture, Section, Table
from monitor.reports.faces.summary import length
from monitor.reports.faces.words import Phrases

_REASONS = 10
"""How many reasons are told; the rest are summed."""
_BARS = 20
"""Up to how many departments a picture of them is of use."""


def departments(document: Document, words: Phrases) -> Section:
    """Every department's answers and times, with what each share is of and how much was seen."""
    whole, parts = document.total, document.departments
    blocks: list[Block] = []
    if 2 <= len(parts) <= _BARS and whole.decided:
        svg = charts.bars(parts, words.language)
        blocks.append(Picture(svg, words("chart.bars")))
    blocks.append(_answers(document, words))
    if whole.cases:
        blocks.append(_times(document, words))
    blocks += _particulars(whole, words)
    return Section(words("departments" if document.department is None else "departments.cut"), tuple(blocks))


def hours(document: Document, words: Phrases) -> Section | None:
    """When citizens write, and whether they are answered then."""
    of = document.total
    if not of.cases or not of.grid:
        return None
    fields = [(cell[0], day, hour) for day, row in enumerate(of.grid) for hour, cell in enumerate(row)]
    cases, day, hour = max(fields, key=lambda field: field[0])
    busiest = words("hours.busiest", weekday=words(f"weekday.{day}"), hour=hour, cases=f"{cases:,}")
    rows = [(words("hours.on"), of.on_hours), (words("hours.off"), of.off_hours)]
    picture = Picture(charts.heat(of.grid, words.language), words("chart.heat"))
    table = shares(words("hours.office"), words("hours.when"), rows, words)
    return Section(words("hours"), (picture, Bullet(words("hours.legend"), 4), Bullet(busiest), table))


def trend(document: Document, words: Phrases) -> Section | None:
    """The weeks up to this one."""
    points = document.total.trend
    if len(points) < 2:
        return None
    picture = Picture(charts.trend(points, words.language), words("chart.trend"))
    table = shares(
        words("trend.table", count=len(points)),
        words("week"),
        [(week(one, words.language), one) for one in reversed(points)],
        words,
    )
    return Section(words("trend"), (picture, Bullet(words("trend.legend"), 4), table))


def platforms(document: Document, words: Phrases) -> Section | None:
    """By platform, where anything came in at all."""
    rows = [(platform(one.platform, words), one) for one in document.total.platforms if one.cases]
    if not rows:
        return None
    return Section(words("platforms"), (shares(words("platforms"), words("platform"), rows, words),))


def topics(document: Document, words: Phrases) -> Section | None:
    """What citizens wrote about, as far as rules and common words tell."""
    names = {one.department: one.name for one in document.departments}
    rows = [(f"{one.keyword} ({names.get(one.department, one.department)})", one) for one in document.topics]
    blocks: list[Block] = [shares(words("topics.table"), words("topic"), rows, words)] if rows else []
    if document.terms:
        told = ", ".join(words("term.one", term=one.term, count=f"{one.people:,}") for one in document.terms)
        blocks.append(Bullet(words("terms", terms=told)))
    return Section(words("topics"), tuple(blocks)) if blocks else None


def platform(id: str, words: Phrases) -> str:
    """What people call a platform."""
    return words.known(f"platform.{id}", id)


def shares(title: str, heading: str, rows: Iterable[tuple[str, Share]], words: Phrases) -> Table:
    """A table of anything that has cases and attainment."""
    names = ("cases", "met", "missed", "attainment", "decided")
    cells = tuple(
        (name, f"{of.cases:,}", f"{of.met:,}", f"{of.missed:,}", share(of), fraction(of)) for name, of in rows
    )
    return Table(title, (Column(heading, 2, text=True), *(Column(words(name)) for name in names)), cells)


def by_department(
    title: str, columns: Sequence[tuple[str, float]], cells: Callable[[Whole], Sequence[str]], document: Document,
    words: Phrases, notes: tuple[str, ...] = (), keep: Callable[[Whole], bool] = lambda of: True,
) -> Table:  # fmt: skip
    """A row a department and their sum; a report of one department needs no sum."""
    rows = tuple((one.name, *cells(one)) for one in document.departments if keep(one))
    total = (words("total"), *cells(document.total)) if document.department is None else ()
    head = (Column(words("department"), 2.6, text=True), *(Column(words(name), weight) for name, weight in columns))
    return Table(title, head, rows, total, notes)


def times(of: Times, words: Phrases) -> tuple[str, str, str]:
    """Median, nine in ten, longest."""
    return length(of.median_seconds, words), length(of.p90_seconds, words), length(of.worst_seconds, words)


def attainment(of: Figures) -> str:
    """A share with what it is of, and its interval where that is little."""
    told = f"{share(of)} ({fraction(of)})" if of.decided else share(of)
    return f"{told} *{interval(of.interval)}" if of.interval is not None and of.decided < SMALL else told


def _answers(document: Document, words: Phrases) -> Table:
    columns = (
        ("cases", 1), ("met", 1), ("late", 1), ("unanswered", 1), ("pending", 1), ("dismissed", 1), ("left", 1.1),
        ("attainment", 2.3), ("coverage", 1.3),
    )  # fmt: skip

    def cells(of: Whole) -> Sequence[str]:
        counts = (
            of.cases, of.met, of.answered_late, of.unanswered, of.pending, of.dismissed, of.deleted + of.undetermined,
        )  # fmt: skip
        return (*(f"{count:,}" for count in counts), attainment(of), seen(of.coverage))

    small = any(0 < one.decided < SMALL for one in (*document.departments, document.total))
    notes = (words("sums"), *((words("small", small=SMALL),) if small else ()))
    return by_department(words("departments.table"), columns, cells, document, words, notes)


def _times(document: Document, words: Phrases) -> Table:
    columns = (
        ("median", 1.4), ("p90", 1.4), ("worst", 1.4), ("acknowledged", 1.4), ("transferred", 0.9), ("reopened", 1),
        ("followups", 1), ("late_found", 1),
    )  # fmt: skip

    def cells(of: Whole) -> Sequence[str]:
        lasted = (of.median_seconds, of.p90_seconds, of.worst_seconds, of.acknowledged.median_seconds)
        counts = (of.transferred, of.reopened, of.followups, of.late_found)
        return (*(length(one, words) for one in lasted), *(f"{one:,}" for one in counts))

    return by_department(words("departments.times"), columns, cells, document, words)


def _particulars(of: Whole, words: Phrases) -> Iterable[Bullet]:
    if of.dismissed_by_reason:
        ordered = sorted(of.dismissed_by_reason.items(), key=lambda item: (-item[1], item[0]))
        told = [
            words("reason.one", reason=why or words("reason.none"), count=count) for why, count in ordered[:_REASONS]
        ]
        if rest := sum(count for _, count in ordered[_REASONS:]):
            told.append(words("reason.more", count=rest))
        yield Bullet(words("dismissed.reasons", count=f"{of.dismissed:,}", reasons=", ".join(told)), 2)
    if of.deleted or of.undetermined:
        yield Bullet(words("left.detail", deleted=f"{of.deleted:,}", undetermined=f"{of.undetermined:,}"), 2)
    if of.paused_seconds:
        yield Bullet(words("paused", paused=length(of.paused_seconds, words)), 2)
