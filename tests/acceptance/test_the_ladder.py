"""From a citizen's post to the alerts of every step, on both platforms, by the real daemon."""

from __future__ import annotations

from datetime import timedelta

from tests.acceptance.harness import instant, now, seconds, wait_for
from tests.acceptance.stage import CITIZEN, PAGE, Ladder, Stage

LADDER = Ladder(warning=3, breach=5, escalation=7, repeat=4)

CASE_KEYS = {
    "id", "platform", "account", "department", "deadline", "overdue_seconds", "checked", "late", "link", "mentions",
}  # fmt: skip
QUEUE_KEYS = {
    "id", "platform", "account", "department", "state", "assignee", "author", "opened_at", "deadline",
    "next_action_at", "level", "mentions", "answered_at", "outcome",
}  # fmt: skip


def test_mentions_enter_the_right_queue_and_climb_the_ladder(stage: Stage) -> None:
    """Rows 1, 19, 20, 24, 30: routed, with the platform's clock; warned, breached, escalated, repeated, never early."""
    daemon = stage.configure(LADDER).start().ready()
    bus = stage.say()
    lamp = stage.say("@dj_transport 가로등이 꺼졌어요", author="7002")
    wall = stage.graph.visitor_post(PAGE, CITIZEN, "화장실이 고장났어요")
    comment = stage.graph.comment(stage.graph.page_post(PAGE, "공지"), CITIZEN, "언제 고치나요?")
    mentions = {
        bus: ("twitter", "1001", "transport", "7001"),
        lamp: ("twitter", "1001", "facility", "7002"),
        wall: ("facebook", PAGE, "facility", CITIZEN.id),
        comment: ("facebook", PAGE, "facility", CITIZEN.id),
    }

    queued = dict(zip(mentions, stage.found(*mentions), strict=True))
    for mention, case in queued.items():
        assert set(case) >= QUEUE_KEYS
        assert (case["platform"], case["account"], case["department"], case["author"]) == mentions[mention]
        assert (case["state"], case["assignee"], case["answered_at"], case["outcome"]) == ("open", None, None, None)
        (shown,) = case["mentions"]
        assert shown["id"] == mention and shown["permalink"].startswith("https://")
        assert case["opened_at"] == shown["created_at"]
        assert instant(case["deadline"]) == instant(shown["created_at"]) + seconds(LADDER.breach)
    deadlines = [instant(case["deadline"]) for case in daemon.queue()]
    assert deadlines == sorted(deadlines)

    for mention in mentions:
        wait_for(lambda id=mention: stage.hooks.arrivals("ops", mention=id), 30, f"the root hears of {mention}")
    for mention, case in queued.items():
        _climbed(stage, mention, case, first="kim" if mention == bus else "lee")
    assert stage.hooks.faults == []
    assert daemon.case_of(bus)["level"] == 3
    assert daemon.stop() == 0


def _climbed(stage: Stage, mention: str, case: dict[str, object], first: str) -> None:
    """Who was told what of a mention, in order, and at no step before its instant."""
    told = stage.hooks.steps(mention)
    assert told[0] == (first, "warning", 1)
    assert set(told[1:3]) == {(first, "breach", 2), ("park", "breach", 2)}
    assert told[3:5] == [("choi", "escalation", 3), ("ops", "escalation", 3)]
    created = instant(case["mentions"][0]["created_at"])
    due = {1: LADDER.warning, 2: LADDER.breach, 3: LADDER.escalation}
    for arrival in stage.hooks.arrivals(mention=mention):
        wait = LADDER.escalation + LADDER.repeat if arrival.who == "ops" else due[arrival.step[1]]
        assert arrival.at >= created + seconds(wait), f"{arrival.who} heard too early"
        _says_all(arrival.message, arrival.who, mention, case)
        (told_case,) = [c for c in arrival.cases if c["id"] == case["id"]]
        overdue = (instant(arrival.message["sent_at"]) - instant(case["deadline"])) // timedelta(seconds=1)
        assert told_case["overdue_seconds"] == overdue
        assert told_case["checked"] is True and told_case["late"] is False


def _says_all(message: dict[str, object], who: str, mention: str, case: dict[str, object]) -> None:
    """Every field of CONTRACT is there, of its type."""
    assert set(message) == {"id", "kind", "level", "recipient", "sent_at", "text", "cases"}
    assert isinstance(message["id"], str) and message["id"]
    assert type(message["level"]) is int and message["recipient"] == who
    assert isinstance(message["text"], str) and message["text"].strip()
    assert instant(message["sent_at"]) <= now()
    for told in message["cases"]:
        assert set(told) >= CASE_KEYS
        assert type(told["overdue_seconds"]) is int
        assert isinstance(told["checked"], bool) and isinstance(told["late"], bool)
        assert told["link"].startswith("http")
        for shown in told["mentions"]:
            assert set(shown) == {"id", "created_at", "permalink"}
            instant(shown["created_at"])
    (told,) = [c for c in message["cases"] if c["id"] == case["id"]]
    same = ("platform", "account", "department")
    assert {key: told[key] for key in same} == {key: case[key] for key in same}
    assert instant(told["deadline"]) == instant(case["deadline"])
    assert [shown["id"] for shown in told["mentions"]] == [mention]
