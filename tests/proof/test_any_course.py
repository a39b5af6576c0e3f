"""Whatever happens, in whatever order: everything that must stay true stays true."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from monitor.escalation import look
from monitor.store import migrate
from monitor.store.engine import Store
from tests.conftest import START
from tests.proof.machine import AnyCourse
from tests.proof.world import Faults, rules

NIGHTLY = os.environ.get("SNS_MONITOR_PROOF") == "nightly"
STEPS = 50
"""In one course, before the next begins with an empty database."""


def live(store: Store, folder: Path, courses: int, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Let a city live through many courses; returns how often each thing happened."""
    # A look is bounded in real time, which a busy machine must not decide by.
    monkeypatch.setattr(look, "PATIENCE", 600.0)
    happened: Counter[str] = Counter()
    city = type("Here", (AnyCourse,), {"store": store, "rules_of_the_city": rules(folder), "happened": happened})
    with Faults() as faults:
        run_state_machine_as_test(
            city,
            settings=settings(
                max_examples=courses, stateful_step_count=STEPS, deadline=None, database=None,
                derandomize=not NIGHTLY, print_blob=True, suppress_health_check=list(HealthCheck),
                report_multiple_bugs=False,
                phases=[Phase.generate] if os.environ.get("NOSHRINK") else [Phase.generate, Phase.shrink],
            ),
        )  # fmt: skip
    assert faults.found == []
    return happened


def test_any_course_on_sqlite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some ten thousand steps; the count is part of the proof."""
    store = Store(f"sqlite:///{tmp_path / 'monitor.db'}")
    migrate.upgrade(store, START)
    courses = int(os.environ.get("COURSES", 190))
    happened = live(store, tmp_path, courses, monkeypatch)
    store.close()
    print(happened["looked at"], happened.most_common())
    assert happened["looked at"] >= 0.8 * courses * STEPS
