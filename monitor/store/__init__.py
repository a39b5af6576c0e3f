"""Tables, migrations, sessions, leases and events. The only place that knows SQLModel."""

from __future__ import annotations

from datetime import datetime, timedelta

from monitor.store import accounts, alerts, cases
from monitor.store.engine import Store


def release(store: Store, now: datetime) -> None:
    """Take back every lease and ask every healthy source at once: right only for a single daemon, start and stop."""
    with store.write() as tx:
        cases.release_all(tx)
        accounts.release_sources(tx, now)
        alerts.release_messages(tx)


def set_back(store: Store, now: datetime, by: timedelta) -> None:
    """The clock was set back by so much: leases end, and what waits for a time still to come waits no longer for it."""
    with store.write() as tx:
        cases.release_all(tx)
        accounts.set_back(tx, now, by)
        alerts.set_back(tx, now, by)
