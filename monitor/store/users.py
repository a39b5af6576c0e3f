"""Who may log in to the web."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, select, update

from monitor.store.tables import UserRow

_users = UserRow.__table__  # type: ignore[attr-defined]


class User(NamedTuple):
    """Somebody who may log in, or may no longer."""

    id: str
    name: str
    role: str
    departments: tuple[str, ...]
    """Beside those in which the settings name them."""
    password_hash: str
    created_at: datetime
    password_set_at: datetime | None
    disabled_at: datetime | None


def get(tx: Connection, id: str) -> User | None:
    """One user; None where there is none of that id."""
    row = tx.execute(_select().where(_users.c.id == id)).one_or_none()
    return None if row is None else _user(row)


def everybody(tx: Connection) -> list[User]:
    """All users in the order of their ids, those who may no longer log in with them."""
    return [_user(row) for row in tx.execute(_select().order_by(_users.c.id))]


def add(tx: Connection, id: str, name: str, role: str, departments: Iterable[str], now: datetime) -> None:
    """Let somebody in, who has no password yet. The id must be new."""
    tx.execute(
        insert(_users).values(
            id=id, name=name, role=role, departments=sorted(departments), password_hash="", created_at=now
        )
    )


def change(tx: Connection, id: str, role: str, departments: Iterable[str]) -> None:
    """Give somebody another role and other departments."""
    tx.execute(update(_users).where(_users.c.id == id).values(role=role, departments=sorted(departments)))


def set_password(tx: Connection, id: str, password_hash: str, now: datetime) -> None:
    """Keep the hash of a new password."""
    tx.execute(update(_users).where(_users.c.id == id).values(password_hash=password_hash, password_set_at=now))


def disable(tx: Connection, id: str, at: datetime | None) -> None:
    """Let somebody in no more from `at`; None lets them in again."""
    tx.execute(update(_users).where(_users.c.id == id).values(disabled_at=at))


def _select() -> Any:
    return select(*(_users.c[name] for name in User._fields))


def _user(row: Iterable[Any]) -> User:
    user = User(*row)
    return user._replace(departments=tuple(user.departments))
