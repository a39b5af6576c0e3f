"""The weekly report over very many cases: its numbers, all its faces, and what they cost in memory.

Run as a module in a process of its own (`python -m bench.report FOLDER`), so that memory is that of the report alone.
"""

from __future__ import annotations

import json
import random
import resource
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from bench.stage import START
from config import load
from monitor.reports import faces
from monitor.reports.outcomes import Outcomes, office_hours, terms
from monitor.reports.seal import Sealer
from monitor.reports.week import case_lines, weekly
from monitor.rules import Rules
from monitor.store import events, migrate, outcomes
from monitor.store.engine import Store
from monitor.store.outcomes import Kept
from sla.case import Event
from sla.history import Outcome, fold
from sla.tally import fact
from sla.week import Week

DEPARTMENTS = 40
WEEK = "2026-W47"
MONDAY = datetime(2026, 11, 15, 15, tzinfo=UTC)
NOW = MONDAY + timedelta(days=7, hours=9)
LISTED = 5_000
MADE = 100_000
"""Cases whose events are made and folded; more of them are these again, each answered at another second."""


class Cost(NamedTuple):
    """What a report took."""

    numbers: float
    """Seconds."""
    faces: float
    """Seconds for the numbers and every face."""
    megabytes: float
    """The process's memory at its highest."""
    bare: float
    """Seconds that sqlite3 alone takes to read the same index once."""


def weekly_report(folder: Path, cases: int) -> Cost:
    """Fill a database with a week of `cases` cases, and report on it in a process of its own."""
    rules = _rules(folder)
    _fill(folder, rules, min(cases, MADE))
    _copy(folder, cases // MADE)
    done = subprocess.run(
        [sys.executable, "-m", "bench.report", str(folder)], capture_output=True, text=True, check=True
    )
    return Cost(*json.loads(done.stdout))


def keeping_up(folder: Path, cases: int = 20_000) -> float:
    """Events a second that are worked into what is kept."""
    rules = _rules(folder)
    store = Store(rules.settings.database)
    migrate.upgrade(store, START)
    chance = random.Random(1)
    for start in range(0, cases, 1000):
        with store.write() as tx:
            events.append(tx, [(id, event) for n in range(start, start + 1000) for id, event in _history(chance, n)])
    while Sealer(store, lambda: NOW).run():
        pass
    with store.read() as tx:
        last = events.last(tx)
    began = time.perf_counter()
    Outcomes(store, rules, lambda: NOW).run(batches=10_000)
    spent = time.perf_counter() - began
    store.close()
    return last / spent


def _rules(folder: Path) -> Rules:
    text = '[service]\nname = "bench"\nroot_contact = "ops"\ndatabase = "sqlite:///monitor.db"\n[web]\nlisten = ""\n'
    text += '[connectors.twitter]\nbearer_token = { env = "PATH" }\n'
    text += '[[staff]]\nid = "ops"\nname = "운영"\nchannels = ["mail"]\n'
    text += '[email]\nhost = "127.0.0.1"\nfrom = "sns@city.example"\n'
    text += '[[channels]]\nid = "mail"\ntype = "email"\nto = "ops@city.example"\n'
    for n in range(DEPARTMENTS):
        text += f'[[departments]]\nid = "d{n}"\nname = "제{n}과"\nduty = ["ops"]\nmanager = "ops"\nhead = "ops"\n'
        text += f'[[accounts]]\ndepartment = "d{n}"\nplatform = "twitter"\nid = "{1000 + n}"\nhandle = "h{n}"\n'
    path = folder / "monitor.toml"
    path.write_text(text, encoding="utf-8")
    return Rules(load(path))


def _history(chance: random.Random, n: int) -> list[tuple[str, Event]]:
    """A case's events: most are answered in time, some late, a few not at all, some are claimed or dismissed."""
    id, department = f"c{n:09d}", f"d{chance.randrange(DEPARTMENTS)}"
    at = MONDAY + timedelta(seconds=chance.randrange(7 * 86_400))
    deadline = at + timedelta(minutes=30)
    opened = Event("opened", at, "platform", {
        "platform": chance.choice(("twitter", "facebook")), "account": "1001", "department": department,
        "policy": "standard", "opened_at": at, "deadline": deadline, "found_at": at + timedelta(seconds=40),
        "mentions": [f"m{n}"], "calendar": "always/1",
    })  # fmt: skip
    found = [(id, opened)]
    answered = at + timedelta(seconds=int(chance.lognormvariate(6.6, 0.8)))
    if chance.random() < 0.3:
        found.append((id, Event("claimed", at + (answered - at) / 3, "ops", {})))
    for level, (minutes, kind) in enumerate(((20, "warning"), (30, "breach"), (60, "escalation")), start=1):
        due = at + timedelta(minutes=minutes)
        if answered > due:
            data = {"level": level, "kind": kind, "reason": "step", "clock": "first", "checked": True}
            found.append((id, Event("escalated", due, "clock", data)))
    luck = chance.random()
    if luck < 0.05:
        found.append((id, Event("dismissed", answered, "ops", {"reason": "감사 인사"})))
    elif luck < 0.99:
        outcome = "met" if answered <= deadline else "breached"
        found.append((id, Event("answered", answered, "platform", {"answered_at": answered, "outcome": outcome})))
    return found


def _fill(folder: Path, rules: Rules, cases: int) -> None:
    """Lay down what is kept of the cases, and the whole history of as many as a spreadsheet lists."""
    store, chance = Store(rules.settings.database), random.Random(1)
    migrate.upgrade(store, START)
    office, week = office_hours(rules), Week.parse(WEEK)
    with store.write() as tx:
        from monitor.store import accounts

        for account in rules.settings.accounts:
            accounts.register(tx, account.platform, account.id, account.department, account.handle, MONDAY)
            accounts.complete(tx, account.platform, [account.id], NOW, NOW)
    told, number = 0, 0
    while number < cases:
        kept: list[Kept] = []
        laid: list[tuple[str | None, Event]] = []
        for number in range(number, min(number + 20_000, cases)):  # noqa: B020
            history = _history(chance, number)
            outcome = _told(history)
            if told < LISTED and (status := outcome.status(NOW)) and status.value in ("answered_late", "unanswered"):
                told += 1
                laid += history
            settles_at = outcome.settles_at(outcome.opened_at)
            found = fact(outcome, settles_at or NOW, rules.zone, office)
            kept.append(Kept(outcome.case, week, found, settles_at))
        number += 1
        with store.write() as tx:
            events.append(tx, laid)
            outcomes.put(tx, kept, events.last(tx), terms(rules), NOW)
    store.close()


def _told(history: list[tuple[str, Event]]) -> Outcome:
    class Told(NamedTuple):
        case_id: str
        kind: str
        at: datetime
        actor: str
        data: dict[str, object]

    (outcome,) = fold(Told(id, of.kind, of.at, of.actor, of.data) for id, of in history).outcomes.values()
    return outcome


def _copy(folder: Path, times: int) -> None:
    """The same cases again and again under other ids, answered some minutes earlier or later."""
    names = "week, unit, cell, slot, settles_at, more, broken"
    moved = ", ".join(f"abs({name} + random() % 600)" for name in ("response", "acknowledged", "final"))
    with closing(sqlite3.connect(folder / "monitor.db")) as raw:
        raw.execute("PRAGMA cache_size = -500000")
        asked = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'outcomes' AND sql <> ''"
        indexes = raw.execute(asked).fetchall() if times > 1 else []
        for name, _ in indexes:
            raw.execute(f"DROP INDEX {name}")
        for n in range(1, times):
            new = f"SELECT case_id || '-{n}', {names}, {moved} FROM outcomes WHERE length(case_id) = 10"
            raw.execute(f"INSERT INTO outcomes (case_id, {names}, response, acknowledged, final) {new}")
        for _, made in indexes:
            raw.execute(made)
        raw.commit()


def _measure(folder: Path) -> Cost:
    rules = Rules(load(folder / "monitor.toml"))
    with closing(sqlite3.connect(folder / "monitor.db")) as raw:
        began = time.perf_counter()
        raw.execute("SELECT count(DISTINCT cell) FROM outcomes INDEXED BY outcomes_cells WHERE week > 0"
                    " AND cell IS NOT NULL").fetchone()  # fmt: skip
        bare = time.perf_counter() - began
    store = Store(rules.settings.database)
    began = time.perf_counter()
    document = weekly(store, rules, WEEK, NOW)
    numbers = time.perf_counter() - began
    lines = case_lines(store, rules, document, LISTED)
    for format in faces.FORMATS:
        faces.render(document, format, "ko", lines)
    spent = time.perf_counter() - began
    store.close()
    return Cost(numbers, spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, bare)


if __name__ == "__main__":
    print(json.dumps(_measure(Path(sys.argv[1]))))
