"""`alerts`: what was sent, dead letters, and the operator's word."""

from __future__ import annotations

import pytest

from monitor.store import alerts, events, flags, operator
from monitor.store.engine import Store
from tests.cli.conftest import Town


@pytest.fixture
def dead(town: Town, case: str, opened: Store) -> str:
    """The id of a message about the case that was given up after one try."""
    now = town.clock()
    row = {"key": "k1", "case_id": case, "recipient": "kim", "kind": "warning", "level": 1, "due_at": now,
           "created_at": now, "checked": True, "late": False, "clock": "first", "held_until": None,
           "state": "waiting", "message_id": None}  # fmt: skip
    with opened.write() as tx:
        alerts.put(tx, [row])
        alerts.add_message(tx, "m1", "warning", 1, "kim", "kim-hook", now)
        alerts.bundle(tx, alerts.groups(tx)[0], "m1", 10)
        alerts.end_attempt(tx, alerts.start_attempt(tx, "m1", "kim-hook", now), now, "refused", "410 Gone")
        alerts.update_message(tx, "m1", state="dead", next_attempt_at=None, finished_at=now, problem="410 Gone")
        alerts.settle(tx, "m1", "dead")
        alerts.add_message(tx, "m2", "fault", 0, "ops", "ops-hook", now)
    return "m1"


def test_what_was_sent_to_whom(town: Town, case: str, dead: str) -> None:
    """Every message with its cases and tries; `--dead` only those given up."""
    found = {message["id"]: message for message in town.json("alerts")}
    assert set(found) == {"m1", "m2"}
    assert (found["m1"]["recipient"], found["m1"]["cases"], found["m1"]["tries"]) == ("kim", [case], 1)
    assert found["m1"]["attempts"][0] == {
        "channel": "kim-hook", "started_at": "2026-11-16T09:00:00+09:00", "finished_at": "2026-11-16T09:00:00+09:00",
        "result": "refused", "detail": "410 Gone",
    }  # fmt: skip
    assert [message["id"] for message in town.json("alerts", "--dead")] == [dead]
    shown = town.run("alerts", "--dead").output
    assert "김담당" in shown and "발송 실패 · 1건" in shown and "410 Gone" in shown and "m2" not in shown


def test_waiting_alerts_are_counted(town: Town, opened: Store) -> None:
    """An alert that is in no message yet is not invisible."""
    now = town.clock()
    row = {"key": "k1", "case_id": None, "recipient": "kim", "kind": "warning", "level": 1, "due_at": now,
           "created_at": now, "checked": True, "late": False, "clock": "first", "held_until": None,
           "state": "waiting", "message_id": None}  # fmt: skip
    with opened.write() as tx:
        alerts.put(tx, [row])
    assert "묶음 대기 1건" in town.run("alerts").output


def test_retry_sends_a_dead_letter_again(town: Town, dead: str, opened: Store) -> None:
    """Under its own id, due at once, with its alerts; only once, and the history says so."""
    assert town.run("alerts", "retry", dead).exit_code == 0
    with opened.read() as tx:
        message = alerts.get_message(tx, dead)
        assert message is not None
        assert (message.state, message.next_attempt_at, message.finished_at) == ("queued", town.clock(), None)
        assert [row["state"] for row in tx.exec_driver_sql("SELECT state FROM alerts").mappings()] == ["bundled"]
        assert [event.kind for event in events.walk(tx, kinds=["alert_retried"])] == ["alert_retried"]
    again = town.run("alerts", "retry", dead)
    assert again.exit_code == 1 and dead in again.stderr


def test_retry_of_what_is_not_dead(town: Town, dead: str, opened: Store) -> None:
    """A message on its way is left alone."""
    assert town.run("alerts", "retry", "m2").exit_code == 1
    assert town.run("alerts", "retry", "m9").exit_code == 1


def test_release_lets_held_messages_go(town: Town, dead: str, opened: Store) -> None:
    """What a restore held goes on under its id; a second word finds nothing."""
    with opened.write() as tx:
        assert operator.hold(tx, "copy.db", town.clock()) == 1
    assert "alerts release" in town.run("alerts").stderr
    with opened.read() as tx:
        assert alerts.due_messages(tx, town.clock(), [], 10) == []
    done = town.run("alerts", "release")
    assert done.exit_code == 0 and "1건" in done.output
    with opened.read() as tx:
        assert alerts.due_messages(tx, town.clock(), [], 10) == [("m2", "ops-hook")]
        assert flags.get(tx, flags.ALERTS_HELD) is None
    again = town.run("alerts", "release")
    assert again.exit_code == 1 and again.stderr


def test_flags_are_set_once_and_over(town: Town, opened: Store) -> None:
    """The last value stands; clearing says whether there was one."""
    with opened.write() as tx:
        flags.put(tx, "f", "1", town.clock())
        flags.put(tx, "f", "2", town.clock())
        assert (flags.get(tx, "f"), flags.set_at(tx, "f")) == ("2", town.clock())
        assert (flags.clear(tx, "f"), flags.clear(tx, "f"), flags.get(tx, "f")) == (True, False, None)
