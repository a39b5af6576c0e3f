"""Killed at any moment, and at every commit and send: nothing is lost, only what was in flight comes twice."""

from __future__ import annotations

import random
import signal
import threading

import pytest

from tests.acceptance.harness import now, seconds
from tests.acceptance.ledger import nothing_lost
from tests.acceptance.stage import CITIZEN, PAGE, Ladder, Stage

LADDER = Ladder(warning=2, breach=3, escalation=4, repeat=60)
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
