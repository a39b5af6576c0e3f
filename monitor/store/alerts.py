"""The outbox: alerts written with the decision, bundled into messages, each try on record."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    and_,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    true,
    type_coerce,
    update,
)

from monitor.store import flags
from monitor.store.bulk import once
from monitor.store.columns import Instant
from monitor.store.tables import AlertRow, AttemptRow, CaseRow, FailingChannelRow, MessageRow

_alerts = AlertRow.__table__  # type: ignore[attr-defined]
_messages = MessageRow.__table__  # type: ignore[attr-defined]
_attempts = AttemptRow.__table__  # type: ignore[attr-defined]
_failing = FailingChannelRow.__table__  # type: ignore[attr-defined]
_cases = CaseRow.__table__  # type: ignore[attr-defined]

_put = once(_alerts, *(column.name for column in _alerts.c if column.name != "id"))
_failing_once = once(_failing)

#: What an alert is where nothing else is said of it.
_ORDINARY: dict[str, Any] = {"clock": "first", "round": 1, "crisis": False, "held_until": None, "held_by": ""}

#: Kinds that ask for an answer: there is nothing left to say once the case is closed (SEMANTICS row 22).
URGENT = ("warning", "breach", "escalation")

#: Kinds that take seconds to be drawn and sent: alerts do not wait behind them.
BULKY = ("report",)


class Group(NamedTuple):
    """Alerts that may share a message."""

    recipient: str
    kind: str
    level: int
    clock: str
    size: int
    due_at: datetime
    """When the earliest of them fell due."""
    crisis: int
    """How many of them are of a crisis: those wait for nothing."""


class Message(NamedTuple):
    """A message as it is stored."""

    id: str
    kind: str
    level: int
    recipient: str
    channel: str
    state: str
    created_at: datetime
    next_attempt_at: datetime | None
    first_attempt_at: datetime | None
    finished_at: datetime | None
    tries: int
    problem: str
    subject: dict[str, Any]
    clock: str = "first"
    chain: str | None = None
    """The first message that tried to say this, where this one took over from it."""


class Failing(NamedTuple):
    """A channel that does not work."""

    id: str
    failing_since: datetime
    retry_at: datetime
    problem: str
    told: bool


_message = tuple(_messages.c[name] for name in Message._fields)


def put(tx: Connection, rows: Sequence[dict[str, Any]]) -> int:
    """Write alerts into the outbox, each once for ever by its `key`; returns how many were new."""
    return _put(tx, [_ORDINARY | row for row in rows])


def spares() -> ColumnElement[bool]:
    """Which alerts no silence and no limit holds: those of a crisis (SEMANTICS row 34)."""
    return or_(_alerts.c.crisis, _alerts.c.kind == "crisis")


def no_longer_held(now: datetime) -> ColumnElement[bool]:
    """Which alerts wait for nothing but a bundle."""
    return or_(_alerts.c.held_until.is_(None), _alerts.c.held_until <= now)


def groups(
    tx: Connection, now: datetime | None = None, after: datetime | None = None, crisis_only: bool = False
) -> list[Group]:
    """What waits to be bundled, longest due first: what is not held at `now`, or all where no instant is given.

    Only what fell due `after`, where there is such an instant.
    """
    c = _alerts.c
    query = select(
        c.recipient, c.kind, c.level, c.clock, func.count(), func.min(c.due_at), func.count().filter(spares())
    ).where(c.state == "waiting")
    if now is not None:
        query = query.where(no_longer_held(now))
    if after is not None:
        query = query.where(c.due_at > after)
    if crisis_only:
        query = query.where(spares())
    query = query.group_by(c.recipient, c.kind, c.level, c.clock).order_by(func.min(c.due_at), c.recipient)
    return [Group(*row) for row in tx.execute(query)]


def last_bundle(
    tx: Connection, recipient: str, channel: str, kind: str, level: int, clock: str = "first"
) -> datetime | None:
    """When the newest message of this recipient, channel, kind, level and clock was formed."""
    c = _messages.c
    found: datetime | None = tx.execute(
        select(func.max(c.created_at)).where(
            c.recipient == recipient, c.channel == channel, c.kind == kind, c.level == level, c.clock == clock
        )
    ).scalar()
    return found


def add_message(
    tx: Connection, id: str, kind: str, level: int, recipient: str, channel: str, now: datetime,
    subject: dict[str, Any] | None = None, *, shadow: bool = False, clock: str = "first", chain: str | None = None,
    held_until: datetime | None = None,
) -> None:  # fmt: skip
    """Write a message that is due at once, or when it is held no longer; in shadow mode one only on record."""
    tx.execute(
        insert(_messages).values(
            id=id, kind=kind, level=level, recipient=recipient, channel=channel, created_at=now, tries=0, problem="",
            state="shadow" if shadow else "queued", next_attempt_at=None if shadow else held_until or now,
            subject=subject or {}, clock=clock, chain=chain,
        )
    )  # fmt: skip


def bundle(
    tx: Connection, group: Group, message_id: str, most: int, now: datetime | None = None, crisis_only: bool = False
) -> int:
    """Put up to `most` waiting alerts of a group into a message, longest due first; returns how many.

    None that fell due before the group's first, and none that is held at `now`.
    """
    c = _alerts.c
    candidates = (
        select(c.id)
        .where(c.state == "waiting", c.recipient == group.recipient, c.kind == group.kind, c.level == group.level)
        .where(c.clock == group.clock, c.due_at >= group.due_at)
    )
    if now is not None:
        candidates = candidates.where(no_longer_held(now))
    if crisis_only:
        candidates = candidates.where(spares())
    chosen = candidates.order_by(c.due_at, c.id).limit(most).with_for_update(skip_locked=True)
    # Another node may be at it too: what it has taken is not taken from it.
    taken = update(_alerts).where(c.id.in_(chosen), c.state == "waiting")
    taken = taken.values(state="bundled", message_id=message_id)
    return tx.execute(taken).rowcount


def remove_message(tx: Connection, id: str) -> None:
    """Take back a message that turned out to carry nothing, in the transaction that wrote it."""
    tx.execute(delete(_messages).where(_messages.c.id == id))


def due_messages(
    tx: Connection, now: datetime, busy: Collection[str], limit: int, *, bulky: bool | None = None
) -> list[tuple[str, str]]:
    """Ids and channels of messages to try now, over channels that have a free worker; only `bulky` ones, or none."""
    c = _messages.c
    query = (
        select(c.id, c.channel)
        .where(c.next_attempt_at <= now, or_(c.lease_until.is_(None), c.lease_until <= now), c.channel.not_in(busy))
        .order_by(c.next_attempt_at)
        .limit(limit)
    )
    if bulky is not None:
        query = query.where(c.kind.in_(BULKY) if bulky else c.kind.not_in(BULKY))
    return [(row[0], row[1]) for row in tx.execute(query)]


def claim_message(tx: Connection, id: str, now: datetime, owner: str, lease: timedelta) -> Message | None:
    """Take a due message for `lease`; None where it is gone, not due any more or another worker's.

    One that another node is just taking is not waited for: should that node be frozen, no worker stands still with it.
    """
    c = _messages.c
    unleased = or_(c.lease_until.is_(None), c.lease_until <= now)
    due = select(c.id).where(c.id == id, c.state == "queued", c.next_attempt_at <= now, unleased)
    free = due.with_for_update(skip_locked=True).cte("free")
    claim = update(_messages).where(c.id.in_(select(free.c.id)))
    row = tx.execute(claim.values(lease_owner=owner, lease_until=now + lease).returning(*_message)).one_or_none()
    return None if row is None else Message(*row)


def update_message(tx: Connection, id: str, **values: Any) -> None:
    """Record where a message stands and give its lease back."""
    tx.execute(update(_messages).where(_messages.c.id == id).values(lease_owner=None, lease_until=None, **values))


def postpone(tx: Connection, message: Message, until: datetime, problem: str) -> None:
    """Put off a claimed message that could not be handled; its time to be given up counts from the first time."""
    first = message.first_attempt_at or until
    update_message(tx, message.id, next_attempt_at=until, first_attempt_at=first, problem=problem)


def holds(tx: Connection, id: str, owner: str) -> bool:
    """Whether this worker still holds the message's lease; the row stays locked until the transaction ends."""
    query = select(_messages.c.lease_owner).where(_messages.c.id == id).with_for_update()
    return bool(tx.execute(query).scalar() == owner)


def drop_answered(tx: Connection, message_id: str) -> int:
    """Take out of a message what no longer asks for an answer; the cases stay as they are until the send is begun."""
    c = _alerts.c
    of = _cases.c
    query = select(c.id, c.clock, of.state, of.final_deadline, of.final_answered_at).join(_cases, of.id == c.case_id)
    query = query.where(c.message_id == message_id, c.kind.in_(URGENT))
    query = query.order_by(of.id).with_for_update(of=_cases)
    closed = [row[0] for row in tx.execute(query) if not _is_owed(*row[1:])]
    if closed:
        tx.execute(update(_alerts).where(c.id.in_(closed)).values(state="dropped", message_id=None))
    return len(closed)


def _is_owed(clock: str, state: str, final_deadline: datetime | None, final_answered_at: datetime | None) -> bool:
    """Whether the answer that an alert asks for is still owed: of each clock its own (SEMANTICS row 7)."""
    if state in ("dismissed", "deleted", "merged"):
        return False
    if clock == "final":
        return final_deadline is not None and final_answered_at is None
    return state != "answered"


class Bundled(NamedTuple):
    """One case of a message."""

    case_id: str
    checked: bool
    late: bool
    held_until: datetime | None
    """Until when the alert had to wait, if it had to."""
    held_by: str
    round: int
    """Of the case, when the alert was decided."""


def cases_of(tx: Connection, message_id: str) -> list[Bundled]:
    """The cases a message speaks of, longest due first."""
    c = _alerts.c
    query = select(*(c[name] for name in Bundled._fields)).where(c.message_id == message_id, c.case_id.is_not(None))
    return [Bundled(*row) for row in tx.execute(query.order_by(c.due_at, c.id))]


def start_attempt(tx: Connection, message_id: str, channel: str, now: datetime) -> int:
    """A send starts when this commits; returns the attempt's number."""
    row = insert(_attempts).values(message_id=message_id, channel=channel, started_at=now, detail="")
    key = tx.execute(row).inserted_primary_key
    assert key is not None
    c = _messages.c
    tx.execute(
        update(_messages)
        .where(c.id == message_id)
        .values(tries=c.tries + 1, first_attempt_at=func.coalesce(c.first_attempt_at, literal(now, Instant)))
    )
    return int(key[0])


def end_attempt(tx: Connection, attempt: int, now: datetime, result: str, detail: str) -> None:
    """What came of a try: delivered, failed or refused."""
    values = {"finished_at": now, "result": result, "detail": detail}
    tx.execute(update(_attempts).where(_attempts.c.id == attempt).values(values))


def settle(tx: Connection, message_id: str, state: str) -> None:
    """Give a message's alerts the state it ended in."""
    tx.execute(update(_alerts).where(_alerts.c.message_id == message_id).values(state=state))


def move(tx: Connection, message_id: str, to: str) -> None:
    """Let another message carry these alerts: the fallback over the person's next channel."""
    tx.execute(update(_alerts).where(_alerts.c.message_id == message_id).values(message_id=to))


def told(tx: Connection, cases: Collection[str], clock: str = "first") -> dict[str, dict[str, int]]:
    """Who was told of a breach or an escalation of these cases on a clock, where a send was begun.

    By case the recipients, each with the highest level they were told.
    """
    c = _alerts.c
    query = (
        select(c.case_id, c.recipient, func.max(c.level))
        .join(_messages, _messages.c.id == c.message_id)
        .where(c.case_id.in_(cases), c.clock == clock, c.kind.in_(("breach", "escalation")))
        .where(_messages.c.first_attempt_at.is_not(None))
        .group_by(c.case_id, c.recipient)
        .order_by(c.case_id, c.recipient)
    )
    found: dict[str, dict[str, int]] = {}
    for case_id, recipient, level in tx.execute(query):
        found.setdefault(case_id, {})[recipient] = level
    return found


def failing(tx: Connection) -> dict[str, Failing]:
    """The channels that do not work, by id."""
    query = select(*(_failing.c[name] for name in Failing._fields))
    return {row[0]: Failing(*row) for row in tx.execute(query)}


def channel_failed(tx: Connection, id: str, now: datetime, retry_at: datetime, problem: str) -> None:
    """A channel failed; `failing_since` stays the instant of the first failure in a row."""
    row = {"id": id, "failing_since": now, "retry_at": retry_at, "problem": problem, "told": False}
    if not _failing_once(tx, [row]):
        tx.execute(update(_failing).where(_failing.c.id == id).values(retry_at=retry_at, problem=problem))


def channel_works(tx: Connection, id: str) -> bool:
    """A channel delivered; True where it had been failing."""
    return tx.execute(_failing.delete().where(_failing.c.id == id)).rowcount > 0


def channel_told(tx: Connection, id: str) -> bool:
    """Note that the operator was told of a failing channel; False where that was done already."""
    c = _failing.c
    return tx.execute(update(_failing).where(c.id == id, c.told.is_(False)).values(told=True)).rowcount > 0


def set_back(tx: Connection, now: datetime, by: timedelta) -> None:
    """The clock was set back: leases end, tries come sooner by as much, no failure lies in the future.

    What a channel's limit holds is looked at again; the hours of people stay what the wall clock makes them.
    """
    a, m, f, micros = _alerts.c, _messages.c, _failing.c, by // timedelta(microseconds=1)
    limited = update(_alerts).where(a.state == "waiting", a.held_by == "limit", a.held_until > now)
    tx.execute(limited.values(held_until=now))
    tx.execute(update(_messages).where(m.lease_until > now).values(lease_owner=None, lease_until=None))
    sooner = type_coerce(m.next_attempt_at, BigInteger) - micros
    tx.execute(update(_messages).where(m.next_attempt_at > now).values(next_attempt_at=sooner))
    tx.execute(update(_failing).where(f.failing_since > now).values(failing_since=now))
    sooner = type_coerce(f.retry_at, BigInteger) - micros
    tx.execute(update(_failing).where(f.retry_at > now).values(retry_at=sooner))


def release_messages(tx: Connection) -> None:
    """Take back every lease: right only for a single daemon that has just started."""
    held = update(_messages).where(_messages.c.lease_until.is_not(None))
    tx.execute(held.values(lease_owner=None, lease_until=None))


def messages(
    tx: Connection, *, state: str | None = None, case_id: str | None = None, limit: int = 200
) -> list[Message]:
    """Messages, newest first: all, those in one state, or those that speak of one case."""
    query = select(*_message).order_by(_messages.c.created_at.desc(), _messages.c.id.desc()).limit(limit)
    if state is not None:
        query = query.where(_messages.c.state == state)
    if case_id is not None:
        query = query.where(_messages.c.id.in_(select(_alerts.c.message_id).where(_alerts.c.case_id == case_id)))
    return [Message(*row) for row in tx.execute(query)]


def get_message(tx: Connection, id: str) -> Message | None:
    """One message by its id."""
    row = tx.execute(select(*_message).where(_messages.c.id == id)).one_or_none()
    return None if row is None else Message(*row)


class Attempt(NamedTuple):
    """One try, as stored."""

    message_id: str
    channel: str
    started_at: datetime
    finished_at: datetime | None
    result: str | None
    detail: str


def chains(tx: Connection, ids: Collection[str]) -> dict[str, list[str]]:
    """The messages that tried to say what each of these says: those before it in its chain of fallbacks, and itself."""
    c = _messages.c
    first = {row[0]: row[1] or row[0] for row in tx.execute(select(c.id, c.chain).where(c.id.in_(ids)))}
    links: dict[str, list[str]] = {id: [id] for id in first.values()}
    query = select(c.chain, c.id).where(c.chain.is_not(None), c.chain.in_(links)).order_by(c.created_at, c.id)
    for chain, id in tx.execute(query):
        links[chain].append(id)
    return {id: links[first[id]] for id in first}


def attempts(tx: Connection, ids: Iterable[str]) -> list[Attempt]:
    """The tries of these messages, in order."""
    c = _attempts.c
    query = select(*(c[name] for name in Attempt._fields)).where(c.message_id.in_(list(ids))).order_by(c.id)
    return [Attempt(*row) for row in tx.execute(query)]


def alerts_of_case(tx: Connection, case_id: str) -> list[dict[str, Any]]:
    """Every alert of a case: to whom, which level, in what state."""
    query = select(_alerts).where(_alerts.c.case_id == case_id).order_by(_alerts.c.id)
    return [dict(row._mapping) for row in tx.execute(query)]


class Backlog(NamedTuple):
    """What the outbox still owes."""

    waiting: int
    """Alerts that may be bundled now; what is held is no debt."""
    queued: int
    dead: int
    oldest_at: datetime | None
    """Since when the oldest of all this could have been told."""
    held: int = 0
    """Alerts and messages that wait for a time to come: quiet hours, duty hours, a limit, maintenance."""


def backlog(tx: Connection, now: datetime, departments: Collection[str] | None = None) -> Backlog:
    """How much waits to be told, and since when; what is held on purpose is counted apart and never late.

    Only what is about cases of these departments, where they are given.
    """
    a, m = _alerts.c, _messages.c
    alert_in: ColumnElement[bool] = true()
    message_in: ColumnElement[bool] = true()
    if departments is not None:
        alert_in = select(_cases.c.id).where(_cases.c.id == a.case_id, _cases.c.department.in_(departments)).exists()
        message_in = select(a.id).where(a.message_id == m.id, alert_in).exists()
    silence = flags.maintenance(tx)
    free = no_longer_held(now)
    if silence is not None and now < silence.until:
        free = and_(free, spares())
    since = func.min(func.coalesce(a.held_until, a.created_at)).filter(free)
    all_waiting, waiting, oldest = tx.execute(
        select(func.count(), func.count().filter(free), since).where(a.state == "waiting", alert_in)
    ).one()
    # One that was never tried and has its time still to come was written to be held, or put off by maintenance.
    put_off = and_(m.tries == 0, m.next_attempt_at > now)
    queued, held, oldest_message = tx.execute(
        select(func.count(), func.count().filter(put_off), func.min(m.created_at).filter(~put_off)).where(
            m.next_attempt_at.is_not(None), message_in
        )
    ).one()
    dead = tx.execute(select(func.count()).where(m.state == "dead", message_in)).scalar_one()
    ages = [at for at in (oldest, oldest_message) if at is not None]
    return Backlog(waiting, queued - held, dead, min(ages, default=None), all_waiting - waiting + held)
