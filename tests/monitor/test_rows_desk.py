"""What staff do to a case: two stages of an answer, every action with its opposite (SEMANTICS rows 6, 7, 10, 17)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from monitor.desk import BadRequest, UnknownCase
from monitor.reports.verify import verify
from monitor.reports.week import weekly
from monitor.store import cases, notes
from sla.case import Case, Clock, Conflict, State
from tests.city import MINUTE, City, answer, mention

HOUR = timedelta(hours=1)


def _asked(town: City, id: str = "m1", **more: object) -> Case:
    """A mention of this minute, and its case."""
    town.say(mention(id, town.clock(), **more))
    return next(case for case in town.cases() if id in town.mentions(case))


def _now(town: City, id: str) -> Case:
    with town.store.read() as tx:
        found = cases.get(tx, id)
    assert found is not None
    return found


def _sound(town: City) -> None:
    """The history tells what the rows say."""
    assert verify(town.store, town.rules, town.clock()).findings == ()


def test_row_7_a_final_answer_has_its_own_clock_in_working_days(town: City) -> None:
    """Monday 09:00, first answer at 09:05: after three working days, Wednesday 18:00, the final answer is due."""
    asked = mention("m1", town.clock())
    town.say(asked)
    id = town.case().id
    town.desk.ask_final(id, "kim", "현장 확인 뒤 사진으로 답변")
    assert town.case().clock is Clock.FIRST
    town.tick(minutes=5)
    town.say(answer("a1", asked, town.clock()))
    case = town.case()
    assert (case.state, case.clock, case.level) == (State.ANSWERED, Clock.FINAL, 0)
    assert case.answered_at == town.clock() and case.breached_at is None
    assert case.final_deadline == asked.created_at + timedelta(days=2, hours=9)
    _sound(town)


def test_row_7_each_stage_has_its_own_steps_and_attainment(town: City) -> None:
    """The first answer is met; the final one is warned of, breached and escalated, and counts apart."""
    town.clock.forward(hours=1)
    asked = mention("m1", town.clock())
    town.say(asked)
    town.say(answer("a1", asked, town.clock() + MINUTE))
    town.desk.ask_final(town.case().id, "kim", "수리 일정 확인 중")
    town.tick(days=2, minutes=-1)
    assert town.alerted() == {}
    town.tick(minutes=1)
    assert town.alerted() == {"kim": [("warning", 1)]}
    town.tick(days=1)
    assert town.alerted() == {"kim": [("breach", 2)], "park": [("breach", 2)]}
    report = weekly(town.store, town.rules, "2026-W47", town.clock()).total
    assert (report.met, report.missed) == (1, 0)
    assert (report.final.met, report.final.missed, report.final.attainment) == (0, 1, 0.0)
    _sound(town)


def test_row_7_the_next_official_post_is_the_final_answer(town: City) -> None:
    """At the platform's time; exactly at its deadline it is met, and those who were told hear of it once."""
    town.clock.forward(hours=1)
    asked = mention("m1", town.clock())
    town.say(asked)
    town.say(answer("a1", asked, town.clock() + MINUTE))
    case = town.desk.ask_final(town.case().id, "kim", "사진은 나중에")
    assert case.final_deadline is not None
    town.clock.at = case.final_deadline + MINUTE
    town.tick()
    assert town.alerted()["park"] == [("breach", 2)]
    town.say(answer("a2", asked, case.final_deadline))
    after = town.case()
    assert (after.final_answered_at, after.final_answer, after.final_breached_at) == (case.final_deadline, "a2", None)
    assert after.next_action_at is None and after.answer == "a1"
    town.tick(minutes=2)
    assert town.alerted()["park"] == [("answered", 2)]
    town.tick(days=3)
    assert town.alerted() == {}
    _sound(town)


def test_row_7_an_official_post_before_it_was_asked_for_is_not_final(town: City) -> None:
    """Only what is said after staff marked the case counts as the final answer."""
    asked = mention("m1", town.clock())
    town.say(asked)
    town.say(answer("a1", asked, town.clock() + MINUTE), answer("a2", asked, town.clock() + 2 * MINUTE))
    town.clock.forward(minutes=5)
    case = town.desk.ask_final(town.case().id, "kim", "사진은 나중에")
    town.say(answer("a0", asked, town.clock() - MINUTE))
    assert town.case().final_answered_at is None and case.next_action_at is not None


def test_row_7_a_final_answer_given_too_soon_is_asked_for_again(town: City) -> None:
    """ "Still looking" was taken for the final answer: asked again, the same deadline goes on."""
    town.clock.forward(hours=1)
    asked = mention("m1", town.clock())
    town.say(asked, answer("a1", asked, town.clock()))
    first = town.desk.ask_final(town.case().id, "kim", "사진은 나중에")
    town.clock.forward(minutes=5)
    town.say(answer("a2", asked, town.clock()))
    assert town.case().final_answered_at is not None
    town.clock.forward(minutes=1)
    again = town.desk.ask_final(first.id, "kim", "아직 조치 전")
    assert (again.final_answered_at, again.final_deadline) == (None, first.final_deadline)
    town.clock.at = again.final_deadline or town.clock.at
    town.tick()
    assert town.alerted()["kim"] == [("breach", 2)]
    with pytest.raises(Conflict, match="already owes"):
        town.desk.ask_final(first.id, "lee", "또")
    _sound(town)


def test_row_7_withdrawn_the_first_answer_is_all(town: City) -> None:
    """The opposite of asking: nothing is owed any more; and on an unanswered case the first clock goes on unmoved."""
    asked = mention("m1", town.clock())
    town.say(asked)
    id = town.case().id
    before = town.case().next_action_at
    town.desk.ask_final(id, "kim", "사진")
    town.desk.withdraw_final(id, "kim", "필요 없음")
    assert town.case().next_action_at == before
    town.desk.ask_final(id, "kim", "사진")
    town.say(answer("a1", asked, town.clock() + MINUTE))
    town.desk.withdraw_final(id, "kim", "첫 답변으로 충분")
    assert (town.case().final_deadline, town.case().next_action_at) == (None, None)
    town.tick(days=10)
    assert town.alerted() == {}
    with pytest.raises(Conflict):
        town.desk.withdraw_final(id, "kim", "또")
    _sound(town)


def test_row_7_nobody_is_left_to_be_answered_finally(town: City) -> None:
    """The citizen took every post back: the final answer is owed no more, on record."""
    asked = mention("m1", town.clock())
    town.say(asked, answer("a1", asked, town.clock()))
    town.desk.ask_final(town.case().id, "kim", "사진")
    town.say(gone=["m1"])
    assert town.case().next_action_at is None
    assert [event.actor for event in town.events("final_withdrawn")] == ["platform"]
    _sound(town)


def test_a_final_answer_by_phone(town: City) -> None:
    """Recorded elsewhere, it is the answer that is owed now: first the first, then the final one."""
    id = _asked(town).id
    town.desk.ask_final(id, "kim", "조사 필요")
    first = town.desk.answer(id, "kim", "phone")
    assert (first.state, first.clock, first.final_answered_at) == (State.ANSWERED, Clock.FINAL, None)
    final = town.desk.answer(id, "kim", "referred", "1AA-2611-0000001")
    assert (final.final_outcome, final.outcome, final.owed_by) == ("referred", "phone", None)
    assert town.events("final_answered")[0].data["reference"] == "1AA-2611-0000001"
    with pytest.raises(Conflict, match="for good"):
        town.desk.answer(id, "lee", "phone")
    _sound(town)


def test_release_undoes_ack_and_claim(town: City) -> None:
    """Nobody has it then: the ladder goes on and tells the duty; the level is used up."""
    id = _asked(town).id
    town.clock.forward(minutes=19)
    town.desk.acknowledge(id, "lee")
    town.desk.claim(id, "lee")
    released = town.desk.release(id, "park")
    assert (released.state, released.assignee, released.held_until) == (State.OPEN, None, None)
    town.tick(minutes=1)
    assert town.alerted() == {"kim": [("warning", 1)]}
    with pytest.raises(Conflict, match="nobody has"):
        town.desk.release(id, "park")
    _sound(town)


def test_a_level_is_acknowledged_once_even_when_released(town: City) -> None:
    """Acknowledging and releasing in turn must not hold a case for ever."""
    id = _asked(town).id
    town.desk.acknowledge(id, "kim")
    town.desk.release(id, "kim")
    with pytest.raises(Conflict, match="already acknowledged"):
        town.desk.acknowledge(id, "kim")


def test_row_17_a_snooze_holds_steps_and_not_the_clock(town: City) -> None:
    """Put off over two steps: the breach is on record at its deadline, one catch-up at the end, minutes are shown."""
    asked = _asked(town)
    town.desk.snooze(asked.id, "kim", town.clock() + 40 * MINUTE, "현장 회신 대기")
    town.tick(minutes=30)
    assert town.alerted() == {}
    assert [event.data["deadline"] for event in town.events("breached")] == [asked.deadline.isoformat()]
    town.tick(minutes=10)
    assert town.alerted()["park"] == [("breach", 2)]
    numbers = weekly(town.store, town.rules, "2026-W47", town.clock()).total
    assert numbers.paused_seconds == 40 * 60
    _sound(town)


def test_row_17_a_follow_up_ends_a_snooze(town: City) -> None:
    """A pause never hides what a citizen adds."""
    asked = mention("m1", town.clock())
    town.say(asked)
    town.desk.snooze(town.case().id, "kim", town.clock() + 2 * HOUR, "회신 대기")
    town.clock.forward(minutes=10)
    town.say(mention("m2", town.clock(), conversation="m1", reply_to="m1"))
    assert town.case().snoozed_until is None
    town.tick(minutes=10)
    assert town.alerted() == {"kim": [("warning", 1)]}
    assert weekly(town.store, town.rules, "2026-W47", town.clock()).total.paused_seconds == 600
    _sound(town)


def test_wake_undoes_a_snooze(town: City) -> None:
    """At once, at the highest level due."""
    id = _asked(town).id
    town.desk.snooze(id, "kim", town.clock() + 2 * HOUR, "회신 대기")
    town.tick(minutes=65)
    town.desk.wake(id, "park")
    town.tick()
    assert [kind for kind, _ in town.alerted()["choi"]] == ["escalation"]
    with pytest.raises(Conflict, match="not put off"):
        town.desk.wake(id, "park")


def test_a_snooze_has_an_end_and_a_reason(town: City) -> None:
    """Not for ever, not into the past, not twice, not without a word."""
    id = _asked(town).id
    for until in (town.clock(), town.clock() + timedelta(hours=25)):
        with pytest.raises(BadRequest, match="after now"):
            town.desk.snooze(id, "kim", until, "왜")
    with pytest.raises(BadRequest, match="say why"):
        town.desk.snooze(id, "kim", town.clock() + HOUR, " ")
    town.desk.snooze(id, "kim", town.clock() + HOUR, "회신 대기")
    with pytest.raises(Conflict, match="already put off"):
        town.desk.snooze(id, "lee", town.clock() + HOUR, "나도")


def test_merge_ends_the_younger_and_keeps_the_earlier_clock(town: City) -> None:
    """One matter in two conversations: the younger ends at once and leaves the numbers, the older goes on."""
    older = _asked(town, "m1")
    town.clock.forward(minutes=10)
    younger = _asked(town, "m2")
    with pytest.raises(Conflict, match="the older one"):
        town.desk.merge(older.id, "kim", younger.id, "같은 민원")
    ended = town.desk.merge(younger.id, "kim", older.id, "같은 민원")
    assert (ended.state, ended.merged_into, ended.next_action_at) == (State.MERGED, older.id, None)
    town.tick(minutes=10)
    assert [len(message.cases) for message in town.told("kim")] == [1]
    assert weekly(town.store, town.rules, "2026-W47", town.clock()).total.cases == 1
    _sound(town)


def test_an_answer_in_either_conversation_counts_for_the_merged_case(town: City) -> None:
    """The department answers below the younger post: the older case is answered, and nobody is alarmed."""
    older = _asked(town, "m1")
    second = mention("m2", town.clock() + MINUTE)
    town.say(second)
    younger = next(case for case in town.cases() if case.id != older.id)
    town.desk.merge(younger.id, "kim", older.id, "같은 민원")
    town.say(answer("a1", second, town.clock() + 5 * MINUTE))
    after = _now(town, older.id)
    assert (after.state, after.answer, after.answered_at) == (State.ANSWERED, "a1", town.clock() + 5 * MINUTE)
    town.tick(hours=2)
    assert town.alerted() == {}
    # A new question in the answered case's own conversation is a new case (row 3).
    town.say(mention("m3", town.clock(), conversation="m1"))
    assert [case.state for case in town.cases()].count(State.OPEN) == 1
    _sound(town)


def test_a_merge_hides_no_follow_up(town: City) -> None:
    """What the citizen adds in the merged conversation is a new case with a clock of its own."""
    older, second = _asked(town, "m1"), mention("m2", town.clock() + MINUTE)
    town.say(second)
    younger = next(case for case in town.cases() if case.id != older.id)
    town.desk.merge(younger.id, "kim", older.id, "같은 민원")
    town.clock.forward(minutes=5)
    town.say(mention("m3", town.clock(), conversation="m2", reply_to="m2"))
    states = {case.id: case.state for case in town.cases()}
    assert states.pop(older.id) is State.OPEN and states.pop(younger.id) is State.MERGED
    assert list(states.values()) == [State.OPEN]
    _sound(town)


def test_a_merged_case_stands_as_long_as_any_of_its_posts(town: City) -> None:
    """The older post is taken back, the younger one stands: the case goes on."""
    older, second = _asked(town, "m1"), mention("m2", town.clock() + MINUTE)
    town.say(second)
    younger = next(case for case in town.cases() if case.id != older.id)
    town.desk.merge(younger.id, "kim", older.id, "같은 민원")
    town.say(gone=["m1"])
    assert _now(town, older.id).is_open
    town.say(gone=["m2"])
    assert _now(town, older.id).state is State.DELETED
    _sound(town)


def test_reopen_undoes_a_merge(town: City) -> None:
    """It is a case of its own again, and what is said to it no longer counts for the other."""
    older, second = _asked(town, "m1"), mention("m2", town.clock() + MINUTE)
    town.say(second)
    younger = next(case for case in town.cases() if case.id != older.id)
    town.desk.merge(younger.id, "kim", older.id, "같은 민원")
    again = town.desk.reopen(younger.id, "park", "다른 민원")
    assert (again.state, again.merged_into, again.deadline) == (State.OPEN, None, younger.deadline)
    town.say(answer("a1", second, town.clock() + 5 * MINUTE))
    assert _now(town, older.id).is_open and not _now(town, younger.id).is_open
    _sound(town)


def test_a_chain_of_merges_ends_in_one_case(town: City) -> None:
    """Merged into one that is merged itself later: an answer to the last still counts for the first."""
    first, posts = _asked(town, "m1"), [mention(f"m{n}", town.clock() + n * MINUTE) for n in (2, 3)]
    town.say(*posts)
    second, third = (case for case in town.cases() if case.id != first.id)
    town.desk.merge(third.id, "kim", second.id, "같은 민원")
    town.desk.merge(second.id, "kim", first.id, "같은 민원")
    assert _now(town, third.id).merged_into == first.id
    town.say(answer("a1", posts[1], town.clock() + 9 * MINUTE))
    assert _now(town, first.id).state is State.ANSWERED
    _sound(town)


def test_another_citizens_case_is_not_merged(town: City) -> None:
    """Each is owed an answer of their own (row 9); nor is a case merged into itself or into nothing."""
    older = _asked(town, "m1")
    town.clock.forward(minutes=1)
    other = _asked(town, "m2", author="somebody else")
    with pytest.raises(Conflict, match="another citizen"):
        town.desk.merge(other.id, "kim", older.id, "같은 민원")
    with pytest.raises(Conflict, match="into itself"):
        town.desk.merge(older.id, "kim", older.id, "?")
    with pytest.raises(UnknownCase):
        town.desk.merge(older.id, "kim", "c-nothing", "?")
    assert all(case.is_open for case in town.cases())


def test_spam_and_a_post_taken_back_are_outcomes(town: City) -> None:
    """Who, when, why; counted with what was dismissed, by its own word."""
    for number, outcome in enumerate(("spam", "deleted"), 1):
        case = _asked(town, f"m{number}")
        ended = town.desk.dismiss(case.id, "kim", "이유", outcome)
        assert (ended.state, ended.outcome) == (State.DISMISSED, outcome)
    with pytest.raises(BadRequest, match="none of"):
        town.desk.dismiss(case.id, "kim", "이유", "lost")
    assert [(e.actor, e.data["outcome"]) for e in town.events("dismissed")] == [("kim", "spam"), ("kim", "deleted")]
    _sound(town)


def test_row_6_a_note_answers_nobody(town: City) -> None:
    """It stands beside the case until it is struck; its words are in no event."""
    id = _asked(town).id
    town.desk.note(id, "kim", "민원인 전화 010-1234-5678")
    with town.store.read() as tx:
        (note,) = notes.of_case(tx, id)
    assert (note.author, note.text) == ("kim", "민원인 전화 010-1234-5678")
    assert "010-1234" not in str(town.events())
    town.desk.strike(id, "lee", note.id)
    with town.store.read() as tx:
        (struck,) = notes.of_case(tx, id)
    assert struck.text == "" and struck.struck_at == town.clock()
    with pytest.raises(BadRequest, match="no note"):
        town.desk.strike(id, "lee", note.id)
    town.tick(minutes=20)
    assert town.alerted() == {"kim": [("warning", 1)]}


def test_row_10_each_department_has_its_leg(town: City) -> None:
    """A transfer keeps the citizen's clock, and how long each department had the case is told."""
    id = _asked(town).id
    town.clock.forward(minutes=12)
    town.desk.transfer(id, "kim", "facility", "시설 소관")
    town.clock.forward(minutes=6)
    town.desk.answer(id, "lee", "phone")
    from monitor.store import views

    with town.store.read() as tx:
        legs = views.case_file_json(tx, _now(town, id), town.rules.zone)["legs"]
    assert [leg["department"] for leg in legs] == ["transport", "facility"]
    assert legs[0]["until"] == legs[1]["since"] and legs[1]["until"] is not None
    _sound(town)
