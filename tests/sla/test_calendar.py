"""Business time: SEMANTICS rows 12 to 14 by example, and deadlines against an oracle that counts minutes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sla.calendar import Calendar, Exceptional, Interval, NoBusinessTime, Pause
from tests.oracle import MICROSECOND, MINUTE, Oracle

SEOUL = ZoneInfo("Asia/Seoul")
NEW_YORK = ZoneInfo("America/New_York")
LONDON = ZoneInfo("Europe/London")
APIA = ZoneInfo("Pacific/Apia")
HALF_HOUR = timedelta(minutes=30)
HOUR = timedelta(hours=1)
LUNCH = Pause(12 * 60, 13 * 60)


def hours(days: range, opening: float, closing: float) -> tuple[Interval, ...]:
    """The same hours, given in hours of the day, on each of these weekdays."""
    return tuple(Interval(day, round(opening * 60), round(closing * 60)) for day in days)


def wall(text: str, zone: ZoneInfo = SEOUL, fold: int = 0) -> datetime:
    """The instant at which clocks in the zone show this."""
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).astimezone(UTC)


WEEKDAYS, WEEK = range(5), range(7)
NINE_TO_FIVE = Calendar("nine to five", SEOUL, hours(WEEKDAYS, 9, 17))
OFFICE = Calendar(
    "office", SEOUL, hours(WEEKDAYS, 9, 18), (LUNCH,), lambda day: (day.month, day.day) in {(1, 1), (10, 9)}
)
ALWAYS = Calendar("always", SEOUL, hours(WEEK, 0, 24))
NIGHT = Calendar("night", SEOUL, hours(range(1), 22, 30))


# --- row 12 ----------------------------------------------------------------------------------------------


def test_row_12_without_lunch_pause() -> None:
    """11:50 is due 12:20 where lunch counts; 2026-11-20 is a Friday."""
    assert NINE_TO_FIVE.add(wall("2026-11-20T11:50"), HALF_HOUR) == wall("2026-11-20T12:20")


def test_row_12_lunch_pause() -> None:
    """11:50 is due 13:20 where lunch is counted out."""
    calendar = replace(NINE_TO_FIVE, pauses=(LUNCH,))
    assert calendar.add(wall("2026-11-20T11:50"), HALF_HOUR) == wall("2026-11-20T13:20")
    assert calendar.between(wall("2026-11-20T11:50"), wall("2026-11-20T13:20")) == HALF_HOUR


def test_row_12_over_the_weekend() -> None:
    """Friday 16:45 with 09:00-17:00 and 30 minutes is due Monday 09:15."""
    assert NINE_TO_FIVE.add(wall("2026-11-20T16:45"), HALF_HOUR) == wall("2026-11-23T09:15")


def test_row_12_closing_time_counts() -> None:
    """What is used up at closing time is due then, and not at the next opening."""
    assert NINE_TO_FIVE.add(wall("2026-11-20T16:45"), 15 * MINUTE) == wall("2026-11-20T17:00")


def test_row_12_half_day() -> None:
    """A Saturday until 13:00 counts so long and no longer."""
    calendar = Calendar("half", SEOUL, hours(WEEKDAYS, 9, 18) + hours(range(5, 6), 9, 13))
    assert calendar.add(wall("2026-11-21T12:50"), HALF_HOUR) == wall("2026-11-23T09:20")


HALF = Exceptional(date(2026, 11, 20), 9 * 60, 13 * 60)


def test_row_12_half_day_of_one_date() -> None:
    """On that date its own hours count, to their end through the lunch pause; the day before and the week after not."""
    calendar = replace(OFFICE, exceptional=(HALF,))
    assert calendar.add(wall("2026-11-20T11:50"), HALF_HOUR) == wall("2026-11-20T12:20")
    assert calendar.add(wall("2026-11-20T12:50"), HALF_HOUR) == wall("2026-11-23T09:20")
    for other in ("2026-11-19", "2026-11-27"):
        assert calendar.add(wall(f"{other}T11:50"), HALF_HOUR) == wall(f"{other}T13:20")


def test_row_12_hours_of_a_date_open_a_holiday_and_a_weekend() -> None:
    """A desk that is there for once on a Saturday or on a holiday; a date may have several spans."""
    saturday, holiday = date(2026, 11, 21), date(2026, 10, 9)
    special = (Exceptional(saturday, 600, 660), Exceptional(saturday, 780, 840), Exceptional(holiday, 600, 720))
    calendar = replace(OFFICE, exceptional=special)
    assert calendar.between(wall("2026-11-21T00:00"), wall("2026-11-22T00:00")) == 2 * HOUR
    assert calendar.add(wall("2026-11-21T10:50"), HALF_HOUR) == wall("2026-11-21T13:20")
    assert calendar.is_open(wall("2026-10-09T10:00")) and not OFFICE.is_open(wall("2026-10-09T10:00"))


def test_row_12_a_night_of_one_date_runs_into_the_next_day() -> None:
    """It belongs to the date it starts on; the night that began the day before is not cut by another date's hours."""
    calendar = replace(NIGHT, exceptional=(Exceptional(date(2026, 11, 18), 22 * 60, 28 * 60),))
    assert calendar.between(wall("2026-11-18T12:00"), wall("2026-11-19T12:00")) == 6 * HOUR
    tuesday = replace(NIGHT, exceptional=(Exceptional(date(2026, 11, 17), 9 * 60, 10 * 60),))
    assert tuesday.between(wall("2026-11-16T12:00"), wall("2026-11-17T12:00")) == 9 * HOUR


def test_around_the_clock_with_hours_of_one_date_is_not_real_time() -> None:
    """A date that is shortened counts out of 24/7; without one the calendar never closes."""
    assert ALWAYS.never_closes and not OFFICE.never_closes
    calendar = replace(ALWAYS, exceptional=(HALF,))
    assert not calendar.never_closes
    assert calendar.add(wall("2026-11-20T12:50"), HALF_HOUR) == wall("2026-11-21T00:20")


def test_spans_are_whole_over_the_years_end_and_a_change() -> None:
    """Neither midnight of the UTC year nor a zone's change cuts what is one; the edges asked for do."""
    assert list(ALWAYS.spans(wall("2026-12-31T10:00"), wall("2027-01-02T10:00"))) == [
        (wall("2026-12-31T10:00"), wall("2027-01-02T10:00"))
    ]
    night = Calendar("night", NEW_YORK, hours(range(5, 6), 22, 30))
    whole = (wall("2026-03-07T22:00", NEW_YORK), wall("2026-03-08T06:00", NEW_YORK))
    assert list(night.spans(wall("2026-03-05T12:00"), wall("2026-03-10T12:00"))) == [whole]
    assert list(OFFICE.spans(wall("2026-11-20T17:00"), wall("2026-11-23T09:30"))) == [
        (wall("2026-11-20T17:00"), wall("2026-11-20T18:00")), (wall("2026-11-23T09:00"), wall("2026-11-23T09:30"))
    ]  # fmt: skip


def test_row_12_several_intervals_a_day() -> None:
    """The gap between two intervals of a day does not count; intervals may overlap and are counted once."""
    calendar = Calendar("split", SEOUL, hours(WEEKDAYS, 14, 18) + hours(WEEKDAYS, 9, 12) + hours(WEEKDAYS, 8, 10))
    assert calendar.add(wall("2026-11-20T11:45"), HALF_HOUR) == wall("2026-11-20T14:15")
    assert calendar.between(wall("2026-11-20T00:00"), wall("2026-11-21T00:00")) == 8 * HOUR


def test_row_12_overnight_shift() -> None:
    """A shift of Monday 22:00 to 06:00 runs through midnight, and Sunday evening is not part of it."""
    assert NIGHT.add(wall("2026-11-16T23:50"), HALF_HOUR) == wall("2026-11-17T00:20")
    assert NIGHT.add(wall("2026-11-17T05:50"), HALF_HOUR) == wall("2026-11-23T22:20")
    assert not NIGHT.is_open(wall("2026-11-16T03:00"))


def test_row_12_overnight_shift_belongs_to_the_day_it_starts_on() -> None:
    """A holiday takes away the night that begins on it, to its end, and not the night before."""
    tuesday, monday = date(2026, 11, 17), date(2026, 11, 16)
    assert replace(NIGHT, is_holiday=tuesday.__eq__).is_open(wall("2026-11-17T03:00"))
    assert not replace(NIGHT, is_holiday=monday.__eq__).is_open(wall("2026-11-17T03:00"))


@pytest.mark.parametrize(
    "calendar", [ALWAYS, replace(ALWAYS, is_holiday=lambda day: False)], ids=["real time", "by the year"]
)
@pytest.mark.parametrize("evening", ["2026-11-19T23:45", "2026-12-31T23:45", "2028-02-28T23:45"])
def test_row_12_around_the_clock_loses_no_minute_at_midnight(calendar: Calendar, evening: str) -> None:
    """Half an hour before and after midnight is half an hour, at the year's end and in a leap year too."""
    start = wall(evening)
    assert calendar.add(start, HALF_HOUR) == start + HALF_HOUR
    assert calendar.between(start, start + timedelta(days=800)) == timedelta(days=800)
    assert calendar.opens(start) == start
    assert calendar.is_open(start)


def test_row_12_a_night_counted_twice_does_not_fill_a_closed_morning() -> None:
    """As many minutes as a week has are not a whole week where some are there twice."""
    week = (Interval(0, 0, 1440), Interval(1, 360, 1440), *hours(range(2, 6), 0, 24), Interval(6, 0, 1800))
    calendar = Calendar("nearly always", SEOUL, week)
    assert calendar.opens(wall("2026-11-17T00:00")) == wall("2026-11-17T06:00")


def test_row_12_local_holidays() -> None:
    """A department's own holiday closes its calendar and no other one."""
    friday = wall("2026-11-20T10:00")
    local = replace(NINE_TO_FIVE, is_holiday=date(2026, 11, 20).__eq__)
    assert local.add(friday, HALF_HOUR) == wall("2026-11-23T09:30")
    assert NINE_TO_FIVE.add(friday, HALF_HOUR) == wall("2026-11-20T10:30")


def test_row_12_around_the_clock_with_a_holiday_is_not_real_time() -> None:
    """A holiday and a pause count out of a 24/7 calendar as well."""
    start = wall("2026-11-19T23:45")
    holiday = replace(ALWAYS, is_holiday=date(2026, 11, 20).__eq__)
    assert holiday.add(start, HALF_HOUR) == wall("2026-11-21T00:15")
    assert replace(ALWAYS, pauses=(Pause(0, 60),)).add(start, HALF_HOUR) == wall("2026-11-20T01:15")


# --- row 13 ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "opening"),
    [
        (SEOUL, "2026-03-05T00:00Z"),
        (NEW_YORK, "2026-03-05T14:00Z"),
        (LONDON, "2026-03-05T09:00Z"),
    ],
)
def test_row_13_hours_are_the_zones_own(zone: ZoneInfo, opening: str) -> None:
    """Nine in the morning is nine where the calendar is, whatever the host's zone or that of the argument."""
    calendar = replace(NINE_TO_FIVE, zone=zone)
    before_opening = datetime.fromisoformat(opening) - HOUR
    for asked in (before_opening, before_opening.astimezone(SEOUL), before_opening.astimezone(NEW_YORK)):
        assert calendar.add(asked, HALF_HOUR) == datetime.fromisoformat(opening) + HALF_HOUR
        assert calendar.opens(asked).tzinfo is UTC


@pytest.mark.parametrize(
    ("zone", "before", "after"),
    [
        (SEOUL, "2026-03-06T00:00Z", "2026-03-09T00:00Z"),
        (NEW_YORK, "2026-03-06T14:00Z", "2026-03-09T13:00Z"),
        (NEW_YORK, "2026-10-30T13:00Z", "2026-11-02T14:00Z"),
        (LONDON, "2026-03-27T09:00Z", "2026-03-30T08:00Z"),
        (LONDON, "2026-10-23T08:00Z", "2026-10-26T09:00Z"),
    ],
)
def test_row_13_opening_follows_the_clock_change(zone: ZoneInfo, before: str, after: str) -> None:
    """From Friday's opening to Monday's, over the weekend of a change, is one day of eight hours."""
    friday, monday = datetime.fromisoformat(before), datetime.fromisoformat(after)
    calendar = replace(NINE_TO_FIVE, zone=zone)
    assert calendar.opens(friday - HOUR) == friday
    assert calendar.opens(friday + 9 * HOUR) == monday
    assert calendar.between(friday, monday) == 8 * HOUR


@pytest.mark.parametrize(
    ("zone", "saturday", "amount"),
    [
        (SEOUL, "2026-03-07", 8),
        (NEW_YORK, "2026-03-07", 7),
        (NEW_YORK, "2026-10-31", 9),
        (LONDON, "2026-03-28", 7),
        (LONDON, "2026-10-24", 9),
    ],
)
def test_row_13_night_of_the_change_counts_real_hours(zone: ZoneInfo, saturday: str, amount: int) -> None:
    """A shift from 22:00 to 06:00 holds as many hours as really pass."""
    night = Calendar("night", zone, hours(range(5, 6), 22, 30))
    start = wall(f"{saturday}T22:00", zone)
    assert night.between(start, start + timedelta(days=2)) == amount * HOUR
    assert night.add(start, amount * HOUR) == start + amount * HOUR


def test_row_13_boundary_in_skipped_time() -> None:
    """Sunday 02:30 to 04:00 in New York opens at the change itself, from 02:00 to 03:00, and holds one hour."""
    calendar = Calendar("gap", NEW_YORK, hours(range(6, 7), 2.5, 4))
    change = datetime(2026, 3, 8, 7, tzinfo=UTC)
    assert calendar.opens(change - HOUR) == change
    assert calendar.add(change - HOUR, HOUR) == change + HOUR
    assert not calendar.is_open(change + HOUR)


def test_row_13_hours_within_skipped_time_do_not_come() -> None:
    """Sunday 02:15 to 02:45 is not there on the day of the change and comes a week later."""
    calendar = Calendar("gap", NEW_YORK, hours(range(6, 7), 2.25, 2.75))
    assert calendar.opens(wall("2026-03-07T12:00", NEW_YORK)) == wall("2026-03-15T02:15", NEW_YORK)


def test_row_13_repeated_time_counts_both_times() -> None:
    """Sunday 01:00 to 01:30 is open twice where clocks show it twice, and closed in between."""
    calendar = Calendar("fold", NEW_YORK, hours(range(6, 7), 1, 1.5))
    first = wall("2026-11-01T01:00", NEW_YORK)
    second = wall("2026-11-01T01:00", NEW_YORK, fold=1)
    assert second - first == HOUR
    assert calendar.add(first, HALF_HOUR + MINUTE) == second + MINUTE
    assert not calendar.is_open(first + HALF_HOUR)
    assert calendar.between(first - HOUR, second + HOUR) == HOUR


@pytest.mark.parametrize("is_holiday", [ALWAYS.is_holiday, lambda day: False], ids=["real time", "by the year"])
@pytest.mark.parametrize("zone", [SEOUL, NEW_YORK, LONDON, APIA])
def test_row_13_around_the_clock_is_real_time(zone: ZoneInfo, is_holiday: Callable[[date], bool]) -> None:
    """24/7 is real time whatever the clocks do, in every month of three years."""
    calendar = replace(ALWAYS, zone=zone, is_holiday=is_holiday)
    start = datetime(2011, 1, 1, tzinfo=UTC)
    for days in range(1, 3 * 365, 31):
        assert calendar.add(start, timedelta(days=days)) == start + timedelta(days=days)


def test_row_13_a_day_that_never_was() -> None:
    """Samoa went from Thursday 29 to Saturday 31 December 2011: Friday's hours never came."""
    thursday = wall("2011-12-29T16:45", APIA)
    assert replace(NINE_TO_FIVE, zone=APIA).add(thursday, HALF_HOUR) == wall("2012-01-02T09:15", APIA)
    week = Calendar("week", APIA, hours(WEEK, 9, 17))
    assert week.add(thursday, HALF_HOUR) == wall("2011-12-31T09:15", APIA)
    assert week.between(wall("2011-12-29T00:00", APIA), wall("2012-01-01T00:00", APIA)) == 16 * HOUR


# --- row 14 ----------------------------------------------------------------------------------------------


def test_row_14_late_holiday_is_a_new_calendar() -> None:
    """Another state of the calendar answers for itself and leaves the old answers as they were."""
    before = replace(NINE_TO_FIVE, version="1")
    start = wall("2026-11-19T16:45")
    old = before.add(start, HALF_HOUR)
    after = replace(before, is_holiday=date(2026, 11, 20).__eq__, version="2")
    assert after.add(start, HALF_HOUR) == wall("2026-11-23T09:15")
    assert before.add(start, HALF_HOUR) == old == wall("2026-11-20T09:15")


# --- edges -----------------------------------------------------------------------------------------------


def test_nothing_to_add_is_over_at_once() -> None:
    """No amount is over at the start, open or closed, around the clock too."""
    for calendar in (NINE_TO_FIVE, ALWAYS):
        for start in (wall("2026-11-20T10:00"), wall("2026-11-21T10:00")):
            assert calendar.add(start, timedelta(0)) == start


@pytest.mark.parametrize("calendar", [NINE_TO_FIVE, ALWAYS])
def test_negative_amount_is_refused(calendar: Calendar) -> None:
    """Business time is not counted backwards."""
    with pytest.raises(ValueError, match="negative"):
        calendar.add(wall("2026-11-20T10:00"), -MICROSECOND)


@pytest.mark.parametrize("calendar", [NINE_TO_FIVE, ALWAYS])
def test_between_is_never_negative(calendar: Calendar) -> None:
    """A mention whose platform clock runs ahead of ours has waited for nothing."""
    later = wall("2026-11-20T11:00")
    assert calendar.between(later, later - HOUR) == timedelta(0)
    assert calendar.between(later, later) == timedelta(0)


@pytest.mark.parametrize("calendar", [NINE_TO_FIVE, ALWAYS])
def test_naive_time_is_refused(calendar: Calendar) -> None:
    """A time without a zone would be read in the host's: every method refuses it."""
    naive, aware = datetime(2026, 11, 20, 10), wall("2026-11-20T10:00")  # noqa: DTZ001 - naive on purpose
    for ask in (
        lambda: calendar.add(naive, HOUR),
        lambda: calendar.between(naive, aware),
        lambda: calendar.between(aware, naive),
        lambda: calendar.is_open(naive),
        lambda: calendar.opens(naive),
    ):
        with pytest.raises(ValueError, match="aware"):
            ask()


def test_exact_to_the_microsecond() -> None:
    """Two microseconds from the last one of a week end in the first one of the next."""
    last = wall("2026-11-20T17:00") - MICROSECOND
    assert NINE_TO_FIVE.add(last, 2 * MICROSECOND) == wall("2026-11-23T09:00") + MICROSECOND


@pytest.mark.parametrize("since", ["2026-12-31T16:45", "2026-12-30T16:45", "2025-12-31T16:45", "2019-05-01T10:00"])
def test_due_at_the_last_closing_of_a_year(since: str) -> None:
    """A deadline at the very end of the year's business time is then, and not at the first opening of the next."""
    start, closing = wall(since), wall("2026-12-31T17:00")
    assert NINE_TO_FIVE.add(start, NINE_TO_FIVE.between(start, closing)) == closing
    assert NINE_TO_FIVE.add(start, NINE_TO_FIVE.between(start, closing) + MINUTE) == wall("2027-01-01T09:01")


def test_another_zones_new_year_changes_nothing() -> None:
    """In Seoul the year is new while New York still works: what is asked in either zone is answered alike, in UTC."""
    calendar = replace(NINE_TO_FIVE, zone=NEW_YORK)
    afternoon = wall("2026-12-31T16:00", NEW_YORK)
    for zone in (UTC, NEW_YORK, SEOUL):
        asked = afternoon.astimezone(zone)
        assert calendar.add(asked, HALF_HOUR) == afternoon + HALF_HOUR
        assert calendar.between(asked, asked + HALF_HOUR) == HALF_HOUR
        assert calendar.is_open(asked)
        for answer in (calendar.opens(asked), calendar.add(asked, timedelta(0)), ALWAYS.add(asked, HOUR)):
            assert answer.tzinfo is UTC


def test_opening_is_open_and_closing_is_not() -> None:
    """An interval holds its first instant and not its end."""
    opening, closing = wall("2026-11-20T09:00"), wall("2026-11-20T17:00")
    assert NINE_TO_FIVE.is_open(opening)
    assert not NINE_TO_FIVE.is_open(opening - MICROSECOND)
    assert NINE_TO_FIVE.is_open(closing - MICROSECOND)
    assert not NINE_TO_FIVE.is_open(closing)


def test_opens() -> None:
    """Open time opens at once, closed time at the next opening, in the next year too."""
    open_now = wall("2026-11-20T10:00")
    assert NINE_TO_FIVE.opens(open_now) == open_now
    assert NINE_TO_FIVE.opens(wall("2026-11-20T17:00")) == wall("2026-11-23T09:00")
    holidays = replace(NINE_TO_FIVE, is_holiday=lambda day: (day.month, day.day) >= (12, 1) or day.year == 2027)
    assert holidays.opens(wall("2026-12-01T09:00")) == wall("2028-01-03T09:00")


@pytest.mark.parametrize(
    "calendar",
    [
        Calendar("shut", SEOUL, ()),
        Calendar("shut", SEOUL, hours(WEEK, 12, 12.5), (LUNCH,)),
        Calendar("shut", SEOUL, hours(WEEK, 0, 24), is_holiday=lambda day: True),
        Calendar("shut", SEOUL, hours(WEEK, 0, 24), is_holiday=date(2026, 11, 20).__le__),
    ],
    ids=["no hours", "all paused", "all holidays", "holidays from now on"],
)
def test_no_business_time_is_an_error_that_names_the_calendar(calendar: Calendar) -> None:
    """A calendar that never opens again says so instead of looking for ever."""
    at = wall("2026-11-20T12:15")
    asks: list[Callable[[], object]] = [lambda: calendar.add(at, MINUTE), lambda: calendar.opens(at)]
    for ask in asks:
        with pytest.raises(NoBusinessTime, match=r"'shut'.*10 years") as caught:
            ask()
        assert caught.value.name == "shut"
    assert not calendar.is_open(at)
    assert calendar.between(at, at + timedelta(days=400)) == timedelta(0)


def test_closed_for_nine_years_is_not_for_ever() -> None:
    """The error is for ten empty years in a row, not for a long wait."""
    calendar = replace(NINE_TO_FIVE, is_holiday=lambda day: 2020 < day.year < 2030)
    assert calendar.add(wall("2021-05-01T00:00"), HOUR) == wall("2030-01-01T10:00")


@pytest.mark.parametrize("minutes", [(-1, 60), (1440, 1500), (60, 60), (60, 30), (0, 2881)])
def test_minutes_that_are_no_interval(minutes: tuple[int, int]) -> None:
    """An interval or pause begins within a day, ends after it begins, and by the end of the next day."""
    with pytest.raises(ValueError, match="minutes"):
        Interval(0, *minutes)
    with pytest.raises(ValueError, match="minutes"):
        Exceptional(date(2026, 11, 20), *minutes)
    with pytest.raises(ValueError, match="minutes"):
        Pause(*minutes)


@pytest.mark.parametrize("weekday", [-1, 7])
def test_weekday_that_is_none(weekday: int) -> None:
    """Weekdays count from 0, Monday, to 6."""
    with pytest.raises(ValueError, match="weekday"):
        Interval(weekday, 0, 60)


def test_calendars_are_values() -> None:
    """Equal calendars are one key of a cache, whatever they were asked before; another version is another key."""
    asked = replace(NINE_TO_FIVE)
    asked.opens(wall("2026-11-20T10:00"))
    assert {asked: 1}[replace(NINE_TO_FIVE)] == 1
    assert asked != replace(NINE_TO_FIVE, version="2")


# --- properties ------------------------------------------------------------------------------------------

INSTANTS = st.datetimes(datetime(2019, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
AMOUNTS = st.timedeltas(timedelta(0), timedelta(hours=3000)) | st.timedeltas(timedelta(0), HOUR)
CALENDARS = st.sampled_from(
    [OFFICE, ALWAYS, NIGHT, replace(OFFICE, zone=NEW_YORK), Calendar("nights", LONDON, hours(WEEK, 20, 30))]
)


@settings(max_examples=300, deadline=None)
@given(CALENDARS, INSTANTS, AMOUNTS)
def test_what_was_added_is_what_passed(calendar: Calendar, start: datetime, amount: timedelta) -> None:
    """`between` takes back `add` exactly, over years too, and no earlier instant would do."""
    due = calendar.add(start, amount)
    assert calendar.between(start, due) == amount
    if amount:
        assert calendar.between(start, due - MICROSECOND) == amount - MICROSECOND


@settings(max_examples=300, deadline=None)
@given(CALENDARS, INSTANTS, AMOUNTS, AMOUNTS)
def test_adding_twice_is_adding_the_sum(
    calendar: Calendar, start: datetime, first: timedelta, second: timedelta
) -> None:
    """A ladder climbed step by step ends where one climbed at once does."""
    assert calendar.add(calendar.add(start, first), second) == calendar.add(start, first + second)


@settings(max_examples=200, deadline=None)
@given(CALENDARS, st.lists(INSTANTS, min_size=2, max_size=8), st.lists(AMOUNTS, min_size=2, max_size=8))
def test_later_starts_and_larger_amounts_are_due_no_earlier(
    calendar: Calendar, starts: list[datetime], amounts: list[timedelta]
) -> None:
    """Deadlines keep the order of mentions and the order of steps."""
    for start in starts:
        dues = [calendar.add(start, amount) for amount in sorted(amounts)]
        assert dues == sorted(dues)
    for amount in amounts:
        dues = [calendar.add(start, amount) for start in sorted(starts)]
        assert dues == sorted(dues)


@settings(max_examples=200, deadline=None)
@given(CALENDARS, st.lists(INSTANTS, min_size=2, max_size=6))
def test_parts_sum_to_the_whole(calendar: Calendar, instants: list[datetime]) -> None:
    """Business time between two instants is that of the parts between them."""
    instants.sort()
    parts = sum((calendar.between(start, end) for start, end in pairwise(instants)), timedelta(0))
    assert parts == calendar.between(instants[0], instants[-1])


# --- the oracle ------------------------------------------------------------------------------------------

WINDOW = timedelta(days=6)
DEADLINES_PER_CALENDAR = 150
CHANGES = [
    (SEOUL, date(2026, 11, 20)),
    (SEOUL, date(2026, 12, 31)),
    (NEW_YORK, date(2026, 3, 8)),
    (NEW_YORK, date(2026, 11, 1)),
    (LONDON, date(2026, 3, 29)),
    (LONDON, date(2026, 10, 25)),
    (ZoneInfo("Australia/Lord_Howe"), date(2026, 4, 5)),  # by half an hour
    (ZoneInfo("America/Santiago"), date(2026, 9, 6)),  # skips the hour after midnight
    (APIA, date(2011, 12, 30)),  # skips a day
]


@st.composite
def calendars(draw: st.DrawFn) -> tuple[Calendar, datetime]:
    """A calendar of any shape and the beginning of a window with a change of its zone's clocks within."""
    zone, change = draw(st.sampled_from(CHANGES))
    begin = datetime(change.year, change.month, change.day, tzinfo=UTC) - WINDOW / 2
    grain = draw(st.sampled_from([1, 30]))
    starts = st.integers(0, 1439 // grain).map(lambda step: step * grain)
    lengths = st.integers(1, 1440 // grain).map(lambda step: step * grain)
    intervals = st.builds(
        lambda day, start, length: Interval(day, start, min(start + length, 2880)),
        st.integers(0, 6),
        starts,
        lengths,
    )
    pauses = st.builds(lambda start, length: Pause(start, start + length), starts, st.integers(1, 120))
    around = draw(st.lists(intervals, min_size=1, max_size=9)) if draw(st.integers(0, 4)) else ALWAYS.hours
    shut = draw(st.frozensets(st.integers(-3, 3).map(lambda days: change + timedelta(days=days)), max_size=3))
    breaks = tuple(draw(st.lists(pauses, max_size=2)))
    special = st.builds(
        lambda days, start, length: Exceptional(change + timedelta(days=days), start, min(start + length, 2880)),
        st.integers(-3, 3),
        starts,
        lengths,
    )
    exceptional = tuple(draw(st.lists(special, max_size=3)))
    return Calendar("any", zone, tuple(around), breaks, shut.__contains__, exceptional=exceptional), begin


# A failure names its calendar and deadline; to look for a smaller one would take minutes.
@settings(max_examples=150, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(calendars(), st.integers(0, 2**32))
def test_deadlines_against_a_minute_by_minute_oracle(given_calendar: tuple[Calendar, datetime], seed: int) -> None:
    """22,500 deadlines and as many waits differ from a count of minutes by nothing."""
    calendar, begin = given_calendar
    end = begin + WINDOW
    oracle = Oracle(calendar, begin, end)
    chance = Random(seed)
    for number in range(DEADLINES_PER_CALENDAR):
        grain = MINUTE if number % 2 else MICROSECOND
        start = begin + chance.randrange(WINDOW // grain) * grain
        amount = chance.randrange(1, chance.choice([HOUR, 10 * HOUR, 60 * HOUR]) // grain) * grain
        expected = oracle.due(start, amount)
        try:
            found = calendar.add(start, amount)
        except NoBusinessTime:
            assert expected is None
        else:
            assert found == expected or (expected is None and found > end), (start, amount)
        until = min(start + amount, end)
        assert calendar.between(start, until) == oracle.between(start, until), (start, until)
        assert calendar.is_open(start) == oracle.open[(start - begin) // MINUTE], start
    spans = list(calendar.spans(begin, end))
    edges = [at for span in spans for at in span]
    assert edges == sorted(set(edges)), "in order, and none touches the next"
    assert {at for span in spans for at in minutes(*span)} == {
        begin + index * MINUTE for index, is_open in enumerate(oracle.open) if is_open
    }


def minutes(since: datetime, until: datetime) -> list[datetime]:
    """The minutes of a span."""
    return [since + index * MINUTE for index in range((until - since) // MINUTE)]
