"""Is this more than usual: the test's false-alarm rate on made streams, its order, its cold start."""

from __future__ import annotations

import math
import random
from collections import Counter, deque
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla.surge import HOURS_OF_WEEK, WINDOWS, Baseline, Share, hour_of_week, learn, limit, surge, tail

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
NEVER_HEARD = Share(0, 300)


def _steady(rate: float, weeks: int = 8, seed: int = 1) -> Baseline:
    """What is learned of an account that gets so many people an hour, day and night."""
    return learn(_hours(random.Random(seed), rate, weeks, 0.0))


def _hours(chance: random.Random, rate: float, weeks: int, variance: float) -> list[tuple[int, int]]:
    return [
        (number % HOURS_OF_WEEK, _poisson(chance, rate * _mixed(chance, variance)))
        for number in range(weeks * HOURS_OF_WEEK)
    ]


def _mixed(chance: random.Random, variance: float) -> float:
    return chance.gammavariate(1 / variance, variance) if variance else 1.0


def _poisson(chance: random.Random, mean: float) -> int:
    left, count = mean, 0
    while (left := left - chance.expovariate(1)) > 0:
        count += 1
    return count


@pytest.mark.parametrize("variance", [0.0, 0.1], ids=["Poisson", "overdispersed"])
@pytest.mark.parametrize("rate", [0.5, 2.0, 12.0], ids=["quiet", "ordinary", "busy"])
def test_false_alarms_stay_within_the_promised_rate(rate: float, variance: float) -> None:
    """Ordinary weeks, in which people say one of twenty things, raise no more alarms than the setting allows."""
    chance = random.Random(f"{rate}/{variance}")
    baseline = learn(_hours(chance, rate, 8, variance))
    monthly, months = 3.0, 40 if rate < 10 else 8
    below = limit(baseline, monthly, 1)
    heard = Counter(chance.randrange(20) for _ in range(300))
    before: deque[tuple[float, int]] = deque()
    alarms = tests = 0
    for hour in range(months * 720):
        for _ in range(_poisson(chance, rate * _mixed(chance, variance))):
            before.append((hour + chance.random(), chance.randrange(20)))
    times = sorted(before)
    for place, (at, said) in enumerate(times):
        others = []
        for earlier, what in reversed(times[max(0, place - 100) : place]):
            if at - earlier >= 1:
                break
            if what == said:
                others.append(at - earlier)
        people = [1 + sum(age < window / timedelta(hours=1) for age in others) for window in WINDOWS]
        local = MONDAY + timedelta(hours=at)
        tests += 1
        alarms += surge(baseline, local, people, below, Share(heard[said], 300)) is not None
    assert tests > 1000
    # Within the rate, up to three deviations of chance.
    assert alarms <= monthly * months + 3 * math.sqrt(monthly * months)


def test_a_doubled_rate_of_false_alarms_is_a_doubled_limit() -> None:
    """The setting is the sensitivity: more false alarms a month, a looser limit; more accounts, a tighter one."""
    baseline = _steady(4.0)
    assert limit(baseline, 2.0, 5) == pytest.approx(2 * limit(baseline, 1.0, 5))
    assert limit(baseline, 1.0, 10) == pytest.approx(limit(baseline, 1.0, 5) / 2)
    assert limit(_steady(0.001), 10.0, 1) == 1e-3  # never looser than that


@given(st.integers(0, 40), st.floats(0.1, 50), st.floats(0.001, 20))
def test_the_tail_is_a_distribution(least: int, shape: float, scale: float) -> None:
    """It begins at one, falls, and its differences are the negative binomial's probabilities."""
    here, next_ = tail(least, shape, scale), tail(least + 1, shape, scale)
    assert 0 <= next_ <= here + 1e-12 and here <= 1
    log = (
        math.lgamma(shape + least) - math.lgamma(shape) - math.lgamma(least + 1)
        - shape * math.log1p(scale) + least * math.log(scale / (1 + scale))
    )  # fmt: skip
    assert here - next_ == pytest.approx(math.exp(log), rel=1e-6, abs=1e-9)


def test_more_people_are_more_surprising_and_busier_accounts_need_more() -> None:
    """The least number that is a surge grows with what the account usually gets."""

    def needed(rate: float) -> int:
        baseline = _steady(rate)
        below = limit(baseline, 1.0, 6)
        return next(
            people for people in range(1, 200)
            if surge(baseline, MONDAY + timedelta(minutes=30), (people, people, people), below, Share(100, 300))
        )  # fmt: skip

    least = [needed(rate) for rate in (0.2, 2.0, 20.0)]
    assert least == sorted(set(least))


def test_what_nobody_ever_said_is_a_surge_sooner_than_what_is_said_daily() -> None:
    """Of the same count, the share of earlier posts that said so decides."""
    baseline, at = _steady(4.0), MONDAY + timedelta(minutes=30)
    below = limit(baseline, 1.0, 6)
    assert surge(baseline, at, (4, 4, 4), below, NEVER_HEARD) is not None
    assert surge(baseline, at, (4, 4, 4), below, Share(150, 300)) is None


def test_a_cold_start_needs_many() -> None:
    """Of an account nothing is known of, three people are no surge, thirty are."""
    baseline, at = learn(()), MONDAY
    below = limit(baseline, 1.0, 6)
    assert baseline.rates == (2.0,) * HOURS_OF_WEEK
    assert surge(baseline, at, (3, 3, 3), below, Share(0, 0)) is None
    assert surge(baseline, at, (30, 30, 30), below, Share(0, 0)) is not None


def test_the_hour_of_the_week_counts() -> None:
    """What is usual on Monday at nine is a surge on Sunday at three."""
    hours = [(hour, 60 if hour == 9 else 0) for hour in range(HOURS_OF_WEEK)] * 8
    baseline = learn(hours)
    below = limit(baseline, 1.0, 6)
    counts = (6, 12, 20)
    assert surge(baseline, MONDAY + timedelta(hours=9, minutes=59), counts, below, Share(300, 300)) is None
    sunday = MONDAY + timedelta(days=6, hours=3)
    assert hour_of_week(sunday) == 147
    found = surge(baseline, sunday, counts, below, Share(300, 300))
    assert found is not None and found.chance < found.limit == below


def test_an_old_crisis_teaches_nothing() -> None:
    """One hour with three hundred people among eight quiet weeks is cut back to a tenth before it counts."""
    quiet = _hours(random.Random(5), 1.0, 8, 0.0)
    with_crisis = [(quiet[20][0], 300) if place == 20 else one for place, one in enumerate(quiet)]
    assert max(learn(with_crisis).rates) < max(learn(quiet).rates) + 0.1 * 300 / 8
