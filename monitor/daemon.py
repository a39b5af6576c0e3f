"""The loop: the jobs in the order of the sentence, signals, reload, stop.

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
from dataclasses import dataclass
from datetime import timedelta
from types import FrameType
from typing import Any

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from config import Settings
from monitor import audit, metrics, nodes, service
from monitor.app import App
from monitor.clock import system_clock
from monitor.cycle import Cycle
from monitor.housekeeping import Housekeeping
from monitor.nodes import Membership
from monitor.reload import Reload
from monitor.reports.outcomes import Outcomes
from monitor.reports.seal import Sealer
from monitor.steps import Steps
from monitor.store import events, migrate, release
from monitor.store.engine import PASSING
from monitor.web import server
from sla.case import Event

log = structlog.get_logger(__name__)

DRAIN = timedelta(seconds=20)


@dataclass
class _Asked:
    """What signals asked for."""

    stop: bool = False
    reload: bool = False


def run(app: App, stop: threading.Event | None = None, reread: Callable[[], Settings] | None = None) -> None:
    """Run until SIGTERM or until `stop` is set: migrate, say ready after the first whole cycle, drain at the end.

    `reread` reads the settings again on SIGHUP; it raises `SettingsError` where they are wrong, and the old ones stay.
    The parts of `app` may be closed when this ends, its store never is: that is the caller's, `App.close`.

    Raises:
        AlreadyRunning: another daemon holds this SQLite file.
        StoreError: the database cannot be used, as when it is newer than this program.
    """
    stop, asked = stop or threading.Event(), _on_signals()
    with ExitStack() as stack:
        if app.store.path is not None:
            stack.callback(service.hold(app.store.path).close)
        migrate.upgrade(app.store, app.clock())
        node = Membership(app.store, app.clock)
        stack.callback(node.leave)
        _record(app, "started", settings=app.settings.hash())
        new: App | None = app
        while new is not None:
            app = new
            new = _serve(app, node, asked, stop, Reload(app, reread))
            if new is not None:
                log.info("daemon.reloaded", settings=new.settings.hash(), was=app.settings.hash())
            app.close_parts()
        _if_it_can("stopped", lambda: _record(app, "stopped"))
        _if_it_can("sealed", Sealer(app.store, app.clock).run)
        _let_go(app)


def _serve(app: App, node: Membership, asked: _Asked, stop: threading.Event, reload: Reload) -> App | None:
    """Let the parts of one set of settings work; returns those of the next, None at the end. All is drained then."""
    with ExitStack() as stack:
        _let_go(app)
        app.fence.arm(app.settings.hash())
        node.adopt(app.rules, lambda: app.polling.plan(app.clock()))
        cycle = Cycle(app.store, app.clock, app.polling.sources, lambda: node.decides)
        keeping = Housekeeping(app, cycle, lambda: node.decides)
        cycle.job("nodes", node.attend)()
        stack.callback(server.start(app, lambda: [*node.faults(), *cycle.faults()]))
        stack.callback(metrics.start(app, lambda: node.decides))

        scheduler = BackgroundScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )

        def every(seconds: float, name: str, work: Callable[[], object]) -> None:
            job = cycle.job(name, work)
            scheduler.add_job(job, "interval", seconds=seconds, id=name, next_run_time=system_clock())

        def deciding(work: Callable[[], object], *, one: bool = False) -> Callable[[], object]:
            """Only while this node's settings are in force; `one` of the nodes alone is enough for some work."""
            return lambda: (node.is_eldest if one else node.decides) and work()

        every(nodes.ATTEND_EVERY, "nodes", node.attend)
        every(0.25, "poll", deciding(app.polling.fill))
        every(0.25, "escalate", deciding(lambda: cycle.has_begun() and (app.escalation.run(), app.delivery.fill())))
        every(0.25, "deliver", deciding(app.delivery.fill))
        every(0.5, "watch", deciding(app.watch.run))
        every(5, "crisis", deciding(lambda: cycle.has_begun() and app.crisis.run()))
        every(audit.LOOK_EVERY, "audit", deciding(app.auditor.look, one=True))
        every(5, "seal", Sealer(app.store, app.clock).run)
        every(5, "count", deciding(Outcomes(app.store, app.rules, app.clock).run, one=True))
        every(5, "report", deciding(lambda: cycle.has_begun() and app.reports.run(), one=True))
        every(1, "keep", keeping.run)

        # What was built so far lives as long as these settings: the collector need not walk it again and again.
        gc.unfreeze()
        gc.collect()
        gc.freeze()

        def wake() -> None:
            for job in scheduler.get_jobs():
                job.modify(next_run_time=system_clock())

        stack.callback(Steps(app.store, app.clock, wake).start())
        scheduler.start()
        new: App | None = None
        # Not one endless wait: Python runs the handler in this thread, which a signal to another one does not wake.
        while new is None and not asked.stop and not stop.wait(0.25):
            if asked.reload and not asked.stop:
                asked.reload = False
                new = reload.build()

        if new is None:
            service.notify("STOPPING=1")
            log.info("daemon.stopping")
        app.polling.drain()
        scheduler.shutdown(wait=True)
        app.delivery.drain(DRAIN)
        return new


def _on_signals() -> _Asked:
    """SIGTERM and SIGINT ask for an orderly stop, a second one ends at once; SIGHUP asks to read the settings again."""
    asked = _Asked()
    if threading.current_thread() is threading.main_thread():

        def stop(number: int, _frame: FrameType | None) -> None:
            if asked.stop:
                os._exit(1)
            asked.stop = True

        def reload(number: int, _frame: FrameType | None) -> None:
            asked.reload = True

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        signal.signal(signal.SIGHUP, reload)
    return asked


def _let_go(app: App) -> None:
    """Take back what the parts before these had leased: on SQLite nobody else is there to have it."""
    if app.store.is_sqlite:
        _if_it_can("released", lambda: release(app.store, app.clock()))


def _if_it_can(what: str, work: Callable[[], object]) -> None:
    """Do what makes the next start tidier: a database that is away, or full, keeps nobody from going on or ending."""
    try:
        work()
    except PASSING:
        log.exception("daemon.not_done", what=what)


def _record(app: App, kind: str, **data: Any) -> None:
    with app.store.write() as tx:
        events.append(tx, [(None, Event(kind, app.clock(), "service", data))])
    log.info(f"daemon.{kind}", accounts=len(app.settings.accounts), database=app.store.engine.dialect.name)
