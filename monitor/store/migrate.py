"""Bring a database to the schema of this program: forward only, a copy first, a newer one refused."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from monitor.store.engine import Store, StoreError, lock_migrations


class DatabaseTooNew(StoreError):
    """The database was written by a newer program; install that one, or restore a backup made before it."""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def head() -> str:
    """The revision this program needs."""
    found = ScriptDirectory.from_config(_config()).get_current_head()
    assert found is not None
    return found


def revision(store: Store) -> str | None:
    """The revision the database is at; None when it is empty."""
    with store.read() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(store: Store, now: datetime) -> Path | None:
    """Migrate to `head`. On SQLite a copy of a database that needs it is made first; its path is returned.

    Raises:
        DatabaseTooNew: the database holds a revision this program does not know.
    """
    at = revision(store)
    if at == head():
        return None
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if at is not None and at not in known:
        raise DatabaseTooNew(
            f"the database is at revision {at}, which this program ({head()}) does not know: it was written by a newer"
            " sns-monitor. Install that version, or restore a backup from before the upgrade"
        )
    copy = None
    if at is not None and store.path is not None:
        copy = store.path.with_name(f"{store.path.stem}-before-{head()}-{now:%Y%m%dT%H%M%S}{store.path.suffix}")
        backup(store.path, copy)
    with store.write() as connection:
        lock_migrations(connection)
        if MigrationContext.configure(connection).get_current_revision() == head():
            return copy  # another node was first
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return copy


def backup(source: Path, target: Path) -> None:
    """Copy a live SQLite database whole, by its backup API."""
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)
