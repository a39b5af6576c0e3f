"""Who can be relied on at an instant: rosters, what overrides them, leave and deputies, asked case by case.

An escalation asks for thousands of cases at one instant, so what was found for an instant is kept until another one
is asked about. Where nothing of all this is in the settings, an answer is one look into a set.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from config import Settings
from config import rules as build
from sla.duty import Department
from sla.roster import Rosters


class People:
    """The staff of one city. Safe to share between threads."""

    def __init__(self, settings: Settings) -> None:
        self._known = frozenset(person.id for person in settings.staff)
        rosters = build.rosters(settings)
        self._rosters = None if rosters.is_empty else rosters
        self._ordinary = Present(self._known)
        self._latest: tuple[datetime, Present] | None = None

    def at(self, instant: datetime) -> Present:
        """Who is there at an instant."""
        if self._rosters is None:
            return self._ordinary
        latest = self._latest
        if latest is None or latest[0] != instant:
            # Two threads with two instants work each on their own; the later one is kept.
            latest = self._latest = instant, _Rostered(self._known, self._rosters, instant)
        return latest[1]


class Present:
    """Who is there, where nobody is ever away: everybody of the settings."""

    def __init__(self, known: frozenset[str]) -> None:
        self._known = known

    def stand_in(self, staff: str) -> str | None:
        """The person, while away a deputy; None for nobody, and for who is not in the settings any more."""
        return staff if staff in self._known else None

    def staffed(self, department: Department) -> Department:
        """The department with those on duty now as its `duty`."""
        return department


class _Rostered(Present):
    """Who is there at one instant by rosters and leave; remembers what it was asked."""

    def __init__(self, known: frozenset[str], rosters: Rosters, at: datetime) -> None:
        super().__init__(known)
        self._rosters, self._at = rosters, at
        self._standing: dict[str, str | None] = {}
        self._staffed: dict[str, Department] = {}

    def stand_in(self, staff: str) -> str | None:
        if staff not in self._standing:
            found = self._rosters.stand_in(staff, self._at) if staff in self._known else None
            self._standing[staff] = found
        return self._standing[staff]

    def staffed(self, department: Department) -> Department:
        found = self._staffed.get(department.id)
        if found is None:
            people = self._rosters.on_roster(department.id, self._at)
            found = department if people is None else replace(department, duty=people)
            self._staffed[department.id] = found
        return found
