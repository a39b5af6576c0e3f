"""SEMANTICS, "Escalating": each row by name, through the real engine, outbox and delivery."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from connectors.contract import Unavailable
from monitor.alerts.channels.base import TransportError
from monitor.store import alerts, flags
from monitor.store.engine import Store
from sla.case import Conflict, State
from tests.city import MINUTE, City, answer, build, mention
from tests.support import Clock


def test_the_ladder_from_warning_to_root(town: City) -> None:
    """Row 30: the warning goes to the assignee only; breach, escalation, then the root contact again and again."""
    town.say(mention("m1", town.clock()))
    town.tick(minutes=19, seconds=59)
    assert town.alerted() == {}
    town.tick(seconds=1)
    assert town.alerted() == {"kim": [("warning", 1)]}
    town.tick(minutes=10)
    assert town.alerted() == {"kim": [("breach", 2)], "park": [("breach", 2)]}
    town.tick(minutes=30)
    assert town.alerted() == {"choi": [("escalation", 3)]}
    for _ in range(3):
        town.tick(minutes=59)
        assert town.alerted() == {}
        town.tick(minutes=1)
        assert town.alerted() == {"ops": [("escalation", 3)]}
    assert town.case().level == 3


def test_row_20_steps_are_anchored_to_the_case(town: City) -> None:
    """A step that fires late moves no later one."""
    town.say(mention("m1", town.clock()))
    town.tick(minutes=29)
    assert town.alerted() == {"kim": [("warning", 1)]}
    town.tick(minutes=1)
    assert town.alerted() == {"kim": [("breach", 2)], "park": [("breach", 2)]}
    town.tick(minutes=29)
    assert town.alerted() == {}
    town.tick(minutes=1)
    assert town.alerted() == {"choi": [("escalation", 3)]}


def test_row_20_a_transfer_starts_a_round(town: City) -> None:
    """The new assignee is told at once; passed steps are overtaken; the citizen's clock goes on."""
    start = town.clock()
    town.say(mention("m1", start))
    town.tick(minutes=25)
    assert town.alerted() == {"kim": [("warning", 1)]}
    town.desk.transfer(town.case().id, "kim", "facility", "시설물 문의")
    town.tick(seconds=1)
    assert town.alerted() == {"lee": [("warning", 1)]}
    assert (town.case().deadline, town.case().round) == (start + 30 * MINUTE, 2)
    town.tick(minutes=5)
    assert town.alerted() == {"lee": [("breach", 2)], "park": [("breach", 2)]}


def test_row_21_answered_at_the_last_look_is_no_alert(town: City) -> None:
    """The look before the breach finds the answer that the feed has not shown yet."""
    asked = mention("m1", town.clock())
    town.say(asked)
    town.connector.answers = [answer("a1", asked, town.clock() + 29 * MINUTE)]
    town.tick(minutes=30)
    assert town.alerted() == {}
    assert town.case().state is State.ANSWERED
    assert town.connector.looks == 1


def test_row_21_an_unreachable_platform_escalates_all_the_same(town: City) -> None:
    """And the alert says that it could not check."""
    town.say(mention("m1", town.clock()))
    town.connector.trouble = Unavailable("no network")
    town.tick(minutes=30)
    (message,) = town.told("kim")
    assert [case.checked for case in message.cases] == [False]
    assert "확인" in message.text


def test_row_21_each_pass_looks_for_itself(town: City) -> None:
    """A look of a moment ago says nothing of an answer given since: no false alarm, no false "checked"."""
    start = town.clock()
    first, second = mention("m1", start), mention("m2", start + timedelta(milliseconds=800), conversation="m2")
    town.say(first, second)
    town.clock.at = start + 20 * MINUTE
    town.escalation.run()
    town.connector.answers = [answer("a2", second, start + 20 * MINUTE)]
    town.tick(seconds=0.9)
    assert town.connector.looks == 2
    assert [case.mentions[0].id for message in town.told("kim") for case in message.cases] == ["m1"]


def test_row_21_what_a_look_had_no_room_for_is_not_called_checked(town: City) -> None:
    """And the rest of the same look is."""
    start = town.clock()
    town.say(mention("m1", start), mention("m2", start, conversation="m2", author="other"))
    town.connector.unread = {"m2"}
    town.tick(minutes=20)
    (message,) = town.told("kim")
    assert {case.mentions[0].id: case.checked for case in message.cases} == {"m1": True, "m2": False}


def test_row_22_answered_between_queueing_and_sending_is_dropped(town: City) -> None:
    """After the answer is stored no send starts; a bundle leaves with its other cases."""
    start = town.clock()
    asked = mention("m1", start)
    town.say(asked, mention("m2", start, conversation="m2", author="other"))
    town.clock.forward(minutes=30)
    town.escalation.run()
    town.say(answer("a1", asked, start + 31 * MINUTE))
    town.deliver()
    (message,) = town.told("kim")
    assert [case.mentions[0].id for case in message.cases] == ["m2"]
    case = next(case for case in town.cases() if not case.is_open)
    with town.store.read() as tx:
        assert {row["state"] for row in alerts.alerts_of_case(tx, case.id)} == {"dropped"}


def test_row_22_a_message_with_nothing_left_is_not_sent(town: City) -> None:
    """The only case was answered: nobody is told of anything."""
    asked = mention("m1", town.clock())
    town.say(asked)
    town.clock.forward(minutes=30)
    town.escalation.run()
    town.say(answer("a1", asked, town.clock()))
    town.deliver()
    assert town.alerted() == {}


def test_row_23_one_catch_up_after_downtime(town: City) -> None:
    """At the highest level due, with the recipients of those overtaken; bundled by recipient."""
    start = town.clock()
    town.say(mention("m1", start), mention("m2", start, conversation="m2", author="other"))
    town.tick(hours=1)
    assert town.alerted() == {
        "choi": [("escalation", 3)],
        "kim": [("escalation", 3)],
        "park": [("escalation", 3)],
    }
    (event, _) = town.events("escalated")
    assert event.data["overtaken"] == [1, 2]
    assert [event.data["deadline"] for event in town.events("breached")] == [(start + 30 * MINUTE).isoformat()] * 2


def test_a_post_found_after_its_step_says_late(town: City) -> None:
    """Forty minutes old when found: a breach at once, marked as late."""
    written = town.clock()
    town.clock.forward(minutes=40)
    town.say(mention("m1", written))
    town.tick(seconds=1)
    (message,) = town.told("park")
    assert [case.late for case in message.cases] == [True]
    assert message.cases[0].overdue_seconds == 601


@pytest.mark.parametrize("duty", ["[]"])
def test_row_24_nobody_on_duty_goes_on_at_once(store: Store, clock: Clock, tmp_path: Path, duty: str) -> None:
    """The warning of a department without anyone on duty goes to the breach step's recipients."""
    more = f"""
[[departments]]
id = "empty"
name = "빈 부서"
duty = {duty}
manager = "park"
[[accounts]]
department = "empty"
platform = "twitter"
id = "1003"
handle = "dj_empty"
"""
    town = build(tmp_path, store, clock, more)
    town.say(mention("m1", clock(), addressed=("1003",)))
    town.tick(minutes=20)
    assert town.alerted() == {"park": [("warning", 1)]}
    assert town.events("escalated")[0].data["skipped"] == [1]
    town.tick(minutes=40)
    assert "ops" in town.alerted(), "the department has no head: the last step is the root contact's"


def test_row_26_acknowledged_holds_until_it_does_not(town: City) -> None:
    """Every step waits; the breach is recorded at its deadline all the same; once a level."""
    start = town.clock()
    town.say(mention("m1", start))
    town.tick(minutes=20)
    town.alerted()
    town.clock.forward(minutes=5)
    town.desk.acknowledge(town.case().id, "kim")
    with pytest.raises(Conflict, match="already"):
        town.desk.acknowledge(town.case().id, "lee")
    town.tick(minutes=5)
    assert town.alerted() == {}
    assert town.case().breached_at == start + 30 * MINUTE
    town.tick(minutes=9)
    assert town.alerted() == {}
    town.tick(minutes=1)
    assert town.alerted() == {"kim": [("breach", 2)], "park": [("breach", 2)]}


def test_row_28_bundles(town: City) -> None:
    """The first takes all that is due, up to 500; what comes later waits out the window; every one is on record."""
    start = town.clock()
    for batch in range(3):
        town.say(*(mention(f"m{batch}-{n}", start, conversation=f"{batch}-{n}", author=str(n)) for n in range(400)))
    town.tick(minutes=30)
    assert [len(message.cases) for message in town.told("park")] == [500, 500, 200]
    town.alerted()
    town.say(mention("late-1", start + MINUTE, conversation="late-1"))
    town.tick(minutes=1)
    assert [len(m.cases) for m in town.told("kim")] == [1], "its window had passed"
    town.say(mention("late-2", start + 61 * timedelta(seconds=1), conversation="late-2"))
    town.tick(seconds=1)
    assert town.told("kim") == []
    town.tick(seconds=59)
    assert [len(m.cases) for m in town.told("kim")] == [1]
    assert len(town.events("escalated")) == 1202


def test_row_29_a_failing_channel_falls_back(store: Store, clock: Clock, tmp_path: Path) -> None:
    """After `fallback_after` the person's next channel carries it; nobody else is late; the operator is told once."""
    more = """
[[staff]]
id = "duo"
name = "둘"
channels = ["ops-hook", "choi-hook", "lee-hook"]
[[departments]]
id = "duo"
name = "둘 부서"
duty = ["duo"]
manager = "park"
[[accounts]]
department = "duo"
platform = "twitter"
id = "1003"
handle = "dj_duo"
"""
    town = build(tmp_path, store, clock, more)
    town.channels["ops-hook"].trouble = TransportError("503", permanent=False)
    town.say(mention("m1", clock(), addressed=("1003",)))
    town.tick(minutes=30)
    assert town.alerted() == {"park": [("breach", 2)]}
    for _ in range(6):
        town.tick(seconds=10)
    assert town.alerted() == {"choi": [("breach", 2)]}
    town.channels["ops-hook"].trouble = None
    town.tick(minutes=2)
    assert [(kind, level) for kind, level in town.alerted()["ops"]] == [("fault", 0)]


def test_a_permanent_refusal_falls_back_at_once_or_is_dead_and_told(town: City) -> None:
    """With no other channel the message is a dead letter, and the operator hears of it."""
    town.channels["kim-hook"].trouble = TransportError("404", permanent=True)
    town.say(mention("m1", town.clock()))
    town.tick(minutes=20)
    assert town.alerted() == {"ops": [("fault", 0)]}
    with town.store.read() as tx:
        assert [message.state for message in alerts.messages(tx, state="dead")] == ["dead"]


def test_row_36_shadow_decides_and_tells_nobody(store: Store, clock: Clock, tmp_path: Path) -> None:
    """Everything is on record, nothing is sent."""
    town = build(tmp_path, store, clock, '[alerts]\nmode = "shadow"\n')
    town.say(mention("m1", clock()))
    town.tick(minutes=60)
    assert town.alerted() == {}
    assert len(town.events("escalated")) == 1
    with store.read() as tx:
        assert {row["state"] for row in alerts.alerts_of_case(tx, town.case().id)} == {"shadow"}


def test_two_people_at_once_the_first_wins(town: City) -> None:
    """The second to claim is told who was first; a closed case takes no action."""
    town.say(mention("m1", town.clock()))
    case = town.case()
    assert town.desk.claim(case.id, "lee").assignee == "lee"
    with pytest.raises(Conflict, match="lee"):
        town.desk.claim(case.id, "kim")
    town.tick(minutes=20)
    assert town.alerted() == {"lee": [("warning", 1)]}
    town.desk.answer(case.id, "lee", "phone")
    with pytest.raises(Conflict, match="answered"):
        town.desk.dismiss(case.id, "kim", "spam")


def test_after_a_restore_what_was_overdue_waits_for_the_operator(town: City) -> None:
    """No storm of old alerts; what falls due afterwards is told as ever, and the word lets the rest go."""
    start = town.clock()
    town.say(mention("m1", start))
    town.clock.forward(minutes=25)
    with town.store.write() as tx:
        flags.put(tx, flags.ALERTS_HELD, "monday.db", town.clock())
    town.tick(seconds=1)
    assert town.alerted() == {}
    town.tick(minutes=5)
    assert town.alerted() == {"kim": [("breach", 2)], "park": [("breach", 2)]}
    with town.store.write() as tx:
        flags.clear(tx, flags.ALERTS_HELD)
    town.tick(seconds=1)
    assert town.alerted() == {"kim": [("warning", 1)]}
