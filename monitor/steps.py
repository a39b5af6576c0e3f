"""The machine's clock is set back: nothing may wait until the old time has come again.

Deadlines are instants and stay what they are. But the scheduler's next tick, the leases and the times to try again were
counted from a time that turned out wrong; set back with the clock, the work goes on at once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from monitor.clock import Clock
from monitor.store import set_back
from monitor.store.engine import PASSING, Store

log = structlog.get_logger(__name__)

LOOK_EVERY = 1.0
TOLERATED = timedelta(seconds=2)


class Steps:
    """Compares the machine's clock with its monotonic one, once a second, in a thread of its own."""

    def __init__(self, store: Store, clock: Clock, wake: Callable[[], None]) -> None:
        """`wake` makes the scheduler tick now."""
        self._store, self._clock, self._wake = store, clock, wake
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="clock", daemon=True)

    def start(self) -> Callable[[], None]:
        """Begin; returns what ends it."""
        self._thread.start()

        def stop() -> None:
            self._stop.set()
            self._thread.join()

        return stop

    def _run(self) -> None:
        wall, steady = self._clock(), time.monotonic()
        while not self._stop.wait(LOOK_EVERY):
            now, passed = self._clock(), timedelta(seconds=time.monotonic() - steady)
            by = wall + passed - now
            wall, steady = now, steady + passed.total_seconds()
            if by > TOLERATED:
                self._set_back(now, by)

    def _set_back(self, now: datetime, by: timedelta) -> None:
        log.warning("clock.set_back", seconds=by.total_seconds())
        try:
            set_back(self._store, now, by)
        except PASSING:
            log.exception("clock.set_back_failed")
        self._wake()
