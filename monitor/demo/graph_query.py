"""The part of the Graph's query language that the small Graph speaks: `fields` with modifiers and nested braces."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_TOKEN = re.compile(r"\s*([a-z_]+|[(){},.]|[^(){},.\s]+)")


@dataclass(frozen=True, slots=True)
class Field:
    """One field or edge that is asked for: `comments.filter(stream).limit(50){id,from}`."""

    name: str
    modifiers: Mapping[str, str] = field(default_factory=dict)
    """`filter`, `limit`, `order`, `since`: what stands in round brackets."""
    fields: tuple[Field, ...] = ()
    """What stands in braces; empty where nothing does."""


class Malformed(Exception):
    """The `fields` cannot be read."""


def parse(text: str) -> tuple[Field, ...]:
    """Read `fields`. Raises `Malformed`."""
    tokens = _TOKEN.findall(text)[::-1]
    if not tokens:
        return ()
    found = _fields(tokens)
    if tokens:
        raise Malformed(f"Syntax error at {tokens[-1]!r}")
    return found


def _fields(tokens: list[str]) -> tuple[Field, ...]:
    found = [_field(tokens)]
    while tokens and tokens[-1] == ",":
        tokens.pop()
        found.append(_field(tokens))
    return tuple(found)


def _field(tokens: list[str]) -> Field:
    name, modifiers, below = _word(tokens), dict[str, str](), tuple[Field, ...]()
    while tokens and tokens[-1] == ".":
        tokens.pop()
        modifier = _word(tokens)
        _expect(tokens, "(")
        modifiers[modifier] = _word(tokens)
        _expect(tokens, ")")
    if tokens and tokens[-1] == "{":
        tokens.pop()
        below = _fields(tokens)
        _expect(tokens, "}")
    return Field(name, modifiers, below)


def _word(tokens: list[str]) -> str:
    if not tokens or tokens[-1] in "(){},.":
        raise Malformed("Syntax error: a name is expected")
    return tokens.pop()


def _expect(tokens: list[str], sign: str) -> None:
    if not tokens or tokens.pop() != sign:
        raise Malformed(f"Syntax error: {sign!r} is expected")
