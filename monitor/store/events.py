"""The append-only history."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from monitor.store.tables import EventRow
from sla.case import Event

_events = EventRow.__table__  # type: ignore[attr-defined]


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
    if rows:
        tx.execute(insert(_events), rows)


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
    for row in tx.execution_options(yield_per=2000).execute(query):
        yield Recorded(*row)


def _select() -> Any:
    c = _events.c
    return select(c.id, c.case_id, c.kind, c.at, c.actor, c.data).order_by(c.id)
