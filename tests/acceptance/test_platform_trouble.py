"""Platforms that are down, refuse, or answer nonsense: told, waited out, found afterwards, and nobody else delayed."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from monitor.demo.faults import Fault
from monitor.demo.graph import SmallGraph
from monitor.demo.x import SmallX
from tests.acceptance.harness import each_in_one_case, get, instant, now, seconds, wait_for, wait_for_all
from tests.acceptance.stage import CITIZEN, LONG, PAGE, Stage

SEARCH = "/2/tweets/search/recent"
PROXY = b"<html><body>502 Bad Gateway</body></html>"
CONCERNED = {
    "twitter": {("ops", "1001"), ("kim", "1001"), ("ops", "1002"), ("lee", "1002")},
    "facebook": {("ops", PAGE), ("lee", PAGE)},
}  # fmt: skip
"""Who is told when a platform's accounts are blind: the root contact and each department's duty."""

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.mark.parametrize(
    ("database", "platform"), [("sqlite", "twitter"), ("postgres", "facebook")], indirect=["database"]
)
def test_an_outage_is_told_once_and_what_was_posted_meanwhile_is_found(stage: Stage, platform: str) -> None:
    """Row 31: `blind` once an account to the root and the duty, `recovered` after it, and no post is lost.

    On Facebook there are more posts than a page of its feed shows, so that the walk has to go back to before the
    outage; X is always asked for the last minute at least.
    """
    down, other = (stage.x, stage.graph) if platform == "twitter" else (stage.graph, stage.x)
    concerned = CONCERNED[platform]
    daemon = stage.configure(LONG, blind_after="4s", overlap="1s").start().ready()
    down_at = now()
    down.faults.add(Fault(status=503))
    during = [_post(stage, down, number) for number in range(35)]
    wait_for_all(lambda: concerned - _told(stage, "blind"), 30, "everybody concerned hears of the blindness")

    status, body = get(f"{daemon.web}/readyz")
    assert status == 200, "a platform that is down makes the service not unready"
    standing = {a["id"]: (a["blind"], "503" in a["problem"]) for a in json.loads(body)["accounts"]}
    blind = {id for _, id in concerned}
    assert standing == {id: (id in blind, id in blind) for id in ("1001", "1002", PAGE)}
    assert stage.metric("sns_monitor_blind") == len(blind)
    meanwhile = _post(stage, other, 0)
    stage.found(meanwhile)

    asked = len(down.requests)
    wait_for(lambda: len(down.requests) > asked, 30, "it is asked once more, in vain")
    down.recover()
    wait_for_all(lambda: concerned - _told(stage, "recovered"), 30, "everybody concerned hears of the end")
    stage.found(*during)
    each_in_one_case(daemon.queue(), [*during, meanwhile])
    said = Counter((a.who, a.message["kind"], a.message["account"]["id"]) for a in stage.hooks.arrivals())
    assert said == {(who, kind, id): 1 for who, id in concerned for kind in ("blind", "recovered")}
    for arrival in stage.hooks.arrivals():
        assert (arrival.step[1], arrival.cases, arrival.message["account"]["platform"]) == (0, [], platform)
        until = instant(arrival.message["account"]["complete_until"])
        assert until <= down_at if arrival.message["kind"] == "blind" else until <= now()
    assert stage.metric("sns_monitor_blind") == 0


@on_sqlite
def test_a_rate_limit_is_waited_out(stage: Stage) -> None:
    """PLATFORMS, "Errors": after a 429 X is not asked again before its reset; Facebook is asked as ever."""
    daemon = stage.configure(LONG).start().ready()
    limited_at = now()
    reset = limited_at.replace(microsecond=0) + seconds(10)
    headers = {"x-rate-limit-reset": str(int(reset.timestamp()))}
    stage.x.fail(status=429, headers=headers, path=SEARCH, until=reset)
    mention, wall = stage.say(), stage.graph.visitor_post(PAGE, CITIZEN, "다른 플랫폼 글")
    stage.found(wall)
    assert now() < reset, "Facebook waited for X"
    shown = {id: "429" in account["problem"] for id, account in _accounts(stage).items()}
    assert shown == {"1001": True, "1002": True, PAGE: False}
    stage.found(mention)
    assert len([at for at in _searches(stage) if limited_at <= at < reset]) == 1
    assert not stage.hooks.arrivals()
    assert daemon.stop() == 0


@on_sqlite
def test_a_refused_token_is_told_once_to_the_root(stage: Stage) -> None:
    """TRUST, "source 401": one `fault` to the root contact, the reason in `accounts`; mended, it all comes in."""
    daemon = stage.configure(LONG).start().ready()
    token, stage.x.token = stage.x.token, "another token"
    mention = stage.say()
    wait_for(lambda: stage.hooks.arrivals("ops", "fault"), 30, "the root contact hears of the token")
    asked = len(_searches(stage))
    wait_for(lambda: len(_searches(stage)) >= asked + 2, 30, "X is asked twice more, in vain")
    problems = {id: bool(account["token_problem"]) for id, account in _accounts(stage).items()}
    assert problems == {"1001": True, "1002": True, PAGE: False}
    stage.x.token = token
    stage.found(mention)
    (told,) = stage.hooks.arrivals()
    assert (told.who, told.step, told.cases) == ("ops", ("fault", 0), [])
    assert "1001" in told.message["text"] and "401" in told.message["text"]
    assert token not in told.message["text"] + daemon.log.read_text(encoding="utf-8")
    wait_for_all(lambda: [id for id, a in _accounts(stage).items() if a["token_problem"]], 10, "no token is wrong")


@on_sqlite
def test_nonsense_is_no_answer_and_odd_posts_are_set_aside(stage: Stage) -> None:
    """TRUST, "malformed payloads": a proxy's pages pass for nothing; posts that cannot be read are kept and counted."""
    stage.configure(LONG).start().ready()
    asked = len(_searches(stage))
    for status in (503, 200):
        stage.x.fail(status=status, body=PROXY, headers={"content-type": "text/html"}, path=SEARCH, times=1)
    mention = stage.say()
    stage.found(mention)
    assert len(_searches(stage)) > asked + 2

    readable = stage.say(author="7002")
    last = next(request for request in reversed(stage.x.requests) if request.path == SEARCH)
    answer: dict[str, Any] = stage.x.ask("search", "", dict(last.params), now())
    answer["data"] += [{"id": "no number", "text": "?"}, {"text": "no id"}, "no post"]
    stage.x.fail(body=json.dumps(answer).encode(), path=SEARCH, times=1)
    wait_for(lambda: stage.metric("sns_monitor_set_aside_posts") >= 3, 30, "the odd posts are set aside")
    each_in_one_case(stage.found(mention, readable), [mention, readable])
    counts = {id: (account["set_aside"], account["set_aside_shared"]) for id, account in _accounts(stage).items()}
    assert counts == {"1001": (0, 3), "1002": (0, 3), PAGE: (0, 0)}
    assert not stage.hooks.arrivals()


def _post(stage: Stage, platform: SmallX | SmallGraph, number: int) -> str:
    """Somebody posts to the city there; returns the id."""
    if platform is stage.x:
        return stage.say(author=str(7001 + number % 9))
    return stage.graph.visitor_post(PAGE, CITIZEN, f"고장 신고 {number}")


def _told(stage: Stage, kind: str) -> set[tuple[str, str]]:
    return {(arrival.who, arrival.message["account"]["id"]) for arrival in stage.hooks.arrivals(kind=kind)}


def _searches(stage: Stage) -> list[Any]:
    """When X's search was asked."""
    return [request.at for request in list(stage.x.requests) if request.path == SEARCH]


def _accounts(stage: Stage) -> dict[str, dict[str, Any]]:
    return {account["id"]: account for account in stage.daemon.json("accounts")}
