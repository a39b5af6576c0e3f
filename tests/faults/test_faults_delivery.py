"""Sending under trouble: two nodes, a database that fails between two words, channels that never recover."""

from __future__ import annotations

import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from monitor.alerts import bundle as bundling
from monitor.alerts import deliver
from monitor.alerts.bundle import Bundler
from monitor.alerts.channels.base import TransportError
from monitor.alerts.message import Message
from monitor.store import alerts
from monitor.store.engine import Store
from monitor.store.tables import AlertRow
from tests.city import MINUTE, SECOND, City, PlayedChannel, answer, build, mention
from tests.support import Clock


def _breach(town: City, cases: int) -> None:
    """Let so many cases fall due, decided and waiting to be bundled."""
    start = town.clock()
    town.say(*(mention(f"m{n}", start, conversation=f"m{n}", author=f"c{n}") for n in range(cases)))
    town.clock.forward(minutes=30)
    town.escalation._bundle = lambda _partial: None
    town.escalation.run()


def _worker(town: City, id: str, channel: str) -> None:
    """What a worker of the pool does with a message, in this thread and with no other beside it."""
    town.delivery._stopping = True
    town.delivery._work(id, channel)


def test_two_nodes_that_bundle_at_once_tell_everyone_once(
    town: City, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both saw the same alerts wait: each alert leaves in one message, and no message leaves empty."""
    _breach(town, 3)
    with closing(Store(database)) as second:
        other = Bundler(second, town.rules, town.clock)
        with second.read() as tx:
            seen_by_both = alerts.groups(tx)
        with monkeypatch.context() as patch:
            patch.setattr(bundling.alerts, "groups", lambda *_: seen_by_both)
            town.bundler.form()
            other.form()
    town.deliver()
    for who in ("kim", "park"):
        sent = town.told(who)
        assert [len(message.cases) for message in sent] == [3], f"{who} was told in {len(sent)} messages"


def test_a_bundle_is_not_taken_from_the_message_that_has_it(town: City, database: str) -> None:
    """Two nodes choose the same alerts in the same instant: the later one comes away with none of them."""
    if town.store.is_sqlite:
        pytest.skip("SQLite has one writer")
    _breach(town, 3)
    taken: list[int] = []
    with closing(Store(database)) as second:
        with second.read() as tx:
            group = next(group for group in alerts.groups(tx) if group.recipient == "park")

        def rival() -> None:
            with second.write() as tx:
                alerts.add_message(tx, "m-late", group.kind, group.level, "park", "park-hook", town.clock())
                taken.append(alerts.bundle(tx, group, "m-late", 500))

        thread = threading.Thread(target=rival)
        with town.store.write() as tx:
            alerts.add_message(tx, "m-first", group.kind, group.level, "park", "park-hook", town.clock())
            assert alerts.bundle(tx, group, "m-first", 500) == 3
            thread.start()
            thread.join(0.5)  # it waits for us, or came away with nothing already
        thread.join()
    assert taken == [0]


def test_a_worker_waits_for_no_other_node(town: City, database: str) -> None:
    """Another node is just taking the message, and may be frozen there: this one goes on with what is free."""
    if town.store.is_sqlite:
        pytest.skip("SQLite has one writer")
    _breach(town, 1)
    town.bundler.form()
    with town.store.read() as tx:
        id, _ = alerts.due_messages(tx, town.clock(), [], 1)[0]
    lease = timedelta(seconds=12)
    with closing(Store(database)) as second, second.write() as tx:
        assert alerts.claim_message(tx, id, town.clock(), "other", lease) is not None
        with town.store.write() as mine:
            mine.exec_driver_sql("SET LOCAL lock_timeout = '1ms'")
            assert alerts.claim_message(mine, id, town.clock(), "mine", lease) is None


def test_what_a_node_that_slept_had_in_hand_is_free_at_once(town: City, monkeypatch: pytest.MonkeyPatch) -> None:
    """It slept between the commit and the send, and nobody took it meanwhile: it waits for no lease to end."""
    _breach(town, 1)
    town.bundler.form()
    with town.store.read() as tx:
        (id, channel), *_ = alerts.due_messages(tx, town.clock(), [], 10)
    with monkeypatch.context() as patch:
        patch.setattr(deliver, "failpoint", lambda _: town.clock.forward(seconds=5))
        _worker(town, id, channel)
    with town.store.read() as tx:
        assert id in [due for due, _ in alerts.due_messages(tx, town.clock(), [], 10)]
    town.deliver()
    assert sum(len(town.told(who)) for who in ("kim", "park")) == 2, "once each"


def test_a_delivered_message_is_not_sent_again_for_an_error_after_it(
    town: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reply to COMMIT was lost on the way, or anything else failed once the result was on record."""
    town.say(mention("m1", town.clock()))
    town.clock.forward(minutes=20)
    town.escalation.run()
    with town.store.read() as tx:
        ((id, _),) = alerts.due_messages(tx, town.clock(), [], 10)

    def broken(name: str) -> None:
        if name == "deliver.after_result":
            raise ConnectionError("the connection is lost")

    with monkeypatch.context() as patch:
        patch.setattr(deliver, "failpoint", broken)
        _worker(town, id, "kim-hook")
    assert len(town.told("kim")) == 1
    town.clock.forward(minutes=9)
    town.deliver()
    assert town.told("kim") == [], "it was delivered, and that is on record"
    with town.store.read() as tx:
        stored = alerts.get_message(tx, id)
    assert stored is not None and stored.state == "delivered"


def test_a_passing_error_of_the_database_makes_no_alert_late(town: City, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deadlock, a terminated backend, a lock: the alert leaves within the minute, not five minutes later."""
    town.say(mention("m1", town.clock()))
    town.clock.forward(minutes=20)
    town.escalation.run()
    with town.store.read() as tx:
        ((id, _),) = alerts.due_messages(tx, town.clock(), [], 10)

    def deadlock(*_: Any) -> None:
        raise OperationalError("UPDATE messages", {}, Exception("deadlock detected"))

    with monkeypatch.context() as patch:
        patch.setattr(deliver.alerts, "claim_message", deadlock)
        _worker(town, id, "kim-hook")
    town.tick(seconds=60)
    assert town.alerted() == {"kim": [("warning", 1)]}


def test_a_message_that_cannot_be_put_together_is_told_of(town: City, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its people will not hear of these cases: the root contact must, and it is a dead letter in the end."""
    real = deliver.compose

    def broken(tx: Any, rules: Any, stored: alerts.Message, now: Any) -> Message:
        if stored.recipient == "kim":
            raise ValueError("a bug of ours")
        return real(tx, rules, stored, now)

    monkeypatch.setattr(deliver, "compose", broken)
    town.say(mention("m1", town.clock()))
    for _ in range(30):
        town.clock.forward(minutes=1)
        town.escalation.run()
        with town.store.read() as tx:
            due = alerts.due_messages(tx, town.clock(), [], 100)
        for id, channel in due:
            _worker(town, id, channel)
    assert ("fault", 0) in town.alerted().get("ops", [])


def test_a_channel_that_asks_to_wait_for_an_hour_is_told_of(town: City) -> None:
    """The person has no other channel: the operator hears within minutes, not when the hour is over."""
    town.channels["kim-hook"].trouble = TransportError(
        "429", permanent=False, retry_at=town.clock() + timedelta(minutes=20, hours=1)
    )
    town.say(mention("m1", town.clock()))
    town.tick(minutes=20)
    for _ in range(5):
        town.tick(minutes=1)
    assert ("fault", 0) in town.alerted().get("ops", [])


_DUO = """
[[staff]]
id = "duo"
name = "둘"
channels = ["lee-hook", "choi-hook"]
[[departments]]
id = "duo"
name = "둘 부서"
duty = ["duo"]
manager = "park"
[[accounts]]
department = "duo"
platform = "twitter"
id = "1003"
handle = "dj_duo"
"""


def test_a_channel_that_works_again_carries_what_the_last_one_cannot(
    store: Store, clock: Clock, tmp_path: Path
) -> None:
    """All of a person's channels failed, the first is back: the alert does not wait a day for the last one."""
    town = build(tmp_path, store, clock, _DUO)
    for id in ("lee-hook", "choi-hook"):
        town.channels[id].trouble = TransportError("503", permanent=False)
    town.say(mention("m1", clock(), addressed=("1003",)))
    town.tick(minutes=20)
    for _ in range(15):
        town.tick(seconds=10)
    town.channels["lee-hook"].trouble = None
    for _ in range(20):
        town.tick(seconds=30)
    assert ("warning", 1) in [(m.kind.value, m.level) for m in town.told("lee")]


class _Picky(PlayedChannel):
    """A receiver that chokes on some messages and takes all others."""

    def send(self, message: Message, *, deadline: float) -> str:
        if message.recipient == "duo":
            raise TransportError("502", permanent=False)
        return super().send(message, deadline=deadline)


def test_a_message_its_channel_always_refuses_falls_back_though_others_pass(
    store: Store, clock: Clock, tmp_path: Path
) -> None:
    """A bundle too big for a receiver fails each time while small ones pass: the next channel carries it."""
    town = build(tmp_path, store, clock, _DUO)
    picky = _Picky()
    town.channels["lee-hook"] = town.delivery._channels["lee-hook"] = picky  # type: ignore[index]
    town.say(mention("m1", clock(), addressed=("1003",)))
    town.tick(minutes=20)
    for number in range(12):
        town.say(mention(f"f{number}", clock() - timedelta(minutes=20), addressed=("1002",), conversation=f"f{number}"))
        town.tick(seconds=30)
    assert [(m.kind.value, m.level) for m in town.told("choi")][:1] == [("warning", 1)]


def test_eleven_hundred_breaches_are_full_bundles_and_all_on_record(town: City) -> None:
    """Three messages a person; every case has its breach, its decision and its delivered alert."""
    start = town.clock()
    for batch in range(0, 1100, 100):
        town.say(*(mention(f"m{n}", start, conversation=f"m{n}", author=f"c{n}") for n in range(batch, batch + 100)))
    town.tick(minutes=30)
    for who in ("kim", "park"):
        sent = town.told(who)
        assert [len(message.cases) for message in sent] == [500, 500, 100]
        assert len({case.id for message in sent for case in message.cases}) == 1100
    assert len(town.events("breached")) == len(town.events("escalated")) == 1100
    with town.store.read() as tx:
        states = [row["state"] for case in town.cases() for row in alerts.alerts_of_case(tx, case.id)]
    assert states == ["delivered"] * 2200


def test_no_send_starts_after_the_answer_is_stored(town: City) -> None:
    """Answers within a second of the deadline race the sends of their alerts: none is begun that was not by then."""
    start = town.clock()
    asked = [mention(f"m{n}", start, conversation=f"m{n}", author=f"c{n}") for n in range(40)]
    town.say(*asked)
    town.clock.forward(minutes=30)
    town.escalation._bundle = lambda _partial: None
    town.escalation.run()
    for_post = _one_message_each(town)
    unbegun: set[str] = set()

    def reply() -> None:
        for number, post in enumerate(asked):
            town.say(answer(f"a{post.id}", post, start + 30 * MINUTE + SECOND * (number % 3 - 1)))
            with town.store.read() as tx:
                if not alerts.attempts(tx, [for_post[post.id]]):
                    unbegun.add(post.id)

    def send() -> None:
        for id in for_post.values():
            town.delivery._deliver(id)

    threads = [threading.Thread(target=work) for work in (reply, send)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sent = {case.mentions[0].id for message in town.told("park") for case in message.cases}
    assert not sent & unbegun
    assert sent | unbegun == set(for_post), "the rest was dropped, and nothing was lost on the way"


def _one_message_each(town: City) -> dict[str, str]:
    """A message of its own for each case's breach, by the id of its mention: each has a race of its own."""
    alert = AlertRow.__table__  # type: ignore[attr-defined]
    made: dict[str, str] = {}
    with town.store.write() as tx:
        for case in town.cases():
            made[case.conversation] = id = f"m-{case.conversation}"
            alerts.add_message(tx, id, "breach", 2, "park", "park-hook", town.clock())
            mine = alert.update().where(alert.c.case_id == case.id)
            tx.execute(mine.where(alert.c.recipient == "park").values(state="bundled", message_id=id))
            tx.execute(mine.where(alert.c.recipient == "kim").values(state="shadow"))
    return made
