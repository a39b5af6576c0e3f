"""The person or program that asks, and what they may see and do."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.rules import Rules
from monitor.web.roles import CITY_WIDE, RIGHTS, Right, Role


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who is logged in, or a program with a token."""

    id: str
    """The staff id of the settings, for everybody who may act."""
    name: str
    role: Role
    scope: frozenset[str] | None
    """The departments whose cases they see; None for the whole city. It belongs into every query."""
    session: str = ""
    """The id of the session; "" for a program."""

    def may(self, right: Right) -> bool:
        """Whether their role has that right."""
        return right in RIGHTS[self.role]

    def sees(self, department: str) -> bool:
        """Whether they may see a department's cases."""
        return self.scope is None or department in self.scope


def scope_of(rules: Rules, id: str, role: Role, more: tuple[str, ...] = ()) -> frozenset[str] | None:
    """The departments that somebody sees: those that name them in any role today, and what was granted beside.

    So a person who moves on loses a department with the settings that no longer name them there.
    """
    if role in CITY_WIDE:
        return None
    return frozenset(more) | frozenset(id_ for id_ in rules.departments if id in rules.named_in(id_))
