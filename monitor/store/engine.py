"""Connections: one writer a process on SQLite, a pool on PostgreSQL, the same two words for both: read and write."""

from __future__ import annotations

import secrets
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.pool import QueuePool

_BUSY_MILLISECONDS = 10_000
PROGRAM = "sns-monitor"
"""Begins the name of our sessions in PostgreSQL's `pg_stat_activity`; each store, so each process, adds its own."""
#: A node that froze or was cut off must not keep its locks: PostgreSQL ends its transaction, TCP its connection, both
#: before it is taken for dead. Where it has fellows, these are faster (`store.nodes.end_frozen`).
_PATIENCE: dict[str, Any] = {
    "connect_timeout": 5,
    "options": "-c timezone=UTC -c lock_timeout=30s -c idle_in_transaction_session_timeout=12s",
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
#: Errors of a database that was away, busy or in another's way: the same work may well succeed again.
PASSING = (OperationalError, InterfaceError)
_OLDEST_SQLITE = (3, 35, 0)  # UPDATE … RETURNING


#: What the rest of the tree calls an open connection, without knowing whose it is.
Transaction = Connection


class StoreError(Exception):
    """The database cannot be used as it is; the message names the mend."""


def new_id(prefix: str) -> str:
    """An opaque id that grows with time, so that new rows land at one end of their index."""
    return f"{prefix}{time.time_ns() // 1_000_000:011x}{secrets.token_hex(5)}"


class Turnstile:
    """A lock that lets its waiters in as they came.

    A plain lock goes to whoever asks next, which in a storm is the thread that has just let go of it: the alerts that
    it wrote would wait for their delivery until all is decided.
    """

    def __init__(self) -> None:
        self._gate = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._held = False

    def __enter__(self) -> None:
        with self._gate:
            if not self._held:
                self._held = True
                return
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        turn.acquire()

    def __exit__(self, *_: object) -> None:
        with self._gate:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._held = False


class Store:
    """The database. `with store.write() as tx` is a transaction that may change it; `store.read()` sees one instant."""

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self._turns = Turnstile()
        self._closed = threading.Event()
        if self.is_sqlite:
            if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
                raise StoreError(f"SQLite {sqlite3.sqlite_version} is too old; 3.35 or newer is needed")
            self.path: Path | None = Path(parsed.database or "")
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = _sqlite(str(self.path), "BEGIN IMMEDIATE", pool_size=1)
            self._reader = _sqlite(str(self.path), "BEGIN", pool_size=8)
        else:
            self.path = None
            self._writer = self._reader = create_engine(
                parsed.set(drivername="postgresql+psycopg"), pool_size=8, max_overflow=8, pool_pre_ping=True,
                connect_args={"application_name": new_id(f"{PROGRAM} "), **_PATIENCE},
            )  # fmt: skip

    @property
    def engine(self) -> Engine:
        """The writing engine, for migrations."""
        return self._writer

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that commits at the end of the block. Short, and never across a network call."""
        with self._used():
            if not self.is_sqlite:
                with self._writer.begin() as tx:
                    yield tx
                return
            with self._turns, self._writer.begin() as tx:
                yield tx

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that changes nothing. On SQLite it sees one instant, on PostgreSQL each statement its own."""
        with self._used(), self._reader.connect() as connection:
            yield connection

    def ping(self) -> None:
        """Prove that the database takes a write. Raises what the driver raises."""
        with self.write() as tx:
            tx.execute(text("UPDATE flags SET value = value WHERE name = ''"))

    def close(self) -> None:
        """Let go of every connection; one that a thread still uses, as soon as it is done with it."""
        self._closed.set()
        for engine in (self._writer, self._reader):
            engine.pool.dispose()

    @contextmanager
    def _used(self) -> Iterator[None]:
        try:
            yield
        finally:
            if self._closed.is_set():
                self.close()


def _sqlite(path: str, begin: str, pool_size: int) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}", poolclass=QueuePool, pool_size=pool_size, max_overflow=8, pool_timeout=60,
        connect_args={"timeout": _BUSY_MILLISECONDS / 1000, "check_same_thread": False},
    )  # fmt: skip

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself: we say BEGIN below
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-16000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def lock_conversations(tx: Connection, keys: set[str]) -> None:
    """Hold these conversations until the transaction ends; on SQLite the one writer holds them all already."""
    if tx.dialect.name == "postgresql" and keys:
        tx.execute(
            text(
                "SELECT pg_advisory_xact_lock(h) FROM (SELECT DISTINCT hashtextextended(k, 0) AS h"
                " FROM unnest(CAST(:keys AS text[])) AS k ORDER BY h) AS ordered"
            ),
            {"keys": sorted(keys)},
        )


def lock_migrations(tx: Connection) -> None:
    """Let one node at a time migrate; on SQLite the one writer is alone already."""
    if tx.dialect.name == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('sns-monitor migrations', 0))"))
