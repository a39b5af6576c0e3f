"""The key that links of alerts are signed with, and which of them were used."""

from __future__ import annotations

import secrets
from datetime import datetime

from pydantic import SecretStr
from sqlalchemy import Connection, delete, select

from monitor.store import flags
from monitor.store.bulk import once
from monitor.store.tables import FlagRow, UsedLinkRow

_flags = FlagRow.__table__  # type: ignore[attr-defined]
_used = UsedLinkRow.__table__  # type: ignore[attr-defined]

_flag_once = once(_flags)
_use_once = once(_used)

KEY = "link_key"
"""The flag that keeps the key where the settings name none."""


def kept_key(tx: Connection, written: SecretStr | None = None) -> str | None:
    """The key: the one `written` in the settings, else the database's own; None until its first link was made."""
    return flags.get(tx, KEY) if written is None else written.get_secret_value()


def made_key(tx: Connection, now: datetime, written: SecretStr | None = None) -> str:
    """The same key, made where there is none yet: of two nodes at once both get the first one's."""
    key = kept_key(tx, written)
    if key is None:
        _flag_once(tx, [{"name": KEY, "value": secrets.token_urlsafe(32), "set_at": now}])
        key = kept_key(tx)
        assert key is not None
    return key


def use(tx: Connection, id: str, person: str, now: datetime, expires_at: datetime) -> bool:
    """Put a link's use on record until it would have expired; False where it was used before."""
    row = {"id": id, "person": person, "used_at": now, "expires_at": expires_at}
    return _use_once(tx, [row]) == 1


def used_at(tx: Connection, id: str) -> datetime | None:
    """When a link was used; None where it was not."""
    at: datetime | None = tx.execute(select(_used.c.used_at).where(_used.c.id == id)).scalar()
    return at


def purge(tx: Connection, now: datetime) -> None:
    """Forget links that have expired: they do nothing any more, used or not."""
    tx.execute(delete(_used).where(_used.c.expires_at <= now))
