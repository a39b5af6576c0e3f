"""Whatever happens, in whatever order: everything that must stay true stays true. On PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.store.engine import Store
from tests.proof.live import ASKED, live


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_any_course_on_postgresql(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two thousand steps at least, a fifth of the share: the engine is the same, its statements are not."""
    store = Store(database)
    happened = live(store, tmp_path, int(ASKED or 10_000) // 5, monkeypatch)
    store.close()
    assert happened["asleep deciding"] and happened["asleep sending"]
