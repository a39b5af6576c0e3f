"""What answering from here takes: keys to post with, a second pair of eyes, saved replies."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from config import Fault, Settings
from config.tables import Reply
from tests.config.conftest import PIECES

REPLY = '[[replies]]\nid = "{}"\ntitle = "Received"\ntext = "{}"\n'
ON_X = '[[accounts]]\ndepartment = "transport"\nplatform = "twitter"\nid = "1001"\nhandle = "dj_transport"\n'


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch, installed: None) -> None:
    """The connectors of this tree, whose limits are the platforms'."""
    monkeypatch.undo()


def test_second_eyes_are_a_departments_choice(loaded: Callable[..., Settings]) -> None:
    """Off unless it says so."""
    assert [department.second_eyes for department in loaded().departments] == [False]
    wanted = loaded(departments=PIECES["departments"] + "second_eyes = true\n")
    assert [department.second_eyes for department in wanted.departments] == [True]
    assert wanted.hash() != loaded().hash()


def test_replies_speak_in_their_departments_name(loaded: Callable[..., Settings]) -> None:
    """A reply belongs to everybody, or to whom it names; other braces are no placeholders when they are not paired."""
    settings = loaded(REPLY.format("a", "{department}: received } {") + 'departments = ["transport"]\n')
    assert settings.replies == (
        Reply(id="a", title="Received", text="{department}: received } {", departments=("transport",)),
    )
    assert settings.replies[0].words("Transport") == "Transport: received } {"
    assert loaded(REPLY.format("a", "ok")).replies[0].departments == ()


@pytest.mark.parametrize(
    ("extra", "key", "said"),
    [
        (REPLY.format("a", "one") + REPLY.format("a", "two"), "replies[1].id", '"a"'),
        (REPLY.format("a", "ok") + 'departments = ["trnsport"]\n', "replies[0].departments[0]", "transport"),
        (REPLY.format("a", "Dear {name}, {department}"), "replies[0].text", "{name}"),
        (REPLY.format("a", " "), "replies[0].text", "blank"),
        (REPLY.format("a b", "ok"), "replies[0].id", ""),
        (REPLY.format("a", "ok") + 'who = "kim"\n', "replies[0].who", "unknown"),
        ("[[replies]]\nid = 5\ntitle = [1]\ntext = 7\ndepartments = 3\n", "replies[0].text", ""),
    ],
)
def test_a_reply_that_cannot_be_used_is_a_fault(
    faults: Callable[..., tuple[Fault, ...]], extra: str, key: str, said: str
) -> None:
    """With its key, and what to do."""
    found = [fault for fault in faults(extra) if fault.key == key]
    assert found and said in found[0].problem + found[0].mend


def test_a_reply_fits_every_platform_of_the_city(real: None, faults: Callable[..., tuple[Fault, ...]]) -> None:
    """X counts 280 with Hangul as two, and the department's name counts for its placeholder."""
    app = {"X_BEARER_TOKEN": "bearer"}
    fits, name = "{department}" + "가" * 135, "a" * 10
    department = f'[[departments]]\nid = "transport"\nname = "{name}"\nduty = ["kim"]\n'
    asked = {"environ": app, "accounts": ON_X, "departments": department}
    assert faults(REPLY.format("a", fits), **asked) == ()
    (found,) = faults(REPLY.format("a", fits + "!"), **asked)
    assert (found.key, found.problem) == ("replies[0].text", "this reply is too long for twitter: 281 by its count")
    assert "280" in found.mend


def test_keys_to_post_with_are_secrets_like_all_others(real: None, loaded: Callable[..., Settings]) -> None:
    """By environment or file, known for redaction, no part of what two nodes must have in common."""
    keys = 'access_token = { env = "X_TOKEN" }\naccess_token_secret = { env = "X_TOKEN_SECRET" }\n'
    app = '[connectors.twitter]\nconsumer_key = { env = "X_KEY" }\nconsumer_secret = { env = "X_SECRET" }\n'
    said = {name: name.lower() for name in ("X_BEARER_TOKEN", "X_TOKEN", "X_TOKEN_SECRET", "X_KEY", "X_SECRET")}
    settings = loaded(app, environ=said, accounts=ON_X + keys)
    account = settings.accounts[0]
    assert account.access_token and account.access_token.get_secret_value() == "x_token"
    assert settings.secret_values() == frozenset(said.values())
    assert "x_token" not in repr(settings)
    other = loaded(app, environ=said | {"X_TOKEN": "another"}, accounts=ON_X + keys)
    assert other.hash() == settings.hash()
    assert loaded("", environ=said, accounts=ON_X).hash() != settings.hash()


@pytest.mark.parametrize(
    ("app", "own", "keys"),
    [
        ("", 'access_token = { env = "T" }\n', {"accounts[0].access_token_secret", "connectors.twitter.consumer_key",
         "connectors.twitter.consumer_secret"}),
        ('[connectors.twitter]\nconsumer_key = { env = "T" }\n', "", {"connectors.twitter.consumer_secret"}),
        ('[connectors.twitter]\nconsumer_key = { env = "T" }\nconsumer_secret = { env = "NO" }\n', "",
         {"connectors.twitter.consumer_secret"}),
        ("", 'access_token = "written out"\n', {"accounts[0].access_token"}),
    ],
)  # fmt: skip
def test_half_of_the_keys_and_bad_ones_are_faults(
    real: None, faults: Callable[..., tuple[Fault, ...]], app: str, own: str, keys: set[str]
) -> None:
    """Each names its key."""
    found = faults(app, environ={"X_BEARER_TOKEN": "bearer", "T": "t"}, accounts=ON_X + own)
    assert {fault.key for fault in found} >= keys and all(fault.mend for fault in found)
