"""Live updates: every event is seen once, each reader is told what they may see, nobody is waited for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import insert
from sqlalchemy.exc import OperationalError
from starlette.types import Message

from monitor.app import App
from monitor.intake.ingest import ingest
from monitor.privacy import viewed
from monitor.store import cases, events, sessions, users
from monitor.store.changes import LATE, Changes, Tail
from monitor.store.engine import Store
from monitor.store.tables import EventRow
from monitor.web import live, server
from monitor.web.context import Site
from monitor.web.live import Hub, Stream
from monitor.web.roles import Role
from monitor.web.viewer import Viewer
from monitor.web.words import catalogue
from sla.case import Event
from tests.city import City, answer, mention
from tests.store.made import START, case, keep
from tests.support import Clock
from tests.web.conftest import Browser

TRANSPORT = Viewer("kim", "김담당", Role.STAFF, frozenset({"transport"}), "s1")
CITY = Viewer("ops", "운영 담당", Role.OPERATOR, None, "s2")


@pytest.fixture
def hub(site_app: App) -> Hub:
    """The hub of a site that nobody serves."""
    return Hub(Site(site_app, catalogue()))


@pytest.fixture
def tail(store: Store) -> Tail:
    """The end of an empty history."""
    with store.read() as tx:
        return Tail(tx)


def _look(store: Store, tail: Tail, after: timedelta = timedelta()) -> Changes:
    with store.read() as tx:
        return tail.look(tx, START + after)


def _event(store: Store, id: int, case_id: str) -> None:
    with store.write() as tx:
        row = {"id": id, "case_id": case_id, "kind": "opened", "at": START, "actor": "platform", "data": {}}
        tx.execute(insert(EventRow.__table__).values(row))  # type: ignore[attr-defined]


def test_what_happened_is_told_by_department(town: City) -> None:
    """Opened, answered, moved: for whom it is new, and for whom it is gone."""
    with town.store.read() as tx:
        tail = Tail(tx)
    first = mention("1", START)
    town.say(first)
    assert _look(town.store, tail).departments == {"transport": {"new": 1}}
    assert _look(town.store, tail) == Changes({}, service=False)
    town.desk.acknowledge(town.case().id, "kim")
    assert _look(town.store, tail).departments == {"transport": {}}
    town.desk.transfer(town.case().id, "kim", "facility", "가로등")
    assert _look(town.store, tail).departments == {"transport": {"closed": 1}, "facility": {"new": 1}}
    town.say(answer("2", first, START))
    assert _look(town.store, tail).departments == {"facility": {"answered": 1}}


def test_a_look_or_a_login_changes_no_page(store: Store, tail: Tail) -> None:
    """But what happens to the service does."""
    keep(store, [case("c1")])
    with store.write() as tx:
        viewed(tx, "kim", "c1", START, "page")
        events.append(tx, [(None, Event("logged_in", START, "kim"))])
    assert _look(store, tail) == Changes({}, service=False)
    with store.write() as tx:
        events.append(tx, [(None, Event("blind", START, "clock"))])
    assert _look(store, tail) == Changes({}, service=True)


def test_a_lower_id_that_commits_later_is_seen(store: Store, tail: Tail) -> None:
    """As PostgreSQL may have it; and once only. One that never comes is no longer looked for."""
    keep(store, [case("c1"), case("c2", department="facility")])
    _event(store, 7, "c1")
    assert _look(store, tail).departments == {"transport": {"new": 1}}
    assert _look(store, tail).departments == {}
    _event(store, 3, "c2")
    assert _look(store, tail).departments == {"facility": {"new": 1}}
    assert _look(store, tail, LATE).departments == {}
    _event(store, 4, "c2")
    assert _look(store, tail, LATE).departments == {}


def _run(work: Coroutine[Any, Any, Any]) -> Any:
    async def within() -> Any:
        async with asyncio.timeout(30):
            return await work

    return asyncio.run(within())


def test_a_reader_is_told_of_their_departments_only(hub: Hub) -> None:
    """And all that came meanwhile is one message."""

    async def talk() -> None:
        mine, whole = hub.join(TRANSPORT), hub.join(CITY)
        assert mine is not None and whole is not None
        assert await mine.next() == ("hello", None)
        assert await whole.next() == ("hello", None)
        for listener in (mine, whole):
            listener.tell(Changes({"facility": live.Counter(new=1)}, service=False))
        assert not mine.woken.is_set()
        for listener in (mine, whole):
            listener.tell(Changes({"transport": live.Counter(new=1)}, service=False))
            listener.tell(Changes({"transport": live.Counter(new=1, answered=1)}, service=True))
        said = {"transport": {"new": 2, "answered": 1}}
        assert await mine.next() == ("changed", {"departments": said, "service": True})
        assert await whole.next() == ("changed", {"departments": said | {"facility": {"new": 1}}, "service": True})
        assert await mine.next(beat=0) == ("beat", None)
        hub.leave(mine)
        hub.leave(whole)

    _run(talk())


def test_a_session_that_ended_is_cut_off(hub: Hub, site_app: App, clock: Clock) -> None:
    """So is a person who was disabled; who lost a department hears no more of it."""
    with site_app.store.write() as tx:
        for id, role in (("kim", "staff"), ("lee", "staff"), ("choi", "staff"), ("ops", "operator")):
            users.add(tx, id, id, role, (), clock())
            sessions.begin(tx, id, id, clock(), timedelta(hours=1), "127.0.0.1")
        sessions.end(tx, sessions.key("kim"))
        users.disable(tx, "choi", clock())

    async def talk() -> None:
        joined = {
            id: hub.join(Viewer(id, id, Role.STAFF, None, sessions.key(id))) for id in ("kim", "lee", "choi", "ops")
        }
        await hub.recheck()
        assert {id: one.ended for id, one in joined.items() if one} == {
            "kim": True, "lee": False, "choi": True, "ops": False,
        }  # fmt: skip
        assert joined["lee"] and joined["lee"].viewer.scope == {"transport", "facility"}
        clock.forward(hours=1)
        await hub.recheck()
        assert all(one.ended for one in joined.values() if one)
        for one in list(joined.values()):
            assert one is not None
            hub.leave(one)

    _run(talk())


def test_nobody_takes_more_streams_than_their_share(hub: Hub) -> None:
    """And others have theirs."""

    async def talk() -> None:
        mine = [hub.join(TRANSPORT) for _ in range(live.MOST)]
        assert None not in mine
        assert hub.join(TRANSPORT) is None
        assert hub.join(CITY) is not None
        assert mine[0] is not None
        hub.leave(mine[0])
        assert hub.join(TRANSPORT) is not None
        hub.end_all()

    _run(talk())


def test_a_database_that_is_away_ends_the_streams(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence would be taken for peace. Whoever comes later is looked for anew."""
    real = Hub._look

    def away(*_: object) -> Any:
        raise OperationalError("SELECT", {}, Exception("gone"))

    async def talk() -> None:
        monkeypatch.setattr(Hub, "_look", away)
        listener = hub.join(CITY)
        assert listener is not None
        assert await listener.next() is None
        hub.leave(listener)
        monkeypatch.setattr(Hub, "_look", real)
        again = hub.join(CITY)
        assert again is not None
        assert await again.next() == ("hello", None)
        hub.leave(again)

    _run(talk())


def test_a_slow_reader_is_dropped(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who takes nothing holds nobody: the others are told meanwhile."""
    monkeypatch.setattr(live, "PATIENCE", 0.01)

    async def never(_: Message) -> None:
        await asyncio.Event().wait()

    async def nothing() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def talk() -> None:
        slow, quick = hub.join(TRANSPORT), hub.join(CITY)
        assert slow is not None and quick is not None
        stream = asyncio.create_task(Stream(hub, slow)({}, nothing, never))
        assert await quick.next() == ("hello", None)
        await stream
        assert hub._listeners == {quick}
        hub.leave(quick)

    _run(talk())


def _messages(lines: Iterator[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
            yield name, json.loads(next(lines).removeprefix("data: "))


def test_an_open_page_hears_of_it(site_app: App, log_in: Callable[..., Browser], clock: Clock) -> None:
    """Over the wire: greeted with the server's clock, then told of a mention as it is stored."""
    kim = log_in("kim")
    with kim.client.stream("GET", "/live", headers=kim.headers, timeout=20) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert stream.headers["cache-control"] == "no-store"
        said = _messages(stream.iter_lines())
        assert next(said) == ("hello", {"now": clock().timestamp() * 1000})
        with site_app.store.write() as tx:
            ingest(tx, site_app.rules, "twitter", [mention("1", clock())], {"1001": clock()}, clock())
        name, told = next(said)
        assert (name, told["departments"]) == ("changed", {"transport": {"new": 1}})


def test_nobody_hears_without_a_login(anybody: Browser) -> None:
    """Neither with a session that is over."""
    answer = anybody.get("/live", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=/live")


def test_one_page_too_many_is_told(log_in: Callable[..., Browser], monkeypatch: pytest.MonkeyPatch) -> None:
    """And when to come back."""
    monkeypatch.setattr(live, "MOST", 0)
    answer = log_in("kim").get("/live")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")


def test_stopping_ends_open_streams_in_order(site_app: App, log_in: Callable[..., Browser]) -> None:
    """Not by being cancelled when the server's patience with them is over, so a reload waits for no browser."""
    kim = log_in("kim")
    with_port = site_app.settings.web.model_copy(update={"listen": "127.0.0.1:0"})
    app = replace(site_app, settings=site_app.settings.model_copy(update={"web": with_port}))
    heard: list[Any] = []
    real = server.service.listen

    def listen(address: str, key: str) -> Any:
        heard.append(real(address, key))
        return heard[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server.service, "listen", listen)
        stop = server.start(app)
    url = f"http://127.0.0.1:{heard[0].getsockname()[1]}"
    with httpx.Client(trust_env=False) as client, client.stream("GET", f"{url}/live", headers=kim.headers) as stream:
        said = _messages(stream.iter_lines())
        assert next(said)[0] == "hello"
        stop()
        assert list(said) == []  # the end of the answer, as the protocol has it


def test_a_case_that_closed_is_no_longer_in_the_tail(town: City) -> None:
    """A dismissal is told as such, to the department that has the case now."""
    town.say(mention("1", START))
    with town.store.read() as tx:
        tail = Tail(tx)
        id = next(iter(cases.open_cases(tx))).id
    town.desk.dismiss(id, "kim", "감사 인사")
    assert _look(town.store, tail).departments == {"transport": {"closed": 1}}
