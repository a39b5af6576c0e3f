"""What became of cases, and the numbers: SEMANTICS by row, and random histories against a second counter."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.store.events import Recorded
from sla import actions
from sla import case as rule
from sla.case import Answer, Case, Event, Mention, State, Turn
from sla.compliance import Numbers, Spread, count, interval, percent, spread
from sla.coverage import Coverage, Episode, coverage, episodes
from sla.history import BrokenHistory, Leg, Outcome, Status, fold
from tests.histories import MINUTE, START, Life, history, lives, recorded

SEOUL = ZoneInfo("Asia/Seoul")
SECOND = timedelta(seconds=1)


def life(found_after: timedelta = SECOND) -> Life:
    """A case of the transport department, opened at START."""
    begun = Life.begin(Random(1), "c1", START)
    case = begun.case._replace(department="transport", platform="twitter", found_at=START + found_after)
    mentions = [replace(begun.mentions[0], stored_at=START + found_after)]
    begun = Life(Random(1), case, START, mentions)
    begun._keep(rule.opened(case, Turn(tuple(mentions), None), case.found_at))
    return begun


def outcome(of: Life) -> Outcome:
    """What its events say became of it."""
    folded = fold(history([of]))
    assert not folded.broken
    return folded.outcomes["c1"]


def numbers(of: Life, at: datetime) -> Numbers:
    """The numbers of one case."""
    return count([outcome(of)], at, SEOUL).total.whole


def test_row_4_an_answer_found_after_the_breach_puts_the_numbers_right() -> None:
    """Missed until the answer is found; then met at the platform's time, though the breach was on record."""
    asked = life()
    asked.now = START + 31 * MINUTE
    asked._keep(asked._decided())
    assert numbers(asked, asked.now).unanswered == 1
    asked._keep(asked._followed(Answer("a1", START + 12 * MINUTE)))
    after = numbers(asked, START + 40 * MINUTE)
    assert (after.met, after.missed, after.response.median_seconds, after.attainment) == (1, 0, 720.0, 1.0)
    assert outcome(asked).breached
    assert after.alerts == {"warning": 0, "breach": 1, "escalation": 0}


@pytest.mark.parametrize(("late", "status"), [(timedelta(0), Status.MET), (SECOND, Status.LATE)])
def test_row_5_an_answer_exactly_at_the_deadline_is_met(late: timedelta, status: Status) -> None:
    """A second later is a miss, and stays one."""
    asked = life()
    asked._keep(asked._followed(Answer("a1", START + 30 * MINUTE + late)))
    assert outcome(asked).status(START + timedelta(days=9)) is status


def test_row_5_a_deadline_that_is_now_counts_as_the_engine_records_it() -> None:
    """Unanswered at the deadline's own instant is a breach on record, and missed here; just before, pending."""
    asked = outcome(life())
    assert asked.status(asked.deadline - timedelta(microseconds=1)) is Status.PENDING
    assert asked.status(asked.deadline) is Status.UNANSWERED


def test_an_earlier_mention_found_after_the_answer_makes_a_miss() -> None:
    """The answer's own event said met; the clock was moved since, and the clock decides."""
    asked = life()
    asked._keep(asked._followed(Answer("a1", START + 29 * MINUTE)))
    asked.mentions.append(Mention("m0", START - 10 * MINUTE, START + 50 * MINUTE))
    asked._keep(asked._followed(Answer("a1", START + 29 * MINUTE)))
    assert asked.events[-1].kind == "clock_moved"
    assert outcome(asked).status(START) is Status.LATE


def test_row_8_dismissed_leaves_the_denominator_and_is_counted_apart() -> None:
    """With its reason and who decided; reopened, it counts as it stands."""
    asked = life()
    asked._keep(actions.dismissed(asked.case, "kim", "감사 인사", START + MINUTE))
    counted = numbers(asked, START + timedelta(hours=2))
    assert (counted.received, counted.dismissed, counted.decided, counted.attainment) == (1, 1, 0, None)
    assert counted.dismissed_by_reason == {"감사 인사": 1}
    assert outcome(asked).decided_by == "kim"
    asked.now = START + timedelta(hours=1)
    asked._keep(asked._reopened())
    counted = numbers(asked, START + timedelta(hours=2))
    assert (counted.dismissed, counted.dismissed_by_reason, counted.unanswered, counted.reopened) == (0, {}, 1, 1)


def test_row_1_a_case_found_too_late_is_a_miss_of_collection() -> None:
    """Found when its deadline had come: missed, and said so apart."""
    assert numbers(life(30 * MINUTE), START + timedelta(hours=1)).late_found == 1
    assert numbers(life(30 * MINUTE - SECOND), START + timedelta(hours=1)).late_found == 0


def test_row_10_each_departments_leg_is_timed() -> None:
    """The case counts for the department that holds it at the end, by the citizen's clock."""
    asked = life()
    moved = START + 10 * MINUTE
    asked._keep(actions.transferred(asked.case, "water", "standard", asked.case.deadline, "kim", "상수도", moved))
    asked._keep(asked._followed(Answer("a1", START + 25 * MINUTE)))
    told = outcome(asked)
    assert told.legs == (Leg("transport", START + SECOND, moved), Leg("water", moved, START + 25 * MINUTE))
    counts = count([told], START + timedelta(hours=1), SEOUL)
    assert {id: of.whole.received for id, of in counts.departments.items()} == {"transport": 0, "water": 1}
    held = {
        id: (of.held.received, of.held.handed_over, of.held.times.worst_seconds)
        for id, of in counts.departments.items()
    }
    assert held == {"transport": (0, 1, 599.0), "water": (1, 0, 900.0)}
    assert counts.departments["water"].whole.response.worst_seconds == 1500.0


@pytest.mark.parametrize(
    ("gone", "seen", "status"),
    [(10, 9, Status.DELETED), (40, 20, Status.UNDETERMINED), (40, 35, Status.UNANSWERED)],
)
def test_row_16_deleted_before_after_and_undetermined(gone: int, seen: int, status: Status) -> None:
    """Before the deadline and undetermined are listed apart; after a breach the breach stands."""
    asked = life()
    asked.mentions = [replace(m, gone_at=START + gone * MINUTE, seen_at=START + seen * MINUTE) for m in asked.mentions]
    asked._keep(asked._followed(None))
    assert outcome(asked).status(START + timedelta(days=1)) is status
    assert numbers(asked, START + timedelta(days=1)).decided == (status is Status.UNANSWERED)


def test_a_case_split_off_from_a_closed_one_is_closed_with_it() -> None:
    """What a person decided covers it: the answer given by phone, the dismissal whose reason stands with the other."""
    asked = life()
    split = {"of": "c0", "state": "answered", "answered_at": START + MINUTE, "outcome": "phone"}
    asked.events.append(Event("split", START + 2 * MINUTE, "platform", split))
    assert outcome(asked).status(START) is Status.MET
    dismissed = life()
    split = {"of": "c0", "state": "dismissed", "answered_at": None, "outcome": "dismissed"}
    dismissed.events.append(Event("split", START + 2 * MINUTE, "platform", split))
    assert numbers(dismissed, START).dismissed_by_reason == {"": 1}


def test_hours_are_those_of_the_zone() -> None:
    """Midnight in UTC is nine in the morning in Seoul."""
    hours = count([outcome(life())], START, SEOUL).total.hours
    assert [hour for hour, of in enumerate(hours) if of.received] == [9]
    assert len(hours) == 24


@pytest.mark.parametrize(
    "spoil",
    [
        lambda events: events[1:],
        lambda events: [replace(events[0], data={**events[0].data, "deadline": "soon"}), *events[1:]],
        lambda events: [replace(events[0], data={**events[0].data, "deadline": "2026-11-16T00:30:00"}), *events[1:]],
        lambda events: [*events[:-1], replace(events[-1], data={})],
        lambda events: [*events, replace(events[-1], kind="split", data={"state": "answered", "outcome": "phone"})],
        lambda events: [*events, replace(events[-1], data=[])],
    ],
)
def test_a_history_that_cannot_be_read_is_told_and_not_guessed(spoil: Any) -> None:
    """No outcome is made up for it; the others are told all the same."""
    answered = life()
    answered._keep(answered._followed(Answer("a1", START + MINUTE)))
    other = [replace(event, case_id="c2") for event in history([life()])]
    folded = fold([*spoil(history([answered])), *other])
    assert folded.broken == {"c1"}
    assert set(folded.outcomes) == {"c2"}


def second_count(cases: list[Case], at: datetime) -> dict[str, Counter[str]]:
    """The simplest counter there can be: from the cases themselves, and no event."""
    found: dict[str, Counter[str]] = {}
    for case in cases:
        if case.state is State.MERGED:
            continue
        of = found.setdefault(case.department, Counter())
        of["received"] += 1
        if case.answered_at is not None:
            of["met" if case.answered_at <= case.deadline else "answered_late"] += 1
        elif case.state is State.DISMISSED:
            of["dismissed"] += 1
        elif case.outcome in ("before_deadline", "undetermined"):
            of["deleted" if case.outcome == "before_deadline" else "undetermined"] += 1
        elif case.outcome == "breached" or case.deadline <= at:
            of["unanswered"] += 1
        else:
            of["pending"] += 1
    return found


NAMES = ("received", "met", "answered_late", "unanswered", "pending", "dismissed", "deleted", "undetermined")


@given(st.integers(0, 2**32), st.integers(0, 12))
def test_random_histories_count_as_the_cases_themselves_do(seed: int, number: int) -> None:
    """By department, platform and hour; parts add up to their whole."""
    lived = lives(seed, number, START, timedelta(days=2))
    at = START + timedelta(days=1)
    counts = count(fold(history(lived)).outcomes.values(), at, SEOUL)
    expected = second_count([of.case for of in lived], at)
    told_of = {id: of for id, of in counts.departments.items() if of.whole.received}  # others held some for a while
    assert {id: {n: getattr(of.whole, n) for n in NAMES} for id, of in told_of.items()} == {
        id: {n: of[n] for n in NAMES} for id, of in expected.items()
    }
    for of in [*counts.departments.values(), counts.total]:
        for name in (*NAMES, "late_found", "transferred", "followups", "unchecked"):
            assert getattr(of.whole, name) == sum(getattr(part, name) for part in of.platforms.values())
        for name in ("received", "met", "missed"):
            whole = getattr(of.whole, name)
            assert whole == sum(getattr(part, name) for part in of.hours)
            assert whole == sum(getattr(part, name) for part in of.weekdays)
            assert whole == sum(getattr(part, name) for part in (of.on_hours, of.off_hours))
        assert of.whole.received == sum(getattr(of.whole, name) for name in NAMES[1:])
        assert of.whole.dismissed == sum(of.whole.dismissed_by_reason.values())
    told = Counter(e.data["kind"] for of in lived if of.case.state is not State.MERGED
                   for e in of.events if e.kind == "escalated")  # fmt: skip
    assert {kind: n for kind, n in counts.total.whole.alerts.items() if n} == dict(told)


@given(st.integers(0, 2**32))
def test_the_order_across_cases_does_not_matter(seed: int) -> None:
    """Only the order within a case does."""
    lived = lives(seed, 8, START, timedelta(days=1))
    assert fold(history(lived)) == fold(history(lived, Random(seed)))


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=40))
def test_the_90th_percentile_is_by_nearest_rank(values: list[int]) -> None:
    """At least nine in ten do not exceed it, and it is the smallest value of which that is so."""
    found = spread(Counter(values))
    needed = math.ceil(len(values) * 9 / 10)
    assert found.p90_seconds is not None
    assert sum(value <= found.p90_seconds for value in values) >= needed
    assert sum(value < found.p90_seconds for value in values) < needed
    assert found == Spread(len(values), median(values), found.p90_seconds, max(values))


@pytest.mark.parametrize(
    ("met", "decided", "low", "high"), [(0, 10, 0.0, 0.2775), (8, 10, 0.4902, 0.9433), (1, 1, 0.2065, 1.0)]
)
def test_small_numbers_come_with_an_interval(met: int, decided: int, low: float, high: float) -> None:
    """Wilson's, by the figures that are printed of it; nothing decided has none."""
    assert interval(met, decided) == pytest.approx((low, high), abs=1e-4)
    assert interval(0, 0) is None


def test_a_share_is_cut_and_never_rounded_up() -> None:
    """99.999 % is not shown as 100."""
    shares = [(99_999, 100_000), (1, 1), (0, 7), (2, 3), (1, 2000)]
    assert [percent(*share) for share in shares] == ["99.99", "100.00", "0.00", "66.66", "0.05"]


HOUR = timedelta(hours=1)


def blind(kind: str, since: datetime, until: datetime | None, at: datetime) -> Recorded:
    """An event of the watch."""
    data = {"platform": "twitter", "account": "1001", "since": since}
    return recorded(1, None, Event(kind, at, "clock", data if until is None else {**data, "until": until}))


def seen(events: list[Recorded], now: datetime, until: datetime = START + 10 * HOUR) -> Coverage:
    """Coverage of ten hours from START."""
    found = episodes(events, now, 5 * MINUTE).get(("twitter", "1001"), [])
    return coverage(found, START, min(until, now))


def test_row_33_blind_time_is_never_shown_as_whole() -> None:
    """A microsecond of a week is enough to keep it below 1, and below 100.00 as shown."""
    week = timedelta(days=7)
    lost = Coverage(week, timedelta(microseconds=1))
    assert (lost.share, lost.percent) == (0.999999, "99.99")
    assert (Coverage(week).share, Coverage(week).percent) == (1.0, "100.00")
    assert (Coverage().share, Coverage().percent) == (None, "")


def test_row_33_overlapping_episodes_are_counted_once() -> None:
    """One within another, one that begins before the week, one that is told twice."""
    of = [
        blind("gap", START - HOUR, START + HOUR, START + HOUR),
        blind("blind", START + 2 * HOUR, None, START + 2 * HOUR + 6 * MINUTE),
        blind("recovered", START + 2 * HOUR, START + 4 * HOUR, START + 4 * HOUR),
        blind("gap", START + 3 * HOUR, START + 3.5 * HOUR, START + 4 * HOUR),
        blind("gap", START + 3.5 * HOUR, START + 5 * HOUR, START + 5 * HOUR),
    ]
    assert seen(of, START + 20 * HOUR) == Coverage(10 * HOUR, 4 * HOUR)


def test_row_33_an_episode_that_lasts_runs_to_the_counting_instant_or_the_weeks_end() -> None:
    """And not a moment longer; one that is yet to come does not count."""
    lasting = [blind("blind", START + 7 * HOUR, None, START + 7 * HOUR + 6 * MINUTE)]
    assert seen(lasting, START + 8 * HOUR) == Coverage(8 * HOUR, HOUR)
    assert seen(lasting, START + 99 * HOUR) == Coverage(10 * HOUR, 3 * HOUR)
    assert seen(lasting, START + 6 * HOUR) == Coverage(6 * HOUR)


def test_row_35_the_same_instant_gives_the_same_coverage_later() -> None:
    """What was told after the counting instant counts as far as it was so by then; what was not blind yet does not."""
    now = START + 8 * HOUR
    assert seen([blind("gap", now - HOUR, now + HOUR, now + HOUR)], now).blind == HOUR
    assert not seen([blind("gap", now - 5 * MINUTE, now + HOUR, now + HOUR)], now).blind


def test_an_episode_that_cannot_be_read_is_an_error() -> None:
    """Passed over, it might show blind time as seen."""
    with pytest.raises(BrokenHistory, match="'gap' event"):
        seen([replace(blind("gap", START, START, START), data={})], START)


@given(st.lists(st.tuples(st.integers(-50, 150), st.integers(-50, 150)), max_size=8))
def test_blind_time_is_that_of_the_minutes_in_any_episode(spans: list[tuple[int, int]]) -> None:
    """Against a counter that looks at every minute."""
    of = [Episode(START + a * MINUTE, START + b * MINUTE) for a, b in spans]
    dark = {minute for a, b in spans for minute in range(max(a, 0), min(b, 100))}
    assert coverage(of, START, START + 100 * MINUTE) == Coverage(100 * MINUTE, len(dark) * MINUTE)
