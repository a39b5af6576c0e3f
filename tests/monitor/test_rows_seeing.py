"""SEMANTICS, "Seeing", and how sources are polled: watermarks, resumed walks, blindness."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from connectors.contract import AuthFailed, ConnectorError, Page, RateLimited, SetAside, Unavailable
from monitor.intake import poll
from monitor.store import accounts, posts
from monitor.store.accounts import SourceState, Watched
from tests.city import MINUTE, SECOND, City, mention


def _poll(town: City) -> None:
    """Let everything that is due be fetched, in this thread."""
    while True:
        walk = town.polling._claim(list(town.polling.sources))
        if walk is None:
            return
        town.polling._work(walk, ("twitter", True))


def _poll_once(town: City) -> None:
    """One round of the one source; a walk that ended behind time is followed by the next at once."""
    walk = town.polling._claim(list(town.polling.sources))
    assert walk is not None
    town.polling._work(walk, ("twitter", True))


def _standing(town: City) -> Watched:
    with town.store.read() as tx:
        return accounts.watched(tx)["twitter", "1001"]


def _source(town: City) -> SourceState:
    with town.store.read() as tx:
        (source,) = accounts.source_states(tx)
    return source


def test_row_31_complete_until_moves_with_the_last_page_only(town: City) -> None:
    """A walk that is cut short goes on from where it stood; the watermark waits for its end."""
    started = town.clock()
    town.connector.pages = [Page([mention("m2", started)], "m2"), Unavailable("reset")]
    _poll(town)
    assert _standing(town).complete_until is None
    assert town.mentions(town.case()) == ["m2"], "the page that came is kept"
    town.clock.forward(minutes=1)
    town.connector.pages = [Page([mention("m1", started, conversation="m1")], None)]
    _poll_once(town)
    assert _standing(town).complete_until == started, "the walk's own start, not the time it ended"
    assert len(town.cases()) == 2


def test_a_burst_goes_on_in_the_next_round(town: City, monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not fit a round is fetched by the next one; nothing is lost, the watermark waits."""
    monkeypatch.setattr(poll, "PAGES_A_ROUND", 2)
    now = town.clock()
    town.connector.pages = [Page([mention(f"m{n}", now, conversation=f"m{n}")], f"m{n}") for n in (3, 2, 1)]
    _poll(town)
    assert (_source(town).resume, len(town.cases())) == ("m2", 2)
    town.clock.forward(minutes=1)
    town.connector.pages = [Page([mention("m1", now, conversation="m1")], None)]
    _poll_once(town)
    assert (len(town.cases()), _standing(town).complete_until) == (3, now)


def test_the_overlap_is_asked_again(town: City) -> None:
    """Two minutes each round, the whole of it every five."""
    start = town.clock()
    since: list[datetime] = []
    for _ in range(7):
        _poll(town)
        since.append(town.clock() - town.connector.asked_since[-1])
        town.clock.forward(minutes=1)
    assert since == [15 * MINUTE, *[3 * MINUTE] * 4, 16 * MINUTE, 3 * MINUTE]
    assert town.clock() - start == 7 * MINUTE


@pytest.mark.parametrize(
    ("error", "waits"),
    [
        (Unavailable("down"), [1, 2, 4, 4]),
        (AuthFailed("expired"), [1, 2, 4, 4]),
        (RateLimited("slow down"), [1, 2, 4, 4]),
    ],
)
def test_a_failing_platform_is_asked_less_and_less(town: City, error: ConnectorError, waits: list[int]) -> None:
    """After `every`, doubling to four times that at most, where it names no time."""
    town.connector.pages = [error]
    for wait in waits:
        _poll(town)
        assert _source(town).due_at - town.clock() == wait * MINUTE
        town.clock.at = _source(town).due_at


def test_a_named_time_is_honoured(town: City) -> None:
    """The reset of a rate limit, however far away."""
    reset = town.clock() + timedelta(minutes=14, seconds=3)
    town.connector.pages = [RateLimited("429", reset)]
    _poll(town)
    assert _source(town).due_at == reset


def test_row_31_blind_is_told_once_and_its_end_too(town: City) -> None:
    """To the root contact and the department's duty, one a person and account."""
    _poll(town)
    seen = town.clock()
    town.connector.pages = [Unavailable("no network")]
    for _ in range(12):
        town.clock.forward(minutes=1)
        _poll(town)
        town.watch.run()
    town.deliver()
    told = town.told("kim")
    assert [(m.kind.value, m.account.id if m.account else "") for m in told] == [("blind", "1001")]
    assert told[0].account is not None and told[0].account.complete_until == seen
    assert [m.account.id for m in town.told("ops") if m.account] == ["1001", "1002", "2001"]
    town.connector.pages = []
    town.clock.at = _source(town).due_at
    _poll(town)
    town.deliver()
    assert [m.kind.value for m in town.told("kim")] == ["recovered"]
    assert _standing(town).blind_since is None
    assert [event.data["since"] for event in town.events("blind")] == [seen.isoformat()] * 3


def test_a_token_that_needs_a_person_is_told_once(town: City) -> None:
    """The root contact hears of it at the first refusal, not at every one."""
    town.connector.pages = [AuthFailed("token expired")]
    for _ in range(3):
        _poll(town)
        town.clock.at = _source(town).due_at
    town.deliver()
    assert [m.kind.value for m in town.told("ops")] == ["fault"]
    assert _standing(town).token_problem == "token expired"


def test_downtime_of_our_own_is_a_gap_not_an_alarm(town: City) -> None:
    """Nothing watched for two hours: the report will show it; a restart is no false alarm."""
    _poll(town)
    before = town.clock()
    town.clock.forward(hours=2)
    town.watch = type(town.watch)(town.store, town.rules, town.clock)
    assert town.watch.run() == 0
    _poll(town)
    gaps = town.events("gap")
    assert [(gap.data["since"], gap.data["until"]) for gap in gaps] == [
        (before.isoformat(), town.clock().isoformat())
    ] * 2


def test_what_cannot_be_understood_is_set_aside_once(town: City) -> None:
    """Kept whole, counted, and the page's other posts are not held back by it."""
    aside = SetAside("twitter", "1001", "no id", '{"text":"?"}')
    town.connector.pages = [Page([mention("m1", town.clock())], None, [aside])]
    for _ in range(2):
        _poll(town)
        town.clock.forward(minutes=1)
    with town.store.read() as tx:
        assert posts.set_aside_counts(tx) == {("twitter", "1001"): 1}
    assert len(town.cases()) == 1


def test_an_error_of_ours_stops_no_other_source(town: City) -> None:
    """A bug in one connector is logged, the source is asked again later."""
    town.connector.pages = [ZeroDivisionError("bug")]
    _poll(town)
    assert _source(town).failures == 1
    assert "ZeroDivisionError" in _source(town).problem
    assert _source(town).due_at == town.clock() + MINUTE


def test_a_node_that_slept_writes_nothing(town: City) -> None:
    """Its lease went to another meanwhile: what it fetched is left to the one who holds the source now."""
    slept = town.polling._claim(list(town.polling.sources))
    assert slept is not None
    town.clock.forward(minutes=10)
    assert town.polling._claim(list(town.polling.sources)) is not None
    town.connector.pages = [Page([mention("m1", town.clock() - SECOND)], None)]
    town.polling._round(slept)
    assert town.cases() == []


def test_a_clock_that_ran_ahead_skips_no_posts(town: City) -> None:
    """Set right again, the watermark from the future is given up: the next walk asks from where we really were."""
    right = town.clock()
    town.clock.forward(days=1)
    _poll(town)
    town.clock.at = right + MINUTE
    with town.store.write() as tx:
        accounts.release_sources(tx, town.clock())
    _poll(town)
    assert _standing(town).complete_until == right + MINUTE
    town.clock.forward(hours=3)
    _poll(town)
    assert town.connector.asked_since[-1] <= right + MINUTE - 2 * MINUTE
