"""`web`: the pages alone, beside a daemon on the same database."""

from __future__ import annotations

import signal
import threading
from types import FrameType

import click
import structlog

from monitor import logs
from monitor.cli.call import Call, pass_call

log = structlog.get_logger(__name__)


@click.command()
@pass_call
def web(call: Call) -> None:
    """Only the web, beside a daemon on the same database; runs until SIGTERM. It polls, decides and tells nothing.

    Where a daemon on the same machine serves the web too, one of them needs another `[web] listen`.
    """
    from monitor.app import build
    from monitor.web import server

    settings = call.settings()
    if not settings.web.listen:
        raise click.UsageError('[web] listen = "" asks for no web')
    logs.configure(settings.service.log_level, settings.secret_values())
    stopped = threading.Event()

    def stop(number: int, _frame: FrameType | None) -> None:
        stopped.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    with call.store() as store:
        app = build(settings, call.clock, store)
        try:
            end = server.start(app)
            log.info("web.serving", listen=settings.web.listen)
            # Not one endless wait: a signal must find the main thread awake.
            while not stopped.wait(0.25):
                pass
            end()
        finally:
            app.close_parts()
