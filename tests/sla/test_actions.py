"""What people do to a case: each action with its opposite, none of which ends what is owed by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla import actions
from sla.case import NO_FINAL, Case, Change, Clock, Conflict, State, alarmed, closed, rescheduled

START = datetime(2026, 11, 16, 0, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
CASE = Case(
    "c1", "twitter", "1", "transport", "v", "a", "standard", START, START, START + 30 * MINUTE, START + 20 * MINUTE
)
OLDER = CASE._replace(id="c0", opened_at=START - MINUTE)
NOW = START + 5 * MINUTE

Act = Callable[[Case, datetime], Change]
PAIRS: dict[str, tuple[Act, Act]] = {
    "acknowledge, release": (
        lambda case, now: actions.acknowledged(case, "kim", now + 15 * MINUTE, now),
        lambda case, now: actions.released(case, "kim", now),
    ),
    "claim, release": (
        lambda case, now: actions.claimed(case, "kim", now),
        lambda case, now: actions.released(case, "park", now),
    ),
    "snooze, wake": (
        lambda case, now: actions.snoozed(case, "kim", now + 60 * MINUTE, "회신 대기", now),
        lambda case, now: actions.woken(case, "kim", now),
    ),
    "dismiss, reopen": (
        lambda case, now: actions.dismissed(case, "kim", "광고", now),
        lambda case, now: actions.reopened(case, "park", "다시 봄", now),
    ),
    "answer elsewhere, reopen": (
        lambda case, now: actions.answered_elsewhere(case, "kim", "phone", now),
        lambda case, now: actions.reopened(case, "park", "통화 안 됨", now),
    ),
    "merge, reopen": (
        lambda case, now: actions.merged_into(case, OLDER, "kim", "같은 민원", now),
        lambda case, now: actions.reopened(case, "park", "다른 민원", now),
    ),
    "transfer, transfer back": (
        lambda case, now: actions.transferred(case, "facility", "standard", case.deadline, "kim", "시설", now),
        lambda case, now: actions.transferred(case, "transport", "standard", case.deadline, "lee", "교통", now),
    ),
    "ask for a final answer, withdraw": (
        lambda case, now: actions.final_asked(case, "kim", "사진", now + DAY, now),
        lambda case, now: actions.final_withdrawn(case, "kim", "됐음", now),
    ),
}


@pytest.mark.parametrize("pair", PAIRS)
def test_each_action_is_undone_by_its_opposite(pair: str) -> None:
    """What is owed, by whom and until when is what it was; both are events with their actors."""
    do, undo = PAIRS[pair]
    done = do(CASE, NOW)
    undone = undo(done.case, NOW + MINUTE)
    after = undone.case
    kept = ("state", "department", "deadline", "assignee", "snoozed_until", "held_until", "merged_into", "closed_at",
            "outcome", "answered_at", "final_deadline", "clock", "owed_by")  # fmt: skip
    assert {name: getattr(after, name) for name in kept} == {name: getattr(CASE, name) for name in kept}
    assert all(event.actor in ("kim", "park", "lee") for event in done.events + undone.events)


@pytest.mark.parametrize("pair", PAIRS)
def test_the_second_of_two_people_is_told(pair: str) -> None:
    """Done twice, or undone before it was done, is a conflict that says how the case stands."""
    do, undo = PAIRS[pair]
    with pytest.raises(Conflict, match="c1"):
        do(do(CASE, NOW).case, NOW)
    if not pair.startswith("transfer"):
        with pytest.raises(Conflict, match="c1"):
            undo(CASE, NOW)


@given(st.lists(st.sampled_from(sorted(PAIRS)), max_size=8), st.booleans(), st.data())
def test_any_course_keeps_what_is_owed_whole(pairs: list[str], answered: bool, data: st.DataObject) -> None:
    """Whatever people do in whatever order: open owes its deadline, closed nothing but a final answer asked for."""
    case, now = CASE, NOW
    for pair in pairs:
        now += MINUTE
        act = data.draw(st.sampled_from(PAIRS[pair]))
        try:
            case = act(case, now).case
        except Conflict:
            continue
        if answered and case.is_open and case.final_deadline is not None:
            case = closed(case, State.ANSWERED, now, answered_at=now, answer="a1")
        if case.is_open:
            assert (case.clock, case.owed_by) == (Clock.FIRST, case.deadline)
            assert case.opened_at == CASE.opened_at
        elif case.clock is Clock.FINAL:
            assert case.state is State.ANSWERED and case.final_deadline is not None
        else:
            assert case.owed_by is None


def test_nothing_is_done_to_a_closed_case() -> None:
    """The message says since when and why it is closed."""
    ended = actions.dismissed(CASE, "kim", "광고", NOW, "spam").case
    for pair in ("acknowledge, release", "claim, release", "snooze, wake", "merge, reopen", "transfer, transfer back"):
        with pytest.raises(Conflict, match="spam"):
            PAIRS[pair][0](ended, NOW + MINUTE)


def test_an_answer_on_the_platform_is_not_taken_back_by_a_word() -> None:
    """Nor is a case that its posts merged into another one."""
    answered = closed(CASE, State.ANSWERED, NOW, answer="a1", answered_at=NOW)
    absorbed = closed(CASE, State.MERGED, NOW)
    for case in (answered, absorbed, CASE):
        with pytest.raises(Conflict, match="only what a person closed"):
            actions.reopened(case, "park", "?", NOW)


def test_a_changed_calendar_keeps_the_old_deadline_beside_the_new() -> None:
    """Rows 14 and 15: a breach on record whose deadline now lies ahead is put right, one that has passed stays one."""
    breached = CASE._replace(breached_at=CASE.deadline)
    now = START + 40 * MINUTE
    later = rescheduled(
        breached, policy="slow", calendar="office/2", deadline=START + 60 * MINUTE, final_deadline=None, now=now
    )
    assert (later.case.policy, later.case.breached_at) == ("slow", None)
    (event,) = later.events
    assert (event.data["was_deadline"], event.data["deadline"]) == (CASE.deadline, START + 60 * MINUTE)
    assert (event.data["was_policy"], event.data["policy"]) == ("standard", "slow")
    sooner = rescheduled(
        breached, policy="standard", calendar="c", deadline=START + 35 * MINUTE, final_deadline=None, now=now
    )
    assert sooner.case.breached_at == START + 35 * MINUTE


def test_row_34_a_crisis_shortens_and_never_lengthens() -> None:
    """Its ladder begins anew and nothing holds it; who claimed it keeps it; a closed case is only counted with it."""
    held = actions.acknowledged(actions.claimed(CASE, "kim", NOW).case, "kim", NOW + 15 * MINUTE, NOW).case
    after = alarmed(held._replace(level=1), "i1", "crisis", START + 10 * MINUTE, NOW).case
    assert (after.deadline, after.policy, after.incident) == (START + 10 * MINUTE, "crisis", "i1")
    assert (after.state, after.assignee, after.holds_until, after.level, after.round) == (
        State.CLAIMED,
        "kim",
        None,
        0,
        2,
    )
    assert alarmed(CASE, "i1", "crisis", START + DAY, NOW).case.deadline == CASE.deadline
    ended = actions.dismissed(CASE, "kim", "광고", NOW).case
    assert alarmed(ended, "i1", "crisis", START, NOW).case == ended._replace(incident="i1")


def test_no_final_names_every_final_field() -> None:
    """A case whose final answer was withdrawn keeps nothing of it."""
    assert {name for name in Case._fields if name.startswith("final_")} <= set(NO_FINAL)
