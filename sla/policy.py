"""A promise and its ladder: how long an answer may take, and who hears of it when it does not come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Kind(StrEnum):
    """What a step says to those it tells."""

    WARNING = "warning"
    BREACH = "breach"
    ESCALATION = "escalation"


@dataclass(frozen=True, slots=True)
class Step:
    """One rung of the ladder."""

    at: timedelta
    """Business time from the case's start on the policy's calendar; a breach step's equals the target."""
    kind: str
    notify: tuple[str, ...]
    """Roles: assignee, duty, manager, head, root or staff:<id>."""


@dataclass(frozen=True, slots=True)
class Policy:
    """An escalation policy. Its steps rise strictly; exactly one is the breach and stands at the target."""

    name: str
    calendar: str
    target: timedelta
    steps: tuple[Step, ...]
    ack_holds: timedelta = timedelta(minutes=15)
    repeat: timedelta = timedelta(minutes=60)
    """After the last step the root contact is told this often (SEMANTICS row 24)."""
    final_target: timedelta = timedelta(days=3)
    final_calendar: str = "office"

    @property
    def ladder(self) -> tuple[tuple[str, ...], ...]:
        """The notify list of every step, lowest first."""
        return tuple(step.notify for step in self.steps)
