"""Tables, migrations, sessions, leases and events. The only place that knows SQLModel."""

from __future__ import annotations

from datetime import datetime

from monitor.store import accounts, alerts, cases
from monitor.store.engine import Store


def release(store: Store, now: datetime) -> None:
    """Take back every lease and ask every healthy source at once: right only for a single daemon, start and stop."""
    with store.write() as tx:
        cases.release_all(tx)
        accounts.release_sources(tx, now)
        alerts.release_messages(tx)
