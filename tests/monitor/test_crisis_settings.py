"""Every setting of `[crisis]` does what it says (SEMANTICS row 34)."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.app import App
from monitor.app import build as build_app
from monitor.crisis.room import CrisisRoom
from monitor.crisis.watch import CrisisWatch
from monitor.metrics import Standing
from monitor.store import incidents
from monitor.store.engine import Store
from sla.incident import Incident
from tests.city import MINUTE, City, answer, build, mention
from tests.support import Clock

FIRE = "@dj_transport 유성시장 근처 건물에 화재가 났어요"
TRAM = ("@dj_transport 은행동 트램 섰음", "@dj_transport 트램이 은행동에 섰음", "@dj_transport 은행동 트램 섰음 또",
        "@dj_transport 트램 섰음 은행동") * 2  # fmt: skip


@pytest.fixture
def by(store: Store, clock: Clock, tmp_path: Path) -> City:
    """A town; `_with` makes it one under other settings."""
    return build(tmp_path, store, clock)


def _with(town: City, folder: Path, crisis: str) -> tuple[City, CrisisWatch]:
    (folder / "other").mkdir()
    other = build(folder / "other", town.store, town.clock, more=crisis)
    return other, CrisisWatch(other.store, other.rules, CrisisRoom(other.store, other.rules, other.clock), other.clock)


def _all(town: City) -> list[Incident]:
    with town.store.read() as tx:
        return incidents.latest(tx, 10)


def _say(town: City, people: int) -> None:
    start = town.clock()
    town.clock.forward(minutes=4)
    town.say(*(mention(f"t{n}", start + n * MINUTE / 2, TRAM[n], author=f"c{n}") for n in range(people)))


@pytest.mark.parametrize(
    ("crisis", "opened"),
    [
        ("", 1),
        ("enabled = false", 0),
        ('keywords = ["침수"]', 0),
        ('keywords = ["건물"]', 1),
        ('keywords_none = ["유성시장"]', 0),
    ],
    ids=["as it comes", "off", "other keywords", "an own keyword", "ruled out"],
)
def test_what_opens_by_a_keyword(by: City, tmp_path: Path, crisis: str, opened: int) -> None:
    """`enabled`, `keywords` and `keywords_none`."""
    town, watch = _with(by, tmp_path, f"[crisis]\n{crisis}\n")
    town.say(mention("m1", town.clock(), FIRE))
    assert watch.run() == 1 and len(_all(town)) == opened


@pytest.mark.parametrize(
    ("crisis", "people", "opened"),
    [
        ("", 8, 0),
        ('trouble = ["섰음"]', 8, 1),
        ('trouble = ["섰음"]\ncalm = ["트램"]', 8, 0),
        ('trouble = ["섰음"]\nenabled = false', 8, 0),
        ('trouble = ["섰음"]\nsurge_false_alarms = "1/year"', 8, 0),
        ('trouble = ["섰음"]', 6, 0),
        ('trouble = ["섰음"]\nsurge_false_alarms = "1/day"', 6, 1),
        ('trouble = ["섰음"]\nsurge_false_alarms = "1/minute"', 6, 1),
    ],
    ids=["no known trouble", "an own word", "calm", "off", "less sensitive", "six are few", "more sensitive",
         "as sensitive as can be"],
)  # fmt: skip
def test_what_opens_by_a_surge(by: City, tmp_path: Path, crisis: str, people: int, opened: int) -> None:
    """`trouble`, `calm` and the sensitivity `surge_false_alarms`, in every period that the settings let pass."""
    town, watch = _with(by, tmp_path, f"[crisis]\n{crisis}\n")
    _say(town, people)
    watch.run()
    assert len(_all(town)) == opened


def test_who_has_it_under_which_policy_and_who_is_told(by: City, tmp_path: Path) -> None:
    """`department`, `policy` and `notify`."""
    own = '[policies.urgent]\ntarget = "5m"\ncalendar = "always"\n'
    crisis = '[crisis]\ndepartment = "facility"\npolicy = "urgent"\nnotify = ["manager", "staff:ops"]\n'
    town, watch = _with(by, tmp_path, own + crisis)
    town.say(mention("m1", town.clock(), FIRE))
    watch.run()
    (incident,) = _all(town)
    on_duty = town.rules.on_duty("facility", town.clock())
    managers = [department.manager for department in town.rules.departments.values() if department.manager]
    assert (incident.department, incident.owner) == ("facility", on_duty)
    assert set(incident.told) == {on_duty, "ops", *managers} and "choi" not in incident.told
    assert (town.case().policy, town.case().deadline) == ("urgent", town.clock() + 5 * MINUTE)


@pytest.mark.parametrize(("minutes", "over"), [(29, False), (31, True)])
def test_when_it_is_over(by: City, tmp_path: Path, minutes: int, over: bool) -> None:
    """`ends_after`."""
    town, watch = _with(by, tmp_path, '[crisis]\nends_after = "30m"\n')
    fire = mention("m1", town.clock(), FIRE)
    town.say(fire)
    watch.run()
    town.say(answer("a1", fire, town.clock()))
    town.clock.forward(minutes=minutes)
    watch.run()
    assert (_all(town)[0].ended_at is not None) is over


def test_switched_off_what_goes_on_takes_its_course(by: City, tmp_path: Path) -> None:
    """A reload with `enabled = false` leaves an open incident: more posts join it, nothing else opens."""
    watch = CrisisWatch(by.store, by.rules, CrisisRoom(by.store, by.rules, by.clock), by.clock)
    by.say(mention("m1", by.clock(), FIRE))
    watch.run()
    town, off = _with(by, tmp_path, "[crisis]\nenabled = false\n")
    town.say(mention("m2", town.clock(), FIRE, author="b"), mention("m3", town.clock(), "붕괴 위험", author="c"))
    off.run()
    (incident,) = _all(town)
    assert [case.incident for case in sorted(town.cases(), key=town.mentions)] == [incident.id, incident.id, None]


def test_the_metrics_count_what_goes_on(by: City) -> None:
    """A gauge for the operator's own alarm: 0, 1 while one goes on, and 0 again."""
    app = build_app(by.rules.settings, by.clock, by.store)
    room = CrisisRoom(by.store, by.rules, by.clock)
    by.say(mention("m1", by.clock(), FIRE))
    counted = [_gauge(app)]
    CrisisWatch(by.store, by.rules, room, by.clock).run()
    counted.append(_gauge(app))
    room.end(_all(by)[0].id, "ops", "진화 완료")
    assert [*counted, _gauge(app)] == [0, 1, 0]


def _gauge(app: App) -> float:
    (found,) = (one for one in Standing(app).collect() if one.name == "sns_monitor_open_incidents")
    return float(found.samples[0].value)
