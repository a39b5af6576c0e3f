"""Is this account quieter than is its habit? Empty answers for too long are suspect (SEMANTICS row 32).

A platform that answers "nothing" may be right, or may have stopped to find anything: a renamed handle, a right that
was taken from a token, a search that is broken. What tells them apart is the account's own habit: the posts of its last
four weeks say how many are to be expected at each hour of a working day and of a weekend, and the silence is measured
in posts that should have come instead of in hours, so that a night or a Sunday is no longer than it is on other weeks.
It is suspect when that is more than twice the longest such silence of those weeks.

How often it is wrong: were posts independent of each other, one gap in (n + 1)(n + 2) / 2 would be that long by chance
after n gaps, since P(X > 2 max(X1..Xn)) = 2 / ((n + 1)(n + 2)) for exponential X. That is less than 2 / n false alarms
in four weeks: one in ten months for an account of 20 posts in four weeks, one in four years for one of 100. Posts that
come in bursts make the longest silence longer and false alarms rarer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise
from typing import NamedTuple

HISTORY = timedelta(weeks=4)
LEAST_POSTS = 20
"""With fewer there is no habit to compare with."""
FACTOR = 2.0
"""A silence this many times the longest one is suspect."""
LEAST_EXPECTED = 3.0
"""And never one in which fewer posts than this should have come."""
LEAST_SILENCE = timedelta(hours=1)
_EVEN = 0.1
"""The share of posts that may come at any hour: none is so quiet that a silence in it does not count."""
_HOUR = timedelta(hours=1)
_SATURDAY = 5


class Silence(NamedTuple):
    """A silence that is longer than an account's habit."""

    since: datetime
    """When its last post was written."""
    usual: timedelta
    """The longest that it was quiet in its history."""
    missed: float
    """How many posts should have come since."""


def suspicious(posts: Sequence[datetime], until: datetime, zone: tzinfo) -> Silence | None:
    """The account's present silence, where it is suspect; None where it is not, or where there is no habit yet.

    `posts` are the times of its posts, in any order; `until` is the instant up to which everything is known. Hours are
    counted in `zone`.
    """
    if not posts:
        return None
    last = max(posts)
    known = sorted(at for at in posts if at >= last - HISTORY)
    if len(known) < LEAST_POSTS or until - last < LEAST_SILENCE:
        return None
    expected = _Expected(known, until, zone)
    missed = expected.between(last, until)
    longest = max(expected.between(one, other) for one, other in pairwise(known))
    if missed <= max(FACTOR * longest, LEAST_EXPECTED):
        return None
    return Silence(last, max(other - one for one, other in pairwise(known)), missed)


class _Expected:
    """How many posts are to be expected between two instants, by the hour of the day and the kind of day."""

    def __init__(self, posts: Sequence[datetime], until: datetime, zone: tzinfo) -> None:
        first, last = posts[0], posts[-1]
        self._start = first.replace(minute=0, second=0, microsecond=0)
        hours = int((until - self._start) / _HOUR) + 1
        kinds = [_kind(self._start + _HOUR * number, zone) for number in range(hours)]
        there = Counter(kinds[: int((last - self._start) / _HOUR) + 1])
        came = Counter(_kind(at, zone) for at in posts)
        even = _EVEN * len(posts) / there.total()
        rate = {kind: even + (1 - _EVEN) * came[kind] / there[kind] if there[kind] else even for kind in set(kinds)}
        self._sums = [0.0]
        for kind in kinds:
            self._sums.append(self._sums[-1] + rate[kind])

    def between(self, since: datetime, until: datetime) -> float:
        return self._until(until) - self._until(since)

    def _until(self, at: datetime) -> float:
        whole, part = divmod((at - self._start) / _HOUR, 1)
        before = self._sums[int(whole)]
        return before + part * (self._sums[int(whole) + 1] - before)


def _kind(at: datetime, zone: tzinfo) -> tuple[bool, int]:
    local = at.astimezone(zone)
    return local.weekday() >= _SATURDAY, local.hour
