"""Who an alert reaches when people have shifts, go on leave and have deputies, through the real engine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.people import People
from monitor.rules import Rules
from monitor.store.engine import Store
from sla.roster import Rosters
from tests.city import City, build, mention
from tests.conftest import START
from tests.support import Clock, city

ROSTER = '[[rosters]]\ndepartment = "transport"\nhours = ["mon-sun {}"]\npeople = ["{}"]\n'
ABSENCE = '[[absences]]\nperson = "{}"\nfrom = 2026-11-16\nuntil = 2026-11-16\n'
OVERRIDE = (
    '[[overrides]]\ndepartment = "transport"\nfrom = 2026-11-16T09:25:00+09:00\nuntil = 2026-11-16T09:40:00+09:00\n'
    'people = ["{}"]\n'
)
Make = Callable[[str], City]


@pytest.fixture
def make(store: Store, clock: Clock, tmp_path: Path) -> Iterator[Make]:
    """A city with additions to its settings; it is Monday, 09:00 in Seoul."""
    made: list[City] = []

    def put_together(more: str) -> City:
        made.append(build(tmp_path, store, clock, more))
        return made[-1]

    yield put_together
    for town in made:
        town.polling.drain()
        town.delivery.drain(timedelta(seconds=1))


def ladder(town: City) -> list[dict[str, list[tuple[str, int]]]]:
    """Who is told at 20, 30 and 60 minutes and an hour later of a mention that nobody answers."""
    town.say(mention("1", town.clock()))
    told = []
    for minutes in (20, 10, 30, 60):
        town.tick(minutes=minutes)
        told.append(town.alerted())
    return told


def test_a_roster_says_who_is_on_duty(make: Make) -> None:
    """The person whose hours it is has the alerts, and not the first of the `duty` list."""
    assert ladder(make(ROSTER.format("09:00-18:00", "lee"))) == [
        {"lee": [("warning", 1)]}, {"lee": [("breach", 2)], "park": [("breach", 2)]}, {"choi": [("escalation", 3)]},
        {"ops": [("escalation", 3)]},
    ]  # fmt: skip


def test_row_24_an_hour_without_duty_goes_on_at_once(make: Make) -> None:
    """Nobody's hour: the warning is the next step's at once, whatever the `duty` list says, and that is on record."""
    town = make(ROSTER.format("18:00-24:00", "kim"))
    assert ladder(town)[:2] == [{"park": [("warning", 1)]}, {"park": [("breach", 2)]}]
    assert [event.data["skipped"] for event in town.events("escalated")[:2]] == [[1], []]


def test_a_roster_changes_on_the_way_up(make: Make) -> None:
    """Each step asks whose hour it is then: the shift changes between the warning and the breach."""
    town = make(ROSTER.format("00:00-09:25", "kim") + ROSTER.format("09:25-24:00", "lee"))
    assert ladder(town)[:2] == [{"kim": [("warning", 1)]}, {"lee": [("breach", 2)], "park": [("breach", 2)]}]


def test_an_override_wins_over_the_roster(make: Make) -> None:
    """For its quarter of an hour it says who is on duty; before it the roster does."""
    town = make(ROSTER.format("09:00-18:00", "lee") + OVERRIDE.format("ops"))
    assert ladder(town)[:2] == [{"lee": [("warning", 1)]}, {"ops": [("breach", 2)], "park": [("breach", 2)]}]


def test_a_chain_on_leave_ends_at_the_root_contact(make: Make) -> None:
    """Duty, deputy, manager and head are away: every step is the root contact's, even on leave. Never silence."""
    town = make("".join(map(ABSENCE.format, ("kim", "lee", "park", "choi", "ops"))))
    assert [sorted(told) for told in ladder(town)] == [["ops"]] * 4


def test_leave_hands_the_duty_to_the_next_person(make: Make) -> None:
    """Without a deputy the next of the duty has it; until midnight, and then the first person again."""
    town = make(ABSENCE.format("kim"))
    assert ladder(town)[0] == {"lee": [("warning", 1)]}
    midnight = datetime(2026, 11, 16, 15, tzinfo=UTC)
    assert town.rules.on_duty("transport", midnight - timedelta(seconds=1)) == "lee"
    assert town.rules.on_duty("transport", midnight) == "kim"
    assert not town.rules.available("kim", START) and town.rules.available("kim", midnight)


def test_a_deputy_stands_in_in_every_role(make: Make) -> None:
    """The deputy of the person on duty comes before the next of the duty; manager and head have theirs."""
    away = ABSENCE.format("kim") + 'deputy = "ops"\n' + ABSENCE.format("park") + 'deputy = "choi"\n'
    town = make(away + ABSENCE.format("choi") + 'deputy = "lee"\n')
    assert ladder(town)[:3] == [
        {"ops": [("warning", 1)]}, {"lee": [("breach", 2)], "ops": [("breach", 2)]}, {"lee": [("escalation", 3)]},
    ]  # fmt: skip


def test_what_a_person_on_leave_claimed(make: Make) -> None:
    """It is their deputy's while they are away; without one it returns to the duty (row 37)."""
    for more, expected in (('deputy = "choi"\n', "choi"), ("", "kim")):
        town = make(ABSENCE.format("lee") + more)
        case = f"c{expected}"
        town.say(mention(case, town.clock(), conversation=case))
        (open_case,) = [found for found in town.cases() if found.conversation == case]
        town.desk.claim(open_case.id, "lee")
        town.tick(minutes=20)
        assert town.alerted() == {expected: [("warning", 1)]}
        town.desk.dismiss(open_case.id, "lee", "시험")


def test_a_person_who_is_gone_is_never_named(tmp_path: Path) -> None:
    """Somebody who is not in the settings is not available, with rosters and without."""
    for more in ("", ABSENCE.format("kim")):
        rules = Rules(city(tmp_path, more=more))
        assert not rules.available("gone", START)
        assert rules.on_duty("gone", START) is None
        assert rules.available("lee", START)


def test_nothing_is_asked_without_rosters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A city without any pays nothing; with some, each question is asked once an instant."""
    asked: list[str] = []
    find = Rosters.stand_in

    def counted(rosters: Rosters, person: str, at: datetime) -> str | None:
        asked.append(person)
        return find(rosters, person, at)

    monkeypatch.setattr(Rosters, "stand_in", counted)
    plain, kept = (Rules(city(tmp_path, more=more)) for more in ("", ABSENCE.format("kim")))
    for _ in range(100):
        plain.on_duty("transport", START)
    assert asked == []
    for _ in range(100):
        assert kept.on_duty("transport", START) == "lee"
    assert asked == ["kim", "lee"]
    kept.on_duty("transport", START + timedelta(microseconds=1))
    assert asked == ["kim", "lee"] * 2


def test_threads_that_ask_about_different_instants(tmp_path: Path) -> None:
    """What is remembered for one instant is never the answer to another one."""
    people = People(city(tmp_path, more=ABSENCE.format("kim")))
    wrong: list[object] = []

    def ask(at: datetime, expected: str | None) -> None:
        for _ in range(5000):
            found = people.at(at).stand_in("kim")
            if found != expected:
                wrong.append((at, found))

    threads = [
        threading.Thread(target=ask, args=(START + timedelta(days=day, seconds=n), None if day == 0 else "kim"))
        for n in range(2)
        for day in (0, 1)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
