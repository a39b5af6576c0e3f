"""The look before an alert: what search does not show yet, what is gone, what cannot be asked."""

from __future__ import annotations

from datetime import timedelta

from tests.acceptance.harness import instant, now, seconds, wait_for_all
from tests.acceptance.stage import CITIZEN, PAGE, Ladder, Stage


def test_it_looks_again_before_it_alerts(stage: Stage) -> None:
    """Rows 16, 21: an answer or a deletion that no poll can show ends the case unalerted; unchecked is said so.

    Search is a minute late, so mentions are found by the backstop that a start begins with, and the answer by nothing
    but the look at the department's own timeline. Facebook's feed shows no deletions at all.
    """
    stage.x.search_lag = timedelta(minutes=1)
    daemon = stage.configure(Ladder(warning=10, breach=12, escalation=14), watch_from=now() - seconds(1))
    answered, silent, deleted = stage.say(), stage.say(author="7002"), stage.say(author="7003")
    unasked = stage.say("@dj_facility 물이 새요", author="7004")
    wall, wall_deleted = (stage.graph.visitor_post(PAGE, CITIZEN, text) for text in ("의자가 없어요", "지울 글"))
    stage.x.fail(status=503, path="/2/users/1002/tweets")
    daemon.start().ready()
    cases = dict(zip((answered, deleted, wall_deleted), stage.found(answered, deleted, wall_deleted), strict=True))
    answer = stage.reply(answered)
    stage.x.delete(deleted)
    stage.graph.delete(wall_deleted)
    wait_for_all(
        lambda: [id for id in (silent, unasked, wall) if not stage.hooks.arrivals("choi", mention=id)], 40,
        "what nobody answered is escalated",
    )  # fmt: skip

    for id, case in cases.items():
        assert stage.hooks.steps(id) == []
        record = daemon.record(case["id"])
        if id == answered:
            assert (record["state"], record["answer"], record["outcome"]) == ("answered", answer, "platform")
        else:
            assert (record["state"], record["outcome"]) == ("deleted", "before_deadline")
            assert instant(record["closed_at"]) <= instant(record["deadline"])
        assert record["breached_at"] is None
    for id, checked in ((silent, True), (wall, True), (unasked, False)):
        said = [case["checked"] for a in stage.hooks.arrivals(mention=id) for case in a.cases if id in _ids(case)]
        assert said and set(said) == {checked}, (id, said)


def _ids(case: dict[str, list[dict[str, str]]]) -> set[str]:
    return {mention["id"] for mention in case["mentions"]}
