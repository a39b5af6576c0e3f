"""One loopback server for all connector tests; each test puts its own platform on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from monitor.demo.server import Server, serve


async def _nobody(scope: object, receive: object, send: object) -> None:
    raise AssertionError("no platform stands here")


@pytest.fixture(scope="session")
def platform_server() -> Iterator[Server]:
    """A running server; set its `app` to the test's own platform."""
    with serve(_nobody) as server:
        yield server
