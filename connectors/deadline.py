"""A total deadline for one HTTP call, kept on every read from the socket.

`requests` knows a limit for connecting and one for each single read, so a server that sends one byte now and then
holds a call for ever. Here each read of an answer, its headers included, waits no longer than what is left of the
call's time (TRUST: one stuck platform delays no other).
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from contextvars import ContextVar
from typing import Any, ClassVar

import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.poolmanager import PoolManager

#: The monotonic instant at which the running call must be over; None: no limit.
ends_at: ContextVar[float | None] = ContextVar("ends_at", default=None)


def left() -> float | None:
    """Seconds left of the running call's time, None without a limit. Raises TimeoutError when it is used up."""
    end = ends_at.get()
    if end is None:
        return None
    rest = end - time.monotonic()
    if rest <= 0:
        raise TimeoutError("the call's total time is used up")
    return rest


def spent() -> bool:
    """Whether the running call's time is used up."""
    end = ends_at.get()
    return end is not None and time.monotonic() >= end


class _TimedReader(io.RawIOBase):
    """A socket's file whose every read waits at most for what is left of the call's time."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._each = sock.gettimeout()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        rest = left()
        if rest is not None:
            self._socket.settimeout(rest if self._each is None else min(rest, self._each))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class TimedResponse(http.client.HTTPResponse):
    """An answer read through `_TimedReader`."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_TimedReader(sock))


class _TimedHTTPConnection(HTTPConnection):
    response_class = TimedResponse


class _TimedHTTPSConnection(HTTPSConnection):
    response_class = TimedResponse


class _TimedHTTPPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _TimedHTTPConnection


class _TimedHTTPSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _TimedHTTPSConnection


class TimedAdapter(HTTPAdapter):
    """The transport of `PlatformSession`: ordinary pools, through a proxy or not, whose reads keep `ends_at`."""

    pools: ClassVar[dict[str, type[urllib3.HTTPConnectionPool]]] = {
        "http": _TimedHTTPPool,
        "https": _TimedHTTPSPool,
    }

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self.pools

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> PoolManager:
        manager: PoolManager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = self.pools
        return manager
