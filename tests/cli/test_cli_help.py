"""Help is there at once: nothing heavy is loaded for it, and every verb has its own."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from monitor.cli import _VERBS, cli
from tests.cli.conftest import ROOT, Town

#: Never for `queue`; with the rest never for `--help` either.
SERVERS = {"fastapi", "uvicorn", "apscheduler", "alembic", "httpx"}
SDKS = {"tweepy", "facebook", "requests"}
HEAVY = {"pydantic", "sqlalchemy", "sqlmodel", "rich", "structlog", "config"} | SDKS | SERVERS


def _loaded(*arguments: str) -> set[str]:
    """The top-level packages that a run of the program imports."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "monitor", *arguments], cwd=ROOT, capture_output=True, text=True,
        timeout=60, check=True,
    )  # fmt: skip
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}


def test_help_loads_nothing_heavy() -> None:
    """`--help` answers without settings, database, SDKs or servers."""
    loaded = _loaded("--help")
    assert "click" in loaded
    assert not loaded & HEAVY


def test_queue_loads_no_server(town: Town) -> None:
    """The verb that people use all day loads no scheduler, no web server, no migrations."""
    loaded = _loaded("--config", str(town.path), "queue")
    assert "sqlalchemy" in loaded
    assert not loaded & SERVERS


def test_the_verbs_of_the_contract_are_there() -> None:
    """Each with its line, in the order in which an operator meets them; others have grown beside them."""
    shown = CliRunner().invoke(cli, ["--help"])
    contract = ["run", "check-config", "demo", "queue", "case", "accounts", "alerts", "report", "simulate", "db"]
    assert [name for name in cli.list_commands(click.Context(cli)) if name in contract] == contract
    assert all(line in " ".join(shown.output.split()) for _, line in _VERBS.values())


def _paths() -> list[tuple[str, ...]]:
    paths: list[tuple[str, ...]] = []
    context = click.Context(cli)
    for name in _VERBS:
        command = cli.get_command(context, name)
        paths.append((name,))
        if isinstance(command, click.Group):
            paths += [(name, under) for under in command.list_commands(click.Context(command))]
    return paths


@pytest.mark.parametrize("path", _paths(), ids=" ".join)
def test_every_verb_has_help(path: tuple[str, ...]) -> None:
    """Each says what it is for, in words of its own."""
    done = CliRunner().invoke(cli, [*path, "--help"])
    assert done.exit_code == 0, done.output
    command: click.Command | None = cli
    for name in path:
        assert isinstance(command, click.Group)
        command = command.get_command(click.Context(command), name)
    assert command is not None
    assert command.help


def test_version() -> None:
    """The version is that of the distribution."""
    done = CliRunner().invoke(cli, ["--version"])
    assert (done.exit_code, done.output.split()[-1]) == (0, "0.1.0")
