"""The fence around what decides: a node that slept while others took new settings writes nothing by its old ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from monitor.store import nodes
from monitor.store.engine import Store, Transaction


class FencedStore(Store):
    """A store as the deciding parts see it: the same database and connections, but each write proves its right first.

    Until it is armed it is an ordinary store, for tools and tests that are alone with their database.
    """

    def __init__(self, whole: Store) -> None:
        # Not a second store: its connections, and the order in which its writers take turns, are the whole one's.
        self._whole = whole
        self.is_sqlite, self.path = whole.is_sqlite, whole.path
        self._writer, self._reader, self._turns = whole._writer, whole._reader, whole._turns
        self._closed = whole._closed
        self._settings: str | None = None

    def arm(self, settings: str) -> None:
        """From now on only what these settings decide is written, and only while they are in force."""
        self._settings = settings

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """As `Store.write`. Raises `nodes.NotInForce` where these settings are not in force."""
        with self._whole.write() as tx:
            if self._settings is not None:
                nodes.must_be_in_force(tx, self._settings)
            yield tx
