"""New settings and late holidays reach open cases, and only those (SEMANTICS rows 14, 15 and 37)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from monitor import reschedule as module
from monitor.intake.ingest import ingest
from monitor.reschedule import reschedule
from monitor.rules import Rules
from sla.case import State
from sla.escalation import next_action
from tests.city import MINUTE, City, answer, mention, put_together
from tests.support import city

OFFICE = '[policies.standard]\ncalendar = "office"\n'
"""Seoul's office hours; the tests start on a Monday at nine."""


def _with(town: City, folder: Path, more: str, change: Callable[[str], str] = str) -> City:
    """The same city under other settings, its open cases recomputed."""
    path = folder / "monitor.toml"
    city(folder, more=more)
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    from config import load

    rules = Rules(load(path))
    after = put_together(town.store, rules, town.clock)
    reschedule(town.store, rules, town.clock, lambda: None)
    return after


def test_row_15_a_new_target_applies_to_open_cases_and_closed_history_stays(town: City, tmp_path: Path) -> None:
    """Visibly: old beside new in one event; what was answered keeps the promise it had."""
    asked = mention("m1", town.clock())
    town.say(asked, answer("a1", asked, town.clock() + MINUTE), mention("m2", town.clock(), conversation="m2"))
    town.clock.forward(minutes=5)
    closed, before = sorted(town.cases(), key=lambda case: case.is_open)
    after = _with(town, tmp_path, '[policies.standard]\ntarget = "40m"\nsteps = [{at = "40m", kind = "breach", notify'
                  ' = ["assignee"]}]\n')  # fmt: skip
    kept, case = sorted(after.cases(), key=lambda case: case.is_open)
    assert kept == closed
    assert case.deadline == before.opened_at + 40 * MINUTE
    assert case.next_action_at == case.deadline
    (event,) = after.events("rescheduled")
    assert event.case_id == case.id
    assert (event.data["was_deadline"], event.data["deadline"]) == (
        before.deadline.isoformat(), case.deadline.isoformat(),
    )  # fmt: skip
    after.tick(minutes=26)
    assert after.alerted() == {}, "the old deadline passes in silence"
    after.tick(minutes=9)
    assert after.alerted() == {"kim": [("breach", 1)]}


def test_what_is_as_the_rules_say_is_left_alone(town: City, tmp_path: Path) -> None:
    """The same settings once more change nothing: no event, no version."""
    town.say(mention("m1", town.clock()))
    before = town.case()
    assert _with(town, tmp_path, "").case() == before


def test_row_14_a_holiday_declared_late_keeps_old_beside_new(town: City, tmp_path: Path) -> None:
    """It is known by the calendar's new version; a breach that the holiday undoes is put right and stays in history."""
    town = _with(town, tmp_path, OFFICE)
    town.say(mention("m1", town.clock()))
    town.tick(minutes=31)
    assert town.case().breached_at == town.case().deadline
    town.alerted()
    before = town.case()
    after = _with(town, tmp_path, OFFICE + '[calendars.office]\nextra_holidays = ["2026-11-16"]\n')
    case = after.case()
    assert case.breached_at is None
    assert case.deadline == before.opened_at + (24 * 60 + 30) * MINUTE, "from nine o'clock of the next day"
    (event,) = after.events("rescheduled")
    assert event.data["calendar"].startswith("office/")
    assert [e.kind for e in after.events() if e.case_id == case.id].count("breached") == 1
    after.tick(minutes=5)
    assert after.alerted() == {}


def test_a_shorter_target_that_has_passed_already_is_a_breach_now(town: City, tmp_path: Path) -> None:
    """The deadline is a function of mention time and policy (truth 4): the ladder catches up at once."""
    town.say(mention("m1", town.clock()))
    town.clock.forward(minutes=15)
    after = _with(town, tmp_path, '[policies.standard]\ntarget = "10m"\nsteps = [{at = "10m", kind = "breach", notify'
                  ' = ["assignee"]}]\n')  # fmt: skip
    after.tick(seconds=1)
    assert after.alerted() == {"kim": [("breach", 1)]}
    assert after.case().breached_at == after.case().opened_at + 10 * MINUTE


def test_a_policy_that_was_removed_leaves_its_cases_under_standard(town: City, tmp_path: Path) -> None:
    """Visibly: the case bears the name of the policy it goes by now."""
    own = '[policies.slow]\ntarget = "2h"\nsteps = [{at = "2h", kind = "breach", notify = ["assignee"]}]\n'

    def slow(text: str) -> str:
        return text.replace('name = "교통정책과"', 'name = "교통정책과"\npolicy = "slow"')

    town = _with(town, tmp_path, own, slow)
    town.say(mention("m1", town.clock()))
    assert (town.case().policy, town.case().deadline) == ("slow", town.clock() + 120 * MINUTE)
    after = _with(town, tmp_path, "")
    assert (after.case().policy, after.case().deadline) == ("standard", town.clock() + 30 * MINUTE)
    (event,) = after.events("rescheduled")
    assert (event.data["was_policy"], event.data["policy"]) == ("slow", "standard")


def test_row_37_a_person_who_left_holds_nothing(town: City, tmp_path: Path) -> None:
    """What they claimed returns to the duty, who is told at once; an acknowledgement does not hold the steps either."""
    town.say(mention("m1", town.clock()))
    town.desk.claim(town.case().id, "kim")
    town.desk.acknowledge(town.case().id, "kim")

    def leaves(text: str) -> str:
        person = '[[staff]]\nid = "kim"\nname = "김담당"\nchannels = ["kim-hook"]\n'
        return text.replace(person, "").replace('duty = ["kim", "lee"]', 'duty = ["lee"]')

    after = _with(town, tmp_path, "", leaves)
    case = after.case()
    assert (case.assignee, case.held_until, case.state) == (None, None, State.OPEN)
    (event,) = after.events("released")
    assert event.actor == "clock"
    assert "kim" in event.data["reason"]
    after.tick(seconds=1)
    assert list(after.alerted()) == ["lee"]
    assert case.next_action_at == next_action(case, *after.rules.terms(case))


def test_a_crisis_keeps_its_shorter_deadline(town: City, tmp_path: Path) -> None:
    """No other rule gives it more time (row 34)."""
    town.say(mention("m1", town.clock()))
    case = town.case()
    with town.store.write() as tx:
        tx.exec_driver_sql(
            f"UPDATE cases SET incident = 'i1', policy = 'crisis', deadline = deadline - {25 * 60 * 1_000_000}"
        )
    after = _with(town, tmp_path, "")
    assert after.case().deadline == case.deadline - 25 * MINUTE


def test_many_cases_go_in_batches(town: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """None is left out, and between two batches there is time for what must not wait."""
    monkeypatch.setattr(module, "BATCH", 3)
    start = town.clock()
    with town.store.write() as tx:
        posts = [mention(f"m{n}", start, conversation=f"m{n}", author=f"c{n}") for n in range(8)]
        ingest(tx, town.rules, "twitter", posts, town.watch_from, start)
    rules = Rules(city(tmp_path, more='[policies.standard]\ntarget = "40m"\nsteps = [{at = "40m", kind = "breach",'
                       ' notify = ["assignee"]}]\n'))  # fmt: skip
    rounds: list[int] = []
    assert reschedule(town.store, rules, town.clock, lambda: rounds.append(1)) == 8
    assert len(rounds) == 3
    assert {case.deadline for case in town.cases()} == {start + 40 * MINUTE}
    assert reschedule(town.store, rules, town.clock, lambda: None) == 0


def test_a_case_that_changes_meanwhile_is_done_again(
    town: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody at the desk is faster once: their change stays, and the new rules apply to what it became."""
    town.say(mention("m1", town.clock()))
    rules = Rules(city(tmp_path, more='[policies.standard]\ntarget = "40m"\nsteps = [{at = "40m", kind = "breach",'
                       ' notify = ["assignee"]}]\n'))  # fmt: skip
    recomputed = module._recomputed
    meanwhile = [lambda: town.desk.claim(town.case().id, "kim")]

    def interrupted(*arguments):  # type: ignore[no-untyped-def]
        found = list(recomputed(*arguments))
        if meanwhile:
            meanwhile.pop()()
        return found

    monkeypatch.setattr(module, "_recomputed", interrupted)
    assert reschedule(town.store, rules, town.clock, lambda: None) == 1
    case = town.case()
    assert (case.assignee, case.deadline) == ("kim", case.opened_at + 40 * MINUTE)
    assert len(town.events("rescheduled")) == 1


def test_cases_of_a_department_that_was_removed_are_told_of(town: City, tmp_path: Path) -> None:
    """Their alerts all go to the root contact from then on: who gets them has to know why, and what to do."""
    town.say(mention("m1", town.clock()), mention("m2", town.clock(), conversation="m2", author="c2"))
    after = _with(town, tmp_path, "", lambda text: text.replace('"transport"', '"traffic"'))
    after.deliver()
    (told,) = after.told("ops")
    assert "transport" in told.text
    assert "2건" in told.text
    after.tick(minutes=30)
    assert ("breach", 2) in after.alerted()["ops"]
    for case in after.cases():
        after.desk.transfer(case.id, "kim", "traffic", "조직 개편")
    reschedule(after.store, after.rules, after.clock, lambda: None)
    after.deliver()
    assert not [message for message in after.told("ops") if message.kind == "fault"]
