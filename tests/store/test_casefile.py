"""Why the clock reads so: the time that counted, what moved the deadline, who held the steps, what brought it here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from monitor.rules import Rules
from monitor.store import events
from monitor.store.casefile import Reading, Route, explain, reading_json
from monitor.store.engine import Store
from sla.case import Clock
from tests.city import City, answer, mention, put_together
from tests.support import Clock as Hands
from tests.support import city

SEOUL = ZoneInfo("Asia/Seoul")
HOUR = timedelta(hours=1)

OFFICE = """
[policies.standard]
calendar = "office"
target = "2h"
[policies.crisis]
target = "10m"
"""


@pytest.fixture
def office(store: Store, clock: Hands, tmp_path: Path) -> Iterator[City]:
    """A city that promises two hours of office time, on Friday 13 November at 16:30."""
    clock.at = at(13, 16, 30)
    yield put_together(store, Rules(city(tmp_path, more=OFFICE)), clock)


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    """An instant in Seoul."""
    return datetime(2026, month, day, hour, minute, tzinfo=SEOUL)


def _read(town: City, id: str | None = None) -> Reading:
    case = town.case() if id is None else next(one for one in town.cases() if one.id == id)
    with town.store.read() as tx:
        return explain(town.rules, case, events.of_case(tx, case.id))


def test_office_time_over_a_weekend(office: City) -> None:
    """Friday 16:30 with two hours to 18:00 and from Monday 09:00: due Monday 09:30; the weekend does not count."""
    office.say(mention("m1", office.clock()))
    told = _read(office)
    assert (told.policy, told.calendar, told.target) == ("standard", "office", 2 * HOUR)
    assert (told.started_at, told.deadline) == (at(13, 16, 30), at(16, 9, 30))
    assert told.counted == ((at(13, 16, 30), at(13, 18)), (at(16, 9), at(16, 9, 30)))
    assert told.paused == ((at(13, 18), at(16, 9)),)
    assert sum((end - start for start, end in told.counted), timedelta()) == told.target
    assert told.agrees and told.on_record.startswith("office/")
    assert told.route == Route("transport", None, "") and told.moves == () and told.holds == ()


def test_lunch_and_a_night_before_the_first_open_minute(office: City) -> None:
    """Wednesday 20:00: nothing counts until Thursday 09:00. Thursday 11:30: lunch stands between."""
    office.clock.at = at(18, 20)
    office.say(mention("m1", office.clock()))
    assert _read(office).paused == ((at(18, 20), at(19, 9)),)
    office.clock.at = at(19, 11, 30)
    office.say(mention("m2", office.clock(), conversation="m2", author="other"))
    told = _read(office, office.cases()[1].id)
    assert told.counted == ((at(19, 11, 30), at(19, 12)), (at(19, 13), at(19, 14, 30)))
    assert told.paused == ((at(19, 12), at(19, 13)),)


def test_a_holiday_is_skipped(office: City) -> None:
    """Thursday 24 December 17:00: Christmas and the weekend lie between, due Monday 28 at 10:00."""
    office.clock.at = at(24, 17, month=12)
    office.say(mention("m1", office.clock()))
    told = _read(office)
    assert told.deadline == at(28, 10, month=12)
    assert told.paused == ((at(24, 18, month=12), at(28, 9, month=12)),)


def test_round_the_clock_nothing_is_paused(town: City) -> None:
    """One stretch from the mention to the deadline; when it stopped; a word of the settings brought it elsewhere."""
    asked = mention("m1", town.clock(), text="@dj_transport 가로등이 꺼졌어요")
    town.say(asked)
    town.clock.forward(minutes=7)
    town.say(answer("a1", asked, town.clock()))
    told = _read(town)
    assert told.counted == ((asked.created_at, asked.created_at + HOUR / 2),) and told.paused == ()
    assert told.stopped_at == town.clock() and told.agrees
    assert told.route == Route("facility", 0, "가로등")


def test_what_moved_the_deadline(office: City) -> None:
    """A transfer to a department with another promise: from when to when, by whom, why; and by rules that changed."""
    office.say(mention("m1", office.clock()))
    was = office.case().deadline
    office.rules.policies["standard"] = office.rules.policy("crisis")
    office.clock.forward(minutes=1)
    office.desk.transfer(office.case().id, "kim", "facility", "시설 소관")
    (moved,) = (told := _read(office)).moves
    assert (moved.kind, moved.by, moved.reason) == ("transferred", "kim", "시설 소관")
    assert (moved.was, moved.deadline) == (was, office.case().deadline) and moved.deadline != was
    assert told.on_record == "", "a transfer does not say by which calendar"
    assert told.route.department == "transport", "where it began"


def test_rules_that_changed_since_are_no_longer_what_the_deadline_came_from(office: City, tmp_path: Path) -> None:
    """The deadline on record stands, and that today's rules would give another is said."""
    office.say(mention("m1", office.clock()))
    office.rules = Rules(city(tmp_path))
    told = _read(office)
    assert (told.agrees, told.deadline) == (False, at(16, 9, 30))
    assert told.on_record.startswith("office/") and told.calendar == "always"


def test_an_earlier_mention_moves_the_clock(town: City) -> None:
    """One that was found later: what it was before stands beside."""
    town.clock.forward(minutes=10)
    town.say(mention("m2", town.clock(), conversation="v"))
    town.say(mention("m1", town.clock() - HOUR / 12, conversation="v"))
    (moved,) = _read(town).moves
    assert moved.kind == "clock_moved" and moved.was is not None and moved.was - moved.deadline == HOUR / 12


def test_what_leaves_the_deadline_where_it_was_is_no_move(town: City) -> None:
    """A reload may change a case's ladder alone."""
    town.say(mention("m1", town.clock()))
    case = town.case()
    same = events.Recorded(99, case.id, "rescheduled", town.clock(), "clock", {"deadline": case.deadline.isoformat()})
    with town.store.read() as tx:
        assert explain(town.rules, case, [*events.of_case(tx, case.id), same]).moves == ()


def test_who_held_the_steps(town: City) -> None:
    """Acknowledged until its time, put off until woken, held anew; all of it ends with the answer."""
    asked = mention("m1", town.clock())
    town.say(asked)
    id, began = town.case().id, town.clock()
    town.desk.acknowledge(id, "kim")
    town.clock.forward(minutes=5)
    town.desk.snooze(id, "lee", town.clock() + HOUR, "현장 확인")
    town.clock.forward(minutes=5)
    town.desk.wake(id, "kim")
    town.clock.forward(minutes=1)
    town.desk.snooze(id, "kim", town.clock() + HOUR, "통화 중")
    minute = timedelta(minutes=1)
    assert [tuple(hold) for hold in _read(town).holds] == [
        ("acknowledged", "kim", began, began + 15 * minute, ""),
        ("snoozed", "lee", began + 5 * minute, began + 10 * minute, "현장 확인"),
        ("snoozed", "kim", began + 11 * minute, began + 71 * minute, "통화 중"),
    ]
    town.clock.forward(minutes=1)
    town.say(answer("a1", asked, town.clock()))
    assert [hold.until for hold in _read(town).holds] == [began + 12 * minute, began + 10 * minute, began + 12 * minute]


def test_a_release_ends_an_acknowledgement(town: City) -> None:
    """And not a snooze."""
    town.say(mention("m1", town.clock()))
    id, began = town.case().id, town.clock()
    town.desk.acknowledge(id, "kim")
    town.desk.snooze(id, "kim", began + HOUR, "현장 확인")
    town.clock.forward(minutes=1)
    town.desk.release(id, "kim")
    assert [hold.until - began for hold in _read(town).holds] == [timedelta(minutes=1), HOUR]


def test_the_final_answers_clock(town: City) -> None:
    """Its own target and calendar from the same start; who asked for it."""
    asked = mention("m1", town.clock())
    town.say(asked)
    town.desk.ask_final(town.case().id, "kim", "현장 사진")
    assert _read(town).clock is Clock.FIRST
    town.say(answer("a1", asked, town.clock()))
    told = _read(town)
    assert (told.clock, told.calendar, told.target) == (Clock.FINAL, "office", 24 * HOUR)
    assert told.deadline == town.case().final_deadline and told.agrees and told.stopped_at is None
    assert len(told.counted) == 6 and len(told.paused) == 5, "three days with a lunch in each"
    assert [(moved.kind, moved.by, moved.was, moved.reason) for moved in told.moves] == [
        ("final_asked", "kim", None, "현장 사진")
    ]
    town.clock.forward(hours=1)
    town.desk.answer(town.case().id, "kim", "phone")
    assert _read(town).stopped_at == town.clock()


def test_a_damaged_history_still_explains_what_it_can(town: City) -> None:
    """`report verify` tells of the damage; the page stands."""
    town.say(mention("m1", town.clock()))
    with town.store.read() as tx:
        history = [
            events.Recorded(e.id, e.case_id, kind, e.at, e.actor, data)
            for e in events.of_case(tx, town.case().id)
            for kind, data in (("opened", {"route": "x"}), ("rescheduled", {"deadline": "x"}), ("snoozed", {}))
        ]
    told = explain(town.rules, town.case(), history)
    assert (told.route, told.moves, told.holds) == (Route("transport", None, ""), (), ())


def test_as_json(office: City) -> None:
    """Seconds, and instants in the service's zone."""
    office.say(mention("m1", office.clock()))
    office.desk.acknowledge(office.case().id, "kim")
    shown = json.loads(json.dumps(reading_json(_read(office), office.rules.zone)))
    assert shown["target_seconds"] == 7200 and shown["deadline"] == "2026-11-16T09:30:00+09:00"
    assert shown["counted"][0] == {
        "from": "2026-11-13T16:30:00+09:00", "until": "2026-11-13T18:00:00+09:00", "seconds": 5400
    }  # fmt: skip
    assert shown["route"] == {"department": "transport", "rule": None, "keyword": ""}
    assert shown["holds"][0]["by"] == "kim" and shown["holds"][0]["since"] == "2026-11-13T16:30:00+09:00"
