"""Killed at any moment, and at every commit and send: nothing is lost, only what was in flight comes twice."""

from __future__ import annotations

import random
import signal
import threading
from collections import Counter
from collections.abc import Sequence

import pytest

from tests.acceptance.harness import each_in_one_case, now, seconds, wait_for_all
from tests.acceptance.stage import CITIZEN, PAGE, PEOPLE, Ladder, Stage

LADDER = Ladder(warning=2, breach=3, escalation=4, repeat=60)
KILLS = 12
IN_FLIGHT = 2 * len(PEOPLE)
"""Sends that may be under way at a kill: two workers a channel."""

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
    _nothing_lost(stage, posted, kills=1)
    assert daemon.stop() == 0


def test_kills_at_random_moments_lose_nothing(stage: Stage) -> None:
    """Truths 1 and 2 over a stream of posts on both platforms, with the daemon killed a dozen times."""
    daemon = stage.configure(LADDER, watch_from=now() - seconds(1))
    chance, over, posted = random.Random(2010), threading.Event(), []

    def stream() -> None:
        number = 0
        while not over.wait(0.1):
            number += 1
            if number % 4:
                posted.append(stage.say(author=str(7001 + number % 9)))
            else:
                posted.append(stage.graph.visitor_post(PAGE, CITIZEN, f"고장 신고 {number}"))

    citizens = threading.Thread(target=stream, daemon=True)
    citizens.start()
    for _ in range(KILLS):
        daemon.start()
        threading.Event().wait(chance.uniform(0.8, 3.5))  # a moment drawn by chance, not one that anything waits for
        daemon.kill()
    over.set()
    citizens.join()
    assert len(posted) > 100
    daemon.start().ready(15)
    _nothing_lost(stage, posted, kills=KILLS)
    assert daemon.stop() == 0


def _nothing_lost(stage: Stage, posted: Sequence[str], kills: int) -> None:
    """Every post is in exactly one case, every step was told, and only what was in flight came twice."""
    stage.found(*posted, seconds=60)
    each_in_one_case(stage.daemon.queue(), posted)
    wait_for_all(lambda: _unheard(stage, posted), 60, "everybody has heard of every breach, choi of every escalation")
    assert not stage.hooks.faults
    _doubled_only_in_flight(stage, kills)


def _unheard(stage: Stage, posted: Sequence[str]) -> list[tuple[str, str]]:
    """Who has not yet heard of what they must have heard of in the end: (person, mention)."""
    highest: Counter[tuple[str, str]] = Counter()
    for arrival in stage.hooks.arrivals():
        for mention in arrival.mentions:
            highest[arrival.who, mention] = max(highest[arrival.who, mention], arrival.step[1])
    owed = [
        (who, mention, level)
        for mention in posted
        for who, level in (("lee" if mention.startswith(f"{PAGE}_") else "kim", 2), ("park", 2), ("choi", 3))
    ]
    return [(who, mention) for who, mention, level in owed if highest[who, mention] < level]


def _doubled_only_in_flight(stage: Stage, kills: int) -> None:
    arrivals = stage.hooks.arrivals()
    again = sum(count - 1 for count in Counter(arrival.id for arrival in arrivals).values())
    assert again <= kills * IN_FLIGHT, f"{again} messages came again after {kills} kills"
    told: dict[tuple[str, str, int, str], set[str]] = {}
    for arrival in arrivals:
        for mention in arrival.mentions:
            if arrival.who != "ops":  # the root contact hears again and again
                told.setdefault((arrival.who, *arrival.step, mention), set()).add(arrival.id)
    twice = {key: ids for key, ids in told.items() if len(ids) > 1}
    assert not twice, f"told twice under different ids: {twice}"
