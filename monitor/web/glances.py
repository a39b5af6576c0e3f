"""The overview, counted once for everybody who looks at it in the same moment."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from monitor.app import App
from monitor.store import events
from monitor.store.overview import Overview, overview

FRESH = timedelta(seconds=5)
"""For how long an overview is good while nothing is recorded: what moves with time alone may be so much late."""


class _Glance(NamedTuple):
    last_event: int
    seen: Overview


class Glances:
    """The latest overview of each scope."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._latest: dict[frozenset[str] | None, _Glance] = {}

    def of(self, scope: frozenset[str] | None) -> Overview:
        """What these departments, None for the whole city, look like.

        Never older than what was recorded last: a page that is told of a change reads itself again once, and what it
        got then would stand until the next change.
        """
        now = self._app.clock()
        with self._app.store.read() as tx:
            events.freeze(tx)
            last = events.last(tx)
            latest = self._latest.get(scope)
            if latest is not None and latest.last_event == last and abs(now - latest.seen.at) < FRESH:
                return latest.seen
            seen = overview(tx, self._app.rules, scope, now)
        # Two threads may both count; they count the same.
        self._latest[scope] = _Glance(last, seen)
        return seen
