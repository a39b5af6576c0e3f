"""What a case owes at an instant: `decide(case, policy, calendar, now) -> Decision`.

Steps are anchored to the case's own clock, so a late step moves no later one (SEMANTICS row 20).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from sla.case import Case, Change, Clock, Event
from sla.policy import Kind, Ladder, Policy


class BusinessTime(Protocol):
    """What is asked of a calendar here."""

    def add(self, start: datetime, amount: timedelta, /) -> datetime:
        """The instant at which `amount` of business time has passed since `start`."""

    def between(self, start: datetime, end: datetime, /) -> timedelta:
        """The business time from `start` to `end`."""


class Reason(StrEnum):
    """Why a decision is what it is."""

    CLOSED = "closed"
    """No answer is owed any more."""
    NOT_DUE = "not_due"
    """Nothing falls due before `next_action_at`."""
    HELD = "held"
    """Someone said "I have it"; the ladder waits for `held_until` (row 26)."""
    STEP = "step"
    """A step fell due."""
    REPEAT = "repeat"
    """The ladder has ended and the root contact is told again (row 24)."""
    ROUND = "round"
    """A transfer or a reopening began a round: its assignee is told at once (row 20)."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done about a case now, on the clock that runs."""

    reason: Reason
    next_action_at: datetime | None
    level: int = 0
    """The highest step due: the one that fires."""
    overtaken: tuple[int, ...] = ()
    """Lower steps that were due too: not sent by themselves, not lost (row 23)."""
    kind: str = ""
    repeats: int = 0
    """How often the root contact should have been told by now; on a step, those it overtakes."""
    due_at: datetime | None = None
    """When what fires fell due."""
    breached: bool = False
    """Whether the deadline passed unanswered and that is not on record yet."""
    clock: Clock = Clock.FIRST
    """Whose ladder it is about."""

    @property
    def tells(self) -> bool:
        """Whether anyone is to be told."""
        return self.reason in (Reason.STEP, Reason.REPEAT, Reason.ROUND)


def decide(case: Case, policy: Policy, calendar: BusinessTime, now: datetime) -> Decision:
    """Say what `case` owes at `now`. Pure: the same arguments give the same decision, for ever.

    `calendar` is the one that the case's running clock counts on.
    """
    deadline = case.owed_by
    if deadline is None:
        return Decision(Reason.CLOSED, None)
    ladder = policy.on(case.clock)
    passed = now >= deadline
    on_record = case.breach_on_record is not None
    reason, level, repeats = Reason.NOT_DUE, case.level, case.repeats
    overtaken: tuple[int, ...] = ()
    kind, due_at = "", None
    held_until = case.holds_until
    if held_until is not None and now < held_until:
        reason = Reason.HELD
    elif due := _due_levels(case, ladder, calendar, now):
        (level, due_at), overtaken = due[-1], tuple(number for number, _ in due[:-1])
        reason, kind = Reason.STEP, ladder.steps[level - 1].kind
        repeats, _ = _repeats_due(case, level, ladder, calendar, now)
    else:
        repeats, due_at = _repeats_due(case, level, ladder, calendar, now)
        if repeats > case.repeats:
            reason, kind = Reason.REPEAT, Kind.ESCALATION
    after = _next_action(case, deadline, level, repeats, passed or on_record, ladder, calendar)
    return Decision(reason, after, level, overtaken, kind, repeats, due_at, passed and not on_record, case.clock)


def begin_round(case: Case, policy: Policy, calendar: BusinessTime, now: datetime) -> Decision:
    """The first decision of a round after the first: passed steps are overtaken, its assignee is told at once."""
    deadline = case.owed_by
    if deadline is None:
        return Decision(Reason.CLOSED, None)
    ladder = policy.on(case.clock)
    due = _due_levels(case, ladder, calendar, now)
    level = due[-1][0] if due else 0
    repeats, _ = _repeats_due(case, level, ladder, calendar, now)
    passed, on_record = now >= deadline, case.breach_on_record is not None
    after = _next_action(case, deadline, level, repeats, passed or on_record, ladder, calendar)
    return Decision(
        Reason.ROUND, after, level, tuple(number for number, _ in due),
        ladder.steps[level - 1].kind if level else Kind.WARNING, repeats, now, passed and not on_record,
        case.clock,
    )  # fmt: skip


def next_action(case: Case, policy: Policy, calendar: BusinessTime) -> datetime | None:
    """The earliest instant at which `decide` has something to do for this case; None when nothing is owed."""
    deadline = case.owed_by
    if deadline is None:
        return None
    on_record = case.breach_on_record is not None
    return _next_action(case, deadline, case.level, case.repeats, on_record, policy.on(case.clock), calendar)


def fired(case: Case, decision: Decision, now: datetime, *, told: tuple[str, ...] = (), **why: object) -> Change:
    """The case after a decision, and its events. `told` are the staff who are alerted; `why` goes on record."""
    events: list[Event] = []
    if decision.breached:
        events.append(Event("breached", now, "clock", {"clock": case.clock, "deadline": case.owed_by}))
    if decision.tells:
        events.append(
            Event("escalated", now, "clock", {
                "reason": decision.reason, "clock": case.clock, "round": case.round, "level": decision.level,
                "kind": decision.kind, "overtaken": decision.overtaken, "repeat": decision.repeats,
                "due_at": decision.due_at, "told": told, **why,
            })
        )  # fmt: skip
    after = case._replace(
        next_action_at=decision.next_action_at, level=max(case.level, decision.level),
        repeats=max(case.repeats, decision.repeats),
    )  # fmt: skip
    if decision.breached:
        deadline = case.owed_by
        final = case.clock is Clock.FINAL
        after = after._replace(final_breached_at=deadline) if final else after._replace(breached_at=deadline)
    return Change(after, tuple(events))


def _next_action(
    case: Case, deadline: datetime, level: int, repeats: int, on_record: bool, ladder: Ladder, calendar: BusinessTime
) -> datetime:
    """What falls due next once `level` and `repeats` are done; `on_record` says whether the breach is."""
    if level < len(ladder.steps):
        due = calendar.add(case.opened_at, ladder.steps[level].at)
    else:
        due = _repeat_at(case, ladder, calendar, repeats + 1)
    held_until = case.holds_until
    if held_until is not None:
        due = max(due, held_until)
    # A breach goes on record at its deadline, held or not (row 26).
    return due if on_record else min(due, deadline)


def _due_levels(case: Case, ladder: Ladder, calendar: BusinessTime, now: datetime) -> list[tuple[int, datetime]]:
    due = []
    for level in range(case.level + 1, len(ladder.steps) + 1):
        at = calendar.add(case.opened_at, ladder.steps[level - 1].at)
        if at > now:
            break
        due.append((level, at))
    return due


def _repeat_at(case: Case, ladder: Ladder, calendar: BusinessTime, number: int) -> datetime:
    return calendar.add(case.opened_at, ladder.last + ladder.repeat * number)


def _repeats_due(
    case: Case, level: int, ladder: Ladder, calendar: BusinessTime, now: datetime
) -> tuple[int, datetime | None]:
    """How many times the root contact should have been told by now. Many missed at once are one (row 23)."""
    if level < len(ladder.steps):
        return case.repeats, None
    number = (calendar.between(case.opened_at, now) - ladder.last) // ladder.repeat
    if number <= case.repeats:
        return case.repeats, None
    return number, _repeat_at(case, ladder, calendar, number)
