"""Settings are read again while the daemon runs: what becomes of open cases, of wrong ones, of other nodes."""

from __future__ import annotations

import json
import signal
from collections import Counter
from datetime import datetime, timedelta

import pytest

from tests.acceptance.harness import Daemon, get, instant, now, seconds, wait_for
from tests.acceptance.ledger import nothing_lost
from tests.acceptance.stage import LONG, Ladder, Stage

LADDER = Ladder(warning=2, breach=3, escalation=5, repeat=60)
ON_POSTGRES = pytest.mark.parametrize("database", ["postgres"], indirect=True)


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


URGENT = """
[policies.urgent]
target = "300s"
[[policies.urgent.steps]]
at = "300s"
kind = "breach"
notify = ["assignee"]
"""


def test_a_policy_and_a_department_that_cases_hold_may_go(stage: Stage) -> None:
    """The cases go on under `standard`, old beside new; a department that is gone has its alerts go to the root."""
    daemon = stage.configure(LADDER, watch_from=now() - seconds(1), bundle="0s", more=URGENT)
    _change(daemon, 'id = "facility"\nname', 'id = "facility"\npolicy = "urgent"\nname')
    daemon.start().ready()
    mention = stage.say("@dj_facility 버스가 안 와요")
    before = stage.found(mention)[0]
    assert _deadline(before) - _opened(before) == timedelta(seconds=300)
    stage.configure(LONG, watch_from=now() - seconds(60), bundle="0s")
    _reloaded(daemon, times=1)
    shown = daemon.run("case", "show", str(before["id"])).out
    assert "urgent → standard" in shown
    assert _deadline(stage.found(mention)[0]) - _opened(before) == timedelta(seconds=LONG.breach)
    settings = daemon.settings.read_text(encoding="utf-8")
    gone = settings.index('[[departments]]\nid = "facility"'), settings.index("[[accounts]]")
    routes = settings.index("[[routes]]"), settings.index("[crisis]")
    _change(daemon, settings[slice(*gone)], "")
    _change(daemon, settings[slice(*routes)], "")
    _change(daemon, 'department = "facility"', 'department = "transport"')
    _reloaded(daemon, times=2)
    told = wait_for(lambda: stage.hooks.arrivals("ops", kind="fault"), 20, "the root contact hears of the case")
    assert "facility" in told[0].message["text"]
    for key, was, to in (("target", LONG.breach, 3), ("at", LONG.breach, 3), ("at", LONG.warning, 2)):
        _change(daemon, f'{key} = "{was}s"', f'{key} = "{to}s"')
    _reloaded(daemon, times=3)
    wait_for(lambda: stage.hooks.arrivals("ops", kind="breach", mention=mention), 20, "the root is told of its breach")
    to_whom = ("--by", "kim", "--to", "transport", "--reason", "조직 개편")
    assert daemon.run("case", "transfer", str(before["id"]), *to_whom).code == 0
    assert daemon.stop() == 0


def test_signals_that_come_thick_are_one_reload_or_two_and_never_the_end(stage: Stage) -> None:
    """Twice within a second, and again while it stops: the last settings count, and it ends as it should."""
    daemon = stage.configure(LADDER, watch_from=now() - seconds(1), bundle="0s").start().ready()
    with stage.citizens(every=0.1) as posted:
        for number in range(4):
            _change(daemon, f'name = "시험시{number or ""}"', f'name = "시험시{number + 1}"')
            _hup(daemon)
        wait_for(lambda: len(posted) > 10, 20, "citizens post")
        daemon.ready()
    nothing_lost(stage, posted, kills=0)
    assert 1 <= len(_events(daemon, "daemon.reloaded")) <= 4
    assert daemon.process is not None
    daemon.process.send_signal(signal.SIGTERM)
    wait_for(lambda: _events(daemon, "daemon.stopping"), 10, "it stops")
    reloaded = len(_events(daemon, "daemon.reloaded"))
    _hup(daemon)
    assert daemon.wait(30) == 0
    assert len(_events(daemon, "daemon.reloaded")) == reloaded
    assert len(_events(daemon, "daemon.stopped")) == 1


def _change(daemon: Daemon, was: str, to: str) -> None:
    text = daemon.settings.read_text(encoding="utf-8")
    assert was in text
    daemon.settings.write_text(text.replace(was, to), encoding="utf-8")


def _reloaded(daemon: Daemon, times: int) -> None:
    _hup(daemon)
    wait_for(lambda: len(_events(daemon, "daemon.reloaded")) == times, 30, f"it has reloaded {times} times")
    daemon.ready()
