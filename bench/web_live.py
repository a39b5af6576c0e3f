"""`python -m bench.web_live`: how soon an event reaches 200 open browsers, and what the whole page of the queue costs.

The browsers are plain sockets in this very process, so their cost is in the figures. Where every one of them reads the
page again at the same moment, which the script's own pauses spread in life, is the last figure.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from bench import stage, web
from monitor import app as composition
from monitor import logs
from monitor.app import App
from monitor.demo.server import serve
from monitor.store import events, sessions, users
from monitor.web import guard, live
from monitor.web.application import create
from sla.case import Event

BROWSERS = 200
ROUNDS = 20


class Figures(NamedTuple):
    """Milliseconds."""

    page: float
    """The queue's first page over HTTP, one after the other: the median."""
    event_median: float
    event_worst: float
    """From the commit of an event to the last of the browsers."""
    all_pages: float
    """Until every browser has read the page again."""


def reach(folder: Path, waiting: int = 10_000) -> Figures:
    """Measure on SQLite with so many open cases."""
    web.archive(folder, 5 * waiting, waiting).close()
    live.MOST = BROWSERS  # one person stands for all of them
    app = composition.build(stage.settings(folder), lambda: web.NOW)
    with app.store.write() as tx:
        users.add(tx, "ops", "ops", "operator", (), web.NOW)
        sessions.begin(tx, "token", "ops", web.NOW, timedelta(hours=1), "127.0.0.1")
    served = create(app)
    with serve(served) as server:
        figures = asyncio.run(_measure(app, int(server.url.rpartition(":")[2])))
        served.state.live.close()
    app.close()
    return figures


async def _measure(app: App, port: int) -> Figures:
    single = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        await _page(port)
        single.append(time.perf_counter() - begun)
    streams = await asyncio.gather(*(_stream(port) for _ in range(BROWSERS)))
    rounds = []
    for number in range(ROUNDS):
        await asyncio.sleep(0.037 * (number % 7))  # at any moment between two looks
        begun = time.perf_counter()
        await asyncio.to_thread(_event, app)
        await asyncio.gather(*(stream.readuntil(b"event: changed") for stream in streams))
        rounds.append(time.perf_counter() - begun)
    begun = time.perf_counter()
    await asyncio.gather(*(_page(port) for _ in range(BROWSERS)))
    everybody = time.perf_counter() - begun
    return Figures(
        *(1000 * value for value in (statistics.median(single), statistics.median(rounds), max(rounds), everybody))
    )


def _event(app: App) -> None:
    with app.store.write() as tx:
        events.append(tx, [(None, Event("blind", web.NOW, "clock"))])


async def _ask(port: int, path: str) -> asyncio.StreamReader:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {guard.COOKIE}=token\r\nConnection: close\r\n\r\n"
    writer.write(head.encode())
    reader.kept = writer  # type: ignore[attr-defined]  # an abandoned writer closes its connection
    return reader


async def _stream(port: int) -> asyncio.StreamReader:
    reader = await _ask(port, "/live")
    await reader.readuntil(b"event: hello")
    return reader


async def _page(port: int) -> None:
    answer = await (await _ask(port, "/")).read()
    assert answer.startswith(b"HTTP/1.1 200") and b'<li class="case"' in answer, answer[:200]


def main() -> None:
    """Print the figures."""
    logs.configure("error", [])
    with tempfile.TemporaryDirectory(prefix="sns-bench-") as folder:
        found = reach(Path(folder))
    print(f"GET / with 10,000 open cases: {found.page:.0f} ms")
    print(f"an event to {BROWSERS} browsers: median {found.event_median:.0f} ms, worst {found.event_worst:.0f} ms")
    print(f"{BROWSERS} pages read again at once: {found.all_pages / 1000:.1f} s")


if __name__ == "__main__":
    main()
