"""A case and everything that may change it.

Cases are a function of what is known: `turns` works them out afresh from the stored posts, so that any order of
arrival gives the same ones. Each change, by a post, a person or the clock, is a function here that returns the new
case and the events that tell of it; nothing else may change a case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple


class Clock(StrEnum):
    """The two answers a citizen may be owed, each with its own deadline and ladder (SEMANTICS row 7)."""

    FIRST = "first"
    FINAL = "final"


class State(StrEnum):
    """Where a case stands; the last four are closed."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    CLAIMED = "claimed"
    ANSWERED = "answered"
    DISMISSED = "dismissed"
    DELETED = "deleted"
    MERGED = "merged"


CLOSED = frozenset({State.ANSWERED, State.DISMISSED, State.DELETED, State.MERGED})

#: Outcomes of an answer given elsewhere than on the platform.
ANSWERED_ELSEWHERE = ("phone", "dm", "referred")


class Conflict(Exception):
    """The case is no longer as the person saw it: the first one to act wins, the second is told what happened."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A citizen's post addressed to a department account: an obligation."""

    id: str
    created_at: datetime
    stored_at: datetime
    reply_to: str | None = None
    gone_at: datetime | None = None
    """The first look that missed it; None while it stands."""
    seen_at: datetime | None = None
    """The last time a platform showed it."""
    case: str | None = None
    """The case it already belongs to."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An official post that stops the clock."""

    id: str
    created_at: datetime
    quoted: bool = False
    """Given by quoting the mention rather than replying to it."""


@dataclass(frozen=True, slots=True)
class Closing:
    """A person's word that no answer on the platform is to be waited for."""

    case: str
    at: datetime
    covers: frozenset[str]
    """Ids of the mentions the person had before them; a later one is not hidden by it (SEMANTICS row 17)."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Mentions of one citizen in one conversation, and what ended the wait for an answer, if anything has."""

    mentions: tuple[Mention, ...]
    closer: Answer | Closing | None

    @property
    def standing(self) -> tuple[Mention, ...]:
        """The mentions that still exist."""
        return tuple(m for m in self.mentions if m.gone_at is None)

    @property
    def first(self) -> Mention:
        """The mention that runs the clock: the earliest that stands, else the earliest (SEMANTICS rows 2 and 16)."""
        return (self.standing or self.mentions)[0]


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a case's append-only history; every report is counted from these."""

    kind: str
    at: datetime
    actor: str
    """A staff id, or "platform" or "clock"."""
    data: Mapping[str, Any] = field(default_factory=dict)


class Case(NamedTuple):
    """One open turn of one citizen in one conversation.

    A named tuple and no dataclass: a storm reads, changes and stores thousands of them at one moment.
    """

    id: str
    platform: str
    account: str
    department: str
    conversation: str
    author: str | None
    policy: str
    opened_at: datetime
    """The platform's time of the earliest unanswered mention (SEMANTICS rows 1 and 2)."""
    found_at: datetime
    """When that mention was stored here."""
    deadline: datetime
    next_action_at: datetime | None
    """When the clock has something to decide; None when closed."""
    state: State = State.OPEN
    round: int = 1
    level: int = 0
    """The last step fired or overtaken, counted from 1; 0 for none."""
    repeats: int = 0
    """How often the root contact was told after the last step."""
    assignee: str | None = None
    held_until: datetime | None = None
    held_level: int | None = None
    """The level at which it was acknowledged last: once a level (SEMANTICS row 26)."""
    breached_at: datetime | None = None
    closed_at: datetime | None = None
    answered_at: datetime | None = None
    answer: str | None = None
    """The id of the official post, None where the answer was given elsewhere."""
    outcome: str | None = None
    clock: Clock = Clock.FIRST
    """Which clock its steps run on: until the first answer that one, then, where asked for, the final one."""
    snoozed_until: datetime | None = None
    """Put off by a person, with a reason; a follow-up of the citizen ends it (SEMANTICS row 17)."""
    final_asked_at: datetime | None = None
    """When staff last said that a final answer is owed: an official post after it is that answer."""
    final_deadline: datetime | None = None
    """None where no final answer is owed (SEMANTICS row 7)."""
    final_breached_at: datetime | None = None
    final_answered_at: datetime | None = None
    final_answer: str | None = None
    final_outcome: str | None = None
    merged_into: str | None = None
    """The case that a person merged this one into."""
    incident: str | None = None
    """The crisis it is part of (SEMANTICS row 34)."""
    watchers: tuple[str, ...] = ()
    version: int = 0

    @property
    def is_open(self) -> bool:
        """Whether an answer is still owed."""
        return self.state not in CLOSED


@dataclass(frozen=True, slots=True)
class Change:
    """A case as it is now, and what happened to make it so."""

    case: Case
    events: tuple[Event, ...]


def turns(mentions: Iterable[Mention], answers: Sequence[Answer], closings: Sequence[Closing] = ()) -> tuple[Turn, ...]:
    """Group one citizen's mentions in one conversation into turns (SEMANTICS rows 2, 3, 8).

    A mention is closed by whatever came first of: an answer no earlier than itself, a person's closing that covers
    it. Mentions with the same closer are one turn; those with none are the open one. At equal times, which platforms
    that count whole seconds give, the answer counts as after the mention, unless the mention replies to it.
    """
    grouped: dict[Answer | Closing | None, list[Mention]] = {}
    ordered = sorted(answers, key=lambda answer: (answer.created_at, answer.id))
    for mention in sorted(mentions, key=lambda m: (m.created_at, m.id)):
        answer = next((a for a in ordered if a.created_at >= mention.created_at and a.id != mention.reply_to), None)
        closing = min((c for c in closings if mention.id in c.covers), key=lambda c: c.at, default=None)
        closer: Answer | Closing | None = answer
        if closing is not None and (answer is None or closing.at < answer.created_at):
            closer = closing
        grouped.setdefault(closer, []).append(mention)
    return tuple(Turn(tuple(group), closer) for closer, group in grouped.items())


def opened(case: Case, turn: Turn, now: datetime, **why: Any) -> Change:
    """A new case's first event, which holds all that a report needs of it. `why` says how it was routed."""
    data = {
        "platform": case.platform, "account": case.account, "department": case.department, "policy": case.policy,
        "opened_at": case.opened_at, "deadline": case.deadline, "found_at": case.found_at,
        "mentions": [m.id for m in turn.mentions], **why,
    }  # fmt: skip
    return Change(case, (Event("opened", now, "platform", data),))


def followed(case: Case, turn: Turn, deadline: datetime, now: datetime) -> Change:
    """Bring a case in line with what its turn now says: its clock, its answer, its deletion.

    `deadline` is that of the turn's first mention under the case's policy. What a person decided stays: a turn that
    is closed by the case's own closing changes nothing. Returns no events where nothing changed.
    """
    events: list[Event] = []
    added = [m.id for m in turn.mentions if m.case != case.id]
    if added:
        events.append(Event("mentioned", now, "platform", {"mentions": added}))
    first = turn.first
    # A breach stands, also when the mention that ran into it was deleted afterwards (row 16).
    breach_stands = case.breached_at is not None and first.created_at > case.opened_at
    if first.created_at != case.opened_at and not breach_stands:
        events.append(
            Event("clock_moved", now, "platform", {
                "opened_at": first.created_at, "deadline": deadline, "found_at": first.stored_at,
                "was_opened_at": case.opened_at, "was_deadline": case.deadline,
            })
        )  # fmt: skip
        case = case._replace(opened_at=first.created_at, deadline=deadline, found_at=first.stored_at)
        if case.answered_at is not None:
            case = case._replace(breached_at=deadline if case.answered_at > deadline else None)
    if isinstance(turn.closer, Answer):
        case, told = _answered(case, turn.closer, now)
        events += told
    elif turn.closer is None:
        case, told = _standing(case, turn, now)
        events += told
    return Change(case, tuple(events))


def _answered(case: Case, answer: Answer, now: datetime) -> tuple[Case, list[Event]]:
    """The clock stops at the platform's time of the answer, even when found after the breach (SEMANTICS rows 4, 5)."""
    if case.answer == answer.id and case.answered_at == answer.created_at:
        return case, []
    if case.state is State.MERGED:
        return case, []
    met = answer.created_at <= case.deadline
    outcome = "quoted" if answer.quoted else "platform"
    data = {"answer": answer.id, "answered_at": answer.created_at, "outcome": outcome, "met": met}
    case = case._replace(
        state=State.ANSWERED, answer=answer.id, answered_at=answer.created_at, outcome=outcome,
        closed_at=answer.created_at, next_action_at=None, held_until=None,
        breached_at=None if met else case.deadline,
    )  # fmt: skip
    return case, [Event("answered", now, "platform", data)]


def _standing(case: Case, turn: Turn, now: datetime) -> tuple[Case, list[Event]]:
    """No closer: open, unless every mention is gone (SEMANTICS row 16); a post that came back opens it again."""
    if turn.standing:
        if case.state is State.DELETED:
            case = case._replace(state=State.OPEN, closed_at=None, outcome=None)
            return case, [Event("restored", now, "platform", {})]
        return case, []
    if not case.is_open:
        return case, []
    gone_at = max(m.gone_at for m in turn.mentions if m.gone_at)
    seen_at = max(m.seen_at or m.stored_at for m in turn.mentions)
    if gone_at <= case.deadline:
        outcome = "before_deadline"
    elif seen_at < case.deadline:
        outcome = "undetermined"
    else:
        outcome = "breached"
    case = case._replace(
        state=State.DELETED, closed_at=gone_at, outcome=outcome, next_action_at=None, held_until=None,
        breached_at=case.deadline if outcome == "breached" else None,
    )  # fmt: skip
    return case, [Event("deleted", now, "platform", {"gone_at": gone_at, "seen_at": seen_at, "outcome": outcome})]


def merged(case: Case, into: str, now: datetime) -> Change:
    """Two cases turned out to be one turn: this one ends, the other goes on."""
    ended = case._replace(state=State.MERGED, closed_at=now, next_action_at=None, held_until=None)
    return Change(ended, (Event("merged", now, "platform", {"into": into}),))


def acknowledged(case: Case, by: str, until: datetime, now: datetime) -> Change:
    """Say "I have it": every step is held `until` then; the clock runs on (SEMANTICS row 26). Once a level."""
    _must_be_open(case)
    if case.held_level == case.level:
        raise Conflict(f"case {case.id} was already acknowledged at this level, until {case.held_until}")
    state = case.state if case.state is State.CLAIMED else State.ACKNOWLEDGED
    held = case._replace(state=state, held_until=until, held_level=case.level)
    return Change(held, (Event("acknowledged", now, by, {"until": until, "level": case.level}),))


def claimed(case: Case, by: str, now: datetime) -> Change:
    """It is theirs: the assignee's alerts go to them from now on. A second one to claim it is told who was first."""
    _must_be_open(case)
    if case.assignee is not None:
        raise Conflict(f"case {case.id} was already claimed by {case.assignee}")
    return Change(case._replace(state=State.CLAIMED, assignee=by), (Event("claimed", now, by, {}),))


def transferred(
    case: Case, department: str, policy: str, deadline: datetime, by: str, reason: str, now: datetime
) -> Change:
    """Another department's: the citizen's clock goes on, a new round begins (SEMANTICS rows 10 and 20).

    Raises:
        Conflict: it is closed, or already with that department.
    """
    _must_be_open(case)
    if case.department == department:
        raise Conflict(f"case {case.id} is already with {department}")
    moved = case._replace(department=department, policy=policy, deadline=deadline, **_fresh_round(case))
    data = {"from": case.department, "to": department, "policy": policy, "deadline": deadline, "reason": reason}
    return Change(moved, (Event("transferred", now, by, data),))


def dismissed(case: Case, by: str, reason: str, now: datetime) -> Change:
    """No reply is due, because of `reason`; it leaves the denominator and is counted apart (SEMANTICS row 8)."""
    _must_be_open(case)
    ended = case._replace(
        state=State.DISMISSED, outcome="dismissed", closed_at=now, next_action_at=None, held_until=None
    )
    return Change(ended, (Event("dismissed", now, by, {"reason": reason}),))


def answered_elsewhere(case: Case, by: str, outcome: str, now: datetime, reference: str = "") -> Change:
    """Record an answer given by phone, by direct message or by referral; nothing is posted."""
    _must_be_open(case)
    met = now <= case.deadline
    ended = case._replace(
        state=State.ANSWERED, outcome=outcome, answered_at=now, closed_at=now, next_action_at=None,
        held_until=None, breached_at=None if met else case.deadline,
    )  # fmt: skip
    data = {"answer": None, "answered_at": now, "outcome": outcome, "met": met, "reference": reference}
    return Change(ended, (Event("answered", now, by, data),))


def reopened(case: Case, by: str, reason: str, now: datetime) -> Change:
    """Undo a dismissal or an answer given elsewhere; a new round begins (SEMANTICS rows 11 and 20).

    Raises:
        Conflict: it is open, merged or deleted, or the platform shows an answer, which no word of ours takes back.
    """
    if case.state not in (State.ANSWERED, State.DISMISSED) or case.answer is not None:
        raise Conflict(f"case {case.id} is {case.state}: only a dismissal or an answer given elsewhere can be undone")
    again = case._replace(outcome=None, answered_at=None, closed_at=None, **_fresh_round(case))
    return Change(again, (Event("reopened", now, by, {"reason": reason}),))


def _fresh_round(case: Case) -> dict[str, Any]:
    return {"state": State.OPEN, "round": case.round + 1, "level": 0, "repeats": 0, "assignee": None,
            "held_until": None, "held_level": None}  # fmt: skip


def _must_be_open(case: Case) -> None:
    if not case.is_open:
        who = f" ({case.outcome})" if case.outcome else ""
        raise Conflict(f"case {case.id} is {case.state}{who} since {case.closed_at}")
