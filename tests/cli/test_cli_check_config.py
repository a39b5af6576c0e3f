"""`check-config`: all faults at once, and what only the outside can tell."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from connectors.contract import Account, AuthFailed, Health
from monitor.alerts.channels.base import Channel, TransportError
from monitor.alerts.message import Message
from monitor.cli import online
from tests.cli.conftest import Town


def test_sound_settings_are_summed_up(bare: Town) -> None:
    """0 with what there is; no database is made."""
    done = bare.run("check-config")
    assert done.exit_code == 0
    assert "2: transport, facility" in done.output
    assert "2. 30m 기한 초과 → assignee, manager" in done.output
    assert not bare.database.exists()
    found = bare.json("check-config")
    assert found["ok"] and found["hash"] == bare.settings.hash()
    assert found["policies"]["standard"]["steps"][1] == {
        "at": "30m", "kind": "breach", "notify": ["assignee", "manager"],
    }  # fmt: skip
    assert found["accounts"] == ["twitter:1001", "twitter:1002", "facebook:2001"]


def test_every_fault_for_programs(bare: Town) -> None:
    """78, the same faults as JSON and as lines."""
    with bare.path.open("a", encoding="utf-8") as file:
        file.write('[pollin]\nevery = "1s"\n[polling]\nevery = "never"\n')
    done = bare.run("check-config", "--json")
    assert done.exit_code == 78
    found = json.loads(done.stdout)
    assert found["ok"] is False
    assert [fault["key"] for fault in found["faults"]] == ["pollin", "polling.every"]
    assert len(done.stderr.splitlines()) == 2
    assert all(fault["line"] > 1 and fault["problem"] and fault["mend"] for fault in found["faults"])


class _Platform:
    """A platform whose answers a test sets."""

    def __init__(self, platform: str, handles: Mapping[str, str] | Exception, offset: timedelta | None) -> None:
        self.platform, self._handles, self._offset = platform, handles, offset
        self.accounts = tuple(Account(platform, id, f"dj_{id}") for id in ("1", "2"))
        self.closed = False

    def handles(self) -> Mapping[str, str]:
        if isinstance(self._handles, Exception):
            raise self._handles
        return self._handles

    def health(self) -> Health:
        return Health(clock_offset=self._offset)

    def close(self) -> None:
        self.closed = True


class _Wire(Channel):
    """A channel that keeps what it is given, or fails."""

    def __init__(self, error: TransportError | None = None) -> None:
        self.sent: list[Message] = []
        self.error = error

    def send(self, message: Message, *, deadline: float) -> str:
        if self.error is not None:
            raise self.error
        self.sent.append(message)
        return "204"

    def close(self) -> None:
        return None


@pytest.fixture
def outside(bare: Town, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Set the platform and the channels that `--online` meets."""

    def meet(platform: _Platform, **wires: _Wire) -> None:
        monkeypatch.setattr(online, "build_connectors", lambda *_: {platform.platform: platform})
        monkeypatch.setattr(online, "build_channels", lambda *_: (wires, {}))

    return meet


RIGHT = {"1": "dj_1", "2": "DJ_2"}


def test_online_all_well(bare: Town, outside: Any) -> None:
    """0; a handle's case does not matter; every channel got one test alert for its person."""
    platform, wire = _Platform("twitter", RIGHT, timedelta(seconds=-30)), _Wire()
    outside(platform, **{"kim-hook": wire})
    done = bare.run("check-config", "--online")
    assert done.exit_code == 0, done.output
    assert "이상  " not in done.output
    (message,) = wire.sent
    assert (message.kind, message.recipient, message.sent_at) == ("test", "kim", bare.clock())
    assert message.text and platform.closed


@pytest.mark.parametrize(
    ("handles", "offset", "error", "check", "detail"),
    [
        ({"1": "dj_1"}, timedelta(0), None, "handle", "찾을 수 없습니다"),
        ({"1": "dj_1", "2": "dj_other"}, timedelta(0), None, "handle", "@dj_other"),
        (AuthFailed("401 Unauthorized"), timedelta(0), None, "handle", "401 Unauthorized"),
        (RIGHT, timedelta(seconds=31), None, "clock", "+31"),
        (RIGHT, timedelta(seconds=-31), None, "clock", "-31"),
        (RIGHT, timedelta(0), TransportError("410 Gone", permanent=True), "channel", "410 Gone"),
    ],
    ids=["unknown", "renamed", "token", "behind", "ahead", "channel"],
)
def test_online_faults(
    bare: Town, outside: Any, handles: Any, offset: timedelta, error: TransportError | None, check: str, detail: str
) -> None:
    """1, and which of them failed and why."""
    outside(_Platform("twitter", handles, offset), hook=_Wire(error))
    done = bare.run("check-config", "--online", "--json")
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    failed = [finding for finding in found["online"] if not finding["ok"]]
    assert {finding["check"] for finding in failed} == {check}
    assert detail in failed[-1]["detail"]
    assert found["ok"] is False
    assert "이상" in bare.run("check-config", "--online").output


def test_online_for_real(bare: Town) -> None:
    """Through the real connectors and channels: nobody listens, so each is told as a fault, and the command ends."""
    done = bare.run("check-config", "--online")
    assert done.exit_code == 1
    assert done.output.count("이상  ") == 8
    assert "x-bearer-token" not in done.output and "page-token-2001" not in done.output


def test_a_channel_nobody_uses_is_tested_as_the_root_contacts(bare: Town, outside: Any) -> None:
    """Every channel is tried, whoever uses it."""
    wire = _Wire()
    outside(_Platform("twitter", RIGHT, None), spare=wire)
    assert bare.run("check-config", "--online").exit_code == 0
    assert wire.sent[0].recipient == "ops"
    assert isinstance(wire.sent[0].sent_at, datetime)
