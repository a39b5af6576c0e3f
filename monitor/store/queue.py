"""The queue as the web pages through it: what waits for an answer, most urgent first, and how much of it there is.

A page is chosen in an index of the open cases alone and begins at a key, not at a number: the last of 10,000 costs what
the first does, and nothing is shown twice or passed over while cases close.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from unicodedata import normalize

from sqlalchemy import ColumnElement, Connection, and_, case, func, literal, literal_column, or_, select, tuple_

from monitor.privacy import excerpt
from monitor.store import cases
from monitor.store.columns import Instant, instant, micros
from monitor.store.tables import CaseRow, PostRow
from sla.case import Case, Clock
from sla.risk import at_risk_until

if TYPE_CHECKING:
    from monitor.rules import Rules

_cases = CaseRow.__table__  # type: ignore[attr-defined]
_posts = PostRow.__table__  # type: ignore[attr-defined]

_EXCERPT = 160
#: Read before it is masked and cut: a number that the cut would halve is still whole.
_READ = 400
_WORDS, _WORD = 8, 100

_Key = tuple[datetime, str]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which part of the queue. `departments` is the viewer's scope; everything else narrows it and never widens it."""

    departments: frozenset[str] | None = None
    """None: the whole city. Nobody's where it is empty."""
    department: str | None = None
    platform: str | None = None
    state: str | None = None
    assignee: str | None = None
    """A staff id; "" for what nobody has claimed."""
    words: str = ""
    """Each of them, in either case, in the text or the author's name of one mention."""
    clock: Clock = Clock.FIRST
    """Which answer is owed: the first, or the final one after it."""


class UnknownPlace(ValueError):
    """What should name a place in the queue names none; begin at the first page."""


class Cursor(NamedTuple):
    """A place in the queue, between two cases. In an address it is its `str`."""

    deadline: datetime
    id: str
    back: bool = False
    """Whether the page before the place is meant, not the one after it."""

    def __str__(self) -> str:
        return f"{'before' if self.back else 'after'}.{micros(self.deadline)}.{self.id}"

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Read what `str` wrote.

        Raises:
            UnknownPlace: it is written otherwise.
        """
        way, _, rest = text.partition(".")
        at, _, id = rest.partition(".")
        try:
            if way not in ("before", "after") or not id:
                raise ValueError(text)
            return cls(instant(int(at)), id, way == "before")
        except (ValueError, OverflowError) as exc:
            raise UnknownPlace(f"{text[:100]!r} is no place in the queue: begin at its first page") from exc


class Entry(NamedTuple):
    """A case in the queue, with its newest mention that still stands."""

    case: Case
    author_name: str
    text: str
    """The beginning of it, personal numbers masked."""
    permalink: str
    mentions: int


class Page(NamedTuple):
    """A part of the queue, most urgent first."""

    entries: list[Entry]
    next: Cursor | None
    previous: Cursor | None
    total: int
    """How many the filter lets through in all."""


def page(tx: Connection, filter: Filter, after: Cursor | None = None, limit: int = 50) -> Page:
    """Up to `limit` cases from a place on; the queue's first or last page where nothing is left on that side of it."""
    back = after is not None and after.back
    keys, more = _keys(tx, filter, after, back, limit)
    if after is not None and (not keys or (back and not more)):
        after, back = None, not back
        keys, more = _keys(tx, filter, after, back, limit)
    if not keys:
        return Page([], None, None, 0)
    other_end = Cursor(*(keys[-1] if back else keys[0]), back=not back)
    beyond = after is not None and bool(_keys(tx, filter, other_end, other_end.back, 1)[0])
    behind, before = (beyond, more) if back else (more, beyond)
    return Page(
        _entries(tx, [id for _, id in keys]),
        next=Cursor(*keys[-1]) if behind else None,
        previous=Cursor(*keys[0], back=True) if before else None,
        total=tx.execute(select(func.count()).where(*_where(filter))).scalar_one(),
    )


@dataclass(frozen=True, slots=True)
class Count:
    """How many cases wait, and how many of them have to be looked at first."""

    open: int = 0
    at_risk: int = 0
    """The deadline is ahead, and no more time is left than the policy's warning leaves."""
    overdue: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(self.open + other.open, self.at_risk + other.at_risk, self.overdue + other.overdue)


@dataclass(frozen=True, slots=True)
class Counts:
    """What waits, in all and apart; only what there is has an entry."""

    total: Count
    departments: dict[str, Count]
    platforms: dict[str, Count]
    states: dict[str, Count]


def counts(
    tx: Connection, rules: Rules, departments: frozenset[str] | None, now: datetime, clock: Clock = Clock.FIRST
) -> Counts:
    """Count the queue of these departments, None for the whole city, as it stands at `now`."""
    c, at = _cases.c, _deadline(clock)
    kinds = (c.department, c.platform, c.state)
    at_risk = and_(at > now, at <= _at_risk_until(rules, clock, now))
    query = select(*kinds, func.count(), func.count().filter(at_risk), func.count().filter(at <= now))
    found = tx.execute(query.where(*_where(Filter(departments, clock=clock))).group_by(*kinds))
    total, by = Count(), tuple[dict[str, Count], ...](({}, {}, {}))
    for *kind, waiting, risky, overdue in found:
        count = Count(waiting, risky, overdue)
        total += count
        for counted, name in zip(by, kind, strict=True):
            counted[name] = counted.get(name, Count()) + count
    return Counts(total, *by)


def _at_risk_until(rules: Rules, clock: Clock, now: datetime) -> ColumnElement[datetime]:
    """The latest deadline that is at risk, which depends on a case's policy and on its department's holidays."""
    c, instants = _cases.c, {}
    for name, policy in rules.policies.items():
        calendar = policy.final_calendar if clock is Clock.FINAL else policy.calendar
        for department in (*rules.departments, ""):
            until = at_risk_until(policy.on(clock), rules.calendar(calendar, department), now)
            instants[name, department] = literal(until, Instant)
    # A policy that is in the settings no more is `standard` (`Rules.policy`).
    usual = instants["standard", ""]
    whens = [
        (and_(c.policy == name, c.department == department) if department else c.policy == name, until)
        for (name, department), until in instants.items()
        if until.value != (instants[name, ""] if department else usual).value
    ]
    return case(*whens, else_=usual) if whens else usual


def _deadline(clock: Clock) -> Any:
    return _cases.c.final_deadline if clock is Clock.FINAL else _cases.c.deadline


def _where(filter: Filter) -> list[ColumnElement[bool]]:
    """The conditions; those that an index is partial by, spelled as it is."""
    c = _cases.c
    if filter.clock is Clock.FINAL:
        where = [c.clock == literal_column("'final'"), c.final_answered_at.is_(None)]
    else:
        where = [c.closed_at.is_(None)]
    if filter.departments is not None:
        where.append(c.department.in_(map(_storable, filter.departments)))
    for name in ("department", "platform", "state"):
        value = getattr(filter, name)
        if value is not None:
            # By the bare column, SQLite would go through all cases there ever were, in the index by conversation.
            column = c.platform.concat("") if name == "platform" else c[name]
            where.append(column == _storable(value))
    if filter.assignee is not None:
        where.append(c.assignee == _storable(filter.assignee) if filter.assignee else c.assignee.is_(None))
    words = _storable(filter.words).split()[:_WORDS]
    if words:
        held = select(_posts.c.id).where(_of_case, *(_holds(word[:_WORD]) for word in words))
        # With an offset, PostgreSQL looks into the posts of each open case and not through all there ever were.
        where.append(held.offset(0).exists())
    return where


_of_case = and_(_posts.c.case_id == _cases.c.id, _posts.c.role == "mention")


def _holds(word: str) -> ColumnElement[bool]:
    """Whether a post or its author's name holds a word, however the platform composed its letters."""
    said = _posts.c.text.concat("\n").concat(_posts.c.author_name)
    forms = sorted({normalize(form, word) for form in ("NFC", "NFD")})
    return or_(*(said.icontains(form, autoescape=True) for form in forms))


def _storable(text: str) -> str:
    """What a database takes: PostgreSQL no NUL, neither of them half a pair of surrogates."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _keys(tx: Connection, filter: Filter, beyond: Cursor | None, back: bool, limit: int) -> tuple[list[_Key], bool]:
    """The first `limit` cases beyond a place, or the last ones before it (`back`), and whether there are more."""
    at, id = _deadline(filter.clock), _cases.c.id
    query = select(at, id).where(*_where(filter))
    if beyond is not None:
        key, place = tuple_(at, id), tuple_(literal(beyond.deadline, Instant), literal(_storable(beyond.id)))
        query = query.where(key < place if back else key > place)
    query = query.order_by(at.desc(), id.desc()) if back else query.order_by(at, id)
    found = [(row[0], row[1]) for row in tx.execute(query.limit(limit + 1))]
    keys = found[:limit]
    return keys[::-1] if back else keys, len(found) > limit


def _entries(tx: Connection, ids: Sequence[str]) -> list[Entry]:
    found, newest = cases.by_ids(tx, ids), _newest(tx, ids)
    return [Entry(found[id], *newest.get(id, ("", "", "", 0))) for id in ids]


def _newest(tx: Connection, ids: Sequence[str]) -> dict[str, tuple[str, str, str, int]]:
    """Of each case its newest mention, one that stands before those that are gone, and how many it has."""
    c = _posts.c
    order = (c.gone_at.is_not(None), c.created_at.desc(), c.id.desc())
    ranked = (
        select(
            c.case_id, c.author_name, func.substr(c.text, 1, _READ).label("text"), c.permalink,
            func.count().over(partition_by=c.case_id).label("mentions"),
            func.row_number().over(partition_by=c.case_id, order_by=order).label("place"),
        )
        .where(c.case_id.in_(ids), c.role == "mention")
        .subquery()
    )  # fmt: skip
    found = tx.execute(select(ranked).where(ranked.c.place == 1))
    return {row.case_id: (excerpt(row.author_name, _EXCERPT), excerpt(row.text, _EXCERPT), row.permalink, row.mentions)
            for row in found}  # fmt: skip
