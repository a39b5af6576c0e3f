"""Random courses of a city, lived through the real desk, intake and engine, for tests of what is counted."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from config import load
from connectors.contract import Post, Unavailable
from monitor.crisis.room import CrisisRoom
from monitor.desk import BadRequest
from monitor.reschedule import reschedule
from monitor.rules import Rules
from monitor.store.engine import Store
from sla.alarm import Alarm, Sighting
from sla.case import Case, Conflict
from sla.similar import Ordinary, ready
from sla.week import Week
from tests.city import PlayedConnector, answer, mention, put_together
from tests.proof.world import Inline, empty
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
        self._quieten(self.town.escalation)
        self.other = changed[self.zone]
        self.said: list[Post] = []
        self.gone: set[str] = set()
        self.weeks = {self.week}
        self.number = 0

    @staticmethod
    def _quieten(engine: Any) -> None:
        """Look in this thread, in no time; alerts are decided and recorded, and nobody bundles them."""
        engine._looker._pool.shutdown()
        engine._looker._pool = Inline()
        engine._bundle = lambda _: None

    @property
    def week(self) -> str:
        """The one that runs."""
        return str(Week.of(self.clock(), self.town.rules.zone))

    def live(self, steps: int) -> None:
        """Let some things happen, each at a moment of its own."""
        for _ in range(steps):
            until = self.clock() + timedelta(seconds=self.chance.choice([1, 59, 300, 900, 1801, 4000, 30_000]))
            if self.chance.random() < 0.8:
                settle(self.town, until)
            self.clock.at = until  # else the service stood still
            self.weeks.add(self.week)
            self.number += 1
            self.chance.choice([self.asks, self.asks, self.answers, self.looks, self.staff, self.staff, self.staff])()

    def asks(self) -> None:
        """A citizen writes: anew or again, now, long ago, or by a clock that runs ahead."""
        chance, ago = self.chance, self.chance.choice([0, 1, 60, 1500, 2500, 40_000, -300])
        words = chance.choice(["버스가 안 와요", "가로등이 꺼졌어요"])
        author, account = f"c{chance.randrange(4)}", chance.choice(["1001", "1002"])
        written = self.clock() - timedelta(seconds=ago)
        post = mention(f"m{self.number}", written, words, author=author, addressed=(account,))
        if self.said and chance.random() < 0.5:
            before = chance.choice(self.said)
            post = replace(post, conversation=before.conversation, author=before.author)
        self.said.append(post)
        self.town.say(post)

    def answers(self) -> None:
        """Somebody answers on the platform, and it is found now or by the next look."""
        if self.said:
            to = self.chance.choice(self.said[-6:])
            ago = timedelta(seconds=self.chance.choice([0, 0, 60, 1200]))
            given = answer(f"a{self.number}", to, max(self.clock() - ago, to.created_at))
            if self.chance.random() < 0.7:
                self.town.say(given)
            else:
                self.town.connector.answers = [*self.town.connector.answers, given]

    def looks(self) -> None:
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

    def staff(self) -> None:
        """Somebody does something with a case, where that may be."""
        known = self.town.cases()
        for _ in range(4 if known else 0):
            act = self.chance.choice(self._acts(self.chance.choice(known[-6:]), self.chance.choice(STAFF), known))
            with suppress(Conflict, BadRequest):
                act()
                return

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
        """Another promise; new cases and whatever is transferred are under the old one."""
        reschedule(self.town.store, self.other, self.clock, lambda: None)


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
