"""Where posts are kept: insert, bring up to date, find by conversation."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, bindparam, func, insert, literal_column, or_, select, union, update

from monitor.store.bulk import Bulk, once
from monitor.store.tables import AccountRow, PostRow, SetAsideRow

_posts = PostRow.__table__  # type: ignore[attr-defined]
_accounts = AccountRow.__table__  # type: ignore[attr-defined]
_set_aside = SetAsideRow.__table__  # type: ignore[attr-defined]


class Stored(NamedTuple):
    """A post as the turns of its conversation are worked out from: without its text."""

    id: str
    conversation: str
    role: str
    author: str | None
    created_at: datetime
    stored_at: datetime
    seen_at: datetime
    gone_at: datetime | None
    reply_to: str | None
    reply_to_author: str | None
    quote_of: str | None
    case_id: str | None


_stored = tuple(_posts.c[name] for name in Stored._fields)
_add = Bulk(lambda _: insert(_posts), {column.name: column for column in _posts.c})
_set_aside_once = once(_set_aside)
_refreshed = ("role", "text", "addressed", "edit_ids", "seen_at", "gone_at")


def _update(*names: str) -> Bulk:
    one = (_posts.c.platform == bindparam("of_platform"), _posts.c.id == bindparam("of_id"))
    return Bulk(
        lambda _: update(_posts).where(*one).values({name: bindparam(name) for name in names}),
        {name: _posts.c[name] for name in names} | {"of_platform": _posts.c.platform, "of_id": _posts.c.id},
    )


_refresh = _update(*_refreshed)
_assign = _update("case_id")
_purge = _update("text", "author_name")


class Seen(NamedTuple):
    """What is compared to tell whether a post that came again has changed."""

    id: str
    conversation: str
    role: str
    text: str
    addressed: list[str]
    edit_ids: list[str]
    gone_at: datetime | None


_seen = tuple(_posts.c[name] for name in Seen._fields)


def seen(tx: Connection, platform: str, ids: Collection[str]) -> dict[str, Seen]:
    """Those of these ids that are stored already."""
    query = select(*_seen).where(_posts.c.platform == platform, _posts.c.id.in_(ids))
    return {row[0]: Seen(*row) for row in tx.execute(query)}


def add(tx: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Store new posts; each row holds every column of `PostRow`."""
    _add(tx, rows)


def refresh(tx: Connection, platform: str, rows: Iterable[dict[str, Any]]) -> None:
    """Bring stored posts up to date; rows hold id, role, text, addressed, edit_ids, seen_at and gone_at."""
    _refresh(tx, ({**row, "of_platform": platform, "of_id": row["id"]} for row in rows))


def assign(tx: Connection, platform: str, of_case: Iterable[tuple[str, str]]) -> None:
    """Say to which case each post belongs: pairs of post id and case id."""
    _assign(tx, ({"of_platform": platform, "of_id": post, "case_id": case} for post, case in of_case))


def related(tx: Connection, platform: str, conversations: Collection[str]) -> list[Stored]:
    """Every post of these conversations, and every post that quotes one of them from a conversation of its own."""
    c, target = _posts.c, _posts.alias("target")
    within = select(*_stored).where(c.platform == platform, c.conversation.in_(conversations))
    quoting = (
        select(*_stored)
        .join(target, and_(target.c.platform == platform, target.c.id == c.quote_of))
        .where(c.platform == platform, c.quote_of.is_not(None), target.c.conversation.in_(conversations))
    )
    return [Stored(*row) for row in tx.execute(union(within, quoting))]


def conversations_of(tx: Connection, platform: str, ids: Collection[str]) -> set[str]:
    """The conversations that these posts belong to."""
    query = select(_posts.c.conversation).where(_posts.c.platform == platform, _posts.c.id.in_(ids))
    return set(tx.execute(query).scalars())


def addressed_and_text(tx: Connection, platform: str, id: str) -> tuple[list[str], str]:
    """Which of our accounts a stored post speaks to, and its words."""
    c = _posts.c
    row = tx.execute(select(c.addressed, c.text).where(c.platform == platform, c.id == id)).one()
    return row[0], row[1]


def mark_gone(tx: Connection, platform: str, ids: Collection[str], at: datetime) -> None:
    """A look missed these posts; the first one that did counts (SEMANTICS row 16)."""
    c = _posts.c
    gone = update(_posts).where(c.platform == platform, c.id.in_(ids), c.gone_at.is_(None))
    tx.execute(gone.values(gone_at=at))


def mark_seen(tx: Connection, platform: str, ids: Collection[str], at: datetime) -> None:
    """A look saw these posts standing."""
    tx.execute(update(_posts).where(_posts.c.platform == platform, _posts.c.id.in_(ids)).values(seen_at=at))


class MentionRow(NamedTuple):
    """A mention as it is shown: which case, which post, when, where to read it."""

    case_id: str
    id: str
    created_at: datetime
    permalink: str
    author: str | None
    author_name: str
    text: str
    gone_at: datetime | None


def mentions(tx: Connection, cases: Collection[str]) -> dict[str, list[MentionRow]]:
    """The mentions of each case, oldest first."""
    c = _posts.c
    query = (
        select(*(c[name] for name in MentionRow._fields))
        .where(c.case_id.in_(cases), c.role == "mention")
        .order_by(c.created_at, c.id)
    )
    found: dict[str, list[MentionRow]] = {case: [] for case in cases}
    for row in tx.execute(query):
        found[row[0]].append(MentionRow(*row))
    return found


def of_conversation(tx: Connection, platform: str, conversation: str) -> list[dict[str, Any]]:
    """A conversation as it was seen, oldest first, whole rows."""
    c = _posts.c
    query = select(_posts).where(c.platform == platform, c.conversation == conversation).order_by(c.created_at, c.id)
    return [dict(row._mapping) for row in tx.execute(query)]


def with_old_text(tx: Connection, before: datetime, limit: int) -> list[tuple[str, str]]:
    """Platform and id of posts from before then that still hold words or a name."""
    c = _posts.c
    nothing: Any = literal_column("''")  # written as in the index, which the planner takes only then
    query = select(c.platform, c.id).where(c.created_at < before, or_(c.text != nothing, c.author_name != nothing))
    return [(row[0], row[1]) for row in tx.execute(query.limit(limit))]


def purge_text(tx: Connection, keys: Collection[tuple[str, str]], before: datetime) -> None:
    """Let go of what citizens wrote and are called; ids, times and decisions stay. Also of old payloads set aside."""
    _purge(tx, ({"of_platform": platform, "of_id": id, "text": "", "author_name": ""} for platform, id in keys))
    old = (_set_aside.c.stored_at < before, _set_aside.c.payload != literal_column("''"))
    tx.execute(update(_set_aside).where(*old).values(payload=""))


def set_aside(tx: Connection, platform: str, account: str, reason: str, payload: str, at: datetime) -> bool:
    """Keep a payload that could not be understood; the same one again is kept once. True when it is new."""
    key = sha256(f"{platform}\0{payload}".encode()).hexdigest()
    row = {"key": key, "platform": platform, "account": account, "reason": reason, "payload": payload, "stored_at": at}
    return _set_aside_once(tx, [row]) > 0


def set_aside_counts(tx: Connection) -> dict[tuple[str, str], int]:
    """How many payloads were set aside, by platform and account."""
    c = _set_aside.c
    query = select(c.platform, c.account, func.count()).group_by(c.platform, c.account)
    return {(row[0], row[1]): row[2] for row in tx.execute(query)}


def last_official(
    tx: Connection, official: Callable[[str], Collection[str]], before: datetime
) -> dict[tuple[str, str], datetime]:
    """When each of the city's accounts last wrote anything before an instant; `official` names those of a platform."""
    c = _posts.c
    found: dict[tuple[str, str], datetime] = {}
    for platform in tx.execute(select(_accounts.c.platform).distinct()).scalars():
        for id in official(platform):
            mine = (c.role == "official", c.platform == platform, c.author == id, c.created_at < before)
            newest = tx.execute(select(c.created_at).where(*mine).order_by(c.created_at.desc()).limit(1)).scalar()
            if newest is not None:
                found[platform, id] = newest
    return found


def said(tx: Connection, since: datetime, until: datetime, limit: int) -> Iterator[tuple[str, str]]:
    """Author and text of the newest mentions of some time, as far as their text is still kept."""
    c = _posts.c
    query = (
        select(c.platform, c.author, c.id, c.text)
        .where(or_(c.text != "", c.author_name != ""), c.created_at >= since, c.created_at < until)
        .where(c.role == "mention", c.gone_at.is_(None), c.text != "")
        .order_by(c.created_at.desc())
        .limit(limit)
    )
    for platform, author, id, text in tx.execute(query):
        yield f"{platform}:{author or id}", text
