"""The database fails at any moment: full, locked, gone in the middle of a statement. Nothing is lost or doubled."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

import psycopg
import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError, OperationalError

from connectors.contract import Page
from monitor.intake import ingest as intake
from monitor.store import accounts, alerts, migrate, posts
from monitor.store.cases import _cases
from monitor.store.engine import Store
from sla.case import Conflict, State
from tests.city import MINUTE, City, answer, mention
from tests.conftest import START


def _poll(town: City) -> None:
    """One round of the one source, in this thread."""
    walk = town.polling._claim(list(town.polling.sources))
    assert walk is not None
    town.polling._work(walk, ("twitter", True))


def _source(town: City) -> accounts.SourceState:
    with town.store.read() as tx:
        (source,) = accounts.source_states(tx)
    return source


def _only(town: City, kind: str) -> None:
    if town.store.is_sqlite is not (kind == "sqlite"):
        pytest.skip(f"{kind} only")


# --- one poison row ----------------------------------------------------------------------------------------------


def test_a_case_that_cannot_be_read_stops_no_other(town: City) -> None:
    """One row is damaged: every other case is decided and told all the same."""
    start = town.clock()
    town.say(mention("m1", start), mention("m2", start, conversation="m2", author="other"))
    broken = next(case.id for case in town.cases() if case.conversation == "m1")
    with town.store.write() as tx:
        tx.execute(text("UPDATE cases SET watchers = '{' WHERE id = :id"), {"id": broken})
    for _ in range(40):
        town.clock.forward(seconds=30)
        with suppress(Exception):
            town.escalation.run()
        town.deliver()
    town.clock.forward(minutes=1)
    with suppress(Exception):
        town.escalation.run()
    town.deliver()
    assert [c.mentions[0].id for message in town.told("kim") for c in message.cases][:1] == ["m2"]


def test_a_look_that_cannot_be_stored_stops_no_alert(town: City) -> None:
    """Row 21 and "fail towards telling someone": what the look brought is bad, so the alert goes out unchecked."""
    town.say(mention("m1", town.clock()))
    town.connector.answers = [mention("m9", town.clock(), "\ud800", conversation="m9")]
    town.clock.forward(minutes=20)
    for _ in range(4):
        with suppress(Exception):
            town.escalation.run()
        town.clock.forward(seconds=11)
    town.deliver()
    assert [case.checked for message in town.told("kim") for case in message.cases] == [False]


def test_a_post_that_cannot_be_stored_is_set_aside_and_holds_back_no_other(town: City) -> None:
    """A connector of someone else's passed on half a surrogate pair: the page's other posts are kept, the walk ends."""
    now = town.clock()
    town.connector.pages = [Page([mention("m1", now), mention("m2", now, "\ud800", conversation="m2")], None)]
    _poll(town)
    assert [town.mentions(case) for case in town.cases()] == [["m1"]]
    with town.store.read() as tx:
        assert sum(posts.set_aside_counts(tx).values()) == 1
    assert _source(town).completed_at is not None


# --- several writers ---------------------------------------------------------------------------------------------


def test_a_page_that_meets_someone_at_the_desk_is_no_failure_of_the_platform(
    town: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They acknowledge the case between its being read and being stored: the answer is kept in this very round."""
    asked = mention("m1", town.clock())
    town.say(asked)
    case = town.case()
    real = intake.reckon

    def acknowledge() -> None:
        with suppress(Conflict):
            town.desk.acknowledge(case.id, "kim")

    desk = threading.Thread(target=acknowledge)

    def reckon(*given: Any) -> Any:
        changes = real(*given)
        if desk.ident is None:
            desk.start()
            desk.join(0.3)
        return changes

    monkeypatch.setattr(intake, "reckon", reckon)
    town.connector.pages = [Page([answer("a1", asked, town.clock())], None)]
    _poll(town)
    desk.join()
    assert (_source(town).failures, _source(town).problem) == (0, "")
    assert town.case().state is State.ANSWERED


_UPGRADE = """
import sys
from datetime import datetime, UTC
from monitor.store import migrate
from monitor.store.engine import Store
migrate.upgrade(Store(sys.argv[1]), datetime.now(UTC))
"""


def test_two_nodes_that_start_on_an_empty_database_both_start(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The migrations run once; the node that comes second waits and finds them done."""
    name = f"empty_{os.getpid()}_{os.urandom(6).hex()}"
    url = postgres.format(name=name)
    second: list[subprocess.Popen[bytes]] = []
    real = migrate.command.upgrade
    with psycopg.connect(postgres.format(name="postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template1")

        def upgrade(*given: Any) -> None:
            real(*given)
            second.append(subprocess.Popen([sys.executable, "-c", _UPGRADE, url], stderr=subprocess.PIPE))
            waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
            for _ in range(200):
                if (admin.execute(waiting).fetchone() or (0,))[0] or second[0].poll() is not None:
                    return
                second_look.wait(0.05)

        second_look = threading.Event()
        monkeypatch.setattr(migrate.command, "upgrade", upgrade)
        try:
            with closing(Store(url)) as store:
                migrate.upgrade(store, START)
            _, said = second[0].communicate(timeout=30)
            assert (second[0].returncode, said.decode()[-300:]) == (0, "")
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_a_frozen_node_cannot_hold_its_locks_for_ever(town: City) -> None:
    """It stops amid a transaction, or the network goes: PostgreSQL ends it, or its cases would be nobody's."""
    _only(town, "postgres")
    with town.store.read() as tx:
        name = "idle_in_transaction_session_timeout"
        limit = tx.execute(text("SELECT setting::int FROM pg_settings WHERE name = :name"), {"name": name})
        assert 0 < limit.scalar_one() <= 60_000, "milliseconds"


# --- PostgreSQL goes away at any statement -----------------------------------------------------------------------


@contextmanager
def _dying_at(store: Store, statement: int) -> Iterator[list[int]]:
    """Terminate our own backend just before the n-th statement from now; yields how many were counted."""
    count = [0]

    def terminate(connection: Any, *_: Any) -> None:
        count[0] += 1
        if count[0] == statement:
            pid = connection.connection.dbapi_connection.info.backend_pid
            address = store.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
            with psycopg.connect(address, autocommit=True) as admin:
                admin.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))

    event.listen(store.engine, "before_cursor_execute", terminate)
    try:
        yield count
    finally:
        event.remove(store.engine, "before_cursor_execute", terminate)


def test_a_backend_terminated_at_any_statement_loses_and_doubles_nothing(town: City) -> None:
    """Amid fetching, deciding, bundling and sending, every fifth statement in turn: one case, each warning once."""
    _only(town, "postgres")
    town.delivery._stopping = True
    town.clock.forward(hours=1)
    at, reached, ids = -4, True, []
    while reached:
        at += 5
        ids.append(f"m{at}")
        town.clock.forward(seconds=130)
        said = mention(f"m{at}", town.clock() - 20 * MINUTE, conversation=f"m{at}", author=f"c{at}")
        town.connector.pages = [Page([said], None)]
        with _dying_at(town.store, at) as count, suppress(DBAPIError):
            _once_around(town)
        reached = count[0] >= at
        for _ in range(3):
            town.clock.forward(seconds=130)
            _once_around(town)
        (case,) = (case for case in town.cases() if case.is_open)
        town.desk.dismiss(case.id, "kim", "done")
    assert at > 30, "the whole way was walked"
    warned = Counter(c.mentions[0].id for message in town.told("kim") for c in message.cases)
    assert set(warned) == set(ids), "none lost, none later than six minutes"
    assert sum(warned.values()) - len(warned) <= 1, "twice only what was sent when its result could not be written"


def _once_around(town: City) -> None:
    walk = town.polling._claim(list(town.polling.sources))
    if walk is not None:
        town.polling._work(walk, ("twitter", True))
    town.escalation.run()
    with town.store.read() as tx:
        due = alerts.due_messages(tx, town.clock(), [], 100)
    for id, channel in due:
        town.delivery._work(id, channel)


# --- SQLite's disk is full, or another program holds it ------------------------------------------------------------


def test_a_full_disk_keeps_what_it_had_and_goes_on_when_there_is_room(town: City) -> None:
    """No half page, no watermark that moved, no damage; with room again the same posts become their cases."""
    _only(town, "sqlite")
    town.say(mention("m0", town.clock()))
    page = [mention(f"m{n}", town.clock(), "가" * 500, conversation=f"m{n}", author=f"c{n}") for n in range(1, 300)]
    town.connector.pages = [Page(page, None)]
    walk = town.polling._claim(list(town.polling.sources))
    assert walk is not None
    _room(town, 4)
    with suppress(OperationalError):
        town.polling._work(walk, ("twitter", True))
    with town.store.read() as tx:
        assert accounts.watched(tx)["twitter", "1001"].complete_until is None
        assert tx.execute(text("PRAGMA integrity_check")).scalar() == "ok"
    assert len(town.cases()) == 1
    town.clock.forward(minutes=5)
    _room(town, 100_000)
    _poll(town)
    assert len(town.cases()) == 300
    with town.store.read() as tx:
        assert accounts.watched(tx)["twitter", "1001"].complete_until == town.clock()


def _room(town: City, pages: int) -> None:
    with town.store.write() as tx:
        has = tx.execute(text("PRAGMA page_count")).scalar_one()
        tx.execute(text(f"PRAGMA max_page_count = {has + pages}"))


def test_a_locked_database_makes_no_send_without_its_record(town: City) -> None:
    """A send starts when its attempt is on record: where that cannot be written, nobody is told twice later."""
    _only(town, "sqlite")
    town.say(mention("m1", town.clock()))
    town.clock.forward(minutes=20)
    town.escalation.run()
    with town.store.read() as tx:
        ((id, _),) = alerts.due_messages(tx, town.clock(), [], 10)
    town.delivery._stopping = True
    with closing(sqlite3.connect(str(town.store.path), isolation_level=None)) as other:
        with town.store.write() as tx:
            tx.execute(text("PRAGMA busy_timeout = 50"))
        other.execute("BEGIN IMMEDIATE")  # another program holds the file, for longer than we wait
        with suppress(OperationalError):
            town.delivery._work(id, "kim-hook")
        assert town.told("kim") == []
        with pytest.raises(OperationalError):
            town.desk.acknowledge(town.case().id, "kim")
        assert town.case().state is State.OPEN, "no false success"
        other.execute("ROLLBACK")
    town.clock.forward(seconds=60)
    with town.store.read() as tx:
        due = [id for id, _ in alerts.due_messages(tx, town.clock(), [], 10)]
    assert due == [id]
    town.delivery._work(id, "kim-hook")
    assert len(town.told("kim")) == 1


def test_the_column_of_versions_guards_every_change(town: City) -> None:
    """What was read before another changed it is not stored over it."""
    from monitor.store import cases
    from sla import actions

    town.say(mention("m1", town.clock()))
    stale = town.case()
    town.desk.claim(stale.id, "lee")
    with pytest.raises(cases.StaleCase), town.store.write() as tx:
        cases.save(tx, [actions.claimed(stale, "kim", town.clock())])
    with town.store.read() as tx:
        assert tx.execute(_cases.select()).one().assignee == "lee"
