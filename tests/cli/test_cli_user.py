"""`user …`: who may log in to the web, at the operator's terminal."""

from __future__ import annotations

import json
from typing import Any

from click.testing import CliRunner, Result

from monitor.cli import cli
from tests.cli.conftest import Town

PASSWORD = "서른 분 안에 답합니다"


def run(town: Town, *arguments: str, typed: str = PASSWORD + "\n") -> Result:
    """A command with a line on its standard input."""
    runner = CliRunner(env={"NO_COLOR": "1"})
    return runner.invoke(cli, ["--config", str(town.path), "user", *arguments], obj=town.clock, input=typed)


def users(town: Town) -> dict[str, dict[str, Any]]:
    """Everybody by id."""
    return {one["id"]: one for one in town.json("user", "list")}


def test_in_out_and_in_again(town: Town) -> None:
    """The password is never printed, nor its hash."""
    town.migrate()
    assert "user add" in town.run("user", "list").output
    done = run(town, "add", "kim", "--role", "manager", "--department", "facility", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["departments"] == ["facility"]
    assert users(town)["kim"]["has_password"] and users(town)["kim"]["name"] == "김담당"
    assert "argon2" not in town.run("user", "list", "--json").output
    assert run(town, "disable", "kim").exit_code == 0
    assert users(town)["kim"]["disabled_at"] is not None
    assert run(town, "enable", "kim").exit_code == 0
    assert users(town)["kim"]["disabled_at"] is None
    assert run(town, "password", "kim", typed="또 하나의 긴 비밀번호\n").exit_code == 0
    assert "팀장" in town.run("user", "list").output


def test_who_comes_by_the_citys_sign_on_needs_no_password(town: Town) -> None:
    """And an auditor need not be in the settings."""
    town.migrate()
    added = run(town, "add", "audit", "--role", "auditor", "--name", "감사관실", "--no-password", typed="")
    assert added.exit_code == 0, added.output
    assert users(town)["audit"]["has_password"] is False


def test_what_cannot_be_is_told_and_changes_nothing(town: Town) -> None:
    """Exit code 1, in the settings' language."""
    town.migrate()
    assert run(town, "add", "kim").exit_code == 0
    for arguments, typed, said in (
        (("add", "kim"), PASSWORD, "이미 있습니다"),
        (("add", "ghost"), PASSWORD, "[[staff]]에 ghost"),
        (("add", "lee", "--department", "moon"), PASSWORD, "부서 moon"),
        (("add", "lee"), "short", "12자 이상"),
        (("add", "lee"), "lee " * 5, "아이디를 넣거나"),
        (("add", "lee"), "x" * 300, "200자 이하"),
        (("disable", "ghost"), "", "사용자 ghost"),
        (("password", "ghost"), PASSWORD, "사용자 ghost"),
    ):
        done = run(town, *arguments, typed=typed + "\n")
        assert done.exit_code == 1 and said in done.output, (arguments, done.output)
    assert list(users(town)) == ["kim"]
    assert run(town, "add", "lee", "--role", "king").exit_code == 2
