"""The figures of what the pages show: the queue and the overview, 10,000 open cases among a million stored."""

from __future__ import annotations

import random
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from bench import stage
from monitor.rules import Rules
from monitor.store import queue
from monitor.store.columns import micros
from monitor.store.engine import Store, Transaction
from monitor.store.overview import overview
from monitor.store.queue import Filter

NOW = stage.START + timedelta(days=3)
"""A Thursday, 09:00 in Seoul."""
_APART = timedelta(seconds=26)
"""Between two cases: some 10,000 since Monday."""
_DEPARTMENTS = 40
_PLATFORMS = ("twitter", "facebook", "instagram")
_CASES = (
    "INSERT INTO cases (id, platform, account, department, conversation, author, policy, opened_at, found_at, deadline,"
    " next_action_at, state, closed_at, answered_at, round, level, repeats, watchers, version)"
    " VALUES (?, ?, '1000', ?, ?, 'citizen', 'standard', ?, ?, ?, ?, ?, ?, ?, 1, 0, 0, '[]', 1)"
)
_POSTS = (
    "INSERT INTO posts (platform, id, conversation, role, author, author_name, text, permalink, addressed, edit_ids,"
    " created_at, stored_at, seen_at, case_id)"
    " VALUES ('twitter', ?, ?, 'mention', 'citizen', ?, ?, ?, '[\"1000\"]', '[]', ?, ?, ?, ?)"
)


class Figures(NamedTuple):
    """Milliseconds, each the median of some."""

    first: float
    last: float
    """The last page of the queue."""
    counts: float
    words: float
    """A page of those that hold two words."""
    overview: float


def pages(folder: Path, stored: int = 1_000_000, waiting: int = 10_000) -> Figures:
    """What a look at the queue and at the overview costs, of the whole city."""
    store = archive(folder, stored, waiting)
    rules = Rules(stage.settings(folder))
    place = None
    with store.read() as tx:
        while (after := queue.page(tx, Filter(), place).next) is not None:
            place = after
    figures = Figures(
        _median(store, lambda tx: queue.page(tx, Filter())),
        _median(store, lambda tx: queue.page(tx, Filter(), place)),
        _median(store, lambda tx: queue.counts(tx, rules, None, NOW)),
        _median(store, lambda tx: queue.page(tx, Filter(words="버스 확인"))),
        _median(store, lambda tx: overview(tx, rules, None, NOW)),
    )
    store.close()
    return figures


def archive(folder: Path, stored: int, waiting: int) -> Store:
    """A database of so many cases, a mention each, of which the last ones are open."""
    store = stage.filled(folder, 0)
    drawn = random.Random(1)
    with closing(sqlite3.connect(folder / "monitor.db")) as raw:
        raw.execute("PRAGMA synchronous=OFF")
        raw.executemany(_CASES, (_case(drawn, n, stored - n, stored - n <= waiting) for n in range(stored)))
        raw.executemany(_POSTS, _posts(stored))
        raw.commit()
    return store


def _case(drawn: random.Random, number: int, ago: int, is_open: bool) -> tuple[Any, ...]:
    opened, deadline, answered = (micros(NOW - ago * _APART + timedelta(minutes=m)) for m in (0, 30, 20))
    about = (f"c{number:026d}", drawn.choice(_PLATFORMS), f"d{number % _DEPARTMENTS:02d}", f"v{number}")
    if is_open:
        state = drawn.choice(("open", "open", "acknowledged", "claimed"))
        return (*about, opened, opened, deadline, deadline, state, None, None)
    return (*about, opened, opened, deadline, None, "answered", answered, answered)


def _posts(stored: int) -> Iterator[tuple[Any, ...]]:
    for number in range(stored):
        at = micros(NOW - (stored - number) * _APART)
        text = f"@dj_transport 버스 정류장 도착 안내가 나오지 않습니다 확인해 주세요 {number}"
        link = f"https://x.com/i/status/{number:019d}"
        yield f"p{number:019d}", f"v{number}", f"시민 {number}", text, link, at, at, at, f"c{number:026d}"


def _median(store: Store, work: Callable[[Transaction], object], times: int = 20) -> float:
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        with store.read() as tx:
            work(tx)
        spent.append(time.perf_counter() - began)
    return statistics.median(spent) * 1e3
