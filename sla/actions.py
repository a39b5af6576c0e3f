"""What people may do to a case: each action a pure function with its opposite, each an event with its actor.

None of them hides a citizen's follow-up, and none but an answer or a dismissal ends what is owed. Where two people act
at once, the first one wins and the second is told what happened (`Conflict`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sla.case import (
    CLOSED,
    NO_FINAL,
    Case,
    Change,
    Clock,
    Conflict,
    Event,
    State,
    closed,
    finally_answered,
    fresh_round,
)

#: Outcomes of an answer given elsewhere than on the platform.
ANSWERED_ELSEWHERE = ("phone", "dm", "referred")

#: Why no answer is owed: no reply is due, spam, or the citizen took it back where no look can see it.
DISMISSALS = ("dismissed", "spam", "deleted")

LONGEST_SNOOZE = {Clock.FIRST: timedelta(hours=24), Clock.FINAL: timedelta(days=14)}
"""A case cannot be put off for ever: no longer than this at a time, on either clock."""


def acknowledged(case: Case, by: str, until: datetime, now: datetime) -> Change:
    """Say "I have it": every step is held `until` then; the clock runs on (SEMANTICS row 26). Once a level."""
    _must_be_owed(case)
    if case.held_level == case.level:
        raise Conflict(
            f"case {case.id} was already acknowledged at this level, until {case.held_until}", "acknowledged"
        )
    state = State.ACKNOWLEDGED if case.state is State.OPEN else case.state
    held = case._replace(state=state, held_until=until, held_level=case.level)
    return Change(held, (Event("acknowledged", now, by, {"until": until, "level": case.level}),))


def claimed(case: Case, by: str, now: datetime) -> Change:
    """It is theirs: the assignee's alerts go to them from now on. A second one to claim it is told who was first."""
    _must_be_owed(case)
    if case.assignee is not None:
        raise Conflict(f"case {case.id} was already claimed by {case.assignee}", "claimed")
    state = State.CLAIMED if case.is_open else case.state
    return Change(case._replace(state=state, assignee=by), (Event("claimed", now, by, {}),))


def released(case: Case, by: str, now: datetime, reason: str = "") -> Change:
    """Undo an acknowledgement and a claim: nobody has it, its alerts go to the duty again (SEMANTICS row 37).

    The level stays used up, so that nobody holds a case for ever by acknowledging and releasing in turn.

    Raises:
        Conflict: nobody has it.
    """
    _must_be_owed(case)
    if case.assignee is None and case.held_until is None:
        raise Conflict(f"nobody has case {case.id}: it is neither acknowledged nor claimed", "released")
    state = State.OPEN if case.is_open else case.state
    data = {"was_assignee": case.assignee, "was_held_until": case.held_until, "reason": reason}
    return Change(case._replace(state=state, assignee=None, held_until=None), (Event("released", now, by, data),))


def snoozed(case: Case, by: str, until: datetime, reason: str, now: datetime) -> Change:
    """Put its steps off, with a reason; the clock runs on, and a follow-up of the citizen ends it (SEMANTICS row 17).

    Raises:
        Conflict: nothing is owed, or it is put off already.
    """
    _must_be_owed(case)
    if case.snoozed_until is not None and case.snoozed_until > now:
        raise Conflict(f"case {case.id} is already put off until {case.snoozed_until}", "snoozed")
    data = {"until": until, "reason": reason}
    return Change(case._replace(snoozed_until=until), (Event("snoozed", now, by, data),))


def woken(case: Case, by: str, now: datetime) -> Change:
    """Undo a snooze: its steps go on at the highest level due.

    Raises:
        Conflict: it is not put off.
    """
    if case.snoozed_until is None or case.snoozed_until <= now:
        raise Conflict(f"case {case.id} is not put off", "woken")
    data = {"was_until": case.snoozed_until}
    return Change(case._replace(snoozed_until=None), (Event("woken", now, by, data),))


def transferred(
    case: Case, department: str, policy: str, deadline: datetime, by: str, reason: str, now: datetime,
    final_deadline: datetime | None = None,
) -> Change:  # fmt: skip
    """Another department's: the citizen's clock goes on, a new round begins (SEMANTICS rows 10 and 20).

    Raises:
        Conflict: it is closed, or already with that department.
    """
    _must_be_open(case)
    if case.department == department:
        raise Conflict(f"case {case.id} is already with {department}", "transferred")
    after: dict[str, Any] = {"department": department, "policy": policy, "deadline": deadline}
    data: dict[str, Any] = {
        "from": case.department,
        "to": department,
        "policy": policy,
        "deadline": deadline,
        "reason": reason,
    }
    if case.final_deadline is not None:
        after["final_deadline"] = data["final_deadline"] = final_deadline
    return Change(case._replace(**after, **fresh_round(case)), (Event("transferred", now, by, data),))


def dismissed(case: Case, by: str, reason: str, now: datetime, outcome: str = "dismissed") -> Change:
    """No answer is owed, because of `reason`; it leaves the denominator and is counted apart (SEMANTICS row 8)."""
    _must_be_open(case)
    ended = closed(case, State.DISMISSED, now, outcome=outcome)
    return Change(ended, (Event("dismissed", now, by, {"reason": reason, "outcome": outcome}),))


def answered_elsewhere(case: Case, by: str, outcome: str, now: datetime, reference: str = "") -> Change:
    """Record an answer given by phone, by direct message or by referral: the one that is owed. Nothing is posted."""
    _must_be_owed(case)
    if case.clock is Clock.FINAL:
        after, event = finally_answered(case, by, outcome, now, now, reference=reference)
        return Change(after, (event,))
    met = now <= case.deadline
    ended = closed(
        case, State.ANSWERED, now, outcome=outcome, answered_at=now, breached_at=None if met else case.deadline
    )
    data = {"answer": None, "answered_at": now, "outcome": outcome, "met": met, "reference": reference}
    return Change(ended, (Event("answered", now, by, data),))


def final_asked(
    case: Case, by: str, reason: str, deadline: datetime, now: datetime, shown: datetime | None = None
) -> Change:
    """More is owed than the first answer: a final answer by `deadline` (SEMANTICS row 7).

    `shown` is the platform's time of the last official post known by then: where its clock runs ahead of ours, that one
    is no final answer for all that. Asked again after a final answer, that one was not final yet: its deadline stays.

    Raises:
        Conflict: a final answer is owed already, or the case ended otherwise than by an answer.
    """
    if case.state in CLOSED and case.state is not State.ANSWERED:
        _must_be_open(case)
    if case.final_deadline is not None and case.final_answered_at is None:
        raise Conflict(f"case {case.id} already owes a final answer by {case.final_deadline}", "final_asked")
    after = case._replace(
        final_asked_at=max(now, shown or now), final_deadline=deadline, final_answered_at=None, final_answer=None,
        final_outcome=None, final_breached_at=None,
    )  # fmt: skip
    if case.state is State.ANSWERED:
        kept = {"state": State.ANSWERED, "clock": Clock.FINAL, "assignee": case.assignee}
        after = after._replace(**fresh_round(case) | kept)
    return Change(after, (Event("final_asked", now, by, {"reason": reason, "deadline": deadline}),))


def final_withdrawn(case: Case, by: str, reason: str, now: datetime) -> Change:
    """Undo `final_asked`: the first answer was all that was owed.

    Raises:
        Conflict: no final answer is owed.
    """
    if case.final_deadline is None or case.final_answered_at is not None:
        raise Conflict(f"case {case.id} owes no final answer", "no_final")
    kept: dict[str, Any] = {} if case.clock is Clock.FINAL else {name: getattr(case, name) for name in _OF_FIRST}
    return Change(case._replace(**{**NO_FINAL, **kept}), (Event("final_withdrawn", now, by, {"reason": reason}),))


_OF_FIRST = ("next_action_at", "held_until", "snoozed_until")


def merged_into(case: Case, other: Case, by: str, reason: str, now: datetime) -> Change:
    """The same matter as `other`: this one ends, that one, whose clock is the earlier one, goes on.

    Raises:
        Conflict: one of them is closed, it is the same case, this one is the older, or it is another citizen's.
    """
    _must_be_open(case)
    if case.id == other.id:
        raise Conflict(f"case {case.id} cannot be merged into itself", "merge_itself")
    if not other.is_open:
        raise Conflict(f"case {other.id} is {other.state} since {other.closed_at}", "merge_closed", into=other.id)
    if (other.opened_at, other.id) > (case.opened_at, case.id):
        raise Conflict(
            f"case {case.id} is the older one: merge {other.id} into it, so that the earlier clock goes on",
            "merge_older", into=other.id,
        )  # fmt: skip
    if case.platform == other.platform and (case.author is None or case.author != other.author):
        raise Conflict(
            f"case {case.id} is another citizen's than {other.id}: each is owed an answer of their own",
            "merge_citizen", into=other.id,
        )  # fmt: skip
    ended = closed(case, State.MERGED, now, merged_into=other.id)
    return Change(ended, (Event("merged", now, by, {"into": other.id, "reason": reason}),))


def reopened(case: Case, by: str, reason: str, now: datetime) -> Change:
    """Undo a dismissal, a merge or an answer given elsewhere; a new round begins (SEMANTICS rows 11 and 20).

    Raises:
        Conflict: it is open, deleted, merged by its posts, or the platform shows an answer, which no word takes back.
    """
    by_a_person = case.state in (State.ANSWERED, State.DISMISSED) or case.merged_into is not None
    if not by_a_person or case.answer is not None:
        raise Conflict(f"case {case.id} is {case.state}: only what a person closed can be opened again", "reopened")
    again = case._replace(outcome=None, answered_at=None, closed_at=None, merged_into=None, **fresh_round(case))
    return Change(again, (Event("reopened", now, by, {"reason": reason}),))


def _must_be_open(case: Case) -> None:
    if not case.is_open:
        who = f" ({case.outcome})" if case.outcome else ""
        raise Conflict(f"case {case.id} is {case.state}{who} since {case.closed_at}", "closed")


def _must_be_owed(case: Case) -> None:
    if case.owed_by is None:
        if case.clock is Clock.FINAL:
            raise Conflict(f"case {case.id} was answered for good at {case.final_answered_at}", "final_answered")
        _must_be_open(case)
