"""Everything that may happen, as rules; after every one of them everything that must hold is looked at."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar

import pytest
import stamina
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from connectors.contract import AuthFailed, PostKind, RateLimited, Unavailable
from monitor.alerts.channels.base import TransportError
from monitor.rules import Rules
from monitor.store import cases
from monitor.store.cases import StaleCase
from monitor.store.engine import Store
from tests.proof.check import Checker, Row
from tests.proof.citizens import Citizens, back
from tests.proof.staff import Staff
from tests.proof.world import STAFF, World, armed

log = logging.getLogger(__name__)

VERIFY_EVERY, TOLD_EVERY = 20, 1000
"""How many steps lie between two long proofs of the history, and between two lines of progress."""
FAILPOINTS = (
    "none", "ingest.before_commit", "ingest.after_commit", "escalate.claimed", "escalate.before_commit",
    "escalate.after_commit", "bundle.after_commit", "deliver.started", "deliver.before_result", "deliver.after_result",
)  # fmt: skip

some = st.sampled_from([0, 0, 0, 0, 1, 1, 2, 3, 4, 5, 8, 11])
"""Which of those there are, counted back from the newest."""
ago = st.sampled_from([0, 0, 0, 1, 30, 600, 1200, 1799, 1800, 1801, 3600, 14 * 3600, -30, -3600])
"""Seconds since a post was written; below 0 the platform's clock runs ahead."""
steps = st.sampled_from([1, 20, 59, 60, 600, 899, 900, 1199, 1200, 1800, 3600, 7200])
nights = st.sampled_from([6 * 3600, 15 * 3600, 86400, 3 * 86400])


class AnyCourse(RuleBasedStateMachine):
    """A city on one store that lives through anything."""

    store: ClassVar[Store]
    rules_of_the_city: ClassVar[Rules]
    happened: ClassVar[Counter[str]]
    """How often each thing did, and how often all that must hold was looked at, over all courses."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(self.store, self.rules_of_the_city)
        self.checker = Checker(self.world)
        self.citizens = Citizens(self.world)
        self.staff = Staff(self.world, self.checker)
        self.ticked = False

    @initialize(ago=ago)
    def begin(self, ago: int) -> None:
        """Something to begin with."""
        self.citizens.ask(0, "ann", ago, True)

    def _nobody_spoke(self, what: str) -> bool:
        self.happened[what] += 1
        self.ticked = False
        return not self.citizens.mentions()

    @rule(which=some, who=st.sampled_from(["ann", "bob"]), ago=ago, at_once=st.booleans())
    def ask(self, which: int, who: str, ago: int, at_once: bool) -> None:
        """A citizen writes: anew, as a follow-up, beside another citizen."""
        self._nobody_spoke("ask")
        self.citizens.ask(which, who, ago, at_once)

    @rule(
        which=some, ago=ago, at_once=st.booleans(),
        words=st.sampled_from(["아직요?", "아직요?", "가로등도 꺼졌어요", "수도도 새요"]),
    )  # fmt: skip
    def follow_up(self, which: int, ago: int, at_once: bool, words: str) -> None:
        """The same one writes again, of the same matter or of another department's."""
        if not self._nobody_spoke("follow up"):
            self.citizens.follow_up(which, ago, at_once, words)

    @rule(
        which=some, who=st.sampled_from(["ann", "bob", "eve", None]), ago=ago, at_once=st.booleans(),
        to=st.sampled_from([("1001",), ("1002",), ("1003",), ("1001", "1003"), ()]), replying=st.booleans(),
        words=st.sampled_from(["버스가 안 와요", "가로등이 꺼졌어요", "수도가 새요", "감사합니다", ""]),
        kind=st.sampled_from([PostKind.POST, PostKind.POST, PostKind.POST, PostKind.SHARE, PostKind.DIRECT]),
    )  # fmt: skip
    def post(
        self, which: int, who: str | None, ago: int, at_once: bool, to: tuple[str, ...], replying: bool, words: str,
        kind: PostKind,
    ) -> None:  # fmt: skip
        """Somebody writes something unusual: to two departments, to nobody, without a name, without words."""
        self._nobody_spoke("post")
        self.citizens.ask(which, who, ago, at_once, addressed=to, replying=replying, text=words, kind=kind)

    @rule(
        which=some, more=some, yes=st.booleans(), minutes=st.sampled_from([0, 5, 10, 15, 20, 30, 60]),
        what=st.sampled_from(
            ["take back", "take all back", "take all back", "gone for a while", "gone for a while", "come back", "edit",
             "again"]
        ),
    )  # fmt: skip
    def change(self, which: int, more: int, yes: bool, minutes: int, what: str) -> None:
        """What was said is taken back, comes back, is changed, or comes once more."""
        if self._nobody_spoke(what):
            return
        match what:
            case "take back":
                self.citizens.take_back(which, yes)
            case "take all back":
                self.citizens.take_all_back(which, minutes, yes)
            case "gone for a while":
                self.citizens.take_all_back(which, minutes, yes)
                self.checker.check()
                self.citizens.come_back()
            case "come back":
                self.citizens.come_back()
            case "edit":
                self.citizens.edit(which)
            case _:
                self.citizens.again(which, more)

    @rule(
        which=some, ago=ago, how=st.sampled_from(["reply", "reply", "reply", "bare", "quote", "automatic"]),
        at_once=st.booleans(), account=st.sampled_from(["1001", "1001", "1002", "1003"]),
    )  # fmt: skip
    def answer(self, which: int, ago: int, how: str, at_once: bool, account: str) -> None:
        """Somebody answers on the platform."""
        if not self._nobody_spoke("answer"):
            self.citizens.answer(which, ago, how, at_once, account)

    @rule(what=st.sampled_from(Staff.ACTS), which=some, by=st.sampled_from(STAFF), number=steps)
    def desk(self, what: str, which: int, by: str, number: int) -> None:
        """Somebody does something at the desk, with any case."""
        self._act(self.checker.known(), what, which, by, number)

    @rule(what=st.sampled_from(Staff.ACTS), which=some, by=st.sampled_from(STAFF), number=steps)
    def queue(self, what: str, which: int, by: str, number: int) -> None:
        """Somebody does something with a case of which an answer is owed."""
        owed = [case for case in self.checker.known() if self.checker.owed(case) is not None]
        self._act(owed, what, which, by, number)

    @rule(what=st.sampled_from(["acknowledge", "claim", "ask_final", "answer"]), which=some, by=st.sampled_from(STAFF))
    def begin_work(self, what: str, which: int, by: str) -> None:
        """What much comes of, more often."""
        self.queue(what, which, by, 0)

    def _act(self, of: Sequence[Row], what: str, which: int, by: str, number: int) -> None:
        self._nobody_spoke(what)
        if of:
            getattr(self.staff, what)(back(of, which), by, number)

    @rule(seconds=steps)
    def tick(self, seconds: int) -> None:
        """Time goes on and one cycle runs."""
        self._nobody_spoke("tick")
        self.world.clock.forward(seconds=seconds)
        self.world.tick()
        self.ticked = True

    @rule(seconds=steps)
    def tick_again(self, seconds: int) -> None:
        """The commonest thing there is."""
        self.tick(seconds)

    @rule(what=st.sampled_from(["night", "night", "wait", "set back"]), night=nights, seconds=steps)
    def time(self, what: str, night: int, seconds: int) -> None:
        """Downtime over nights and weekends with one catch-up; time that passes idly; a clock that is set back."""
        match what:
            case "night":
                self.tick(night)
            case "wait":
                self.world.clock.forward(seconds=seconds)
            case _:
                self.world.set_back(timedelta(seconds=seconds))
        self.happened[what] += 1
        self.ticked = what == "night"

    @rule(which=st.sampled_from(["escalate", "deliver", "poll", "poll", "watch"]))
    def part(self, which: str) -> None:
        """One part of a cycle alone: decide, send what is due, fetch what is due, look for blind accounts."""
        self._nobody_spoke(which)
        city = self.world.city
        acts: dict[str, Any] = {"escalate": city.escalation.run, "deliver": city.deliver, "poll": self.world.poll}
        acts.get(which, city.watch.run)()

    @rule(
        what=st.sampled_from(["platform", "channel", "none"]), which=some, seconds=steps,
        kind=st.sampled_from(["for a while", "later", "for good"]),
    )  # fmt: skip
    def trouble(self, what: str, which: int, seconds: int, kind: str) -> None:
        """The platform or a channel fails, or everything works again; then it is polled and one cycle runs."""
        city, later = self.world.city, self.world.clock() + timedelta(minutes=30)
        match what:
            case "platform":
                city.connector.trouble = {
                    "for a while": Unavailable("no answer"), "later": RateLimited("wait", later),
                    "for good": AuthFailed("the token is refused"),
                }[kind]  # fmt: skip
            case "channel":
                error = TransportError(
                    "no result", permanent=kind == "for good", retry_at=later if kind == "later" else None
                )
                list(city.channels.values())[which % len(city.channels)].trouble = error
            case _:
                city.connector.trouble = None
                for channel in city.channels.values():
                    channel.trouble = None
        self.world.poll()
        self.tick(seconds)
        self.happened[f"trouble of {what}"] += 1

    @rule(failpoint=st.sampled_from(FAILPOINTS), count=st.integers(1, 2), seconds=steps)
    def kill(self, failpoint: str, count: int, seconds: int) -> None:
        """The process dies around a commit or a send, or simply ends, and starts again."""
        self._nobody_spoke("kill")
        self.world.clock.forward(seconds=seconds)
        if failpoint == "none":
            self.world.restart()
        act = self.world.poll if failpoint.startswith("ingest") else self.world.tick
        self.world.kill_at(failpoint, count, act)

    @rule(
        what=st.sampled_from(["dismissed", "asleep deciding", "asleep sending", "stale"]), which=some, seconds=steps,
        asleep=st.sampled_from([1, 5, 30, 120]),
    )  # fmt: skip
    def meanwhile(self, what: str, which: int, seconds: int, asleep: int) -> None:
        """Somebody is faster: a person while it looks, another node while this one sleeps, a person while it stores."""
        known = self.checker.known()
        self._nobody_spoke(what)
        if what == "stale":
            self._stale()
        elif what != "dismissed":
            self._asleep("escalate.claimed" if what == "asleep deciding" else "deliver.started", asleep)
        elif known:
            self.world.meanwhile = lambda: self.staff.dismiss_if_open(back(known, which))
            self.tick(seconds)
            self.world.meanwhile = None

    def _asleep(self, failpoint: str, asleep: int) -> None:
        """Two nodes: one falls asleep with work in its hands, the other goes on, the first one wakes (truth 6)."""
        other = self.world.another()

        def sleep() -> None:
            self.world.clock.forward(seconds=asleep)
            self.world.tick(other)

        with armed(failpoint, 1, sleep):
            self.world.tick()
        other.delivery.drain(timedelta(seconds=1))

    def _stale(self) -> None:
        """A page finds its case changed by a person in the very moment: it is worked out again."""
        real, errors = cases.save, iter([StaleCase()])

        def save(tx: Any, changes: Any) -> None:
            for error in errors:
                raise error
            real(tx, changes)

        with pytest.MonkeyPatch.context() as patch, stamina.set_testing(True, attempts=3):
            patch.setattr(cases, "save", save)
            self.world.poll()

    @invariant()
    def holds(self) -> None:
        """Everything, after every step."""
        self.happened["looked at"] += 1
        if self.happened["looked at"] % TOLD_EVERY == 0:
            log.info("%d steps", self.happened["looked at"])
        self.checker.check()
        if self.ticked:
            self.checker.after_tick()
        if self.happened["looked at"] % VERIFY_EVERY == 0:
            self.checker.verified()

    def teardown(self) -> None:
        """End what was begun."""
        self.world.city.delivery.drain(timedelta(seconds=1))
        self.world.city.polling.drain()
