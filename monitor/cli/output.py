"""How verbs print: tables and lines that fit a terminal, JSON for programs, nothing that steers a terminal."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence

import click
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.table import Table
from rich.text import Text

from monitor.alerts.message import one_line

#: Into a file or a pipe nothing is folded, so that `grep` finds whole links.
_UNFOLDED = 1000


def console() -> Console:
    """Where people read; colours only where it is a terminal and NO_COLOR is not set."""
    plain = Console(highlight=False, markup=False, emoji=False)
    if not plain.is_terminal and "COLUMNS" not in os.environ:
        plain.width = _UNFOLDED
    return plain


def table(*headings: str) -> Table:
    """A table without lines; a row may have several."""
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 1, 0), header_style="bold")
    for heading in headings:
        grid.add_column(heading, overflow="fold", vertical="top")
    return grid


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """One line a row, its columns under each other; Korean signs are two cells wide."""
    clean = [[one_line(value) for value in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*clean, strict=True)]
    return ["  ".join(map(set_cell_size, row, widths)).rstrip() for row in clean]


def cell(*lines: str | Text) -> Text:
    """A cell of several lines; what strangers wrote is made one harmless line each."""
    return Text("\n").join(line if isinstance(line, Text) else Text(one_line(line)) for line in lines)


def print_json(value: object) -> None:
    """Print JSON; signs that the receiver's encoding cannot hold are escaped."""
    is_unicode = (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
    click.echo(json.dumps(value, ensure_ascii=not is_unicode, indent=2))
