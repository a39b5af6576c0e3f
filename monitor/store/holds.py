"""What waits in the outbox and why: quiet hours, duty hours, limits of channels, maintenance; and what is overtaken."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, and_, func, or_, select, update

from monitor.store.alerts import URGENT, Group, no_longer_held, spares
from monitor.store.tables import AlertRow, MessageRow

_alerts = AlertRow.__table__  # type: ignore[attr-defined]
_messages = MessageRow.__table__  # type: ignore[attr-defined]


def overtake(tx: Connection, message_id: str, now: datetime) -> int:
    """Take out of a message what a later alert to the same person about the same round of a case says better.

    They stay on record as overtaken: a catch-up is told once, at the highest level (SEMANTICS row 23). What a hold
    kept back is overtaken by what was told meanwhile, too. Returns how many.
    """
    c, later = _alerts.c, _alerts.alias()
    on_its_way = or_(
        and_(later.c.state == "waiting", or_(later.c.held_until.is_(None), later.c.held_until <= now)),
        later.c.state == "bundled",
        and_(later.c.state == "delivered", c.held_until.is_not(None)),
    )
    same = [later.c[name] == c[name] for name in ("case_id", "recipient", "round", "clock")]
    # Of one round, what was written later is of a higher level, or tells again.
    better = select(later.c.id).where(*same, later.c.kind.in_(URGENT), later.c.id > c.id, on_its_way).exists()
    overtaken = update(_alerts).where(c.message_id == message_id, c.kind.in_(URGENT), better)
    return tx.execute(overtaken.values(state="overtaken", message_id=None)).rowcount


def full_until(tx: Connection, channel: str, most: int, window: timedelta, now: datetime) -> datetime | None:
    """When a channel that has had `most` messages within `window` may have another; None where it may now."""
    c = _messages.c
    had = (
        select(c.created_at)
        # One that lies in the future is from before the clock was set back: nobody waits for that time to come again.
        .where(c.channel == channel, c.created_at > now - window, c.created_at <= now)
        .where(c.state.not_in(("shadow", "dropped", "fell_back")))
        .order_by(c.created_at.desc())
        .limit(1)
        .offset(most - 1)
    )
    found: datetime | None = tx.execute(had).scalar()
    return None if found is None else found + window


def hold(tx: Connection, group: Group, until: datetime, because: str, now: datetime) -> int:
    """Let what waits of a group wait until then; what is of a crisis is never held. Returns how many."""
    c = _alerts.c
    waiting = update(_alerts).where(
        c.state == "waiting", c.recipient == group.recipient, c.kind == group.kind, c.level == group.level,
        c.clock == group.clock, c.due_at >= group.due_at, no_longer_held(now), ~spares(),
    )  # fmt: skip
    return tx.execute(waiting.values(held_until=until, held_by=because)).rowcount


def put_off(tx: Connection, until: datetime, now: datetime) -> int:
    """Let messages that were put off until then go now instead; returns how many."""
    c = _messages.c
    waiting = update(_messages).where(c.state == "queued", c.next_attempt_at == until)
    return tx.execute(waiting.values(next_attempt_at=now)).rowcount


def let_go(tx: Connection, now: datetime) -> int:
    """A silence for everybody ends: keep with every alert that waited in it that it did. Returns how many."""
    c = _alerts.c
    waited = update(_alerts).where(c.state == "waiting", no_longer_held(now), ~spares())
    return tx.execute(waited.values(held_until=now, held_by="maintenance")).rowcount


def is_of_crisis(tx: Connection, message_id: str) -> bool:
    """Whether a message speaks of a crisis."""
    found = select(_alerts.c.id).where(_alerts.c.message_id == message_id, spares()).limit(1)
    return tx.execute(found).first() is not None


class Waiting(NamedTuple):
    """Alerts that wait for the same thing."""

    recipient: str
    kind: str
    level: int
    clock: str
    held_until: datetime | None
    """None where they wait for a bundle only."""
    held_by: str
    size: int
    due_at: datetime
    """When the first of them fell due."""
    crisis: int
    """How many of them are of a crisis."""


def waiting(tx: Connection, now: datetime) -> list[Waiting]:
    """What waits, longest due first. A hold that is over is none any more."""
    c = _alerts.c
    query = (
        select(c.recipient, c.kind, c.level, c.clock, c.held_until, c.held_by, func.count(), func.min(c.due_at),
               func.count().filter(spares()))
        .where(c.state == "waiting")
        .group_by(c.recipient, c.kind, c.level, c.clock, c.held_until, c.held_by)
        .order_by(func.min(c.due_at), c.recipient)
    )  # fmt: skip
    found = [Waiting(*row) for row in tx.execute(query)]
    return [
        one if one.held_until is None or one.held_until > now else one._replace(held_until=None, held_by="")
        for one in found
    ]
