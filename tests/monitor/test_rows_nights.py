"""SEMANTICS rows 7, 23, 27, 28 and 29 by night: what waits for the morning, what never does, and what is overtaken."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from monitor import maintenance
from monitor.alerts.channels.base import TransportError
from monitor.maintenance import MaintenanceError, NotInMaintenance
from monitor.store import alerts, contacts, set_back, views
from monitor.store.engine import Store
from sla.case import State
from tests import support
from tests.city import City, answer, build, mention
from tests.support import Clock

SEOUL = ZoneInfo("Asia/Seoul")
CRISIS = """
[[departments]]
id = "fire"
name = "재난안전과"
policy = "crisis"
duty = ["kim"]
manager = "park"
[[accounts]]
department = "fire"
platform = "twitter"
id = "1003"
handle = "dj_fire"
"""
TIGHT = """
[[channels]]
id = "tight"
type = "webhook"
url = "http://127.0.0.1:9/tight"
allow_private = true
most = "2/hour"
[[staff]]
id = "ann"
name = "안"
channels = ["tight"]
[[staff]]
id = "ben"
name = "벤"
channels = ["tight", "lee-hook"]
[[departments]]
id = "ann"
name = "안 부서"
duty = ["ann"]
manager = "park"
[[departments]]
id = "ben"
name = "벤 부서"
duty = ["ben"]
manager = "park"
[[departments]]
id = "fire"
name = "재난안전과"
policy = "crisis"
duty = ["ann"]
manager = "park"
[[accounts]]
department = "ann"
platform = "twitter"
id = "1003"
handle = "dj_ann"
[[accounts]]
department = "ben"
platform = "twitter"
id = "1004"
handle = "dj_ben"
[[accounts]]
department = "fire"
platform = "twitter"
id = "1005"
handle = "dj_fire"
"""


def seoul(text: str) -> datetime:
    """A wall time of Seoul, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=SEOUL).astimezone(UTC)


def states(town: City, recipient: str) -> list[tuple[str, str, int, str]]:
    """Clock, kind, level and state of all that a person was to be told, of every case."""
    with town.store.read() as tx:
        rows = [row for case in town.cases() for row in alerts.alerts_of_case(tx, case.id)]
    return [(r["clock"], r["kind"], r["level"], r["state"]) for r in rows if r["recipient"] == recipient]


def held(town: City) -> tuple[int, int]:
    """How much waits for a bundle, and how much for a time to come."""
    with town.store.read() as tx:
        backlog = alerts.backlog(tx, town.clock())
    return backlog.waiting, backlog.held


@pytest.fixture
def night(store: Store, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[City]:
    """The city at 22:30; its duty, its manager and the root contact are left alone from 22:00 to 07:00."""
    quiet = support.CITY
    for name in ("김담당", "박팀장", "운영 담당"):
        quiet = quiet.replace(f'name = "{name}"', f'name = "{name}"\nquiet = ["22:00-07:00"]')
    monkeypatch.setattr(support, "CITY", quiet)
    clock.at = seoul("2026-11-16T22:30")
    built = build(tmp_path, store, clock, CRISIS)
    yield built
    built.delivery.drain(timedelta(seconds=1))


# Quiet hours


def test_a_warning_waits_for_the_morning_and_a_breach_does_not(night: City) -> None:
    """Row 30's reminder is held; the broken promise is told at once; in the morning it has overtaken the reminder."""
    night.say(mention("m1", night.clock()))
    night.tick(minutes=20)
    assert night.alerted() == {}
    assert held(night) == (0, 1)
    night.tick(minutes=10)
    assert night.alerted() == {"kim": [("breach", 2)], "park": [("breach", 2)]}
    night.clock.at = seoul("2026-11-17T07:00")
    night.bundler.form()
    night.deliver()
    assert "kim" not in night.alerted()
    assert ("first", "warning", 1, "overtaken") in states(night, "kim")


def test_what_waited_is_bundled_and_says_why_it_comes_now(night: City) -> None:
    """One message at seven for the cases that are still unanswered, with the hour it was held until."""
    start = night.clock.at = seoul("2026-11-17T06:36")
    asked = mention("m1", start)
    others = [mention(f"m{n}", start + timedelta(minutes=n), conversation=f"m{n}", author=f"c{n}") for n in (2, 3)]
    night.say(asked, *others)
    for _ in range(23):
        night.tick(minutes=1)
    night.say(answer("a1", asked, night.clock()))
    assert (night.alerted(), held(night)) == ({}, (0, 3))
    night.tick(minutes=1)
    (message,) = night.told("kim")
    assert [case.mentions[0].id for case in message.cases] == ["m2", "m3"]
    assert "방해 금지 시간이어서 07:00까지" in message.text
    assert night.told("kim") == []


def test_a_crisis_knows_no_night(night: City) -> None:
    """Its warning comes at once, and says that it is one."""
    night.say(mention("m1", night.clock(), addressed=("1003",)))
    night.tick(minutes=7)
    (message,) = night.told("kim")
    assert (message.kind.value, message.level) == ("warning", 1)
    assert message.subject.startswith("[위기 기한 임박]")


def test_a_crisis_takes_no_ordinary_case_with_it(night: City) -> None:
    """Two warnings fall due at one instant: the one goes, the other waits."""
    night.say(mention("m1", night.clock()))
    night.clock.forward(minutes=13)
    night.say(mention("m2", night.clock(), conversation="m2", author="other", addressed=("1003",)))
    night.tick(minutes=7)
    assert [[case.mentions[0].id for case in m.cases] for m in night.told("kim")] == [["m2"]]


def test_an_incident_knows_no_night(night: City) -> None:
    """A case of an ordinary policy that was made part of a crisis."""
    night.say(mention("m1", night.clock()))
    with night.store.write() as tx:
        tx.exec_driver_sql("UPDATE cases SET incident = 'i1'")
    night.tick(minutes=20)
    assert night.alerted() == {"kim": [("warning", 1)]}


def test_repeats_and_good_news_wait_for_the_morning(night: City) -> None:
    """Told again all night, the root contact hears once at seven; so do those who are told that it was answered."""
    asked, other = mention("m1", night.clock()), mention("m2", night.clock(), conversation="m2", author="other")
    night.say(asked, other)
    for _ in range(6):
        night.tick(hours=1)
    assert night.alerted()["choi"] == [("escalation", 3)], "the step itself"
    assert night.alerted() == {}
    night.say(answer("a1", asked, night.clock()))
    night.tick(minutes=1)
    assert night.alerted() == {"choi": [("answered", 3)]}, "she keeps no quiet hours"
    night.clock.at = seoul("2026-11-17T07:00")
    night.tick()
    (again,) = night.told("ops")
    assert [case.mentions[0].id for case in again.cases] == ["m2"]
    told = {who: [(m.kind.value, m.level) for m in night.told(who)] for who in ("kim", "park")}
    assert told["park"] == [("answered", 3)]
    assert {state for *_, state in states(night, "ops")} == {"delivered", "dropped", "overtaken"}


def test_blind_is_told_by_night_and_its_end_by_day(night: City) -> None:
    """The root contact must act on the one and can sleep through the other."""
    night.clock.forward(minutes=6)
    night.watch.run()
    night.deliver()
    told = night.alerted()
    assert {who: set(sent) for who, sent in told.items()} == {who: {("blind", 0)} for who in ("kim", "lee", "ops")}
    with night.store.write() as tx:
        night.watch.complete(tx, "twitter", ["1001"], night.clock(), night.clock(), night.clock())
    night.deliver()
    assert night.alerted() == {}
    assert held(night) == (0, 2)
    night.clock.at = seoul("2026-11-17T07:00")
    night.deliver()
    assert night.alerted() == {"ops": [("recovered", 0)], "kim": [("recovered", 0)]}


def test_what_is_held_is_never_late(night: City) -> None:
    """A night is longer than the auditor's patience: held alerts are no debt, and age from when they are let go."""
    night.say(mention("m1", night.clock()))
    night.tick(minutes=20)
    morning = seoul("2026-11-17T07:00")
    with night.store.read() as tx:
        asleep = alerts.backlog(tx, morning - timedelta(seconds=1))
        awake = alerts.backlog(tx, morning + timedelta(minutes=7))
    assert (asleep.waiting, asleep.held, asleep.oldest_at) == (0, 1, None)
    assert (awake.waiting, awake.held, awake.oldest_at) == (1, 0, morning)


# The final answer


def _final(town: City, opened: str = "2026-11-16T09:00") -> None:
    """A case answered at once, of which a final answer is owed by Wednesday 18:00."""
    town.clock.at = seoul(opened)
    asked = mention("m1", town.clock())
    town.say(asked)
    town.clock.forward(minutes=5)
    town.say(answer("a1", asked, town.clock()))
    town.desk.ask_final(town.case().id, "kim", "현장 확인")


def test_row_27_reminders_of_final_answers_wait_for_duty_hours(town: City) -> None:
    """Due as the office closes, told as it opens; in words and figures of the final answer."""
    _final(town)
    town.clock.at = seoul("2026-11-17T18:00")
    town.tick()
    assert (town.alerted(), held(town)) == ({}, (0, 1))
    town.clock.at = seoul("2026-11-18T09:00")
    town.tick()
    (message,) = town.told("kim")
    assert (message.kind.value, message.level) == ("warning", 1)
    assert "최종 답변 기한 임박: 18:00까지 최종 답변해 주세요." in message.text
    assert "업무 시간이 아니어서 09:00까지" in message.text
    (case,) = message.payload()["cases"]
    assert (case["clock"], case["overdue_seconds"]) == ("final", -9 * 3600)
    assert case["deadline"] == seoul("2026-11-18T18:00").isoformat()


def test_row_7_a_final_alert_is_dropped_by_the_final_answer_only(town: City) -> None:
    """The first answer has long closed the case; it is the second one that leaves nothing to say."""
    _final(town)
    town.clock.at = seoul("2026-11-18T18:00")
    town.tick()
    town.clock.at = seoul("2026-11-19T09:00")
    town.bundler.form()
    asked = mention("m1", seoul("2026-11-16T09:00"))
    town.say(answer("a2", asked, town.clock()))
    town.deliver()
    assert town.alerted() == {}
    assert states(town, "kim") == [("final", "breach", 2, "dropped")]


def test_row_7_a_final_alert_is_sent_while_the_case_is_answered(town: City) -> None:
    """And who heard of the breach hears once of the final answer, at the level they were told, by day."""
    _final(town)
    town.clock.at = seoul("2026-11-19T09:00")
    town.tick()
    assert town.alerted() == {"kim": [("breach", 2)], "park": [("breach", 2)]}
    assert town.case().state is State.ANSWERED
    town.clock.at = seoul("2026-11-19T20:00")
    town.say(answer("a2", mention("m1", seoul("2026-11-16T09:00")), town.clock()))
    town.tick()
    assert town.alerted() == {}
    town.clock.at = seoul("2026-11-20T09:00")
    town.tick()
    (message,) = town.told("park")
    assert (message.kind.value, message.level, message.cases[0].clock) == ("answered", 2, "final")
    assert "최종 답변 완료" in message.text
    town.tick(minutes=5)
    assert town.told("park") == []


def test_both_clocks_are_told_apart(town: City) -> None:
    """A late first answer and a late final one: two breaches, two times "answered", none taken for another."""
    asked = mention("m1", town.clock())
    town.say(asked)
    town.tick(minutes=30)
    town.say(answer("a1", asked, town.clock()))
    town.desk.ask_final(town.case().id, "kim", "현장 확인")
    town.tick(seconds=1)
    assert town.alerted() == {
        "kim": [("breach", 2), ("answered", 2)], "park": [("breach", 2), ("answered", 2)]
    }  # fmt: skip
    town.clock.at = seoul("2026-11-19T09:30")
    town.tick()
    town.say(answer("a2", asked, town.clock()))
    town.tick(seconds=1)
    assert town.alerted() == {
        "kim": [("breach", 2), ("answered", 2)], "park": [("breach", 2), ("answered", 2)]
    }  # fmt: skip


@pytest.mark.parametrize("final", [False, True])
def test_answered_comes_at_the_level_that_each_was_told(town: City, final: bool) -> None:
    """The manager heard of the breach, the head of the escalation; that a final answer is owed changes nothing."""
    asked = mention("m1", town.clock())
    town.say(asked)
    if final:
        town.desk.ask_final(town.case().id, "kim", "현장 확인")
    for minutes in (20, 10, 30):
        town.tick(minutes=minutes)
    town.alerted()
    town.say(answer("a1", asked, town.clock()))
    town.tick(seconds=1)
    assert town.alerted() == {"kim": [("answered", 2)], "park": [("answered", 2)], "choi": [("answered", 3)]}
    if final:
        town.say(answer("a2", asked, town.clock() + timedelta(hours=1)))
        town.tick(hours=2)
        assert town.alerted() == {}, "nobody was told that the final answer was missing"


def test_a_withdrawn_final_answer_is_asked_for_no_more(town: City) -> None:
    """Its alerts are dropped as if it had been given."""
    _final(town)
    town.clock.at = seoul("2026-11-19T09:00")
    town.escalation.run()
    town.desk.withdraw_final(town.case().id, "kim", "1차 답변으로 충분")
    town.deliver()
    assert town.alerted() == {}


# Limits


def _asks(town: City, account: str, *ids: str) -> None:
    town.say(*(mention(id, town.clock(), conversation=id, author=id, addressed=(account,)) for id in ids))


@pytest.fixture
def tight(store: Store, clock: Clock, tmp_path: Path) -> Iterator[City]:
    """A channel that may have two messages an hour."""
    built = build(tmp_path, store, clock, TIGHT)
    yield built
    built.delivery.drain(timedelta(seconds=1))


def _sent(town: City, channel: str) -> list[tuple[str, list[str]]]:
    sent, town.channels[channel].sent = town.channels[channel].sent, []
    return [(m.kind.value, [case.mentions[0].id for case in m.cases]) for m in sent]


def test_a_full_channel_waits_and_bundles_and_loses_nothing(tight: City) -> None:
    """Two go at once; what comes after waits until there is room and goes together, and the auditor is content."""
    for n in range(5):
        _asks(tight, "1003", f"m{n}")
        tight.clock.forward(minutes=2)
    sent = []
    for _ in range(20):
        tight.tick(minutes=1)
        sent += _sent(tight, "tight")
    assert sent == [("warning", ["m0"]), ("warning", ["m1"])]
    with tight.store.read() as tx:
        backlog = alerts.backlog(tx, tight.clock())
    assert (backlog.waiting, backlog.held) == (0, 4), "three warnings and the first breach"
    for _ in range(60):
        tight.tick(minutes=1)
        sent += _sent(tight, "tight")
    assert sent[2:] == [("breach", ["m0", "m1", "m2", "m3", "m4"])], "all of them, at the highest level only"
    assert {state for *_, state in states(tight, "ann")} == {"delivered", "overtaken"}


def test_a_full_channel_hands_over_to_the_next_one(tight: City) -> None:
    """The person has another one with room: it goes there, `fallback_after` late and no later."""
    for n in range(3):
        _asks(tight, "1004", f"m{n}")
        tight.clock.forward(minutes=2)
    tight.clock.forward(minutes=14)
    for _ in range(4):
        tight.tick(minutes=1)
    assert _sent(tight, "tight") == [("warning", ["m0"]), ("warning", ["m1"])]
    assert _sent(tight, "lee-hook") == []
    tight.tick(minutes=1)
    assert _sent(tight, "lee-hook") == [("warning", ["m2"])]


def test_nobody_waits_for_an_hour_to_come_again(tight: City) -> None:
    """The clock is set back, the two messages lie in the future: what they kept back goes at once."""
    for n in range(3):
        _asks(tight, "1003", f"m{n}")
        tight.clock.forward(minutes=2)
    for _ in range(18):
        tight.tick(minutes=1)
    assert len(_sent(tight, "tight")) == 2
    with tight.store.write() as tx:
        tx.exec_driver_sql("UPDATE cases SET next_action_at = NULL")
    tight.clock.forward(hours=-1)
    set_back(tight.store, tight.clock(), timedelta(hours=1))
    tight.tick(minutes=1)
    assert _sent(tight, "tight") == [("warning", ["m2"])]


def test_no_limit_holds_a_crisis(tight: City) -> None:
    """The channel has had its fill, the crisis goes over it all the same."""
    _asks(tight, "1003", "m0")
    tight.clock.forward(minutes=2)
    _asks(tight, "1003", "m1")
    for _ in range(20):
        tight.tick(minutes=1)
    assert len(_sent(tight, "tight")) == 2
    _asks(tight, "1005", "fire")
    tight.tick(minutes=7)
    assert _sent(tight, "tight") == [("warning", ["fire"])]


# Maintenance


def _start(town: City, hours: float = 2) -> None:
    with town.store.write() as tx:
        maintenance.start(tx, town.rules, town.clock() + timedelta(hours=hours), "DB 이전", "ops", town.clock())


def test_maintenance_holds_everything_and_lets_it_go_at_the_highest_level(town: City) -> None:
    """The root contact hears of its start and end; all is decided and recorded; what was answered is left out."""
    start = town.clock()
    asked = mention("m1", start)
    town.say(asked, mention("m2", start, conversation="m2", author="other"))
    _start(town)
    town.tick(seconds=1)
    assert town.alerted() == {"ops": [("maintenance", 0)]}
    for minutes in (20, 10, 30):
        town.tick(minutes=minutes)
    assert town.alerted() == {}
    assert [event.data["level"] for event in town.events("escalated")] == [1, 1, 2, 2, 3, 3]
    assert held(town) == (0, 8)
    town.say(answer("a1", asked, town.clock()))
    town.clock.at = start + timedelta(hours=2)
    town.tick()
    told = {who: town.told(who) for who in ("kim", "park", "choi", "ops")}
    assert {who: [(m.kind.value, m.level) for m in sent] for who, sent in told.items()} == {
        "kim": [("breach", 2)], "park": [("breach", 2)], "choi": [("escalation", 3)],
        "ops": [("maintenance", 0), ("escalation", 3)],
    }  # fmt: skip
    assert [case.mentions[0].id for case in told["kim"][0].cases] == ["m2"]
    assert "정비로" in told["kim"][0].text
    assert "9건" in told["ops"][0].text, "these eight, and what fell due as it ended"
    assert [e.kind for e in town.events() if "maintenance" in e.kind] == ["maintenance_started", "maintenance_ended"]


def test_crises_and_faults_are_told_in_maintenance(store: Store, clock: Clock, tmp_path: Path) -> None:
    """And a message that was on its way is put off, not lost."""
    town = build(tmp_path, store, clock, CRISIS)
    town.channels["kim-hook"].trouble = TransportError("503", permanent=False)
    town.say(mention("m0", clock()))
    town.tick(minutes=20)
    town.channels["kim-hook"].trouble = None
    _start(town)
    town.say(mention("m1", clock(), conversation="m1", author="other", addressed=("1003",)))
    town.tick(minutes=7)
    (message,) = town.told("kim")
    assert message.subject.startswith("[위기")
    with town.store.write() as tx:
        maintenance.end(tx, town.rules, "kim", clock())
    town.deliver()
    assert [(m.kind.value, m.cases[0].mentions[0].id) for m in town.told("kim")] == [("warning", "m0")]


def test_maintenance_ends_by_itself_after_a_restart(town: City, tmp_path: Path) -> None:
    """The daemon was away at its end: whoever starts next closes it and lets go what it held, once."""
    town.say(mention("m1", town.clock()))
    _start(town, 1)
    town.tick(minutes=20)
    town.alerted()
    town.clock.forward(hours=3)
    again = build(tmp_path, town.store, town.clock)
    with town.store.read() as tx:
        assert maintenance.standing(tx, town.clock()) is None
    again.bundler.form()
    again.deliver()
    assert again.alerted() == {"kim": [("warning", 1)], "ops": [("maintenance", 0)]}
    again.tick(seconds=5)
    assert again.events("maintenance_ended")[0].actor == "clock"
    assert len(again.events("maintenance_ended")) == 1


def test_maintenance_has_an_end_a_reason_and_a_person(town: City) -> None:
    """At most a day, counted from its start however often it is prolonged."""
    now = town.clock()

    def ask(hours: float, by: str = "ops", reason: str = "이전") -> None:
        with town.store.write() as tx:
            maintenance.start(tx, town.rules, town.clock() + timedelta(hours=hours), reason, by, town.clock())

    for hours, by, reason in ((25, "ops", "x"), (0, "ops", "x"), (-1, "ops", "x"), (1, "nobody", "x"), (1, "ops", " ")):
        with pytest.raises(MaintenanceError):
            ask(hours, by, reason)
    with pytest.raises(NotInMaintenance), town.store.write() as tx:
        maintenance.end(tx, town.rules, "ops", now)
    ask(20)
    town.clock.forward(hours=10)
    with pytest.raises(MaintenanceError):
        ask(20)
    ask(14)
    with town.store.read() as tx:
        found = maintenance.standing(tx, town.clock())
    assert found is not None and (found.started_at, found.until) == (now, now + timedelta(hours=24))


def test_what_maintenance_holds_is_never_late(town: City) -> None:
    """Not while it runs, and not at the instant it ends."""
    town.say(mention("m1", town.clock()))
    _start(town, 3)
    town.tick(minutes=20)
    town.clock.forward(hours=1)
    with town.store.write() as tx:
        during = alerts.backlog(tx, town.clock())
        maintenance.end(tx, town.rules, "ops", town.clock())
        after = alerts.backlog(tx, town.clock())
    assert (during.waiting, during.held, during.oldest_at) == (0, 1, None)
    assert (after.waiting, after.held, after.oldest_at) == (1, 0, town.clock())


# Fallback


def test_row_29_the_channels_are_tried_in_order_and_every_try_is_shown(
    store: Store, clock: Clock, tmp_path: Path
) -> None:
    """First, second, third; `case show` knows the tries of all three, whichever message carries the alert now."""
    more = """
[[staff]]
id = "trio"
name = "셋"
channels = ["lee-hook", "choi-hook", "ops-hook"]
[[departments]]
id = "trio"
name = "셋 부서"
duty = ["trio"]
manager = "park"
[[accounts]]
department = "trio"
platform = "twitter"
id = "1003"
handle = "dj_trio"
"""
    town = build(tmp_path, store, clock, more)
    for id in ("lee-hook", "choi-hook"):
        town.channels[id].trouble = TransportError("410", permanent=True)
    town.say(mention("m1", clock(), addressed=("1003",)))
    town.tick(minutes=20)
    assert [m.kind.value for m in town.channels["ops-hook"].sent if m.recipient == "trio"] == ["warning"]
    with store.read() as tx:
        (alert,) = views.case_file_json(tx, town.case(), SEOUL)["alerts"]
    tried = [(one["channel"], one["result"]) for one in alert["attempts"]]
    assert tried == [("lee-hook", "refused"), ("choi-hook", "refused"), ("ops-hook", "delivered")]


def test_a_delivered_alert_proves_the_contact(town: City) -> None:
    """Who was reached needs no test alert."""
    town.say(mention("m1", town.clock()))
    town.tick(minutes=20)
    with town.store.read() as tx:
        known = contacts.known(tx)
    (channel,) = [channel for channel in town.rules.settings.channels if channel.id == "kim-hook"]
    assert list(known) == ["kim-hook"]
    assert known["kim-hook"].proves(channel.address_hash)
