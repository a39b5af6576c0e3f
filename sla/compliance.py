"""Attainment, response times and coverage, counted from what became of the cases (SEMANTICS rows 5, 8, 16, 33)."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sla.history import BrokenHistory, Happened, Outcome, Status, instant
from sla.policy import Kind


@dataclass(frozen=True, slots=True)
class Numbers:
    """How some cases stand. `received` is the sum of the seven after it; times are seconds, None without an answer."""

    received: int
    met: int
    answered_late: int
    unanswered: int
    pending: int
    dismissed: int
    deleted: int
    undetermined: int
    late_found: int
    """How many collection found only when their deadline had come: a miss, but not the department's (row 1)."""
    transferred: int
    reopened: int
    median_seconds: float | None
    p90_seconds: float | None
    """By nearest rank: the smallest response time that at least nine in ten of them do not exceed."""
    worst_seconds: float | None
    alerts: Mapping[str, int]
    dismissed_by_reason: Mapping[str, int]
    final: FinalNumbers
    in_crisis: int
    """How many are part of an incident (row 34)."""
    paused_seconds: float
    """How long in all they were put off while unanswered (row 17)."""

    @property
    def missed(self) -> int:
        """Answered late, or not at all when the deadline came."""
        return self.answered_late + self.unanswered

    @property
    def decided(self) -> int:
        """The denominator: what is pending, dismissed, deleted or undetermined is not in it."""
        return self.met + self.missed

    @property
    def attainment(self) -> float | None:
        """The share met within target; None while nothing is decided."""
        return self.met / self.decided if self.decided else None


class FinalNumbers(NamedTuple):
    """How the final answers stand that staff said are owed beside the first (row 7)."""

    met: int = 0
    missed: int = 0
    pending: int = 0

    @property
    def attainment(self) -> float | None:
        """The share met within its target; None while nothing is decided."""
        decided = self.met + self.missed
        return self.met / decided if decided else None


@dataclass(frozen=True, slots=True)
class Count:
    """The numbers of a department, as a whole, by platform and by the hour of day in which the mention was written."""

    whole: Numbers
    platforms: Mapping[str, Numbers]
    hours: tuple[Numbers, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """Everything that was counted, and by department."""

    total: Count
    departments: Mapping[str, Count]


def count(outcomes: Iterable[Outcome], at: datetime, zone: ZoneInfo) -> Counts:
    """Count cases as they stand at the instant `at`; hours of day are those of `zone`. Merged cases do not count."""
    total = _Sheet()
    departments: defaultdict[str, _Sheet] = defaultdict(_Sheet)
    for outcome in outcomes:
        status = outcome.status(at)
        if status is Status.MERGED:
            continue
        hour = outcome.opened_at.astimezone(zone).hour
        for sheet in (total, departments[outcome.department]):
            sheet.add(outcome, status, hour, at)
    return Counts(total.count(), {id: departments[id].count() for id in sorted(departments)})


class _Tally:
    """Numbers in the making."""

    def __init__(self) -> None:
        self._of: Counter[str] = Counter()
        self._alerts: Counter[str] = Counter({kind.value: 0 for kind in Kind})
        self._reasons: Counter[str] = Counter()
        self._responses: list[float] = []
        self._final: Counter[Status] = Counter()
        self._paused = timedelta(0)

    def add(self, outcome: Outcome, status: Status, at: datetime) -> None:
        self._of[status] += 1
        final = outcome.final_status(at)
        if final is not None:
            self._final[final] += 1
        if outcome.snoozes:
            self._paused += outcome.paused(at)
        self._of["in_crisis"] += outcome.incident is not None
        self._of["late_found"] += outcome.found_late
        self._of["transferred"] += outcome.transfers > 0
        self._of["reopened"] += outcome.reopenings > 0
        self._alerts.update(outcome.alerts)
        if status is Status.DISMISSED:
            self._reasons[outcome.reason] += 1
        if outcome.response is not None and status in (Status.MET, Status.LATE):
            self._responses.append(outcome.response.total_seconds())

    def numbers(self) -> Numbers:
        of, times = self._of, sorted(self._responses)
        return Numbers(
            received=sum(of[status] for status in Status),
            met=of[Status.MET], answered_late=of[Status.LATE], unanswered=of[Status.UNANSWERED],
            pending=of[Status.PENDING], dismissed=of[Status.DISMISSED], deleted=of[Status.DELETED],
            undetermined=of[Status.UNDETERMINED], late_found=of["late_found"], transferred=of["transferred"],
            reopened=of["reopened"],
            median_seconds=median(times) if times else None,
            p90_seconds=nearest_rank(times, 90) if times else None,
            worst_seconds=times[-1] if times else None,
            alerts=dict(self._alerts), dismissed_by_reason=dict(sorted(self._reasons.items())),
            final=FinalNumbers(
                self._final[Status.MET], self._final[Status.LATE] + self._final[Status.UNANSWERED],
                self._final[Status.PENDING],
            ),
            in_crisis=of["in_crisis"], paused_seconds=self._paused.total_seconds(),
        )  # fmt: skip


class _Sheet:
    """A count in the making."""

    def __init__(self) -> None:
        self._whole = _Tally()
        self._platforms: defaultdict[str, _Tally] = defaultdict(_Tally)
        self._hours = [_Tally() for _ in range(24)]

    def add(self, outcome: Outcome, status: Status, hour: int, at: datetime) -> None:
        for tally in (self._whole, self._platforms[outcome.platform], self._hours[hour]):
            tally.add(outcome, status, at)

    def count(self) -> Count:
        return Count(
            self._whole.numbers(),
            {platform: self._platforms[platform].numbers() for platform in sorted(self._platforms)},
            tuple(tally.numbers() for tally in self._hours),
        )


def nearest_rank(ordered: list[float], percent: int) -> float:
    """The smallest of some ascending values that at least `percent` of a hundred of them do not exceed."""
    return ordered[math.ceil(percent * len(ordered) / 100) - 1]


def percent(part: int, whole: int) -> str:
    """A share in percent with two decimals, cut and not rounded: what is not whole is never shown as 100.00."""
    hundredths = part * 10_000 // whole
    return f"{hundredths // 100}.{hundredths % 100:02}"


@dataclass(frozen=True, slots=True)
class Coverage:
    """How long an account, or several, should have been watched, and how much of that nobody saw."""

    watched: timedelta = timedelta(0)
    blind: timedelta = timedelta(0)

    def __add__(self, other: Coverage) -> Coverage:
        return Coverage(self.watched + other.watched, self.blind + other.blind)

    @property
    def share(self) -> float | None:
        """The part that was seen, cut after six decimals: any blind time at all keeps it below 1 (SEMANTICS row 33)."""
        if not self.watched:
            return None
        return (self.watched - self.blind) * 1_000_000 // self.watched / 1_000_000

    @property
    def percent(self) -> str:
        """The same as it is shown; "" where nothing was to be watched."""
        microsecond = timedelta(microseconds=1)
        seen = (self.watched - self.blind) // microsecond
        return percent(seen, self.watched // microsecond) if self.watched else ""


class Episode(NamedTuple):
    """A time in which an account had no complete primary fetch; `until` is None while it lasts."""

    since: datetime
    until: datetime | None


def episodes(events: Iterable[Happened], now: datetime, blind_after: timedelta) -> dict[tuple[str, str], list[Episode]]:
    """Blind episodes by platform and account, from the `blind`, `recovered` and `gap` events in recorded order.

    As known at `now`: what was recorded later counts only where it had lasted longer than `blind_after` by then, so
    that the same instant gives the same coverage whenever it is asked for.

    Raises:
        BrokenHistory: one of them cannot be read; to pass it over might show blind time as seen.
    """
    ended: defaultdict[tuple[str, str], list[Episode]] = defaultdict(list)
    lasting: dict[tuple[str, str], Episode] = {}
    for event in events:
        key, episode = _episode(event)
        if event.at > now and now - episode.since <= blind_after:
            continue
        if episode.until is None:
            lasting[key] = episode
        else:
            ended[key].append(episode)
            if event.kind == "recovered":
                lasting.pop(key, None)
    for key, episode in lasting.items():
        ended[key].append(episode)
    return dict(ended)


def _episode(event: Happened) -> tuple[tuple[str, str], Episode]:
    try:
        until = None if event.kind == "blind" else instant(event.data["until"])
        return (event.data["platform"], event.data["account"]), Episode(instant(event.data["since"]), until)
    except (KeyError, ValueError, TypeError) as exc:
        raise BrokenHistory(f"the {event.kind!r} event recorded at {event.at} cannot be read: {exc!r}") from exc


def coverage(blind: Iterable[Episode], since: datetime, until: datetime) -> Coverage:
    """How much of `since` to `until` was seen. Episodes may overlap; one that lasts runs to the end."""
    if until <= since:
        return Coverage()
    lost, seen_to = timedelta(0), since
    for begin, end in sorted((episode.since, min(episode.until or until, until)) for episode in blind):
        begin = max(begin, seen_to)
        if end > begin:
            lost += end - begin
            seen_to = end
    return Coverage(until - since, lost)
