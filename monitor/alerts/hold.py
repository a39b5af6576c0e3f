"""Until when an alert that is written now has to wait: the person's quiet hours, and duty hours for final answers."""

from __future__ import annotations

from datetime import datetime

from monitor.rules import Rules
from sla import quiet
from sla.case import Case, Clock
from sla.quiet import Held


class Holds:
    """The holds of one instant. Remembers what it was asked: a storm asks the same ten thousand times."""

    def __init__(self, rules: Rules, now: datetime) -> None:
        self.rules, self.now = rules, now
        self._known: dict[tuple[str, str, str], Held | None] = {}

    def of_case(self, case: Case, kind: str, clock: Clock, person: str, *, repeats: bool = False) -> Held | None:
        """Until when one person's alert about a case waits; None where it goes at once (SEMANTICS row 27)."""
        if not quiet.is_reminder(kind, clock, repeats=repeats, crisis=self.rules.in_crisis(case)):
            return None
        if clock is Clock.FINAL:
            return self._held(person, case.department, self.rules.policy(case.policy).final_calendar)
        return self._held(person)

    def of_notice(self, kind: str, person: str) -> Held | None:
        """Until when a message of the service itself waits."""
        is_reminder = quiet.is_reminder(kind, Clock.FIRST, repeats=False, crisis=False)
        return self._held(person) if is_reminder else None

    def _held(self, person: str, department: str = "", calendar: str = "") -> Held | None:
        key = person, department, calendar
        if key not in self._known:
            duty = self.rules.calendar(calendar, department) if calendar else None
            self._known[key] = quiet.held(self.now, self.rules.quiet_hours(person), duty)
        return self._known[key]
