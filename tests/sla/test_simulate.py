"""What would have been: a hand-checked history, shorter targets, and whatever people did on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sla import duty
from sla.calendar import Calendar, Interval, Pause
from sla.duty import Department, Told
from sla.escalation import BusinessTime, Decision, Reason
from sla.history import Status, fold
from sla.policy import Kind, Policy, Step
from sla.simulate import Lived, Relived, Terms, relive, rescaled
from sla.whatif import Difference, Sums, alerts
from sla.whatif import difference as differ
from sla.whatif import tell as reckon
from tests.histories import ALWAYS, POLICY, START, history, lives

SEOUL = ZoneInfo("Asia/Seoul")
MINUTE = timedelta(minutes=1)
NINE = datetime(2026, 11, 16, 0, 0, tzinfo=UTC)  # a Monday, 09:00 in Seoul
LATER = NINE + timedelta(days=1)
OFFICE = Calendar(
    "office", SEOUL, tuple(Interval(day, 540, 1080) for day in range(5)), (Pause(12 * 60, 13 * 60),)
)  # fmt: skip
CITY = Department("transport", "교통정책과", "standard", ("kim",), "park", "choi")


def tell(policy: Policy, decision: Decision, department: str, assignee: str | None, at: datetime) -> Told:
    """As the service does, where nobody is ever away."""
    if decision.reason is Reason.REPEAT:
        return Told(("ops",))
    ladder = [("assignee",), *policy.first.notify] if decision.reason is Reason.ROUND else policy.first.notify
    level = 1 if decision.reason is Reason.ROUND else decision.level
    overtaken = () if decision.reason is Reason.ROUND else decision.overtaken
    return duty.recipients(ladder, level, overtaken, CITY, assignee, "ops", lambda person: person)


def under(policy: Policy, calendar: BusinessTime = ALWAYS) -> Terms:
    """One promise for everything."""
    return lambda name, department: (policy, calendar)


class Story:
    """A history written by hand."""

    def __init__(self, opened: float = 0, found: float = 0, department: str = "transport") -> None:
        self.events: list[Lived] = []
        at = NINE + opened * MINUTE
        self.add(found or opened, "opened", "platform", platform="twitter", account="1001", department=department,
                 policy="standard", opened_at=at, found_at=NINE + (found or opened) * MINUTE,
                 deadline=at + 30 * MINUTE, mentions=["m1"])  # fmt: skip

    def add(self, minute: float, event: str, actor: str, **data: Any) -> Story:
        """Something that happened so many minutes after nine."""
        self.events.append(Lived("c1", event, NINE + minute * MINUTE, actor, data))
        return self

    def answered(self, minute: float, found: float) -> Story:
        """An answer on the platform, found then."""
        at = NINE + minute * MINUTE
        return self.add(found, "answered", "platform", answer="a1", answered_at=at, outcome="platform", met=True)

    def again(
        self, target: float = 30, calendar: BusinessTime = ALWAYS, until: datetime = NINE + 55 * MINUTE
    ) -> Relived:
        """Lived through again under another target."""
        return relive(self.events, under(rescaled(POLICY, target * MINUTE), calendar), tell, until)


def told(again: Relived) -> list[tuple[float, str, tuple[str, ...]]]:
    """The minutes after nine at which people are told, of what, and who."""
    return [((alert.at - NINE) / MINUTE, alert.kind, alert.told) for alert in alerts(again.events)]


def difference(events: Sequence[Any], again: Sequence[Any], at: datetime) -> Difference | None:
    """How two histories of a case differ."""
    return differ(events, reckon(events), reckon(again), at)


def status(events: list[Lived], at: datetime = LATER) -> Status:
    """What the case counts as."""
    return fold(events).outcomes["c1"].status(at)


def test_a_hand_checked_history() -> None:
    """Asked at nine, answered at 09:25, found at once: met in 30 minutes after one warning, missed in 20 after two
    alerts, and met in 30 minutes of office time without any where it was asked at 11:50."""
    story = Story().answered(25, 25)
    assert told(story.again(30)) == [(20, "warning", ("kim",))]
    assert status(story.again(30).events) is Status.MET
    shorter = story.again(20)
    assert told(shorter) == [(pytest.approx(40 / 3), "warning", ("kim",)), (20, "breach", ("park",))]
    assert status(shorter.events) is Status.LATE
    lunch = Story(opened=170).answered(215, 215)
    assert status(lunch.again(30).events) is Status.LATE
    assert told(lunch.again(30, OFFICE)) == [] and status(lunch.again(30, OFFICE).events) is Status.MET


def test_steps_keep_their_proportion() -> None:
    """20, 30 and 60 minutes of 30 are 13:20, 20 and 40 of 20; the breach stands at the target; what is none is said."""
    steps = rescaled(POLICY, 20 * MINUTE).steps
    assert [step.at for step in steps] == [MINUTE * 40 // 3, 20 * MINUTE, 40 * MINUTE]
    assert rescaled(POLICY, POLICY.target) == POLICY
    for target in (timedelta(0), -MINUTE):
        with pytest.raises(ValueError, match="more than nothing"):
            rescaled(POLICY, target)
    with pytest.raises(ValueError, match="no time between"):
        rescaled(POLICY, timedelta(microseconds=1))
    odd = Policy("odd", "always", 7 * MINUTE, (Step(5 * MINUTE, Kind.WARNING, ()), Step(7 * MINUTE, Kind.BREACH, ())))
    assert rescaled(odd, 11 * MINUTE).steps[1].at == 11 * MINUTE


@pytest.mark.parametrize(
    ("answered", "target", "expected"), [(20, 20, Status.MET), (20.001, 20, Status.LATE), (30, 30, Status.MET)]
)
def test_row_5_exactly_at_the_simulated_deadline(answered: float, target: float, expected: Status) -> None:
    """An answer at the deadline is met, and nobody is told of a breach then."""
    again = Story().answered(answered, answered + 5).again(target)
    assert status(again.events) is expected
    assert ("breach" in [kind for _, kind, _ in told(again)]) is (expected is Status.LATE)


def test_row_21_the_look_prevents_what_an_answer_made_needless() -> None:
    """Answered at 12 minutes and found at 25 by the look: no warning at 20, nor at 13:20 of a shorter target."""
    story = Story().answered(12, 25)
    for target in (30, 20):
        again = story.again(target)
        assert told(again) == [] and again.prevented == 1
    assert [(minute, kind) for minute, kind, _ in told(story.again(15))] == [(10, "warning")]


def test_row_16_deleted_under_a_shorter_target() -> None:
    """Seen at 17 and gone at 26 minutes: in time of 30, nobody knows of 20, a breach that stands of 15."""
    story = Story().add(26, "deleted", "platform", gone_at=NINE + 26 * MINUTE, seen_at=NINE + 17 * MINUTE, outcome="x")
    found = {target: status(story.again(target).events) for target in (30, 20, 15)}
    assert found == {30: Status.DELETED, 20: Status.UNDETERMINED, 15: Status.UNANSWERED}
    assert "breach" not in [kind for _, kind, _ in told(story.again(20))]


def test_row_16_a_look_that_found_it_there_is_evidence() -> None:
    """Warned at 20 minutes after a look, though no poll saw it after 17: it stood at 20, and is gone from then on."""
    story = Story().add(20, "escalated", "clock", checked=True)
    story.add(31, "deleted", "platform", gone_at=NINE + 31 * MINUTE, seen_at=NINE + 17 * MINUTE, outcome="x")
    assert [(minute, kind) for minute, kind, _ in told(story.again(30))] == [(20, "warning")]
    story.events[1].data["checked"] = False  # type: ignore[index]
    assert told(story.again(30)) == []


def test_row_26_an_acknowledgement_holds_the_steps() -> None:
    """Held from 15 to 45 minutes: the breach goes on record, the people hear at 45, of the highest level due."""
    story = Story().add(15, "acknowledged", "lee", until=NINE + 45 * MINUTE, level=0)
    again = story.again(30)
    assert told(again) == [(45, "breach", ("park", "kim"))]
    assert [event.at for event in again.events if event.kind == "breached"] == [NINE + 30 * MINUTE]
    twice = story.add(16, "acknowledged", "kim", until=NINE + 46 * MINUTE, level=0).again(30)
    assert twice.refused == ("acknowledged",)


def test_row_20_a_transfer_begins_a_round() -> None:
    """The new assignee is told at once; the citizen's clock goes on."""
    story = Story().add(22, "transferred", "kim", **{"from": "transport", "to": "facility", "policy": "standard",
                                                    "deadline": "x", "reason": "소관 아님"})  # fmt: skip
    again = story.again(30)
    assert [(minute, kind) for minute, kind, _ in told(again)] == [(20, "warning"), (22, "warning"), (30, "breach")]
    assert [alert.reason for alert in alerts(again.events)] == ["step", "round", "step"]
    assert fold(again.events).outcomes["c1"].department == "facility"


def test_row_17_a_follow_up_wakes_what_was_put_off() -> None:
    """Put off from 5 to 50 minutes and woken at 35 by the citizen; one that wakes what has ended is no refusal."""
    story = Story().add(5, "snoozed", "kim", until=NINE + 50 * MINUTE, reason="현장 확인")
    assert told(story.again(30)) == [(50, "breach", ("park", "kim"))]
    story.add(35, "mentioned", "platform", mentions=["m2"]).add(35, "woken", "platform", was_until="x")
    assert [(minute, kind) for minute, kind, _ in told(story.again(30))] == [(35, "breach")]
    over = Story().add(5, "snoozed", "kim", until=NINE + 10 * MINUTE, reason="현장 확인")
    assert over.add(15, "woken", "platform", was_until="x").again(30).refused == ()


def test_row_37_the_duty_hears_at_once_of_what_a_person_who_left_held() -> None:
    """The clock releases it and tells the duty; a person who releases it tells nobody."""
    for actor, expected in (("clock", [(22, "warning")]), ("lee", [])):
        story = Story().add(2, "claimed", "lee").add(22, "released", actor, reason="left")
        assert [(minute, kind) for minute, kind, _ in told(story.again(30)) if minute == 22] == expected


def crisis(name: str, department: str) -> tuple[Policy, BusinessTime]:
    """Ten minutes in a crisis, thirty otherwise."""
    return (rescaled(POLICY, 10 * MINUTE) if name == "crisis" else POLICY), ALWAYS


def test_row_34_a_crisis_shortens_what_it_touches() -> None:
    """From twelve minutes on it goes by the crisis ladder, without a round of its own; a later reload gives it no
    more time."""
    due = NINE + 10 * MINUTE
    story = Story().add(12, "alarmed", "clock", incident="i1", policy="crisis", deadline=due)
    story.add(15, "rescheduled", "clock", policy="standard", calendar="always/1", deadline=due, was_deadline=due)
    again = relive(story.events, crisis, tell, NINE + 20 * MINUTE)
    found = [((alert.at - NINE) / MINUTE, alert.reason, alert.level) for alert in alerts(again.events)]
    assert found == [(12, "step", 2)]
    assert fold(again.events).outcomes["c1"].deadline == due


def test_found_late_falls_due_when_it_was_found() -> None:
    """Found at 70 minutes: one alert then, of the highest level, the others overtaken (row 23)."""
    (alert,) = alerts(Story(found=70).again(30, until=NINE + 80 * MINUTE).events)
    assert (alert.at, alert.level, alert.overtaken) == (NINE + 70 * MINUTE, 3, (1, 2))


def test_row_8_a_dismissal_ends_it_and_a_reopening_begins_anew() -> None:
    """What staff decided stays decided under any target."""
    story = Story().add(10, "dismissed", "kim", reason="감사 인사", outcome="dismissed")
    assert told(story.again(30)) == [] and status(story.again(5).events) is Status.DISMISSED
    again = story.add(40, "reopened", "park", reason="다시 봄").again(30)
    assert [(minute, kind) for minute, kind, _ in told(again)] == [(40, "breach")]


def test_row_20_reopened_while_an_answer_is_stored_rings_nobody() -> None:
    """The answer that was given meanwhile closes it in the same breath, whatever else comes with it."""
    story = Story().add(10, "dismissed", "kim", reason="감사 인사", outcome="dismissed")
    story.add(40, "reopened", "park", reason="다시 봄").add(40, "mentioned", "platform", mentions=["m2"])
    again = story.answered(20, 40).again(30)
    assert told(again) == [] and status(again.events) is Status.MET


def test_a_history_without_its_beginning_is_refused() -> None:
    """What cannot be told is not guessed."""
    events = Story().answered(25, 25).events
    with pytest.raises(ValueError, match="begins with"):
        relive(events[1:], under(POLICY), tell, LATER)


# --- why a baseline is not what was recorded ---------------------------------------------------------------


def recorded(story: Story, *decisions: tuple[float, int, tuple[int, ...], tuple[str, ...]]) -> list[Lived]:
    """The story with alerts decided at these minutes: level, overtaken, told."""
    for minute, level, overtaken, people in decisions:
        story.add(minute, "escalated", "clock", reason="step", round=1, level=level, repeat=0, clock="first",
                  kind=("warning", "breach", "escalation")[level - 1], told=people, overtaken=overtaken)  # fmt: skip
    return sorted(story.events, key=lambda event: event.at)


WARNED, BREACHED = (20, 1, (), ("kim",)), (30, 2, (), ("park",))


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: recorded(Story(), WARNED, BREACHED), None),
        (lambda: recorded(Story(), (20, 1, (), ("lee",)), BREACHED), Difference.PEOPLE),
        (lambda: recorded(Story(), (31, 2, (1,), ("park", "kim"))), Difference.DOWNTIME),
        (lambda: recorded(Story().answered(12, 25), WARNED), Difference.UNSEEN),
        (lambda: recorded(Story(), WARNED), Difference.UNEXPLAINED),
    ],
    ids=["none", "people", "downtime", "unseen", "unexplained"],
)
def test_differences_are_named(make: Callable[[], list[Lived]], why: Difference | None) -> None:
    """Each has its reason; the first that holds."""
    events = make()
    at = NINE + 55 * MINUTE
    assert difference(events, relive(events, under(POLICY), tell, at).events, at) is why


def test_a_changed_policy_is_a_difference_of_its_own() -> None:
    """Another deadline than the recorded one: the settings were changed since."""
    events = recorded(Story(), WARNED, BREACHED)
    at = NINE + 55 * MINUTE
    again = relive(events, under(rescaled(POLICY, 40 * MINUTE)), tell, at)
    assert difference(events, again.events, at) is Difference.SETTINGS


def test_the_final_clocks_alerts_are_left_out() -> None:
    """A second clock's steps are neither simulated nor compared (row 7)."""
    events = recorded(Story(), WARNED).copy()
    final = events[-1]
    events[-1] = Lived("c1", "escalated", final.at, "clock", {**final.data, "clock": "final"})
    assert alerts(events) == []


# --- properties --------------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), targets=st.tuples(st.integers(1, 120), st.integers(1, 120)))
def test_a_shorter_target_never_raises_attainment(seed: int, targets: tuple[int, int]) -> None:
    """Whatever happened to a week's cases: nothing is met sooner that was not met later, and nothing less is missed."""
    events = history(lives(seed, 25, START, timedelta(days=2)), Random(seed))
    now = START + timedelta(days=4)
    by_case: dict[str, list[Any]] = {}
    for event in events:
        by_case.setdefault(str(event.case_id), []).append(event)
    found = []
    for minutes in sorted(targets):
        sums = Sums(SEOUL)
        for one in by_case.values():
            sums.add(reckon(relive(one, under(rescaled(POLICY, minutes * MINUTE)), tell, now).events))
        found.append(sums.figures(now).counts.total.whole)
    shorter, longer = found
    assert shorter.met <= longer.met and shorter.missed >= longer.missed
    assert (shorter.attainment or 0) <= (1 if longer.attainment is None else longer.attainment)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_living_again_what_was_lived_again_changes_nothing(seed: int) -> None:
    """A simulated history, simulated under the same promise, is itself: nothing of it is lost or invented."""
    now = START + timedelta(days=4)
    for life in lives(seed, 10, START, timedelta(days=2)):
        once = relive(history([life]), under(POLICY), tell, now)
        twice = relive(once.events, under(POLICY), tell, now)
        assert twice.events == once.events and not twice.refused
        assert difference(once.events, twice.events, now) is None
