"""Whatever happens, in whatever order: everything that must stay true stays true. On SQLite."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.store import migrate
from monitor.store.engine import Store
from tests.conftest import START
from tests.proof.live import ASKED, careless, live
from tests.proof.staff import Staff


def test_any_course_on_sqlite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousand steps at least, and each kind of thing happened in them."""
    store = Store(f"sqlite:///{tmp_path / 'monitor.db'}")
    careless(store)
    migrate.upgrade(store, START)
    happened = live(store, tmp_path, int(ASKED or 10_000), monkeypatch)
    store.close()
    kinds = {*Staff.ACTS, "ask", "answer", "tick", "night", "kill", "stale", "set back"}
    kinds |= {"take back", "take all back", "gone for a while", "come back"}
    assert kinds <= {kind for kind, often in happened.items() if often >= 20}
