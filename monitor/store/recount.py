"""The second opinion: the cases' own columns, counted by the database, to set beside what the events say."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, and_, func, select

from monitor.store.tables import CaseRow, EventRow
from sla.case import CLOSED, State

_cases = CaseRow.__table__  # type: ignore[attr-defined]
_events = EventRow.__table__  # type: ignore[attr-defined]


class Tallied(NamedTuple):
    """A department's cases of some time."""

    received: int
    met: int
    missed: int
    pending: int
    dismissed: int
    deleted: int
    undetermined: int

    @property
    def decided(self) -> int:
        """The denominator of the attainment, as `sla.compliance.Numbers` has it."""
        return self.met + self.missed

    @property
    def attainment(self) -> float | None:
        """The share met within target; None while nothing is decided."""
        return self.met / self.decided if self.decided else None


class Standing(NamedTuple):
    """A case as its row says."""

    id: str
    department: str
    state: str
    opened_at: datetime
    found_at: datetime
    deadline: datetime
    answered_at: datetime | None
    outcome: str | None
    final_deadline: datetime | None
    final_answered_at: datetime | None
    incident: str | None


def tally(
    tx: Connection, since: datetime, until: datetime, at: datetime, departments: Collection[str] | None = None
) -> dict[str, Tallied]:
    """Count by department the cases that opened from `since` to before `until`, as they stand at the instant `at`.

    Only these departments', where they are given.
    """
    c = _cases.c
    open_ = c.state.not_in([state.value for state in CLOSED])
    answered, deleted = c.state == State.ANSWERED.value, c.state == State.DELETED.value
    kinds = {
        "met": and_(answered, c.answered_at <= c.deadline),
        "late": and_(answered, c.answered_at > c.deadline),
        "unanswered": and_(open_, c.deadline <= at),
        "gave_up": and_(deleted, c.outcome == "breached"),
        "pending": and_(open_, c.deadline > at),
        "dismissed": c.state == State.DISMISSED.value,
        "deleted": and_(deleted, c.outcome == "before_deadline"),
        "undetermined": and_(deleted, c.outcome == "undetermined"),
    }
    sums = [func.count().filter(test).label(name) for name, test in kinds.items()]
    query = (
        select(c.department, func.count().label("received"), *sums)
        .where(c.opened_at >= since, c.opened_at < until, c.state != State.MERGED.value)
        .group_by(c.department)
    )
    if departments is not None:
        query = query.where(c.department.in_(departments))
    return {
        row.department: Tallied(
            row.received, row.met, row.late + row.unanswered + row.gave_up, row.pending, row.dismissed, row.deleted,
            row.undetermined,
        )
        for row in tx.execute(query)
    }  # fmt: skip


def standing(tx: Connection) -> Iterator[Standing]:
    """Every case by id, a batch at a time in memory."""
    query = select(*(_cases.c[name] for name in Standing._fields)).order_by(_cases.c.id)
    for row in tx.execute(query.execution_options(yield_per=500)):
        yield Standing(*row)


def strangers(tx: Connection, limit: int) -> list[str]:
    """Ids that events name and no case has, up to `limit` of them."""
    c = _events.c.case_id
    known = select(_cases.c.id).where(_cases.c.id == c).exists()
    return list(tx.execute(select(c).where(c.is_not(None), ~known).distinct().order_by(c).limit(limit)).scalars())
