"""Nodes on one PostgreSQL share the work and double nothing; a node lost is made up for; settings are reloaded."""

from __future__ import annotations

import json
import signal
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.harness import Daemon, get, instant, now, seconds, wait_for
from tests.acceptance.ledger import nothing_lost
from tests.acceptance.stage import LONG, PAGE, Ladder, Stage

LADDER = Ladder(warning=2, breach=3, escalation=5, repeat=60)
HANDOVER = 15.0
"""Seconds in which a node left makes up for the other."""
ON_POSTGRES = pytest.mark.parametrize("database", ["postgres"], indirect=True)
_BOTH_AWAKE = 5
"""Cases that a single poll brings at once, so that both nodes have a share of the steps."""


def _hup(daemon: Daemon) -> None:
    assert daemon.process is not None
    daemon.process.send_signal(signal.SIGHUP)


def _ready(daemon: Daemon) -> tuple[int, dict[str, object]]:
    status, body = get(f"{daemon.web}/readyz")
    return status, json.loads(body) if status else {}


def _events(daemon: Daemon, name: str) -> list[dict[str, object]]:
    return [line for line in daemon.logs() if line.get("event") == name]


def _nodes(daemon: Daemon) -> list[dict[str, object]]:
    return [node for node in daemon.json("nodes") if node["live"]]


@ON_POSTGRES
def test_two_nodes_share_the_work_and_double_nothing(stage: Stage) -> None:
    """Both send, and no step of a case reaches anybody twice; when one ends in order, the other goes on at once."""
    first = stage.configure(LADDER, watch_from=now() - seconds(1), bundle="0s").start().ready()
    second = stage.another().start().ready()
    assert [node["decides"] for node in _nodes(first)] == [True, True]
    with stage.citizens(every=0.05) as posted:
        wait_for(
            lambda: all(len(_events(node, "alert.delivered")) > _BOTH_AWAKE for node in (first, second)), 60,
            "both nodes have sent alerts",
        )  # fmt: skip
    nothing_lost(stage, posted, kills=0)
    told = Counter((a.who, *a.step, m) for a in stage.hooks.arrivals() for m in a.mentions if a.who != "ops")
    assert not {key: count for key, count in told.items() if count > 1}
    assert second.stop() == 0
    assert [node["decides"] for node in _nodes(first)] == [True], "who ends in order is not waited for"
    alone = stage.say()
    nothing_lost(stage, [*posted, alone], kills=0)
    assert first.stop() == 0


@ON_POSTGRES
@pytest.mark.parametrize("failpoint", ["deliver.started:8", "escalate.claimed:4", "ingest.before_commit:6"])
def test_a_node_that_is_killed_hands_over_within_15_seconds(stage: Stage, failpoint: str) -> None:
    """Struck where it holds most: a message claimed and not sent, cases claimed, a page fetched."""
    first = stage.configure(LADDER, watch_from=now() - seconds(1), bundle="0s")
    second = stage.another().start().ready()
    first.start(failpoint)
    with stage.citizens(every=0.1) as posted:
        assert first.wait(60) == -signal.SIGKILL
        stage.daemon = second
        struck = len(posted)
        wait_for(lambda: len(posted) > struck + _BOTH_AWAKE, 10, "citizens post all the same")
    nothing_lost(stage, posted, kills=1)
    _in_time(stage, f"killed, {failpoint}", posted)
    assert second.stop() == 0


@ON_POSTGRES
@pytest.mark.parametrize(
    "failpoint", ["", "deliver.started:8", "escalate.claimed:4", "escalate.before_commit:4", "ingest.before_commit:6"]
)
def test_a_node_that_is_frozen_hands_over_and_sends_nothing_stale(stage: Stage, failpoint: str) -> None:
    """Anywhere, and where it holds most, amid a transaction too; woken, it sends nothing of what was settled since."""
    first = stage.configure(LADDER, watch_from=now() - seconds(1), bundle="0s")
    second = stage.another().start().ready()
    first.start(f"{failpoint}:SIGSTOP" if failpoint else "")
    with stage.citizens(every=0.1) as posted:
        if not failpoint:
            for node in (first, second):
                wait_for(lambda node=node: len(_events(node, "alert.delivered")) > _BOTH_AWAKE, 60, "alerts are sent")
            first.freeze()
        wait_for(lambda: _is_frozen(first), 60, "the first node freezes")
        stage.daemon, stage.nodes = second, [first]
        struck = len(posted)
        wait_for(lambda: len(posted) > struck + _BOTH_AWAKE, 10, "citizens post all the same")
    nothing_lost(stage, posted, kills=1)
    _in_time(stage, f"frozen, {failpoint or 'anywhere'}", posted)
    _wakes_and_sends_nothing_stale(stage, first, second)
    assert second.stop() == 0


def _is_frozen(daemon: Daemon) -> bool:
    """proc(5): the state stands behind the name, which is in brackets."""
    assert daemon.process is not None
    return Path(f"/proc/{daemon.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] == "T"


def _in_time(stage: Stage, how: str, posted: list[str]) -> None:
    worst = _latest(stage, posted)
    print(f"handover ({how}): of {len(posted)} mentions the latest step came {worst.total_seconds():.1f} s late")
    assert worst <= timedelta(seconds=HANDOVER)


def _latest(stage: Stage, posted: list[str]) -> timedelta:
    """How late the latest of all steps first reached the assignee, the manager or the head."""
    due = {1: LADDER.warning - LADDER.breach, 2: 0, 3: LADDER.escalation - LADDER.breach}
    first: dict[tuple[str, int, str], timedelta] = {}
    for arrival in stage.hooks.arrivals():
        for level in range(1, arrival.step[1] + 1):
            for case in arrival.cases:
                late = arrival.at - instant(case["deadline"]) - timedelta(seconds=due[level])
                for mention in case["mentions"]:
                    key = arrival.who, level, mention["id"]
                    first[key] = min(late, first.get(key, late))
    owed = []
    for mention in posted:
        assignee = "lee" if mention.startswith(f"{PAGE}_") else "kim"
        owed += [(assignee, 1, mention), (assignee, 2, mention), ("park", 2, mention), ("choi", 3, mention)]
    return max(first[key] for key in owed)


def _wakes_and_sends_nothing_stale(stage: Stage, woken: Daemon, other: Daemon) -> None:
    answered = stage.say(author="7008")
    stage.found(answered)
    stage.reply(answered)
    wait_for(lambda: other.case_of(answered) is None, 30, "the answer is found")
    woken_at = now()
    woken.wake()
    fresh = stage.say(author="7007")
    wait_for(lambda: stage.hooks.arrivals("choi", mention=fresh), 30, "the fresh mention is told of")
    late = [a for a in stage.hooks.arrivals(mention=answered) if a.at > woken_at and a.message["kind"] != "answered"]
    assert late == [], "nothing of an answered case"
    ids = Counter(a.id for a in stage.hooks.arrivals() if a.at > woken_at)
    assert not {id: count for id, count in ids.items() if count > 1}
    assert woken.stop() == 0


@ON_POSTGRES
def test_a_node_with_other_settings_waits_until_they_are_in_force(stage: Stage) -> None:
    """It says so once and decides nothing; when the other has reloaded too, both go on, by the new settings."""
    first = stage.configure(LONG, watch_from=now() - seconds(1)).start().ready()
    second = stage.another()
    _retarget(second, 90, 95)
    second.start()
    wait_for(lambda: _ready(second)[0] == 503, 30, "the second node waits")
    status, body = _ready(second)
    assert any("not in force" in str(fault) for fault in body["faults"]), (status, body)  # type: ignore[attr-defined]
    told = wait_for(lambda: stage.hooks.arrivals("ops", kind="fault"), 15, "the root contact hears of it")
    assert "설정" in told[0].message["text"]
    assert [node["decides"] for node in _nodes(first)] == [True, False]
    mention = stage.say()
    stage.found(mention)
    assert _events(second, "poll.page") == []
    _retarget(first, 90, 95)
    _hup(first)
    first.ready()
    second.ready()
    wait_for(lambda: [node["decides"] for node in _nodes(first)] == [True, True], 15, "both decide")
    case = stage.found(mention)[0]
    assert _deadline(case) - _opened(case) == timedelta(seconds=95), "an open case goes by the new target"
    assert len(stage.hooks.arrivals("ops", kind="fault")) == 1, "told once"
    _retarget(first, 95, 100)
    _hup(first)
    wait_for(lambda: _ready(first)[0] == 503, 15, "who reloads alone waits for the other")
    assert second.stop() == 0
    first.ready()
    after = wait_for(lambda: _moved(first, mention, case), 15, "the newest settings are in force when the other ended")
    assert _deadline(after) - _opened(after) == timedelta(seconds=100)
    assert first.stop() == 0


def _retarget(daemon: Daemon, was: int, to: int) -> None:
    old = daemon.settings.read_text(encoding="utf-8")
    for key in ("target", "at"):
        old = old.replace(f'{key} = "{was}s"', f'{key} = "{to}s"')
    daemon.settings.write_text(old, encoding="utf-8")


def _moved(daemon: Daemon, mention: str, before: dict[str, object]) -> dict[str, object] | None:
    case = daemon.case_of(mention)
    return case if case is not None and case["deadline"] != before["deadline"] else None


def test_sighup_with_wrong_settings_changes_nothing_but_a_word_of_it(stage: Stage) -> None:
    """The old ones stay, the root contact is told the first faults; the same process goes on."""
    daemon = stage.configure(LADDER, watch_from=now() - seconds(1)).start().ready()
    right = daemon.settings.read_text(encoding="utf-8")
    for wrong in (right.replace('root_contact = "ops"', 'root_contact = "nobody"'), _other_database(right)):
        heard = len(stage.hooks.arrivals("ops", kind="fault"))
        daemon.settings.write_text(wrong, encoding="utf-8")
        _hup(daemon)
        _told_of_another_fault(stage, heard)
    assert "root_contact" in stage.hooks.arrivals("ops", kind="fault")[0].message["text"]
    assert "service.database" in stage.hooks.arrivals("ops", kind="fault")[1].message["text"]
    assert get(f"{daemon.web}/readyz")[0] == 200
    mention = stage.say()
    nothing_lost(stage, [mention], kills=0)
    assert _events(daemon, "daemon.reloaded") == []
    assert daemon.stop() == 0


def _told_of_another_fault(stage: Stage, before: int) -> None:
    wait_for(lambda: len(stage.hooks.arrivals("ops", kind="fault")) > before, 20, "the root contact is told")


def _other_database(settings: str) -> str:
    line = next(line for line in settings.splitlines() if line.startswith("database = "))
    return settings.replace(line, 'database = "sqlite:///elsewhere.db"')


def test_sighup_with_a_new_target_applies_to_open_cases(stage: Stage) -> None:
    """SEMANTICS row 15, in the same process and under load: nothing lost, no step told twice."""
    daemon = stage.configure(LONG, watch_from=now() - seconds(1), bundle="0s").start().ready()
    mention = stage.say()
    before = stage.found(mention)[0]
    with stage.citizens(every=0.1) as posted:
        stage.configure(LADDER, watch_from=now() - seconds(60), bundle="0s")
        _hup(daemon)
        wait_for(lambda: _events(daemon, "daemon.reloaded"), 30, "it has reloaded")
        daemon.ready()
    nothing_lost(stage, [mention, *posted], kills=0)
    after = stage.found(mention)[0]
    assert _deadline(before) - _deadline(after) == timedelta(seconds=LONG.breach - LADDER.breach)
    kinds = [event["kind"] for event in daemon.record(str(after["id"]))["events"]]
    assert kinds.count("rescheduled") == 1
    told = Counter((a.who, *a.step, m) for a in stage.hooks.arrivals() for m in a.mentions if a.who != "ops")
    assert not {key: count for key, count in told.items() if count > 1}
    assert daemon.starts == 1
    assert daemon.stop() == 0


def _deadline(case: dict[str, object]) -> datetime:
    return instant(str(case["deadline"]))


def _opened(case: dict[str, object]) -> datetime:
    return instant(str(case["opened_at"]))
