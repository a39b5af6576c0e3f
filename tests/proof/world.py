"""A city to drive anywhere: the engine on a store, a platform that remembers, and the model that knows better."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import structlog
from sqlalchemy import text

from connectors.contract import Account, Asked, Look, Page, Post, Source
from monitor import failpoints
from monitor.alerts.message import Message
from monitor.rules import Rules
from monitor.store import release, set_back
from monitor.store.engine import Store
from monitor.store.tables import metadata
from tests.city import City, PlayedChannel, PlayedConnector, put_together
from tests.conftest import START
from tests.proof.model import HOMES, Model
from tests.support import Clock, city

SETTINGS = """
[answers]
automatic = ["^자동 응답"]

[calendars.office]
holidays = ""
extra_holidays = ["2026-11-18", "2026-12-25"]

[policies.slow]
calendar = "office"
target = "60m"
repeat = "120m"

[[departments]]
id = "water"
name = "상수도본부"
policy = "slow"
duty = ["yoon"]
manager = "park"
head = "choi"

[[accounts]]
department = "water"
platform = "twitter"
id = "1003"
handle = "dj_water"

[[routes]]
any = ["수도"]
department = "water"

[[staff]]
id = "yoon"
name = "윤수도"
channels = ["yoon-hook", "yoon-spare"]

[[channels]]
id = "yoon-hook"
type = "webhook"
url = "http://127.0.0.1:9/yoon"
allow_private = true

[[channels]]
id = "yoon-spare"
type = "webhook"
url = "http://127.0.0.1:9/spare"
allow_private = true
"""
STAFF = ("kim", "lee", "park", "choi", "yoon", "ops")
URGENT = ("warning", "breach", "escalation")


class Killed(BaseException):
    """The process died here, as by SIGKILL: nothing above the failpoint may catch it."""


class Inline:
    """A pool that works at once in the thread that asks: the course of things is the same each time."""

    def submit(self, work: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Do it now."""
        done: Future[Any] = Future()
        try:
            done.set_result(work(*arguments))
        except Exception as exc:  # noqa: BLE001 - a future hands on whatever it was
            done.set_exception(exc)
        return done

    def shutdown(self, **_: Any) -> None:
        """There is nothing to wait for."""


class Platform(PlayedConnector):
    """Says what the world holds: everything that was posted and not removed, to polls and to looks."""

    world: World

    def fetch(
        self, source: Source, since: datetime, resume: str | None = None, watched: Collection[str] = ()
    ) -> Iterator[Page]:
        if self.trouble is not None:
            raise self.trouble
        unseen = [post for post in self.world.posted.values() if post.id not in self.world.model.said]
        half = len(unseen) // 2
        if half:
            yield Page(unseen[half:], "the older ones")
        yield Page([*unseen[:half], *self.world.posted.values()][:10], None)

    def look(self, account: Account, asked: Sequence[Asked]) -> Look:
        act, self.world.meanwhile = self.world.meanwhile, None
        if act is not None:
            act()
        if self.trouble is not None:
            raise self.trouble
        world, ids = self.world, {one.id for one in asked}
        shown = [post for post in world.posted.values() if post.id in ids or post.author == account.id]
        gone = frozenset(ids - world.posted.keys())
        world.model.arrive(shown, world.clock(), gone, ids & world.posted.keys())
        return Look(shown, gone)


class Watched(PlayedChannel):
    """A channel that says whether the send was right to start."""

    def __init__(self, world: World, id: str) -> None:
        super().__init__()
        self.world, self.id = world, id

    def send(self, message: Message, *, deadline: float) -> str:
        self.world.sending(message)
        if self.trouble is not None:
            raise self.trouble
        self.world.delivered[message.id] += 1
        return "200"


class World:
    """One course of things: the engine, what citizens and platforms do to it, and what must come of that."""

    def __init__(self, store: Store, rules: Rules) -> None:
        self.store, self.rules, self.clock = store, rules, Clock(START)
        empty(store)
        self.posted: dict[str, Post] = {}
        self.model = Model(START)
        self.meanwhile: Callable[[], None] | None = None
        self.sent: list[Message] = []
        self.delivered: Counter[str] = Counter()
        self.unsure = 0
        """Sends whose result was lost: each may be made once more."""
        self.wrong: list[str] = []
        self.city = self._node()

    def _node(self) -> City:
        made = put_together(self.store, self.rules, self.clock, Platform)
        assert isinstance(made.connector, Platform)
        made.connector.world = self
        for id in made.channels:
            made.channels[id] = Watched(self, id)
        looker: Any = made.escalation._looker
        looker._pool.shutdown()
        looker._pool = Inline()
        return made

    def another(self) -> City:
        """A second node on the same database, with the same platform and the same channels."""
        node = self._node()
        for id, channel in self.city.channels.items():
            node.channels[id] = channel
        node.connector.trouble = self.city.connector.trouble
        return node

    def restart(self) -> None:
        """The process ends somehow and starts again: only the database is left of it, and the outside world."""
        before = self.city
        self.city = self.another()
        before.delivery.drain(timedelta(seconds=1))
        before.polling.drain()
        release(self.store, self.clock())

    # What happens.

    def say(self, *posts: Post, gone: Iterable[str] = ()) -> None:
        """Posts are there and arrive at once, in one page."""
        gone = list(gone)
        self.posted |= {post.id: post for post in posts}
        self.model.arrive(posts, self.clock(), gone)
        self.city.say(*posts, gone=gone)

    def poll(self) -> None:
        """Fetch what is due; what was stored of it is known from then on."""
        polling: Any = self.city.polling
        while (walk := polling._claim(list(polling.sources))) is not None:
            unseen = [post for post in self.posted.values() if post.id not in self.model.said]
            try:
                polling._work(walk, ("twitter", True))
            finally:
                self._note(unseen)

    def _note(self, unseen: Sequence[Post]) -> None:
        """Tell the model which of the posts are stored; without trouble or a kill all of them must be."""
        with self.store.read() as tx:
            stored = set(tx.execute(text("SELECT id FROM posts")).scalars())
        self.model.arrive([post for post in unseen if post.id in stored], self.clock())

    def tick(self, node: City | None = None) -> None:
        """One cycle: escalate, bundle, deliver."""
        node = node or self.city
        # What a look or a person changed meanwhile is given back, and decided in the next pass.
        for _ in range(3):
            if not node.escalation.run():
                break
        node.deliver()

    def set_back(self, by: timedelta) -> None:
        """The machine's clock is set back."""
        self.clock.at -= by
        set_back(self.store, self.clock(), by)

    def kill_at(self, failpoint: str, count: int, act: Callable[[], None]) -> None:
        """Do something that dies at a failpoint, if it comes by there, and start again."""
        with armed(failpoint, count, self._killed):
            try:
                act()
            except Killed:
                self.unsure += failpoint.startswith("deliver")
                self.restart()

    @staticmethod
    def _killed() -> None:
        raise Killed

    # What is seen of it.

    def sending(self, message: Message) -> None:
        """Truth 3: no send starts after the answer is stored."""
        self.sent.append(message)
        if message.kind.value not in URGENT:
            return
        waiting = {id for turn in self.model.turns() if turn.is_open for id in turn.ids}
        with self.store.read() as tx:
            final = "SELECT id FROM cases WHERE clock = 'final' AND final_answered_at IS NULL"
            finally_owed = set(tx.execute(text(final)).scalars())
        for case in message.cases:
            if case.id not in finally_owed and not waiting & {mention.id for mention in case.mentions}:
                self.wrong.append(f"{message.kind.value} for {case.id} was sent after its answer was stored")


class armed:
    """Within it a failpoint does what it is given instead of killing the process."""

    def __init__(self, name: str, count: int, act: Callable[[], None]) -> None:
        self._arms = {"_name": name, "_left": count, "os": SimpleNamespace(getpid=lambda: 0, kill=self._strike)}
        self._act = act

    def _strike(self, *_: object) -> None:
        self.__exit__()
        self._act()

    def __enter__(self) -> None:
        self._before = {name: getattr(failpoints, name) for name in self._arms}
        vars(failpoints).update(self._arms)

    def __exit__(self, *_: object) -> None:
        vars(failpoints).update(self._before)


def rules(folder: Path) -> Rules:
    """The settings of the proof's city."""
    return Rules(city(folder, more=SETTINGS))


def empty(store: Store) -> None:
    """Make a used database as good as new."""
    with store.write() as tx:
        names = [table.name for table in reversed(metadata.sorted_tables)]
        if store.is_sqlite:
            for name in names:
                tx.exec_driver_sql(f"DELETE FROM {name}")
        else:
            tx.exec_driver_sql(f"TRUNCATE {', '.join(names)} RESTART IDENTITY")


class Faults:
    """Within it the log is silent, and what the engine calls a failure of its own is kept."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def _keep(self, _: object, level: str, event: dict[str, Any]) -> dict[str, Any]:
        if event.get("exc_info") or event.get("event") == "escalate.poison":
            self.found.append(f"{level} {event}")
        raise structlog.DropEvent

    def __enter__(self) -> Faults:
        self._before = structlog.get_config()
        structlog.configure(processors=[self._keep], cache_logger_on_first_use=False)
        return self

    def __exit__(self, *_: object) -> None:
        structlog.configure(**self._before)


__all__ = ["HOMES", "STAFF", "Faults", "Killed", "World", "armed", "empty", "rules"]
