"""At risk is what has had its warning due and its deadline not: one instant says so of every case under a ladder."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from sla.calendar import Calendar, Interval, Pause
from sla.policy import Kind, Ladder, Step
from sla.risk import at_risk_until

START = datetime(2026, 11, 16, 0, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SEOUL = ZoneInfo("Asia/Seoul")
ALWAYS = Calendar("always", SEOUL, tuple(Interval(day, 0, 1440) for day in range(7)))
OFFICE = Calendar("office", SEOUL, tuple(Interval(day, 540, 1080) for day in range(5)), (Pause(720, 780),))
LADDER = Ladder(30 * MINUTE, (Step(20 * MINUTE, Kind.WARNING, ()), Step(25 * MINUTE, Kind.WARNING, ()),
                              Step(30 * MINUTE, Kind.BREACH, ())), 60 * MINUTE)  # fmt: skip


@given(st.integers(0, 14 * 1440), st.integers(0, 14 * 1440), st.sampled_from([ALWAYS, OFFICE]))
def test_it_is_the_warning_of_each_case(opened: int, now: int, calendar: Calendar) -> None:
    """Exactly those whose first warning is due at `now` and whose deadline is ahead, worked out one by one."""
    opened_at, at = START + opened * MINUTE, START + now * MINUTE
    deadline = calendar.add(opened_at, LADDER.target)
    if opened_at <= at < deadline:
        assert (deadline <= at_risk_until(LADDER, calendar, at)) == (at >= calendar.add(opened_at, 20 * MINUTE))


def test_a_ladder_that_never_warns_puts_nothing_at_risk() -> None:
    """Nor does a warning that comes with the breach or after it."""
    for steps in ((), (Step(30 * MINUTE, Kind.BREACH, ()), Step(40 * MINUTE, Kind.WARNING, ()))):
        assert at_risk_until(Ladder(30 * MINUTE, steps, 60 * MINUTE), ALWAYS, START) == START
