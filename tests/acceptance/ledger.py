"""The reckoning after trouble: every post in one case, every step told, nothing twice but what was in flight."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tests.acceptance.harness import each_in_one_case, wait_for_all
from tests.acceptance.stage import PAGE, PEOPLE, Stage

IN_FLIGHT = 2 * len(PEOPLE)
"""Sends that may be under way when a daemon dies: two workers a channel."""


def nothing_lost(stage: Stage, posted: Sequence[str], kills: int) -> None:
    """Every post is in exactly one case, every step was told, and only what was in flight came twice (truths 1, 2)."""
    stage.found(*posted, seconds=60)
    each_in_one_case(stage.daemon.queue(), posted)
    wait_for_all(lambda: unheard(stage, posted), 60, "everybody has heard of every breach, choi of every escalation")
    assert stage.hooks.faults == []
    doubled_only_in_flight(stage, kills)


def unheard(stage: Stage, posted: Sequence[str]) -> list[tuple[str, str]]:
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


def doubled_only_in_flight(stage: Stage, kills: int) -> None:
    """No more messages came again than a kill can cut off, and no step was told anybody under two ids."""
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
