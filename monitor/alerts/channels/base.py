"""What every channel is: a message out within a deadline, and an error that says whether to try again."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime

from monitor.alerts.message import Message


class TransportError(Exception):
    """A message was not handed over, or nobody knows whether it was.

    Its text is for the log and the operator: it holds no secret, no address of a webhook beyond its host, and
    nothing of the receiver's body.
    """

    def __init__(self, message: str, *, permanent: bool, retry_at: datetime | None = None) -> None:
        super().__init__(message)
        #: Whether the same message would fail the same way again.
        self.permanent = permanent
        #: When the receiver asked to be tried again, aware UTC; None where it named no time.
        self.retry_at = retry_at


class Deadline:
    """Time that one whole send may take, however many operations it needs.

    Libraries bound each operation by itself, so a receiver that sends a byte now and then would hold a worker
    for ever; every operation is therefore given only what is left of the whole.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ends = clock() + seconds

    def remaining(self) -> float:
        """Seconds left, always above 0; raises a temporary TransportError when there are none."""
        left = self._ends - self._clock()
        if left <= 0:
            raise TransportError("no result within the deadline", permanent=False)
        return left


class Channel(ABC):
    """One address where alerts go out. `send` may be called from several threads at once."""

    @abstractmethod
    def send(self, message: Message, *, deadline: float) -> str:
        """Hand the message over within `deadline` seconds in all, and return the receiver's short receipt.

        Raises only TransportError. A temporary one may still mean that the message arrived.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of sockets; a later send opens them again."""
