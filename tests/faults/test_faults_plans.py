"""What a tick asks of the database costs what is due, never what has ever been: no scan of a table that grows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event

from connectors.contract import Page
from monitor import app as composition
from monitor.cycle import Cycle
from monitor.housekeeping import Housekeeping
from monitor.metrics import Standing
from monitor.reports.seal import Sealer
from monitor.store import alerts
from monitor.store.engine import Store
from tests.city import City, answer, mention
from tests.support import city

GROWS = "posts|cases|events|messages|alerts|attempts|set_aside"
#: Indices that hold only what is open, due or waiting: to walk one of these is no scan of history. Payloads set aside
#: are the rare exception, and are counted in their index only when somebody asks for the metrics.
SMALL = "cases_due|cases_open|cases_owed|messages_due|alerts_waiting|set_aside_of"
_SCAN = re.compile(rf"SCAN ({GROWS})\b(?!.* USING (?:COVERING )?INDEX (?:{SMALL})\b)")


@contextmanager
def _heard(store: Store) -> Iterator[dict[str, Any]]:
    """Every statement that is run meanwhile, with the parameters of its first time."""
    said: dict[str, Any] = {}

    def hear(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if statement.lstrip().split(None, 1)[0] in ("SELECT", "UPDATE", "DELETE", "WITH"):
            said.setdefault(statement, parameters[0] if many else parameters)

    engines = {store._reader, store._writer}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", hear)
    try:
        yield said
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", hear)


def _a_day(town: City, tmp_path: Path) -> None:
    """Everything that the loop does of itself, once."""
    app = composition.build(city(tmp_path), town.clock)
    keeping = Housekeeping(app, Cycle(town.store, town.clock, town.polling.sources))
    object.__setattr__(app, "store", town.store)
    asked = mention("m1", town.clock())
    town.connector.pages = [Page([asked, mention("m2", town.clock(), conversation="m2")], None)]
    for minutes in (0, 20, 10, 30, 60):
        town.clock.forward(minutes=minutes)
        walk = town.polling._claim(list(town.polling.sources))
        if walk is not None:
            town.polling._work(walk, ("twitter", True))
        town.watch.run()
        town.escalation.run()
        town.deliver()
    town.say(answer("a1", asked, town.clock()), gone=["m2"])
    town.tick(seconds=1)
    keeping._cycle.faults()
    app.auditor._store = town.store
    app.auditor.look()
    town.clock.forward(days=100)
    keeping._purge(town.clock())
    list(Standing(app).collect())
    Sealer(town.store, town.clock).run()
    with town.store.read() as tx:
        alerts.due_messages(tx, town.clock(), [], 200)


def test_no_statement_of_the_loop_scans_what_grows(town: City, tmp_path: Path) -> None:
    """By the database's own plan for each statement that fetching, deciding, sending and housekeeping ran."""
    if not town.store.is_sqlite:
        _on_postgresql(town, tmp_path)
        return
    with _heard(town.store) as said:
        _a_day(town, tmp_path)
    scans = []
    with town.store.read() as tx:
        for statement, parameters in said.items():
            plan = [str(row[3]) for row in tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            scans += [f"{line} <- {' '.join(statement.split())[:160]}" for line in plan if _SCAN.search(line)]
    assert len(said) > 40
    assert scans == []


def _on_postgresql(town: City, tmp_path: Path) -> None:
    """Where the planner must scan although scans were made dear, no index can serve it."""
    with _heard(town.store) as said:
        _a_day(town, tmp_path)
    scans = []
    with town.store.read() as tx:
        tx.exec_driver_sql("SET LOCAL enable_seqscan = off")
        for statement, parameters in said.items():
            if statement.startswith(("SELECT pg_", "LOCK", "SET")) or "information_schema" in statement:
                continue
            plan = [str(row[0]) for row in tx.exec_driver_sql(f"EXPLAIN {statement}", parameters)]
            scans += [
                f"{line.strip()} <- {' '.join(statement.split())[:160]}"
                for line in plan
                if re.search(rf"Seq Scan on ({GROWS})\b", line)
            ]
    assert scans == []
