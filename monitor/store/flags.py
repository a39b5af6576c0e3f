"""Small facts about the installation that must outlive a restart."""

from __future__ import annotations

import json
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select

from monitor.store.columns import dumps
from monitor.store.tables import FlagRow

_flags = FlagRow.__table__  # type: ignore[attr-defined]

ALERTS_HELD = "alerts_held"
"""Set by a restore: what was due before it waits for `sns-monitor alerts release`. The value says from what file."""


MAINTENANCE = "maintenance"
"""Set while somebody works on the service and nothing is sent; the value says who, why and until when."""


class Maintenance(NamedTuple):
    """A silence that somebody asked for."""

    started_at: datetime
    until: datetime
    by: str
    """Staff id."""
    reason: str


def maintenance(tx: Connection) -> Maintenance | None:
    """The silence that was asked for, over or not, until its end is on record; None where there is none."""
    value = get(tx, MAINTENANCE)
    if value is None:
        return None
    stored = json.loads(value)
    started_at, until = (datetime.fromisoformat(stored[name]) for name in ("started_at", "until"))
    return Maintenance(started_at, until, stored["by"], stored["reason"])


def put_maintenance(tx: Connection, asked: Maintenance, now: datetime) -> None:
    """Keep what was asked for, in place of what was asked before."""
    put(tx, MAINTENANCE, dumps(asked._asdict()), now)


def get(tx: Connection, name: str) -> str | None:
    """A flag's value; None where it is not set."""
    value: str | None = tx.execute(select(_flags.c.value).where(_flags.c.name == name)).scalar()
    return value


def set_at(tx: Connection, name: str) -> datetime | None:
    """When a flag was set; None where it is not."""
    at: datetime | None = tx.execute(select(_flags.c.set_at).where(_flags.c.name == name)).scalar()
    return at


def put(tx: Connection, name: str, value: str, now: datetime) -> None:
    """Set a flag, whatever it was before."""
    clear(tx, name)
    tx.execute(insert(_flags).values(name=name, value=value, set_at=now))


def clear(tx: Connection, name: str) -> bool:
    """Take a flag away; False where it was not set."""
    return tx.execute(delete(_flags).where(_flags.c.name == name)).rowcount > 0
