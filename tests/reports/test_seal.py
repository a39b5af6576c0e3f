"""The sealer: blocks that chain, nothing sealed that may yet be joined by a lower id, two nodes that do not collide."""

from __future__ import annotations

import hashlib
import json
import threading
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from monitor.reports.seal import Sealer
from monitor.store import events, seals
from monitor.store.engine import Store
from monitor.store.seals import Line, Seal
from sla.case import Event
from tests.support import Clock


def write(store: Store, clock: Clock, number: int) -> None:
    """Record some events."""
    new = [(f"c{n}", Event("opened", clock(), "platform", {"이름": n, "at": clock()})) for n in range(number)]
    with store.write() as tx:
        events.append(tx, new)


def chain(store: Store) -> list[Seal]:
    """All seals."""
    with store.read() as tx:
        return list(seals.walk(tx))


def test_everything_settled_is_sealed_in_blocks_that_chain(store: Store, clock: Clock) -> None:
    """Blocks of a limited size, a limited number a run, each head over the one before it; then nothing is left."""
    sealer = Sealer(store, clock, block=4, blocks=2)
    write(store, clock, 10)
    assert [sealer.run(), sealer.run(), sealer.run()] == [8, 2, 0]
    blocks = [(seal.number, seal.first_event, seal.last_event, seal.count) for seal in chain(store)]
    assert blocks == [(1, 1, 4, 4), (2, 5, 8, 4), (3, 9, 10, 2)]
    write(store, clock, 1)
    assert sealer.run() == 1
    assert chain(store)[-1].sealed_at == clock()


def test_a_head_can_be_worked_out_by_others(store: Store, clock: Clock) -> None:
    """From the rows alone and by the words of the module, as an auditor would; the same on both databases."""
    write(store, clock, 3)
    Sealer(store, clock, block=2).run()
    micros = 1794787200000000
    head = ""
    for seal, ids in zip(chain(store), ([1, 2], [3]), strict=True):
        block = f"{head}\n"
        for id in ids:
            data = f'{{"이름":{id - 1},"at":"2026-11-16T00:00:00+00:00"}}'
            line = [id, f"c{id - 1}", "opened", micros, "platform", data]
            block += json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n"
        head = hashlib.sha256(block.encode()).hexdigest()
        assert seal.head == head


@given(st.lists(st.text("ab\n", max_size=3), min_size=1, max_size=4), st.lists(st.text("ab\n", max_size=3), max_size=4))
def test_no_two_blocks_of_lines_hash_alike(one: list[str], other: list[str]) -> None:
    """Lines are JSON, so that a newline ends one and is never within: blocks that differ have heads that differ."""

    def block(texts: list[str]) -> list[Line]:
        return [Line(number, json.dumps(one)) for number, one in enumerate(texts)]

    assert (seals.digest("", block(one)) == seals.digest("", block(other))) == (one == other)


def test_a_block_has_one_number_and_one_writer(store: Store, clock: Clock) -> None:
    """A node that read the chain's end before another sealed writes nothing, and says so."""
    write(store, clock, 2)
    late = Seal(1, 1, 1, 1, "0" * 64, clock())
    assert Sealer(store, clock).run() == 2
    with store.write() as tx:
        assert not seals.add(tx, late)
    assert chain(store)[0].head != late.head


def test_two_nodes_seal_every_event_once(database: str, clock: Clock) -> None:
    """At the same time, while events are still being written."""
    nodes = [Store(database), Store(database)]
    total: list[int] = []

    def seal(store: Store) -> None:
        total.extend(Sealer(store, clock, block=3).run() for _ in range(8))

    threads = [threading.Thread(target=seal, args=(node,)) for node in nodes]
    write(nodes[0], clock, 30)
    for thread in threads:
        thread.start()
    for _ in range(10):
        write(nodes[0], clock, 4)
    for thread in threads:
        thread.join()
    total += [Sealer(nodes[1], clock, block=3).run() for _ in range(3)]
    found = chain(nodes[0])
    assert sum(total) == sum(seal.count for seal in found) == 70
    assert [seal.number for seal in found] == list(range(1, len(found) + 1))
    assert all(a.last_event < b.first_event for a, b in pairwise(found))
    for node in nodes:
        node.close()


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_nothing_is_sealed_past_an_id_that_is_not_committed_yet(store: Store, clock: Clock) -> None:
    """PostgreSQL hands out ids before commit: the sealer waits for the writer of the lower one, and seals both."""
    written, go = threading.Event(), threading.Event()

    def slow() -> None:
        with store.write() as tx:
            events.append(tx, [("slow", Event("opened", clock(), "platform", {}))])
            written.set()
            go.wait(10)

    writer = threading.Thread(target=slow)
    writer.start()
    written.wait(10)
    write(store, clock, 1)
    with store.read() as tx:
        assert [line.id for line in seals.lines(tx, None, 99)] == [2]  # the hole that must not be sealed over
    sealed: list[int] = []
    sealer = threading.Thread(target=lambda: sealed.append(Sealer(store, clock).run()))
    sealer.start()
    while not waits_for_a_lock(store):
        assert sealer.is_alive(), "it sealed without waiting"
    go.set()
    writer.join()
    sealer.join()
    assert sealed == [2]
    (seal,) = chain(store)
    assert (seal.first_event, seal.last_event, seal.count) == (1, 2, 2)


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_a_writer_that_does_not_end_holds_the_sealer_only_so_long(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run gives up and seals nothing; the next one goes on."""
    monkeypatch.setattr(seals, "PATIENCE", timedelta(milliseconds=20))
    write(store, clock, 1)
    with store.write() as tx:
        events.append(tx, [("slow", Event("opened", clock(), "platform", {}))])
        assert Sealer(store, clock).run() == 0
    assert Sealer(store, clock).run() == 2


def waits_for_a_lock(store: Store) -> bool:
    """Whether some session waits to lock the events."""
    with store.read() as tx:
        waiting = "SELECT count(*) FROM pg_locks WHERE relation = 'events'::regclass AND NOT granted"
        return tx.execute(text(waiting)).scalar_one() > 0
