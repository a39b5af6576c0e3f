"""Every exit code of CONTRACT, as a person or a service manager meets it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from monitor import service
from monitor.store import views
from tests.cli.conftest import Town
from tests.support import Clock, city

LOOKING = [
    ("queue",), ("accounts",), ("alerts",), ("alerts", "release"), ("alerts", "retry", "m1"), ("case", "show", "c1"),
    ("case", "ack", "c1", "--by", "kim"), ("report", "weekly"), ("report", "verify"), ("db", "check"),
]  # fmt: skip


def test_well(town: Town) -> None:
    """0, as a program of its own."""
    done = town.program("queue", "--json")
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")


@pytest.mark.parametrize("command", [*LOOKING, ("run",), ("check-config",), ("db", "upgrade")], ids=" ".join)
def test_bad_settings(town: Town, command: tuple[str, ...]) -> None:
    """78 and one line a fault on standard error, whatever was asked."""
    town.path.write_text(town.path.read_text(encoding="utf-8") + '[nonsense]\n[pollin]\nevery = "1s"\n')
    done = town.run(*command)
    assert done.exit_code == 78
    lines = done.stderr.splitlines()
    assert len(lines) == 2
    assert all(line.startswith(f"{town.path}:") and " — " in line for line in lines)


def test_no_settings(bare: Town) -> None:
    """78 as well: a missing file is a fault of the settings."""
    bare.path.unlink()
    assert bare.program("queue").returncode == 78


@pytest.mark.parametrize("command", LOOKING, ids=" ".join)
def test_no_database_yet(bare: Town, command: tuple[str, ...]) -> None:
    """75 with the mend; looking makes no database."""
    done = bare.run(*command)
    assert done.exit_code == 75
    assert "db upgrade" in done.stderr and done.stdout == ""
    assert not bare.database.exists()


def test_an_older_database_is_not_migrated_by_looking(bare: Town) -> None:
    """75, and the file is as it was."""
    bare.database.touch()
    assert bare.run("queue").exit_code == 75
    with closing(sqlite3.connect(bare.database)) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)


@pytest.mark.parametrize("command", [("queue",), ("db", "upgrade"), ("db", "check")], ids=" ".join)
def test_a_newer_database(town: Town, command: tuple[str, ...]) -> None:
    """70: no later try mends it, and it is no fault of the settings."""
    with closing(sqlite3.connect(town.database)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    done = town.run(*command)
    assert done.exit_code == 70
    assert "9999" in done.stderr and "newer" in done.stderr


def test_a_file_that_is_no_database(bare: Town) -> None:
    """70 in one line."""
    bare.database.write_bytes(b"nonsense" * 1000)
    done = bare.run("queue")
    assert done.exit_code == 70
    assert "not a database; restore a backup" in done.stderr and len(done.stderr.splitlines()) == 1


def test_a_locked_database(town: Town, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """75: another try may succeed."""
    monkeypatch.setattr("monitor.store.engine._BUSY_MILLISECONDS", 1)
    with closing(sqlite3.connect(town.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        done = town.run("case", "ack", case, "--by", "kim")
    assert done.exit_code == 75
    assert "locked" in done.stderr


def test_an_unreachable_database(tmp_path: Path, clock: Clock) -> None:
    """75, and its password is not told."""
    url = "postgresql://monitor:hidden-password@127.0.0.1:1/monitor"
    done = Town(tmp_path, clock, city(tmp_path, database=url)).run("queue")
    assert done.exit_code == 75
    assert "127.0.0.1" in done.stderr and "hidden-password" not in done.output


@pytest.mark.parametrize("command", [("run",), ("db", "upgrade"), ("db", "restore", "copy.db")], ids=" ".join)
def test_a_second_daemon(town: Town, command: tuple[str, ...], tmp_path: Path) -> None:
    """75 while another process holds the database file, in one line."""
    copy = tmp_path / "copy.db"
    assert town.run("db", "backup", str(copy)).exit_code == 0
    with closing(service.hold(town.database)):
        done = town.program(*(str(copy) if word == "copy.db" else word for word in command))
    assert done.returncode == 75
    assert "이미 실행 중입니다" in done.stderr and "Traceback" not in done.stderr


def test_an_error_of_ours(town: Town, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """70, one line without secrets; where it was is told with `--debug` only."""

    def broken(*_: object) -> None:
        raise RuntimeError("it broke over\nx-bearer-token")

    monkeypatch.setattr(views, "with_mentions", broken)
    done = town.run("queue")
    assert done.exit_code == 70
    assert len(done.stderr.splitlines()) == 1 and "RuntimeError: it broke over [secret]" in done.stderr
    debugged = town.run("--debug", "queue")
    assert debugged.exit_code == 70
    assert "Traceback" in debugged.stderr and "x-bearer-token" not in debugged.output


def test_an_interrupt_ends_quietly(town: Town, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Control-C is no fault: nothing is printed."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(views, "with_mentions", interrupted)
    done = town.run("queue")
    assert (done.exit_code, done.output) == (130, "")


@pytest.mark.parametrize("face", [(), ("--json",)], ids=["people", "programs"])
def test_a_reader_that_goes_away(town: Town, face: tuple[str, ...]) -> None:
    """`queue | head` is no fault of ours."""
    town.ingest(*(town.post(f"{number}", 5, author=f"{number}") for number in range(300)))
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as gone:
        done = subprocess.run(
            [sys.executable, "-m", "monitor", "--config", str(town.path), "queue", *face], stdout=gone,
            stderr=subprocess.PIPE, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert "Traceback" not in done.stderr and "오류" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [("nonsense",), ("queue", "--limit", "0"), ("alerts", "retry"), ("report", "weekly", "--week", "2026-W99"),
     ("report", "verify", "--week", "x"), ("report", "weekly", "--format", "doc"), ("demo", "--speed", "0"),
     ("queue", "--nonsense")],
    ids=" ".join,
)  # fmt: skip
def test_usage(town: Town, arguments: tuple[str, ...]) -> None:
    """2, and what is right on standard error."""
    done = town.run(*arguments)
    assert done.exit_code == 2
    assert "Usage:" in done.stderr
