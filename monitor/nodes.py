"""This daemon among those that share its database: which settings are in force, and whether it decides by them.

The settings in force stay so for as long as any live node has them. A node that has others waits: it fetches, decides
and sends nothing, says so, and begins by itself when its settings come into force.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from monitor import faults
from monitor.clock import Clock
from monitor.fault_words import say
from monitor.reschedule import reschedule
from monitor.rules import Rules
from monitor.store import events, flags, nodes
from monitor.store.engine import PASSING, Store, Transaction, new_id
from monitor.store.nodes import Node
from sla.case import Event

log = structlog.get_logger(__name__)

ATTEND_EVERY = 2.5
"""Seconds between two signs of life."""
FORGET = timedelta(days=1)
_SHOWN = 12
"""Signs of a hash that tell it apart."""


def in_force(held: str | None, mine: str, others: Collection[str]) -> str:
    """Which settings are in force: those `held` so far while any live node has them, else `mine`.

    `others` are the hashes of the other live nodes.
    """
    return held if held is not None and (held == mine or held in others) else mine


@dataclass(frozen=True, slots=True)
class _Standing:
    """What the last look at the other nodes showed."""

    force: str
    recomputed: bool
    eldest: bool
    """Whether this is the first of the nodes with the settings in force: it does what one node alone has to do."""
    hosts: tuple[str, ...]
    """Where the other nodes with the settings in force live."""


class Membership:
    """One daemon's place among the nodes; it outlives a reload of the settings."""

    def __init__(self, store: Store, clock: Clock, moment: Callable[[Transaction], datetime] = nodes.database_now):
        """`moment` is the clock that all nodes share."""
        self._store, self._clock, self._moment = store, clock, moment
        self.id, self.host, self.started_at = new_id("d"), socket.gethostname(), clock()
        self._gate = threading.Lock()
        self._known = self._planned = self._told = False
        self._standing: _Standing | None = None

    def adopt(self, rules: Rules, begin: Callable[[], object]) -> None:
        """Go by these settings from now on; `begin` is called once, when they begin to decide."""
        with self._gate:
            self._rules, self._mine, self._begin = rules, rules.settings.hash(), begin
            self._planned = self._told = False
            self._standing = None

    @property
    def decides(self) -> bool:
        """Whether this node fetches, decides and sends."""
        return self._planned and self._may_decide

    @property
    def is_eldest(self) -> bool:
        """Whether it does what one node alone has to do."""
        return self.decides and self._standing is not None and self._standing.eldest

    @property
    def _may_decide(self) -> bool:
        standing = self._standing
        return standing is not None and standing.force == self._mine and standing.recomputed

    def attend(self) -> None:
        """Give a sign of life and see what is in force; put settings in force, recompute and begin where it is time.

        Raises:
            NotInForce: this node slept in the middle of recomputing, and others took over.
        """
        with self._gate:
            self._look()
            if self._has_to_recompute():
                reschedule(self._store, self._rules, self._clock, self._look_on)
                with self._store.write() as tx:
                    flags.put(tx, nodes.RECOMPUTED, self._mine, self._clock())
                self._look()
            if self._may_decide and not self._planned:
                self._begin()
                self._planned = True
                log.info("node.decides", node=self.id, settings=self._mine)

    def leave(self) -> None:
        """End: the others need not wait until this node is taken for dead, unless the database is away itself."""
        try:
            with self._store.write() as tx:
                nodes.remove(tx, self.id)
        except PASSING:
            log.warning("node.not_left", node=self.id, exc_info=True)

    def faults(self) -> list[str]:
        """Why this node does not decide; empty where it does."""
        standing = self._standing
        if standing is None or self.decides:
            return [] if standing else ["this node has not looked at the others yet"]
        if standing.force == self._mine:
            return ["open cases are being recomputed by the settings in force"]
        return [
            f"this node's settings {self._mine[:_SHOWN]} are not in force, {standing.force[:_SHOWN]} are"
            f" ({', '.join(standing.hosts)}); it decides nothing"
        ]

    def _has_to_recompute(self) -> bool:
        standing = self._standing
        return standing is not None and standing.force == self._mine and standing.eldest and not standing.recomputed

    def _look_on(self) -> None:
        """Between two batches: a sign of life. Raises NotInForce where others took over meanwhile."""
        self._look()
        if self._standing is None or self._standing.force != self._mine:
            raise nodes.NotInForce

    def _look(self) -> None:
        self._end_frozen()
        with self._store.write() as tx:
            nodes.lock(tx)
            now = self._moment(tx)
            others = [node for node in nodes.everyone(tx) if node.id != self.id]
            if self._store.is_sqlite:
                # The lock beside the file says that no other daemon is alive.
                for gone in others:
                    nodes.remove(tx, gone.id)
                others = []
            others = [node for node in others if nodes.is_live(node, now)]
            held = flags.get(tx, nodes.IN_FORCE)
            force = in_force(held, self._mine, {node.settings for node in others})
            fellows = [node for node in others if node.settings == force]
            if force != held:
                self._put_in_force(tx, held)
            elif not self._known and not fellows:
                # Alone at the start: the program, or what it knows of holidays, may be newer than the last one's.
                flags.clear(tx, nodes.RECOMPUTED)
            self._known = True
            recomputed = flags.get(tx, nodes.RECOMPUTED) == force
            eldest = all((self.started_at, self.id) < (node.started_at, node.id) for node in fellows)
            standing = _Standing(force, recomputed, eldest, tuple(node.host for node in fellows))
            decides = recomputed and force == self._mine
            nodes.write(tx, Node(self.id, self.host, self.started_at, now, self._mine, decides))
            nodes.forget(tx, now - FORGET)
            self._say_waiting(tx, standing)
        self._standing = standing

    def _end_frozen(self) -> None:
        if self._store.is_sqlite:
            return
        with self._store.read() as tx:
            ended = nodes.end_frozen(tx)
        if ended:
            log.warning("node.frozen_ended", sessions=ended)

    def _put_in_force(self, tx: Transaction, was: str | None) -> None:
        now = self._clock()
        flags.put(tx, nodes.IN_FORCE, self._mine, now)
        flags.clear(tx, nodes.RECOMPUTED)
        data = {"settings": self._mine, "was": was, "node": self.id, "host": self.host}
        events.append(tx, [(None, Event("settings_in_force", now, "service", data))])
        log.info("node.settings_in_force", settings=self._mine, was=was)

    def _say_waiting(self, tx: Transaction, standing: _Standing) -> None:
        waits = standing.force != self._mine
        if waits and not self._told:
            said = say(
                self._rules, "node_waits", host=self.host, mine=self._mine[:_SHOWN], force=standing.force[:_SHOWN],
                others=", ".join(standing.hosts),
            )  # fmt: skip
            log.error("node.waits", settings=self._mine, in_force=standing.force, hosts=standing.hosts)
            faults.tell(tx, self._rules, said, self._clock())
        elif self._told and not waits:
            log.info("node.waits_no_more", settings=self._mine)
        self._told = waits
