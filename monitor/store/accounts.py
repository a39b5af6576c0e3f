"""Accounts and sources: what is watched, up to when all of it is known, and who is fetching."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Connection, and_, insert, or_, select, type_coerce, update

from monitor.store.tables import AccountRow, SourceRow

_accounts = AccountRow.__table__  # type: ignore[attr-defined]
_sources = SourceRow.__table__  # type: ignore[attr-defined]


class Watched(NamedTuple):
    """An account's standing."""

    platform: str
    id: str
    department: str
    handle: str
    watch_from: datetime
    complete_until: datetime | None
    fetched_at: datetime | None
    """Start of the last complete primary fetch."""
    blind_since: datetime | None
    problem: str
    token_problem: str
    handle_problem: str
    last_post_at: datetime | None
    """When the newest post that spoke to it was written."""
    suspect_since: datetime | None
    """Since when it has been quiet for longer than is its habit; None while it is not."""


@dataclass(frozen=True, slots=True)
class Walk:
    """A source that was claimed, and where its walk stands."""

    id: str
    platform: str
    walk_started_at: datetime | None
    walk_since: datetime | None
    resume: str | None
    whole_at: datetime | None
    """When it last asked for the whole overlap again."""
    completed_at: datetime | None
    failures: int
    fence: int


def register(tx: Connection, platform: str, id: str, department: str, handle: str, watch_from: datetime) -> None:
    """Store an account, or bring its department up to date; `watch_from` stays what it was at first."""
    c = _accounts.c
    known = update(_accounts).where(c.platform == platform, c.id == id)
    if tx.execute(known.values(department=department)).rowcount == 0:
        tx.execute(
            insert(_accounts).values(
                platform=platform, id=id, department=department, handle=handle, watch_from=watch_from, problem="",
                token_problem="", handle_problem="",
            )
        )  # fmt: skip


def watched(tx: Connection) -> dict[tuple[str, str], Watched]:
    """Every account ever stored, by platform and id."""
    query = select(*(_accounts.c[name] for name in Watched._fields))
    return {(row[0], row[1]): Watched(*row) for row in tx.execute(query)}


def _of(platform: str, ids: Collection[str]) -> Any:
    return update(_accounts).where(_accounts.c.platform == platform, _accounts.c.id.in_(ids))


def complete(tx: Connection, platform: str, ids: Collection[str], until: datetime, fetched_at: datetime) -> None:
    """A primary walk was whole: everything up to `until` is stored.

    It never moves back, unless it lies in the future: then our clock was wrong, and believing it would skip posts.
    """
    c = _accounts.c.complete_until
    newer = _of(platform, ids).where(or_(c.is_(None), c < until, c > fetched_at))
    tx.execute(newer.values(complete_until=until, fetched_at=fetched_at))


def set_blind(tx: Connection, platform: str, id: str, since: datetime | None) -> bool:
    """Begin (`since`) or end (None) a blind episode; False where another node was first."""
    c = _accounts.c.blind_since
    was = c.is_(None) if since else c.is_not(None)
    return tx.execute(_of(platform, [id]).where(was).values(blind_since=since)).rowcount > 0


def set_problem(tx: Connection, platform: str, id: str, column: str, problem: str) -> bool:
    """Note what is wrong with an account: column "problem", "token_problem" or "handle_problem"; "" for nothing.

    True where that is news.
    """
    c = _accounts.c[column]
    was = c == "" if problem else c != ""
    return tx.execute(_of(platform, [id]).where(was).values({column: problem})).rowcount > 0


def plan(tx: Connection, sources: Sequence[tuple[str, str, str, Sequence[str]]], now: datetime) -> None:
    """Make the stored sources those of the settings: (id, platform, kind, accounts). New ones are due at once."""
    known = set(tx.execute(select(_sources.c.id)).scalars())
    rows = [
        {"id": id, "platform": platform, "kind": kind, "accounts": list(accounts), "due_at": now, "failures": 0,
         "problem": "", "fence": 0}
        for id, platform, kind, accounts in sources
        if id not in known
    ]  # fmt: skip
    if rows:
        tx.execute(insert(_sources), rows)


def release_sources(tx: Connection, now: datetime) -> None:
    """Take back every lease and make every source due that has not failed; a failed one keeps its wait."""
    c = _sources.c
    tx.execute(update(_sources).where(c.lease_until.is_not(None)).values(lease_until=None))
    tx.execute(update(_sources).where(c.failures == 0, c.due_at > now).values(due_at=now))


def set_back(tx: Connection, now: datetime, by: timedelta) -> None:
    """The clock was set back: leases end, turns come sooner by as much, no fetch lies in the future."""
    c, micros = _sources.c, by // timedelta(microseconds=1)
    tx.execute(update(_sources).where(c.lease_until > now).values(lease_until=None))
    tx.execute(update(_sources).where(c.due_at > now).values(due_at=type_coerce(c.due_at, BigInteger) - micros))
    tx.execute(update(_accounts).where(_accounts.c.fetched_at > now).values(fetched_at=now))


def claim_source(tx: Connection, ids: Collection[str], now: datetime, owner: str, lease: timedelta) -> Walk | None:
    """Take the source of `ids` that has been due longest; None when none is due or free."""
    c = _sources.c
    due = (
        select(c.id)
        .where(c.id.in_(ids), c.due_at <= now, or_(c.lease_until.is_(None), c.lease_until <= now))
        .order_by(c.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    claim = (
        update(_sources)
        .where(c.id.in_(select(due.c.id)))
        .values(lease_owner=owner, lease_until=now + lease, fence=c.fence + 1)
        .returning(c.id, c.platform, c.walk_started_at, c.walk_since, c.resume, c.whole_at, c.completed_at, c.failures,
                   c.fence)
    )  # fmt: skip
    row = tx.execute(claim).one_or_none()
    return None if row is None else Walk(*row)


def anything_due(tx: Connection, ids: Collection[str], now: datetime) -> bool:
    """Whether `claim_source` may find one; a read, so that an idle tick writes nothing."""
    c = _sources.c
    free = or_(c.lease_until.is_(None), c.lease_until <= now)
    return tx.execute(select(c.id).where(c.id.in_(ids), c.due_at <= now, free).limit(1)).first() is not None


def progress(tx: Connection, walk: Walk, **values: Any) -> bool:
    """Record how far a claimed walk came; False when its lease was lost to another node, and nothing is written."""
    c = _sources.c
    mine = update(_sources).where(c.id == walk.id, c.fence == walk.fence)
    return tx.execute(mine.values(**values)).rowcount > 0


def renew(tx: Connection, walks: Collection[Walk], until: datetime) -> None:
    """Keep the leases of walks under way; one that was lost to another node stays lost."""
    c = _sources.c
    mine = or_(*(and_(c.id == walk.id, c.fence == walk.fence) for walk in walks))
    tx.execute(update(_sources).where(c.lease_until.is_not(None), mine).values(lease_until=until))


class SourceState(NamedTuple):
    """A source as it is shown."""

    id: str
    platform: str
    kind: str
    accounts: list[str]
    due_at: datetime
    completed_at: datetime | None
    recorded_at: datetime | None
    failures: int
    problem: str
    resume: str | None
    lease_until: datetime | None


def source_states(tx: Connection) -> list[SourceState]:
    """Every source, by id."""
    query = select(*(_sources.c[name] for name in SourceState._fields)).order_by(_sources.c.id)
    return [SourceState(*row) for row in tx.execute(query)]
