"""A conversation as the platform shows it, around one case; and the cases beside it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, case, func, literal, or_, select, union
from sqlalchemy.sql.elements import ColumnElement

from monitor.store.tables import CaseRow, PostRow
from sla.case import Case

_posts = PostRow.__table__  # type: ignore[attr-defined]
_cases = CaseRow.__table__  # type: ignore[attr-defined]

DEEPEST = 4
"""Replies to replies are not indented further."""


class Said(NamedTuple):
    """A post in its place."""

    id: str
    role: str
    author: str | None
    author_name: str
    text: str
    permalink: str
    created_at: datetime
    gone_at: datetime | None
    reply_to: str | None
    case_id: str | None
    edits: int
    """How often its author changed it."""
    own: bool
    """Whether it is the case's: its mentions, and what the city said to their author."""
    hidden: bool
    """Whether it belongs to a case that the viewer does not see: then without name and text."""
    depth: int = 0
    """How far it is indented, `DEEPEST` at most."""


class Conversation(NamedTuple):
    """What is shown of a conversation."""

    posts: list[Said]
    left_out: int
    """How many others of it are stored: the case's own posts come first, then the newest."""


class Beside(NamedTuple):
    """Another case of the conversation, or of its author."""

    id: str
    department: str
    state: str
    opened_at: datetime
    deadline: datetime
    closed_at: datetime | None
    merged_into: str | None
    is_same_author: bool


def around(tx: Connection, of: Case, scope: frozenset[str] | None, limit: int = 200) -> Conversation:
    """The conversation of a case, each reply below what it answers, as far as a viewer of that scope may see it."""
    c, is_own = _posts.c, case((own(of), 1), else_=0)
    names = [c[name] for name in Said._fields[:10]]
    query = (
        select(
            *names, c.edit_ids, is_own.label("own"), _hidden(scope).label("hidden"),
            func.count().over().label("total"),
        )
        .outerjoin(_cases, _cases.c.id == c.case_id)
        .where(c.platform == of.platform, c.id.in_(near(of)))
        .order_by(is_own.desc(), c.created_at.desc(), c.id.desc())
        .limit(limit)
    )  # fmt: skip
    rows = tx.execute(query).all()
    found = [Said(*row[:10], max(0, len(row.edit_ids) - 1), bool(row.own), bool(row.hidden)) for row in rows]
    shown = [one._replace(author=None, author_name="", text="") if one.hidden else one for one in found]
    return Conversation(_in_place(shown), rows[0].total - len(rows) if rows else 0)


def own(of: Case) -> ColumnElement[bool]:
    """Whether a post is a case's: its mentions, its answers, and what else the city said to their author."""
    c, mine = _posts.c, _mentions(of)
    to_them = [c.reply_to.in_(mine), c.quote_of.in_(mine)]
    if of.author is not None:
        to_them.append(and_(c.conversation == of.conversation, c.reply_to_author == of.author))
    answers = [id for id in (of.answer, of.final_answer) if id is not None]
    official = and_(c.role.in_(("official", "automatic")), or_(*to_them))
    return or_(c.case_id == of.id, c.id.in_(answers), official)


def near(of: Case) -> Select[Any]:
    """The ids of all posts of a case's platform that can be its own or stand beside them, each by an index."""
    c = _posts.c
    answers = [id for id in (of.answer, of.final_answer) if id is not None]
    places = (
        and_(c.platform == of.platform, c.conversation == of.conversation),
        c.case_id == of.id,
        and_(c.platform == of.platform, c.id.in_(answers)),
        and_(c.platform == of.platform, c.quote_of.in_(_mentions(of))),
    )
    return select(union(*(select(c.id).where(place) for place in places)).subquery().c.id)


def _mentions(of: Case) -> Select[Any]:
    """Without the platform, which SQLite would rather go through as a whole: a case is of one platform anyway."""
    return select(_posts.c.id).where(_posts.c.case_id == of.id)


def beside(tx: Connection, of: Case, scope: frozenset[str] | None, limit: int = 20) -> list[Beside]:
    """Other cases of the same conversation, merged ones with them, and open ones of the same author; newest first."""
    c = _cases.c
    related: list[ColumnElement[bool]] = [
        and_(c.platform == of.platform, c.conversation == of.conversation),
        c.merged_into == of.id,
        c.id == (of.merged_into or ""),
    ]
    if of.author is not None:
        related.append(and_(c.platform == of.platform, c.author == of.author, c.closed_at.is_(None)))
    names = [c[name] for name in Beside._fields[:7]]
    same = case((and_(c.platform == of.platform, c.author == of.author), 1), else_=0)
    there = union(*(select(c.id).where(one) for one in related)).subquery()
    query = select(*names, same).where(c.id.in_(select(there.c.id)), c.id != of.id)
    if scope is not None:
        query = query.where(c.department.in_(scope))
    rows = tx.execute(query.order_by(c.opened_at.desc(), c.id.desc()).limit(limit))
    return [Beside(*row[:7], bool(row[7])) for row in rows]


def _hidden(scope: frozenset[str] | None) -> Any:
    return literal(0) if scope is None else case((_cases.c.department.not_in(scope), 1), else_=0)


def _in_place(found: Sequence[Said]) -> list[Said]:
    """Oldest first, each reply below what it answers."""
    ordered = sorted(found, key=lambda one: (one.created_at, one.id))
    known = {one.id for one in ordered}
    below: dict[str | None, list[Said]] = defaultdict(list)
    for one in ordered:
        below[one.reply_to if one.reply_to in known else None].append(one)
    placed: list[Said] = []
    waiting = [(one, 0) for one in reversed(below.pop(None, []))]
    while waiting or below:
        if not waiting:  # posts that answer each other in a ring, as none should
            waiting = [(one, 0) for one in reversed(below.pop(next(iter(below))))]
        one, depth = waiting.pop()
        placed.append(one._replace(depth=min(depth, DEEPEST)))
        waiting += [(reply, depth + 1) for reply in reversed(below.pop(one.id, []))]
    return placed
