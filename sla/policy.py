"""A promise and its ladders: how long an answer may take, and who hears of it when it does not come."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from sla.case import Clock


class Kind(StrEnum):
    """What a step says to those it tells."""

    WARNING = "warning"
    BREACH = "breach"
    ESCALATION = "escalation"


@dataclass(frozen=True, slots=True)
class Step:
    """One rung of the ladder."""

    at: timedelta
    """Business time from the case's start on the ladder's calendar; a breach step's equals the target."""
    kind: str
    notify: tuple[str, ...]
    """Roles: assignee, duty, manager, head, root or staff:<id>."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """What one clock owes when. Its steps rise strictly; exactly one is the breach and stands at the target."""

    target: timedelta
    steps: tuple[Step, ...]
    repeat: timedelta
    """After the last step the root contact is told this often (SEMANTICS row 24)."""

    @property
    def notify(self) -> tuple[tuple[str, ...], ...]:
        """The notify list of every step, lowest first."""
        return tuple(step.notify for step in self.steps)

    @property
    def last(self) -> timedelta:
        """When the last step falls due."""
        return self.steps[-1].at if self.steps else self.target


@dataclass(frozen=True, slots=True)
class Policy:
    """An escalation policy: a ladder for the first answer and one for the final answer (SEMANTICS row 7)."""

    name: str
    calendar: str
    target: timedelta
    steps: tuple[Step, ...]
    ack_holds: timedelta = timedelta(minutes=15)
    repeat: timedelta = timedelta(minutes=60)
    final_target: timedelta = timedelta(hours=24)
    """Time on the final calendar: three days of eight working hours."""
    final_calendar: str = "office"
    final_steps: tuple[Step, ...] = ()
    final_repeat: timedelta = timedelta(hours=8)
    first: Ladder = field(init=False, repr=False, compare=False)
    final: Ladder = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Put the two ladders together, once for all decisions."""
        object.__setattr__(self, "first", Ladder(self.target, self.steps, self.repeat))
        object.__setattr__(self, "final", Ladder(self.final_target, self.final_steps, self.final_repeat))

    def on(self, clock: Clock) -> Ladder:
        """The ladder that a clock runs on."""
        return self.final if clock is Clock.FINAL else self.first
