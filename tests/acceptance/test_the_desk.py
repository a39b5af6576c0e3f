"""What staff do at the command line, and what becomes of the alerts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.acceptance.harness import instant, wait_for, wait_for_all
from tests.acceptance.stage import Ladder, Stage

LADDER = Ladder(warning=11, breach=13, escalation=15, repeat=4)
WHY = ("--reason", "시험")
LEE, KIM, PARK, CHOI, OPS = "lee", "kim", "park", "choi", "ops"


def test_what_staff_do_changes_who_hears_of_what(stage: Stage) -> None:
    """Rows 8, 10, 11, 20, 26: the whole desk over one ladder, beside a case that nobody touches."""
    daemon = stage.configure(LADDER, ack_holds="15s").start().ready()
    names = ("silent", "acked", "claimed", "moved", "dismissed", "phoned")
    mention = {name: stage.say(author=str(7001 + number)) for number, name in enumerate(names)}
    opened = dict(zip(names, stage.found(*mention.values()), strict=True))
    id = {name: str(case["id"]) for name, case in opened.items()}
    codes = _each_at_once(
        stage,
        ("ack", id["acked"], "--by", KIM),
        ("claim", id["claimed"], "--by", LEE),
        ("transfer", id["moved"], "--by", KIM, "--to", "facility", *WHY),
        ("dismiss", id["dismissed"], "--by", KIM, *WHY),
        ("answer", id["phoned"], "--by", KIM, "--outcome", "phone"),
    )
    assert codes == [0] * 5
    queue = {case["id"]: case for case in daemon.queue()}
    assert set(queue) == {id[name] for name in ("silent", "acked", "claimed", "moved")}
    assert (queue[id["acked"]]["state"], queue[id["acked"]]["assignee"]) == ("acknowledged", None)
    assert (queue[id["claimed"]]["state"], queue[id["claimed"]]["assignee"]) == ("claimed", LEE)
    assert queue[id["moved"]]["department"] == "facility"
    assert instant(queue[id["moved"]]["deadline"]) == instant(str(opened["moved"]["deadline"]))
    wait_for(lambda: stage.hooks.steps(mention["moved"]), 10, "the new assignee hears at once")
    assert stage.hooks.steps(mention["moved"]) == [(LEE, "warning", 0)]
    refused = _each_at_once(
        stage,
        ("ack", id["acked"], "--by", LEE),  # once a level
        ("claim", id["claimed"], "--by", KIM),
        ("answer", id["phoned"], "--by", KIM, "--outcome", "dm"),
        ("reopen", id["silent"], "--by", KIM, *WHY),
        ("dismiss", "c0", "--by", KIM, *WHY),
        ("dismiss", id["silent"], "--by", KIM),  # no reason: usage
    )
    assert refused == [1, 1, 1, 1, 1, 2]

    wait_for_all(lambda: {KIM, PARK, CHOI} - _told(stage, mention["acked"]), 40, "what was held goes on")
    wait_for_all(lambda: {OPS} - _told(stage, mention["silent"]), 40, "the ladder ends at the root contact")
    steps = {name: set(stage.hooks.steps(mention[name])) for name in names}
    ladder = [("warning", 1), ("breach", 2)]
    higher = {(PARK, "breach", 2), (CHOI, "escalation", 3), (OPS, "escalation", 3)}
    assert steps["silent"] == {*((KIM, *step) for step in ladder), *higher}
    assert steps["claimed"] - higher == {(LEE, *step) for step in ladder}
    assert steps["moved"] - higher == {(LEE, "warning", 0), *((LEE, *step) for step in ladder)}
    assert steps["dismissed"] == steps["phoned"] == set()
    _held_and_then_told_once(stage, mention["acked"], id["acked"])

    assert _each_at_once(
        stage,
        ("reopen", id["dismissed"], "--by", KIM, *WHY),
        ("answer", id["silent"], "--by", KIM, "--outcome", "referred"),
    ) == [0, 0]
    wait_for_all(
        lambda: {KIM, PARK, CHOI, OPS} - {a.who for a in stage.hooks.arrivals(kind="answered")}, 30, "answered is told"
    )
    assert {m for a in stage.hooks.arrivals(kind="answered") for m in a.mentions} == {mention["silent"]}
    wait_for_all(lambda: {OPS} - _told(stage, mention["dismissed"]), 30, "the reopened case's ladder goes on")
    assert stage.hooks.steps(mention["dismissed"])[:2] == [(KIM, "escalation", 3), (OPS, "escalation", 3)], (
        "reopened after every step, it tells its assignee, and fires no old alert"
    )


def _held_and_then_told_once(stage: Stage, mention: str, id: str) -> None:
    """Row 26: nothing while held, then the highest step due, told to the recipients of those it overtook as well."""
    record = stage.daemon.record(id)
    events = {event["kind"]: event for event in reversed(record["events"])}  # the first of each kind
    until = instant(events["acknowledged"]["data"]["until"])
    arrivals = [arrival for arrival in stage.hooks.arrivals(mention=mention) if arrival.who != OPS]
    assert min(arrival.at for arrival in arrivals) >= until
    assert {(a.who, *a.step) for a in arrivals} == {(who, "escalation", 3) for who in (KIM, PARK, CHOI)}
    assert instant(record["deadline"]) <= instant(events["breached"]["at"]) < until, "a breach is recorded all the same"
    assert events["escalated"]["data"]["overtaken"] == [1, 2]


def _told(stage: Stage, mention: str) -> set[str]:
    return {arrival.who for arrival in stage.hooks.arrivals(mention=mention)}


def _each_at_once(stage: Stage, *actions: tuple[str, ...]) -> list[int]:
    """Exit codes of `case …` commands, run side by side."""
    with ThreadPoolExecutor(len(actions)) as people:
        return [done.code for done in people.map(lambda action: stage.daemon.run("case", *action), actions)]
