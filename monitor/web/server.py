"""The web in a thread of the daemon, or alone."""

from __future__ import annotations

import threading
from collections.abc import Callable

import uvicorn

from monitor import service
from monitor.app import App
from monitor.web.application import create


def start(app: App, waits: Callable[[], list[str]] = list) -> Callable[[], None]:
    """Serve where the settings say; returns what stops it. Raises `service.AddressTaken`. `waits` as in `create`."""
    listen = app.settings.web.listen
    if not listen:
        return lambda: None
    config = uvicorn.Config(
        create(app, waits), log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=2,
        server_header=False,
    )  # fmt: skip
    server = uvicorn.Server(config)
    # Bound here: uvicorn would end the process by itself where the port is taken.
    sock = service.listen(listen, "web.listen")
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, name="web", daemon=True)
    thread.start()

    def stop() -> None:
        server.should_exit = True
        thread.join(5)
        sock.close()

    return stop
