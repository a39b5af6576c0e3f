"""The weekly report, made by the clock: each complete week's once, kept, and sent in the transaction that keeps it.

A Monday that was missed is made up for when the service is back, oldest week first.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from config.times import Weekly
from monitor import faults
from monitor.clock import Clock
from monitor.reports.document import Document
from monitor.reports.seal import Sealer
from monitor.reports.snapshots import keep, send
from monitor.reports.week import weekly
from monitor.rules import Rules
from monitor.store import accounts, episodes, seals, snapshots
from monitor.store.engine import PASSING, Store
from monitor.words import Words
from sla.history import BrokenHistory
from sla.week import Week

log = structlog.get_logger(__name__)

MOST_BACK = 8
"""Weeks that are made up for; an older one can be had by hand."""
FIRST_RETRY, SLOWEST_RETRY = timedelta(minutes=1), timedelta(hours=6)
BY_CLOCK = "clock"
"""Who made a report that nobody asked for."""
FAULT = "report"
"""Begins the names of the episodes of reports that cannot be made, one a week."""


def due_at(week: Week, when: Weekly, zone: ZoneInfo) -> datetime:
    """The first such moment on the wall clock of `zone` after a week's end, in UTC."""
    day = week.monday + timedelta(days=7 + when.weekday)
    return datetime.combine(day, when.at, tzinfo=zone).astimezone(UTC)


def last_due(now: datetime, when: Weekly, zone: ZoneInfo) -> Week:
    """The newest week whose report is due at `now`."""
    week = Week.of(now, zone).before()
    return week if now >= due_at(week, when, zone) else week.before()


def counted(store: Store, rules: Rules, week: str, clock: Clock) -> Document:
    """A week as it is to be kept: what happened is sealed first, so that the head in it vouches for what it counts.

    Raises:
        BrokenHistory: an event that tells of blind time cannot be read.
    """
    sealer = Sealer(store, clock)
    while sealer.run():
        pass
    with store.read() as tx:
        newest = seals.newest(tx)
    # On PostgreSQL an event may yet appear below the newest one; below what is sealed none can.
    return weekly(store, rules, week, clock(), last_event=newest.last_event if newest else None)


class WeeklyReports:
    """Makes what is due. Any number of nodes may be at it: a week has one report, and only one of them keeps it."""

    def __init__(self, store: Store, rules: Rules, clock: Clock) -> None:
        self._store, self._rules, self._clock = store, rules, clock
        self._words = Words(rules.settings.service.language)
        self._done: Week | None = None
        self._failures, self._failed_at = 0, clock()
        self._thread: threading.Thread | None = None

    def run(self) -> bool:
        """Have what is due made in a thread of its own: to count a big city's week takes longer than a job may.

        False where there was nothing to begin.
        """
        if self._thread is not None and self._thread.is_alive():
            return False
        now = self._clock()
        if self._newest(now) == self._done or self._waits(now):
            return False
        self._thread = threading.Thread(target=self.make, name="weekly-report", daemon=True)
        self._thread.start()
        return True

    def make(self) -> list[str]:
        """Make what is due and missing; returns the weeks whose report this node has made.

        Raises nothing: what fails is told once, and tried again after ever longer.
        """
        now, made = self._clock(), list[str]()
        newest = self._newest(now)
        failed = False
        try:
            if self._clock_is_wrong():
                log.warning("report.waits_for_the_clock")
                failed = True
            for week in self._missing(newest) if not failed else ():
                try:
                    made += [str(week)] if self._make(week) else []
                except PASSING:
                    raise
                except Exception as exc:  # one week that cannot be counted must not keep the others from it
                    log.exception("report.failed", week=str(week))
                    self._tell(week, exc)
                    failed = True
        except PASSING:
            log.warning("report.interrupted", exc_info=True)
            failed = True
        self._failures, self._failed_at = (self._failures + 1 if failed else 0), now
        self._done = None if failed else newest
        return made

    def _newest(self, now: datetime) -> Week:
        return last_due(now, self._rules.settings.reports.weekly, self._rules.zone)

    def _clock_is_wrong(self) -> bool:
        """By a clock that runs ahead weeks would be over that are not, and what is kept stays for good."""
        with self._store.read() as tx:
            return bool(episodes.going_on(tx, f"{faults.CLOCK}:"))

    def _waits(self, now: datetime) -> bool:
        delay = min(FIRST_RETRY * 2 ** min(self._failures, 20) / 2, SLOWEST_RETRY)
        # A failure still to come is from before the clock was set back: nothing waits for it to come again.
        return self._failures > 0 and timedelta(0) <= now - self._failed_at < delay

    def _missing(self, newest: Week) -> list[Week]:
        """The weeks in which something was watched and that have no report yet, oldest first."""
        with self._store.read() as tx:
            kept = {one.week for one in snapshots.latest(tx)}
            watched = [account.watch_from for account in accounts.watched(tx).values()]
        if not watched:
            return []
        found, week, first = list[Week](), newest, Week.of(min(watched), self._rules.zone)
        while week >= first:
            found += [week] if str(week) not in kept else []
            week = week.before()
        oldest = newest
        for _ in range(MOST_BACK - 1):
            oldest = oldest.before()
        _say_too_old(week for week in found if week < oldest)
        return [week for week in reversed(found) if week >= oldest]

    def _make(self, week: Week) -> bool:
        document = counted(self._store, self._rules, str(week), self._clock)
        with self._store.write() as tx:
            now = self._clock()
            if not keep(tx, document, BY_CLOCK, now):
                return False
            send(tx, self._rules, document, now)
            faults.ends(tx, self._rules, f"{FAULT}:{week}", self._words("report.made", week=week), now)
        log.info("report.made", week=str(week), sha256=document.sha256, cases=document.total.cases)
        return True

    def _tell(self, week: Week, error: Exception) -> None:
        why = str(error) if isinstance(error, BrokenHistory) else f"{type(error).__name__}: {error}"
        with self._store.write() as tx:
            said = self._words("report.failed", week=week, why=why)
            faults.begins(tx, self._rules, f"{FAULT}:{week}", said, self._clock())


def _say_too_old(weeks: Iterable[Week]) -> None:
    left = [str(week) for week in weeks]
    if left:
        log.warning("report.too_old", weeks=len(left), first=left[-1], last=left[0])
