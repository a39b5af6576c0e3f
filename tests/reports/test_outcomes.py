"""What is kept of each case gives the numbers of the history, whenever it was looked at last."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from monitor.reports.outcomes import Outcomes, terms
from monitor.reports.seal import Sealer
from monitor.reports.week import count_week, weekly
from monitor.store import cases, events, migrate, outcomes
from monitor.store.engine import Store
from sla.case import Change, State
from sla.week import Week
from tests.city import MINUTE, City, answer, build, mention
from tests.histories import START, lives
from tests.support import Clock

WEEK = "2026-W47"


def keep(town: City, batches: int = 10) -> int:
    """Seal what there is, and go on with what is kept."""
    Sealer(town.store, town.clock).run()
    return Outcomes(town.store, town.rules, town.clock, batch=7).run(batches)


def agrees(town: City) -> None:
    """The report by what is kept is that of the whole history, to the last figure."""
    kept = weekly(town.store, town.rules, WEEK, town.clock())
    with town.store.read() as tx:
        events.freeze(tx)
        told = count_week(tx, town.rules, Week.parse(WEEK), town.clock(), recount=True)
    assert kept.to_dict() == told.to_dict()


def kept_rows(town: City) -> int:
    """How many cases something is kept of."""
    with town.store.read() as tx:
        return int(tx.execute(text("SELECT count(*) FROM outcomes WHERE cell IS NOT NULL")).scalar_one())


def test_what_is_kept_is_what_the_history_says(town: City) -> None:
    """Before anything is kept, when all is, when half is out of date, and when time alone has moved on."""
    start = town.clock()
    asked = [mention(f"m{n}", start + n * MINUTE, author=f"p{n}") for n in range(8)]
    town.say(*asked)
    agrees(town)
    keep(town)
    assert kept_rows(town) == 8
    agrees(town)
    town.say(answer("a0", asked[0], start + 25 * MINUTE))
    by = {town.mentions(case)[0]: case.id for case in town.cases()}
    town.desk.transfer(by["m1"], "kim", "facility", "소관 아님")
    town.desk.claim(by["m2"], "lee")
    town.desk.snooze(by["m3"], "kim", town.clock() + 20 * MINUTE, "현장 확인")
    agrees(town)
    town.tick(minutes=31)
    agrees(town)
    keep(town, batches=1)  # not up to the end
    agrees(town)
    keep(town)
    town.desk.dismiss(by["m4"], "kim", "감사 인사")
    town.say(answer("a5", asked[5], town.clock()))
    town.desk.ask_final(by["m5"], "kim", "현장 조사")
    keep(town)
    agrees(town)
    town.clock.forward(hours=24 * 10)  # its final answer is missed, and no event says so
    agrees(town)
    assert weekly(town.store, town.rules, WEEK, town.clock()).total.final.missed == 1
    keep(town)
    agrees(town)


def test_a_pending_case_is_missed_when_its_time_has_come(town: City) -> None:
    """No event says so: nobody decided anything, and nothing was kept anew."""
    town.say(mention("m1", town.clock()))
    keep(town)
    assert weekly(town.store, town.rules, WEEK, town.clock()).total.pending == 1
    town.clock.forward(minutes=31)
    assert weekly(town.store, town.rules, WEEK, town.clock()).total.unanswered == 1


def test_with_other_office_hours_it_is_made_anew(town: City) -> None:
    """What was kept by the old ones is not used, and then thrown away."""
    town.say(mention("m1", town.clock()))
    keep(town)
    with town.store.write() as tx:
        outcomes.put(tx, [], 10**9, "other terms", town.clock())
    agrees(town)
    keep(town)
    assert kept_rows(town) == 1
    agrees(town)


def test_a_broken_history_is_shown_and_not_counted(town: City) -> None:
    """Whether it broke before or after it was kept, and in which week, as far as it says."""
    town.say(mention("m1", town.clock()), mention("m2", town.clock(), author="b"))
    broken = town.cases()[0].id
    with town.store.write() as tx:
        tx.execute(text("UPDATE events SET data = '{}' WHERE case_id = :id"), {"id": broken})
    keep(town)
    found = weekly(town.store, town.rules, WEEK, town.clock())
    assert (found.unexplained, found.total.cases) == ((broken,), 1)
    agrees(town)


def test_of_two_nodes_at_once_one_writes(town: City, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other finds that all of it is done, and does not take it back."""
    town.say(*[mention(f"m{n}", town.clock(), author=f"p{n}") for n in range(3)])
    Sealer(town.store, town.clock).run()
    first, second = (Outcomes(town.store, town.rules, town.clock, batch=batch) for batch in (100, 1))
    read = second._kept

    def late(*asked: object) -> object:
        found = read(*asked)  # type: ignore[arg-type]
        first.run()
        return found

    monkeypatch.setattr(second, "_kept", late)
    assert second.run() < first.run()
    assert kept_rows(town) == 3
    with town.store.read() as tx:
        assert outcomes.counted_to(tx, terms(town.rules)) == events.last(tx)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> City:
    """A city that examples share, each emptying it first: SQLite, for there are many."""
    folder = tmp_path_factory.mktemp("lives")
    store = Store(f"sqlite:///{folder / 'monitor.db'}")
    migrate.upgrade(store, START)
    return build(folder, store, Clock(START))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), number=st.integers(1, 12))
def test_random_histories(shared: City, seed: int, number: int) -> None:
    """Kept up to any event, and counted at any instant."""
    chance, town = Random(seed), shared
    town.clock.at = START
    with town.store.write() as tx:
        outcomes.clear(tx)
        for table in ("events", "cases", "seals"):
            tx.execute(text(f"DELETE FROM {table}"))
    lived = lives(seed, number, START, timedelta(days=2))
    for life in lived:
        with town.store.write() as tx:
            cases.save(tx, [Change(life.case._replace(version=0), tuple(life.events))])
        if chance.random() < 0.4:
            keep(town, batches=chance.randint(1, 3))
        if chance.random() < 0.3:
            town.clock.forward(minutes=chance.randint(1, 600))
            agrees(town)
    town.clock.forward(minutes=chance.randint(0, 5000))
    agrees(town)
    total = weekly(town.store, town.rules, WEEK, town.clock()).total
    assert total.cases == sum(life.case.state is not State.MERGED for life in lived)
