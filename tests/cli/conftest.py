"""A small city with a database, and the command line to ask it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from config import Settings
from connectors.contract import Post
from monitor.cli import cli
from monitor.intake.ingest import ingest
from monitor.rules import Rules
from monitor.store import accounts, migrate
from monitor.store.engine import Store
from tests.conftest import START
from tests.support import Clock, city

ROOT = Path(__file__).parents[2]


@dataclass
class Town:
    """A city in a folder; commands are run on it in this process, or as programs."""

    folder: Path
    clock: Clock
    settings: Settings
    rules: Rules = field(init=False)

    def __post_init__(self) -> None:
        self.rules = Rules(self.settings)

    @property
    def path(self) -> Path:
        """The settings' file."""
        return self.folder / "monitor.toml"

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.folder / "monitor.db"

    def run(self, *arguments: str, columns: int = 80) -> Result:
        """Run a command here, at the clock's instant."""
        runner = CliRunner(env={"COLUMNS": str(columns), "NO_COLOR": "1"})
        return runner.invoke(cli, ["--config", str(self.path), *arguments], obj=self.clock)

    def json(self, *arguments: str) -> Any:
        """What a command prints for programs; it must end well."""
        done = self.run(*arguments, "--json")
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    def program(self, *arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
        """Run a command as a program of its own."""
        return subprocess.run(
            [sys.executable, "-m", "monitor", "--config", str(self.path), *arguments], cwd=ROOT, text=True,
            capture_output=True, timeout=60, check=False, **more,
        )  # fmt: skip

    def store(self) -> Store:
        """The database, for a test to look into; close it."""
        return Store(self.settings.database)

    def register(self) -> None:
        """Store the accounts, watched from three hours ago."""
        store = self.store()
        with store.write() as tx:
            for account in self.settings.accounts:
                accounts.register(
                    tx, account.platform, account.id, account.department, account.handle, self.watch_from
                )  # fmt: skip
        store.close()

    def migrate(self) -> None:
        """Bring the database to this program's schema."""
        store = self.store()
        migrate.upgrade(store, self.clock())
        store.close()

    @property
    def watch_from(self) -> datetime:
        """Since when posts count."""
        return self.clock() - timedelta(hours=3)

    def ingest(self, *page: Post) -> None:
        """Let posts come in."""
        store = self.store()
        watch_from = dict.fromkeys(("1001", "1002"), self.watch_from)
        with store.write() as tx:
            ingest(tx, self.rules, "twitter", page, watch_from, self.clock())
        store.close()

    def post(self, id: str, ago: float, text: str = "언제 되나요", **more: Any) -> Post:
        """A citizen's post to the transport department, `ago` minutes old."""
        told = {"conversation": id, "author": "555", "author_name": "홍길동", "addressed": ("1001",),
                "permalink": f"https://x.com/i/web/status/{id}"}  # fmt: skip
        return Post("twitter", id, text=text, created_at=self.clock() - timedelta(minutes=ago), **{**told, **more})


@pytest.fixture
def bare(tmp_path: Path, clock: Clock) -> Town:
    """A city whose database was never made."""
    return Town(tmp_path, clock, city(tmp_path))


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty, migrated SQLite database to copy: migrating takes longer than most tests."""
    folder = tmp_path_factory.mktemp("empty")
    made = Town(folder, Clock(START), city(folder))
    made.migrate()
    return made.database


@pytest.fixture
def town(bare: Town, empty: Path) -> Town:
    """A city with an empty, migrated database."""
    shutil.copy(empty, bare.database)
    bare.register()
    return bare


@pytest.fixture
def case(town: Town) -> str:
    """The id of a case that is twelve minutes old; the town's only one."""
    town.ingest(town.post("9001", 12))
    (found,) = town.json("queue")
    assert isinstance(found["id"], str)
    return found["id"]


@pytest.fixture
def opened(town: Town) -> Iterator[Store]:
    """The town's database, open."""
    store = town.store()
    yield store
    store.close()
