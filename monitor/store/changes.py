"""What has just changed, for pages that are open: the history followed as it grows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, case, null, or_, select

from monitor.privacy import EXPORTED, LOOKS
from monitor.store import events
from monitor.store.tables import CaseRow, EventRow

_events = EventRow.__table__  # type: ignore[attr-defined]
_cases = CaseRow.__table__  # type: ignore[attr-defined]

UNSEEN = LOOKS | {EXPORTED, "logged_in"}
"""Kinds of events by which no page reads otherwise."""

NEW, ANSWERED, CLOSED, OVERDUE = "new", "answered", "closed", "overdue"
TELLING: Mapping[str, str] = {
    "opened": NEW, "reopened": NEW, "restored": NEW,
    "answered": ANSWERED, "final_answered": ANSWERED,
    "dismissed": CLOSED, "deleted": CLOSED, "merged": CLOSED,
    "breached": OVERDUE,
}  # fmt: skip
"""What a page tells its reader of, by kind of event; of others it only shows the outcome."""

LATE = timedelta(seconds=30)
"""How long an event may appear after one with a higher id: as long as a transaction may wait for a lock."""


class Changes(NamedTuple):
    """What happened since the last look."""

    departments: dict[str, Counter[str]]
    """Those whose cases were touched, each with how often what `TELLING` names happened."""
    service: bool
    """Whether something happened to the service itself, as an account that went blind."""


class Tail:
    """The end of the history. Every event is seen once, in whatever order transactions commit.

    PostgreSQL hands out ids before commit, so a lower one may appear after a higher one: ids that were passed over are
    looked for again until `LATE` is over.
    """

    def __init__(self, tx: Connection) -> None:
        """From now on."""
        self._last = events.last(tx)
        self._missing: dict[int, datetime] = {}

    def look(self, tx: Connection, now: datetime) -> Changes:
        """What was recorded since the last look. Costs next to nothing where that is nothing."""
        e, c = _events.c, _cases.c
        moved = case((e.kind == "transferred", e.data), else_=null())
        query = select(e.id, e.kind, e.case_id, c.department, moved).outerjoin_from(_events, _cases, c.id == e.case_id)
        found = tx.execute(query.where(or_(e.id > self._last, e.id.in_(self._missing)))).all()
        self._pass({row.id for row in found}, now)
        departments: defaultdict[str, Counter[str]] = defaultdict(Counter)
        service = False
        for _, kind, case_id, department, data in found:
            if kind in UNSEEN:
                continue
            if case_id is None:
                service = True
            for name, what in _told(kind, department, data):
                departments[name].update([what] if what else ())
        return Changes(dict(departments), service)

    def _pass(self, found: set[int], now: datetime) -> None:
        """Remember which ids are still to come."""
        self._missing = {id: since for id, since in self._missing.items() if id not in found and now - since < LATE}
        newest = max(found, default=self._last)
        self._missing |= dict.fromkeys(set(range(self._last + 1, newest)) - found, now)
        self._last = max(newest, self._last)


def _told(kind: str, department: str | None, data: Any) -> Iterable[tuple[str, str | None]]:
    """Which departments an event speaks to, and of what; a case that moves is gone for one and new for the other."""
    if isinstance(data, dict):
        return ((data["from"], CLOSED), (data["to"], NEW))
    return () if department is None else ((department, TELLING.get(kind)),)
