"""A city in miniature for tests of the engine: real store, real rules, connectors and channels that a test plays."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from connectors.contract import Account, Asked, Connector, Look, Page, Post, Source
from monitor.alerts.bundle import Bundler
from monitor.alerts.channels.base import Channel, TransportError
from monitor.alerts.deliver import Delivery
from monitor.alerts.message import Message
from monitor.desk import Desk
from monitor.escalation.engine import Escalation
from monitor.escalation.look import Looker
from monitor.intake.ingest import Ingested, ingest
from monitor.intake.poll import Polling
from monitor.intake.watch import Watch
from monitor.rules import Rules
from monitor.store import accounts, alerts, cases, events, posts
from monitor.store.engine import Store
from sla.case import Case
from tests.support import Clock, city


class PlayedConnector(Connector):
    """A platform that says what the test wants it to say."""

    platform = "twitter"

    def __init__(self, accounts: Sequence[Account], now: Clock) -> None:
        super().__init__(None, accounts, now)
        self.pages: list[Page | Exception] = []
        self.answers: list[Post] = []
        self.gone: set[str] = set()
        self.unread: set[str] = set()
        self.trouble: Exception | None = None
        self.looks = 0
        self.asked_since: list[datetime] = []

    def sources(self) -> Sequence[Source]:
        ids = tuple(account.id for account in self.accounts)
        return [Source("twitter:search", "twitter", "search", ids, primary=True)]

    def fetch(
        self, source: Source, since: datetime, resume: str | None = None, watched: Collection[str] = ()
    ) -> Iterator[Page]:
        self.asked_since.append(since)
        for page in self.pages or [Page((), None)]:
            if isinstance(page, Exception):
                raise page
            yield page

    def look(self, account: Account, asked: Sequence[Asked]) -> Look:
        self.looks += 1
        if self.trouble is not None:
            raise self.trouble
        return Look(self.answers, frozenset(self.gone & {one.id for one in asked}), unread=frozenset(self.unread))

    def handles(self) -> Mapping[str, str]:
        return {account.id: account.handle for account in self.accounts}


class PlayedChannel(Channel):
    """A channel that keeps what it was given, or fails the way the test says."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.trouble: TransportError | None = None

    def send(self, message: Message, *, deadline: float) -> str:
        if self.trouble is not None:
            raise self.trouble
        self.sent.append(message)
        return "200"

    def close(self) -> None:
        """Nothing to let go of."""


@dataclass
class City:
    """Everything a test of the engine asks for."""

    store: Store
    clock: Clock
    rules: Rules
    connector: PlayedConnector
    channels: dict[str, PlayedChannel]
    watch: Watch
    polling: Polling
    escalation: Escalation
    bundler: Bundler
    delivery: Delivery
    desk: Desk
    watch_from: dict[str, datetime] = field(default_factory=dict)

    def say(self, *said: Post, gone: Collection[str] = ()) -> Ingested:
        """Let posts arrive now."""
        with self.store.write() as tx:
            return ingest(tx, self.rules, "twitter", said, self.watch_from, self.clock(), gone=gone)

    def cases(self) -> list[Case]:
        """Every case there is, oldest first."""
        with self.store.read() as tx:
            found = cases.by_ids(tx, self._case_ids(tx))
        return sorted(found.values(), key=lambda case: (case.opened_at, case.id))

    def case(self) -> Case:
        """The only case there is."""
        (only,) = self.cases()
        return only

    def _case_ids(self, tx: Any) -> list[str]:
        return sorted({event.case_id for event in events.walk(tx, kinds=["opened"]) if event.case_id})

    def mentions(self, case: Case) -> list[str]:
        """The ids of a case's mentions."""
        with self.store.read() as tx:
            return [mention.id for mention in posts.mentions(tx, [case.id])[case.id]]

    def events(self, kind: str | None = None) -> list[events.Recorded]:
        """The history, or the events of one kind."""
        with self.store.read() as tx:
            return list(events.walk(tx, kinds=None if kind is None else [kind]))

    def tick(self, **forward: float) -> None:
        """Move the clock on and let one cycle run: escalate, bundle, deliver."""
        self.clock.forward(**forward)
        self.escalation.run()
        self.deliver()

    def deliver(self) -> None:
        """Send everything that is due now, in this thread."""
        while True:
            with self.store.read() as tx:
                due = alerts.due_messages(tx, self.clock(), [], 1000)
            if not due:
                return
            for id, _ in due:
                self.delivery._deliver(id)

    def told(self, who: str) -> list[Message]:
        """What a person was sent, and forget it."""
        channel = self.channels[f"{who}-hook"]
        sent, channel.sent = channel.sent, []
        return sent

    def alerted(self) -> dict[str, list[tuple[str, int]]]:
        """Kind and level of all that was sent since the last time, by person."""
        people = ("kim", "lee", "park", "choi", "ops")
        return {who: [(m.kind.value, m.level) for m in sent] for who in people if (sent := self.told(who))}


def build(folder: Path, store: Store, clock: Clock, more: str = "") -> City:
    """Put a city together; its accounts are watched from the clock's present instant."""
    return put_together(store, Rules(city(folder, more=more)), clock)


def put_together(store: Store, rules: Rules, clock: Clock, played: type[PlayedConnector] = PlayedConnector) -> City:
    """The same of rules that are there already."""
    settings = rules.settings
    watched = [Account(a.platform, a.id, a.handle) for a in settings.accounts if a.platform == "twitter"]
    connector = played(watched, clock)
    channels = {channel.id: PlayedChannel() for channel in settings.channels}
    watch = Watch(store, rules, clock)
    looker = Looker(store, rules, {"twitter": connector}, clock)
    bundler = Bundler(store, rules, clock)
    polling = Polling(store, rules, {"twitter": connector}, watch, clock)
    polling.plan(clock())
    with store.read() as tx:
        watch_from = {account.id: account.watch_from for account in accounts.watched(tx).values()}
    return City(
        store=store, clock=clock, rules=rules, connector=connector, channels=channels, watch=watch, polling=polling,
        escalation=Escalation(store, rules, looker, clock, bundler.form), bundler=bundler,
        delivery=Delivery(store, rules, channels, {id: id for id in channels}, clock),
        desk=Desk(store, rules, clock), watch_from=watch_from,
    )  # fmt: skip


def mention(id: str, at: datetime, text: str = "@dj_transport 버스가 안 와요", **more: Any) -> Post:
    """A citizen's post to the transport department."""
    values: dict[str, Any] = {
        "platform": "twitter", "id": id, "conversation": id, "created_at": at, "author": "citizen", "text": text,
        "addressed": ("1001",), "permalink": f"https://x.com/citizen/status/{id}",
    }  # fmt: skip
    return Post(**(values | more))


def answer(id: str, to: Post, at: datetime, text: str = "확인하겠습니다", **more: Any) -> Post:
    """The department's own reply."""
    values: dict[str, Any] = {
        "platform": "twitter", "id": id, "conversation": to.conversation, "created_at": at, "author": "1001",
        "text": text, "reply_to": to.id, "reply_to_author": to.author,
    }  # fmt: skip
    return Post(**(values | more))


MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
