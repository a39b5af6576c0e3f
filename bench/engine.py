"""The figures of the engine: idle ticks, what is due among a million, ingest."""

from __future__ import annotations

import gc
import json
import statistics
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bench import stage
from monitor import app as composition
from monitor.alerts.bundle import Bundler
from monitor.alerts.deliver import Delivery
from monitor.escalation.engine import Escalation
from monitor.escalation.look import Looker
from monitor.intake.ingest import ingest
from monitor.rules import Rules
from monitor.store import migrate
from monitor.store.engine import Store
from sla.calendar import Calendar, Interval, Pause
from sla.case import Case
from sla.escalation import decide
from sla.policy import Policy, Step

TICKS = 300


class Hands:
    """A clock that a figure sets."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


def _engine(folder: Path, store: Store, clock: Hands) -> tuple[Escalation, Delivery]:
    rules = Rules(stage.settings(folder))
    looker = Looker(store, rules, {}, clock)
    bundler = Bundler(store, rules, clock)
    return Escalation(store, rules, looker, clock, bundler.form), Delivery(store, rules, {}, {}, clock)


def idle_tick(folder: Path, cases: int) -> float:
    """Milliseconds of one tick in which nothing is due: escalate, bundle, deliver; the median of many."""
    store = stage.filled(folder, cases)
    escalation, delivery = _engine(folder, store, Hands(stage.START))
    spent = []
    for _ in range(TICKS):
        began = time.perf_counter()
        escalation.run()
        delivery.fill()
        spent.append(time.perf_counter() - began)
    store.close()
    return statistics.median(spent) * 1e3


def due(folder: Path, cases: int = 1_000_000, due: int = 1000) -> float:
    """Microseconds a case: `due` of `cases` claimed, decided, events and outbox written and committed at FULL."""
    store = stage.filled(folder, cases, due=2 * due)
    with store.write() as tx:
        # Half of them fall due earlier: the first pass is not measured, as a daemon's is not its first either.
        minute = ", ".join(f"{name} = {name} - 60000000" for name in ("opened_at", "deadline", "next_action_at"))
        tx.exec_driver_sql(f"UPDATE cases SET {minute} WHERE id < 'k{due:07d}'")
    clock = Hands(stage.START - timedelta(seconds=30))
    rules = Rules(stage.settings(folder))
    # Bundling is the step after: it is part of the storm's figure, not of this one.
    escalation = Escalation(store, rules, Looker(store, rules, {}, clock), clock, lambda partial: 0)
    escalation.run()
    clock.at = stage.START
    gc.collect()
    gc.freeze()
    began = time.perf_counter()
    decided = escalation.run()
    spent = time.perf_counter() - began
    gc.unfreeze()
    store.close()
    assert decided == due, decided
    return spent / decided * 1e6


def decision(_folder: Path, cases: int = 20_000) -> float:
    """Microseconds of one `decide` on a calendar that closes: a step that falls due, the dearest of its kinds."""
    office = Calendar(
        "office", ZoneInfo("Asia/Seoul"), tuple(Interval(day, 540, 1080) for day in range(5)), (Pause(720, 780),)
    )
    start = datetime(2026, 11, 16, tzinfo=UTC)
    minute = timedelta(minutes=1)
    steps = tuple(
        Step(at * minute, kind, ("assignee",)) for at, kind in ((20, "warning"), (30, "breach"), (60, "escalation"))
    )
    policy = Policy("standard", "office", 30 * minute, steps)
    case = Case("c", "twitter", "1", "d", "v", "a", "standard", start, start, start + 30 * minute, start)
    now = start + 8 * 60 * minute
    decide(case, policy, office, now)  # works the year out
    began = time.perf_counter()
    for _ in range(cases):
        decide(case, policy, office, now)
    return (time.perf_counter() - began) / cases * 1e6


def posts_a_second(folder: Path, pages: int = 200) -> float:
    """From response bytes to commit, pages of 100 of which half were seen before."""
    clock = Hands(stage.START + timedelta(minutes=5))
    app = composition.build(stage.settings(folder), clock)
    migrate.upgrade(app.store, clock())
    app.polling.plan(stage.START)
    since = {account.id: stage.START for account in app.settings.accounts}
    connector = app.connectors["twitter"]
    answers = [stage.x_page(number * 50, 100, stage.START + timedelta(minutes=1)) for number in range(pages + 20)]

    def take(answer: bytes) -> None:
        read = connector._read("bench", json.loads(answer), "")  # type: ignore[attr-defined]
        with app.store.write() as tx:
            ingest(tx, app.rules, "twitter", read.posts, since, clock(), set_aside=read.set_aside)

    for answer in answers[:20]:
        take(answer)
    gc.collect()
    gc.freeze()
    began = time.perf_counter()
    for answer in answers[20:]:
        take(answer)
    spent = time.perf_counter() - began
    gc.unfreeze()
    app.close()
    return pages * 100 / spent
