"""Faults of the service itself: the root contact is told once an episode, and once when it is over."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from monitor.alerts import outbox
from monitor.rules import Rules
from monitor.store import audit, episodes
from monitor.store.engine import Transaction

log = structlog.get_logger(__name__)

AUDIT = "audit"
"""The episode of an auditor that is not content."""
LOOKED_WITHIN = timedelta(minutes=1)
"""An auditor that has not looked for longer, as one that hangs or cannot write, proves nothing."""
CLOCK = "clock"
"""Begins the names of the episodes of a clock that differs from a platform's, one a host and platform."""


def begins(tx: Transaction, rules: Rules, name: str, why: str, now: datetime) -> None:
    """Something is wrong: told if it is news. `why` is what the root contact reads, one fault a line."""
    if episodes.begin(tx, name, why, now):
        log.error("fault.begins", fault=name, why=why)
        tell(tx, rules, why, now)


def ends(tx: Transaction, rules: Rules, name: str, said: str, now: datetime) -> None:
    """It is right again: `said` if it had been wrong."""
    if episodes.end(tx, name):
        log.info("fault.ends", fault=name)
        tell(tx, rules, said, now)


def tell(tx: Transaction, rules: Rules, detail: str, now: datetime) -> None:
    """Tell the root contact of a fault."""
    outbox.notice(tx, rules, "fault", [rules.root], now, detail=detail)


def unproved(tx: Transaction) -> list[str]:
    """Why no heartbeat may leave: what the auditor found wrong, one fault a line, or that none has looked lately."""
    lines = [line for one in episodes.going_on(tx, AUDIT) for line in one.why.splitlines()]
    if not audit.looked_within(tx, LOOKED_WITHIN):
        lines.append(f"no auditor has looked within {LOOKED_WITHIN}")
    return lines
