"""The chain of seals over the events: a block's head covers its events, byte for byte, and the head before it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Text, func, select, text, type_coerce
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError

from monitor.store.columns import dumps, micros
from monitor.store.tables import EventRow, SealRow

_events = EventRow.__table__  # type: ignore[attr-defined]
_seals = SealRow.__table__  # type: ignore[attr-defined]

PATIENCE = timedelta(seconds=2)
"""How long a sealer waits for writers to end; twice PostgreSQL's `deadlock_timeout`, so that autovacuum gives way."""

_LOCK_NOT_AVAILABLE = "55P03"


class Busy(Exception):
    """Writers kept the history busy for so long that nothing was settled: try again later."""


@dataclass(frozen=True, slots=True)
class Seal:
    """A block of events that was sealed."""

    number: int
    """1, 2, 3…"""
    first_event: int
    last_event: int
    count: int
    head: str
    """SHA-256 in hex."""
    sealed_at: datetime


class Line(NamedTuple):
    """An event as it is hashed."""

    id: int
    text: str
    """The JSON array [id, case_id, kind, at, actor, data]: `at` in microseconds since 1970, `data` the stored text."""


def settled(tx: Connection) -> int:
    """The newest event's id, once no lower one can appear any more. Takes a writing transaction of its own.

    PostgreSQL hands out ids before commit, so a lower id may become visible after a higher one. A SHARE lock waits
    until every transaction that wrote events has ended and lets no other begin to; an id is handed out only under the
    writers' own lock, so what is the highest then stays complete. Comparing `xmin` with the oldest running transaction
    would not do: a transaction that began later may hold a lower id. The lock is held for this one look.

    Raises:
        Busy: the lock was not to be had within `PATIENCE`; writers that queue behind it wait no longer than that.
    """
    if tx.dialect.name == "postgresql":
        tx.execute(text(f"SET LOCAL lock_timeout = {PATIENCE // timedelta(milliseconds=1)}"))
        try:
            tx.execute(text("LOCK TABLE events IN SHARE MODE"))
        except OperationalError as exc:
            if getattr(exc.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
                raise Busy(f"the events were being written for {PATIENCE.total_seconds()} s on end") from exc
            raise
    found: int = tx.execute(select(func.coalesce(func.max(_events.c.id), 0))).scalar_one()
    return found


def newest(tx: Connection) -> Seal | None:
    """The end of the chain; None when nothing is sealed."""
    row = tx.execute(_select().order_by(_seals.c.number.desc()).limit(1)).one_or_none()
    return None if row is None else Seal(*row)


def walk(tx: Connection) -> Iterator[Seal]:
    """The chain from its beginning, a batch at a time in memory."""
    for row in tx.execute(_select().order_by(_seals.c.number).execution_options(yield_per=2000)):
        yield Seal(*row)


def add(tx: Connection, seal: Seal) -> bool:
    """Put a seal at the chain's end; False when another node put one there first."""
    dialect: Any = postgresql if tx.dialect.name == "postgresql" else sqlite
    insert = dialect.insert(_seals).values(**asdict(seal)).on_conflict_do_nothing()
    # Not rowcount, which is -1 for an INSERT on PostgreSQL.
    return tx.execute(insert.returning(_seals.c.number)).first() is not None


def lines(tx: Connection, after: int | None, until: int, limit: int | None = None) -> Iterator[Line]:
    """Events above `after` (None: all) up to `until`, in the order of their ids, as they are hashed."""
    c = _events.c
    # The data as stored, not parsed and written anew: so no change of it escapes, and none but a change is seen.
    query = select(c.id, c.case_id, c.kind, c.at, c.actor, type_coerce(c.data, Text)).where(c.id <= until)
    if after is not None:
        query = query.where(c.id > after)
    for id, case_id, kind, at, actor, data in tx.execute(
        query.order_by(c.id).limit(limit).execution_options(yield_per=2000)
    ):
        yield Line(id, dumps([id, case_id, kind, micros(at), actor, data]))


def digest(head: str, of: Iterable[Line]) -> str:
    """The head of a block: SHA-256 over the head before it ("" for the first) and its lines, each with a newline."""
    hashed = hashlib.sha256(f"{head}\n".encode())
    for line in of:
        hashed.update(line.text.encode())
        hashed.update(b"\n")
    return hashed.hexdigest()


def _select() -> Any:
    return select(*(_seals.c[field.name] for field in fields(Seal)))
