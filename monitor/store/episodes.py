"""What is wrong with the service right now: each episode begins once and ends once, whichever node sees it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, select, update

from monitor.store.bulk import once
from monitor.store.tables import FlagRow

_flags = FlagRow.__table__  # type: ignore[attr-defined]
_begin = once(_flags)
_PREFIX = "fault:"


class Episode(NamedTuple):
    """Something that is wrong, and since when."""

    name: str
    why: str
    since: datetime


def begin(tx: Connection, name: str, why: str, now: datetime) -> bool:
    """Something is wrong; True where that is news. What is wrong is kept up to date while it lasts."""
    if _begin(tx, [{"name": _PREFIX + name, "value": why, "set_at": now}]):
        return True
    c = _flags.c
    tx.execute(update(_flags).where(c.name == _PREFIX + name, c.value != why).values(value=why))
    return False


def end(tx: Connection, name: str) -> bool:
    """It is right again; True where it had been wrong."""
    return tx.execute(delete(_flags).where(_flags.c.name == _PREFIX + name)).rowcount > 0


def going_on(tx: Connection, prefix: str = "") -> list[Episode]:
    """Every episode whose name begins so, in the order of their names."""
    c = _flags.c
    query = select(c.name, c.value, c.set_at).where(c.name.startswith(_PREFIX + prefix, autoescape=True))
    return [Episode(row[0].removeprefix(_PREFIX), row[1], row[2]) for row in tx.execute(query.order_by(c.name))]
