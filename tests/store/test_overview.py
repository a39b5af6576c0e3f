"""The overview's numbers are the report's, and what is wrong is said, for the viewer's departments only."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from monitor import maintenance
from monitor.reports.document import Whole
from monitor.reports.week import weekly
from monitor.rules import Rules
from monitor.store import accounts, incidents
from monitor.store.alerts import Backlog
from monitor.store.engine import Store
from monitor.store.overview import DORMANT_AFTER, Overview, overview
from monitor.store.queue import Count
from monitor.store.recount import Tallied
from monitor.store.tables import AccountRow, AlertRow, MessageRow
from sla.case import Clock, Event, State
from sla.incident import Incident, Moved
from tests.city import City, answer, mention
from tests.store.made import MINUTE, START, case, keep
from tests.support import city

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def _see(town: City, departments: frozenset[str] | None = None) -> Overview:
    with town.store.read() as tx:
        return overview(tx, town.rules, departments, town.clock())


def _agrees(town: City) -> None:
    """With `report weekly` of the running week, department by department and in all."""
    seen = _see(town)
    report = weekly(town.store, town.rules, str(seen.week), town.clock())
    told: dict[str, Whole] = {one.department: one for one in report.departments} | {"": report.total}
    for department in (*seen.departments, seen.total):
        of, ours = told[department.id], department.week
        assert (ours.received, ours.met, ours.missed, ours.pending) == (of.cases, of.met, of.missed, of.pending)
        assert (ours.dismissed, ours.deleted, ours.undetermined) == (of.dismissed, of.deleted, of.undetermined)
        assert (ours.decided, ours.attainment) == (of.decided, of.attainment)


def test_the_attainment_is_that_of_the_weekly_report(town: City) -> None:
    """Met, late, unanswered, pending, dismissed, deleted, transferred and merged: at each of these instants."""
    asked = {n: mention(f"m{n}", town.clock() + n * MINUTE, conversation=f"v{n}", author=f"a{n}") for n in range(8)}
    asked[8] = mention(
        "m8", town.clock(), author="a9", conversation="v8", addressed=("1002",), text="@dj_facility 고장"
    )
    town.clock.forward(minutes=10)
    town.say(*asked.values())
    of = {town.mentions(one)[0]: one.id for one in town.cases()}
    _agrees(town)
    town.say(answer("r0", asked[0], town.clock()))
    town.desk.dismiss(of["m1"], "kim", "감사 인사")
    town.desk.transfer(of["m2"], "kim", "facility", "시설 소관")
    town.say(gone=["m3"])
    _agrees(town)
    town.tick(minutes=45)
    town.say(answer("r4", asked[4], town.clock()))
    town.say(mention("m9", town.clock(), conversation="v0", author="a0"))
    _agrees(town)
    seen = {one.id: one for one in _see(town).departments}
    assert seen["transport"].week == Tallied(
        received=8, met=1, missed=4, pending=1, dismissed=1, deleted=1, undetermined=0
    )
    assert seen["transport"].week.attainment == 0.2
    assert seen["transport"].queue == Count(open=4, at_risk=0, overdue=3)
    assert seen["facility"].week == Tallied(2, 0, 2, 0, 0, 0, 0)
    assert seen["transport"].today == seen["transport"].week


def test_today_and_the_week_begin_at_midnight_on_the_citys_clock(store: Store, tmp_path: Path) -> None:
    """Not at midnight in UTC; the denominator of nothing is nothing."""
    rules = Rules(city(tmp_path))
    monday = START - 9 * HOUR  # 00:00 in Seoul
    moment = timedelta(microseconds=1)
    met = {"state": State.ANSWERED, "closed_at": START, "answered_at": START - 30 * DAY}
    keep(store, [
        case("c1", opened_at=monday - moment, **met), case("c2", opened_at=monday, **met),
        case("c3", opened_at=monday + DAY - moment, **met), case("c4", opened_at=monday + DAY, **met),
        case("c5", opened_at=monday + 7 * DAY - moment, **met), case("c6", opened_at=monday + 7 * DAY, **met),
    ])  # fmt: skip
    with store.read() as tx:
        early = overview(tx, rules, None, monday)
        late = overview(tx, rules, None, monday + 7 * DAY - moment)
        none = overview(tx, rules, frozenset({"facility"}), monday)
    assert (str(early.week), early.total.today.met, early.total.week.met) == ("2026-W47", 2, 4)
    assert (str(late.week), late.total.today.met, late.total.week.met) == ("2026-W47", 1, 4)
    assert [one.id for one in none.departments] == ["facility"] and none.total.week.attainment is None
    assert none.total.today.received == none.total.week.received == 0, "of the viewer's departments alone"


def test_a_department_that_left_the_settings_is_still_shown(store: Store, tmp_path: Path) -> None:
    """With what it had this week or still has open, under its id; to those whose scope it is in."""
    keep(store, [case("c1", department="gone"), case("c2")])
    rules = Rules(city(tmp_path))
    with store.read() as tx:
        seen = overview(tx, rules, None, START)
        mine = overview(tx, rules, frozenset({"transport"}), START)
    assert [(one.id, one.name) for one in seen.departments] == [
        ("transport", "교통정책과"), ("facility", "시설관리과"), ("gone", "gone")
    ]  # fmt: skip
    assert [one.id for one in mine.departments] == ["transport"] and mine.total.queue.open == 1


def test_blind_suspect_and_dormant_accounts(town: City) -> None:
    """Since when; blind also where no daemon runs to say so; one account is in one of the lists; by scope."""
    now = town.clock.forward(days=20)
    row = AccountRow.__table__  # type: ignore[attr-defined]
    with town.store.write() as tx:
        tx.execute(update(row).values(fetched_at=now - MINUTE, last_post_at=now - DORMANT_AFTER))
    assert not any((_see(town).blind, _see(town).suspect, _see(town).dormant))
    with town.store.write() as tx:
        tx.execute(update(row).where(row.c.id == "1001").values(fetched_at=now - HOUR, last_post_at=None))
        tx.execute(update(row).where(row.c.id == "1002").values(suspect_since=now - DAY, last_post_at=None))
        tx.execute(update(row).where(row.c.id == "2001").values(last_post_at=now - DORMANT_AFTER - MINUTE))
        accounts.register(tx, "twitter", "9999", "gone", "old", now - 40 * DAY)
    seen = _see(town)
    assert [(one.id, one.since, one.department) for one in seen.blind] == [("1001", now - HOUR, "transport")]
    assert [(one.id, one.since) for one in seen.suspect] == [("1002", now - DAY)]
    assert [(one.id, one.since) for one in seen.dormant] == [("2001", now - DORMANT_AFTER - MINUTE)]
    with town.store.write() as tx:
        accounts.set_blind(tx, "facebook", "2001", now - 2 * DAY)
        tx.execute(update(row).where(row.c.id == "1002").values(suspect_since=None))
    seen = _see(town, frozenset({"facility"}))
    assert [(one.id, one.since) for one in seen.blind] == [("2001", now - 2 * DAY)]
    assert [(one.id, one.since) for one in seen.dormant] == [("1002", now - 20 * DAY)], "never written to"


def test_crises_that_go_on_for_those_they_concern(town: City) -> None:
    """The owning department, and one that has cases of it; not one that ended."""
    crisis = Incident("i1", "keyword", "화재", "transport", None, START, START)
    over = crisis._replace(id="i2", ended_at=START, ended_by="kim")
    keep(
        town.store, [case("c1", department="facility", incident="i1"), case("c2", department="facility", incident="i2")]
    )
    with town.store.write() as tx:
        for one in (crisis, over):
            incidents.save(tx, Moved(one, Event("crisis_opened", START, "clock")))
    found = {scope: [one.id for one in _see(town, scope and frozenset({scope})).incidents]
             for scope in (None, "transport", "facility", "water")}  # fmt: skip
    assert found == {None: ["i1"], "transport": ["i1"], "facility": ["i1"], "water": []}


@pytest.mark.parametrize("state", ["waiting", "queued", "dead"])
def test_alerts_that_are_unsent_or_dead(town: City, state: str) -> None:
    """Of the viewer's cases alone: another department's waits and failures are not theirs to see."""
    town.say(mention("m1", town.clock()))
    town.clock.forward(minutes=20)
    town.escalation.run()
    messages, told = MessageRow.__table__, AlertRow.__table__  # type: ignore[attr-defined]
    with town.store.write() as tx:
        if state == "dead":
            tx.execute(update(messages).values(state="dead", next_attempt_at=None))
        if state == "waiting":
            tx.execute(update(told).values(state="waiting", message_id=None))
            tx.execute(delete(messages))
    seen = {scope: _see(town, scope and frozenset({scope})).alerts for scope in (None, "transport", "facility")}
    assert seen[None] == seen["transport"]
    assert [name for name in ("waiting", "queued", "dead") if getattr(seen[None], name) == 1] == [state]
    assert seen["facility"] == Backlog(0, 0, 0, None, 0)


def test_maintenance_is_shown_while_it_lasts(town: City) -> None:
    """And final answers that are owed are counted apart."""
    keep(town.store, [case("c1", clock=Clock.FINAL, state=State.ANSWERED, closed_at=START, answered_at=START,
                           final_deadline=START)])  # fmt: skip
    with town.store.write() as tx:
        maintenance.start(tx, town.rules, town.clock() + HOUR, "서버 이전", "ops", town.clock())
    seen = _see(town)
    assert seen.maintenance is not None and (seen.maintenance.by, seen.maintenance.reason) == ("ops", "서버 이전")
    assert (seen.final, seen.total.queue.open) == (Count(1, 0, 1), 0)
    town.clock.forward(hours=1)
    assert _see(town).maintenance is None
