"""What would have been: recorded cases lived through again under another promise.

What citizens, staff and platforms did is taken from the history as it was; what the clock did is decided afresh, by
the same functions that decide for the service. Only the first answer's clock is simulated (SEMANTICS row 7): when a
final answer is owed depends on what the first one said. The look before an alert (row 21) is taken to work: an answer
or a deletion that the history shows to have stood already when a step fell due prevents it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from sla import actions
from sla import case as rule
from sla.case import Answer, Case, Change, Conflict, Event, Mention, State, Turn
from sla.duty import Told
from sla.escalation import BusinessTime, Decision, begin_round, decide, fired, next_action
from sla.history import Happened, instant
from sla.policy import Kind, Policy

Terms = Callable[[str, str], tuple[Policy, BusinessTime]]
"""The policy that a name stands for, and the calendar its first clock runs on in a department."""

Tell = Callable[[Policy, Decision, str, str | None, datetime], Told]
"""Whom a decision reaches: policy, decision, department, assignee, instant."""

_TICK = timedelta(microseconds=1)
_ANEW = frozenset({"escalated", "breached", "final_asked", "final_withdrawn", "final_answered"})
"""What is decided afresh, and what is of the second clock."""


def rescaled(policy: Policy, target: timedelta) -> Policy:
    """The policy with another target, its steps in the same proportion to it; the breach stands at the target.

    Raises:
        ValueError: the target is none, or so short that steps would fall together.
    """
    if target <= timedelta(0):
        raise ValueError("a target must be more than nothing")
    share, whole = target // _TICK, policy.target // _TICK
    steps = tuple(
        replace(step, at=target if step.kind == Kind.BREACH else step.at * share // whole) for step in policy.steps
    )
    if any(later <= earlier for earlier, later in pairwise((timedelta(0), *(step.at for step in steps)))):
        raise ValueError(f"a target of {target} leaves no time between the steps of {policy.name}")
    return replace(policy, target=target, steps=steps)


@dataclass(frozen=True, slots=True)
class Lived:
    """An event of a simulated history; see `sla.history.Happened`."""

    case_id: str | None
    kind: str
    at: datetime
    actor: str
    data: Mapping[str, Any]


class Relived(NamedTuple):
    """A case, lived through again."""

    events: list[Lived]
    prevented: int
    """How often the look found an answer or a deletion, so that nobody was told."""
    refused: tuple[str, ...]
    """What people did that was not possible under these terms, by kind of event."""


def relive(history: Sequence[Happened], terms: Terms, tell: Tell, now: datetime) -> Relived:
    """Live one case's history again, up to `now`.

    At equal instants the clock decides before people act, and sees what the platform showed by then.

    Raises:
        LookupError, ValueError, TypeError: the history lacks its beginning or cannot be read.
    """
    shown = stood(history)
    kept = [index for index, event in enumerate(history) if event.kind not in _ANEW]
    life = _Life(history[kept[0]], terms, tell)
    for before, index in pairwise(kept):
        event = history[index]
        life.run(event.at, shown[before + 1])
        # Reopened by a person while an answer is stored already: it is answered in the same transaction.
        life.take(event, rings=all(_shown_by(later) is None for later in _with(history, index)))
    life.run(now, None)
    return Relived(life.events, life.prevented, tuple(life.refused))


def _hands_over(event: Happened) -> bool:
    """Whether it is somebody else's from then on: handed over, opened again, or its person left (row 37)."""
    return event.kind in ("transferred", "reopened") or (event.kind == "released" and event.actor == "clock")


def _with(history: Sequence[Happened], index: int) -> Iterator[Happened]:
    """What was recorded after an event at the same instant."""
    for later in range(index + 1, len(history)):
        if history[later].at != history[index].at:
            return
        yield history[later]


class Shown(NamedTuple):
    """From when on a look at the platform would have found that nobody is to be told any more."""

    at: datetime
    inclusive: bool
    """Whether at that very instant already."""

    def by(self, now: datetime) -> bool:
        """Whether a look at `now` finds it."""
        return now >= self.at if self.inclusive else now > self.at


def stood(history: Sequence[Happened]) -> list[Shown | None]:
    """For the time before each event, what a look would have found that was recorded later."""
    found: list[Shown | None] = []
    ahead: Shown | None = None
    for event in reversed(history):
        if event.kind in ("reopened", "restored"):
            ahead = None
        elif event.kind == "escalated" and event.data.get("checked") and ahead is not None and not ahead.inclusive:
            # The look before that alert still found the post there.
            ahead = Shown(max(ahead.at, event.at), False)
        else:
            ahead = _shown_by(event) or ahead
        found.append(ahead)
    return found[::-1]


def _shown_by(event: Happened) -> Shown | None:
    if event.kind == "answered" and event.data["answer"] is not None:
        return Shown(instant(event.data["answered_at"]), True)
    if event.kind == "deleted":
        # When exactly it went nobody knows: it is taken to be gone from the time it was last seen.
        return Shown(instant(event.data["seen_at"]), False)
    if event.kind == "split":
        return Shown(event.at, True)
    return None


class _Life:
    """One case on its way through its history."""

    def __init__(self, opened: Happened, terms: Terms, tell: Tell) -> None:
        self._terms, self._tell = terms, tell
        self.events: list[Lived] = []
        self.prevented = 0
        self.refused: list[str] = []
        self.case: Case
        self.clock = opened.at
        if opened.kind != "opened" or opened.case_id is None:
            raise ValueError(f"a history begins with {opened.kind!r}")
        data = opened.data
        case = Case(
            id=opened.case_id, platform=data["platform"], account=data["account"], department=data["department"],
            conversation="", author=None, policy=data["policy"], opened_at=instant(data["opened_at"]),
            found_at=instant(data["found_at"]), deadline=opened.at, next_action_at=None,
        )  # fmt: skip
        deadline = self._deadline(case, case.opened_at)
        again = Event("opened", opened.at, opened.actor, {**data, "deadline": deadline})
        self._keep(Change(case._replace(deadline=deadline), (again,)))

    def run(self, until: datetime, shown: Shown | None) -> None:
        """Decide everything that falls due by `until`."""
        while (due := self.case.next_action_at) is not None:
            at = max(due, self.clock)
            if at > until:
                break
            policy, calendar = self._terms(self.case.policy, self.case.department)
            decision = decide(self.case, policy, calendar, at)
            if decision.tells and shown is not None and shown.by(at):
                self.prevented += 1
                break
            self.clock = at
            self._fire(policy, decision, at)
        self.clock = max(self.clock, until)

    def take(self, event: Happened, *, rings: bool) -> None:
        """Let what happened happen; what the rules refuse under these terms does not.

        `rings` says whether a round that it begins tells its assignee.
        """
        act = _ACTS.get(event.kind)
        if act is None:
            self._append([Event(event.kind, event.at, event.actor, event.data)])
            return
        try:
            change = act(self, event)
        except Conflict:
            self.refused.append(event.kind)
            return
        self._keep(change)
        if rings and self.case.is_open and _hands_over(event):
            # Whose it is now is told at once (row 20).
            policy, calendar = self._terms(self.case.policy, self.case.department)
            self._fire(policy, begin_round(self.case, policy, calendar, event.at), event.at)

    def _fire(self, policy: Policy, decision: Decision, at: datetime) -> None:
        told = Told(())
        if decision.tells:
            told = self._tell(policy, decision, self.case.department, self.case.assignee, at)
        change = fired(self.case, decision, at, told=told.people, skipped=told.skipped)
        self.case = change.case
        self._append(change.events)

    def _keep(self, change: Change) -> None:
        case = change.case
        self.case = case._replace(next_action_at=next_action(case, *self._terms(case.policy, case.department)))
        self._append(change.events)

    def _append(self, events: Sequence[Event]) -> None:
        self.events += (Lived(self.case.id, event.kind, event.at, event.actor, event.data) for event in events)

    def _deadline(self, case: Case, start: datetime) -> datetime:
        policy, calendar = self._terms(case.policy, case.department)
        return calendar.add(start, policy.target)

    # --- what posts do -----------------------------------------------------------------------------------

    def _followed(self, event: Happened, mention: Mention, closer: Answer | None = None) -> Change:
        deadline = self._deadline(self.case, mention.created_at)
        return rule.followed(self.case, Turn((mention,), closer), deadline, event.at)

    def _mention(self) -> Mention:
        """What runs its clock: of a history no more is needed than when it was written and found."""
        return Mention("", self.case.opened_at, self.case.found_at, case=self.case.id)

    def clock_moved(self, event: Happened) -> Change:
        begin, found_at = instant(event.data["opened_at"]), instant(event.data["found_at"])
        return self._followed(event, replace(self._mention(), created_at=begin, stored_at=found_at))

    def answered(self, event: Happened) -> Change:
        data = event.data
        if data["answer"] is None:
            return actions.answered_elsewhere(
                self.case, event.actor, data["outcome"], event.at, data.get("reference", "")
            )
        answer = Answer(data["answer"], instant(data["answered_at"]), quoted=data["outcome"] == "quoted")
        return self._followed(event, self._mention(), answer)

    def deleted(self, event: Happened) -> Change:
        gone_at, seen_at = instant(event.data["gone_at"]), instant(event.data["seen_at"])
        return self._followed(event, replace(self._mention(), gone_at=gone_at, seen_at=seen_at))

    def restored(self, event: Happened) -> Change:
        return self._followed(event, self._mention())

    def merged(self, event: Happened) -> Change:
        change = rule.merged(self.case, event.data["into"], event.at)
        into = None if event.actor == "platform" else event.data["into"]
        return Change(change.case._replace(merged_into=into), change.events)

    def split(self, event: Happened) -> Change:
        data = event.data
        answered_at = None if data["answered_at"] is None else instant(data["answered_at"])
        ended = rule.closed(self.case, State(data["state"]), event.at, answered_at=answered_at, outcome=data["outcome"])
        return Change(ended, (Event("split", event.at, event.actor, data),))

    # --- what people do ----------------------------------------------------------------------------------

    def acknowledged(self, event: Happened) -> Change:
        return actions.acknowledged(self.case, event.actor, instant(event.data["until"]), event.at)

    def claimed(self, event: Happened) -> Change:
        return actions.claimed(self.case, event.actor, event.at)

    def released(self, event: Happened) -> Change:
        return actions.released(self.case, event.actor, event.at, event.data.get("reason", ""))

    def snoozed(self, event: Happened) -> Change:
        data = event.data
        return actions.snoozed(self.case, event.actor, instant(data["until"]), data["reason"], event.at)

    def woken(self, event: Happened) -> Change:
        if event.actor == "platform":
            return self._copied(event, snoozed_until=None)
        return actions.woken(self.case, event.actor, event.at)

    def transferred(self, event: Happened) -> Change:
        data = event.data
        there = self.case._replace(department=data["to"], policy=data["policy"])
        deadline = self._deadline(there, self.case.opened_at)
        return actions.transferred(
            self.case, data["to"], data["policy"], deadline, event.actor, data["reason"], event.at
        )

    def dismissed(self, event: Happened) -> Change:
        data = event.data
        return actions.dismissed(
            self.case, event.actor, data["reason"], event.at, data.get("outcome", State.DISMISSED.value)
        )

    def reopened(self, event: Happened) -> Change:
        return actions.reopened(self.case, event.actor, event.data["reason"], event.at)

    # --- what the settings and a crisis do ----------------------------------------------------------------

    def rescheduled(self, event: Happened) -> Change:
        data = event.data
        deadline = self._deadline(self.case._replace(policy=data["policy"]), self.case.opened_at)
        if self.case.incident is not None:
            # A crisis took its clock from a shorter promise: no other rule gives it more time (row 34).
            deadline = min(deadline, self.case.deadline)
        return rule.rescheduled(
            self.case, policy=data["policy"], calendar=data["calendar"], deadline=deadline, final_deadline=None,
            now=event.at,
        )  # fmt: skip

    def alarmed(self, event: Happened) -> Change:
        data = event.data
        if "policy" not in data or not self.case.is_open:
            return self._copied(event)
        return rule.alarmed(self.case, data["incident"], data["policy"], instant(data["deadline"]), event.at)

    def _copied(self, event: Happened, **more: Any) -> Change:
        return Change(self.case._replace(**more), (Event(event.kind, event.at, event.actor, event.data),))


_ACTS: Mapping[str, Callable[[_Life, Happened], Change]] = {
    "clock_moved": _Life.clock_moved,
    "answered": _Life.answered,
    "deleted": _Life.deleted,
    "restored": _Life.restored,
    "merged": _Life.merged,
    "split": _Life.split,
    "acknowledged": _Life.acknowledged,
    "claimed": _Life.claimed,
    "released": _Life.released,
    "snoozed": _Life.snoozed,
    "woken": _Life.woken,
    "transferred": _Life.transferred,
    "dismissed": _Life.dismissed,
    "reopened": _Life.reopened,
    "rescheduled": _Life.rescheduled,
    "alarmed": _Life.alarmed,
}
