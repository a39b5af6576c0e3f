"""`token …`: programs that may call the API."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Town


def test_made_once_listed_for_ever_and_taken_back(town: Town) -> None:
    """The token itself is on standard output this once, alone, so that a script can keep it."""
    town.migrate()
    assert "토큰이 없습니다" in town.run("token", "list").output
    made = town.json("token", "add", "상황판")
    assert made["role"] == "auditor" and made["token"].startswith("snsm_")
    plain = town.run("token", "add", "접수 연계", "--role", "staff", "--department", "transport", "--for", "30d")
    assert plain.exit_code == 0 and plain.stdout.strip().startswith("snsm_") and "\n" not in plain.stdout.strip()
    listed = town.json("token", "list")
    assert [one["name"] for one in listed] == ["상황판", "접수 연계"]
    assert made["token"] not in json.dumps(listed) and "token" not in listed[0]
    assert town.run("token", "revoke", made["id"]).exit_code == 0
    assert "폐기됨" in town.run("token", "list").output
    again = town.run("token", "revoke", made["id"])
    assert again.exit_code == 1 and made["id"] in again.output


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--role", "staff"), 2),
        (("--role", "press", "--department", "transport"), 2),
        (("--role", "staff", "--department", "moon"), 1),
        (("--for", "soon"), 2),
        (("--for", "99999999d"), 2),
    ],
)
def test_what_cannot_be_makes_no_token(town: Town, arguments: tuple[str, ...], code: int) -> None:
    """And says why."""
    town.migrate()
    done = town.run("token", "add", "x", *arguments)
    assert done.exit_code == code and done.output.strip()
    assert town.json("token", "list") == []
