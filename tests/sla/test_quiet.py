"""Quiet hours against a minute-by-minute oracle, and which alerts may wait for the morning."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla.calendar import Calendar, Interval, Pause
from sla.case import Clock
from sla.quiet import Because, Held, QuietHours, held, is_reminder

SEOUL, BERLIN = ZoneInfo("Asia/Seoul"), ZoneInfo("Europe/Berlin")
DAY = 24 * 60
NIGHT = Pause(22 * 60, 31 * 60)
OFFICE = Calendar("office", SEOUL, tuple(Interval(day, 9 * 60, 18 * 60) for day in range(5)))


def seoul(text: str) -> datetime:
    """A wall time of Seoul, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=SEOUL).astimezone(UTC)


@st.composite
def _span(draw: st.DrawFn) -> Pause:
    start = draw(st.integers(0, DAY - 1))
    return Pause(start, start + draw(st.integers(1, DAY - 1)))


def _oracle(zone: ZoneInfo, spans: list[Pause], at: datetime) -> datetime | None:
    """Walk on minute by minute until the wall clock shows one that is in no span; None where there is none."""
    quiet = {minute % DAY for span in spans for minute in range(span.start, span.end)}
    if len(quiet) == DAY:
        return None
    now = at
    while (local := now.astimezone(zone)).hour * 60 + local.minute in quiet:
        now = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return now


@given(
    spans=st.lists(_span(), min_size=1, max_size=3),
    zone=st.sampled_from([SEOUL, BERLIN]),
    # Around both changes of Berlin's clock too: 29 March and 25 October 2026, 01:00 UTC.
    day=st.sampled_from([datetime(2026, 11, 16, tzinfo=UTC), datetime(2026, 3, 28, tzinfo=UTC),
                         datetime(2026, 10, 24, tzinfo=UTC)]),
    minutes=st.integers(0, 2 * DAY), seconds=st.integers(0, 59),
)  # fmt: skip
def test_quiet_hours_end_when_the_wall_clock_says_so(
    spans: list[Pause], zone: ZoneInfo, day: datetime, minutes: int, seconds: int
) -> None:
    """Whatever spans there are, past midnight or overlapping, and whatever the clock does in that night."""
    at = day + timedelta(minutes=minutes, seconds=seconds)
    expected = _oracle(zone, spans, at)
    if expected is not None:
        assert QuietHours(zone, spans).opens(at) == expected


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-11-16T21:59:59", None),
        ("2026-11-16T22:00:00", "2026-11-17T07:00:00"),
        ("2026-11-17T00:00:00", "2026-11-17T07:00:00"),
        ("2026-11-17T06:59:59", "2026-11-17T07:00:00"),
        ("2026-11-17T07:00:00", None),
    ],
)
def test_a_night_begins_and_ends_on_the_minute(at: str, until: str | None) -> None:
    """The first minute of it is quiet, its end is not."""
    expected = None if until is None else Held(seoul(until), Because.QUIET)
    assert held(seoul(at), QuietHours(SEOUL, [NIGHT]), None) == expected


@given(
    kind=st.sampled_from(["warning", "breach", "escalation", "crisis", "blind", "recovered", "answered", "fault",
                          "report", "maintenance"]),
    clock=st.sampled_from(list(Clock)), repeats=st.booleans(), crisis=st.booleans(),
)  # fmt: skip
def test_what_may_wait(kind: str, clock: Clock, repeats: bool, crisis: bool) -> None:
    """Of the first clock a breach and an escalation never; nothing of a crisis; no fault and no blindness."""
    found = is_reminder(kind, clock, repeats=repeats, crisis=crisis)
    if crisis or kind in ("crisis", "blind", "fault", "maintenance"):
        assert not found
    elif clock is Clock.FINAL or repeats:
        assert found
    else:
        assert found == (kind in ("warning", "answered", "recovered", "report"))


def test_duty_hours_and_quiet_hours_together() -> None:
    """Friday 17:30 with an early evening: neither alone may end the wait."""
    evening = QuietHours(SEOUL, [Pause(17 * 60, 34 * 60)])  # 17:00 to 10:00
    assert held(seoul("2026-11-20T17:30"), evening, OFFICE) == Held(seoul("2026-11-23T10:00"), Because.QUIET)
    assert held(seoul("2026-11-20T17:30"), None, OFFICE) is None
    assert held(seoul("2026-11-20T18:30"), None, OFFICE) == Held(seoul("2026-11-23T09:00"), Because.DUTY)


def test_nothing_waits_for_ever() -> None:
    """Somebody is quiet whenever it is duty time: then duty hours alone count."""
    whole_office = QuietHours(SEOUL, [Pause(8 * 60, 19 * 60)])
    assert held(seoul("2026-11-20T18:30"), whole_office, OFFICE) == Held(seoul("2026-11-23T09:00"), Because.DUTY)
    assert held(seoul("2026-11-20T12:00"), whole_office, OFFICE) is None
