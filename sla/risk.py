"""What is at risk: no more time is left than a policy's warning leaves."""

from __future__ import annotations

from datetime import datetime, timedelta

from sla.escalation import BusinessTime
from sla.policy import Kind, Ladder


def at_risk_until(ladder: Ladder, calendar: BusinessTime, now: datetime) -> datetime:
    """The latest deadline that is at risk at `now`: whatever breaches after now and by then has had its warning due.

    The time between the first warning and the target, counted from now on the calendar that the clock counts on; so
    one instant serves every case under the ladder, and none has to be worked out by itself. `now` where the ladder
    warns of nothing before its target: then nothing is at risk.
    """
    warning = _warning(ladder)
    return now if warning is None else calendar.add(now, ladder.target - warning)


def at_risk_from(ladder: Ladder, calendar: BusinessTime, start: datetime, deadline: datetime) -> datetime:
    """When a case that started then comes to be at risk: its first warning is due; its deadline where there is none."""
    warning = _warning(ladder)
    return deadline if warning is None else min(calendar.add(start, warning), deadline)


def _warning(ladder: Ladder) -> timedelta | None:
    return min((s.at for s in ladder.steps if s.kind == Kind.WARNING and s.at < ladder.target), default=None)
