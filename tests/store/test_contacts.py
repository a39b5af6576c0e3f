"""Which channels were proved: by a test or by an alert, at the address they have now."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event

from monitor.store import contacts
from monitor.store.contacts import Contact
from monitor.store.engine import Store
from tests.conftest import START

MINUTE = timedelta(minutes=1)


def test_tries_of_a_channel(store: Store) -> None:
    """A failure keeps the proof of the same address and drops that of another; a success proves the new one."""
    steps = [
        ("a", "no route", Contact("hook", "a", START, None, "no route")),
        ("a", "", Contact("hook", "a", START + MINUTE, START + MINUTE, "")),
        ("a", "410", Contact("hook", "a", START + 2 * MINUTE, START + MINUTE, "410")),
        ("b", "410", Contact("hook", "b", START + 3 * MINUTE, None, "410")),
        ("b", "", Contact("hook", "b", START + 4 * MINUTE, START + 4 * MINUTE, "")),
    ]
    for number, (address, problem, expected) in enumerate(steps):
        with store.write() as tx:
            contacts.tried(tx, "hook", address, START + number * MINUTE, problem)
        with store.read() as tx:
            assert contacts.known(tx) == {"hook": expected}
    assert expected.proves("b") and not expected.proves("a")
    assert not steps[0][2].proves("a")


def test_a_delivered_alert_proves_its_channel(store: Store) -> None:
    """The first one is written; of the next ones none, until the address is another or a test failed."""
    written: list[str] = []

    @event.listens_for(store.engine, "before_cursor_execute")
    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        written.extend([statement] if not statement.startswith(("SELECT", "BEGIN")) else [])

    def deliver(address: str, minutes: int) -> bool:
        written.clear()
        with store.write() as tx:
            news = contacts.delivered(tx, "hook", address, START + minutes * MINUTE)
        assert bool(written) == news
        return news

    assert deliver("a", 0)
    assert not deliver("a", 1)
    assert deliver("b", 2)
    with store.write() as tx:
        contacts.tried(tx, "hook", "b", START + 3 * MINUTE, "410")
    assert deliver("b", 4)
    assert not deliver("b", 5)
    with store.read() as tx:
        assert contacts.known(tx)["hook"] == Contact("hook", "b", START + 4 * MINUTE, START + 4 * MINUTE, "")


@pytest.mark.parametrize("name", ["one", "two"])
def test_channels_stand_alone(store: Store, name: str) -> None:
    """What one channel does says nothing of another."""
    with store.write() as tx:
        contacts.tried(tx, "one", "a", START)
        contacts.tried(tx, "two", "a", START, "refused")
        assert contacts.known(tx)[name].proves("a") == (name == "one")
