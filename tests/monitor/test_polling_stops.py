"""Polling that is drained while it works."""

from __future__ import annotations

import threading

import pytest

from monitor.intake.poll import Polling
from monitor.store.accounts import Walk
from tests.city import City


def test_a_source_claimed_as_polling_is_drained_is_handed_over(town: City, monkeypatch: pytest.MonkeyPatch) -> None:
    """The end never falls between a source's claim and its worker: `fill` ends without an error."""
    claimed, go_on, claim = threading.Event(), threading.Event(), Polling._claim

    def slowly(polling: Polling, ids: list[str]) -> Walk | None:
        walk = claim(polling, ids)
        claimed.set()
        go_on.wait(10)
        return walk

    monkeypatch.setattr(Polling, "_claim", slowly)
    town.polling.plan(town.clock())
    raised: list[BaseException] = []

    def fill() -> None:
        try:
            town.polling.fill()
        except RuntimeError as error:
            raised.append(error)

    filling = threading.Thread(target=fill)
    filling.start()
    assert claimed.wait(10)
    draining = threading.Thread(target=town.polling.drain)
    draining.start()
    draining.join(0.2)  # without the gate it is through here, and the pool shut
    go_on.set()
    filling.join(10)
    draining.join(10)
    assert raised == []
