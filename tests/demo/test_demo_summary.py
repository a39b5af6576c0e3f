"""The summary's numbers are the store's and the desk's own, and false alarms are counted from the events alone."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from rich.console import Console
from standardwebhooks import Webhook

from monitor.demo.receiver import Receiver
from monitor.demo.scene import Lookout
from monitor.demo.server import serve
from monitor.demo.speed import CityClock
from monitor.demo.summary import FalseAlarms, Summary, show, summarize
from monitor.demo.words import DemoWords
from monitor.reports.week import weekly
from monitor.store import cases, migrate, recount
from monitor.store.engine import Store
from sla.case import alarmed
from tests.city import MINUTE, SECOND, City, answer, build, mention
from tests.conftest import START
from tests.support import Clock


@pytest.fixture
def small(tmp_path: Path) -> Iterator[City]:
    """A city in miniature on SQLite."""
    store = Store(f"sqlite:///{tmp_path / 'monitor.db'}")
    migrate.upgrade(store, START)
    clock = Clock(START)
    city = build(tmp_path, store, clock)
    yield city
    city.polling.drain()
    city.delivery.drain(timedelta(seconds=1))
    store.close()


def prevented(city: City) -> int:
    """The count from all of the events."""
    with city.store.read() as tx:
        return FalseAlarms(city.rules).read(tx)


def test_answer_found_by_the_look_is_a_false_alarm_kept_back(small: City) -> None:
    """The step was due, nobody was told, because the look found the answer."""
    asked = mention("1", START)
    small.say(asked)
    small.clock.forward(minutes=20)
    small.connector.answers = [answer("2", asked, small.clock() - SECOND)]
    small.tick()
    assert small.alerted() == {} and small.case().state == "answered"
    assert prevented(small) == 1


def test_what_is_no_false_alarm_kept_back(small: City) -> None:
    """Answers before a step is due, after its alert, or come together with their mention are none."""
    early, warned, both = (mention(id, START, author=f"c{id}") for id in ("1", "2", "3"))
    small.say(early, warned)
    small.clock.forward(minutes=5)
    small.say(answer("11", early, small.clock()))
    small.tick(minutes=15)
    assert small.alerted() == {"kim": [("warning", 1)]}
    small.clock.forward(minutes=2)
    small.say(answer("12", warned, small.clock()))
    small.clock.forward(minutes=9)
    small.say(both, answer("13", both, START + MINUTE))
    assert [case.state for case in small.cases()] == ["answered"] * 3
    assert prevented(small) == 0


def test_acknowledgement_moves_what_is_due(small: City) -> None:
    """An answer while the steps are held keeps no alarm back: none was due."""
    asked = mention("1", START)
    small.say(asked)
    small.clock.forward(minutes=19)
    small.desk.acknowledge(small.case().id, "kim")
    small.clock.forward(minutes=3)
    small.say(answer("2", asked, small.clock()))
    assert prevented(small) == 0


def test_a_crisis_makes_its_own_steps_due(small: City) -> None:
    """Its policy's from then on: what was due under the old one alone is no false alarm any more."""
    asked = mention("1", START)
    small.say(asked)
    case = small.case()
    with small.store.write() as tx:
        deadline = START + 10 * MINUTE
        cases.save(tx, [alarmed(case, "i1", "crisis", deadline, small.clock())])
    small.clock.forward(minutes=4)
    assert small.rules.policy("crisis").steps[0].at > 4 * MINUTE
    small.say(answer("2", asked, small.clock()))
    assert prevented(small) == 0
    again = mention("3", small.clock(), author="c3", conversation="3")
    small.say(again)
    (second,) = (one for one in small.cases() if one.is_open)
    with small.store.write() as tx:
        cases.save(tx, [alarmed(second, "i1", "crisis", second.opened_at + 10 * MINUTE, small.clock())])
    small.clock.forward(minutes=11)
    small.say(answer("4", again, small.clock()))
    assert prevented(small) == 1, "its step was due after ten minutes, not after twenty"


def test_count_goes_on_where_it_stopped(small: City) -> None:
    """Reading bit by bit, as the screen does, gives the same count as reading all at once."""
    with small.store.read() as tx:
        alarms = FalseAlarms(small.rules)
        alarms.read(tx)
    for id in ("1", "2"):
        asked = mention(id, small.clock(), author=f"c{id}")
        small.say(asked)
        with small.store.read() as tx:
            alarms.read(tx)
        small.clock.forward(minutes=20)
        small.connector.answers = [answer(f"9{id}", asked, small.clock())]
        small.tick()
        with small.store.read() as tx:
            assert alarms.read(tx) == int(id)
    assert prevented(small) == 2


def test_summary_counts_equal_the_stores(small: City) -> None:
    """Met, late, unanswered, dismissed, deleted and pending are those of the cases' own rows and of the report."""
    said = [mention(str(n), START + n * SECOND, author=f"c{n}") for n in range(1, 8)]
    small.say(*said)
    small.clock.forward(minutes=10)
    small.say(answer("101", said[0], small.clock()), answer("102", said[1], small.clock()))
    cases = {small.mentions(case)[0]: case for case in small.cases()}
    small.desk.dismiss(cases["3"].id, "kim", "감사 인사")
    small.say(gone=["4"])
    small.tick(minutes=25)
    small.say(answer("105", said[4], small.clock()))
    small.say(mention("8", small.clock(), author="c8"))
    small.tick(minutes=1)
    until = small.clock()
    summary = summarize(small.store, small.rules, Receiver({}, small.clock), START, until)
    of = summary.numbers
    assert (of.received, of.met, of.answered_late, of.unanswered) == (8, 2, 1, 2)
    assert (of.dismissed, of.deleted, of.pending) == (1, 1, 1)
    with small.store.read() as tx:
        rows = recount.tally(tx, START - MINUTE, until, until)["transport"]
    assert rows == (of.received, of.met, of.missed, of.pending, of.dismissed, of.deleted, of.undetermined)
    total = weekly(small.store, small.rules, "2026-W47", until).total
    assert (of.received, of.met, of.missed, of.followups) == (total.cases, total.met, total.missed, total.followups)
    sent = sum(len(channel.sent) for channel in small.channels.values())
    assert summary.outbox["delivered"] == sent > 0
    shown = said_by(summary, small)
    assert "40.00%  (기한 내 2 / 판정 5)" in shown and "접수한 사건         8" in shown
    scene = Lookout(small.store, small.rules, city_of(small)).scene(until, None, (), 0, 50)
    assert (scene.open, scene.overdue, len(scene.rows), scene.total) == (3, 2, 3, rows)


def city_of(small: City) -> CityClock:
    """A city at 60 times the pace since the start."""
    return CityClock(START, START, 60.0)


def said_by(summary: Summary, small: City) -> str:
    """The summary as it is printed."""
    out = io.StringIO()
    console = Console(file=out, width=80, highlight=False, markup=False)
    show(console, summary, DemoWords("ko"), city_of(small), "monitor.toml", ["poll.failed"])
    text = out.getvalue()
    assert "\x1b" not in text and all(line == line.rstrip() for line in text.splitlines())
    assert "poll.failed" in text
    return text


def test_summary_of_a_run_over_a_weeks_end(small: City) -> None:
    """A run that begins on a Sunday night counts the cases of both weeks."""
    small.clock.at = START + timedelta(days=6, hours=14, minutes=50)  # Sunday 23:50 in Seoul
    since = small.clock()
    small.say(mention("1", since))
    small.clock.forward(minutes=20)
    small.say(mention("2", small.clock(), author="other"))
    summary = summarize(small.store, small.rules, Receiver({}, small.clock), since, small.clock())
    assert summary.numbers.received == 2


def test_nothing_happened(small: City) -> None:
    """A run without a case has no attainment, and says so."""
    summary = summarize(small.store, small.rules, Receiver({}, small.clock), START, START + MINUTE)
    assert "판정할 사건이 없습니다" in said_by(summary, small)


def test_receiver_takes_only_what_is_well_signed() -> None:
    """A right signature once is a message, the same again a repetition; a wrong one or no channel is refused."""
    clock = Clock(START)
    receiver = Receiver({"desk": "whsec_c2VjcmV0"}, clock)
    body = '{"id":"m1","kind":"warning","level":1,"recipient":"kim","text":"…","cases":[]}'
    now = datetime.now(UTC)
    headers = {"webhook-id": "m1", "webhook-timestamp": str(int(now.timestamp()))}
    signed = headers | {"webhook-signature": Webhook("whsec_c2VjcmV0").sign("m1", now, body)}
    with serve(receiver) as server, httpx.Client(base_url=server.url) as client:
        answers = [
            client.post("/alerts/desk", content=body, headers=signed).status_code,
            client.post("/alerts/desk", content=body, headers=signed).status_code,
            client.post("/alerts/desk", content=body + " ", headers=signed).status_code,
            client.post("/alerts/desk", content=body).status_code,
            client.post("/alerts/other", content=body, headers=signed).status_code,
            client.get("/alerts/desk", headers=signed).status_code,
        ]
    assert answers == [204, 204, 401, 401, 401, 401]
    assert receiver.counted() == (1, 1, 4)
    (one,) = receiver.arrived()
    assert (one.channel, one.kind, one.at, one.cases) == ("desk", "warning", START, [])
