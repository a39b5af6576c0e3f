"""Open a database for a command that only looks or acts: it must be there and at this program's schema already.

Drivers' errors come out as `StoreError`s, so that nobody above the store needs to know whose database it is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import exc, inspect, text
from sqlalchemy.engine import make_url

from monitor.store.engine import Store, StoreError

#: SQLite's primary result codes that another moment, or another place on the disk, may mend.
_PASSING = {
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN,
}  # fmt: skip


class TryLater(StoreError):
    """The database cannot be used now: locked, full, unreachable. The same may succeed later."""


class NotMigrated(TryLater):
    """There is no database yet, or it is older than this program: the daemon or `db upgrade` brings it up to date."""


@contextmanager
def opened(url: str) -> Iterator[Store]:
    """An existing, migrated database; it is never created or changed by opening it.

    Raises:
        NotMigrated: it is not there, empty, or at an older schema.
        DatabaseTooNew: it was written by a newer program.
        TryLater: it is locked or unreachable, now or while the block runs.
        StoreError: it cannot be used at all.
    """
    path = sqlite_path(url)
    if path is not None and not path.exists():
        raise NotMigrated(f"there is no database {path} yet")
    with in_words():
        store = Store(url)
        try:
            _check_schema(store)
            yield store
        finally:
            store.close()


@contextmanager
def in_words() -> Iterator[None]:
    """Turn what drivers raise in the block into `TryLater` or `StoreError`."""
    try:
        yield
    except exc.TimeoutError as error:
        raise TryLater("no database connection became free in time") from error
    except (exc.OperationalError, exc.InterfaceError) as error:
        said = str(error.orig).splitlines()[0]
        if isinstance(error.orig, sqlite3.Error):
            # The extended code's low byte is the primary one (SQLite, "Result and Error Codes").
            passing = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF in _PASSING
        else:
            passing = True
        raise (TryLater if passing else StoreError)(f"database: {said}") from error
    except exc.DatabaseError as error:
        if isinstance(error.orig, sqlite3.DatabaseError) and type(error.orig) is sqlite3.DatabaseError:
            raise StoreError(f"database: {error.orig}; restore a backup") from error
        raise


def sqlite_path(url: str) -> Path | None:
    """The file behind a database's address; None where it is no file."""
    parsed = make_url(url)
    return Path(parsed.database or "") if parsed.get_backend_name() == "sqlite" else None


def newest_revision() -> str:
    """The revision this program needs, by the migrations' file names: loading Alembic takes longer than a command."""
    versions = Path(__file__).parent / "migrations" / "versions"
    return max(path.name.partition("_")[0] for path in versions.glob("[0-9]*_*.py"))


def revision(store: Store) -> str | None:
    """The revision a database is at; None when it is empty."""
    with store.read() as tx:
        if not inspect(tx).has_table("alembic_version"):
            return None
        at: str | None = tx.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return at


def _check_schema(store: Store) -> None:
    at, needed = revision(store), newest_revision()
    if at == needed:
        return
    if at is None or at < needed:
        raise NotMigrated(f"the database is at revision {at or 'none'}, this program needs {needed}")
    from monitor.store.migrate import DatabaseTooNew

    raise DatabaseTooNew(
        f"the database is at revision {at}, which this program ({needed}) does not know: it was written by a newer"
        " sns-monitor. Install that version, or restore a backup from before the upgrade"
    )
