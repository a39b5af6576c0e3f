"""What staff write beside a case. The words are purged in their time; that there was a note stays in the history."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, insert, literal_column, select, update

from monitor.store.tables import NoteRow

_notes = NoteRow.__table__  # type: ignore[attr-defined]


class Note(NamedTuple):
    """A note as it is shown."""

    id: int
    author: str
    written_at: datetime
    text: str
    struck_at: datetime | None


def add(tx: Connection, case_id: str, author: str, text: str, now: datetime) -> int:
    """Write a note; returns its number."""
    row = insert(_notes).values(case_id=case_id, author=author, text=text, written_at=now)
    key = tx.execute(row).inserted_primary_key
    assert key is not None
    return int(key[0])


def strike(tx: Connection, case_id: str, number: int, now: datetime) -> bool:
    """Take a note back: its words go, its place stays. False where the case has no such note that stands."""
    c = _notes.c
    struck = update(_notes).where(c.id == number, c.case_id == case_id, c.struck_at.is_(None))
    return tx.execute(struck.values(text="", struck_at=now)).rowcount > 0


def of_case(tx: Connection, case_id: str) -> list[Note]:
    """A case's notes, oldest first, those that were struck with them."""
    c = _notes.c
    query = select(*(c[name] for name in Note._fields)).where(c.case_id == case_id).order_by(c.id)
    return [Note(*row) for row in tx.execute(query)]


def purge(tx: Connection, before: datetime) -> int:
    """Let go of the words of notes from before then; returns of how many."""
    c = _notes.c
    old = update(_notes).where(c.written_at < before, c.text != literal_column("''"))
    return tx.execute(old.values(text="")).rowcount
