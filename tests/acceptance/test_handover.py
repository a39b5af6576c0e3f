"""Nodes on one PostgreSQL share the work and double nothing; a node lost is made up for."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.harness import Daemon, instant, now, seconds, wait_for
from tests.acceptance.ledger import nothing_lost
from tests.acceptance.stage import PAGE, Ladder, Stage

LADDER = Ladder(warning=2, breach=3, escalation=5, repeat=60)
HANDOVER = 15.0
"""Seconds in which a node left makes up for the other."""
NIGHTLY = "SNS_MONITOR_PROOF_STEPS" in os.environ
AT_LENGTH = ["escalate.claimed:4", "ingest.before_commit:6"] if NIGHTLY else []
ANYWHERE = [""] if NIGHTLY else []
"""Each of them takes half a minute: the dearest places are struck every time, the others in `make nightly`."""
ON_POSTGRES = pytest.mark.parametrize("database", ["postgres"], indirect=True)
_BOTH_AWAKE = 5
"""Cases that a single poll brings at once, so that both nodes have a share of the steps."""


def _events(daemon: Daemon, name: str) -> list[dict[str, object]]:
    return [line for line in daemon.logs() if line.get("event") == name]


def _busy(daemon: Daemon) -> bool:
    return len(_events(daemon, "alert.delivered")) > _BOTH_AWAKE


def _nodes(daemon: Daemon) -> list[dict[str, object]]:
    return [node for node in daemon.json("nodes") if node["live"]]


@ON_POSTGRES
def test_two_nodes_share_the_work_and_double_nothing(stage: Stage) -> None:
    """Both send, and no step of a case reaches anybody twice; when one ends in order, the other goes on at once."""
    first = stage.configure(LADDER, watch_from=now() - seconds(1), bundle="0s").start().ready()
    second = stage.another().start().ready()
    assert [node["decides"] for node in _nodes(first)] == [True, True]
    with stage.citizens(every=0.05) as posted:
        wait_for(lambda: _busy(first) and _busy(second), 60, "both nodes have sent alerts")
    nothing_lost(stage, posted, kills=0)
    told = Counter((a.who, *a.step, m) for a in stage.hooks.arrivals() for m in a.mentions if a.who != "ops")
    assert not {key: count for key, count in told.items() if count > 1}
    assert second.stop() == 0
    assert [node["decides"] for node in _nodes(first)] == [True], "who ends in order is not waited for"
    alone = stage.say()
    nothing_lost(stage, [*posted, alone], kills=0)
    assert first.stop() == 0


@ON_POSTGRES
@pytest.mark.parametrize("failpoint", ["deliver.started:8", *AT_LENGTH])
def test_a_node_that_is_killed_hands_over_within_15_seconds(stage: Stage, failpoint: str) -> None:
    """Struck where it holds most: a message claimed and not sent, cases claimed, a page fetched."""
    first = stage.configure(LADDER, watch_from=now() - seconds(1), bundle="0s")
    second = stage.another().start().ready()
    first.start(failpoint)
    with stage.citizens(every=0.1) as posted:
        lost_at = _struck(first, _is_dead, second)
        assert first.wait(1) == -signal.SIGKILL
        stage.daemon = second
        struck = len(posted)
        wait_for(lambda: len(posted) > struck + _BOTH_AWAKE, 10, "citizens post all the same")
    nothing_lost(stage, posted, kills=1)
    _in_time(stage, f"killed, {failpoint}", posted, lost_at)
    assert second.stop() == 0


@ON_POSTGRES
@pytest.mark.parametrize("failpoint", ["deliver.started:8", "escalate.before_commit:4", *AT_LENGTH, *ANYWHERE])
def test_a_node_that_is_frozen_hands_over_and_sends_nothing_stale(stage: Stage, failpoint: str) -> None:
    """Anywhere, and where it holds most, amid a transaction too; woken, it sends nothing of what was settled since."""
    first = stage.configure(LADDER, watch_from=now() - seconds(1), bundle="0s")
    second = stage.another().start().ready()
    first.start(f"{failpoint}:SIGSTOP" if failpoint else "")
    with stage.citizens(every=0.1) as posted:
        if not failpoint:
            wait_for(lambda: _busy(first) and _busy(second), 60, "both nodes have sent alerts")
            first.freeze()
        lost_at = _struck(first, _is_frozen, second)
        stage.daemon, stage.nodes = second, [first]
        struck = len(posted)
        wait_for(lambda: len(posted) > struck + _BOTH_AWAKE, 10, "citizens post all the same")
    nothing_lost(stage, posted, kills=1)
    _in_time(stage, f"frozen, {failpoint or 'anywhere'}", posted, lost_at)
    _wakes_and_sends_nothing_stale(stage, first, second)
    assert second.stop() == 0


def _struck(first: Daemon, is_so: Callable[[Daemon], bool], other: Daemon) -> datetime:
    """Wait until the first node is lost; returns when that was seen.

    The other naps meanwhile: one that ticks a moment earlier each time would take all there is, for ever.
    """
    awake = threading.Event()

    def napped() -> bool:
        other.freeze()
        awake.wait(0.3)
        other.wake()
        return is_so(first) or awake.wait(0.3)

    wait_for(napped, 60, "the first node is lost")
    return now()


def _is_dead(daemon: Daemon) -> bool:
    assert daemon.process is not None
    return daemon.process.poll() is not None


def _is_frozen(daemon: Daemon) -> bool:
    """proc(5): the state stands behind the name, which is in brackets."""
    assert daemon.process is not None
    return Path(f"/proc/{daemon.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] == "T"


def _in_time(stage: Stage, how: str, posted: list[str], lost_at: datetime) -> None:
    """No step came more than 15 s later than a machine so busy is anyhow."""
    first = _first_heard(stage)
    before = [late for at, late in first.values() if at <= lost_at]
    usual = max(before, default=timedelta(0))
    worst = max(first[key][1] for key in _owed(posted))
    print(
        f"handover ({how}): of {len(posted)} mentions the latest step came {worst.total_seconds():.1f} s late,"
        f" before it {usual.total_seconds():.1f} s"
    )
    assert worst - usual <= timedelta(seconds=HANDOVER)


def _owed(posted: list[str]) -> list[tuple[str, int, str]]:
    """Who had to hear of which level of which mention."""
    owed = []
    for mention in posted:
        assignee = "lee" if mention.startswith(f"{PAGE}_") else "kim"
        owed += [(assignee, 1, mention), (assignee, 2, mention), ("park", 2, mention), ("choi", 3, mention)]
    return owed


def _first_heard(stage: Stage) -> dict[tuple[str, int, str], tuple[datetime, timedelta]]:
    """When each person first heard of each level of each mention, or of a higher one, and how late that was."""
    due = {1: LADDER.warning - LADDER.breach, 2: 0, 3: LADDER.escalation - LADDER.breach}
    first: dict[tuple[str, int, str], tuple[datetime, timedelta]] = {}
    for arrival in stage.hooks.arrivals():
        for level in range(1, arrival.step[1] + 1):
            for case in arrival.cases:
                late = arrival.at - instant(case["deadline"]) - timedelta(seconds=due[level])
                for mention in case["mentions"]:
                    first.setdefault((arrival.who, level, mention["id"]), (arrival.at, late))
    return first


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
