"""Several equal nodes on one PostgreSQL database."""

from __future__ import annotations

import pytest

from tests.acceptance.harness import Daemon, now, seconds, wait_for
from tests.acceptance.ledger import nothing_lost
from tests.acceptance.stage import Ladder, Stage

LADDER = Ladder(warning=2, breach=3, escalation=5, repeat=60)
WORK = {"poll.page", "alert.delivered"}


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_two_nodes_share_the_work_and_either_is_enough(stage: Stage) -> None:
    """DESIGN, "any number of equal nodes": both work, nothing is doubled; one is killed, the other goes on in 15 s."""
    first = stage.configure(LADDER, watch_from=now() - seconds(1), bundle="0s").start().ready()
    second = stage.another().start().ready()
    with stage.citizens(every=0.25) as posted:
        wait_for(lambda: all(_work(node) >= WORK for node in (first, second)), 60, "both nodes poll and deliver")
    nothing_lost(stage, posted, kills=0)
    assert first.queue() == second.queue()

    with stage.citizens(every=0.25) as more:
        heard = len(stage.hooks.arrivals())
        wait_for(lambda: len(stage.hooks.arrivals()) > heard + 5, 30, "alerts are being sent")
        first.kill()
        stage.daemon, stage.nodes = second, [first]
        after = stage.say(author="7009")
        stage.found(after, seconds=15)
    nothing_lost(stage, [*posted, *more, after], kills=1)
    assert second.stop() == 0


def _work(node: Daemon) -> set[str]:
    """What a node has done, by its log."""
    return {str(line.get("event")) for line in node.logs()}
