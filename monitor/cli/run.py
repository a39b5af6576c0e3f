"""`run`: the daemon."""

from __future__ import annotations

import click
import structlog

from monitor import daemon, logs
from monitor.app import build
from monitor.cli.call import Call, pass_call
from monitor.service import AddressTaken, AlreadyRunning
from monitor.store.engine import StoreError
from monitor.store.opening import in_words


@click.command()
@pass_call
def run(call: Call) -> None:
    """The daemon in the foreground: migrates, says ready, runs until SIGTERM.

    Logs are JSON lines on standard error. On SQLite a second daemon on the same file ends with 75. SIGHUP reads the
    settings again; where they are wrong, the old ones stay.
    """
    settings = call.settings()
    logs.configure(settings.service.log_level, settings.secret_values())
    log = structlog.get_logger(__name__)
    try:
        with in_words():
            app = build(settings)
            try:
                daemon.run(app, reread=call.reread)
            finally:
                app.close()
    except (AddressTaken, AlreadyRunning, StoreError):
        raise
    except Exception:
        log.exception("daemon.failed")
        raise
