"""Does on the small platforms and at the desk what the story says, when the city's clock says so."""

from __future__ import annotations

import heapq
import math
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

from monitor.clock import Clock
from monitor.demo.citizens import POPULATION, Citizen
from monitor.demo.faults import Fault
from monitor.demo.graph import SmallGraph
from monitor.demo.graph_world import Author
from monitor.demo.speed import CityClock
from monitor.demo.story import Acknowledged, Act, Answered, Dismissed, Outage, Said, TakenBack
from monitor.demo.x import SmallX
from monitor.desk import BadRequest, Conflict, Desk, UnknownCase
from monitor.rules import Rules
from monitor.store import cases, posts
from monitor.store.engine import Store
from sla.case import Case

#: How often staff look again for a case that the queue does not show yet, and how often in all.
_LOOK_AGAIN, _LOOKS = timedelta(minutes=1), 10
_SEARCH = "/2/tweets/search/"
_NEWS = {
    "ko": "오늘의 시정 소식입니다. 궁금한 점은 댓글로 남겨 주세요.",
    "en": "Today's news from the city. Please leave your questions in the comments.",
}


@dataclass(frozen=True, slots=True)
class Placed:
    """A post on a platform, which other acts speak of."""

    platform: str
    account: str
    id: str
    citizen: Citizen
    asked: str
    """The citizen's own post: the same id, or the one that this post answers."""


@dataclass(order=True, slots=True)
class _Due:
    at: timedelta
    number: int
    act: Act
    about: Placed | None
    looks: int = 0


class Player(threading.Thread):
    """Plays acts until it is stopped. Whatever goes wrong in here is kept in `error`."""

    def __init__(
        self, acts: Iterator[Act], city: CityClock, clock: Clock, x: SmallX, graph: SmallGraph, rules: Rules,
        store: Store, desk: Desk,
    ) -> None:  # fmt: skip
        super().__init__(name="demo city", daemon=True)
        self._acts, self._city, self._clock = acts, city, clock
        self._x, self._graph, self._rules, self._store, self._desk = x, graph, rules, store, desk
        self._number = count()
        self._due: list[_Due] = []
        self._stopping = threading.Event()
        self._walls: dict[str, str] = {}
        self.error: Exception | None = None

    def run(self) -> None:
        """Play."""
        try:
            self._people()
            upcoming = next(self._acts)
            while not self._stopping.is_set():
                now = self._city.since_start(self._clock())
                while upcoming.after <= now:
                    self._push(upcoming.after, upcoming, None)
                    upcoming = next(self._acts)
                while self._due and self._due[0].at <= now:
                    self._play(heapq.heappop(self._due))
                next_at = min([upcoming.after, *(due.at for due in self._due[:1])])
                wait = (self._city.at(next_at) - self._clock()).total_seconds()
                self._stopping.wait(max(0.0, wait))
        except Exception as exc:  # noqa: BLE001 - it is raised again by whoever waits for this thread
            self.error = exc

    def stop(self) -> None:
        """Play nothing more."""
        self._stopping.set()
        self.join()

    def _people(self) -> None:
        for number in range(POPULATION):
            citizen = Citizen(number)
            self._x.user(citizen.id, citizen.handle, citizen.name)
        news = _NEWS[self._rules.settings.service.language]
        self._walls = {page: self._graph.page_post(page, news) for page in self._graph.pages}

    def _push(self, at: timedelta, act: Act, about: Placed | None, looks: int = 0) -> None:
        heapq.heappush(self._due, _Due(at, next(self._number), act, about, looks))

    def _play(self, due: _Due) -> None:
        act, about = due.act, due.about
        happened_at = self._clock()
        match act:
            case Said():
                placed = self._say(act, about)
                # Platforms count whole seconds, and so the promise is counted from one.
                happened_at = happened_at.replace(microsecond=0)
            case Answered():
                assert about is not None
                placed = self._answer(act, about)
            case TakenBack():
                assert about is not None
                (self._x if about.platform == "twitter" else self._graph).delete(about.id)
                placed = about
            case Acknowledged() | Dismissed():
                assert about is not None
                self._at_desk(due, act, about)
                return
            case Outage():
                self._fail(act, happened_at)
                return
            case _:
                raise TypeError(f"the story holds an act that nobody can play: {act!r}")
        for following in act.then:
            self._push(self._city.since_start(happened_at) + following.after, following, placed)

    def _say(self, act: Said, about: Placed | None) -> Placed:
        saying = act.saying
        account, citizen = saying.account, saying.citizen
        if account.platform == "twitter":
            text = f"@{account.handle} {saying.text}"
            id = self._x.post(citizen.id, text, reply_to=about.id if about else None)
        else:
            author = Author(citizen.id, citizen.name)
            if about is not None:
                id = self._graph.comment(about.asked, author, saying.text)
            elif saying.on_wall:
                id = self._graph.visitor_post(account.id, author, saying.text)
            else:
                id = self._graph.comment(self._walls[account.id], author, saying.text)
        return Placed(account.platform, account.id, id, citizen, id)

    def _answer(self, act: Answered, about: Placed) -> Placed:
        if about.platform == "twitter":
            id = self._x.post(about.account, f"@{about.citizen.handle} {act.text}", reply_to=about.id)
        else:
            id = self._graph.reply_as_page(about.account, about.id, act.text)
        return Placed(about.platform, about.account, id, about.citizen, about.asked)

    def _at_desk(self, due: _Due, act: Acknowledged | Dismissed, about: Placed) -> None:
        """What staff do to the case, as soon as the queue shows it."""
        case = self._case_of(about)
        if case is None:
            if due.looks < _LOOKS:
                self._push(due.at + _LOOK_AGAIN, act, about, due.looks + 1)
            return
        by = self._rules.on_duty(act.department, self._clock()) or self._rules.root
        try:
            if isinstance(act, Acknowledged):
                self._desk.acknowledge(case.id, by)
            else:
                self._desk.dismiss(case.id, by, act.reason)
        except (Conflict, UnknownCase, BadRequest):
            return  # somebody or something was faster, as it happens at any desk

    def _case_of(self, about: Placed) -> Case | None:
        with self._store.read() as tx:
            open_now = {case.id: case for case in cases.open_cases(tx) if case.platform == about.platform}
            mentions = posts.mentions(tx, list(open_now))
        return next((open_now[id] for id, rows in mentions.items() if any(row.id == about.id for row in rows)), None)

    def _fail(self, act: Outage, now: datetime) -> None:
        until = now + act.lasts / self._city.speed
        if act.how == "limited":
            # X names the instant of its reset in whole seconds.
            reset = math.ceil(until.timestamp())
            until = datetime.fromtimestamp(reset, UTC)
            body = b'{"title":"Too Many Requests","type":"about:blank","status":429}'
            headers = {"x-rate-limit-reset": str(reset), "x-rate-limit-remaining": "0"}
            # Each of its addresses has a window of its own: what runs out is the search.
            self._x.fail(status=429, body=body, headers=headers, until=until, path=_SEARCH)
            return
        faults = {"twitter": self._x.faults, "facebook": self._graph.faults}[act.platform]
        faults.add(Fault(503, b'{"error":{"message":"Service temporarily unavailable","code":2}}', until=until))
