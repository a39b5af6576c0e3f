"""Is this more than usual? A test of counts against an account's own baseline, with a stated false-alarm rate.

**The model.** People who write to an account arrive at a rate that depends on the hour of the week and is itself
uncertain: a gamma mixture of Poisson processes, so that the number in a window is negative binomial. Its mean is
learned from whole hours that were watched, its shape from sources whose relative variances add: how much ordinary
hours vary beyond Poisson (by moments), and how little was seen of that hour of the week yet. What a person says is a
mark drawn independently of everything else. Those who say what a new mention says are a share of all, known from the
account's earlier posts by Jeffreys' prior of a proportion, whose uncertainty adds to the others.

**The test.** It is made when somebody arrives, for windows of 5, 15 and 60 minutes that end there. What is asked is
the chance of so many *others* in the window who say the same. Given an arrival, the others of a gamma mixture are
again negative binomial with the shape one higher (the mixture is size-biased; Slivnyak's and Mecke's theorems, see
Daley and Vere-Jones, "An Introduction to the Theory of Point Processes", chapter 13; Last and Penrose, "Lectures on
the Poisson Process", chapters 4 and 5 for marks). By Campbell's formula the expected number of false alarms in a
month is the sum of these chances over the month's expected arrivals, however much windows overlap: so a limit of
`false alarms / (accounts x windows x arrivals a month)` keeps the promised rate. Nothing is assumed of the dependence
between windows, accounts or successive tests, and that the matter is looked for only when it comes costs nothing,
since each arrival asks about its own words alone.

**What is assumed.** The next month is like the last weeks; what one person says does not make others say it; hours
whose count stands far out are cut back before learning, so that an old crisis does not teach that crises are usual.
Praise, tickets and campaigns break the second of these, which is why `sla.alarm` looks at what is said before anybody
is woken; their false alarms are *not* within the promised rate, and are measured (docs/crisis.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp, lgamma, log, log1p, sqrt

WINDOWS = (timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=60))
"""How far back is counted; the shortest serves the alarm within five minutes, the longest what swells slowly."""
HOURS_OF_WEEK = 168
MONTH = timedelta(days=30)

_HOUR = timedelta(hours=1)
_PRIOR_PEOPLE, _PRIOR_HOURS = 1.0, 0.5
"""Before anything is known: two people an hour, on the strength of half an hour's watching."""
_POOLED = 4.0
"""Hours of a wider average that each hour of the week begins with: weekdays or weekends at that hour of the day."""
_LEAST_VARIANCE = 0.1
"""Relative variance of the rate that is granted to every account: no city is as regular as a Poisson process."""
_LOOSEST = 1e-3
"""No limit is looser, however few write to an account."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """What one account usually gets, by hour of the week from Monday 00:00 on the service's wall clock."""

    rates: tuple[float, ...]
    """People an hour."""
    shapes: tuple[float, ...]
    """Of the gamma distribution that the rate is believed to have; smaller is less certain."""

    @property
    def monthly(self) -> float:
        """People expected in thirty days."""
        return sum(self.rates) / HOURS_OF_WEEK * (MONTH / _HOUR)


@dataclass(frozen=True, slots=True)
class Share:
    """How many of an account's earlier posts said what a new one says."""

    alike: int
    seen: int

    @property
    def mean(self) -> float:
        """The share to be expected, by Jeffreys' prior of a proportion."""
        return (self.alike + 0.5) / (self.seen + 1)

    @property
    def variance(self) -> float:
        """Its relative variance, of the same prior, rounded up."""
        return 1 / (self.alike + 0.5)


@dataclass(frozen=True, slots=True)
class Surge:
    """More than usual: the window that shows it, and what the test says."""

    window: timedelta
    people: int
    expected: float
    """In that window, at that hour of the week."""
    chance: float
    """Of as many others in it, were this an ordinary hour."""
    limit: float
    """What `chance` had to be below for the promised rate of false alarms."""


def hour_of_week(local: datetime) -> int:
    """Whole hours since Monday 00:00 of a wall clock's time."""
    return local.weekday() * 24 + local.hour


def learn(hours: Iterable[tuple[int, int]]) -> Baseline:
    """The baseline of an account from the hours it was watched: pairs of hour of the week and people who wrote in it.

    Hours in which nobody wrote must be among them. None at all gives the prior.
    """
    seen = list(hours)
    first = _rates(seen)
    # What stands far out was no ordinary hour; a second look without it.
    usual = [(hour, min(float(people), _most(first[hour]))) for hour, people in seen]
    rates = _rates(usual)
    expected = sum(rates[hour] ** 2 for hour, _ in usual)
    beyond = sum((people - rates[hour]) ** 2 - people for hour, people in usual)
    variance = max(_LEAST_VARIANCE, beyond / expected if expected else 0.0)
    total = [0.0] * HOURS_OF_WEEK
    for hour, people in usual:
        total[hour] += people
    known = sum(total) + _PRIOR_PEOPLE
    shapes = tuple(
        1 / (variance + 1 / min(known, total[hour] + _POOLED * rates[hour] + _PRIOR_PEOPLE))
        for hour in range(HOURS_OF_WEEK)
    )
    return Baseline(tuple(rates), shapes)


def limit(baseline: Baseline, monthly: float, streams: int) -> float:
    """What a test's chance must be below, for `monthly` false alarms in thirty days over `streams` accounts together.

    Each account may raise an equal share of them.
    """
    return min(_LOOSEST, monthly / (streams * 2 * len(WINDOWS) * max(1.0, baseline.monthly)))


def surge(baseline: Baseline, local: datetime, people: Sequence[int], below: float, of: Share) -> Surge | None:
    """Test the number of different people in each of `WINDOWS` that end at an arrival, itself counted.

    `people` are those who say what the arrival says, `of` is the share of the account's earlier posts that did.
    `local` is the arrival on the wall clock, `below` comes from `limit`. Returns the most surprising window that
    is more than usual, None where none is.
    """
    found: list[Surge] = []
    for window, count in zip(WINDOWS, people, strict=True):
        # Where the window reaches into the hour before, the busier of the two is what is usual.
        cells = {hour_of_week(local), hour_of_week(local - window)}
        hour = max(cells, key=lambda cell: baseline.rates[cell])
        expected = baseline.rates[hour] * (window / _HOUR) * of.mean
        shape = 1 / (1 / min(baseline.shapes[cell] for cell in cells) + of.variance)
        chance = tail(count - 1, shape + 1, expected / shape)
        if chance < below:
            found.append(Surge(window, count, expected, chance, below))
    return min(found, key=lambda one: one.chance, default=None)


def tail(least: int, shape: float, scale: float) -> float:
    """The chance that a Poisson number, whose mean is gamma distributed, is `least` or more."""
    if least <= 0:
        return 1.0
    if scale <= 0:
        return 0.0
    each = scale / (1 + scale)
    term = exp(lgamma(shape + least) - lgamma(shape) - lgamma(least + 1) - shape * log1p(scale) + least * log(each))
    total, number = 0.0, least
    # Until the terms fall as a geometric series and what is left of it is beyond the digits of the sum.
    while term > 1e-16 * total or each * (shape + number) > number + 1:
        total += term
        term *= each * (shape + number) / (number + 1)
        number += 1
    return min(1.0, total)


def _rates(hours: Sequence[tuple[int, float]]) -> list[float]:
    """People an hour by hour of the week: its own mean, drawn towards wider ones as far as little was seen."""
    overall = (_PRIOR_PEOPLE + sum(people for _, people in hours)) / (_PRIOR_HOURS + len(hours))
    of_kind: dict[tuple[bool, int], list[float]] = {}
    of_hour: dict[int, list[float]] = {}
    for hour, people in hours:
        of_kind.setdefault(_kind(hour), []).append(people)
        of_hour.setdefault(hour, []).append(people)

    def rate(hour: int) -> float:
        kind, own = of_kind.get(_kind(hour), []), of_hour.get(hour, [])
        wider = (sum(kind) + _POOLED * overall) / (len(kind) + _POOLED)
        return (sum(own) + _POOLED * wider) / (len(own) + _POOLED)

    return [rate(hour) for hour in range(HOURS_OF_WEEK)]


def _kind(hour: int) -> tuple[bool, int]:
    return hour >= 5 * 24, hour % 24


def _most(rate: float) -> float:
    return rate + 3 * sqrt(rate) + 2
