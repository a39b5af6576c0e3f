"""`run` as a service manager runs it, and `demo` as it is handed on."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from monitor.demo.stage import NothingToShow
from tests.cli.conftest import ROOT, Town

demo = import_module("monitor.cli.demo")


def test_run_migrates_says_ready_and_ends_on_sigterm(bare: Town) -> None:
    """Ready on the manager's socket, JSON lines on standard error, nothing on standard output, 0 at the end."""
    address = str(bare.folder / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address)
        manager.settimeout(30)
        with subprocess.Popen(
            [sys.executable, "-m", "monitor", "--config", str(bare.path), "run"], cwd=ROOT, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={"NOTIFY_SOCKET": address, "LC_ALL": "C.UTF-8"},
        ) as daemon:  # fmt: skip
            try:
                while b"READY=1" not in manager.recv(4096):
                    pass
                assert bare.database.exists()
                daemon.send_signal(signal.SIGTERM)
                out, told = daemon.communicate(timeout=30)
            finally:
                daemon.kill()
    assert (daemon.returncode, out) == (0, "")
    lines = [json.loads(line) for line in told.splitlines()]
    assert {"daemon.started", "daemon.ready", "daemon.stopped"} <= {line["event"] for line in lines}
    assert "x-bearer-token" not in told


@pytest.mark.parametrize(
    ("arguments", "handed"),
    [((), (None, 60.0)), (("--minutes", "1"), (1.0, 60.0)), (("--minutes", "0.5", "--speed", "90"), (0.5, 90.0))],
    ids=["plain", "minutes", "both"],
)
def test_demo_is_handed_on(
    bare: Town, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], handed: tuple[float | None, float]
) -> None:
    """Minutes, speed and settings go to the demo, and its exit code is the command's."""
    seen = []

    def play(minutes: float | None, speed: float, *, config: Path) -> int:
        seen.append((minutes, speed, config))
        return 3

    monkeypatch.setattr(demo, "main", play)
    assert bare.run("demo", *arguments).exit_code == 3
    assert seen == [(*handed, bare.path)]


def test_demo_without_an_account_to_show(bare: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """1, with why."""

    def play(*_: object, **__: object) -> int:
        raise NothingToShow("no account")

    monkeypatch.setattr(demo, "main", play)
    done = bare.run("demo")
    assert (done.exit_code, done.stderr) == (1, "no account\n")
