"""Who is logged in, on which browsers. What the cookie holds is never stored, only its SHA-256."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from monitor.store.tables import SessionRow

_sessions = SessionRow.__table__  # type: ignore[attr-defined]

SEEN_EVERY = timedelta(minutes=1)
"""How often a session's last use is written down: not at every request."""


class Session(NamedTuple):
    """A login that has not ended."""

    id: str
    user_id: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str


def key(token: str) -> str:
    """What a cookie's token is stored as."""
    return hashlib.sha256(token.encode()).hexdigest()


def begin(tx: Connection, token: str, user_id: str, now: datetime, lasts: timedelta, address: str) -> None:
    """Log somebody in; sessions that are over go with it."""
    tx.execute(delete(_sessions).where(_sessions.c.expires_at <= now))
    tx.execute(
        insert(_sessions).values(
            id=key(token), user_id=user_id, created_at=now, seen_at=now, expires_at=now + lasts, address=address
        )
    )


def find(tx: Connection, token: str, now: datetime) -> Session | None:
    """The session of a cookie's token; None where it never was, has ended or is over."""
    columns = [_sessions.c[name] for name in Session._fields]
    found = tx.execute(select(*columns).where(_sessions.c.id == key(token), _sessions.c.expires_at > now))
    row = found.one_or_none()
    return None if row is None else Session(*row)


def of_user(tx: Connection, user_id: str, now: datetime) -> list[Session]:
    """Where somebody is logged in, newest first."""
    columns = [_sessions.c[name] for name in Session._fields]
    query = select(*columns).where(_sessions.c.user_id == user_id, _sessions.c.expires_at > now)
    return [Session(*row) for row in tx.execute(query.order_by(_sessions.c.created_at.desc()))]


def seen(tx: Connection, id: str, now: datetime, until: datetime) -> None:
    """Write down that a session was used, so that it lasts until `until`."""
    tx.execute(update(_sessions).where(_sessions.c.id == id).values(seen_at=now, expires_at=until))


def end(tx: Connection, id: str) -> None:
    """Log one browser out."""
    tx.execute(delete(_sessions).where(_sessions.c.id == id))


def end_all(tx: Connection, user_id: str, but: str = "") -> int:
    """Log somebody out everywhere, but on one browser; returns on how many."""
    return tx.execute(delete(_sessions).where(_sessions.c.user_id == user_id, _sessions.c.id != but)).rowcount
