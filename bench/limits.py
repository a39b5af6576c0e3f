"""What this machine can do at all, measured in the same run as the figures that stand beside it."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from sqlalchemy import insert
from sqlmodel import Session

from bench.stage import START
from monitor.store.columns import micros
from monitor.store.engine import Store
from monitor.store.tables import EventRow

ROWS = 10_000


def bare_claim(folder: Path, rows: int = 1000) -> float:
    """Microseconds a row: one UPDATE that claims `rows` of a million and commits at FULL, sqlite3 alone."""
    path = folder / "claim.db"
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA journal_mode=WAL")
        raw.execute("PRAGMA synchronous=FULL")
        raw.execute("CREATE TABLE cases (id INTEGER PRIMARY KEY, due INTEGER, lease INTEGER)")
        raw.execute("CREATE INDEX due ON cases (due)")
        raw.executemany("INSERT INTO cases VALUES (?, ?, NULL)", ((n, n) for n in range(1_000_000)))
        raw.commit()
        began = time.perf_counter()
        raw.execute("UPDATE cases SET lease = 1 WHERE id IN (SELECT id FROM cases WHERE due < ?)", (rows,))
        raw.commit()
        spent = time.perf_counter() - began
    return spent / rows * 1e6


def bare_rows(folder: Path) -> float:
    """Rows a second that sqlite3 alone writes at FULL, in pages of 100, each committed."""
    path = folder / "bare.db"
    row = ("k0001", "opened", micros(START), "platform", '{"mentions":["1"],"department":"transport"}')
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA journal_mode=WAL")
        raw.execute("PRAGMA synchronous=FULL")
        raw.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, case_id, kind, at, actor, data)")
        began = time.perf_counter()
        for _ in range(ROWS // 100):
            raw.executemany("INSERT INTO events (case_id, kind, at, actor, data) VALUES (?, ?, ?, ?, ?)", [row] * 100)
            raw.commit()
        return ROWS / (time.perf_counter() - began)


def core_rows(store: Store) -> float:
    """Rows a second that SQLAlchemy Core writes, in pages of 100, each committed."""
    row = {"case_id": "k0001", "kind": "opened", "at": START, "actor": "platform", "data": {"mentions": ["1"]}}
    began = time.perf_counter()
    for _ in range(ROWS // 100):
        with store.write() as tx:
            tx.execute(insert(EventRow.__table__), [row] * 100)  # type: ignore[attr-defined]
    return ROWS / (time.perf_counter() - began)


def orm_rows(store: Store) -> float:
    """Rows a second that the ORM's add_all writes, in pages of 100, each committed."""
    began = time.perf_counter()
    for _ in range(ROWS // 100):
        with store.write() as tx, Session(bind=tx) as session:
            session.add_all(
                EventRow(case_id="k0001", kind="opened", at=START, actor="platform", data={"mentions": ["1"]})
                for _ in range(100)
            )
            session.flush()
    return ROWS / (time.perf_counter() - began)
