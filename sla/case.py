"""A case and everything that may change it.

Cases are a function of what is known: `turns` works them out afresh from the stored posts, so that any order of
arrival gives the same ones. Each change, by a post, a person or the clock, is a function that returns the new case and
the events that tell of it; nothing else may change a case. What posts and settings do is here, what people do in
`sla.actions`, what the clock does in `sla.escalation`.
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


class Conflict(Exception):
    """The case is no longer as the person saw it: the first one to act wins, the second is told what happened.

    `code` names what is in the way and `values` tell of it, for whoever says it in the reader's language.
    """

    def __init__(self, message: str, code: str = "", **values: object) -> None:
        super().__init__(message)
        self.code, self.values = code, values


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
        """The mention that runs the clock: the earliest that stands (SEMANTICS rows 2 and 16).

        Of those that are all gone it is the last to go: the clock had moved on to it by then, and does not jump back.
        """
        if self.standing:
            return self.standing[0]
        return max(self.mentions, key=lambda mention: mention.gone_at or mention.created_at)


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
        """Whether the first answer is still owed."""
        return self.state not in CLOSED

    @property
    def is_untouched(self) -> bool:
        """Whether nobody was told of it yet and no person has had to do with it."""
        said = (self.assignee, self.held_level, self.snoozed_until, self.final_deadline, self.incident)
        waits = self.state is State.OPEN and self.breached_at is None
        return (waits or self.answer is not None) and (self.round, self.level) == (1, 0) and not any(
            value is not None for value in said
        )  # fmt: skip

    @property
    def owed_by(self) -> datetime | None:
        """The deadline of the clock that runs; None when nothing is owed any more."""
        if self.clock is Clock.FINAL:
            owed = self.state is State.ANSWERED and self.final_answered_at is None  # a merged one's is the other's
            return self.final_deadline if owed else None
        return self.deadline if self.state not in CLOSED else None

    @property
    def breach_on_record(self) -> datetime | None:
        """The deadline whose passing is on record, of the clock that runs."""
        return self.final_breached_at if self.clock is Clock.FINAL else self.breached_at

    @property
    def holds_until(self) -> datetime | None:
        """Until when a person holds the steps: acknowledged, put off, or both."""
        if self.held_until is None or self.snoozed_until is None:
            return self.held_until or self.snoozed_until
        return max(self.held_until, self.snoozed_until)


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


def followed(
    case: Case, turn: Turn, deadline: datetime, now: datetime, *,
    final_deadline: datetime | None = None, finals: Sequence[Answer] = (), kept: bool = False,
) -> Change:  # fmt: skip
    """Bring a case in line with what its turn now says: its clock, its answers, its deletion.

    `deadline` and `final_deadline` are those of the turn's first mention under the case's policy, `finals` all
    official posts to this citizen in the conversation. `kept` says that a mention of a case merged into this one still
    stands. What a person decided stays: a turn that is closed by the case's own closing changes nothing. Returns no
    events where nothing changed.
    """
    events: list[Event] = []
    added = [m.id for m in turn.mentions if m.case != case.id]
    if added:
        events.append(Event("mentioned", now, "platform", {"mentions": added}))
        if case.snoozed_until is not None and case.is_open:
            # A pause never hides a citizen's follow-up (row 17).
            events.append(Event("woken", now, "platform", {"was_until": case.snoozed_until}))
            case = case._replace(snoozed_until=None)
    first = turn.first
    # A breach stands, also when the mention that ran into it was deleted afterwards (row 16).
    breach_stands = case.breached_at is not None and first.created_at > case.opened_at
    if first.created_at != case.opened_at and not breach_stands:
        data: dict[str, Any] = {
            "opened_at": first.created_at, "deadline": deadline, "found_at": first.stored_at,
            "was_opened_at": case.opened_at, "was_deadline": case.deadline,
        }  # fmt: skip
        case = case._replace(opened_at=first.created_at, deadline=deadline, found_at=first.stored_at)
        if case.final_deadline is not None:
            data |= {"final_deadline": final_deadline, "was_final_deadline": case.final_deadline}
            case = case._replace(final_deadline=final_deadline)
        events.append(Event("clock_moved", now, "platform", data))
        if case.answered_at is not None:
            case = case._replace(breached_at=deadline if case.answered_at > deadline else None)
    if isinstance(turn.closer, Answer):
        case, told = _answered(case, turn.closer, now)
        events += told
    elif turn.closer is None:
        case, told = _standing(case, turn, now, kept=kept)
        events += told
    # Whoever gave the first answer, here or elsewhere: the final one may come here.
    case, told = _finally(case, turn, finals, now, kept=kept)
    return Change(case, (*events, *told))


def _answered(case: Case, answer: Answer, now: datetime) -> tuple[Case, list[Event]]:
    """The clock stops at the platform's time of the answer, even when found after the breach (SEMANTICS rows 4, 5)."""
    if case.answer == answer.id and case.answered_at == answer.created_at:
        return case, []
    if case.state is State.MERGED:
        return case, []
    met = answer.created_at <= case.deadline
    outcome = "quoted" if answer.quoted else "platform"
    data = {"answer": answer.id, "answered_at": answer.created_at, "outcome": outcome, "met": met}
    case = closed(
        case, State.ANSWERED, answer.created_at, answer=answer.id, answered_at=answer.created_at, outcome=outcome,
        breached_at=None if met else case.deadline,
    )  # fmt: skip
    return case, [Event("answered", now, "platform", data)]


def _finally(
    case: Case, turn: Turn, finals: Sequence[Answer], now: datetime, *, kept: bool
) -> tuple[Case, list[Event]]:
    """The first official post after the first answer, and after staff said that more is owed, is the final answer."""
    if case.clock is not Clock.FINAL or case.owed_by is None:
        return case, []
    if not turn.standing and not kept:
        # Nobody is left to be answered (row 16): what was owed ends, and the history says so.
        return case._replace(**NO_FINAL), [Event("final_withdrawn", now, "platform", {"reason": "deleted"})]
    assert case.final_asked_at is not None and case.answered_at is not None
    after = max(case.final_asked_at, case.answered_at)
    answer = min((a for a in finals if a.created_at > after), key=lambda a: (a.created_at, a.id), default=None)
    if answer is None:
        return case, []
    case, event = finally_answered(case, "platform", "platform", answer.created_at, now, answer=answer.id)
    return case, [event]


def finally_answered(
    case: Case, by: str, outcome: str, at: datetime, now: datetime, *, answer: str | None = None, reference: str = ""
) -> tuple[Case, Event]:
    """The final answer was given at `at`: its clock stops; an answer exactly at its deadline is met (row 7)."""
    assert case.final_deadline is not None
    met = at <= case.final_deadline
    data = {"answer": answer, "answered_at": at, "outcome": outcome, "met": met, "reference": reference}
    case = case._replace(
        final_answered_at=at, final_answer=answer, final_outcome=outcome, next_action_at=None, held_until=None,
        snoozed_until=None, final_breached_at=None if met else case.final_deadline,
    )  # fmt: skip
    return case, Event("final_answered", now, by, data)


def _standing(case: Case, turn: Turn, now: datetime, *, kept: bool) -> tuple[Case, list[Event]]:
    """No closer: open, unless every mention is gone (SEMANTICS row 16); a post that came back opens it again."""
    if turn.standing or kept:
        if case.state is State.DELETED:
            # Still whose it was; an acknowledgement ended with the post.
            state = State.OPEN if case.assignee is None else State.CLAIMED
            case = case._replace(state=state, closed_at=None, outcome=None)
            return case, [Event("restored", now, "platform", {"state": state})]
        return case, []
    if not case.is_open:
        return case, []
    gone_at = max(m.gone_at for m in turn.mentions if m.gone_at)
    # That a later one was seen after the deadline does not tell whether the one that ran into it still stood.
    ran = next((m for m in turn.mentions if m.created_at == case.opened_at), turn.first)
    seen_at = ran.seen_at or ran.stored_at
    if gone_at <= case.deadline:
        outcome = "before_deadline"
    elif seen_at < case.deadline:
        outcome = "undetermined"
    else:
        outcome = "breached"
    case = closed(
        case, State.DELETED, gone_at, outcome=outcome, breached_at=case.deadline if outcome == "breached" else None
    )
    return case, [Event("deleted", now, "platform", {"gone_at": gone_at, "seen_at": seen_at, "outcome": outcome})]


def merged(case: Case, into: str, now: datetime) -> Change:
    """Two cases turned out to be one turn: this one ends, the other goes on."""
    return Change(closed(case, State.MERGED, now), (Event("merged", now, "platform", {"into": into}),))


def closed(case: Case, state: State, at: datetime, **more: Any) -> Case:
    """The case without anything left to do on its first clock; a final answer that is owed begins to count."""
    case = case._replace(state=state, closed_at=at, next_action_at=None, held_until=None, snoozed_until=None, **more)
    if state is State.ANSWERED and case.clock is Clock.FIRST and case.final_deadline is not None:
        case = case._replace(clock=Clock.FINAL, level=0, repeats=0, held_level=None)
    return case


#: A case of which no final answer is owed.
NO_FINAL: Mapping[str, Any] = {
    "clock": Clock.FIRST, "next_action_at": None, "held_until": None, "snoozed_until": None, "final_asked_at": None,
    "final_deadline": None, "final_breached_at": None, "final_answered_at": None, "final_answer": None,
    "final_outcome": None,
}  # fmt: skip


def fresh_round(case: Case) -> dict[str, Any]:
    """What begins anew with a round: the ladder and whatever held it (SEMANTICS row 20)."""
    return {"state": State.OPEN, "clock": Clock.FIRST, "round": case.round + 1, "level": 0, "repeats": 0,
            "assignee": None, "held_until": None, "held_level": None, "snoozed_until": None}  # fmt: skip


def rescheduled(
    case: Case, *, policy: str, calendar: str, deadline: datetime, final_deadline: datetime | None, now: datetime
) -> Change:
    """The policy or the calendar changed: an open case goes by the new one, the old value stays beside it (14, 15).

    `calendar` is its name and version; `next_action_at` is the caller's to work out. A breach on record whose deadline
    now lies ahead is put right; that it once counted stays in the history.
    """
    data = {
        "policy": policy, "was_policy": case.policy, "calendar": calendar,
        "deadline": deadline, "was_deadline": case.deadline,
        "final_deadline": final_deadline, "was_final_deadline": case.final_deadline,
    }  # fmt: skip
    after = case._replace(policy=policy, deadline=deadline, final_deadline=final_deadline)
    if case.breached_at is not None and case.is_open:
        after = after._replace(breached_at=deadline if deadline <= now else None)
    if case.final_breached_at is not None and final_deadline is not None:
        after = after._replace(final_breached_at=final_deadline if final_deadline <= now else None)
    return Change(after, (Event("rescheduled", now, "clock", data),))


def alarmed(case: Case, incident: str, policy: str, deadline: datetime, now: datetime) -> Change:
    """It is part of a crisis: short target, and a new round up the crisis ladder; nothing holds it (SEMANTICS row 34).

    Who claimed it keeps it. Its deadline never moves back. A closed case is only counted with the incident.
    """
    data: dict[str, Any] = {"incident": incident, "policy": policy, "deadline": min(deadline, case.deadline),
            "was_deadline": case.deadline, "was_policy": case.policy}  # fmt: skip
    if not case.is_open:
        return Change(case._replace(incident=incident), (Event("alarmed", now, "clock", {"incident": incident}),))
    state = State.CLAIMED if case.assignee is not None else State.OPEN
    kept = fresh_round(case) | {"state": state, "assignee": case.assignee}
    after = case._replace(incident=incident, policy=policy, deadline=data["deadline"], **kept)
    return Change(after, (Event("alarmed", now, "clock", data),))
