"""The slow jobs: what citizens wrote is kept no longer than promised, a renamed handle is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor import app as composition
from monitor.alerts.message import Kind
from monitor.cycle import Cycle
from monitor.housekeeping import Housekeeping
from monitor.intake.ingest import ingest
from monitor.store import alerts, posts
from monitor.store.engine import Store
from tests.city import mention
from tests.support import Clock, city


@pytest.fixture
def keeping(tmp_path: Path, database: str, clock: Clock) -> Housekeeping:
    """The housekeeping of a small city."""
    app = composition.build(city(tmp_path, database=database), clock)
    app.polling.plan(clock())
    return Housekeeping(app, Cycle(app.store, clock, app.polling.sources))


def test_text_is_purged_after_the_set_time(keeping: Housekeeping, store: Store, clock: Clock) -> None:
    """Words and names go, ids and times stay; what is younger is untouched."""
    app = keeping._app
    since = {"1001": clock()}
    with store.write() as tx:
        ingest(tx, app.rules, "twitter", [mention("m1", clock(), author_name="시민")], since, clock())
    clock.forward(days=60)
    with store.write() as tx:
        ingest(tx, app.rules, "twitter", [mention("m2", clock(), conversation="m2")], since, clock())
    clock.forward(days=30, seconds=1)
    keeping._purge(clock())
    with store.read() as tx:
        old, young = posts.of_conversation(tx, "twitter", "m1")[0], posts.of_conversation(tx, "twitter", "m2")[0]
    assert (old["text"], old["author_name"], old["author"], old["case_id"] is not None) == ("", "", "citizen", True)
    assert young["text"] != ""
    app.close()


def test_a_renamed_handle_is_told_once(keeping: Housekeeping, store: Store, clock: Clock) -> None:
    """It would find nothing, silently: a fault to the root contact, again only after it was mended."""
    connector = keeping._app.connectors["twitter"]
    for found in ({"1001": "dj_bus", "1002": "DJ_facility"}, {"1001": "dj_bus", "1002": "dj_facility"}):
        keeping._compare(connector, found)
        clock.forward(hours=1)
    with store.read() as tx:
        told = [message for message in alerts.messages(tx) if message.kind == Kind.FAULT]
    assert [(message.recipient, "dj_bus" in message.subject["detail"]) for message in told] == [("ops", True)]
    keeping._compare(connector, {"1001": "dj_transport", "1002": "dj_facility"})
    keeping._compare(connector, {"1002": "dj_facility"})
    with store.read() as tx:
        assert len([message for message in alerts.messages(tx) if message.kind == Kind.FAULT]) == 2
    keeping._app.close()
