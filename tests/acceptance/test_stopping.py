"""How the daemon ends, and what it refuses to begin: SIGTERM, a second one, bad settings, a newer database."""

from __future__ import annotations

import ctypes
import signal
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from tests.acceptance.harness import each_in_one_case, now, seconds, wait_for
from tests.acceptance.stage import LONG, PEOPLE, Ladder, Stage

STOPS = 3


def test_sigterm_in_the_middle_of_sends_loses_and_doubles_nothing(stage: Stage) -> None:
    """TRUST, "SIGTERM in the middle of sends": exit 0 within 30 s, and the next start goes on where it stopped."""
    daemon = stage.configure(Ladder(2, 3, 4, 60), watch_from=now() - seconds(1), bundle="0s")
    stage.hooks.slow |= dict.fromkeys(PEOPLE, 0.4)
    posted: list[str] = []
    for number in range(STOPS):
        daemon.start().ready()
        heard = len(stage.hooks.arrivals())
        for _ in range(10):
            posted.append(stage.say(author=str(7001 + len(posted) % 9)))
        wait_for(lambda heard=heard: len(stage.hooks.arrivals()) > heard, 30, f"sends of start {number} are under way")
        assert daemon.stop(30) == 0
    daemon.start().ready()
    wait_for(lambda: set(posted) <= {m for a in stage.hooks.arrivals("choi") for m in a.mentions}, 40, "all are told")
    each_in_one_case(daemon.queue(), posted)
    assert daemon.stop(30) == 0
    again = {id: count for id, count in Counter(a.id for a in stage.hooks.arrivals()).items() if count > 1}
    assert not again, f"sent more than once: {again}"
    told = Counter((a.who, *a.step, m) for a in stage.hooks.arrivals() for m in a.mentions)
    assert not {key: count for key, count in told.items() if count > 1}
    assert stage.hooks.faults == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_sigterm_is_heard_whichever_thread_takes_it(stage: Stage) -> None:
    """signal(7): the kernel may hand it to any thread; a main thread that sleeps for good would never hear of it."""
    daemon = stage.configure(LONG).start().ready()
    assert daemon.process is not None
    others = {int(task.name) for task in Path(f"/proc/{daemon.process.pid}/task").iterdir()} - {daemon.process.pid}
    assert ctypes.CDLL(None).tgkill(daemon.process.pid, min(others), signal.SIGTERM) == 0
    assert daemon.wait(30) == 0


def test_it_is_ready_again_after_a_restart(stage: Stage) -> None:
    """TRUST, "working again in 15 s": after an orderly stop and after a kill, whatever its backstops wait for."""
    daemon = stage.configure(LONG).start().ready()
    assert daemon.stop() == 0
    daemon.start().ready(15)
    stage.found(stage.say(), seconds=15)
    daemon.kill()
    daemon.start().ready(15)
    stage.found(stage.say(), seconds=15)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_second_daemon_on_the_same_file_is_sent_away(stage: Stage) -> None:
    """CONTRACT: exit 75, and the first one goes on."""
    daemon = stage.configure(LONG).start().ready()
    second = daemon.run("run")
    assert second.code == 75, second
    assert "sns-monitor" in second.err and "Traceback" not in second.err
    stage.found(stage.say())
    assert daemon.stop() == 0


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("verb", [("run",), ("check-config",)])
def test_bad_settings_end_in_a_line_for_each_fault(stage: Stage, verb: tuple[str, ...]) -> None:
    """CONTRACT: exit 78 and every fault at once, each with file, line and key; nothing is begun."""
    daemon = stage.configure(LONG)
    good = daemon.settings.read_text(encoding="utf-8")
    bad = good.replace('every = "1s"', 'every = "soon"').replace('head = "choi"', 'head = "nobody"', 1)
    bad += '\n[polls]\nevery = "1s"\n'
    daemon.settings.write_text(bad, encoding="utf-8")
    done = daemon.run(*verb)
    assert done.code == 78, done
    said = done.err + done.out
    lines = bad.splitlines()
    for wrong, key in (('every = "soon"', "polling.every"), ('head = "nobody"', "head"), ("[polls]", "polls")):
        place = f"monitor.toml:{lines.index(wrong) + 1}"
        assert any(place in line and key in line for line in said.splitlines()), (place, key, said)
    assert "Traceback" not in said


def test_a_newer_database_is_refused(stage: Stage) -> None:
    """TRUST, "a newer schema refused": it says so, ends, and leaves the database as it is."""
    daemon = stage.configure(LONG)
    parsed = make_url(stage.database)
    if parsed.get_backend_name() == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    engine = create_engine(parsed)
    with engine.begin() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    done = daemon.run("run")
    assert done.code not in (0, 1, 2), done
    assert "9999" in done.err and "Traceback" not in done.err
    with engine.begin() as tx:
        assert tx.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"
    engine.dispose()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_it_makes_its_database_where_there_is_none(stage: Stage) -> None:
    """CONTRACT, `run`: it migrates, says ready and runs; what a person needs is nothing but the settings."""
    stage.database = f"sqlite:///{stage.folder}/data/new.db"
    stage.configure(LONG).start().ready()
    stage.found(stage.say())
    assert stage.daemon.stop() == 0
