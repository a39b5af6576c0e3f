"""The slow jobs: handles checked against ids, old text purged, the service manager fed, the heartbeat sent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog

from connectors.contract import Connector, ConnectorError
from monitor import service
from monitor.alerts import outbox
from monitor.alerts.channels.heartbeat import beat
from monitor.app import App
from monitor.cycle import Cycle
from monitor.store import accounts, notes, posts

log = structlog.get_logger(__name__)

HANDLES_EVERY = timedelta(hours=1)
PURGE_EVERY = timedelta(minutes=10)
PURGE_AT_ONCE = 500
BEAT_EVERY = timedelta(seconds=60)


class Housekeeping:
    """Runs once a second and does what is due; anything that waits for the network has a thread of its own."""

    def __init__(self, app: App, cycle: Cycle) -> None:
        self._app, self._cycle = app, cycle
        self._ready = False
        self._handles_at: datetime | None = None
        self._purged_at: datetime | None = None
        self._beat_at: datetime | None = None
        self._beside: threading.Thread | None = None

    def run(self) -> None:
        """Feed the watchdog only from a whole cycle, and the heartbeat only while the auditor is content too."""
        now = self._app.clock()
        if not self._cycle.faults():
            if not self._ready:
                self._ready = True
                service.notify("READY=1")
                log.info("daemon.ready")
            service.notify("WATCHDOG=1")
            if self._due(self._beat_at, BEAT_EVERY, now) and self._beside_is_free():
                self._beat_at = now
                self._start(self._beat)
        if self._due(self._purged_at, PURGE_EVERY, now):
            self._purged_at = now
            self._purge(now)
        if self._due(self._handles_at, HANDLES_EVERY, now) and self._beside_is_free():
            self._handles_at = now
            self._start(self._check_handles)

    @staticmethod
    def _due(last: datetime | None, every: timedelta, now: datetime) -> bool:
        return last is None or now - last >= every

    def _beside_is_free(self) -> bool:
        return self._beside is None or not self._beside.is_alive()

    def _start(self, work: Callable[[], None]) -> None:
        self._beside = threading.Thread(target=work, name="keep", daemon=True)
        self._beside.start()

    def _purge(self, now: datetime) -> None:
        """Keep post text no longer than the settings promise, a little at a time."""
        before = now - self._app.settings.retention.text
        with self._app.store.read() as tx:
            old = posts.with_old_text(tx, before, PURGE_AT_ONCE)
        if old:
            with self._app.store.write() as tx:
                posts.purge_text(tx, old, before)
                notes.purge(tx, before)
            log.info("retention.purged", posts=len(old))
            self._purged_at = now - PURGE_EVERY  # there may be more: go on at the next round

    def _beat(self) -> None:
        url = self._app.settings.service.heartbeat_url
        unproved = self._cycle.audit()
        if unproved:
            log.error("audit.not_content", why=unproved)
        elif url:
            beat(url)

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
                    root = self._app.rules.root
                    outbox.notice(tx, self._app.rules, "fault", [root], self._app.clock(), detail=problem)
