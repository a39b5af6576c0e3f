"""The slow jobs: handles checked, old text purged, lost answers told of, service manager fed, heartbeat sent."""

from __future__ import annotations

import socket
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog

from connectors.contract import Connector, ConnectorError
from monitor import faults, service
from monitor.alerts.channels.heartbeat import beat
from monitor.app import App
from monitor.cycle import Cycle
from monitor.fault_words import say
from monitor.store import accounts, drafts, episodes, links, notes, posts

log = structlog.get_logger(__name__)

HANDLES_EVERY = timedelta(hours=1)
PURGE_EVERY = timedelta(minutes=10)
PURGE_AT_ONCE = 500
BEAT_EVERY = timedelta(seconds=60)
ANSWERS_EVERY = timedelta(seconds=30)
CLOCKS_EVERY = timedelta(seconds=5)
CLOCK_TOLERATED = timedelta(seconds=30)
"""SEMANTICS row 38."""
LOOKS = 2
"""Answers of a platform in a row that must say so: one may have been long on its way."""


class Housekeeping:
    """Runs once a second and does what is due; anything that waits for the network has a thread of its own."""

    def __init__(self, app: App, cycle: Cycle, decides: Callable[[], bool] = lambda: True) -> None:
        """A node that does not `decide` is alive and ready to, but sends no heartbeat: that is the others' to send."""
        self._app, self._cycle, self._decides = app, cycle, decides
        self._ready = False
        self._last: dict[str, datetime] = {}
        self._beside: dict[str, threading.Thread] = {}
        self._host = socket.gethostname()
        self._calls: dict[str, int] = {}
        self._off: dict[str, int] = defaultdict(int)

    def run(self) -> None:
        """Feed the watchdog only from a whole cycle, and the heartbeat only while the auditor is content too."""
        now = self._app.clock()
        if not self._cycle.faults():
            if not self._ready:
                self._ready = True
                service.notify("READY=1\nSTATUS=at work")
                log.info("daemon.ready")
            service.notify("WATCHDOG=1")
            if self._decides():
                self._every(BEAT_EVERY, "beat", self._beat, now)
        if not self._decides():
            return
        if self._is_due("purge", PURGE_EVERY, now):
            self._last["purge"] = now
            self._purge(now)
        if self._is_due("answers", ANSWERS_EVERY, now):
            self._last["answers"] = now
            self._app.answering.give_up()
        if self._is_due("clocks", CLOCKS_EVERY, now):
            self._last["clocks"] = now
            self._compare_clocks(now)
        self._every(HANDLES_EVERY, "handles", self._check_handles, now)

    def _is_due(self, name: str, every: timedelta, now: datetime) -> bool:
        last = self._last.get(name)
        # A time still to come is from before the clock was set back: nothing waits for it to come again.
        return last is None or not timedelta(0) <= now - last < every

    def _every(self, every: timedelta, name: str, work: Callable[[], None], now: datetime) -> None:
        """Let work that waits for the network go on beside; one that hangs keeps only its own next turn waiting."""
        beside = self._beside.get(name)
        if not self._is_due(name, every, now) or (beside is not None and beside.is_alive()):
            return
        self._last[name] = now
        self._beside[name] = threading.Thread(target=work, name=f"keep-{name}", daemon=True)
        self._beside[name].start()

    def _purge(self, now: datetime) -> None:
        """Keep post text no longer than the settings promise, a little at a time."""
        before = now - self._app.settings.retention.text
        with self._app.store.read() as tx:
            old = posts.with_old_text(tx, before, PURGE_AT_ONCE)
        with self._app.store.write() as tx:
            notes.purge(tx, before)
            drafts.purge(tx, before)
            links.purge(tx, now)
            if old:
                posts.purge_text(tx, old, before)
        if old:
            log.info("retention.purged", posts=len(old))
            self._last["purge"] = now - PURGE_EVERY  # there may be more: go on at the next round

    def _beat(self) -> None:
        url = self._app.settings.service.heartbeat_url
        with self._app.store.read() as tx:
            unproved = faults.unproved(tx)
        if unproved:
            log.error("audit.not_content", why=unproved)
        elif url:
            beat(url)

    def _compare_clocks(self, now: datetime) -> None:
        """Our clock against each platform's `Date` header: a difference is a fault, told once, and so is its end."""
        for platform, connector in self._app.connectors.items():
            health = connector.health()
            if health.clock_offset is None or health.calls == self._calls.get(platform):
                continue
            self._calls[platform] = health.calls
            name = f"{faults.CLOCK}:{self._host}:{platform}"
            if abs(health.clock_offset) <= CLOCK_TOLERATED:
                self._off[platform] = 0
                self._clock_is_right(name, platform, now)
                continue
            self._off[platform] += 1
            if self._off[platform] >= LOOKS:
                seconds = round(health.clock_offset.total_seconds())
                why = say(self._app.rules, "clock", host=self._host, platform=platform, seconds=seconds)
                with self._app.store.write() as tx:
                    faults.begins(tx, self._app.rules, name, why, now)

    def _clock_is_right(self, name: str, platform: str, now: datetime) -> None:
        with self._app.store.read() as tx:
            if not episodes.going_on(tx, name):
                return
        said = say(self._app.rules, "clock_over", host=self._host, platform=platform)
        with self._app.store.write() as tx:
            faults.ends(tx, self._app.rules, name, said, now)

    def _check_handles(self) -> None:
        for connector in self._app.connectors.values():
            try:
                found = connector.handles()
            except ConnectorError as exc:
                log.warning("handles.unknown", platform=connector.platform, why=str(exc))
            else:
                self._compare(connector, found)

    def _compare(self, connector: Connector, found: Mapping[str, str]) -> None:
        """A renamed handle finds nothing, silently: a difference is a fault, told once until it is mended."""
        with self._app.store.write() as tx:
            for account in connector.accounts:
                handle = found.get(account.id)
                problem = ""
                if handle is None:
                    problem = f"{connector.platform} does not know the account {account.id} (@{account.handle})"
                elif account.handle and handle and handle.casefold() != account.handle.casefold():
                    problem = f"account {account.id} is @{handle} now, the settings say @{account.handle}"
                news = accounts.set_problem(tx, connector.platform, account.id, "handle_problem", problem)
                if news and problem:
                    faults.tell(tx, self._app.rules, problem, self._app.clock())
