"""What every acceptance test stands on: the real daemon as a process, a receiver of alerts, and waiting for events.

The daemon is tried as an outside tool would: by its settings, its messages, its commands and its addresses, all of
them as CONTRACT has them. Platforms and receivers are served on loopback by the test itself.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar

from standardwebhooks import Webhook

HERE = Path(__file__).resolve()
TREE = HERE.parents[2]
SECRET = "whsec_c25zLW1vbml0b3ItYWNjZXB0YW5jZS10ZXN0cw=="
POLL = 0.02
"""Seconds between two looks at a condition."""
PATIENCE = 30.0
"""Seconds that an event may take on a busy machine, where the test says nothing else."""

Found = TypeVar("Found")


class Waited(AssertionError):
    """Something that should have happened did not."""


def wait_for(condition: Callable[[], Found], seconds: float, why: str) -> Found:
    """Look until `condition` gives something true, and return that; raises `Waited` after `seconds`."""
    until = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() >= until:
            raise Waited(f"after {seconds:g} s still not: {why}; last seen: {found!r}")
        time.sleep(POLL)


def wait_for_all(missing: Callable[[], Collection[object]], seconds: float, why: str) -> None:
    """Look until nothing is `missing` any more; raises `Waited` after `seconds`, with what still is."""
    until = time.monotonic() + seconds
    while left := missing():
        if time.monotonic() >= until:
            raise Waited(f"after {seconds:g} s still not: {why}; missing: {left!r}")
        time.sleep(POLL)


def now() -> datetime:
    """The present instant."""
    return datetime.now(UTC)


def instant(text: str) -> datetime:
    """An instant of a message; it must have its offset."""
    at = datetime.fromisoformat(text)
    assert at.utcoffset() is not None, f"{text!r} has no offset from UTC"
    return at


def free_port() -> int:
    """A port that is free now, below those that the system gives to outgoing connections."""
    for _ in range(100):
        port = random.SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no free port on this machine")


def get(url: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
    """Status and body of a GET; (0, reason) where nobody answers."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {}), timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()
    except OSError as none:
        return 0, str(none)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message that reached the receiver."""

    who: str
    """Whose address it came to."""
    at: datetime
    """When its request was read."""
    message: dict[str, Any]
    answered: int
    """The status it was given; 0 where it was left hanging."""

    @property
    def id(self) -> str:
        """The message's own id."""
        return str(self.message["id"])

    @property
    def step(self) -> tuple[str, int]:
        """Kind and level."""
        return str(self.message["kind"]), int(self.message["level"])

    @property
    def cases(self) -> list[dict[str, Any]]:
        """The cases it speaks of."""
        return list(self.message["cases"])

    @property
    def mentions(self) -> set[str]:
        """The platform's ids of every mention in it."""
        return {mention["id"] for case in self.cases for mention in case["mentions"]}


class Receiver:
    """Takes alerts, each person's under an address of their own, and verifies every signature."""

    def __init__(self) -> None:
        self._gate = threading.Lock()
        self._arrivals: list[Arrival] = []
        #: What is wrong with messages that came: a bad signature, a body that is no JSON.
        self.faults: list[str] = []
        #: The status each person's address answers; 204 where nothing is said.
        self.status: dict[str, int] = {}
        #: Addresses that take the request and never answer.
        self.hanging: set[str] = set()
        #: When each request that was left hanging was given up by its sender.
        self.given_up: list[datetime] = []
        #: Seconds that an answer takes.
        self.slow: dict[str, float] = defaultdict(float)
        self._over = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                receiver._take(self)

            def log_message(self, format: str, *args: Any) -> None:
                """Quiet."""

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A daemon that was killed breaks its connections off."""

        self._server = Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def _take(self, request: BaseHTTPRequestHandler) -> None:
        length = int(request.headers["content-length"])
        raw = request.rfile.read(length)
        if len(raw) < length:
            # Killed or frozen in the middle of a request: nobody was told anything.
            request.close_connection = True
            return
        body, at, who = raw.decode(), now(), request.path.strip("/")
        try:
            message = Webhook(SECRET).verify(body, {name.lower(): value for name, value in request.headers.items()})
            if message["id"] != request.headers["webhook-id"]:
                self.faults.append(f"webhook-id {request.headers['webhook-id']} over {body}")
        except Exception as exc:  # noqa: BLE001 - whatever a message has wrong is what the test wants to know
            self.faults.append(f"{type(exc).__name__}: {exc}: {body}")
            message = {"id": "", "kind": "unverified", "level": -1, "cases": [], "body": body}
        hangs = who in self.hanging
        status = 0 if hangs else self.status.get(who, 204)
        with self._gate:
            self._arrivals.append(Arrival(who, at, message, status))
        if hangs:
            self._hang(request)
            return
        if self.slow[who]:
            self._over.wait(self.slow[who])
        request.send_response(status)
        request.send_header("content-length", "0")
        request.end_headers()

    def _hang(self, request: BaseHTTPRequestHandler) -> None:
        """Answer nothing until the sender closes its end."""
        while not self._over.is_set():
            if select.select([request.connection], [], [], 0.1)[0]:
                self.given_up.append(now())
                break
        request.close_connection = True

    def arrivals(self, who: str | None = None, kind: str | None = None, mention: str | None = None) -> list[Arrival]:
        """What came, in order: all, or what came to one person, of one kind, about one mention."""
        with self._gate:
            every = list(self._arrivals)
        return [
            a for a in every
            if who in (None, a.who) and kind in (None, a.message["kind"]) and (mention is None or mention in a.mentions)
        ]  # fmt: skip

    def steps(self, mention: str) -> list[tuple[str, str, int]]:
        """Who was told what of a mention, in order: (person, kind, level), each message once."""
        once = {(a.who, a.id): (a.who, *a.step) for a in self.arrivals(mention=mention)}
        return list(once.values())

    def close(self) -> None:
        """Let go of whoever hangs, and of the port."""
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


@dataclass
class Daemon:
    """`sns-monitor run` as a process of its own."""

    settings: Path
    web: str
    """Base address of the web."""
    metrics: str
    environ: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    log: Path = Path()
    starts: int = 0

    def start(self, failpoint: str = "", verb: str = "run") -> Daemon:
        """Start it; with a failpoint "name:count" it kills itself there. `verb` is "web" for the pages alone."""
        assert self.process is None, "it runs already"
        self.starts += 1
        self.log = self.settings.with_suffix(".log")
        environ = {**os.environ, **self.environ, "SNS_MONITOR_FAILPOINT": failpoint, "PYTHONUNBUFFERED": "1"}
        environ["PYTHONFAULTHANDLER"] = "1"
        with self.log.open("ab") as log:
            log.write(f"--- start {self.starts} {failpoint}\n".encode())
            self.process = subprocess.Popen(
                command("--config", str(self.settings), verb), cwd=TREE, env=environ, stdout=log, stderr=log
            )
        return self

    def ready(self, seconds: float = PATIENCE) -> Daemon:
        """Wait until it says that it is ready."""
        said: list[tuple[int, str]] = [(0, "")]

        def is_ready() -> bool:
            self.alive()
            said[0] = get(f"{self.web}/readyz")
            return said[0][0] == 200

        try:
            wait_for(is_ready, seconds, "the daemon is ready")
        except Waited as late:
            raise Waited(f"{late}; /readyz says {said[0]}") from None
        return self

    def alive(self) -> None:
        """Fail where it ended by itself."""
        assert self.process is not None
        code = self.process.poll()
        assert code is None, f"the daemon ended with {code}"

    def wait(self, seconds: float) -> int:
        """Wait for its end; returns the exit code, negative for a signal."""
        assert self.process is not None
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired as late:
            self.process.send_signal(signal.SIGABRT)  # its log tells then where every thread stood
            self.process.wait()
            self.process = None
            raise Waited(f"after {seconds:g} s the daemon still runs") from late
        self.process = None
        return code

    def stop(self, seconds: float = 30.0) -> int:
        """SIGTERM; returns the exit code, which must come within `seconds`."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.wait(seconds)

    def freeze(self) -> None:
        """SIGSTOP: it sleeps wherever it is."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        """SIGCONT."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def logs(self) -> list[dict[str, Any]]:
        """Its log, line by line; what is no JSON stands under "text"."""
        if not self.log.is_file():
            return []
        return [_line(line) for line in self.log.read_text(encoding="utf-8").splitlines()]

    def tail(self, lines: int = 60) -> str:
        """The end of its log, for whoever reads a failure."""
        if not self.log.is_file():
            return ""
        return "\n".join(line[:2000] for line in self.log.read_text(encoding="utf-8").splitlines()[-lines:])

    def queue(self) -> list[dict[str, Any]]:
        """`GET /api/cases`: the open cases."""
        # With new settings the web begins anew: for a moment nobody listens.
        status, body = wait_for(lambda: (found := get(f"{self.web}/api/cases"))[0] and found, 20, "the web answers")
        assert status == 200, (status, body)
        return list(json.loads(body))

    def case_of(self, mention: str) -> dict[str, Any] | None:
        """The open case of a mention."""
        return next((case for case in self.queue() if mention in {m["id"] for m in case["mentions"]}), None)

    def record(self, case: str) -> dict[str, Any]:
        """Everything on record of a case."""
        return dict(self.json("case", "show", case))

    def run(self, *arguments: str, seconds: float = 60.0) -> Result:
        """Another command with the same settings."""
        done = subprocess.run(
            command("--config", str(self.settings), *arguments), cwd=TREE, env={**os.environ, **self.environ},
            capture_output=True, text=True, timeout=seconds, check=False,
        )  # fmt: skip
        return Result(done.returncode, done.stdout, done.stderr)

    def json(self, *arguments: str) -> Any:
        """What a command prints with `--json`."""
        done = self.run(*arguments, "--json")
        assert done.code == 0, done
        return json.loads(done.out)


@dataclass(frozen=True, slots=True)
class Result:
    """What a command ended with."""

    code: int
    out: str
    err: str


def command(*arguments: str) -> list[str]:
    """The program with its arguments."""
    return [sys.executable, "-m", "monitor", *arguments]


def _line(text: str) -> dict[str, Any]:
    try:
        said = json.loads(text)
    except ValueError:
        return {"text": text}
    return said if isinstance(said, dict) else {"text": text}


def each_in_one_case(queue: Iterable[dict[str, Any]], posted: Sequence[str]) -> None:
    """Every posted id must stand in exactly one case, and nothing else in any."""
    held = [mention["id"] for case in queue for mention in case["mentions"]]
    twice = sorted(id for id, count in Counter(held).items() if count > 1)
    assert not twice, f"in more than one case: {twice}"
    lost, invented = sorted(set(posted) - set(held)), sorted(set(held) - set(posted))
    assert not lost and not invented, f"lost {lost}, invented {invented}"


def seconds(value: float) -> timedelta:
    """A duration."""
    return timedelta(seconds=value)
