"""Where the demo's alerts arrive: a small desk that takes nothing without a right signature (Standard Webhooks)."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from monitor.clock import Clock

PATH = "/alerts/"
"""What every channel's address begins with; its id follows."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message as it came in."""

    at: datetime
    channel: str
    message: Mapping[str, Any]
    """The JSON of CONTRACT, "Messages"."""

    @property
    def kind(self) -> str:
        """What it is about."""
        return str(self.message["kind"])

    @property
    def cases(self) -> list[Mapping[str, Any]]:
        """The cases it speaks of."""
        return list(self.message["cases"])


class Receiver:
    """An ASGI app. What it counts is what really came over the wire; safe for threads."""

    def __init__(self, secrets: Mapping[str, str], clock: Clock) -> None:
        """`secrets` by channel id."""
        self._verifiers = {channel: Webhook(secret) for channel, secret in secrets.items()}
        self._clock = clock
        self._gate = threading.Lock()
        self._arrived: list[Arrived] = []
        self._seen: set[str] = set()
        self._repeated = self._refused = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """204 for what is well signed, the same once more included; 401 for anything else."""
        request = Request(scope, receive)
        body = await request.body()
        channel = request.url.path.removeprefix(PATH)
        verifier = self._verifiers.get(channel)
        status = 401
        if verifier is not None and request.method == "POST":
            try:
                verifier.verify(body, dict(request.headers))
            except WebhookVerificationError:
                pass
            else:
                status = 204
                self._take(channel, json.loads(body))
        if status == 401:
            with self._gate:
                self._refused += 1
        await Response(status_code=status)(scope, receive, send)

    def _take(self, channel: str, message: Mapping[str, Any]) -> None:
        with self._gate:
            if message["id"] in self._seen:
                self._repeated += 1
                return
            self._seen.add(message["id"])
            self._arrived.append(Arrived(self._clock(), channel, message))

    def arrived(self, after: int = 0) -> list[Arrived]:
        """What came in, oldest first, less the first `after`."""
        with self._gate:
            return self._arrived[after:]

    def counted(self) -> tuple[int, int, int]:
        """How many came in, came again, and were refused for their signature."""
        with self._gate:
            return len(self._arrived), self._repeated, self._refused
