"""Where cases are kept. `save` is the one way to store a change of a case."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Text, bindparam, func, insert, null, or_, select, type_coerce, update

from monitor.store import events
from monitor.store.bulk import Bulk
from monitor.store.tables import CaseRow
from sla.case import Case, Change, Clock, State

_cases = CaseRow.__table__  # type: ignore[attr-defined]
_names = Case._fields
#: As they lie in the database, lists as their JSON: a damaged one is to fail in `_case`, not within the driver's rows.
_columns = tuple(type_coerce(_cases.c[name], Text) if name == "watchers" else _cases.c[name] for name in _names)
_state, _clock, _watchers = (_names.index(name) for name in ("state", "clock", "watchers"))
_states = {state.value: state for state in State}
_clocks = {clock.value: clock for clock in Clock}

_insert = Bulk(lambda _: insert(_cases), {name: _cases.c[name] for name in _names})
#: A case's clock, state and people may change; what it is about never does.
_fixed = ("id", "platform", "account", "conversation", "author")
_moving = tuple(name for name in _names if name not in _fixed)
_update = Bulk(
    lambda _: (
        update(_cases)
        .where(_cases.c.id == bindparam("of_id"), _cases.c.version == bindparam("of_version"))
        .values({name: bindparam(name) for name in _moving} | {"lease_until": null()})
    ),
    {name: _cases.c[name] for name in _moving} | {"of_id": _cases.c.id, "of_version": _cases.c.version},
)


#: Open, or answered with a final answer to come. Spelled as the partial indexes are.
_owed = or_(_cases.c.closed_at.is_(None), _cases.c.next_action_at.is_not(None))

#: How long a case that cannot be handled is left alone.
POISON = timedelta(minutes=5)


class StaleCase(Exception):
    """A case changed between being read and being stored: read it again and decide again."""


def save(tx: Connection, changes: Iterable[Change]) -> None:
    """Store changed cases and their events, each only if its version is still the one that was read.

    Raises:
        StaleCase: one of them changed meanwhile; the caller's transaction must be given up.
    """
    changes = list(changes)
    new = [_values(change.case, 1) for change in changes if change.case.version == 0]
    old = [
        _values(change.case, change.case.version + 1) | {"of_id": change.case.id, "of_version": change.case.version}
        for change in changes
        if change.case.version > 0
    ]
    _insert(tx, new)
    if _update(tx, old) != len(old):
        raise StaleCase
    events.append(tx, ((change.case.id, event) for change in changes for event in change.events))


def get(tx: Connection, case_id: str, *, lock: bool = False) -> Case | None:
    """One case by its id; `lock` keeps others from changing it until the transaction ends."""
    query = select(*_columns).where(_cases.c.id == case_id)
    row = tx.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else _case(row)


def of_conversations(
    tx: Connection, platform: str, conversations: Collection[str], *, lock: bool = False
) -> list[Case]:
    """Every case, open or closed, of these conversations; `lock` as in `get`. Always in the order of their ids."""
    query = select(*_columns).where(_cases.c.platform == platform, _cases.c.conversation.in_(conversations))
    query = query.order_by(_cases.c.id)
    return [_case(row) for row in tx.execute(query.with_for_update() if lock else query)]


def open_cases(tx: Connection, departments: Collection[str] | None = None, limit: int | None = None) -> list[Case]:
    """The queue: open cases, earliest deadline first."""
    return owing(tx, departments, limit)


def owing(
    tx: Connection, departments: Collection[str] | None = None, limit: int | None = None, clock: Clock = Clock.FIRST
) -> list[Case]:
    """The cases that owe an answer on a clock, earliest deadline first: open ones, or those with a final to come.

    None as `departments` stands for the whole city.
    """
    c = _cases.c
    if clock is Clock.FIRST:
        query = select(*_columns).where(c.closed_at.is_(None)).order_by(c.deadline, c.id)
    else:
        running = (c.next_action_at.is_not(None), c.closed_at.is_not(None), c.clock == clock.value)
        query = select(*_columns).where(*running).order_by(c.final_deadline, c.id)
    if departments is not None:
        query = query.where(_cases.c.department.in_(departments))
    return [_case(row) for row in tx.execute(query.limit(limit) if limit else query)]


def by_ids(tx: Connection, ids: Collection[str]) -> dict[str, Case]:
    """Cases by id; those that do not exist are left out."""
    return {row[0]: _case(row) for row in tx.execute(select(*_columns).where(_cases.c.id.in_(ids)))}


def merged_into(tx: Connection, ids: Collection[str]) -> list[Case]:
    """The cases that people merged into these ones."""
    query = select(*_columns).where(_cases.c.merged_into.is_not(None), _cases.c.merged_into.in_(ids))
    return [_case(row) for row in tx.execute(query.order_by(_cases.c.id))]


def watched(tx: Connection, platform: str, accounts: Collection[str]) -> list[str]:
    """Conversations in which these accounts owe an answer, a first or a final one."""
    query = select(_cases.c.conversation).where(_owed, _cases.c.platform == platform, _cases.c.account.in_(accounts))
    return list(tx.execute(query.distinct()).scalars())


class Claimed(NamedTuple):
    """What a worker took."""

    cases: list[Case]
    unreadable: list[str]
    """Ids of rows that make no case, as after a hand in the database: held back, to be told of."""


def claim_due(tx: Connection, now: datetime, limit: int, lease: timedelta) -> Claimed:
    """Take up to `limit` cases whose next action is due, so that no other worker takes them for `lease`."""
    c = _cases.c
    due = (
        select(c.id)
        .where(c.next_action_at <= now, or_(c.lease_until.is_(None), c.lease_until <= now))
        .order_by(c.next_action_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    claimed = update(_cases).where(c.id.in_(select(due.c.id))).values(lease_until=now + lease).returning(*_columns)
    found, unreadable = [], []
    for row in tx.execute(claimed):
        try:
            found.append(_case(row))
        except (KeyError, TypeError, ValueError):
            unreadable.append(row[0])
    hold_back(tx, unreadable, now)
    return Claimed(found, unreadable)


def hold_back(tx: Connection, ids: Collection[str], now: datetime) -> None:
    """Keep cases that cannot be handled from being taken again at once; they stay due."""
    if ids:
        tx.execute(update(_cases).where(_cases.c.id.in_(ids)).values(lease_until=now + POISON))


def unchanged(tx: Connection, claimed: Sequence[Case]) -> list[Case]:
    """Those of the claimed cases that are still as they were read, locked until the transaction ends."""
    ids = [case.id for case in claimed]
    query = select(_cases.c.id, _cases.c.version).where(_cases.c.id.in_(ids)).order_by(_cases.c.id).with_for_update()
    versions = {row[0]: row[1] for row in tx.execute(query)}
    return [case for case in claimed if versions.get(case.id) == case.version]


def release(tx: Connection, ids: Collection[str]) -> None:
    """Give claimed cases back."""
    if ids:
        tx.execute(update(_cases).where(_cases.c.id.in_(ids)).values(lease_until=None))


def release_all(tx: Connection) -> None:
    """Take back every lease: right only for a single daemon that has just started."""
    tx.execute(update(_cases).where(_cases.c.lease_until.is_not(None)).values(lease_until=None))


def oldest_due(tx: Connection) -> datetime | None:
    """When the longest-waiting decision fell due, or will."""
    c = _cases.c.next_action_at
    found: datetime | None = tx.execute(select(c).where(c.is_not(None)).order_by(c).limit(1)).scalar()
    return found


def count_open(tx: Connection) -> dict[str, int]:
    """How many cases are open, by department."""
    c = _cases.c
    query = select(c.department, func.count()).where(c.closed_at.is_(None)).group_by(c.department)
    return {row[0]: row[1] for row in tx.execute(query)}


def _values(case: Case, version: int) -> dict[str, Any]:
    return dict(zip(_names, case._replace(version=version), strict=True))


def _case(row: Any) -> Case:
    values = list(row)
    values[_state] = _states[values[_state]]
    values[_clock] = _clocks[values[_clock]]
    values[_watchers] = () if values[_watchers] == "[]" else tuple(json.loads(values[_watchers]))
    return Case._make(values)
