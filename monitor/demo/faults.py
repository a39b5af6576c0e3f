"""What can go wrong with a small platform: answers of our choosing in the place of its own, hanging, dripping."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from starlette.types import Receive, Send

#: Seconds between two bytes of a dripping answer.
DRIP_EVERY = 0.05


@dataclass(slots=True)
class Fault:
    """One thing that is wrong, for as long as `times` and `until` say; both None: until told otherwise."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    hangs: bool = False
    """Nothing is answered, for as long as the caller waits."""
    drips: bool = False
    """The headers at once, then a space now and then."""
    times: int | None = None
    until: datetime | None = None
    path: str = ""
    """Only addresses that begin so."""


class Faults:
    """The faults of one platform, the oldest first; safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """From the next request on."""
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """All is well again."""
        with self._lock:
            self._faults.clear()

    def take(self, path: str, now: datetime) -> Fault | None:
        """The fault that this request meets, counted; None where all is well."""
        with self._lock:
            self._faults = [
                fault for fault in self._faults if fault.times != 0 and (fault.until is None or now < fault.until)
            ]
            fault = next((fault for fault in self._faults if path.startswith(fault.path)), None)
            if fault is not None and fault.times is not None:
                fault.times -= 1
            return fault


async def suffer(fault: Fault, receive: Receive, send: Send) -> None:
    """Answer a request, or do not, as the fault has it."""
    if fault.hangs:
        await _disconnect(receive)
        return
    headers = {"content-type": "application/json", **{key.lower(): value for key, value in fault.headers.items()}}
    headers["content-length"] = "1000000" if fault.drips else str(len(fault.body))
    pairs = [(key.encode("latin-1"), value.encode("latin-1")) for key, value in headers.items() if value]
    await send({"type": "http.response.start", "status": fault.status, "headers": pairs})
    if not fault.drips:
        await send({"type": "http.response.body", "body": fault.body})
        return
    gone = asyncio.ensure_future(_disconnect(receive))
    while not gone.done():
        await send({"type": "http.response.body", "body": b" ", "more_body": True})
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(gone), DRIP_EVERY)


async def _disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
