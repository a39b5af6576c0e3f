"""The figures of the whole service: a storm until everybody is told, calls, memory, the command line."""

from __future__ import annotations

import http.server
import json
import multiprocessing
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from bench import stage
from monitor import app as composition
from monitor import daemon
from monitor.demo.server import serve
from monitor.demo.x import SmallX

STORM = 10_000


def _receive(pipe: Connection) -> None:
    """A webhook receiver in a process of its own; says when each message came and how many cases it held."""

    class Hook(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            pipe.send((time.time(), self.path, len(json.loads(body)["cases"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    pipe.send(server.server_port)
    server.serve_forever()


def storm(folder: Path) -> tuple[float, float]:
    """Seconds from the deadline of 10,000 cases at one moment to the first alert, and until all are told."""
    here, there = multiprocessing.Pipe()
    receiver = multiprocessing.get_context("fork").Process(target=_receive, args=(there,), daemon=True)
    receiver.start()
    hook = f"http://127.0.0.1:{here.recv()}"
    stage.filled(folder, STORM, due=STORM).close()
    shift = stage.START - timedelta(seconds=6) - datetime.now(UTC)
    app = composition.build(stage.settings(folder, hook=hook, accounts=1), lambda: datetime.now(UTC) + shift)
    with app.store.write() as tx:
        tx.exec_driver_sql("UPDATE cases SET level = 1")
    stop = threading.Event()
    thread = threading.Thread(target=daemon.run, args=(app, stop))
    thread.start()
    deadline = (stage.START - shift).timestamp()
    first = last = 0.0
    told = {"/kim": 0, "/park": 0}
    while min(told.values()) < STORM and here.poll(30):
        at, path, cases = here.recv()
        if cases:
            first = first or at
            told[path] += cases
            last = at
    stop.set()
    thread.join()
    app.close()
    receiver.terminate()
    assert min(told.values()) == STORM, told
    return first - deadline, last - deadline


def search_calls(folder: Path) -> int:
    """X calls of one round over 40 accounts, counted by the small X."""
    x = _small_x()
    with serve(x) as server:
        app = composition.build(stage.settings(folder, x=server.url))
        for source in app.connectors["twitter"].sources():
            if source.primary:
                list(app.connectors["twitter"].fetch(source, datetime.now(UTC) - timedelta(minutes=2)))
        app.close()
        return len(x.requests)


def _small_x() -> SmallX:
    x = SmallX(lambda: datetime.now(UTC))
    for number in range(stage.ACCOUNTS):
        x.user(str(1000 + number), stage.handle(number))
    return x


@contextmanager
def _running(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    with serve(_small_x()) as server:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        stage.settings(folder, x=server.url, web=f"127.0.0.1:{port}")
        command = [sys.executable, "-m", "monitor", "--config", str(folder / "monitor.toml"), "run"]
        process = subprocess.Popen(command, stderr=subprocess.PIPE)
        try:
            assert process.stderr is not None
            for line in process.stderr:
                if b"daemon.ready" in line:
                    break
            threading.Thread(target=process.stderr.read, daemon=True).start()
            yield process
        finally:
            process.terminate()
            process.wait()


def idle_memory(folder: Path) -> float:
    """Resident megabytes of the daemon with 40 accounts, ten seconds after it said ready."""
    with _running(folder) as process:
        time.sleep(10)
        status = Path(f"/proc/{process.pid}/status").read_text()
    resident = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(resident.split()[1]) / 1024


def command(folder: Path, *words: str, times: int = 7) -> float:
    """Seconds of one command line call, the median of several."""
    script = Path(sys.executable).with_name("sns-monitor")
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        subprocess.run([script, *words], cwd=folder, check=True, capture_output=True, env=os.environ)
        spent.append(time.perf_counter() - began)
    return statistics.median(spent)
