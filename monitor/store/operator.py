"""What an operator does to the outbox: send a dead letter again, hold what a restored copy still had on its way."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select, update

from monitor.store import events, flags
from monitor.store.tables import AlertRow, MessageRow
from sla.case import Event

_alerts = AlertRow.__table__  # type: ignore[attr-defined]
_messages = MessageRow.__table__  # type: ignore[attr-defined]

HELD = "held"
"""The state of a message that was on its way when its database was copied, and waits for the operator's word."""
_OPERATOR = "operator"


def retry(tx: Connection, id: str, now: datetime) -> bool:
    """Send a dead message again, under its id; False where there is no dead message of that id."""
    m, a = _messages.c, _alerts.c
    dead = update(_messages).where(m.id == id, m.state == "dead")
    again = dead.values(state="queued", next_attempt_at=now, first_attempt_at=None, finished_at=None)
    if tx.execute(again).rowcount == 0:
        return False
    tx.execute(update(_alerts).where(a.message_id == id, a.state == "dead").values(state="bundled"))
    events.append(tx, [(None, Event("alert_retried", now, _OPERATOR, {"message": id}))])
    return True


def hold(tx: Connection, source: str, now: datetime) -> int:
    """A database was restored from `source`: what it had on its way waits, and so does what is overdue by now.

    Returns how many messages are held.
    """
    waiting = update(_messages).where(_messages.c.next_attempt_at.is_not(None))
    held = tx.execute(
        waiting.values(state=HELD, next_attempt_at=None, lease_owner=None, lease_until=None)
    ).rowcount  # fmt: skip
    flags.put(tx, flags.ALERTS_HELD, source, now)
    events.append(tx, [(None, Event("database_restored", now, _OPERATOR, {"source": source, "held": held}))])
    return held


def release(tx: Connection, now: datetime) -> int | None:
    """The operator's word: held messages go on under their ids, held alerts are bundled.

    Returns how many messages and alerts that is, None where nothing was held.
    """
    held_at = flags.set_at(tx, flags.ALERTS_HELD)
    if not flags.clear(tx, flags.ALERTS_HELD):
        return None
    held = update(_messages).where(_messages.c.state == HELD)
    count = tx.execute(held.values(state="queued", next_attempt_at=now)).rowcount
    a = _alerts.c
    waiting = select(func.count()).where(a.state == "waiting", a.due_at <= held_at)
    count += int(tx.execute(waiting).scalar_one())
    events.append(tx, [(None, Event("alerts_released", now, _OPERATOR, {"messages": count}))])
    return count
