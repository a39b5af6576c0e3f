"""Killed at any moment, and at every commit and send: nothing is lost, only what was in flight comes twice."""

from __future__ import annotations

import random
import signal
import threading
from collections.abc import Callable

import pytest

from tests.acceptance.harness import Daemon, now, seconds, wait_for
from tests.acceptance.ledger import nothing_lost
from tests.acceptance.stage import CITIZEN, PAGE, Ladder, Stage

LADDER = Ladder(warning=2, breach=3, escalation=4, repeat=60)
NODES = Ladder(warning=2, breach=3, escalation=5, repeat=60)
KILLS = 8

FAILPOINTS = (
    "ingest.before_commit:3", "ingest.after_commit:3", "escalate.claimed", "escalate.before_commit",
    "escalate.after_commit", "bundle.after_commit", "deliver.started", "deliver.before_result", "deliver.after_result",
)  # fmt: skip
ON_POSTGRES = ("ingest.before_commit:3", "escalate.before_commit", "deliver.before_result")


@pytest.mark.parametrize(
    ("database", "failpoint"),
    [("sqlite", name) for name in FAILPOINTS] + [("postgres", name) for name in ON_POSTGRES],
    indirect=["database"],
)
def test_a_kill_around_a_commit_or_a_send_loses_nothing(stage: Stage, failpoint: str) -> None:
    """Truths 1 and 2: it dies at the named place, and the next start makes up for it."""
    daemon = stage.configure(LADDER, watch_from=now() - seconds(1))
    posted = [stage.say(), stage.say(author="7002"), stage.graph.visitor_post(PAGE, CITIZEN, "고장났어요")]
    daemon.start(failpoint)
    assert daemon.wait(30) == -signal.SIGKILL
    posted.append(stage.say(author="7003"))
    daemon.start().ready(15)
    nothing_lost(stage, posted, kills=1)
    assert daemon.stop() == 0


def test_kills_at_random_moments_lose_nothing(stage: Stage) -> None:
    """Truths 1 and 2 over a stream of posts on both platforms, with the daemon killed again and again."""
    daemon = stage.configure(LADDER, watch_from=now() - seconds(1))
    chance = random.Random(2010)
    with stage.citizens() as posted:
        for _ in range(KILLS):
            daemon.start()
            # A moment drawn by chance, not one that anything waits for.
            threading.Event().wait(chance.uniform(0.8, 3.5))
            daemon.kill()
    assert len(posted) > 50
    daemon.start().ready(15)
    nothing_lost(stage, posted, kills=KILLS)
    assert daemon.stop() == 0


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_two_nodes_double_nothing_and_either_is_enough(stage: Stage) -> None:
    """Truth 6 and TRUST, "a node frozen", "working again in 15 s": one sleeps, wakes, and goes on when the other dies.

    Which node does what while both are awake is left to chance: whoever comes first.
    """
    first = stage.configure(NODES, watch_from=now() - seconds(1), bundle="0s").start().ready()
    second = stage.another().start().ready()
    with stage.citizens(every=0.25) as both:
        wait_for(lambda: len(stage.hooks.arrivals()) > 20, 60, "alerts are being sent")
    nothing_lost(stage, both, kills=0)
    assert first.queue() == second.queue()
    asleep = _without(stage, first.freeze, second, 30)
    nothing_lost(stage, [*both, *asleep], kills=1)
    first.wake()
    alone = _without(stage, second.kill, first, 15)
    nothing_lost(stage, [*both, *asleep, *alone], kills=2)
    assert first.stop() == 0


def _without(stage: Stage, strike: Callable[[], None], left: Daemon, within: float) -> list[str]:
    """Strike one node down amid work: the one left finds the next post `within` seconds. Returns all posted."""
    with stage.citizens(every=0.25) as posted:
        heard = len(stage.hooks.arrivals())
        wait_for(lambda: len(stage.hooks.arrivals()) > heard + 5, 30, "alerts are being sent")
        strike()
        stage.daemon, stage.nodes = left, [node for node in (stage.daemon, *stage.nodes) if node is not left]
        mention = stage.say(author="7009")
        stage.found(mention, seconds=within)
    return [*posted, mention]
