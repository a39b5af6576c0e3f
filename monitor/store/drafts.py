"""Answers written here: where each one stands on its way to the platform. The words are purged in their time."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, literal_column, select, update

from monitor.store.tables import CaseRow, DraftRow

_drafts = DraftRow.__table__  # type: ignore[attr-defined]
_cases = CaseRow.__table__  # type: ignore[attr-defined]


class DraftState(StrEnum):
    """Where a draft stands; from the third on it has ended."""

    WAITING = "waiting"
    """For a second pair of eyes."""
    POSTING = "posting"
    """Its request is about to leave, or under way."""
    POSTED = "posted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    FAILED = "failed"
    """Refused, or never sent: nothing stands on the platform."""
    UNKNOWN = "unknown"
    """Sent, and nothing is known of it: it may stand on the platform. Never sent again."""


class Draft(NamedTuple):
    """An answer written here."""

    id: str
    case_id: str
    to_post: str
    """The mention it answers."""
    author: str
    text: str
    """"" once it was purged."""
    state: DraftState
    written_at: datetime
    decided_by: str | None = None
    """Who let it go to the platform, rejected it or took it back."""
    decided_at: datetime | None = None
    """When they did: of one that is being posted, when that began."""
    posted_id: str | None = None
    problem: str = ""
    """Why it was rejected or failed, in the words of whoever said so."""


_columns = tuple(_drafts.c[name] for name in Draft._fields)
#: Spelled as the partial index is, which the planner takes only then.
_open: Any = literal_column("drafts.state IN ('waiting', 'posting')")


def add(tx: Connection, draft: Draft) -> None:
    """Store a new one."""
    tx.execute(insert(_drafts).values(draft._asdict()))


def get(tx: Connection, id: str) -> Draft | None:
    """One draft by its id."""
    row = tx.execute(select(*_columns).where(_drafts.c.id == id)).one_or_none()
    return None if row is None else _draft(row)


def of_case(tx: Connection, case_id: str) -> list[Draft]:
    """A case's drafts, oldest first."""
    c = _drafts.c
    query = select(*_columns).where(c.case_id == case_id).order_by(c.written_at, c.id)
    return [_draft(row) for row in tx.execute(query)]


def waiting(tx: Connection, departments: Collection[str] | None = None) -> list[Draft]:
    """Drafts that wait for a second pair of eyes, of cases of these departments, oldest first; None: of all."""
    c = _drafts.c
    query = select(*_columns).where(_open, c.state == DraftState.WAITING).order_by(c.written_at, c.id)
    if departments is not None:
        query = query.join(_cases, _cases.c.id == c.case_id).where(_cases.c.department.in_(departments))
    return [_draft(row) for row in tx.execute(query)]


def posting_since(tx: Connection, before: datetime) -> list[Draft]:
    """Drafts whose posting began before then and has no end yet, oldest first."""
    c = _drafts.c
    query = select(*_columns).where(_open, c.state == DraftState.POSTING, c.decided_at < before)
    return [_draft(row) for row in tx.execute(query.order_by(c.decided_at, c.id))]


def move(tx: Connection, id: str, was: Collection[DraftState], to: DraftState, **values: Any) -> bool:
    """Bring a draft to its next state; False where it is in none of those it `was` in any more."""
    moved = update(_drafts).where(_drafts.c.id == id, _drafts.c.state.in_(was)).values(state=to, **values)
    return tx.execute(moved).rowcount > 0


def purge(tx: Connection, before: datetime) -> int:
    """Let go of the words of drafts from before then; returns of how many."""
    c = _drafts.c
    old = update(_drafts).where(c.written_at < before, c.text != literal_column("''"))
    return tx.execute(old.values(text="")).rowcount


def _draft(row: Any) -> Draft:
    draft = Draft._make(row)
    return draft._replace(state=DraftState(draft.state))
