"""Reading a document as `tomllib` gave it, whatever shape people wrote it in: what is not a table is passed over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Raw = dict[str, Any]
"""A table as it stands in the file."""


def table(document: Raw, name: str) -> Raw:
    """Return the table of this name; an empty one where there is none."""
    found = document.get(name)
    return found if isinstance(found, dict) else {}


def tables(document: Raw, name: str) -> Iterator[tuple[Any, Raw]]:
    """Yield the tables of an array of tables by index, or of a table of tables by name."""
    for key, value in children(document.get(name)):
        if isinstance(value, dict):
            yield key, value


def children(value: object) -> Iterator[tuple[Any, Any]]:
    """Yield what a table holds by key, or a list by index; nothing for anything else."""
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)
