"""The small X's query language: as much of recent search as a monitor needs.

`@handle`, `from:handle`, `to:handle`, `-is:retweet`, OR, parentheses, and "and" by standing side by side.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol

LONGEST_QUERY = 512


class BadQuery(ValueError):
    """The query does not follow the language."""


class Searchable(Protocol):
    """What a query can ask of a post; handles are in lower case."""

    @property
    def mentioned(self) -> frozenset[str]: ...
    @property
    def author_handle(self) -> str: ...
    @property
    def replied_handle(self) -> str: ...
    @property
    def is_retweet(self) -> bool: ...


Test = Callable[[Searchable], bool]

_WORD = re.compile(r"\s*(\(|\)|[^\s()]+)")
_TERM = re.compile(r"(@|from:|to:)([A-Za-z0-9_]{1,15})")


def parse(query: str) -> Test:
    """The test that a query puts to each post. Raises BadQuery."""
    if not 1 <= len(query) <= LONGEST_QUERY:
        raise BadQuery(f"the query must be 1 to {LONGEST_QUERY} characters long, and is {len(query)}")
    words = _WORD.findall(query)
    test, rest = _either(words)
    if rest:
        raise BadQuery(f"no viable alternative at '{rest[0]}'")
    return test


def _either(words: list[str]) -> tuple[Test, list[str]]:
    first, rest = _both(words)
    tests = [first]
    while rest and rest[0] == "OR":
        following, rest = _both(rest[1:])
        tests.append(following)
    return (lambda post: any(test(post) for test in tests)), rest


def _both(words: list[str]) -> tuple[Test, list[str]]:
    first, rest = _single(words)
    tests = [first]
    while rest and rest[0] not in ("OR", ")"):
        following, rest = _single(rest)
        tests.append(following)
    return (lambda post: all(test(post) for test in tests)), rest


def _single(words: list[str]) -> tuple[Test, list[str]]:
    if not words:
        raise BadQuery("the query ends too early")
    word, rest = words[0], words[1:]
    if word == "(":
        test, rest = _either(rest)
        if not rest or rest[0] != ")":
            raise BadQuery("a parenthesis is not closed")
        return test, rest[1:]
    if word == "-is:retweet":
        return (lambda post: not post.is_retweet), rest
    term = _TERM.fullmatch(word)
    if term is None:
        raise BadQuery(f"no viable alternative at '{word}'")
    handle = term[2].lower()
    if term[1] == "@":
        return (lambda post: handle in post.mentioned), rest
    if term[1] == "from:":
        return (lambda post: post.author_handle == handle), rest
    return (lambda post: post.replied_handle == handle), rest
