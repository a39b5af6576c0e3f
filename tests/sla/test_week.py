"""Weeks: how they are written, across a year's end, and where the clock is changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla.week import UnknownWeek, Week

SEOUL = ZoneInfo("Asia/Seoul")
ZONES = ("Asia/Seoul", "Europe/Berlin", "America/Santiago", "Asia/Beirut", "Australia/Lord_Howe", "Pacific/Apia")


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("2026-W54", "2026 has the weeks 2026-W01 to 2026-W53"),
        ("2026-W60", "2026-W53"),
        ("2025-W53", "2025-W52"),
        ("2026-W00", "2026-W53"),
        ("0001-W01", "1970 to 9998"),
        ("9999-W52", "1970 to 9998"),
        *((text, "as 2026-W47") for text in ("2026W47", "2026-47", "2026-W7", "26-W47", "")),
        *((text, "as 2026-W47") for text in (" 2026-W47", "2026-W47\n", "２０２６-W47")),
    ],
)
def test_a_week_that_does_not_exist_is_refused_with_its_mend(text: str, mend: str) -> None:
    """The message says how weeks are written, or which ones the year has."""
    with pytest.raises(UnknownWeek, match=mend):
        Week.parse(text)


def test_a_week_is_written_as_it_is_read() -> None:
    """Also one with a leading zero."""
    assert [str(Week.parse(text)) for text in ("2026-W47", "2027-W01")] == ["2026-W47", "2027-W01"]


def test_weeks_across_a_years_end() -> None:
    """1 January 2027 is in 2026-W53; 31 December 2024 is in 2025-W01; midnight is Seoul's."""
    assert str(Week.of(datetime(2027, 1, 1, 3, tzinfo=UTC), SEOUL)) == "2026-W53"
    assert str(Week.of(datetime(2024, 12, 31, 3, tzinfo=UTC), SEOUL)) == "2025-W01"
    assert str(Week.of(datetime(2027, 1, 3, 14, 59, 59, tzinfo=UTC), SEOUL)) == "2026-W53"
    assert str(Week.of(datetime(2027, 1, 3, 15, tzinfo=UTC), SEOUL)) == "2027-W01"
    assert str(Week.parse("2027-W01").before()) == "2026-W53"
    since, until = Week.parse("2026-W53").span(SEOUL)
    assert (since, until) == (datetime(2026, 12, 27, 15, tzinfo=UTC), datetime(2027, 1, 3, 15, tzinfo=UTC))


@pytest.mark.parametrize(
    ("zone", "week", "hours"),
    [("Asia/Seoul", "2026-W13", 168), ("Europe/Berlin", "2026-W13", 167), ("Europe/Berlin", "2026-W43", 169)],
)
def test_a_week_is_as_long_as_the_wall_clock_says(zone: str, week: str, hours: int) -> None:
    """An hour shorter or longer where the clock is changed."""
    since, until = Week.parse(week).span(ZoneInfo(zone))
    assert until - since == timedelta(hours=hours)


@given(st.integers(0, 40 * 365 * 86_400), st.sampled_from(ZONES))
def test_every_instant_is_in_its_week_and_no_other(seconds: int, name: str) -> None:
    """A week's span holds an instant exactly if it is the instant's week, and weeks follow without a gap."""
    zone = ZoneInfo(name)
    at = datetime(1995, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    week = Week.of(at, zone)
    since, until = week.span(zone)
    assert since <= at < until
    assert week.before().span(zone)[1] == since
