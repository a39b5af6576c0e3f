"""Lets a city live through many courses on a store, and counts."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import event

from monitor.escalation import look
from monitor.store.engine import Store
from tests.proof.machine import AnyCourse
from tests.proof.world import Faults, rules

ASKED = os.environ.get("SNS_MONITOR_PROOF_STEPS")
"""How many steps to take at least, another way each time; without it the same ones every time."""
LONGEST = 50
"""Steps in one course, before the next begins with an empty database."""
USUAL = 42
"""No fewer than this on average: some end early."""


def live(store: Store, folder: Path, steps: int, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Take at least so many steps; fails where one of them broke what must hold, or where fewer were taken."""
    # A look is bounded in real time, which a busy machine must not decide by.
    monkeypatch.setattr(look, "PATIENCE", 600.0)
    happened: Counter[str] = Counter()
    city = type("City", (AnyCourse,), {"store": store, "rules_of_the_city": rules(folder), "happened": happened})
    with Faults() as faults:
        run_state_machine_as_test(
            city,
            settings=settings(
                max_examples=steps // USUAL, stateful_step_count=LONGEST, deadline=None, database=None,
                derandomize=ASKED is None, print_blob=True, report_multiple_bugs=False,
                suppress_health_check=list(HealthCheck),
                phases=[Phase.generate, Phase.shrink],
            ),
        )  # fmt: skip
    assert faults.found == []
    assert happened["looked at"] >= steps
    return happened


def careless(store: Store) -> None:
    """Nobody pulls the plug here: do not wait for the disk at every commit."""

    def prepare(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA synchronous=OFF")

    for engine in (store._writer, store._reader):
        event.listen(engine, "connect", prepare)
