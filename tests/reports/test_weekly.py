"""The weekly report through the real intake, engine and desk: SEMANTICS rows 4, 5, 8, 33 and 35 by name."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from config import load
from monitor.reports.document import DepartmentPart, Document
from monitor.reports.seal import Sealer
from monitor.reports.verify import verify
from monitor.reports.week import UnknownDepartment, cases_of, weekly
from monitor.rules import Rules
from monitor.store import cases, events, migrate
from monitor.store.engine import Store
from sla.case import Change, State
from sla.history import Status
from sla.week import UnknownWeek
from tests.city import MINUTE, SECOND, City, answer, mention
from tests.histories import START, lives
from tests.support import Clock
from tests.support import city as settings_of

HOUR = timedelta(hours=1)
NEXT_MONDAY = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)


def report(town: City, **asked: object) -> Document:
    """The week that the city's clock begins in."""
    return weekly(town.store, town.rules, "2026-W47", town.clock(), **asked)  # type: ignore[arg-type]


def department(of: Document, id: str = "transport") -> DepartmentPart:
    """One department of a report."""
    return next(found for found in of.departments if found.department == id)


def watch(town: City) -> None:
    """Let every account be seen whole, now."""
    with town.store.write() as tx:
        for platform, ids in (("twitter", ("1001", "1002")), ("facebook", ("2001",))):
            town.watch.complete(tx, platform, ids, town.clock(), town.clock(), town.clock())


def test_an_empty_week_shows_every_department(town: City) -> None:
    """With zero cases, no attainment, and the names CONTRACT gives them."""
    found = report(town).to_dict()
    assert (found["week"], found["head"]) == ("2026-W47", "")
    names = [(of["department"], of["name"]) for of in found["departments"]]
    assert names == [("transport", "교통정책과"), ("facility", "시설관리과")]
    for of in found["departments"]:
        assert {"department", "cases", "met", "missed", "dismissed", "attainment", "coverage"} <= set(of)
        assert (of["cases"], of["met"], of["missed"], of["dismissed"], of["attainment"]) == (0, 0, 0, 0, None)
    assert found["from"] == "2026-11-16T00:00:00+09:00"
    assert found["until"] == "2026-11-23T00:00:00+09:00"


def test_row_4_an_answer_found_after_the_breach_puts_the_numbers_right(town: City) -> None:
    """Missed while nobody knew, met once the answer is found; the alerts that went out stay counted."""
    asked = mention("m1", town.clock())
    town.say(asked)
    town.tick(minutes=31)
    assert department(report(town)).unanswered == 1
    town.say(answer("a1", asked, asked.created_at + 12 * MINUTE))
    whole = department(report(town))
    assert (whole.met, whole.missed, whole.alerts["breach"], whole.median_seconds) == (1, 0, 1, 720.0)


@pytest.mark.parametrize(("late", "met"), [(timedelta(0), 1), (SECOND, 0)])
def test_row_5_an_answer_exactly_at_the_deadline_is_met(town: City, late: timedelta, met: int) -> None:
    """A second later is a miss, and stays one."""
    asked = mention("m1", town.clock())
    town.say(asked, answer("a1", asked, town.clock() + 30 * MINUTE + late))
    of = department(report(town)).to_dict()
    assert (of["met"], of["missed"], of["attainment"]) == (met, 1 - met, float(met))


def test_row_8_dismissed_is_listed_apart_and_pending_is_outside(town: City) -> None:
    """Neither is in the denominator."""
    start = town.clock()
    town.say(mention("m1", start, author="a"), mention("m2", start, author="b"), mention("m3", start, author="c"))
    first, second, _ = town.cases()
    town.desk.dismiss(first.id, "kim", "감사 인사")
    town.desk.answer(second.id, "kim", "phone")
    of = department(report(town)).to_dict()
    assert (of["cases"], of["met"], of["dismissed"], of["pending"], of["attainment"]) == (3, 1, 1, 1, 1.0)
    assert of["dismissed_by_reason"] == {"감사 인사": 1}


def test_a_case_counts_for_who_holds_it_and_where_it_came_in(town: City) -> None:
    """Transferred to another department, still of Twitter, and of the hour of its first mention."""
    town.say(mention("m1", town.clock()))
    town.desk.transfer(town.case().id, "kim", "facility", "소관 아님")
    found = report(town)
    assert department(found).cases == 0
    of = department(found, "facility").to_dict()
    assert (of["cases"], of["transferred"], [p["platform"] for p in of["platforms"]]) == (1, 1, ["twitter"])
    assert [hour["hour"] for hour in of["hours"] if hour["cases"]] == [9]


def test_one_department_alone(town: City) -> None:
    """Its cases are the total; one that does not exist is refused with those there are."""
    town.say(mention("m1", town.clock()), mention("m2", town.clock(), addressed=("1002",), author="b"))
    found = report(town, department="facility")
    assert [of.department for of in found.departments] == ["facility"]
    assert found.total.cases == 1
    with pytest.raises(UnknownDepartment, match="transport, facility"):
        report(town, department="parks")


def test_the_week_is_the_last_complete_one_unless_asked(town: City) -> None:
    """On Monday at midnight it is the one that has just ended; one that does not exist is refused."""
    ask = datetime(2026, 11, 22, 14, 59, 59, tzinfo=UTC)
    assert str(weekly(town.store, town.rules, None, ask).week) == "2026-W46"
    assert str(weekly(town.store, town.rules, None, ask + SECOND).week) == "2026-W47"
    with pytest.raises(UnknownWeek, match="2026-W53"):
        weekly(town.store, town.rules, "2026-W60", ask)


def test_a_case_belongs_to_the_week_of_its_first_mention(town: City) -> None:
    """Found in the next week, or moved into the week before by an earlier mention that was found later."""
    sunday = datetime(2026, 11, 22, 14, 50, tzinfo=UTC)
    town.clock.at = sunday + HOUR
    town.say(mention("m2", sunday + 20 * MINUTE, conversation="m1"))
    ask = town.clock()
    assert weekly(town.store, town.rules, "2026-W48", ask).total.cases == 1
    town.say(mention("m1", sunday))
    assert weekly(town.store, town.rules, "2026-W47", ask).total.cases == 1
    assert weekly(town.store, town.rules, "2026-W48", ask).total.cases == 0
    town.say(gone=["m1"])  # its clock runs from the one that stands, in the next week again
    assert weekly(town.store, town.rules, "2026-W47", ask).total.cases == 0
    assert weekly(town.store, town.rules, "2026-W48", ask).total.cases == 1


def test_a_clock_of_ours_that_is_slow_loses_no_case(town: City) -> None:
    """A mention of Monday that was recorded, by our clock, on the Sunday before."""
    monday = datetime(2026, 11, 22, 15, 0, 1, tzinfo=UTC)
    town.clock.at = monday - 20 * SECOND
    town.say(mention("m1", monday))
    assert weekly(town.store, town.rules, "2026-W48", monday + HOUR).total.cases == 1


def test_row_33_blind_time_stands_beside_attainment(town: City) -> None:
    """An hour of blindness in four: three quarters, however well the cases went; the other account is whole."""
    watch(town)
    with town.store.write() as tx:
        town.watch.complete(tx, "twitter", ["1001"], town.clock(), town.clock(), town.clock())
    town.clock.forward(minutes=6)
    town.watch.run()
    town.clock.forward(minutes=54)
    watch(town)
    for _ in range(36):
        town.clock.forward(minutes=5)
        watch(town)
    of = department(report(town)).to_dict()
    assert (of["coverage"], of["blind_seconds"], of["attainment"]) == (0.75, 3600.0, None)
    (seen,) = of["accounts"]
    assert (seen["id"], seen["handle"], seen["coverage"], seen["blind_seconds"]) == ("1001", "dj_transport", 0.75, 3600)


def test_row_33_a_service_that_is_down_is_blind_though_no_event_says_so(town: City) -> None:
    """The report is asked for while nobody fetches; and a week later, from what the restart wrote, it is the same."""
    watch(town)
    town.clock.forward(minutes=5)
    assert department(report(town)).coverage == 1.0
    town.clock.forward(minutes=15)
    ask = town.clock()
    found = report(town)
    assert department(found).coverage == 0.0
    town.clock.forward(hours=3)
    watch(town)
    assert town.events("gap")
    again = weekly(town.store, town.rules, "2026-W47", ask, last_event=found.last_event)
    assert again.to_dict() == found.to_dict()


def test_row_33_an_account_taken_out_of_the_settings_was_watched_to_its_last_fetch(town: City, tmp_path: Path) -> None:
    """Its blind time stays in the week; the time after it left is nobody's."""
    watch(town)
    town.clock.forward(hours=1)
    watch(town)
    written = (tmp_path / "monitor.toml").read_text(encoding="utf-8")
    left = '[[accounts]]\ndepartment = "facility"\nplatform = "twitter"\nid = "1002"\nhandle = "dj_facility"\n'
    assert left in written
    (tmp_path / "monitor.toml").write_text(written.replace(left, ""), encoding="utf-8")
    rules = Rules(load(tmp_path / "monitor.toml"))
    found = weekly(town.store, rules, "2026-W47", town.clock() + HOUR)
    gone = next(one for one in department(found, "facility").accounts if one.id == "1002")
    assert (gone.coverage, gone.blind_seconds) == (0.0, 3600)
    later = department(weekly(town.store, rules, "2026-W48", NEXT_MONDAY + HOUR), "facility")
    assert "1002" not in [one.id for one in later.accounts]


def test_row_35_every_number_drills_down_to_its_cases(town: City) -> None:
    """The cases behind a report are those it counted, by department and status."""
    start = town.clock()
    for number in range(6):
        asked = mention(f"m{number}", start + number * MINUTE, author=f"p{number}",
                        addressed=("1001",) if number % 2 else ("1002",))  # fmt: skip
        town.say(asked, *([answer(f"a{number}", asked, start + number * 20 * MINUTE)] if number > 1 else []))
    found = report(town)
    for of in found.departments:
        behind = Counter(
            case.status(town.clock()) for case in cases_of(town.store, town.rules, "2026-W47", of.department)
        )
        assert (behind[Status.MET], behind[Status.LATE], behind[Status.PENDING]) == (
            of.met, of.answered_late, of.pending,
        )  # fmt: skip
        assert of.cases == behind.total() == 3


def test_row_35_a_recount_gives_the_same_report_later(town: City) -> None:
    """Whatever has happened since: as of its instant and its last event it is the same, to the last field."""
    asked = mention("m1", town.clock())
    town.say(asked, mention("m2", town.clock(), author="b"))
    watch(town)
    town.tick(minutes=31)
    Sealer(town.store, town.clock).run()
    found, at = report(town), town.clock()
    town.say(answer("a1", asked, at))
    town.tick(hours=2)
    again = weekly(town.store, town.rules, "2026-W47", at, last_event=found.last_event)
    assert again.to_dict() == found.to_dict()
    assert report(town).to_dict() != found.to_dict()
    assert found.sealed_to == found.last_event
    assert len(found.head) == 64


def test_a_case_whose_history_is_broken_is_named_and_not_counted(town: City) -> None:
    """Also one that cannot be read; the others are counted all the same."""
    town.say(mention("m1", town.clock()), mention("m2", town.clock(), author="b"))
    broken, _ = town.cases()
    with town.store.write() as tx:
        tx.execute(text("UPDATE events SET data = '{}' WHERE case_id = :id"), {"id": broken.id})
    found = report(town)
    assert found.unexplained == (broken.id,)
    assert found.total.cases == 1


@pytest.fixture(scope="module")
def one_store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store that examples share, each emptying it first: SQLite, for there are many."""
    opened = Store(f"sqlite:///{tmp_path_factory.mktemp('weekly') / 'monitor.db'}")
    migrate.upgrade(opened, START)
    return opened


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Rules:
    """A small city's rules."""
    return Rules(settings_of(tmp_path_factory.mktemp("rules")))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32), st.integers(0, 30))
def test_random_histories_in_the_store_count_as_their_cases_do(
    one_store: Store, rules: Rules, seed: int, number: int
) -> None:
    """Three weeks together hold every case that is not merged, and `verify` has nothing to say."""
    lived = lives(seed, number, datetime(2026, 12, 24, tzinfo=UTC), timedelta(days=12))
    now = datetime(2026, 12, 31, tzinfo=UTC)
    with one_store.write() as tx:
        for table in ("events", "cases", "seals"):
            tx.execute(text(f"DELETE FROM {table}"))
        cases.save(tx, [Change(of.case._replace(version=0), tuple(of.events)) for of in lived])
    Sealer(one_store, Clock(now), block=7).run()
    weeks = [weekly(one_store, rules, week, now) for week in ("2026-W52", "2026-W53", "2027-W01")]
    merged = sum(of.case.state is State.MERGED for of in lived)
    assert sum(week.total.cases for week in weeks) == len(lived) - merged
    for week in weeks:
        json.dumps(week.to_dict())
        inside = [of.case for of in lived if week.since <= of.case.opened_at < week.until]
        assert {of.case for of in cases_of(one_store, rules, str(week.week))} == {case.id for case in inside}
        assert verify(one_store, rules, now, str(week.week)).findings == ()
    with one_store.read() as tx:
        assert weeks[0].last_event == events.last(tx)
