"""What outside tools look at: health, metrics, the queue over HTTP; and a city that only tries the service."""

from __future__ import annotations

import json

import pytest

from tests.acceptance.harness import get, wait_for_all
from tests.acceptance.stage import CITIZEN, LONG, PAGE, Ladder, Stage

METRICS = {
    "open_cases", "oldest_undecided_seconds", "outbox_waiting", "outbox_queued", "outbox_dead", "outbox_oldest_seconds",
    "complete_until_timestamp_seconds", "blind", "set_aside_posts", "platform_calls",
}  # fmt: skip


def test_health_metrics_and_the_queue_are_served(stage: Stage) -> None:
    """CONTRACT, "Addresses": each address answers, and `GET /api/cases` is what `queue --json` prints."""
    daemon = stage.configure(LONG).start().ready()
    stage.found(stage.say(), stage.say("@dj_facility 물이 새요"), stage.graph.visitor_post(PAGE, CITIZEN, "벽 글"))
    assert get(f"{daemon.web}/livez")[0] == 200
    served = daemon.queue()
    assert len(served) == 3 and served == daemon.json("queue")
    facility = daemon.json("queue", "--department", "facility")
    assert facility == [case for case in served if case["department"] == "facility"] and len(facility) == 2
    status, document = get(f"{daemon.web}/api/openapi.json")
    assert status == 200 and "/api/cases" in json.loads(document)["paths"]
    assert stage.metric("sns_monitor_open_cases") == 3
    status, body = get(f"{daemon.metrics}/metrics")
    named = {line.split()[2] for line in body.splitlines() if line.startswith("# TYPE ")}
    assert status == 200 and {f"sns_monitor_{name}" for name in METRICS} <= named
    assert all(name.startswith("sns_monitor_") for name in named)
    assert daemon.stop() == 0


def test_the_pages_alone_beside_a_daemon(stage: Stage) -> None:
    """`sns-monitor web` on the same database: the same queue, a login, its own end; it neither polls nor decides."""
    daemon = stage.configure(LONG).start().ready()
    pages = stage.another().start(verb="web").ready()
    stage.found(stage.say())
    assert pages.queue() == daemon.queue()
    status, body = get(f"{pages.web}/")
    assert status == 200 and "/static/style.css" in body, "it leads to the login"
    taken = stage.another()
    text = taken.settings.read_text(encoding="utf-8")
    taken.settings.write_text(text.replace(taken.web.removeprefix("http://"), pages.web.removeprefix("http://")))
    assert taken.start(verb="web").wait(30) == 75
    assert pages.stop() == 0
    assert stage.found(stage.say("@dj_transport 아직도 안 와요", author="7002"))
    assert daemon.stop() == 0


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_shadow_decides_everything_and_tells_nobody(stage: Stage) -> None:
    """Row 36: the queue fills, every step is on record with whom it would have told, and nothing is sent."""
    daemon = stage.configure(Ladder(2, 3, 4, 60), mode="shadow", blind_after="3s").start().ready()
    mentions = [stage.say(), stage.graph.visitor_post(PAGE, CITIZEN, "벽 글")]
    cases = stage.found(*mentions)
    stage.x.fail(status=503)
    wait_for_all(lambda: [c["id"] for c in daemon.queue() if c["level"] < 3], 30, "every step is decided")
    wait_for_all(lambda: {"blind"} if stage.metric("sns_monitor_blind") < 2 else (), 30, "X's accounts are blind")
    for case, first in zip(cases, ("kim", "lee"), strict=True):
        record = daemon.record(str(case["id"]))
        told = [event["data"]["told"] for event in record["events"] if event["kind"] == "escalated"]
        assert told == [[first], [first, "park"], ["choi"]]
        assert {alert["state"] for alert in record["alerts"]} == {"shadow"} and len(record["alerts"]) == 4
    notices = daemon.json("alerts")
    assert {(notice["kind"], notice["state"], notice["tries"]) for notice in notices} == {("blind", "shadow", 0)}
    assert daemon.stop() == 0
    assert not stage.hooks.arrivals()
    assert stage.hooks.faults == []
