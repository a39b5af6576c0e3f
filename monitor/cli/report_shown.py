"""How `report weekly` is read on a terminal: the week's table, and where two counts of it differ."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from monitor.cli.output import cell, console
from monitor.reports.document import Document, Whole
from monitor.reports.faces.numbers import NONE, seen, share
from monitor.words import Words

_FIGURES = tuple(name for name in Whole.model_fields if name not in ("platforms", "hours", "weekdays", "grid", "trend"))
"""What two counts are compared by; the rest is these figures again, by hour, day or platform."""


@contextmanager
def counting(words: Words) -> Iterator[None]:
    """Shows on standard error that it goes on, where somebody sits before it."""
    shown = Console(stderr=True)
    if not shown.is_terminal:
        yield
        return
    with Progress(console=shown, transient=True) as bar:
        bar.add_task(words("report.counting"), total=None)
        yield


def print_report(words: Words, document: Document) -> None:
    """The departments' figures and the city's, each with its coverage beside it."""
    shown = console()
    last_day = document.until - timedelta(days=1)
    title = words("week.title", week=document.week, since=f"{document.since:%Y-%m-%d}", until=f"{last_day:%Y-%m-%d}")
    shown.print(title, style="bold")
    shown.print()
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", show_footer=False)
    grid.add_column(words("week.department"), overflow="fold")
    for name in ("cases", "met", "missed", "pending", "dismissed", "attainment", "coverage"):
        grid.add_column(words(f"week.{name}"), justify="right", no_wrap=True)
    for part in document.departments:
        grid.add_row(*_row(part.name, part))
    grid.add_row(*_row(words("week.total"), document.total), style="bold")
    shown.print(grid)
    if document.unexplained:
        shown.print(words("week.unexplained", ids=", ".join(document.unexplained)))
    shown.print()
    shown.print(words("week.head", head=document.head or words("empty")))


def print_differences(words: Words, kept: Document, now: Document, *, err: bool) -> None:
    """Each figure that is another one now than in the report that was kept."""
    lines = [f"{words('week.total')} · {line}" for line in _differing(words, kept.total, now.total)]
    before = {part.department: part for part in kept.departments}
    for part in now.departments:
        was = before.pop(part.department, None) or Whole()
        lines += [f"{part.name} · {line}" for line in _differing(words, was, part)]
    for part in before.values():
        lines += [f"{part.name} · {line}" for line in _differing(words, part, Whole())]
    click.echo(words("report.differs", count=len(lines)) if lines else words("report.same"), err=err)
    for line in lines:
        click.echo(f"  {line}", err=err)


def _row(name: str, of: Whole) -> tuple[Text | str, ...]:
    numbers = (of.cases, of.met, of.missed, of.pending, of.dismissed)
    return (cell(name), *map(str, numbers), share(of), seen(of.coverage))


def _differing(words: Words, was: Whole, now: Whole) -> Iterator[str]:
    for name in _FIGURES:
        one, other = getattr(was, name), getattr(now, name)
        if one != other:
            yield f"{words.known(f'week.{name}', name)}: {_said(one)} → {_said(other)}"


def _said(value: Any) -> str:
    """A figure on one line."""
    if value is None:
        return NONE
    if hasattr(value, "to_dict"):
        value = value.to_dict()
    if isinstance(value, dict):
        return ", ".join(f"{key} {_said(each)}" for key, each in value.items()) or NONE
    return f"{value:.4f}" if isinstance(value, float) else str(value)
