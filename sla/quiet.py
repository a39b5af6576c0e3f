"""When a person is left alone: which alerts may wait for the morning, and until when.

Only reminders wait. Whoever must act on a promise that is being broken, or on a crisis, is told at any hour; a warning,
a repetition, the news that all is well and everything about a final answer can wait (SEMANTICS row 27).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from sla.calendar import DAY_MINUTES, Calendar, Interval, Pause
from sla.case import Clock

_ALWAYS = tuple(Interval(day, 0, DAY_MINUTES) for day in range(7))
_REMINDERS = frozenset({"warning", "answered", "recovered", "report"})
_NEVER_HELD = frozenset({"crisis", "blind", "fault", "maintenance"})
_MOST_TURNS = 14


class Because(StrEnum):
    """Why an alert waits."""

    QUIET = "quiet"
    """The person's quiet hours."""
    DUTY = "duty"
    """A reminder of a final answer waits for duty hours."""
    LIMIT = "limit"
    """Its channel has had as many messages as it may have for now."""
    MAINTENANCE = "maintenance"
    """Someone is at work on the service and asked for silence."""


class Held(NamedTuple):
    """Until when an alert waits, and why."""

    until: datetime
    because: Because


class Opens(Protocol):
    """What is asked of a calendar here."""

    def opens(self, at: datetime, /) -> datetime:
        """The first open instant from `at` on."""


class QuietHours:
    """The hours of every day in which a person gets no reminders, on the wall clock of the service's zone.

    An instant is quiet when the wall clock then shows a quiet minute, so a night in which the clock changes is as
    long as it really is.
    """

    def __init__(self, zone: ZoneInfo, spans: Iterable[Pause]) -> None:
        """`spans` may run past midnight and overlap, and must leave a minute of the day."""
        self._calendar = Calendar("quiet hours", zone, _ALWAYS, tuple(spans))

    def opens(self, at: datetime) -> datetime:
        """The first instant from `at` on that is not quiet: `at` itself where it is not."""
        return self._calendar.opens(at)


def is_reminder(kind: str, clock: Clock, *, repeats: bool, crisis: bool) -> bool:
    """Whether an alert may wait for the morning.

    `repeats` says that nothing new happened and somebody is only told again; `crisis` that the case is part of one.
    """
    if crisis or kind in _NEVER_HELD:
        return False
    return clock is Clock.FINAL or repeats or kind in _REMINDERS


def held(at: datetime, quiet: Opens | None, duty: Opens | None) -> Held | None:
    """Until when a reminder that is written at `at` waits; None where it may go at once.

    `quiet` is the person's, `duty` the hours that it must fall into, None where there are none of these. Where the two
    leave no time in common within two weeks, duty hours alone count: nothing waits for ever.
    """
    until, because = at, None
    for _ in range(_MOST_TURNS):
        before = until
        for hours, why in ((duty, Because.DUTY), (quiet, Because.QUIET)):
            if hours is not None and (opens := hours.opens(until)) > until:
                until, because = opens, why
        if until == before:
            return None if because is None else Held(until, because)
    assert duty is not None
    opens = duty.opens(at)
    return Held(opens, Because.DUTY) if opens > at else None
