"""Which settings are in force among several nodes, and what a node does whose settings are not."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from monitor.alerts.bundle import Bundler
from monitor.escalation.engine import Escalation
from monitor.nodes import Membership, in_force
from monitor.rules import Rules
from monitor.store import alerts, nodes
from monitor.store.engine import PASSING, Store, Transaction
from monitor.store.fence import FencedStore
from tests.city import City, mention
from tests.support import Clock, city

LONGER = '[policies.standard]\nack_holds = "20m"\n'


#: On SQLite a lock beside the file lets no second daemon in.
SHARED = pytest.mark.parametrize("database", ["postgres"], indirect=True)


def _member(store: Store, clock: Clock, rules: Rules) -> Membership:
    """A node whose database has the test's clock."""

    def moment(_tx: Transaction) -> datetime:
        return clock()

    node = Membership(store, clock, moment)
    node.adopt(rules, lambda: None)
    clock.forward(seconds=0.001)  # which of two started first is no question of chance here
    return node


@pytest.mark.parametrize(
    ("held", "others", "force"),
    [
        (None, set(), "mine"),
        ("mine", {"theirs"}, "mine"),
        ("theirs", {"theirs"}, "theirs"),
        ("theirs", {"third"}, "mine"),
        ("theirs", set(), "mine"),
    ],
)
def test_what_is_in_force_stays_so_while_a_live_node_has_it(held: str | None, others: set[str], force: str) -> None:
    """Else the settings of the node that asks."""
    assert in_force(held, "mine", others) == force


@SHARED
def test_nodes_of_the_same_settings_all_decide_and_one_is_the_eldest(town: City) -> None:
    """What one node alone has to do, the one that started first does; when it ends, the next."""
    first, second = (_member(town.store, town.clock, town.rules) for _ in range(2))
    for node in (first, second, first, second):
        node.attend()
    assert (first.decides, second.decides) == (True, True)
    assert (first.is_eldest, second.is_eldest) == (True, False)
    first.leave()
    second.attend()
    assert second.is_eldest


@SHARED
def test_a_node_with_other_settings_waits_and_says_so_once(town: City, tmp_path: Path) -> None:
    """Until the last live node of the old ones has them too, or is gone for 15 s."""
    old = _member(town.store, town.clock, town.rules)
    new = _member(town.store, town.clock, Rules(city(tmp_path, more=LONGER)))
    for _ in range(3):
        for node in (old, new):
            node.attend()
        town.clock.forward(seconds=2)
    assert (old.decides, new.decides) == (True, False)
    assert "not in force" in new.faults()[0]
    assert old.faults() == []
    with town.store.read() as tx:
        told = alerts.messages(tx)
    assert [(m.kind, m.recipient) for m in told] == [("fault", "ops")]
    town.clock.forward(seconds=11)
    new.attend()
    assert not new.decides, "heard of 13 s ago"
    town.clock.forward(seconds=3)
    new.attend()
    assert new.decides
    assert new.faults() == []
    old.attend()
    assert not old.decides, "who slept meanwhile waits now"


@SHARED
def test_a_reload_of_one_of_two_waits_for_the_other(town: City, tmp_path: Path) -> None:
    """It begins by itself when the other has reloaded too; open cases are recomputed once."""
    one, other = (_member(town.store, town.clock, town.rules) for _ in range(2))
    for node in (one, other):
        node.attend()
    town.say(mention("m1", town.clock()))
    target = '[policies.standard]\ntarget = "40m"\nsteps = [{at = "40m", kind = "breach", notify = ["duty"]}]\n'
    rules = Rules(city(tmp_path, more=target))
    one.adopt(rules, lambda: None)
    one.attend()
    assert (one.decides, other.decides) == (False, True)
    other.adopt(rules, lambda: None)
    other.attend()
    one.attend()
    other.attend()
    assert (one.decides, other.decides) == (True, True)
    assert len(town.events("rescheduled")) == 1
    assert [event.data["settings"] for event in town.events("settings_in_force")] == [
        town.rules.settings.hash(), rules.settings.hash(),
    ]  # fmt: skip


def test_a_single_node_goes_on_at_once(town: City, tmp_path: Path) -> None:
    """A reload of one node alone, and on SQLite a start after a kill too: there is nobody to wait for."""
    node = _member(town.store, town.clock, town.rules)
    node.attend()
    begun: list[int] = []
    node.adopt(Rules(city(tmp_path, more=LONGER)), lambda: begun.append(1))
    assert not node.decides
    node.attend()
    node.attend()
    assert node.decides
    assert begun == [1], "its parts begin once"
    if town.store.is_sqlite:
        after = _member(town.store, town.clock, town.rules)
        after.attend()
        assert after.decides, "the lock beside the file says that the other is dead"


def test_a_node_that_slept_decides_nothing_by_old_settings(town: City, tmp_path: Path) -> None:
    """The fence: it has not looked yet and believes that it decides; its transactions are refused all the same."""
    slept = _member(town.store, town.clock, town.rules)
    slept.attend()
    fence = FencedStore(town.store)
    fence.arm(town.rules.settings.hash())
    bundler = Bundler(fence, town.rules, town.clock)
    looker = town.escalation._looker
    escalation = Escalation(fence, town.rules, looker, town.clock, bundler.form)
    town.say(mention("m1", town.clock()))
    town.clock.forward(minutes=20)
    other = _member(town.store, town.clock, Rules(city(tmp_path, more=LONGER)))
    other.attend()
    assert (slept.decides, other.decides) == (True, True)
    with pytest.raises(nodes.NotInForce):
        escalation.run()
    assert issubclass(nodes.NotInForce, PASSING), "for whoever was at work it is an error that passes"
    assert town.events("escalated") == []
    slept.adopt(other._rules, lambda: None)
    slept.attend()
    fence.arm(other._rules.settings.hash())
    assert escalation.run() == 1


def test_the_databases_clock_is_the_one_that_counts(town: City) -> None:
    """Whatever a node's own clock shows, it is seen by the others."""
    off = Clock(town.clock() - timedelta(days=300))
    node = Membership(town.store, off)
    node.adopt(town.rules, lambda: None)
    node.attend()
    with town.store.read() as tx:
        (seen,) = nodes.everyone(tx)
        assert nodes.is_live(seen, nodes.database_now(tx))
    assert seen.started_at == off()


@SHARED
def test_a_process_that_froze_after_writing_loses_its_sessions(town: City, database: str) -> None:
    """It holds what the others wait for, and its own next transaction too, which would hold it for as long again."""
    frozen = Store(database)
    many = text("INSERT INTO flags (name, value, set_at) VALUES (:name, '', 0)")

    def ended(silent: timedelta) -> int:
        with town.store.read() as tx:
            return nodes.end_frozen(tx, silent)

    def its_next() -> None:
        with suppress(PASSING), frozen.write() as tx:
            tx.execute(many, [{"name": "a"}])

    with frozen.read() as tx:
        tx.execute(text("SELECT 1"))
        assert ended(timedelta(0)) == 0, "a reader is in nobody's way"
    waiting = threading.Thread(target=its_next)
    with pytest.raises(PASSING), frozen.write() as tx:
        tx.execute(many, [{"name": "a"}, {"name": "b"}])
        waiting.start()
        while not _somebody_waits(town.store):
            pass
        assert ended(nodes.FROZEN) == 0, "it wrote just now"
        assert ended(timedelta(0)) == 2
        tx.execute(text("SELECT 1"))
    waiting.join()
    frozen.close()
    with town.store.read() as tx:
        assert tx.execute(text("SELECT count(*) FROM flags WHERE name = 'a'")).scalar_one() == 0


def _somebody_waits(store: Store) -> bool:
    with store.read() as tx:
        return bool(tx.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar_one())
