"""Whether the daemon really goes round: every due job recorded its outcome, a platform's failure included."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog

from connectors.contract import Source
from monitor.clock import Clock
from monitor.store import accounts
from monitor.store.engine import Store

log = structlog.get_logger(__name__)

FIRST_POLLS = timedelta(seconds=5)
"""How long the first decisions wait for the first polls."""
STALE = timedelta(seconds=30)
"""A job that has not ended well for this long is stuck."""
OVERDUE = timedelta(minutes=3)
"""A source that nobody took for this long after it was due is stuck."""
SAY_AGAIN = timedelta(minutes=1)
"""How often the log says that a job fails still."""


class _Failing(NamedTuple):
    """A job that has not ended well since."""

    why: str
    failures: int
    said_at: datetime


class Cycle:
    """Runs the jobs, remembers when each ended well, and judges from the database whether the work gets done."""

    def __init__(
        self, store: Store, clock: Clock, sources: Mapping[str, Source], decides: Callable[[], bool] = lambda: True
    ) -> None:
        """`sources` is all that is polled; a node that does not decide answers for none of them."""
        self._store, self._clock, self._sources, self._decides = store, clock, sources, decides
        self._started_at = clock()
        self._ended: dict[str, datetime] = {}
        self._failing: dict[str, _Failing] = {}
        self._gate = threading.Lock()
        self._first = False

    def job(self, name: str, work: Callable[[], object]) -> Callable[[], None]:
        """Wrap a job: its failure never ends the loop, and is logged whole the first time, then once a minute."""
        with self._gate:
            self._ended.setdefault(name, datetime.min.replace(tzinfo=self._started_at.tzinfo))

        def run() -> None:
            try:
                work()
            except Exception as exc:  # noqa: BLE001 - whatever it is, the other jobs go on
                self._failed(name, exc)
                return
            with self._gate:
                self._ended[name] = self._clock()
                over = self._failing.pop(name, None)
            if over is not None:
                log.info("job.recovered", job=name, failures=over.failures)

        return run

    def _failed(self, name: str, error: Exception) -> None:
        """Four times a second for as long as a database is away would fill the disk that it may have been full for."""
        now, why = self._clock(), type(error).__name__
        with self._gate:
            before = self._failing.get(name)
            news = before is None or before.why != why
            is_due = before is None or not timedelta(0) <= now - before.said_at < SAY_AGAIN
            count = 1 if before is None else before.failures + 1
            said_at = now if before is None or news or is_due else before.said_at
            self._failing[name] = _Failing(why, count, said_at)
        if news:
            log.error("job.failed", job=name, exc_info=error)
        elif is_due:
            log.error("job.still_failing", job=name, why=why, failures=count)

    def faults(self) -> list[str]:
        """What keeps the cycle from being complete; empty when all is well. Reads the database."""
        now = self._clock()
        # Set back, the clock would else make every outcome one of before the start, until the old time came again.
        self._started_at = min(self._started_at, now)
        with self._gate:
            late = [name for name, at in self._ended.items() if not self._lately(at, now)]
        found = [f"job {name} has not ended well lately" for name in late]
        if not self._decides():
            return found
        with self._store.read() as tx:
            states = {state.id: state for state in accounts.source_states(tx)}
        at_work = {self._lane(id) for id in self._sources if id in states and self._is_at_work(states[id], now)}
        for id in self._sources:
            state = states.get(id)
            if state is None or (not self._first and state.due_at <= now and not self._recorded(state)):
                found.append(f"source {id} has recorded no outcome yet")
            elif now - state.due_at > OVERDUE and self._lane(id) not in at_work:
                found.append(f"source {id} has been due since {state.due_at.isoformat()}")
        if not found:
            self._first = True
        return found

    @staticmethod
    def _lately(at: datetime, now: datetime) -> bool:
        # One that lies in the future is from before the clock was set back, and says nothing.
        return timedelta(0) <= now - at <= STALE

    def _lane(self, id: str) -> tuple[str, bool]:
        """What shares workers: a slow platform makes the turns of one lane late, without any of them being stuck."""
        return self._sources[id].platform, self._sources[id].primary

    @staticmethod
    def _is_at_work(state: accounts.SourceState, now: datetime) -> bool:
        leased = state.lease_until is not None and state.lease_until > now
        return leased or (state.recorded_at is not None and now - state.recorded_at <= OVERDUE)

    def _recorded(self, state: accounts.SourceState) -> bool:
        return state.recorded_at is not None and state.recorded_at >= self._started_at

    def has_begun(self) -> bool:
        """Whether the first round of polls is in, or has had its time: until then catching up would tell twice.

        After downtime the polls bring answers that make alerts needless, and mentions that belong into the same ones.
        """
        return self._first or self._clock() - self._started_at > FIRST_POLLS or not self.faults()
