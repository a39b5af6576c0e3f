"""Read the settings again while the service runs; where they are wrong, nothing changes, and the operator is told."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable

import structlog

from config import Settings, SettingsError
from monitor import faults, logs, service
from monitor.app import App, build
from monitor.fault_words import say
from monitor.service import AddressTaken
from monitor.store import events
from monitor.store.engine import PASSING
from sla.case import Event

log = structlog.get_logger(__name__)

SHOWN = 3
"""Faults of the settings that the root contact is told; `check-config` shows them all."""


class Reload:
    """From the parts at work to those of the settings as they are now."""

    def __init__(self, app: App, reread: Callable[[], Settings] | None) -> None:
        """`reread` reads the settings; None where there is nothing to be read again."""
        self._app, self._reread = app, reread

    def build(self) -> App | None:
        """Parts that go by the settings as they are now, on the same database; None where the old ones stay.

        What is wrong is logged, and told to the root contact of the settings in use.
        """
        if self._reread is None:
            return None
        # sd_notify(3): the service manager waits for READY=1, which comes with the first whole cycle, or at once.
        service.notify(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")
        try:
            settings = self._reread()
        except SettingsError as exc:
            self._refuse([str(fault) for fault in exc.faults])
            return None
        wrong = self._not_by_reload(settings)
        if wrong:
            self._refuse(wrong)
            return None
        new = None
        try:
            new = build(settings, self._app.clock, self._app.store)
            self._record(settings)
        except Exception as exc:  # whatever new parts cannot be built of, or begin with, the old ones work
            log.exception("reload.failed")
            if new is not None:
                new.close_parts()
            why = "".join(traceback.format_exception_only(exc)).splitlines()[0]
            self._refuse([say(self._app.rules, "reload_failed", why=why)])
            return None
        logs.configure(settings.service.log_level, settings.secret_values())
        return new

    def _record(self, settings: Settings) -> None:
        """Put it on record; a database that takes no write just now could not be begun on either."""
        data = {"settings": settings.hash(), "was": self._app.settings.hash()}
        with self._app.store.write() as tx:
            events.append(tx, [(None, Event("reloaded", self._app.clock(), "service", data))])

    def _not_by_reload(self, settings: Settings) -> list[str]:
        """What a running service cannot take over: another database, an address that is not to be had."""
        now = self._app.settings
        if settings.database != now.database:
            return [say(self._app.rules, "reload_database")]
        taken = []
        ours = {now.web.listen, now.web.metrics_listen}
        for key in ("listen", "metrics_listen"):
            address = getattr(settings.web, key)
            if not address or address in ours:
                continue
            try:
                service.listen(address, f"web.{key}").close()
            except AddressTaken as exc:
                taken.append(str(exc))
        return taken

    def _refuse(self, wrong: list[str]) -> None:
        log.error("reload.refused", faults=wrong)
        rules, count = self._app.rules, len(wrong)
        lines = [say(rules, "reload_refused", count=count), *wrong[:SHOWN]]
        if count > SHOWN:
            lines.append(say(rules, "reload_more", count=count - SHOWN))
        try:
            with self._app.store.write() as tx:
                faults.tell(tx, rules, "\n".join(lines), self._app.clock())
        except PASSING:
            # Whoever asked for the reload finds it in the log; the service goes on all the same.
            log.exception("reload.untold")
        service.notify("READY=1\nSTATUS=the reload was refused; the old settings stay in force")
