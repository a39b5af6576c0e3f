"""Which department a mention goes to by its words, and why. The first route that matches wins."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import normalize


@dataclass(frozen=True, slots=True)
class Route:
    """A condition on a text, and the department that a text which meets it goes to.

    A keyword is found anywhere in the text, inside words too, however it is composed and in either case. A
    route with neither `any` nor `all` matches nothing: it would take every mention.
    """

    department: str
    any: tuple[str, ...] = ()
    """At least one of these; empty asks for nothing."""
    all: tuple[str, ...] = ()
    """Every one of these."""
    none: tuple[str, ...] = ()
    """Not one of these."""

    def __post_init__(self) -> None:
        """Raise ValueError for a blank keyword: it would be found in nearly every text."""
        for keyword in (*self.any, *self.all, *self.none):
            if not keyword.strip():
                raise ValueError(f"a route to {self.department!r} has a blank keyword")


@dataclass(frozen=True, slots=True)
class Routed:
    """Where a text goes, and why."""

    department: str
    rule: int
    """Place of the route among all, from 0."""
    keyword: str
    """The first keyword of the route that was found, as the settings spell it."""


class Router:
    """All routes, prepared once for many texts. Safe to share between threads."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._rules = [
            (index, route, _folded(route.any), _folded(route.all), _folded(route.none))
            for index, route in enumerate(routes)
            if route.any or route.all
        ]
        wanted = {keyword for _, _, any_of, all_of, _ in self._rules for keyword in (*any_of, *all_of)}
        # Most texts hold no keyword at all, and one search tells.
        self._some_keyword = re.compile("|".join(map(re.escape, sorted(wanted))))

    def route(self, text: str) -> Routed | None:
        """Return the first route that the text meets; None where it stays with the account's department."""
        text = fold(text)
        if self._some_keyword.search(text) is None:
            return None
        for index, route, any_of, all_of, none_of in self._rules:
            found = next((place for place, keyword in enumerate(any_of) if keyword in text), None)
            if any_of and found is None:
                continue
            if not all(keyword in text for keyword in all_of) or any(keyword in text for keyword in none_of):
                continue
            return Routed(route.department, index, route.all[0] if found is None else route.any[found])
        return None


def fold(text: str) -> str:
    """Return the text as keywords are compared: composed (Unicode NFC) and without case.

    Composed before and after, because case folding may take a letter apart (Unicode 3.13, caseless matching).
    """
    return normalize("NFC", normalize("NFC", text).casefold())


def _folded(keywords: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(fold, keywords))
