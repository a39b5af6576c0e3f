"""The report as a paper: sections of bullets, tables and pictures, which page, PDF and mail only have to draw."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bullet:
    """A line of the offices' style (개조식)."""

    text: str
    depth: int = 1
    """1 to 4, drawn as □ ○ ― ·"""
    strong: bool = False
    warning: bool = False
    """It limits what the numbers say: never to be overlooked."""
    kind: str = "bullet"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table."""

    title: str
    weight: float = 1
    """Its share of the width, by the others'."""
    text: bool = False
    """Words, from the left; numbers stand at the right."""


@dataclass(frozen=True, slots=True)
class Table:
    """Cells are as they are read."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...] = ()
    """The row that sums up; () where nothing is to be summed."""
    notes: tuple[str, ...] = ()
    kind: str = "table"


@dataclass(frozen=True, slots=True)
class Picture:
    """An SVG, and what it shows in words for those who do not see it."""

    svg: str
    words: str
    kind: str = "picture"


Block = Bullet | Table | Picture


@dataclass(frozen=True, slots=True)
class Section:
    """Its number is its place among those there are."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Paper:
    """All of it."""

    language: str
    title: str
    subtitle: str
    """The department it is cut to, or ""."""
    running: str
    """That the week is not over, or ""."""
    facts: tuple[tuple[str, str], ...]
    approval: str
    signs: tuple[str, ...]
    """Who signs (결재란), from the left."""
    sections: tuple[Section, ...]
    enclosed: str
    enclosures: tuple[str, ...]
    """What lies beside it (붙임)."""
    end: str
    week: str
    sha256: str
    """Of the data it was drawn from."""
