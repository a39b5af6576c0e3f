"""The sign of life that an outside watchman waits for."""

from __future__ import annotations

import httpx
import structlog

log = structlog.get_logger(__name__)


def beat(url: str) -> None:
    """Call the heartbeat address; a failure is only logged, for the watchman notices it by itself."""
    try:
        httpx.get(url, timeout=10).raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        log.warning("heartbeat.failed", why=type(exc).__name__)
