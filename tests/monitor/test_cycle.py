"""Ready and alive mean that the work gets done, not that a process exists."""

from __future__ import annotations

from structlog.testing import capture_logs

from connectors.contract import Unavailable
from monitor.cycle import Cycle
from tests.city import City


def _cycle(town: City) -> Cycle:
    return Cycle(town.store, town.clock, town.polling.sources)


def _poll(town: City) -> None:
    walk = town.polling._claim(list(town.polling.sources))
    assert walk is not None
    town.polling._work(walk, ("twitter", True))


def test_the_first_cycle_is_whole_when_every_due_source_recorded_an_outcome(town: City) -> None:
    """A platform's failure is an outcome too: it never makes the service unready."""
    cycle = _cycle(town)
    assert cycle.faults() == ["source twitter:search has recorded no outcome yet"]
    town.connector.pages = [Unavailable("down")]
    _poll(town)
    assert cycle.faults() == []


def test_a_source_that_is_not_due_keeps_nobody_waiting(town: City) -> None:
    """After a restart a backstop may be due in an hour only."""
    _poll(town)
    town.clock.forward(seconds=1)
    assert _cycle(town).faults() == []


def test_a_job_that_hangs_is_noticed(town: City) -> None:
    """Half a minute without a good end; one good end mends it."""
    _poll(town)
    cycle = _cycle(town)
    healthy, broken = cycle.job("escalate", lambda: None), cycle.job("deliver", lambda: 1 / 0)
    healthy()
    broken()
    assert cycle.faults() == ["job deliver has not ended well lately"]
    town.clock.forward(seconds=31)
    assert len([fault for fault in cycle.faults() if fault.startswith("job")]) == 2


def test_a_node_that_does_not_decide_answers_for_no_source(town: City) -> None:
    """The others poll them; it is alive and waits."""
    assert Cycle(town.store, town.clock, town.polling.sources, lambda: False).faults() == []


def test_set_back_at_the_start_the_clock_keeps_no_decision_waiting(town: City) -> None:
    """A machine that starts with a clock an hour ahead, set right meanwhile: what is polled since is of this cycle."""
    _poll(town)
    town.clock.forward(hours=1)
    cycle = _cycle(town)
    assert not cycle.has_begun()
    town.clock.forward(minutes=-50)
    assert not cycle.has_begun()
    town.clock.forward(seconds=6)
    assert cycle.has_begun(), "it has had its time"


def test_a_job_that_fails_on_fills_no_log(town: City) -> None:
    """The first time whole, then a line a minute, another error at once, and when it is over."""
    trouble: list[Exception] = [OSError("away")]

    def work() -> None:
        if trouble:
            raise trouble[0]

    run = _cycle(town).job("poll", work)
    with capture_logs() as lines:
        for _ in range(100):
            run()
            town.clock.forward(seconds=1)
        trouble[0] = ValueError("bug")
        run()
        trouble.clear()
        run()
        run()
    said = [(line["event"], line.get("failures")) for line in lines]
    assert said == [("job.failed", None), ("job.still_failing", 61), ("job.failed", None), ("job.recovered", 101)]
    assert isinstance(lines[0]["exc_info"], OSError)
