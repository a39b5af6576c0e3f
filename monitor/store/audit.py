"""What the auditor asks: a slice of the cases of which an answer is owed, and what has waited too long."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, and_, func, or_, select, text, update

from monitor.store import alerts, cases, events, flags, nodes
from monitor.store.bulk import once
from monitor.store.events import Recorded
from monitor.store.tables import OWED, AlertRow, CaseRow, EventRow, FlagRow, MessageRow
from sla.case import Case

_cases = CaseRow.__table__  # type: ignore[attr-defined]
_alerts = AlertRow.__table__  # type: ignore[attr-defined]
_messages = MessageRow.__table__  # type: ignore[attr-defined]
_events = EventRow.__table__  # type: ignore[attr-defined]
_flags = FlagRow.__table__  # type: ignore[attr-defined]

_owed = text(f"({OWED})")
#: Where a message is that still has its time to come, or was kept back on purpose.
_UNDER_WAY = ("queued", "held")
LOOKED = "audited"
"""The flag that says when the auditor looked last."""
_first_look = once(_flags)
ENDED = frozenset({"delivered", "dropped", "overtaken", "dead", "shadow"})
"""The states in which an alert may end."""


class Readable(NamedTuple):
    """Cases, and the ids of rows that make none, as after a hand in the database."""

    cases: list[Case]
    unreadable: list[str]


def count_owed(tx: Connection) -> int:
    """Of how many cases an answer is owed."""
    return int(tx.execute(select(func.count()).select_from(_cases).where(_owed)).scalar_one())


def owed_after(tx: Connection, last: str, limit: int) -> list[str]:
    """The ids of the next cases, in their order, of which an answer is owed."""
    query = select(_cases.c.id).where(_owed, _cases.c.id > last).order_by(_cases.c.id).limit(limit)
    return list(tx.execute(query).scalars())


def readable(tx: Connection, ids: Collection[str]) -> Readable:
    """Cases by id, in the order of the ids; one damaged row does not hide the others."""
    try:
        found = cases.by_ids(tx, ids)
    except (KeyError, TypeError, ValueError):
        return _one_by_one(tx, ids)
    return Readable([found[id] for id in sorted(found)], [])


def _one_by_one(tx: Connection, ids: Collection[str]) -> Readable:
    found: list[Case] = []
    unreadable = []
    for id in sorted(ids):
        try:
            found += cases.by_ids(tx, [id]).values()
        except (KeyError, TypeError, ValueError):
            unreadable.append(id)
    return Readable(found, unreadable)


def oldest_untold(tx: Connection, now: datetime) -> datetime | None:
    """Since when the oldest alert waits for its message; what is held on purpose waits for its time."""
    c = _alerts.c
    free = and_(c.state == "waiting", alerts.no_longer_held(now))
    silence = flags.maintenance(tx)
    if silence is not None and now < silence.until:
        free = and_(free, alerts.spares())
    restored_at = flags.set_at(tx, flags.ALERTS_HELD)
    if restored_at is not None:
        free = and_(free, c.due_at > restored_at)
    since = func.min(func.coalesce(c.held_until, c.created_at))
    found: datetime | None = tx.execute(select(since).where(free)).scalar()
    return found


def oldest_untried(tx: Connection, now: datetime) -> datetime | None:
    """Since when the message that is due longest has had no worker; what a worker has in hand is under way.

    Reports are no alarms: one worker sends them, one after the other.
    """
    c = _messages.c
    free = or_(c.lease_until.is_(None), c.lease_until <= now)
    due = (c.next_attempt_at.is_not(None), c.next_attempt_at <= now, free, c.kind.not_in(alerts.BULKY))
    query = select(func.min(c.next_attempt_at)).where(*due)
    found: datetime | None = tx.execute(query).scalar()
    return found


def first_since(tx: Connection, at: datetime) -> int:
    """The id of the event before the first one recorded at `at` or later; of the last one where there is none."""
    c = _events.c
    found = tx.execute(select(func.min(c.id)).where(c.at >= at)).scalar()
    return events.last(tx) if found is None else int(found) - 1


class Escalated(NamedTuple):
    """Some of the history that was read, and where the next reading begins."""

    events: list[Recorded]
    last: int


def looked(tx: Connection) -> None:
    """Put on record that the auditor has looked: by the database's clock, since any node may ask."""
    now = nodes.database_now(tx)
    if tx.execute(update(_flags).where(_flags.c.name == LOOKED).values(set_at=now)).rowcount == 0:
        _first_look(tx, [{"name": LOOKED, "value": "", "set_at": now}])


def looked_within(tx: Connection, span: timedelta) -> bool:
    """Whether the auditor of any node has looked so lately."""
    at = flags.set_at(tx, LOOKED)
    return at is not None and abs(nodes.database_now(tx) - at) <= span


def escalated_after(tx: Connection, last: int, now: datetime, settled: timedelta, limit: int) -> Escalated:
    """The `escalated` events among the next `limit` lines of the history, but for those recorded just `now`.

    On PostgreSQL an event may become visible after one with a higher number: the last moments are left for later. One
    that lies further in the future is from before the clock was set back, and long settled.
    """
    c = _events.c
    query = select(c.id, c.case_id, c.kind, c.at, c.actor, c.data).where(c.id > last).order_by(c.id).limit(limit)
    found: list[Recorded] = []
    for row in tx.execute(query):
        if abs(now - row.at) <= settled:
            break
        last = row.id
        if row.kind == "escalated":
            found.append(Recorded(*row))
    return Escalated(found, last)


class Entry(NamedTuple):
    """Where an alert stands."""

    case_id: str
    recipient: str
    round: int
    level: int
    kind: str
    clock: str
    ended: bool
    under_way: bool
    """Whether it waits for a message, or is in one that is still to be sent."""


def alerts_of(tx: Connection, case_ids: Collection[str]) -> list[Entry]:
    """Every alert of these cases."""
    c, m = _alerts.c, _messages.c
    query = (
        select(c.case_id, c.recipient, c.round, c.level, c.kind, c.clock, c.state, m.state.label("message"))
        .join(_messages, m.id == c.message_id, isouter=True)
        .where(c.case_id.in_(case_ids))
    )
    return [
        Entry(
            row.case_id, row.recipient, row.round, row.level, row.kind, row.clock, row.state in ENDED,
            row.state == "waiting" or row.message in _UNDER_WAY,
        )
        for row in tx.execute(query)
    ]  # fmt: skip
