"""When a silence is longer than an account's habit (SEMANTICS row 32), and how often that is a false alarm."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sla.habit import LEAST_POSTS, suspicious

SEOUL = ZoneInfo("Asia/Seoul")
MONDAY = datetime(2026, 11, 16, 0, 0, tzinfo=UTC)  # nine o'clock in Seoul
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def _office_hours(days: int) -> list[datetime]:
    """A post each hour from nine to six, on working days, up to the evening before `MONDAY`."""
    posts = [MONDAY - DAY * day + HOUR * hour for day in range(1, days + 1) for hour in range(9)]
    return [at for at in posts if at.astimezone(SEOUL).weekday() < 5]


def test_a_night_and_a_weekend_are_habit() -> None:
    """Since Friday at five nothing came: on Monday at nine that is as it should be."""
    posts = _office_hours(26)
    assert max(posts).astimezone(SEOUL).strftime("%a %H") == "Fri 17"
    assert suspicious(posts, MONDAY, SEOUL) is None
    assert suspicious(posts, MONDAY + HOUR, SEOUL) is None


def test_a_working_day_without_a_post_is_suspect() -> None:
    """Hours that used to bring one each bring none: it is said within the day, with what is usual."""
    posts = _office_hours(26)
    silent = next(n for n in range(24) if suspicious(posts, MONDAY + HOUR * n, SEOUL))
    assert 2 <= silent <= 9
    found = suspicious(posts, MONDAY + HOUR * silent, SEOUL)
    assert found is not None
    assert found.since == max(posts)
    assert found.usual == timedelta(days=2, hours=16), "from Friday at five until Monday at nine"
    assert found.missed > 3


def test_without_a_history_there_is_no_habit() -> None:
    """Twenty posts at least; and four weeks ago is forgotten."""
    few = [MONDAY - HOUR * n for n in range(LEAST_POSTS - 1)]
    assert suspicious(few, MONDAY + DAY, SEOUL) is None
    assert suspicious([*few, MONDAY - HOUR * 19], MONDAY + DAY, SEOUL) is not None
    assert suspicious([*few, MONDAY - DAY * 29], MONDAY + DAY, SEOUL) is None
    assert suspicious([], MONDAY, SEOUL) is None


def test_a_burst_does_not_make_a_minute_suspect() -> None:
    """Hundreds in an hour, then nothing for half of one: an hour's silence at least."""
    posts = [MONDAY - timedelta(seconds=n) for n in range(500)]
    assert suspicious(posts, MONDAY + timedelta(minutes=59), SEOUL) is None
    assert suspicious(posts, MONDAY + HOUR, SEOUL) is not None


def test_false_alarms_are_as_rare_as_is_said() -> None:
    """By day, night and weekend, by chance alone: at most 2 / n in four weeks, where n is its posts of four weeks."""
    chance = random.Random(2010)
    for gap in (8 * HOUR, 2.5 * HOUR):
        alarms = posts_in_all = 0
        allowed = 0.0
        for _ in range(25):
            posts = _by_chance(chance, gap)
            later = [n for n, at in enumerate(posts) if at - posts[0] >= timedelta(weeks=4)]
            alarms += sum(suspicious(posts[:n], posts[n], SEOUL) is not None for n in later)
            posts_in_all += len(later)
            allowed += 2 / len(later)
        assert posts_in_all > 25 * LEAST_POSTS
        assert alarms <= allowed + 3 * allowed**0.5, f"{alarms} false alarms, {allowed:.1f} are to be expected at most"


def _by_chance(chance: random.Random, gap: timedelta) -> list[datetime]:
    """Eight weeks of posts that know nothing of each other: fewer at night and on weekends."""
    posts, at = [], MONDAY
    while at < MONDAY + timedelta(weeks=8):
        at += gap / 2 * chance.expovariate(1)
        local = at.astimezone(SEOUL)
        likely = (1.0 if 8 <= local.hour < 22 else 0.1) * (1.0 if local.weekday() < 5 else 0.5)
        if chance.random() < likely:
            posts.append(at)
    return posts
