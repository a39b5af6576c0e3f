"""Where incidents are kept, and what the detection of crises asks of the store.

News is read from the history, whose key is its order: an idle look costs one step into the primary key, and ingest
pays for no further index.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Connection, func, insert, or_, select, true, type_coerce, update

from monitor.store import events
from monitor.store.cases import StaleCase
from monitor.store.columns import instant
from monitor.store.tables import CaseRow, EventRow, IncidentRow, PostRow
from sla.case import CLOSED
from sla.incident import Incident, Moved

_incidents = IncidentRow.__table__  # type: ignore[attr-defined]
_posts = PostRow.__table__  # type: ignore[attr-defined]
_cases = CaseRow.__table__  # type: ignore[attr-defined]
_events = EventRow.__table__  # type: ignore[attr-defined]
_columns = tuple(_incidents.c[name] for name in Incident._fields)
_HOUR_MICROSECONDS = 3_600_000_000
_KINDS = ("opened", "mentioned")


def save(tx: Connection, moved: Moved) -> None:
    """Store an incident and the event that tells of its change.

    Raises:
        StaleCase: someone else changed it since it was read; the transaction must be given up.
    """
    incident = moved.incident
    values = incident._replace(version=incident.version + 1)._asdict()
    if incident.version == 0:
        tx.execute(insert(_incidents).values(values))
    else:
        c = _incidents.c
        same = update(_incidents).where(c.id == incident.id, c.version == incident.version)
        if tx.execute(same.values(values)).rowcount != 1:
            raise StaleCase
    events.append(tx, [(None, moved.event)])


def get(tx: Connection, id: str, departments: Collection[str] | None = None) -> Incident | None:
    """One incident by its id; None also for one that concerns none of these departments, where they are given."""
    row = tx.execute(select(*_columns).where(_incidents.c.id == id, _concerns(departments))).one_or_none()
    return None if row is None else Incident(*row)


def open_ones(tx: Connection) -> list[Incident]:
    """Those that go on, oldest first."""
    c = _incidents.c
    query = select(*_columns).where(c.ended_at.is_(None)).order_by(c.opened_at, c.id)
    return [Incident(*row) for row in tx.execute(query)]


def latest(tx: Connection, limit: int, departments: Collection[str] | None = None) -> list[Incident]:
    """The newest ones that concern these departments, None for all; those that go on before those that ended."""
    c = _incidents.c
    query = select(*_columns).where(_concerns(departments))
    query = query.order_by(c.ended_at.is_not(None), c.opened_at.desc(), c.id.desc()).limit(limit)
    return [Incident(*row) for row in tx.execute(query)]


def during(tx: Connection, since: datetime, until: datetime) -> list[tuple[Incident, int]]:
    """Those that were open at any time from `since` to before `until`, oldest first, each with its number of cases."""
    c = _incidents.c
    cases = select(func.count()).where(_cases.c.incident == c.id).correlate(_incidents).scalar_subquery()
    query = select(*_columns, cases).where(c.opened_at < until, or_(c.ended_at.is_(None), c.ended_at >= since))
    return [(Incident(*row[:-1]), row[-1]) for row in tx.execute(query.order_by(c.opened_at, c.id))]


def _concerns(departments: Collection[str] | None) -> ColumnElement[bool]:
    """Whether one of them answers for an incident, or has cases in it."""
    if departments is None:
        return true()
    own = select(_cases.c.id).where(_cases.c.incident == _incidents.c.id, _cases.c.department.in_(departments))
    return or_(_incidents.c.department.in_(departments), own.exists())


def count_open(tx: Connection) -> int:
    """How many go on."""
    found: int = tx.execute(select(func.count()).where(_incidents.c.ended_at.is_(None))).scalar_one()
    return found


class Post(NamedTuple):
    """A mention as crises are told by."""

    platform: str
    id: str
    author: str | None
    text: str
    addressed: list[str]
    created_at: datetime
    permalink: str
    case_id: str
    case_is_open: bool
    incident: str | None
    incident_ended_at: datetime | None
    """When the incident it belongs to was over; None where it goes on, or the post belongs to none."""


_post = (
    *(_posts.c[name] for name in Post._fields[:8]),
    _cases.c.state.not_in([state.value for state in CLOSED]),
    _cases.c.incident,
    _incidents.c.ended_at,
)
_of_case = _posts.join(_cases, _cases.c.id == _posts.c.case_id).outerjoin(
    _incidents, _incidents.c.id == _cases.c.incident
)
_mention = (_posts.c.role == "mention", _posts.c.gone_at.is_(None))


class News(NamedTuple):
    """What was mentioned since a place in the history."""

    posts: list[Post]
    """Oldest first by the platform's time."""
    until: int
    """The place in the history up to which this is all."""


def mentioned_since(tx: Connection, mark: int, limit: int) -> News:
    """Mentions that the history tells of after the event `mark`, from at most `limit` of its lines."""
    last, c = events.last(tx), _events.c
    if last <= mark:
        return News([], last)
    query = select(c.id, c.case_id, c.data).where(c.id > mark, c.id <= last, c.kind.in_(_KINDS)).order_by(c.id)
    rows = list(tx.execute(query.limit(limit)))
    if not rows:
        return News([], last)
    ids = {post for _, _, data in rows for post in data["mentions"]}
    held = select(*_post).select_from(_of_case).where(_posts.c.case_id.in_({row[1] for row in rows}), *_mention)
    found = [Post(*row) for row in tx.execute(held) if row[1] in ids]
    return News(sorted(found, key=lambda p: (p.created_at, p.id)), rows[-1][0] if len(rows) == limit else last)


def first_event_since(tx: Connection, at: datetime) -> int:
    """The place in the history just before everything that was recorded at `at` or later."""
    found = tx.execute(select(func.min(_events.c.id)).where(_events.c.at >= at)).scalar()
    return events.last(tx) if found is None else found - 1


def posts_of(
    tx: Connection, incident: str, limit: int, departments: Collection[str] | None = None
) -> list[Post]:  # fmt: skip
    """The newest posts that belong to an incident, newest first; only these departments', where they are given."""
    query = select(*_post).select_from(_of_case).where(_cases.c.incident == incident, *_mention, _held_by(departments))
    query = query.order_by(_posts.c.created_at.desc(), _posts.c.id).limit(limit)
    return [Post(*row) for row in tx.execute(query)]


class Ordinary(NamedTuple):
    """What a mention outside of crises says, and to whom; nothing of who said it."""

    platform: str
    addressed: list[str]
    text: str


def ordinary(tx: Connection, before: datetime, limit: int) -> list[Ordinary]:
    """The newest mentions from before then that are part of no crisis, oldest first."""
    # By the rows' place in the cases, whose ids grow with time: the posts have no index of their own by time.
    newest = select(_cases.c.id).where(_cases.c.incident.is_(None)).order_by(_cases.c.id.desc()).limit(limit)
    c = _posts.c
    query = select(c.platform, c.addressed, c.text).where(
        c.case_id.in_(newest), *_mention, c.text != "", c.created_at < before
    )
    return [Ordinary(*row) for row in tx.execute(query.order_by(c.created_at, c.id))]


def counts(tx: Connection, incident: str) -> tuple[int, int]:
    """How many posts belong to an incident, and how many people they are of."""
    person = _posts.c.platform + ":" + func.coalesce(_posts.c.author, _posts.c.id)
    query = select(func.count(), func.count(person.distinct())).select_from(_of_case)
    row = tx.execute(query.where(_cases.c.incident == incident, _posts.c.role == "mention")).one()
    return row[0], row[1]


def case_ids(tx: Connection, incident: str, departments: Collection[str] | None = None) -> list[str]:
    """The cases of an incident, oldest first; only these departments', where they are given."""
    query = select(_cases.c.id).where(_cases.c.incident == incident, _held_by(departments))
    return list(tx.execute(query.order_by(_cases.c.opened_at, _cases.c.id)).scalars())


def _held_by(departments: Collection[str] | None) -> ColumnElement[bool]:
    return true() if departments is None else _cases.c.department.in_(departments)


def open_cases(tx: Connection, incident: str) -> int:
    """How many cases of an incident still wait for an answer."""
    c = _cases.c
    found: int = tx.execute(select(func.count()).where(c.incident == incident, c.closed_at.is_(None))).scalar_one()
    return found


class HourCount(NamedTuple):
    """How many different people wrote in one hour to the same accounts."""

    platform: str
    accounts: Sequence[str]
    hour: datetime
    """Its beginning, in UTC."""
    people: int


def hourly(tx: Connection, since: datetime) -> list[HourCount]:
    """The mentions of the past by hour: read once at a start, for the baselines."""
    c = _posts.c
    hour = type_coerce(c.created_at, BigInteger) // _HOUR_MICROSECONDS
    query = (
        select(c.platform, c.addressed, hour, func.count(func.coalesce(c.author, c.id).distinct()))
        .where(c.created_at >= since, c.role == "mention")
        .group_by(c.platform, c.addressed, hour)
    )
    return [HourCount(row[0], row[1], instant(row[2] * _HOUR_MICROSECONDS), row[3]) for row in tx.execute(query)]
