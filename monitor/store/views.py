"""What commands and pages show, and the few things an operator does to the outbox."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, and_, or_, select, update

from monitor.store.tables import AlertRow, MessageRow, PostRow
from sla.case import Case

_posts = PostRow.__table__  # type: ignore[attr-defined]
_alerts = AlertRow.__table__  # type: ignore[attr-defined]
_messages = MessageRow.__table__  # type: ignore[attr-defined]

HELD = "held"
"""The state of a message that was on its way when its database was copied, and waits for the operator's word."""


class ShownPost(NamedTuple):
    """A post of a case as people read it."""

    id: str
    role: str
    author: str | None
    author_name: str
    text: str
    permalink: str
    created_at: datetime
    stored_at: datetime
    gone_at: datetime | None
    reply_to: str | None


def thread(tx: Connection, case: Case) -> list[ShownPost]:
    """The mentions of a case and what the city said to them, oldest first."""
    c = _posts.c
    mine = select(c.id).where(c.platform == case.platform, c.case_id == case.id)
    ours = c.role.in_(("official", "automatic"))
    said_to_them = [c.reply_to.in_(mine), c.quote_of.in_(mine)]
    if case.author is not None:
        said_to_them.append(and_(c.conversation == case.conversation, c.reply_to_author == case.author))
    query = (
        select(*(c[name] for name in ShownPost._fields))
        .where(
            c.platform == case.platform,
            or_(c.case_id == case.id, c.id == case.answer, and_(ours, or_(*said_to_them))),
        )
        .order_by(c.created_at, c.id)
    )
    return [ShownPost(*row) for row in tx.execute(query)]


def cases_of_messages(tx: Connection, ids: Collection[str]) -> dict[str, list[str]]:
    """The cases that messages speak of, by message, longest due first."""
    c = _alerts.c
    query = select(c.message_id, c.case_id).where(c.message_id.in_(ids), c.case_id.is_not(None))
    found: dict[str, list[str]] = {id: [] for id in ids}
    for message, case in tx.execute(query.order_by(c.due_at, c.id)):
        found[message].append(case)
    return found


def retry_message(tx: Connection, id: str, now: datetime) -> bool:
    """Send a dead message again, under its id; False where there is no dead message of that id."""
    m = _messages.c
    dead = update(_messages).where(m.id == id, m.state == "dead")
    if tx.execute(dead.values(state="queued", next_attempt_at=now, finished_at=None)).rowcount == 0:
        return False
    tx.execute(update(_alerts).where(_alerts.c.message_id == id, _alerts.c.state == "dead").values(state="bundled"))
    return True


def hold_messages(tx: Connection) -> int:
    """Keep every message that is on its way from being sent; returns how many."""
    m = _messages.c
    waiting = update(_messages).where(m.next_attempt_at.is_not(None))
    return tx.execute(waiting.values(state=HELD, next_attempt_at=None, lease_owner=None, lease_until=None)).rowcount


def release_messages(tx: Connection, now: datetime) -> int:
    """Let held messages go on, under their ids; returns how many."""
    held = update(_messages).where(_messages.c.state == HELD)
    return tx.execute(held.values(state="queued", next_attempt_at=now)).rowcount
