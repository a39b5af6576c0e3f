"""`maintenance …` and `alerts --waiting`: a silence with an end, and what waits for what."""

from __future__ import annotations

from datetime import timedelta

import pytest

from monitor.store import alerts, events
from monitor.store.engine import Store
from tests.cli.conftest import Town

ASK = ("maintenance", "start", "--by", "ops", "--reason", "DB 이전")


def test_start_show_and_end(town: Town, opened: Store) -> None:
    """Each prints what stands; the root contact is told of both; the history names who and why."""
    assert town.json("maintenance", "show") is None
    done = town.run(*ASK, "--for", "2h")
    assert done.exit_code == 0 and "정비 중" in done.output and "11:00" in done.output
    assert town.json("maintenance", "show") == {
        "started_at": "2026-11-16T09:00:00+09:00", "until": "2026-11-16T11:00:00+09:00", "by": "ops",
        "reason": "DB 이전", "held": 0,
    }  # fmt: skip
    assert town.run("maintenance", "end", "--by", "kim").exit_code == 0
    assert town.json("maintenance", "show") is None
    with opened.read() as tx:
        told = [(m.recipient, m.kind) for m in alerts.messages(tx)]
        found = [(e.kind, e.actor, e.data["reason"]) for e in events.walk(tx) if e.kind.startswith("maintenance")]
    assert told == [("ops", "maintenance")] * 2
    assert found == [("maintenance_started", "ops", "DB 이전"), ("maintenance_ended", "kim", "DB 이전")]


def test_until_is_the_service_s_wall_clock(town: Town) -> None:
    """Without an offset it is Seoul's, with one it is what it says."""
    assert town.json(*ASK, "--until", "2026-11-16T20:00")["until"] == "2026-11-16T20:00:00+09:00"
    assert town.json(*ASK, "--until", "2026-11-16T12:00:00Z")["until"] == "2026-11-16T21:00:00+09:00"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--for", "25h"], 2),
        (["--until", "2026-11-16T08:00"], 2),
        (["--until", "tomorrow"], 2),
        (["--for", "soon"], 2),
        (["--for", "1h", "--until", "2026-11-16T20:00"], 2),
        ([], 2),
        (["--for", "1h", "--by", "nobody"], 1),
        (["--for", "1h", "--reason", " "], 2),
    ],
)
def test_what_cannot_be_asked_for(town: Town, arguments: list[str], code: int) -> None:
    """No end, two ends, an end too far away, a stranger, no reason: told why, and nothing is silenced."""
    done = town.run(*ASK, *arguments)
    assert done.exit_code == code and done.stderr
    assert town.json("maintenance", "show") is None


def test_end_of_what_never_began(town: Town) -> None:
    """The answer is no; so it is when its time is over."""
    assert town.run("maintenance", "end", "--by", "ops").exit_code == 1
    town.run(*ASK, "--for", "1h")
    town.clock.forward(hours=1)
    assert town.run("maintenance", "end", "--by", "ops").exit_code == 1
    assert "정비 중이 아닙니다" in town.run("maintenance", "show").output


def test_what_waits_and_for_what(town: Town, case: str, opened: Store) -> None:
    """For a bundle, for the morning, for a channel's limit, and in maintenance for its end."""
    now = town.clock()
    row = {"case_id": case, "recipient": "kim", "kind": "warning", "level": 1, "due_at": now, "created_at": now,
           "checked": True, "late": False, "state": "waiting", "message_id": None}  # fmt: skip
    with opened.write() as tx:
        alerts.put(tx, [
            row | {"key": "k1"},
            row | {"key": "k2", "held_until": now + timedelta(hours=1), "held_by": "quiet"},
            row | {"key": "k3", "recipient": "lee", "held_until": now + timedelta(hours=3), "held_by": "limit"},
            row | {"key": "k4", "recipient": "park", "crisis": True},
        ])  # fmt: skip
    listed = {(one["recipient"], one["held_by"]): one for one in town.json("alerts", "--waiting")}
    assert set(listed) == {("kim", ""), ("kim", "quiet"), ("lee", "limit"), ("park", "")}
    assert listed["kim", "quiet"]["held_until"] == "2026-11-16T10:00:00+09:00"
    shown = town.run("alerts").output
    assert "묶음 대기 2건" in shown and "채널 발송 한도" in shown and "방해 금지 시간" in shown
    town.run(*ASK, "--for", "2h")
    found = {(one["recipient"], one["held_by"]) for one in town.json("alerts", "--waiting")}
    assert found == {("kim", "maintenance"), ("lee", "limit"), ("park", "")}
    assert town.json("maintenance", "show")["held"] == 3
