"""The append-only history."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, text

from monitor.store.bulk import Bulk
from monitor.store.tables import EventRow
from sla.case import Event

_events = EventRow.__table__  # type: ignore[attr-defined]
_append = Bulk(
    lambda _: insert(_events), {name: _events.c[name] for name in ("case_id", "kind", "at", "actor", "data")}
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event as stored."""

    id: int
    case_id: str | None
    kind: str
    at: datetime
    actor: str
    data: dict[str, Any]


def append(tx: Connection, events: Iterable[tuple[str | None, Event]]) -> None:
    """Add events of cases, or of the service itself (no case)."""
    rows = [
        {"case_id": case_id, "kind": event.kind, "at": event.at, "actor": event.actor, "data": event.data}
        for case_id, event in events
    ]
    _append(tx, rows)


def of_case(tx: Connection, case_id: str) -> Sequence[Recorded]:
    """A case's whole history, oldest first."""
    return [Recorded(*row) for row in tx.execute(_select().where(_events.c.case_id == case_id))]


def walk(
    tx: Connection, *, kinds: Sequence[str] | None = None, after: int = 0, until: int | None = None
) -> Iterator[Recorded]:
    """Every event in the order it was recorded, a batch at a time in memory."""
    query = _select().where(_events.c.id > after)
    if kinds is not None:
        query = query.where(_events.c.kind.in_(kinds))
    if until is not None:
        query = query.where(_events.c.id <= until)
    for row in tx.execute(query.execution_options(yield_per=2000)):
        yield Recorded(*row)


def freeze(tx: Connection) -> None:
    """Let every later read of this transaction see the instant of the first; must be its first words.

    On SQLite a transaction is like that by itself.
    """
    if tx.dialect.name == "postgresql":
        tx.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))


def last(tx: Connection) -> int:
    """The id of the newest event; 0 when there is none."""
    found: int = tx.execute(select(func.coalesce(func.max(_events.c.id), 0))).scalar_one()
    return found


def recorded_by(tx: Connection, case_id: str, kind: str, actor: str, since: datetime, until: datetime) -> bool:
    """Whether somebody's event of a case stands between two instants, the first of them not counted."""
    c = _events.c
    query = select(c.id).where(c.case_id == case_id, c.kind == kind, c.actor == actor, c.at > since, c.at <= until)
    return tx.execute(query.limit(1)).first() is not None


def recorded_since(
    tx: Connection, at: datetime, kinds: Sequence[str], until: int | None = None, after: int = 0
) -> Iterator[Recorded]:
    """Events of some kinds that were recorded at `at` or later, whose id is above `after` and `until` at most."""
    c = _events.c
    # Without a start among the ids SQLite is kept from walking them from the first, instead of the index of instants.
    id = c.id if after else c.id + 0
    query = _select().order_by(None).order_by(id).where(c.at >= at, c.kind.in_(kinds), id > after)
    if until is not None:
        query = query.where(id <= until)
    for row in tx.execute(query.execution_options(yield_per=2000)):
        yield Recorded(*row)


def touched(tx: Connection, after: int, until: int, limit: int | None = None) -> tuple[list[str], int]:
    """Ids of the cases that the next events tell of, up to `limit` of them, and the last of those events."""
    c = _events.c
    query = select(c.id, c.case_id).where(c.id > after, c.id <= until).order_by(c.id).limit(limit)
    ids: dict[str, None] = {}
    last = after
    for event in tx.execute(query.execution_options(yield_per=2000)):
        last = event.id
        if event.case_id is not None:
            ids[event.case_id] = None
    return list(ids), last


def of_service(tx: Connection, kinds: Sequence[str]) -> Iterator[Recorded]:
    """Events of some kinds that belong to no case, in order."""
    query = _select().where(_events.c.case_id.is_(None), _events.c.kind.in_(kinds))
    for row in tx.execute(query.execution_options(yield_per=2000)):
        yield Recorded(*row)


def of_cases(tx: Connection, case_ids: Collection[str], until: int | None = None) -> list[Recorded]:
    """The whole histories of a handful of cases, in order; `until` is the highest id that counts."""
    query = _select().where(_events.c.case_id.in_(case_ids))
    if until is not None:
        query = query.where(_events.c.id <= until)
    return [Recorded(*row) for row in tx.execute(query)]


def _select() -> Any:
    c = _events.c
    return select(c.id, c.case_id, c.kind, c.at, c.actor, c.data).order_by(c.id)
