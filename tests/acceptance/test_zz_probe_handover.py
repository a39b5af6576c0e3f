"""Probe: frozen in the middle of a transaction."""
import pytest
from tests.acceptance.conftest import *
from tests.acceptance.test_handover import *
from tests.acceptance.test_handover import _BOTH_AWAKE,_in_time,_wakes_and_sends_nothing_stale
from tests.conftest import postgres
@ON_POSTGRES
@pytest.mark.parametrize("failpoint", ["deliver.started:8", "escalate.before_commit:4", "ingest.before_commit:6"])
def test_x(stage, failpoint):
    first = stage.configure(LADDER, watch_from=now() - seconds(1), bundle="0s")
    second = stage.another().start().ready()
    first.start(failpoint + ":SIGSTOP")
    def stopped():
        return open(f"/proc/{first.process.pid}/stat").read().rpartition(")")[2].split()[0] == "T"
    with stage.citizens(every=0.1) as posted:
        wait_for(stopped, 60, "frozen")
        stage.daemon, stage.nodes = second, [first]
        struck = len(posted)
        wait_for(lambda: len(posted) > struck + _BOTH_AWAKE, 10, "citizens post all the same")
    nothing_lost(stage, posted, kills=1)
    _in_time(stage, failpoint, posted)
    _wakes_and_sends_nothing_stale(stage, first, second)
    assert second.stop() == 0
