"""Who is told: the person on duty, the deputies, and those above them (SEMANTICS rows 23, 24 and 37).

Who can be relied on is asked of the caller, one person at a time, so that leave, deputies and people who left are one
question here: a person stands for themself, or a deputy does, or nobody. Whose hours it is, a caller that keeps a
roster says by the department's `duty`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

StandIn = Callable[[str], str | None]
"""Who can be relied on now in a person's place, by staff id: the person, a deputy, or nobody."""

ROLES = frozenset({"assignee", "duty", "manager", "head", "root"})
"""The roles that a step may notify, beside `staff:<id>`."""

STAFF_PREFIX = "staff:"
"""Begins a role that names one person by staff id."""


@dataclass(frozen=True, slots=True)
class Department:
    """A department of the city and the people who answer for it; people are staff ids."""

    id: str
    name: str
    policy: str
    duty: tuple[str, ...]
    """The designated person, then deputies in order."""
    manager: str | None = None
    head: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """Who a step's alert goes to, and which levels were passed over to find them."""

    people: tuple[str, ...]
    """Staff ids without duplicates, never empty: those of the level, then those of the overtaken levels."""
    skipped: tuple[int, ...] = ()
    """Levels that named nobody who was there, ascending; their alert went to the next step's recipients."""


def on_duty(department: Department, stand_in: StandIn) -> str | None:
    """Return the first of the department's duty who is there or has somebody in their place; None where nobody is."""
    return next((found for person in department.duty if (found := stand_in(person)) is not None), None)


def assignee(department: Department, claimed: str | None, stand_in: StandIn) -> str | None:
    """Return who claimed the case, or who stands in for them, else who is on duty.

    Nobody stands in for a person who left, so what they claimed returns to the duty (row 37).
    """
    found = None if claimed is None else stand_in(claimed)
    return on_duty(department, stand_in) if found is None else found


def resolve(
    roles: Sequence[str], department: Department, claimed: str | None, root: str, stand_in: StandIn
) -> tuple[str, ...]:
    """Return the staff ids that the roles name now, in order and without duplicates.

    Where a person is away their deputy is named, in every role; where there is none they are left out. Only the role
    `root` always stands for the root contact, who is the end of every chain. Raises ValueError for a role that is
    neither in ROLES nor `staff:<id>`.
    """

    def found(role: str) -> str | None:
        match role:
            case "root":
                return root
            case "assignee":
                return assignee(department, claimed, stand_in)
            case "duty":
                return on_duty(department, stand_in)
            case "manager":
                person = department.manager
            case "head":
                person = department.head
            case _ if role.startswith(STAFF_PREFIX):
                person = role.removeprefix(STAFF_PREFIX)
            case _:
                raise ValueError(f"role {role!r} is neither one of {sorted(ROLES)} nor {STAFF_PREFIX}<id>")
        return None if person is None else stand_in(person)

    return _unique(person for role in roles if (person := found(role)) is not None)


def recipients(
    ladder: Sequence[Sequence[str]],
    level: int,
    overtaken: Sequence[int],
    department: Department,
    claimed: str | None,
    root: str,
    stand_in: StandIn,
) -> Told:
    """Return whom the alert of a level reaches, together with the levels it overtook (row 23).

    `ladder[0]` holds the roles of level 1. A level that names nobody who is there hands its alert to the next
    one, and after the last step the root contact is told (row 24), so the people are never none. A level
    above the ladder is the root contact's. Raises ValueError for a level below 1.
    """
    skipped: set[int] = set()

    def first_told(asked: int) -> tuple[str, ...]:
        if asked < 1:
            raise ValueError(f"level {asked} is no step: levels count from 1")
        for number, roles in enumerate(ladder[asked - 1 :], start=asked):
            people = resolve(roles, department, claimed, root, stand_in)
            if people:
                return people
            skipped.add(number)
        return (root,)

    people = _unique(person for number in (level, *sorted(overtaken)) for person in first_told(number))
    return Told(people, tuple(sorted(skipped)))


def _unique(people: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(people))
