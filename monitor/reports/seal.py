"""The sealer: puts settled events under the chain of seals, off the hot path and at shutdown."""

from __future__ import annotations

import structlog

from monitor.clock import Clock
from monitor.store import events, seals
from monitor.store.engine import Store
from monitor.store.seals import Seal

log = structlog.get_logger(__name__)

EVENTS_A_BLOCK = 5_000
BLOCKS_A_RUN = 20


class Sealer:
    """Any number of nodes may seal: a block has one number, and only one of them gets to write it."""

    def __init__(self, store: Store, clock: Clock, *, block: int = EVENTS_A_BLOCK, blocks: int = BLOCKS_A_RUN) -> None:
        self._store, self._clock = store, clock
        self._block, self._blocks = block, blocks

    def run(self) -> int:
        """Seal what is new, up to `blocks` blocks of `block` events; returns how many events this node sealed.

        0 when nothing is new, when another node was first, or when writers kept the events busy: the next run goes on.
        """
        with self._store.read() as tx:
            newest = seals.newest(tx)
            if events.last(tx) <= (newest.last_event if newest else 0):
                return 0
        try:
            with self._store.write() as tx:
                until = seals.settled(tx)
        except seals.Busy as exc:
            log.warning("seal.busy", why=str(exc))
            return 0
        total = 0
        for _ in range(self._blocks):
            sealed = self._seal(until)
            total += sealed
            if not sealed:
                break
        return total

    def _seal(self, until: int) -> int:
        """Hash in a reading transaction, then write one row: nobody waits for the hashing."""
        with self._store.read() as tx:
            events.freeze(tx)
            before = seals.newest(tx)
            block = list(seals.lines(tx, before.last_event if before else None, until, self._block))
        if not block:
            return 0
        seal = Seal(
            number=before.number + 1 if before else 1, first_event=block[0].id, last_event=block[-1].id,
            count=len(block), head=seals.digest(before.head if before else "", block), sealed_at=self._clock(),
        )  # fmt: skip
        with self._store.write() as tx:
            mine = seals.add(tx, seal)
        return seal.count if mine else 0
