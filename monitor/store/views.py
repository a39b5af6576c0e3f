"""What commands and pages show, as JSON-ready values: the shapes of CONTRACT, instants in the service's zone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from monitor.store import accounts, alerts, cases, conversation, events, notes, posts
from monitor.store.posts import MentionRow
from monitor.store.tables import AlertRow, PostRow
from sla.case import Case, Clock
from sla.history import fold

if TYPE_CHECKING:
    from monitor.rules import Rules

_posts = PostRow.__table__  # type: ignore[attr-defined]
_alerts = AlertRow.__table__  # type: ignore[attr-defined]

#: Ids asked for at once: SQLite takes 32,766 variables in a statement, PostgreSQL 65,535.
_AT_ONCE = 5000


class Queued(NamedTuple):
    """A case and its mentions, oldest first."""

    case: Case
    mentions: list[MentionRow]


def with_mentions(tx: Connection, found: Sequence[Case]) -> list[Queued]:
    """Cases with their mentions, in the same order."""
    return [
        Queued(case, mentions[case.id])
        for some in _parts(found)
        for mentions in [posts.mentions(tx, [case.id for case in some])]
        for case in some
    ]


def cases_json(
    tx: Connection, rules: Rules, departments: Collection[str] | None = None, limit: int | None = None,
    clock: Clock = Clock.FIRST,
) -> list[dict[str, Any]]:  # fmt: skip
    """The list that `queue --json` and `GET /api/cases` print (CONTRACT, "Commands"); None: of the whole city."""
    owing = cases.owing(tx, departments, limit, clock)
    return [case_json(queued, rules.zone) for queued in with_mentions(tx, owing)]


def case_json(queued: Queued, zone: ZoneInfo) -> dict[str, Any]:
    """One case as CONTRACT shows it."""
    case = queued.case
    return {
        "id": case.id, "platform": case.platform, "account": case.account, "department": case.department,
        "state": case.state.value, "assignee": case.assignee, "author": case.author,
        "opened_at": at(case.opened_at, zone), "deadline": at(case.deadline, zone),
        "next_action_at": at(case.next_action_at, zone), "level": case.level,
        "mentions": [
            {"id": m.id, "created_at": at(m.created_at, zone), "permalink": m.permalink} for m in queued.mentions
        ],
        "answered_at": at(case.answered_at, zone), "outcome": case.outcome,
        "clock": case.clock.value, "final_deadline": at(case.final_deadline, zone),
        "final_answered_at": at(case.final_answered_at, zone), "final_outcome": case.final_outcome,
        "snoozed_until": at(case.snoozed_until, zone), "incident": case.incident,
    }  # fmt: skip


def case_file_json(tx: Connection, case: Case, zone: ZoneInfo) -> dict[str, Any]:
    """Everything on record of a case: what CONTRACT shows, its clock, posts, events, and alerts with their tries."""
    (queued,) = with_mentions(tx, [case])
    history = events.of_case(tx, case.id)
    return case_json(queued, zone) | {
        "policy": case.policy, "conversation": case.conversation, "round": case.round,
        "found_at": at(case.found_at, zone), "held_until": at(case.held_until, zone),
        "final_asked_at": at(case.final_asked_at, zone), "merged_into": case.merged_into,
        "final_breached_at": at(case.final_breached_at, zone),
        "breached_at": at(case.breached_at, zone), "closed_at": at(case.closed_at, zone), "answer": case.answer,
        "watchers": list(case.watchers),
        "posts": [
            {**post._asdict(), "created_at": at(post.created_at, zone), "stored_at": at(post.stored_at, zone),
             "gone_at": at(post.gone_at, zone)}
            for post in thread(tx, case)
        ],
        "events": [
            {"id": e.id, "kind": e.kind, "at": at(e.at, zone), "actor": e.actor, "data": e.data}
            for e in history
        ],
        "notes": [
            {"id": n.id, "author": n.author, "written_at": at(n.written_at, zone), "text": n.text,
             "struck_at": at(n.struck_at, zone)}
            for n in notes.of_case(tx, case.id)
        ],
        "legs": _legs(history, case.id, zone),
        "alerts": _alerts_json(tx, case.id, zone),
    }  # fmt: skip


def _legs(history: Sequence[events.Recorded], id: str, zone: ZoneInfo) -> list[dict[str, Any]]:
    """How long each department has held the case (SEMANTICS row 10)."""
    told = fold(history).outcomes.get(id)
    return [
        {"department": leg.department, "since": at(leg.since, zone), "until": at(leg.until, zone)}
        for leg in (told.legs if told else ())
    ]


class ShownPost(NamedTuple):
    """A post of a case as people read it."""

    id: str
    role: str
    author: str | None
    author_name: str
    text: str
    permalink: str
    created_at: datetime
    stored_at: datetime
    gone_at: datetime | None
    reply_to: str | None


def thread(tx: Connection, case: Case) -> list[ShownPost]:
    """The mentions of a case and what the city said to their author, oldest first."""
    c = _posts.c
    query = (
        select(*(c[name] for name in ShownPost._fields))
        .where(c.platform == case.platform, c.id.in_(conversation.near(case)), conversation.own(case))
        .order_by(c.created_at, c.id)
    )
    return [ShownPost(*row) for row in tx.execute(query)]


def accounts_json(tx: Connection, rules: Rules) -> list[dict[str, Any]]:
    """Every account of the settings, then those that were taken out of them: how far it is known, and what is wrong.

    `set_aside` counts payloads fetched for the account alone, `set_aside_shared` those of its platform's calls that
    serve several accounts at once.
    """
    stored = accounts.watched(tx)
    sources: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for source in accounts.source_states(tx):
        for id in source.accounts:
            sources[source.platform, id].append(_source_json(source, rules.zone))
    aside = posts.set_aside_counts(tx)
    configured = {(a.platform, a.id): a for a in rules.settings.accounts}
    shown = []
    for key in (*configured, *(key for key in stored if key not in configured)):
        table, row = configured.get(key), stored.get(key)
        instants = ("watch_from", "complete_until", "fetched_at", "blind_since", "last_post_at", "suspect_since")
        problems = ("problem", "token_problem", "handle_problem")
        shown.append(
            {
                "platform": key[0], "id": key[1],
                "handle": table.handle if table else row.handle if row else "",
                "department": table.department if table else row.department if row else "",
                "configured": table is not None,
                **{name: at(getattr(row, name), rules.zone) if row else None for name in instants},
                **{name: getattr(row, name) if row else "" for name in problems},
                "set_aside": aside.get(key, 0), "set_aside_shared": aside.get((key[0], ""), 0),
                "sources": sources[key],
            }
        )  # fmt: skip
    return shown


def _source_json(source: accounts.SourceState, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "id": source.id, "kind": source.kind, "due_at": at(source.due_at, zone),
        "completed_at": at(source.completed_at, zone), "recorded_at": at(source.recorded_at, zone),
        "failures": source.failures, "problem": source.problem, "behind": source.resume is not None,
    }  # fmt: skip


def messages_json(tx: Connection, found: Sequence[alerts.Message], zone: ZoneInfo) -> list[dict[str, Any]]:
    """Messages with the cases they speak of and their tries."""
    ids = [message.id for message in found]
    tries = _tries(tx, ids, zone)
    spoken = _cases_of_messages(tx, ids)
    return [
        {
            "id": m.id, "kind": m.kind, "level": m.level, "recipient": m.recipient, "channel": m.channel,
            "state": m.state, "created_at": at(m.created_at, zone), "next_attempt_at": at(m.next_attempt_at, zone),
            "finished_at": at(m.finished_at, zone), "tries": m.tries, "problem": m.problem, "cases": spoken[m.id],
            "detail": m.subject.get("detail", ""), "attempts": tries[m.id],
        }
        for m in found
    ]  # fmt: skip


def at(instant: datetime | None, zone: ZoneInfo) -> str | None:
    """ISO 8601 with the offset of the service's zone."""
    return None if instant is None else instant.astimezone(zone).isoformat()


def _alerts_json(tx: Connection, case_id: str, zone: ZoneInfo) -> list[dict[str, Any]]:
    rows = alerts.alerts_of_case(tx, case_id)
    chains = alerts.chains(tx, {row["message_id"] for row in rows if row["message_id"]})
    tries = _tries(tx, {id for chain in chains.values() for id in chain}, zone)
    return [
        {
            "recipient": row["recipient"], "kind": row["kind"], "level": row["level"], "state": row["state"],
            "due_at": at(row["due_at"], zone), "created_at": at(row["created_at"], zone),
            "checked": row["checked"], "late": row["late"], "message": row["message_id"],
            "clock": row["clock"], "held_until": at(row["held_until"], zone), "held_by": row["held_by"],
            "attempts": [one for id in chains.get(row["message_id"], ()) for one in tries[id]],
        }
        for row in rows
    ]  # fmt: skip


def _tries(tx: Connection, ids: Collection[str], zone: ZoneInfo) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {id: [] for id in ids}
    for attempt in alerts.attempts(tx, ids):
        shown = {
            "channel": attempt.channel, "started_at": at(attempt.started_at, zone),
            "finished_at": at(attempt.finished_at, zone), "result": attempt.result, "detail": attempt.detail,
        }  # fmt: skip
        found[attempt.message_id].append(shown)
    return found


def _cases_of_messages(tx: Connection, ids: Iterable[str]) -> dict[str, list[str]]:
    c = _alerts.c
    found: dict[str, list[str]] = {id: [] for id in ids}
    query = select(c.message_id, c.case_id).where(c.message_id.in_(found), c.case_id.is_not(None))
    for message, case in tx.execute(query.order_by(c.due_at, c.id)):
        found[message].append(case)
    return found


def _parts(found: Sequence[Case]) -> Iterator[Sequence[Case]]:
    for start in range(0, len(found), _AT_ONCE):
        yield found[start : start + _AT_ONCE]
