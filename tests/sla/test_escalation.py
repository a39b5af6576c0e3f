"""decide: pure, anchored, and the same as the simplest possible walk through the minutes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla.calendar import Calendar, Interval
from sla.case import Case, Clock, State
from sla.escalation import Decision, Reason, begin_round, decide, fired, next_action
from sla.policy import Kind, Policy, Step

START = datetime(2026, 11, 16, 3, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SEOUL = ZoneInfo("Asia/Seoul")
ALWAYS = Calendar("always", SEOUL, tuple(Interval(day, 0, 1440) for day in range(7)))
OFFICE = Calendar("office", SEOUL, tuple(Interval(day, 540, 1080) for day in range(5)))
POLICY = Policy(
    "standard", "always", 30 * MINUTE,
    (
        Step(20 * MINUTE, Kind.WARNING, ("assignee",)),
        Step(30 * MINUTE, Kind.BREACH, ("assignee", "manager")),
        Step(60 * MINUTE, Kind.ESCALATION, ("head",)),
    ),
)  # fmt: skip


def _case(calendar: Calendar = ALWAYS, opened_at: datetime = START) -> Case:
    case = Case(
        "c1", "twitter", "1", "d", "v", "a", "standard", opened_at, opened_at,
        calendar.add(opened_at, POLICY.target), None,
    )  # fmt: skip
    return case._replace(next_action_at=next_action(case, POLICY, calendar))


def _after(case: Case, decision: Decision, now: datetime) -> Case:
    return fired(case, decision, now).case


@pytest.mark.parametrize(
    ("minutes", "reason", "level", "overtaken"),
    [
        (19.99, Reason.NOT_DUE, 0, ()),
        (20, Reason.STEP, 1, ()),
        (30, Reason.STEP, 2, (1,)),
        (59, Reason.STEP, 2, (1,)),
        (60, Reason.STEP, 3, (1, 2)),
        (999, Reason.STEP, 3, (1, 2)),
    ],
)
def test_row_23_the_highest_level_due(minutes: float, reason: Reason, level: int, overtaken: tuple[int, ...]) -> None:
    """The levels in between are overtaken, neither sent nor lost."""
    decision = decide(_case(), POLICY, ALWAYS, START + minutes * MINUTE)
    assert (decision.reason, decision.level, decision.overtaken) == (reason, level, overtaken)


def test_a_closed_case_owes_nothing() -> None:
    """Whatever the hour."""
    closed = _case()._replace(state=State.ANSWERED)
    assert decide(closed, POLICY, ALWAYS, START + 999 * MINUTE) == Decision(Reason.CLOSED, None)
    assert next_action(closed, POLICY, ALWAYS) is None


def test_many_missed_repeats_are_one() -> None:
    """Ten hours of downtime after the last step: the root contact is told once, and again an hour later."""
    case = _case()._replace(level=3, breached_at=START + 30 * MINUTE)
    decision = decide(case, POLICY, ALWAYS, START + 660 * MINUTE)
    assert (decision.reason, decision.repeats) == (Reason.REPEAT, 10)
    assert decision.next_action_at == START + 720 * MINUTE


@given(
    st.sampled_from([ALWAYS, OFFICE]),
    st.integers(0, 10_000),
    st.lists(st.integers(1, 700), min_size=1, max_size=12),
    st.booleans(),
)
def test_however_late_the_passes_run_the_ladder_is_the_same(
    calendar: Calendar, opened: int, gaps: list[int], holds: bool
) -> None:
    """Steps fired are those the oracle finds due; each level fires or is overtaken once; nothing fires early."""
    case = _case(calendar, START + opened * MINUTE)
    if holds:
        case = case._replace(state=State.ACKNOWLEDGED, held_until=case.opened_at + 40 * MINUTE, held_level=0)
    now = case.opened_at
    seen: list[int] = []
    for gap in gaps:
        now += gap * MINUTE
        decision = decide(case, POLICY, calendar, now)
        due = [n for n, step in enumerate(POLICY.steps, 1) if calendar.between(case.opened_at, now) >= step.at]
        if holds and case.held_until is not None and now < case.held_until:
            assert not decision.tells
        else:
            assert (decision.level, case.level) == (max([0, *due]), case.level)
            if decision.reason is Reason.STEP:
                seen += [*decision.overtaken, decision.level]
        case = _after(case, decision, now)
        assert (case.breached_at is not None) == (now >= case.deadline)
        assert case.next_action_at is None or case.next_action_at > now
    assert seen == sorted(set(seen))


@given(st.sampled_from([ALWAYS, OFFICE]), st.integers(0, 10_000), st.integers(0, 3), st.integers(0, 5))
def test_next_action_is_exactly_when_there_is_something_to_do(
    calendar: Calendar, opened: int, level: int, repeats: int
) -> None:
    """A microsecond before it nothing changes; at it something does. An idle case is never looked at."""
    case = _case(calendar, START + opened * MINUTE)._replace(level=level, repeats=repeats if level == 3 else 0)
    if level >= 2:
        case = case._replace(breached_at=case.deadline)
    due = next_action(case, POLICY, calendar)
    assert due is not None
    before = decide(case, POLICY, calendar, due - timedelta(microseconds=1))
    assert not before.tells and not before.breached
    at = decide(case, POLICY, calendar, due)
    assert at.tells or at.breached


@pytest.mark.parametrize(("minutes", "level", "kind"), [(5, 0, "warning"), (25, 1, "warning"), (90, 3, "escalation")])
def test_row_20_a_round_begins_with_its_steps_overtaken(minutes: int, level: int, kind: str) -> None:
    """One notice at the level that has passed; then the ladder goes on where the clock stands."""
    now = START + minutes * MINUTE
    decision = begin_round(_case()._replace(round=2), POLICY, ALWAYS, now)
    assert (decision.reason, decision.level, decision.kind) == (Reason.ROUND, level, kind)
    assert decision.next_action_at is not None
    assert decision.next_action_at > now


@given(st.integers(0, 20_000), st.integers(0, 3), st.integers(0, 3), st.booleans(), st.sampled_from([ALWAYS, OFFICE]))
def test_row_7_the_final_clock_obeys_the_same_rules(
    minutes: int, level: int, repeats: int, on_record: bool, calendar: Calendar
) -> None:
    """On the final clock a case owes what a case on the first clock would owe under the final ladder."""
    slow = Policy("p", "c", POLICY.target * 48, tuple(Step(s.at * 48, s.kind, s.notify) for s in POLICY.steps),
                  repeat=POLICY.repeat * 8)  # fmt: skip
    both = Policy("p", "c", POLICY.target, POLICY.steps, final_target=slow.target, final_steps=slow.steps,
                  final_repeat=slow.repeat)  # fmt: skip
    deadline, now = calendar.add(START, slow.target), START + minutes * MINUTE
    first = _case(calendar)._replace(
        deadline=deadline, level=level, repeats=repeats, breached_at=deadline if on_record else None
    )
    final = _case(calendar)._replace(
        state=State.ANSWERED, answered_at=START, closed_at=START, clock=Clock.FINAL, final_asked_at=START,
        final_deadline=deadline, level=level, repeats=repeats, final_breached_at=deadline if on_record else None,
    )  # fmt: skip
    decision = decide(final, both, calendar, now)
    assert replace(decision, clock=Clock.FIRST) == decide(first, slow, calendar, now)
    assert next_action(final, both, calendar) == next_action(first, slow, calendar)
    after = fired(final, decision, now).case
    assert after.breached_at is None and after.state is State.ANSWERED
    assert decide(after._replace(final_answered_at=now), both, calendar, now).reason is Reason.CLOSED
