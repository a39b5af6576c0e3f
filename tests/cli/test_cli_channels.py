"""`channels`: whom each reaches, a test alert over each, and what `check-config` makes of it."""

from __future__ import annotations

import json

import pytest

from config import load
from monitor.alerts.channels.base import Channel, TransportError
from monitor.alerts.message import Message
from monitor.cli import online
from monitor.store import contacts
from monitor.store.engine import Store
from tests.cli.conftest import Town

ALL = ["kim-hook", "lee-hook", "park-hook", "choi-hook", "ops-hook"]


class Wire(Channel):
    """A channel that keeps what it is given, or fails."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.error: TransportError | None = None
        self.closed = False

    def send(self, message: Message, *, deadline: float) -> str:
        if self.error is not None:
            raise self.error
        self.sent.append(message)
        return "204"

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def wires(monkeypatch: pytest.MonkeyPatch) -> dict[str, Wire]:
    """Channels in place of the town's own, by id; no platform."""
    made = {id: Wire() for id in ALL}
    monkeypatch.setattr(online, "build_channels", lambda *_: (made, {}))
    monkeypatch.setattr(online, "build_connectors", lambda *_: {})
    return made


def standing(town: Town) -> dict[str, tuple[bool, str]]:
    """Whether each channel is proved, and its problem, as programs are told."""
    return {one["id"]: (one["verified"], one["problem"]) for one in town.json("channels", "list")}


def unproved(town: Town) -> list[str]:
    """The channels that `check-config` says were never proved."""
    for one in town.json("check-config")["findings"]:
        if one["key"] == "channels":
            assert "channels test" in one["mend"]
            return str(one["problem"].partition(": ")[2]).split(", ")
    return []


def test_a_test_alert_over_every_channel(town: Town, wires: dict[str, Wire]) -> None:
    """Each gets one, for its person; printed with whom it reaches; on record as proved."""
    assert [one["verified"] for one in town.json("channels", "list")] == [False] * 5
    done = town.run("channels", "test")
    assert done.exit_code == 0
    assert done.output.splitlines()[0].split() == ["정상", "kim-hook", "김담당(kim)", "204"]
    assert [message.recipient for wire in wires.values() for message in wire.sent] == [
        "kim", "lee", "park", "choi", "ops",
    ]  # fmt: skip
    assert all(wire.sent[0].kind == "test" and wire.closed for wire in wires.values())
    (first, *_) = town.json("channels", "list")
    assert first == {
        "id": "kim-hook", "type": "webhook", "people": ["kim"], "verified": True,
        "verified_at": "2026-11-16T09:00:00+09:00", "tried_at": "2026-11-16T09:00:00+09:00", "problem": "",
    }  # fmt: skip


def test_one_that_fails(town: Town, wires: dict[str, Wire]) -> None:
    """1, with what the receiver said, which stays on record; the others are proved all the same."""
    wires["lee-hook"].error = TransportError("410 Gone", permanent=True)
    done = town.run("channels", "test", "--json")
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert [one["channel"] for one in found if not one["ok"]] == ["lee-hook"]
    assert found[1] == {"channel": "lee-hook", "people": ["lee"], "ok": False, "detail": "410 Gone"}
    assert standing(town) == {id: (id != "lee-hook", "410 Gone" if id == "lee-hook" else "") for id in ALL}
    shown = town.run("channels", "list").output
    assert "최근 실패 2026-11-16(월) 09:00:00: 410 Gone" in shown and shown.count("발송 확인:") == 4
    assert town.run("channels", "test").exit_code == 1


def test_only_those_that_are_named(town: Town, wires: dict[str, Wire]) -> None:
    """The others are left alone; an unknown id ends with 1 before anything is sent."""
    assert town.run("channels", "test", "ops-hook", "kim-hook").exit_code == 0
    assert [id for id in ALL if wires[id].sent] == ["kim-hook", "ops-hook"]
    done = town.run("channels", "test", "kim-hook", "kin-hook")
    assert done.exit_code == 1
    assert "kin-hook" in done.output and len(wires["kim-hook"].sent) == 1


def test_a_channel_of_nobody_and_one_of_many(town: Town, wires: dict[str, Wire]) -> None:
    """Whom a channel reaches, first or as a fallback, stands beside it; what nobody uses is no finding."""
    more = '[[channels]]\nid = "spare"\ntype = "webhook"\nurl = "http://127.0.0.1:9/s"\nallow_private = true\n'
    text = town.path.read_text(encoding="utf-8")
    text = text.replace('channels = ["lee-hook"]', 'channels = ["lee-hook", "kim-hook"]')
    town.path.write_text(text + more, encoding="utf-8")
    reached = {one["id"]: one["people"] for one in town.json("channels", "list")}
    assert (reached["kim-hook"], reached["spare"]) == (["kim", "lee"], [])
    assert "쓰는 사람 없음" in town.run("channels", "list").output
    assert unproved(town) == ALL


def test_a_changed_address_is_unproved_again(town: Town, wires: dict[str, Wire]) -> None:
    """`check-config` names what was never proved where it leads now; a changed secret changes nothing."""
    assert unproved(town) == ALL
    assert town.run("channels", "test").exit_code == 0
    assert unproved(town) == []
    text = town.path.read_text(encoding="utf-8")
    other = text.replace("http://127.0.0.1:9/kim", "http://127.0.0.1:9/kim2")
    other = other.replace('id = "ops-hook"\n', 'id = "ops-hook"\nsecret = "another"\n')
    town.path.write_text(other, encoding="utf-8")
    assert unproved(town) == ["kim-hook"]
    assert "주소 변경 후" in town.run("channels", "list").output
    assert town.run("check-config").exit_code == 0


def test_an_address_is_told_by_its_hash_alone(town: Town, opened: Store, wires: dict[str, Wire]) -> None:
    """Of an address, which may hold a secret, the database keeps no more than a hash; none is printed."""
    assert town.run("channels", "test").exit_code == 0
    with opened.read() as tx:
        known = contacts.known(tx)
    assert {len(contact.address) for contact in known.values()} == {64}
    assert len({contact.address for contact in known.values()}) == 5
    assert "127.0.0.1" not in town.run("channels", "list").output + str(known)


def test_without_a_database(bare: Town, wires: dict[str, Wire]) -> None:
    """Nothing can be kept, so nothing is sent: try later. `check-config --online` sends and makes no database."""
    for command in ("list", "test"):
        assert bare.run("channels", command).exit_code == 75
    assert not any(wire.sent for wire in wires.values())
    assert unproved(bare) == ALL
    assert bare.run("check-config", "--online").exit_code == 0
    assert all(wire.sent for wire in wires.values()) and not bare.database.exists()


def test_an_online_check_proves_too(town: Town, wires: dict[str, Wire]) -> None:
    """Where there is a database, what came of its test alerts is kept, and counts in the same run."""
    found = town.json("check-config", "--online")
    assert [one["key"] for one in found["findings"]] == []
    assert standing(town) == dict.fromkeys(ALL, (True, ""))


def test_findings_are_printed_and_are_no_fault(town: Town, wires: dict[str, Wire]) -> None:
    """One line each, in the reader's language, and 0."""
    with town.path.open("a", encoding="utf-8") as file:
        file.write('[[rosters]]\ndepartment = "transport"\nhours = ["mon-sun 00:00-23:00"]\npeople = ["kim"]\n')
    done = town.run("check-config", columns=200)
    assert done.exit_code == 0
    noted = [line for line in done.output.splitlines() if line.startswith("점검  ")]
    assert len(noted) == 2
    assert "departments[0]: transport" in noted[0] and "mon-sun 23:00-24:00" in noted[0]
    assert town.json("check-config")["ok"] is True


def test_a_database_that_cannot_be_asked(town: Town, wires: dict[str, Wire]) -> None:
    """It hides no other finding and is one itself."""
    town.database.write_bytes(b"not a database" * 400)
    assert [one["key"] for one in town.json("check-config")["findings"]] == ["service.database"]
    assert town.run("check-config", "--online").exit_code == 0


def test_the_address_of_a_channel(town: Town) -> None:
    """Two channels with one address have one hash; its type and where it leads are all that counts."""
    first = load(town.path).channels[0]
    same = first.model_copy(update={"id": "other", "allow_private": False})
    assert same.address_hash == first.address_hash
    assert first.model_copy(update={"url": "http://127.0.0.1:9/x"}).address_hash != first.address_hash
