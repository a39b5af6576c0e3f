"""Copies of the database, and back: SQLite by its backup API, PostgreSQL by its own programs.

A restore never loses what it replaces, and leaves a mark so that alerts that are overdue by then wait for the
operator's word: a copy of yesterday would otherwise tell everybody of yesterday's cases again.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import make_url

from monitor import service
from monitor.store import migrate, operator
from monitor.store.engine import Store, StoreError
from monitor.store.opening import NotMigrated, TryLater, in_words, opened, revision, sqlite_path

_PRIVATE = 0o600
"""A copy holds citizens' posts."""


class Refused(StoreError):
    """It was not done, because of what was found; the message names the mend."""


def backup(url: str, target: Path) -> None:
    """Copy a database whole into a new file, while the daemon goes on.

    Raises:
        Refused: the file is there already or cannot be written, or PostgreSQL's programs are missing or fail.
        NotMigrated: there is no database yet.
    """
    path = sqlite_path(url)
    if target.exists():
        raise Refused(f"{target} is there already; name a new file")
    if path is not None and not path.exists():
        raise NotMigrated(f"there is no database {path} yet")
    part = target.with_name(target.name + ".part")
    try:
        part.touch(_PRIVATE)
        if path is None:
            _program("pg_dump", url, f"--file={part}", "--format=custom", "--no-owner")
        else:
            _copy(path, part)
            _one_file(part)
        part.replace(target)
    except OSError as exc:
        raise Refused(f"{target} cannot be written: {exc.strerror}") from exc
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def restore(url: str, source: Path, now: datetime) -> Path | None:
    """Put a copy in the database's place and hold its alerts; returns where the old database is kept, if any.

    Raises:
        AlreadyRunning: a daemon runs on this SQLite file.
        TryLater: others are connected to this PostgreSQL database.
        Refused: the file is no copy of ours, a damaged one, or PostgreSQL's programs are missing or fail.
        DatabaseTooNew: it was made by a newer program.
    """
    if not source.is_file():
        raise Refused(f"there is no file {source}")
    path = sqlite_path(url)
    return _restore_postgresql(url, source, now) if path is None else _restore_sqlite(path, source, now)


def check(url: str) -> list[str]:
    """What is wrong with a database's file and schema; empty when sound. Raises as `opened`."""
    with opened(url) as store, store.read() as tx:
        if not store.is_sqlite:
            tx.execute(text("SELECT 1 FROM events LIMIT 1"))
            return []
        found = [str(row[0]) for row in tx.execute(text("PRAGMA integrity_check")) if row[0] != "ok"]
        found += [f"{row[0]}: row {row[1]} names a missing {row[2]}"
                  for row in tx.execute(text("PRAGMA foreign_key_check"))]  # fmt: skip
        return found


def _restore_sqlite(path: Path, source: Path, now: datetime) -> Path | None:
    with closing(service.hold(path)):
        part = path.with_name(path.name + ".restoring")
        try:
            part.touch(_PRIVATE)
            _copy(source, part)
            _make_ready(f"sqlite:///{part}", source, now)
            _one_file(part)
            kept = _keep(path, now) if path.exists() else None
            part.replace(path)
        finally:
            for leftover in (part, *_beside(part)):
                leftover.unlink(missing_ok=True)
    return kept


def _copy(source: Path, target: Path) -> None:
    try:
        migrate.backup(source, target)
    except sqlite3.Error as exc:
        raise Refused(f"{source} cannot be copied: {exc}") from exc


def _make_ready(url: str, source: Path, now: datetime) -> None:
    """Judge a copy before it is put in place, bring it up to date, and hold its alerts."""
    with in_words(), closing(Store(url)) as store:
        if revision(store) is None:
            raise Refused(f"{source} is no database of sns-monitor")
        older = migrate.upgrade(store, now)
        if older is not None:
            older.unlink()  # a copy of the copy: `source` itself is still there
        if store.is_sqlite:
            with store.read() as tx:
                broken = tx.execute(text("PRAGMA integrity_check")).scalar()
            if broken != "ok":
                raise Refused(f"{source} is damaged: {broken}")
        with store.write() as tx:
            operator.hold(tx, source.name, now)


def _keep(path: Path, now: datetime) -> Path:
    """Move a database aside with all that belongs to it; the log first, so that no new file ever meets an old log."""
    kept = path.with_name(f"{path.stem}-replaced-{now:%Y%m%dT%H%M%SZ}{path.suffix}")
    if kept.exists():
        raise Refused(f"{kept} is there already; try again")
    for old, new in zip(_beside(path), _beside(kept), strict=True):
        if old.exists():
            old.replace(new)
    path.replace(kept)
    return kept


def _beside(path: Path) -> tuple[Path, Path]:
    return path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")


def _one_file(path: Path) -> None:
    """Fold a copy's log into it and leave none beside it."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


def _restore_postgresql(url: str, source: Path, now: datetime) -> Path | None:
    with in_words(), closing(Store(url)) as store:
        with store.read() as tx:
            others = tx.execute(
                text(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                    " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
                )
            ).scalar_one()
        if others:
            raise TryLater(f"{others} other connections use this database; stop every node first")
        kept = None
        if revision(store) is not None:
            kept = source.with_name(f"{source.stem}-replaced-{now:%Y%m%dT%H%M%SZ}{source.suffix}")
            _program("pg_dump", url, f"--file={kept}", "--format=custom", "--no-owner")
    _program(
        "pg_restore", url, "--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error",
        str(source),
    )  # fmt: skip
    _make_ready(url, source, now)
    return kept


def _program(name: str, url: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs on a database; the password goes by the environment, where `ps` shows none."""
    found = shutil.which(name)
    if found is None:
        raise Refused(f"{name} is not on the PATH; install the PostgreSQL client programs of the server's version")
    parsed = make_url(url)
    environment = {**os.environ, "PGCONNECT_TIMEOUT": "5"}
    if parsed.password is not None:
        environment["PGPASSWORD"] = str(parsed.password)
    address = parsed._replace(drivername="postgresql", password=None).render_as_string()
    done = subprocess.run(  # noqa: S603 - the program is PostgreSQL's own, no shell reads the arguments
        [found, f"--dbname={address}", "--no-password", *arguments], env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        raise Refused(f"{name}: {said[0] if said else f'ended with {done.returncode}'}")
