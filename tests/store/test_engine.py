"""The store's connections: who closes those that are in use when it closes."""

from __future__ import annotations

import pytest

from monitor.store.engine import Store


@pytest.mark.parametrize("use", ["read", "write"])
def test_a_connection_in_use_is_closed_when_its_user_is_done(store: Store, use: str) -> None:
    """Nobody else would: the pool it goes back to was let go of."""
    with getattr(store, use)() as tx:
        raw = tx.connection.driver_connection
        store.close()
        tx.exec_driver_sql("SELECT 1")
    with pytest.raises(Exception, match="closed"):
        raw.execute("SELECT 1")
