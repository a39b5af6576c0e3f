"""The loop: the jobs in the order of the sentence, signals, stop.

Pluggable connectors poll the accounts, route each mention into a queue, and the engine escalates what is unanswered.
Deadlines live in rows, never as scheduler jobs: the scheduler only ticks.
"""

from __future__ import annotations

import gc
import os
import signal
import threading
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from types import FrameType

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from monitor import metrics, service
from monitor.app import App
from monitor.clock import system_clock
from monitor.cycle import Cycle
from monitor.housekeeping import Housekeeping
from monitor.reports.seal import Sealer
from monitor.steps import Steps
from monitor.store import events, migrate, release
from monitor.web import server
from sla.case import Event

log = structlog.get_logger(__name__)

DRAIN = timedelta(seconds=20)


def run(app: App, stop: threading.Event | None = None) -> None:
    """Run until SIGTERM or until `stop` is set: migrate, say ready after the first whole cycle, drain at the end.

    Raises:
        AlreadyRunning: another daemon holds this SQLite file.
        StoreError: the database cannot be used, as when it is newer than this program.
    """
    stop = stop or threading.Event()
    with ExitStack() as stack:
        if app.store.path is not None:
            stack.callback(service.hold(app.store.path).close)
        migrate.upgrade(app.store, app.clock())
        if app.store.is_sqlite:
            release(app.store, app.clock())
        app.polling.plan(app.clock())
        cycle = Cycle(app.store, app.clock, app.polling.sources, app.settings.alerts.bundle)
        keeping = Housekeeping(app, cycle)
        stack.callback(server.start(app, cycle))
        stack.callback(metrics.start(app))

        scheduler = BackgroundScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )

        def every(seconds: float, name: str, work: Callable[[], object]) -> None:
            job = cycle.job(name, work)
            scheduler.add_job(job, "interval", seconds=seconds, id=name, next_run_time=system_clock())

        every(0.25, "poll", app.polling.fill)
        every(0.25, "escalate", lambda: cycle.has_begun() and (app.escalation.run(), app.delivery.fill()))
        every(0.25, "deliver", app.delivery.fill)
        every(0.5, "watch", app.watch.run)
        every(5, "seal", Sealer(app.store, app.clock).run)
        every(1, "keep", keeping.run)

        # What was built so far lives as long as the process: the collector need not walk it again and again.
        gc.collect()
        gc.freeze()

        def wake() -> None:
            for job in scheduler.get_jobs():
                job.modify(next_run_time=system_clock())

        stack.callback(Steps(app.store, app.clock, wake).start())
        asked = _on_signals()
        _record(app, "started")
        scheduler.start()
        # Not one endless wait: Python runs the handler in this thread, which a signal to another one does not wake.
        while not asked and not stop.wait(0.25):
            pass

        service.notify("STOPPING=1")
        log.info("daemon.stopping")
        app.polling.drain()
        scheduler.shutdown(wait=True)
        app.delivery.drain(DRAIN)
        _record(app, "stopped")
        Sealer(app.store, app.clock).run()
        if app.store.is_sqlite:
            release(app.store, app.clock())


def _on_signals() -> list[int]:
    """SIGTERM and SIGINT ask for an orderly stop, by an entry in the list; a second one ends at once."""
    asked: list[int] = []
    if threading.current_thread() is threading.main_thread():

        def ask(number: int, _frame: FrameType | None) -> None:
            if asked:
                os._exit(1)
            asked.append(number)

        signal.signal(signal.SIGTERM, ask)
        signal.signal(signal.SIGINT, ask)
    return asked


def _record(app: App, kind: str) -> None:
    data = {"settings": app.settings.hash()} if kind == "started" else {}
    with app.store.write() as tx:
        events.append(tx, [(None, Event(kind, app.clock(), "service", data))])
    log.info(f"daemon.{kind}", accounts=len(app.settings.accounts), database=app.store.engine.dialect.name)
