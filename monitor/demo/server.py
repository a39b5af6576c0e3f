"""A small web server on loopback, in a thread: what the demo's and the tests' platforms run on."""

from __future__ import annotations

import logging
import socket
import threading
from email.utils import formatdate
from types import TracebackType
from typing import Self

import uvicorn
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Server:
    """A running server; `url` is where it answers. Ends with `stop()` or at the end of a `with` block."""

    def __init__(self, app: ASGIApp, port: int = 0) -> None:
        #: What answers; may be exchanged while the server runs.
        self.app = app
        # Listening from here on: whoever connects before uvicorn is ready waits in the backlog.
        self._socket = socket.create_server(("127.0.0.1", port), backlog=128)
        # asyncio does so itself only for sockets made with an explicit protocol; without it each answer waits 40 ms.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._server = uvicorn.Server(
            uvicorn.Config(
                self._answer,
                interface="asgi3",
                log_config=None,
                log_level=logging.ERROR,
                access_log=False,
                date_header=False,
                lifespan="off",
                ws="none",
            )
        )
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name=f"demo server {self.url}", daemon=True
        )
        self._thread.start()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def dated(message: Message) -> None:
            # A platform that keeps its own clock sends its own Date; for the others it is this machine's.
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("date", formatdate(usegmt=True))
            await send(message)

        await self.app(scope, receive, dated)

    def stop(self) -> None:
        """Close the port and end the thread, without waiting for requests that hang."""
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(timeout=10)
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def serve(app: ASGIApp, port: int = 0) -> Server:
    """Run an ASGI app on 127.0.0.1; port 0 takes any free one."""
    return Server(app, port)
