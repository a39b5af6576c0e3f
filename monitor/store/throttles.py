"""Failed logins by account and by address: after some of them the next has to wait, longer each time."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select, update

from monitor.store.bulk import once
from monitor.store.tables import ThrottleRow

_throttles = ThrottleRow.__table__  # type: ignore[attr-defined]
_insert = once(_throttles)

FREE = 5
"""Failures that cost no waiting: people mistype."""
FIRST = timedelta(seconds=30)
LONGEST = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=1)
"""So long after the last failure everything is forgiven."""


def blocked_until(tx: Connection, keys: Collection[str], now: datetime) -> datetime | None:
    """Until when one of these must wait; None where none must."""
    c = _throttles.c
    found: datetime | None = tx.execute(
        select(func.max(c.blocked_until, type_=c.blocked_until.type)).where(c.key.in_(keys), c.blocked_until > now)
    ).scalar()
    return found


def failed(tx: Connection, key: str, now: datetime, free: int = FREE) -> None:
    """Count one more failure; after `free` of them the wait doubles with each."""
    c = _throttles.c
    tx.execute(delete(_throttles).where(c.failed_at < now - FORGOTTEN_AFTER))
    _insert(tx, [{"key": key, "failures": 0, "failed_at": now, "blocked_until": None}])
    failures: int = tx.execute(
        update(_throttles).where(c.key == key).values(failures=c.failures + 1, failed_at=now).returning(c.failures)
    ).scalar_one()
    if failures >= free:
        wait = min(FIRST * 2 ** min(failures - free, 10), LONGEST)
        tx.execute(update(_throttles).where(c.key == key).values(blocked_until=now + wait))


def succeeded(tx: Connection, key: str) -> None:
    """Forget the failures of an account whose person is in. Those of an address are not forgiven by one success."""
    tx.execute(delete(_throttles).where(_throttles.c.key == key))
