"""Who has the duty at an instant: shifts by the wall clock, overrides, leave, deputies, and the hours nobody has."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sla.calendar import Calendar, Interval, Pause
from sla.roster import Absence, Override, Rosters, Shift, Stretch, gaps, spans

SEOUL = ZoneInfo("Asia/Seoul")
NEW_YORK = ZoneInfo("America/New_York")
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WEEKDAYS = range(5)


def hours(days: range | tuple[int, ...], start: int, end: int) -> tuple[Interval, ...]:
    """The same hours, in whole hours, of several days."""
    return tuple(Interval(day, start * 60, end * 60) for day in days)


OFFICE = Shift("transport", hours(WEEKDAYS, 9, 18), ("kim", "lee"))
NIGHT = Shift("transport", hours(range(7), 22, 30), ("park",))


def seoul(day: int, hour: int = 0, minute: int = 0) -> datetime:
    """A time of November 2026 in Seoul; the 16th is a Monday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=SEOUL)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (seoul(16, 8, 59), ()),
        (seoul(16, 9), ("kim", "lee")),
        (seoul(20, 17, 59), ("kim", "lee")),
        (seoul(20, 18), ()),
        (seoul(20, 22), ("park",)),
        (seoul(21, 5, 59), ("park",)),
        (seoul(21, 6), ()),
        (seoul(21, 12), ()),
        (seoul(22, 22), ("park",)),
        (seoul(23, 0), ("park",)),  # Sunday's night runs into Monday
        (seoul(23, 6), ()),
        (seoul(23, 9).astimezone(UTC), ("kim", "lee")),
    ],
)
def test_shifts_by_the_wall_clock(at: datetime, expected: tuple[str, ...]) -> None:
    """The first minute of a shift is in it, its end is not; a night belongs to the day it begins on."""
    assert Rosters(SEOUL, (OFFICE, NIGHT)).on_roster("transport", at) == expected


def test_without_a_roster_the_duty_list_counts() -> None:
    """None is another answer than nobody."""
    rosters = Rosters(SEOUL, (OFFICE,))
    assert rosters.on_roster("facility", seoul(16, 12)) is None
    assert rosters.on_roster("transport", seoul(16, 23)) == ()
    assert rosters.has_roster("transport") and not rosters.has_roster("facility")
    assert Rosters(SEOUL).is_empty and not rosters.is_empty


@pytest.mark.parametrize(
    ("department", "at", "expected"),
    [
        ("transport", seoul(16, 12), ("kim", "lee")),
        ("transport", seoul(17, 9), ("choi",)),
        ("transport", seoul(17, 23), ("choi",)),
        ("transport", seoul(18, 0), ("park",)),
        ("facility", seoul(17, 9), None),
    ],
)
def test_an_override_wins_for_its_time(department: str, at: datetime, expected: tuple[str, ...] | None) -> None:
    """From its first instant to just before its end, over covered hours and uncovered ones."""
    override = Override("transport", seoul(17), seoul(18), ("choi",))
    assert Rosters(SEOUL, (OFFICE, NIGHT), (override,)).on_roster(department, at) == expected


def test_an_override_needs_no_roster() -> None:
    """It is a department's only word for its time; before and after the `duty` list counts."""
    rosters = Rosters(SEOUL, overrides=(Override("transport", seoul(17), seoul(18), ("choi",)),))
    assert rosters.on_roster("transport", seoul(17, 5)) == ("choi",)
    assert rosters.on_roster("transport", seoul(18)) is None
    assert not rosters.is_empty


def test_a_night_in_which_the_clock_changes() -> None:
    """New York, 2027: 02:00 to 03:00 is skipped on 14 March, 01:00 to 02:00 comes twice on 7 November."""
    one, three = (Shift("t", hours(range(7), at, at + 1), (who,)) for at, who in ((1, "kim"), (3, "lee")))
    early = Rosters(NEW_YORK, (one, three))
    spring = datetime(2027, 3, 14, 5, tzinfo=UTC)  # 00:00 in New York
    assert [early.on_roster("t", spring + n * HOUR) for n in range(4)] == [(), ("kim",), ("lee",), ()]
    autumn = datetime(2027, 11, 7, 4, tzinfo=UTC)  # 00:00 in New York
    assert [early.on_roster("t", autumn + n * HOUR) for n in range(6)] == [(), ("kim",), ("kim",), (), ("lee",), ()]


def test_people_of_a_calendar_file() -> None:
    """A stretch covers itself, also over the end of a month; two at once are both on duty; each month is asked once."""
    asked: list[tuple[datetime, datetime]] = []
    stretches = [
        Stretch(seoul(30, 22), seoul(30, 22) + 8 * HOUR, ("kim",)),
        Stretch(seoul(30, 23), seoul(30, 23) + HOUR, ("lee", "kim")),
    ]

    def within(since: datetime, until: datetime) -> list[Stretch]:
        asked.append((since, until))
        return [one for one in stretches if one.since < until and one.until > since]

    rosters = Rosters(SEOUL, duty={"transport": within})
    assert rosters.on_roster("transport", seoul(30, 21)) == ()
    assert rosters.on_roster("transport", seoul(30, 22)) == ("kim",)
    assert rosters.on_roster("transport", seoul(30, 23)) == ("kim", "lee")
    december = datetime(2026, 11, 30, 20, tzinfo=UTC), datetime(2026, 11, 30, 21, tzinfo=UTC)
    assert [rosters.on_roster("transport", at) for at in december] == [("kim",), ()]
    assert rosters.on_roster("transport", seoul(30, 22) + 3 * HOUR) == ("kim",)
    assert asked == [(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))]
    rosters.on_roster("transport", datetime(2026, 12, 31, 23, 59, tzinfo=UTC))
    assert asked[1:] == [(datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))]


AWAY = Rosters(
    SEOUL,
    absences=(
        Absence("kim", seoul(16), seoul(18)),
        Absence("kim", seoul(17), seoul(20), "lee"),
        Absence("lee", seoul(18), seoul(19), "park"),
        Absence("park", seoul(18, 12), seoul(19), "kim"),
    ),
    leave=(lambda since, until: [Absence("choi", seoul(20), seoul(21), "kim")],),
)


@pytest.mark.parametrize(
    ("person", "at", "away", "deputy", "stands"),
    [
        ("kim", seoul(15, 23, 59), False, None, "kim"),
        ("kim", seoul(16), True, None, None),
        ("kim", seoul(17), True, "lee", "lee"),
        ("kim", seoul(18), True, "lee", "park"),
        ("kim", seoul(18, 12), True, "lee", None),  # each is the next one's deputy: a circle
        ("kim", seoul(19), True, "lee", "lee"),
        ("kim", seoul(20), False, None, "kim"),
        ("choi", seoul(19, 23), False, None, "choi"),
        ("choi", seoul(20, 1), True, "kim", "kim"),
    ],
)
def test_leave_and_deputies(person: str, at: datetime, away: bool, deputy: str | None, stands: str | None) -> None:
    """Of two absences at once the one with a deputy counts for it; a deputy on leave hands on to their own."""
    assert AWAY.is_away(person, at) is away
    assert AWAY.deputy_of(person, at) == deputy
    assert AWAY.stand_in(person, at) == stands


def test_absences_within_a_time() -> None:
    """Those that touch it, by hand or from files, in the order of their beginnings."""
    assert [one.person for one in AWAY.absences_within(seoul(18), seoul(21))] == ["kim", "lee", "park", "choi"]
    assert AWAY.absences_within(seoul(21), seoul(30)) == []


def test_an_instant_without_a_zone_is_an_error() -> None:
    """A naive time would be read in this machine's zone."""
    naive = datetime(2026, 11, 16, 12)  # noqa: DTZ001
    for ask in (lambda: Rosters(SEOUL, (OFFICE,)).on_roster("transport", naive), lambda: AWAY.is_away("kim", naive)):
        with pytest.raises(ValueError, match="aware"):
            ask()


@pytest.mark.parametrize(
    ("open_hours", "pauses", "shifts", "expected"),
    [
        (hours(WEEKDAYS, 9, 18), (), (OFFICE,), ()),
        (hours(range(6), 9, 18), (), (OFFICE,), (Interval(5, 540, 1080),)),
        (hours(range(6), 9, 18), (Pause(720, 780),), (OFFICE,), (Interval(5, 540, 720), Interval(5, 780, 1080))),
        (hours((4,), 9, 30), (), (OFFICE,), (Interval(4, 1080, 1440), Interval(5, 0, 360))),
        (hours((6,), 22, 30), (), (NIGHT,), ()),
        (hours((6,), 22, 31), (), (NIGHT,), (Interval(0, 360, 420),)),
        (hours((5, 6), 0, 24), (), (), (Interval(5, 0, 1440), Interval(6, 0, 1440))),
    ],
)
def test_gaps(
    open_hours: tuple[Interval, ...],
    pauses: tuple[Pause, ...],
    shifts: tuple[Shift, ...],
    expected: tuple[Interval, ...],
) -> None:
    """What is open and nobody's, in spans of one local day each; a pause is no gap, nor is the other side of Sunday."""
    assert gaps(Calendar("c", SEOUL, open_hours, pauses), shifts) == expected


def test_spans_of_a_test() -> None:
    """Minute by minute, neighbours made one, and never past the end."""
    base, minute = seoul(16), timedelta(minutes=1)
    found = spans(lambda at: at.minute in (1, 2, 4, 5), base, base + 5.5 * minute)
    assert found == [(base + minute, base + 3 * minute), (base + 4 * minute, base + 5.5 * minute)]


INTERVALS = st.builds(
    lambda day, start, length: Interval(day, start, start + length),
    st.integers(0, 6), st.integers(0, 1439), st.integers(1, 1440),
)  # fmt: skip
PEOPLE = st.lists(st.sampled_from(["kim", "lee", "park"]), min_size=1, max_size=2, unique=True).map(tuple)
SHIFTS = st.lists(
    st.builds(Shift, st.just("t"), st.lists(INTERVALS, min_size=1, max_size=2).map(tuple), PEOPLE), max_size=3
).map(tuple)
#: Around both changes of the clock in New York, and an ordinary week.
BASES = st.sampled_from([datetime(2027, 3, 13, 17, tzinfo=UTC), datetime(2027, 11, 6, 17, tzinfo=UTC)])


def covered(shifts: tuple[Shift, ...], zone: ZoneInfo, at: datetime) -> set[str]:
    """The oracle: count every shift off from the midnight it belongs to, on the wall, without any week."""
    wall = at.astimezone(zone).replace(tzinfo=None, second=0, microsecond=0)
    found: set[str] = set()
    for shift in shifts:
        for interval in shift.hours:
            for back in range(3):
                midnight = wall.replace(hour=0, minute=0) - back * DAY
                minutes = (wall - midnight) // timedelta(minutes=1)
                if midnight.weekday() == interval.weekday and interval.start <= minutes < interval.end:
                    found.update(shift.people)
    return found


@settings(deadline=None, max_examples=60)
@given(SHIFTS, st.sampled_from([SEOUL, NEW_YORK]), BASES, st.lists(st.integers(0, 3000), min_size=1, max_size=80))
def test_on_roster_against_a_minute_by_minute_oracle(
    shifts: tuple[Shift, ...], zone: ZoneInfo, base: datetime, minutes: list[int]
) -> None:
    """Whatever the shifts and wherever the clock changes, the same people as counting from midnight gives."""
    rosters = Rosters(zone, shifts)
    for minute in minutes:
        at = base + timedelta(minutes=minute, seconds=minute % 60)
        assert set(rosters.on_roster("t", at) or ()) == covered(shifts, zone, at)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(INTERVALS, min_size=1, max_size=3).map(tuple),
    SHIFTS,
    st.lists(st.builds(lambda s, n: Pause(s, s + n), st.integers(0, 1439), st.integers(1, 300)), max_size=1).map(tuple),
)
def test_gaps_against_a_minute_by_minute_oracle(
    open_hours: tuple[Interval, ...], shifts: tuple[Shift, ...], pauses: tuple[Pause, ...]
) -> None:
    """Every minute of a week is in a gap exactly when it is open in the calendar and nobody has it."""
    calendar, rosters = Calendar("c", SEOUL, open_hours, pauses), Rosters(SEOUL, shifts)
    found = gaps(calendar, shifts)
    in_gaps = {gap.weekday * 1440 + minute for gap in found for minute in range(gap.start, gap.end)}
    assert len(in_gaps) == sum(gap.end - gap.start for gap in found)
    monday = seoul(16)
    for minute in range(0, 7 * 1440, 7):
        at = monday + timedelta(minutes=minute)
        assert (minute in in_gaps) == (calendar.is_open(at) and not rosters.on_roster("t", at))
