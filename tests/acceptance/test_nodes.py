"""Several equal nodes on one PostgreSQL database."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.acceptance.harness import Daemon, now, seconds, wait_for
from tests.acceptance.ledger import nothing_lost
from tests.acceptance.stage import Ladder, Stage

LADDER = Ladder(warning=2, breach=3, escalation=5, repeat=60)


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_two_nodes_double_nothing_and_either_is_enough(stage: Stage) -> None:
    """Truth 6 and TRUST, "a node frozen", "working again in 15 s": one sleeps, wakes, and goes on when the other dies.

    Which node does what while both are awake is left to chance: whoever comes first.
    """
    first = stage.configure(LADDER, watch_from=now() - seconds(1), bundle="0s").start().ready()
    second = stage.another().start().ready()
    with stage.citizens(every=0.25) as both:
        wait_for(lambda: len(stage.hooks.arrivals()) > 20, 60, "alerts are being sent")
    nothing_lost(stage, both, kills=0)
    assert first.queue() == second.queue()
    asleep = _without(stage, first.freeze, second)
    nothing_lost(stage, [*both, *asleep], kills=1)
    first.wake()
    alone = _without(stage, second.kill, first)
    nothing_lost(stage, [*both, *asleep, *alone], kills=2)
    assert first.stop() == 0


def _without(stage: Stage, strike: Callable[[], None], left: Daemon) -> list[str]:
    """Strike one node down amid work: the one left finds the next post within 15 seconds. Returns all posted."""
    with stage.citizens(every=0.25) as posted:
        heard = len(stage.hooks.arrivals())
        wait_for(lambda: len(stage.hooks.arrivals()) > heard + 5, 30, "alerts are being sent")
        strike()
        stage.daemon, stage.nodes = left, [node for node in (stage.daemon, *stage.nodes) if node is not left]
        mention = stage.say(author="7009")
        stage.found(mention, seconds=15)
    return [*posted, mention]
