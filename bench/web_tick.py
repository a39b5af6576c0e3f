"""Does the web slow the escalation? The p99 of a pass with five due, alone and beside fifty requests a second."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from bench import stage
from monitor import app as composition
from monitor.clock import system_clock
from monitor.store import sessions, users
from monitor.store.columns import micros
from monitor.web import guard, server

PASSES = 400
APART = 0.025
"""Seconds between two passes."""
DUE = 5
OPEN = 10_000
ASKED_A_SECOND = 50

_LOAD = """
import http.client, sys, threading, time
host, token, seconds, rate = sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4])
until, done, paths = time.monotonic() + seconds, [], ("/", "/overview", "/cases/k0009000", "/?state=open")
def ask(first):
    link, number, at = http.client.HTTPConnection(host, timeout=10), first, time.monotonic() + first / rate
    while at < until:
        time.sleep(max(0.0, at - time.monotonic()))
        link.request("GET", paths[number % len(paths)], headers={"Cookie": f"__Host-session={token}"})
        answer = link.getresponse()
        answer.read()
        done.append(answer.status)
        number, at = number + 1, at + 5 / rate
threads = [threading.Thread(target=ask, args=(n,)) for n in range(5)]
[one.start() for one in threads]
[one.join() for one in threads]
assert set(done) == {200}, set(done)
print(len(done) / seconds)
"""


class Beside(NamedTuple):
    """Milliseconds of the slowest hundredth of passes, and how many requests a second were answered meanwhile."""

    alone: float
    beside: float
    answered: float


def slowed(folder: Path) -> Beside:
    """The escalation of a daemon that serves pages in the same process."""
    stage.filled(folder, OPEN).close()
    port = _free_port()
    app = composition.build(stage.settings(folder, web=f"127.0.0.1:{port}"))
    with app.store.write() as tx:
        users.add(tx, "kim", "담당자", "operator", (), system_clock())
        sessions.begin(tx, "bench", "kim", system_clock(), guard.IDLE, "")
    stop = server.start(app)
    try:
        alone = _p99(app, 0)
        seconds = PASSES * (APART + 0.02)
        load = subprocess.Popen(
            [sys.executable, "-c", _LOAD, f"127.0.0.1:{port}", "bench", str(seconds), str(ASKED_A_SECOND)],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        time.sleep(1.0)
        beside = _p99(app, PASSES * DUE)
        answered = float(load.communicate()[0])
        assert load.returncode == 0
    finally:
        stop()
        app.close()
    return Beside(alone, beside, answered)


def _p99(app: composition.App, first: int) -> float:
    spent = []
    for number in range(PASSES):
        low = first + number * DUE
        with app.store.write() as tx:
            tx.exec_driver_sql(
                f"UPDATE cases SET next_action_at = {micros(system_clock() - timedelta(seconds=1))}"
                f" WHERE id >= 'k{low:07d}' AND id < 'k{low + DUE:07d}'"
            )
        began = time.perf_counter()
        app.escalation.run()
        spent.append(time.perf_counter() - began)
        time.sleep(APART)
    return sorted(spent)[PASSES * 99 // 100] * 1e3


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
