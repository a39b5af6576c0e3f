"""Programs' rights to call the API. A token is shown once, when it is made; only its SHA-256 is kept."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, or_, select, update

from monitor.store.engine import new_id
from monitor.store.tables import ApiTokenRow

_tokens = ApiTokenRow.__table__  # type: ignore[attr-defined]

PREFIX = "snsm_"
"""So that scanners for secrets know one that strayed into a file."""
USED_EVERY = timedelta(minutes=1)
"""How often the last use is written down: not at every call."""


class ApiToken(NamedTuple):
    """A program's right, without the token itself."""

    id: str
    name: str
    role: str
    departments: tuple[str, ...]
    """Those it sees, where its role does not see the whole city."""
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    revoked_at: datetime | None


def add(
    tx: Connection, name: str, role: str, departments: Iterable[str], by: str, now: datetime,
    expires_at: datetime | None,
) -> tuple[ApiToken, str]:  # fmt: skip
    """Make a token; returns its entry and the token, which nobody can read again."""
    token = PREFIX + secrets.token_urlsafe(32)
    entry = ApiToken(new_id("t"), name, role, tuple(sorted(departments)), by, now, expires_at, None, None)
    tx.execute(insert(_tokens).values(entry._asdict() | {"departments": list(entry.departments), "hash": _hash(token)}))
    return entry, token


def find(tx: Connection, token: str, now: datetime) -> ApiToken | None:
    """The entry of a token that may be used now; None for every other."""
    c = _tokens.c
    valid = (c.hash == _hash(token), c.revoked_at.is_(None), or_(c.expires_at.is_(None), c.expires_at > now))
    row = tx.execute(_select().where(*valid)).one_or_none()
    return None if row is None else _entry(row)


def everything(tx: Connection) -> list[ApiToken]:
    """All entries, oldest first, those that were taken back with them."""
    return [_entry(row) for row in tx.execute(_select().order_by(_tokens.c.id))]


def used(tx: Connection, id: str, now: datetime) -> None:
    """Write down that it was used."""
    tx.execute(update(_tokens).where(_tokens.c.id == id).values(used_at=now))


def revoke(tx: Connection, id: str, now: datetime) -> bool:
    """Take it back at once; False where there is no such token that still works."""
    live = update(_tokens).where(_tokens.c.id == id, _tokens.c.revoked_at.is_(None))
    return tx.execute(live.values(revoked_at=now)).rowcount > 0


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _select() -> Any:
    return select(*(_tokens.c[name] for name in ApiToken._fields))


def _entry(row: Iterable[Any]) -> ApiToken:
    entry = ApiToken(*row)
    return entry._replace(departments=tuple(entry.departments))
