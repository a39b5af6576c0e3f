"""The web in a thread of the daemon, or alone."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

import uvicorn

from monitor import service
from monitor.app import App
from monitor.web.application import create

_GONE_MILLISECONDS = 30_000


def start(app: App, waits: Callable[[], list[str]] = list) -> Callable[[], None]:
    """Serve where the settings say; returns what stops it. Raises `service.AddressTaken`. `waits` as in `create`."""
    listen = app.settings.web.listen
    if not listen:
        return lambda: None
    web = create(app, waits)
    config = uvicorn.Config(
        web, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=2,
        server_header=False,
    )  # fmt: skip
    server = uvicorn.Server(config)
    # Bound here: uvicorn would end the process by itself where the port is taken.
    sock = service.listen(listen, "web.listen")
    # A browser that is gone or takes nothing keeps a connection only so long; accepted ones inherit it (tcp(7)).
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _GONE_MILLISECONDS)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, name="web", daemon=True)
    thread.start()

    def stop() -> None:
        web.state.live.close()  # uvicorn would wait for open streams, and then for its patience with them
        server.should_exit = True
        thread.join(5)
        sock.close()

    return stop
