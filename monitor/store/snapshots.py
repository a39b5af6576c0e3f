"""The weekly reports as they were made: one a week, for good. The database itself refuses to change or remove one."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from monitor.store.bulk import once
from monitor.store.tables import SnapshotRow

_snapshots = SnapshotRow.__table__  # type: ignore[attr-defined]
_put = once(_snapshots)


@dataclass(frozen=True, slots=True)
class Kept:
    """A report that was kept, without what it says."""

    week: str
    """As "2026-W47": in the order of the alphabet they are in order of time."""
    made_at: datetime
    made_by: str
    """"clock", or who asked for it by hand."""
    last_event: int
    """The newest event that was counted."""
    head: str
    """The end of the chain of seals then; "" where nothing was sealed."""
    sha256: str
    """Of `data` in UTF-8, in hex."""


@dataclass(frozen=True, slots=True)
class Snapshot(Kept):
    """A report that was kept."""

    data: str
    """The JSON of a `monitor.reports.document.Document`."""


def add(tx: Connection, snapshot: Snapshot) -> bool:
    """Keep a week's report; False where there is one: of two nodes at once one wins."""
    return _put(tx, [asdict(snapshot)]) > 0


def get(tx: Connection, week: str) -> Snapshot | None:
    """A week's report; None where none was made."""
    row = tx.execute(_select(Snapshot).where(_snapshots.c.week == week)).one_or_none()
    return None if row is None else Snapshot(*row)


def latest(tx: Connection, limit: int | None = None) -> list[Kept]:
    """The weeks there are reports of, newest first."""
    return [Kept(*row) for row in tx.execute(_select(Kept).limit(limit))]


def before(tx: Connection, week: str, limit: int | None = None) -> list[Snapshot]:
    """The reports of earlier weeks than this one, newest first."""
    return [Snapshot(*row) for row in tx.execute(_select(Snapshot).where(_snapshots.c.week < week).limit(limit))]


def _select(kind: type[Kept]) -> Any:
    return select(*(_snapshots.c[field.name] for field in fields(kind))).order_by(_snapshots.c.week.desc())
