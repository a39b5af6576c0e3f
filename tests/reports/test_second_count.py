"""Whatever a city lives through, the report's every number is that of another counter (SEMANTICS row 35)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config import load
from connectors.contract import Post, Unavailable
from monitor.crisis.room import CrisisRoom
from monitor.desk import BadRequest
from monitor.reports.document import Document
from monitor.reports.outcomes import Outcomes
from monitor.reports.seal import Sealer
from monitor.reports.week import count_week, weekly
from monitor.reschedule import reschedule
from monitor.rules import Rules
from monitor.store import events, migrate
from monitor.store.engine import Store
from sla.alarm import Alarm, Sighting
from sla.case import Case, Conflict
from sla.similar import Ordinary, ready
from sla.week import Week
from tests.city import PlayedConnector, answer, mention, put_together
from tests.proof.live import careless
from tests.proof.world import Faults, Inline, empty
from tests.reports.second_count import second_count
from tests.reports.test_simulate_week import settle
from tests.support import Clock
from tests.support import city as settings_of

SETTINGS = """
[policies.standard]
calendar = "{calendar}"
target = "{target}"

[calendars.office]
holidays = ""
extra_holidays = ["2026-11-23"]
"""
STARTS = {
    "Asia/Seoul": [
        datetime(2026, 11, 22, 9, 0, tzinfo=UTC),  # Sunday evening before a Monday that is a holiday
        datetime(2027, 1, 3, 12, 0, tzinfo=UTC),  # the last evening of 2026-W53
        datetime(2026, 11, 20, 6, 30, tzinfo=UTC),  # Friday afternoon
    ],
    "Europe/Berlin": [datetime(2026, 10, 24, 22, 0, tzinfo=UTC)],  # the night of 25 hours
}
STAFF = ("kim", "lee", "park")


class Course:
    """A city on a course of its own, by one seed."""

    def __init__(self, store: Store, by: dict[str, Rules], changed: dict[str, Rules], seed: int) -> None:
        self.chance = Random(seed)
        self.zone = self.chance.choice(["Asia/Seoul", "Asia/Seoul", "Europe/Berlin"])
        self.clock = Clock(self.chance.choice(STARTS[self.zone]))
        empty(store)
        self.town = put_together(store, by[self.zone], self.clock, PlayedConnector)
        looker: Any = self.town.escalation._looker
        looker._pool.shutdown()
        looker._pool = Inline()
        self.other = changed[self.zone]
        self.said: list[Post] = []
        self.gone: set[str] = set()
        self.weeks = {self.week}

    @property
    def week(self) -> str:
        """The one that runs."""
        return str(Week.of(self.clock(), self.town.rules.zone))

    def live(self, steps: int) -> None:
        """Let some things happen, each at a moment of its own."""
        for number in range(steps):
            until = self.clock() + timedelta(seconds=self.chance.choice([1, 59, 300, 900, 1801, 4000, 30_000]))
            if self.chance.random() < 0.8:
                settle(self.town, until)
            self.clock.at = until  # else the service stood still
            self.weeks.add(self.week)
            self.chance.choice([self.asks, self.asks, self.answers, self.looks, self.staff, self.staff, self.staff])(
                f"{number}"
            )

    def asks(self, number: str) -> None:
        """A citizen writes: anew or again, now, long ago, or by a clock that runs ahead."""
        chance, ago = self.chance, self.chance.choice([0, 1, 60, 1500, 2500, 40_000, -300])
        words = chance.choice(["버스가 안 와요", "가로등이 꺼졌어요"])
        post = mention(f"m{number}", self.clock() - timedelta(seconds=ago), words, author=f"c{chance.randrange(4)}",
                       addressed=(chance.choice(["1001", "1002"]),))  # fmt: skip
        if self.said and chance.random() < 0.5:
            before = chance.choice(self.said)
            post = replace(post, conversation=before.conversation, author=before.author)
        self.said.append(post)
        self.town.say(post)

    def answers(self, number: str) -> None:
        """Somebody answers on the platform, and it is found now or by the next look."""
        if self.said:
            to = self.chance.choice(self.said[-6:])
            ago = timedelta(seconds=self.chance.choice([0, 0, 60, 1200]))
            given = answer(f"a{number}", to, max(self.clock() - ago, to.created_at))
            if self.chance.random() < 0.7:
                self.town.say(given)
            else:
                self.town.connector.answers = [*self.town.connector.answers, given]

    def looks(self, number: str) -> None:
        """Posts go, or come back; the platform fails, or works again."""
        connector = self.town.connector
        what = self.chance.randrange(5)
        if what == 0 and self.gone:
            self.town.say(*[post for post in self.said if post.id in self.gone])
            self.gone.clear()
            connector.gone = set()
        elif what == 1:
            connector.trouble = None if connector.trouble else Unavailable("down")
        elif self.said:
            self.gone |= {self.chance.choice(self.said[-5:]).id}
            connector.gone = self.gone | connector.gone
            if what > 2:
                self.town.say(gone=self.gone)

    def staff(self, number: str) -> None:
        """Somebody does something with a case, where that may be."""
        known = self.town.cases()
        if known:
            case = self.chance.choice(known[-6:])
            with suppress(Conflict, BadRequest):
                self.chance.choice(self._acts(case, self.chance.choice(STAFF), known))()

    def _acts(self, case: Case, by: str, known: list[Case]) -> list[Callable[[], object]]:
        desk, chance = self.town.desk, self.chance
        there = "facility" if case.department == "transport" else "transport"
        later = self.clock() + timedelta(minutes=chance.randrange(1, 200))
        dismissal = chance.choice(["dismissed", "spam", "deleted"])
        return [
            lambda: desk.acknowledge(case.id, by), lambda: desk.claim(case.id, by), lambda: desk.release(case.id, by),
            lambda: desk.snooze(case.id, by, later, "현장 확인"), lambda: desk.snooze(case.id, by, later, "현장 확인"),
            lambda: desk.wake(case.id, by), lambda: desk.transfer(case.id, by, there, "소관 아님"),
            lambda: desk.transfer(case.id, by, there, "소관 아님"),
            lambda: desk.dismiss(case.id, by, chance.choice(["감사 인사", "광고"]), dismissal),
            lambda: desk.answer(case.id, by, "phone"), lambda: desk.reopen(case.id, by, "다시 봄"),
            lambda: desk.ask_final(case.id, by, "현장 조사"), lambda: desk.ask_final(case.id, by, "현장 조사"),
            lambda: desk.withdraw_final(case.id, by, "조치 끝남"),
            lambda: desk.merge(case.id, by, chance.choice(known).id, "같은 건"),
            lambda: self._alarm(case), self._reschedule,
        ]  # fmt: skip

    def _alarm(self, case: Case) -> None:
        said = Sighting(case.id, ("twitter:1001",), "c1", self.clock(), ready("버스 사고"), case.id)
        room = CrisisRoom(self.town.store, self.town.rules, self.clock)
        room.admit([said], Alarm("keyword", "사고", (said,)), Ordinary())

    def _reschedule(self) -> None:
        """Another promise from now on, and at some time the old one again."""
        before, self.other = self.town.rules, self.other
        reschedule(self.town.store, self.other, self.clock, lambda: None)
        reschedule(self.town.store, before, self.clock, lambda: None) if self.chance.random() < 0.5 else None

    def keep(self) -> None:
        """What is kept of the cases goes on, not always to its end."""
        Sealer(self.town.store, self.clock).run()
        Outcomes(self.town.store, self.town.rules, self.clock, batch=self.chance.choice([5, 500])).run(
            self.chance.choice([1, 3, 20])
        )

    def agrees(self) -> int:
        """All three counts of every week there was are one; returns how many cases they have."""
        town, now, counted = self.town, self.clock(), 0
        for week in sorted(self.weeks):
            fast = weekly(town.store, town.rules, week, now)
            with town.store.read() as tx:
                events.freeze(tx)
                slow = count_week(tx, town.rules, Week.parse(week), now, recount=True)
                again = second_count(tx, town.rules, week, now)
            assert fast == slow
            assert list(differing(figures(slow), again)) == []
            counted += slow.total.cases
        return counted


NOT_OF_CASES = ("coverage", "blind_seconds", "trend", "department", "name", "accounts")


def figures(document: Document) -> dict[str, Any]:
    """What the second counter counts too, without departments that had nothing."""

    def plain(part: Any) -> dict[str, Any]:
        return {name: value for name, value in part.to_dict().items() if name not in NOT_OF_CASES}

    departments = {one.department: plain(one) for one in document.departments}
    return {
        "total": plain(document.total), "unchecked": document.unchecked,
        "departments": {id: of for id, of in departments.items() if of["cases"] or any_leg(of["legs"])},
        "topics": [one.to_dict() for one in document.topics],
    }  # fmt: skip


def any_leg(legs: dict[str, Any]) -> bool:
    """Whether it says anything."""
    return bool(legs["received"] or legs["handed_over"] or legs["held"]["count"])


def differing(told: Any, again: Any, where: str = "") -> Iterator[str]:
    """Each figure that is another one, by its name; the last digits of a floating point number apart."""
    if isinstance(told, dict) and isinstance(again, dict):
        for name in {*told, *again}:
            yield from differing(told.get(name), again.get(name), f"{where}.{name}")
    elif isinstance(told, list) and isinstance(again, list) and len(told) == len(again):
        for place, (one, other) in enumerate(zip(told, again, strict=True)):
            yield from differing(one, other, f"{where}[{place}]")
    elif told != (pytest.approx(again, abs=1e-9) if isinstance(again, float) else again):
        yield f"{where} is {told} in the report, and {again}"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store that examples share, each emptying it first: SQLite, for there are many."""
    made = Store(f"sqlite:///{tmp_path_factory.mktemp('second') / 'monitor.db'}")
    careless(made)
    migrate.upgrade(made, datetime(2026, 10, 1, tzinfo=UTC))
    with Faults() as faults:
        yield made
    made.close()
    assert faults.found == []


def rules_of(folder: Path, calendar: str, target: str) -> dict[str, Rules]:
    """A small city's rules, by zone."""
    found = {}
    for zone in STARTS:
        settings_of(folder, more=SETTINGS.format(calendar=calendar, target=target))
        path = folder / "monitor.toml"
        written = path.read_text(encoding="utf-8").replace("[service]", f'[service]\ntimezone = "{zone}"', 1)
        path.write_text(written, encoding="utf-8")
        found[zone] = Rules(load(path))
    return found


@pytest.fixture(scope="module")
def promises(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Rules], dict[str, Rules]]:
    """The rules, and others that the city may change to."""
    folder = tmp_path_factory.mktemp("rules")
    return rules_of(folder, "always", "30m"), rules_of(folder, "office", "45m")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_any_course_is_counted_the_same_three_times(
    store: Store, promises: tuple[dict[str, Rules], dict[str, Rules]], seed: int
) -> None:
    """By what is kept of the cases, by their histories, and by a counter that knows nothing of either."""
    course = Course(store, *promises, seed)
    for _ in range(4):
        course.live(10)
        if course.chance.random() < 0.6:
            course.keep()
        course.agrees()
    course.clock.forward(hours=24 * 9)  # final answers are missed, and no event says so
    course.agrees()
