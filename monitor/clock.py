"""The one place that asks what time it is; everything else is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Gives the present instant, aware UTC."""


def system_clock() -> datetime:
    """The machine's own clock."""
    return datetime.now(UTC)
