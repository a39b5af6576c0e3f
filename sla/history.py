"""What became of each case, told by its events alone (SEMANTICS row 35)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from sla.case import CLOSED, Clock, State
from sla.escalation import Reason


class Happened(Protocol):
    """An event as the store gives it back: instants in `data` are ISO 8601 strings."""

    @property
    def case_id(self) -> str | None:
        """None for an event of the service itself."""

    @property
    def kind(self) -> str:
        """What happened."""

    @property
    def at(self) -> datetime:
        """When it was recorded."""

    @property
    def actor(self) -> str:
        """A staff id, or "platform" or "clock"."""

    @property
    def data(self) -> Mapping[str, Any]:
        """The particulars."""


class BrokenHistory(ValueError):
    """An event cannot be read, so that no number is to be trusted; `report verify` says where history was changed."""


class Status(StrEnum):
    """What a case counts as at an instant."""

    MET = "met"
    """Answered no later than the deadline (row 5)."""
    LATE = "answered_late"
    """Answered after it: a miss that stays one (row 5)."""
    UNANSWERED = "unanswered"
    """The deadline came without an answer, or the citizen gave up after it had (row 16): a miss."""
    PENDING = "pending"
    """Open, and its deadline is yet to come: neither met nor missed."""
    DISMISSED = "dismissed"
    """No reply was due (row 8)."""
    DELETED = "deleted"
    """Taken back by the citizen before the deadline (row 16)."""
    UNDETERMINED = "undetermined"
    """Seen last before the deadline and missed after it (row 16)."""
    MERGED = "merged"
    """Part of another case; never counted."""


class Leg(NamedTuple):
    """The time a department held a case (row 10)."""

    department: str
    since: datetime
    until: datetime | None
    """When it was transferred or ended; None while it is held."""


class Snooze(NamedTuple):
    """A time for which a person put the steps off while the first answer was owed."""

    since: datetime
    until: datetime
    """Cut where it was woken, transferred or closed before: it is put off no longer then."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A case at the end of its history."""

    case: str
    platform: str
    account: str
    department: str
    """Who holds it at the end: whose numbers it counts in."""
    policy: str
    opened_at: datetime
    """The platform's time of its first mention: the week it belongs to (rows 1 and 2)."""
    found_at: datetime
    deadline: datetime
    legs: tuple[Leg, ...]
    state: State = State.OPEN
    outcome: str | None = None
    answered_at: datetime | None = None
    mentions: int = 0
    reason: str = ""
    """Why it was dismissed; "" also for a case split off from a dismissed one, whose reason stands there."""
    decided_by: str = ""
    """The staff id of who dismissed it or answered elsewhere."""
    breached: bool = False
    """Whether its passing the deadline unanswered went on record, rightly or (row 4) not."""
    final_deadline: datetime | None = None
    """Set while a final answer is owed or was given (row 7)."""
    final_answered_at: datetime | None = None
    final_outcome: str | None = None
    snoozes: tuple[Snooze, ...] = ()
    incident: str | None = None
    """The crisis it is part of (row 34)."""
    rescheduled: int = 0
    """How often a changed policy or calendar moved its deadline (rows 14 and 15)."""
    transfers: int = 0
    reopenings: int = 0
    levels: tuple[int, ...] = ()
    """The steps that fired, in order."""
    alerts: tuple[str, ...] = ()
    """The kind of each alert, repeats and those of a new round with them."""
    acknowledged_at: datetime | None = None
    """When somebody first said that they are at it, by acknowledging or claiming it while the first answer was owed."""
    keyword: str = ""
    """By which a route sent it to its department; "" where the account's own department had it."""
    calendar: str = ""
    """Name and version of the calendar that set its deadline first."""
    unchecked: int = 0
    """How many alerts went out although the platform could not be asked just before (row 21)."""

    def status(self, at: datetime) -> Status:
        """What it counts as at the instant `at`; a deadline that is now has come, as for `sla.escalation.decide`."""
        match self.state:
            case State.MERGED:
                return Status.MERGED
            case State.DISMISSED:
                return Status.DISMISSED
            case State.ANSWERED:
                # Not the event's own word: a mention found later may have moved the deadline since.
                assert self.answered_at is not None
                return Status.MET if self.answered_at <= self.deadline else Status.LATE
            case State.DELETED if self.outcome == "before_deadline":
                return Status.DELETED
            case State.DELETED if self.outcome == "undetermined":
                return Status.UNDETERMINED
            case State.DELETED:
                return Status.UNANSWERED
        return Status.UNANSWERED if at >= self.deadline else Status.PENDING

    def final_status(self, at: datetime) -> Status | None:
        """What its final answer counts as at the instant `at`; None where none is owed."""
        if self.final_deadline is None or self.state is not State.ANSWERED:
            return None
        if self.final_answered_at is not None:
            return Status.MET if self.final_answered_at <= self.final_deadline else Status.LATE
        return Status.UNANSWERED if at >= self.final_deadline else Status.PENDING

    def paused(self, at: datetime) -> timedelta:
        """How long it was put off while unanswered, up to the instant `at` (row 17)."""
        return sum((max(min(s.until, at) - s.since, timedelta(0)) for s in self.snoozes), timedelta(0))

    @property
    def response(self) -> timedelta | None:
        """The first response time; None without an answer."""
        return _since(self.opened_at, self.answered_at)

    @property
    def acknowledgement(self) -> timedelta | None:
        """How long until somebody was at it; None where nobody said so."""
        return _since(self.opened_at, self.acknowledged_at)

    @property
    def final_response(self) -> timedelta | None:
        """How long until the final answer; None without one."""
        return _since(self.opened_at, self.final_answered_at)

    def settles_at(self, at: datetime) -> datetime | None:
        """The instant from which time alone changes no number of it any more; None where it changes none at `at`."""
        instants = [snooze.until for snooze in self.snoozes]
        if self.state not in CLOSED:
            instants.append(self.deadline)
        if self.final_deadline is not None and self.final_answered_at is None and self.state is State.ANSWERED:
            instants.append(self.final_deadline)
        latest = max(instants, default=at)
        return latest if latest > at else None

    @property
    def found_late(self) -> bool:
        """Whether collection brought it only when its deadline had come: nobody could have answered (row 1)."""
        return self.found_at >= self.deadline


class Folded(NamedTuple):
    """What a stretch of history says."""

    outcomes: dict[str, Outcome]
    broken: frozenset[str]
    """Cases whose history lacks its beginning or cannot be read: tampered with, or cut."""


def fold(events: Iterable[Happened]) -> Folded:
    """Tell what became of every case from its events, which must come in the order they were recorded.

    Only the order within a case matters. Events of the service itself, and kinds that say nothing of what is
    counted, are passed over.
    """
    outcomes: dict[str, Outcome] = {}
    broken: set[str] = set()
    for event in events:
        id = event.case_id
        if id is None or id in broken:
            continue
        try:
            outcomes[id] = _opened(id, event) if event.kind == "opened" else _after(outcomes[id], event)
        except (KeyError, ValueError, TypeError):
            broken.add(id)
            outcomes.pop(id, None)
    return Folded(outcomes, frozenset(broken))


def instant(value: Any) -> datetime:
    """An aware instant out of an event's data.

    Raises:
        ValueError: it is none.
    """
    at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    if at.tzinfo is None:
        raise ValueError(f"{value!r} has no offset")
    return at


def _since(start: datetime, at: datetime | None) -> timedelta | None:
    """How long until then: never less than nothing, though a platform's clock may run ahead of ours."""
    return None if at is None else max(at - start, timedelta(0))


def _opened(id: str, event: Happened) -> Outcome:
    data = event.data
    found_at = instant(data["found_at"])
    return Outcome(
        case=id, platform=data["platform"], account=data["account"], department=data["department"],
        policy=data["policy"], opened_at=instant(data["opened_at"]), found_at=found_at,
        deadline=instant(data["deadline"]), legs=(Leg(data["department"], found_at, None),),
        mentions=len(data["mentions"]), keyword=data.get("keyword", ""), calendar=data.get("calendar", ""),
    )  # fmt: skip


def _after(so_far: Outcome, event: Happened) -> Outcome:
    step = _STEPS.get(event.kind)
    return so_far if step is None else step(so_far, event)


def _mentioned(so_far: Outcome, event: Happened) -> Outcome:
    return replace(so_far, mentions=so_far.mentions + len(event.data["mentions"]))


def _clock_moved(so_far: Outcome, event: Happened) -> Outcome:
    data = event.data
    return replace(
        so_far, opened_at=instant(data["opened_at"]), deadline=instant(data["deadline"]),
        found_at=instant(data["found_at"]), **_final_deadline(data),
    )  # fmt: skip


def _final_deadline(data: Mapping[str, Any]) -> dict[str, Any]:
    """The new deadline of the final answer, where the event moves that too."""
    return {"final_deadline": instant(data["final_deadline"])} if data.get("final_deadline") else {}


def _rescheduled(so_far: Outcome, event: Happened) -> Outcome:
    data = event.data
    return replace(
        so_far, policy=data["policy"], deadline=instant(data["deadline"]), rescheduled=so_far.rescheduled + 1,
        **_final_deadline(data),
    )  # fmt: skip


def _alarmed(so_far: Outcome, event: Happened) -> Outcome:
    data = event.data
    if "deadline" not in data:
        return replace(so_far, incident=data["incident"])
    state = so_far.state if so_far.state is State.CLAIMED else State.OPEN
    deadline = instant(data["deadline"])
    return replace(
        so_far, incident=data["incident"], policy=data["policy"], deadline=deadline, state=state,
        snoozes=_awake(so_far, event.at),
    )  # fmt: skip


def _snoozed(so_far: Outcome, event: Happened) -> Outcome:
    until = instant(event.data["until"])
    return so_far if so_far.state in CLOSED else replace(so_far, snoozes=(*so_far.snoozes, Snooze(event.at, until)))


def _woken(so_far: Outcome, event: Happened) -> Outcome:
    return replace(so_far, snoozes=_awake(so_far, event.at))


def _released(so_far: Outcome, event: Happened) -> Outcome:
    return replace(so_far, state=State.OPEN) if so_far.state in (State.CLAIMED, State.ACKNOWLEDGED) else so_far


def _final_asked(so_far: Outcome, event: Happened) -> Outcome:
    deadline = instant(event.data["deadline"])
    return replace(so_far, final_deadline=deadline, final_answered_at=None, final_outcome=None)


def _final_withdrawn(so_far: Outcome, event: Happened) -> Outcome:
    return replace(so_far, final_deadline=None, final_answered_at=None, final_outcome=None)


def _final_answered(so_far: Outcome, event: Happened) -> Outcome:
    at = instant(event.data["answered_at"])
    return replace(so_far, final_answered_at=at, final_outcome=event.data["outcome"])


def _acknowledged(so_far: Outcome, event: Happened) -> Outcome:
    state = State.ACKNOWLEDGED if so_far.state is State.OPEN else so_far.state
    return replace(so_far, state=state, acknowledged_at=_taken_up(so_far, event))


def _claimed(so_far: Outcome, event: Happened) -> Outcome:
    state = so_far.state if so_far.state in CLOSED else State.CLAIMED
    return replace(so_far, state=state, acknowledged_at=_taken_up(so_far, event))


def _taken_up(so_far: Outcome, event: Happened) -> datetime | None:
    """Who takes up the final answer only is not at the first one."""
    return so_far.acknowledged_at or (None if so_far.state in CLOSED else event.at)


def _transferred(so_far: Outcome, event: Happened) -> Outcome:
    data = event.data
    return replace(
        so_far, state=State.OPEN, department=data["to"], policy=data["policy"], deadline=instant(data["deadline"]),
        transfers=so_far.transfers + 1, snoozes=_awake(so_far, event.at),
        legs=(*_ended(so_far, event.at), Leg(data["to"], event.at, None)),
        **_final_deadline(data),
    )  # fmt: skip


def _answered(so_far: Outcome, event: Happened) -> Outcome:
    at = instant(event.data["answered_at"])
    by = "" if event.actor == "platform" else event.actor
    return replace(
        so_far, state=State.ANSWERED, answered_at=at, outcome=event.data["outcome"], decided_by=by, reason="",
        legs=_ended(so_far, at), snoozes=_awake(so_far, at),
    )  # fmt: skip


def _dismissed(so_far: Outcome, event: Happened) -> Outcome:
    return replace(
        so_far, state=State.DISMISSED, outcome=event.data.get("outcome", "dismissed"), reason=event.data["reason"],
        decided_by=event.actor, legs=_ended(so_far, event.at), snoozes=_awake(so_far, event.at),
    )  # fmt: skip


def _deleted(so_far: Outcome, event: Happened) -> Outcome:
    gone_at = instant(event.data["gone_at"])
    return replace(
        so_far, state=State.DELETED, outcome=event.data["outcome"], legs=_ended(so_far, gone_at),
        snoozes=_awake(so_far, gone_at),
    )  # fmt: skip


def _reopened(so_far: Outcome, event: Happened) -> Outcome:
    return _open_again(replace(so_far, reopenings=so_far.reopenings + 1), event.at)


def _restored(so_far: Outcome, event: Happened) -> Outcome:
    return replace(_open_again(so_far, event.at), state=State(event.data.get("state", State.OPEN)))


def _open_again(so_far: Outcome, at: datetime) -> Outcome:
    return replace(
        so_far, state=State.OPEN, outcome=None, answered_at=None, reason="", decided_by="",
        legs=(*so_far.legs, Leg(so_far.department, at, None)),
    )  # fmt: skip


def _merged(so_far: Outcome, event: Happened) -> Outcome:
    if so_far.state is State.MERGED:
        return so_far  # what it was merged into was merged itself
    return replace(
        so_far, state=State.MERGED, legs=_ended(so_far, event.at), snoozes=_awake(so_far, event.at)
    )  # fmt: skip


def _split(so_far: Outcome, event: Happened) -> Outcome:
    """Split off from a case that a person had closed: their decision covers this one too."""
    data = event.data
    state = State(data["state"])
    at = instant(data["answered_at"]) if state is State.ANSWERED else None
    return replace(so_far, state=state, outcome=data["outcome"], answered_at=at, legs=_ended(so_far, event.at))


def _breached(so_far: Outcome, event: Happened) -> Outcome:
    return so_far if event.data.get("clock") == Clock.FINAL else replace(so_far, breached=True)


def _escalated(so_far: Outcome, event: Happened) -> Outcome:
    level, kind = event.data["level"], event.data["kind"]
    is_step = event.data["reason"] == "step" and event.data.get("clock") != Clock.FINAL
    levels = (*so_far.levels, level) if is_step else so_far.levels
    # A round begins at once and asks nobody: only where a look was tried could it fail.
    unchecked = so_far.unchecked + (event.data.get("checked") is False and event.data["reason"] != Reason.ROUND)
    return replace(so_far, levels=levels, alerts=(*so_far.alerts, kind), unchecked=unchecked)


def _ended(so_far: Outcome, at: datetime) -> tuple[Leg, ...]:
    """Its legs, the last of them ended at `at`: an answer that is found later may have come before it began."""
    *earlier, last = so_far.legs
    return (*earlier, last._replace(until=max(at, last.since)))


def _awake(so_far: Outcome, at: datetime) -> tuple[Snooze, ...]:
    """Its snoozes, the last of them ended at `at` where it went on until then."""
    if not so_far.snoozes:
        return ()
    *earlier, last = so_far.snoozes
    return (*earlier, last._replace(until=max(min(last.until, at), last.since)))


_STEPS: Mapping[str, Callable[[Outcome, Happened], Outcome]] = {
    "mentioned": _mentioned,
    "clock_moved": _clock_moved,
    "acknowledged": _acknowledged,
    "claimed": _claimed,
    "transferred": _transferred,
    "answered": _answered,
    "dismissed": _dismissed,
    "deleted": _deleted,
    "reopened": _reopened,
    "restored": _restored,
    "merged": _merged,
    "split": _split,
    "breached": _breached,
    "escalated": _escalated,
    "rescheduled": _rescheduled,
    "alarmed": _alarmed,
    "snoozed": _snoozed,
    "woken": _woken,
    "released": _released,
    "final_asked": _final_asked,
    "final_withdrawn": _final_withdrawn,
    "final_answered": _final_answered,
}
