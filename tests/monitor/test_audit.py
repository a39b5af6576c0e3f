"""The auditor proves from the database that steps ran and alerts ended; it takes no word of the engine for it."""

from __future__ import annotations

import ast
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from monitor import app as composition
from monitor import audit, faults, housekeeping
from monitor.audit import Auditor
from monitor.cycle import Cycle
from monitor.housekeeping import Housekeeping
from monitor.store import episodes
from monitor.store.columns import micros
from tests.city import MINUTE, City, mention
from tests.support import city


@pytest.fixture
def auditor(town: City) -> Auditor:
    """An auditor that has looked once."""
    built = Auditor(town.store, town.rules, town.clock)
    assert built.look() == []
    return built


def _do(town: City, statement: str) -> None:
    """A hand in the database."""
    with town.store.write() as tx:
        tx.exec_driver_sql(statement)


def _faults(town: City) -> list[str]:
    town.deliver()
    return [message.text for message in town.told("ops") if message.kind == "fault"]


def test_it_stands_apart_from_the_engine() -> None:
    """What it proves it must not take from what it proves it of."""
    tree = ast.parse(Path(audit.__file__).read_text(encoding="utf-8"))
    names = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not {name for name in names if name.startswith(("monitor.escalation", "monitor.desk", "monitor.intake"))}


def test_a_step_that_nobody_decided_is_told_once_and_its_end_too(town: City, auditor: Auditor) -> None:
    """SEMANTICS, "the auditor": after a minute, one fault an episode, kept for the other nodes to see."""
    town.say(mention("m1", town.clock()))
    town.clock.forward(minutes=20, seconds=60)
    assert auditor.look() == []
    town.clock.forward(seconds=1)
    assert len(auditor.look()) == 1
    town.clock.forward(seconds=5)
    auditor.look()
    assert len(_faults(town)) == 1
    with town.store.read() as tx:
        (episode,) = episodes.going_on(tx, faults.AUDIT)
    assert "waited for its decision" in episode.why
    town.escalation.run()
    assert auditor.look() == []
    assert len(_faults(town)) == 1, "that it is content again"
    with town.store.read() as tx:
        assert episodes.going_on(tx) == []


def test_what_was_late_before_it_began_has_its_minute_too(town: City) -> None:
    """After a downtime everything is late, and being caught up on: no false alarm at each start."""
    town.say(mention("m1", town.clock()))
    town.clock.forward(hours=3)
    auditor = Auditor(town.store, town.rules, town.clock)
    assert auditor.look() == []
    town.clock.forward(seconds=61)
    assert len(auditor.look()) == 2, "the step that is due, and the breach that is not on record"


@pytest.mark.parametrize(
    "hand",
    [
        "UPDATE cases SET next_action_at = NULL",
        "UPDATE cases SET next_action_at = next_action_at + 60000000",
        "UPDATE cases SET level = 2",
        "UPDATE cases SET watchers = 'x'",
    ],
)
def test_a_case_that_lost_its_next_action_is_found(town: City, auditor: Auditor, hand: str) -> None:
    """No open case without the next action that the rules give it, nor one that cannot be read; until it is right."""
    town.say(mention("m1", town.clock()))
    assert auditor.look() == []
    _do(town, hand)
    (found,) = auditor.look()
    assert town_case_id(town) in found
    _do(town, "UPDATE cases SET level = 0, watchers = '[]'")
    case = town.case()
    _do(town, f"UPDATE cases SET next_action_at = {micros(case.opened_at + 20 * MINUTE)}")
    assert auditor.look() == []


def town_case_id(town: City) -> str:
    """The id of the only case, readable or not."""
    with town.store.read() as tx:
        return str(tx.exec_driver_sql("SELECT id FROM cases").scalar_one())


def test_every_open_case_is_visited_in_turn(town: City, auditor: Auditor, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slice a look, whatever their number; the one that is wrong is found in its turn and kept in sight."""
    monkeypatch.setattr(audit, "LEAST_SLICE", 2)
    auditor = Auditor(town.store, town.rules, town.clock)
    for n in range(7):
        town.say(mention(f"m{n}", town.clock(), conversation=f"m{n}", author=f"c{n}"))
    last = max(case.id for case in town.cases())
    _do(town, f"UPDATE cases SET next_action_at = NULL WHERE id = '{last}'")
    looks = [len(auditor.look()) for _ in range(6)]
    assert looks == [0, 0, 0, 1, 1, 1]
    town.clock.forward(seconds=1)
    assert len(_faults(town)) == 1


def test_an_alert_that_waits_too_long_is_found_and_one_that_is_held_is_not(town: City, auditor: Auditor) -> None:
    """Quiet hours hold it on purpose: it is late only after its time came."""
    town.say(mention("m1", town.clock()))
    town.clock.forward(minutes=20)
    town.escalation._bundle = lambda _partial: 0
    town.escalation.run()
    _do(town, f"UPDATE alerts SET held_until = {micros(town.clock() + 7 * MINUTE)}")
    town.clock.forward(minutes=8)
    assert auditor.look() == []
    town.clock.forward(minutes=6)
    assert [line for line in auditor.look() if "alert has waited" in line]


def test_a_message_that_nobody_takes_is_found(town: City, auditor: Auditor) -> None:
    """Due for five minutes, and in no worker's hand."""
    town.say(mention("m1", town.clock()))
    town.clock.forward(minutes=20)
    town.escalation.run()
    town.clock.forward(minutes=5, seconds=1)
    assert [line for line in auditor.look() if "message has waited" in line]
    town.deliver()
    assert auditor.look() == []


@pytest.mark.parametrize(
    "hand",
    [
        "DELETE FROM alerts WHERE recipient = 'park'",
        "UPDATE alerts SET state = 'bundled', message_id = NULL WHERE recipient = 'park'",
        "UPDATE alerts SET recipient = 'choi' WHERE recipient = 'park'",
    ],
)
def test_a_decision_whose_alert_is_lost_is_found(town: City, auditor: Auditor, hand: str) -> None:
    """Each person whom a decision names has an alert that ended or is under way."""
    town.say(mention("m1", town.clock()))
    town.tick(minutes=20)
    town.tick(minutes=10)
    town.clock.forward(seconds=40)
    assert auditor.look() == []
    town.tick(minutes=29, seconds=20)
    _do(town, hand)
    fresh = Auditor(town.store, town.rules, town.clock)
    (found,) = fresh.look()
    assert "park" in found
    assert "level 2" in found
    town.clock.forward(hours=1)
    town.tick()
    assert fresh.look() == [], "what is older than an hour is history: report verify counts it"


def test_a_healthy_day_is_all_content(town: City, auditor: Auditor) -> None:
    """Warning, breach, escalation, repeats, an acknowledgement, a transfer: nothing is found that is right."""
    town.say(mention("m1", town.clock()), mention("m2", town.clock(), conversation="m2", author="c2"))
    one, other = town.cases()
    for minute in range(150):
        town.tick(minutes=1)
        if minute == 10:
            town.desk.acknowledge(one.id, "kim")
        if minute == 45:
            town.desk.transfer(other.id, "kim", "facility", "그쪽 일")
        assert auditor.look() == []


def test_an_episode_outlives_a_restart(town: City, auditor: Auditor) -> None:
    """What another process found wrong ends only when everything was looked at, and is not told twice."""
    town.say(mention("m1", town.clock()))
    _do(town, "UPDATE cases SET next_action_at = NULL")
    auditor.look()
    fresh = Auditor(town.store, town.rules, town.clock)
    fresh.look()
    assert len(_faults(town)) == 1
    _do(town, f"UPDATE cases SET next_action_at = {micros(town.clock() + 20 * MINUTE)}")
    assert fresh.look() == []
    assert len(_faults(town)) == 1


@pytest.fixture
def beats(town: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Sends a heartbeat if one may leave; tells how many left so far."""
    called: list[str] = []
    monkeypatch.setattr(housekeeping, "beat", called.append)
    settings = city(tmp_path)
    settings = settings.model_copy(update={"service": settings.service.model_copy(update={"heartbeat_url": "x"})})
    app = composition.build(settings, town.clock, town.store)
    keeping = Housekeeping(app, Cycle(town.store, town.clock, {}))

    def beat() -> int:
        keeping._beat()
        return len(called)

    return beat


def test_no_heartbeat_leaves_while_it_is_not_content(town: City, auditor: Auditor, beats: Callable[[], int]) -> None:
    """Whoever watches from outside notices: on every node, until it is content again."""
    assert beats() == 1
    town.say(mention("m1", town.clock()))
    town.clock.forward(minutes=21, seconds=1)
    auditor.look()
    assert beats() == 1
    town.escalation.run()
    auditor.look()
    assert beats() == 2


def test_no_heartbeat_leaves_while_nobody_audits(town: City, beats: Callable[[], int]) -> None:
    """No news is no proof: an auditor that hangs, or cannot write what it found, is none."""
    assert beats() == 0
    Auditor(town.store, town.rules, town.clock).look()
    assert beats() == 1
    minute = faults.LOOKED_WITHIN // timedelta(microseconds=1) + 1_000_000
    _do(town, f"UPDATE flags SET set_at = set_at - {minute} WHERE name = 'audited'")
    assert beats() == 1


def test_a_look_that_cannot_be_written_down_is_none(
    town: City, auditor: Auditor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full: what was found is neither told nor known outside, so the job fails and is seen to fail."""
    town.say(mention("m1", town.clock()))
    town.clock.forward(minutes=21, seconds=1)

    def full(*_: object) -> bool:
        raise OperationalError("INSERT", None, sqlite3.OperationalError("database or disk is full"))

    with monkeypatch.context() as patch:
        patch.setattr(episodes, "begin", full)
        with pytest.raises(OperationalError):
            auditor.look()
    assert len(auditor.look()) == 1
    assert len(_faults(town)) == 1, "with room again it is told, and once"


def test_set_back_the_clock_blinds_it_for_no_hour(town: City) -> None:
    """What falls due by the time that is right is late a minute after, not when the wrong time comes again."""
    town.clock.forward(hours=1)
    auditor = Auditor(town.store, town.rules, town.clock)
    auditor.look()
    town.clock.forward(hours=-1)
    auditor.look()
    town.say(mention("m1", town.clock()))
    town.clock.forward(minutes=20, seconds=61)
    assert len(auditor.look()) == 1


def test_set_back_the_clock_hides_no_later_decision(town: City, auditor: Auditor) -> None:
    """History of a time still to come keeps nobody from reading on."""
    town.say(mention("m1", town.clock()))
    town.tick(minutes=20)
    town.clock.forward(hours=-1)
    town.say(mention("m2", town.clock(), conversation="m2", author="c2"))
    town.tick(minutes=20)
    town.clock.forward(seconds=40)
    _do(town, "DELETE FROM alerts WHERE created_at = (SELECT min(created_at) FROM alerts)")
    assert [line for line in auditor.look() if "no alert of" in line]
