"""Whose turn it is: answers in time and late, follow-ups, other citizens, and what was there before."""

from __future__ import annotations

from tests.acceptance.harness import instant, now, seconds, wait_for, wait_for_all
from tests.acceptance.stage import CITIZEN, PAGE, Ladder, Stage

LADDER = Ladder(warning=6, breach=8, escalation=10)


def test_an_answer_in_time_ends_the_turn_and_the_next_post_begins_another(stage: Stage) -> None:
    """Rows 3, 4, 9: answered on the platform, nobody is alerted; a follow-up and another citizen are new cases."""
    daemon = stage.configure(LADDER).start().ready()
    mention, wall = stage.say(), stage.graph.visitor_post(PAGE, CITIZEN, "언제 고치나요?")
    first, wall_case = stage.found(mention, wall)
    answer = stage.reply(mention)
    wall_answer = stage.graph.reply_as_page(PAGE, wall, "확인하겠습니다")
    wait_for_all(lambda: _open(stage, mention, wall), 30, "the answers are found")

    again = stage.x.post("7001", "@dj_transport 아직도 안 와요", reply_to=answer)
    other = stage.x.post("7002", "@dj_transport 저도 기다려요", reply_to=mention)
    thanks = stage.graph.comment(wall, CITIZEN, "아직 그대로예요")
    cases = dict(zip((again, other, thanks), stage.found(again, other, thanks), strict=True))
    assert len({first["id"], wall_case["id"], *(case["id"] for case in cases.values())}) == 5
    for id, case in cases.items():
        assert [shown["id"] for shown in case["mentions"]] == [id]
        assert case["opened_at"] == case["mentions"][0]["created_at"], "a new case has a new clock"
    wait_for_all(lambda: _unheard(stage, *cases), 40, "the new cases climb the whole ladder")

    assert stage.hooks.steps(mention) == [] and stage.hooks.steps(wall) == []
    for case, id in ((first, answer), (wall_case, wall_answer)):
        record = daemon.record(case["id"])
        assert (record["state"], record["answer"], record["outcome"]) == ("answered", id, "platform")
        assert record["breached_at"] is None and instant(record["answered_at"]) <= instant(record["deadline"])
        assert [event["kind"] for event in record["events"]] == ["opened", "answered"]


def test_a_late_answer_is_told_to_those_who_heard_of_the_breach(stage: Stage) -> None:
    """Rows 4, 5: after a breach `answered` follows to whom it was told and nobody else; the miss stays a miss."""
    daemon = stage.configure(Ladder(warning=3, breach=5, escalation=9)).start().ready()
    late, warned, silent = stage.say(), stage.say(author="7002"), stage.say(author="7003")
    late_case, warned_case, _ = stage.found(late, warned, silent)
    wait_for(lambda: stage.hooks.arrivals("kim", "warning", warned), 30, "kim is warned")
    stage.reply(warned)
    wait_for_all(lambda: {"kim", "park"} - _told(stage, "breach", late), 30, "the breach is told")
    # The platform counts whole seconds: only from the next one on an answer is later than the deadline.
    wait_for(lambda: now() >= instant(late_case["deadline"]) + seconds(1), 30, "the deadline's second is over")
    answer = stage.reply(late)
    wait_for_all(lambda: {"kim", "park"} - _told(stage, "answered", late), 30, "the answer is told")
    wait_for_all(lambda: _unheard(stage, silent), 30, "what nobody answers goes on to the head")

    assert sorted(stage.hooks.steps(late)) == sorted(
        [("kim", "warning", 1), ("kim", "breach", 2), ("park", "breach", 2), ("kim", "answered", 2),
         ("park", "answered", 2)]
    )  # fmt: skip
    assert stage.hooks.steps(warned) == [("kim", "warning", 1)], "a warning alone is followed by no `answered`"
    record = daemon.record(late_case["id"])
    assert (record["state"], record["answer"]) == ("answered", answer)
    assert instant(record["breached_at"]) == instant(record["deadline"]) < instant(record["answered_at"])
    assert daemon.record(warned_case["id"])["breached_at"] is None


def test_what_was_posted_before_is_context(stage: Stage) -> None:
    """Row 18: posts from before the first connection never become cases, though they are read, and answered to."""
    before = now() - seconds(240)
    old = stage.x.post("7001", "@dj_transport 어제 일이에요", created_at=before)
    wall = stage.graph.visitor_post(PAGE, CITIZEN, "어제 글이에요", before)
    daemon = stage.configure(Ladder(warning=2, breach=3, escalation=4, repeat=60)).start().ready()
    again = stage.x.post("7001", "@dj_transport 오늘도요", reply_to=old)
    below = stage.graph.comment(wall, CITIZEN, "오늘도요")
    for id, case in zip((again, below), stage.found(again, below), strict=True):
        assert [shown["id"] for shown in case["mentions"]] == [id]
        assert instant(case["opened_at"]) > before + seconds(200)
    wait_for_all(lambda: _unheard(stage, again, below), 40, "what came after climbs the whole ladder")
    assert stage.hooks.steps(old) == [] and stage.hooks.steps(wall) == []
    assert {shown["id"] for case in daemon.queue() for shown in case["mentions"]} == {again, below}


def _open(stage: Stage, *mentions: str) -> list[str]:
    return [id for id in mentions if stage.daemon.case_of(id)]


def _told(stage: Stage, kind: str, mention: str) -> set[str]:
    return {arrival.who for arrival in stage.hooks.arrivals(kind=kind, mention=mention)}


def _unheard(stage: Stage, *mentions: str) -> list[str]:
    """Of which mentions the head has not heard yet."""
    return [id for id in mentions if not stage.hooks.arrivals("choi", mention=id)]
