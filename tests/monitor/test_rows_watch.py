"""SEMANTICS rows 32 and 38: suspiciously quiet accounts, and our own clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from connectors.contract import Health, Page
from monitor import app as composition
from monitor.app import App
from monitor.cycle import Cycle
from monitor.housekeeping import Housekeeping
from monitor.metrics import Standing
from monitor.store import accounts, alerts, episodes
from monitor.store.accounts import Watched
from tests.city import MINUTE, City, PlayedConnector, mention
from tests.support import Clock, city

HOUR = timedelta(hours=1)


def _poll(town: City, *posts: object) -> None:
    town.connector.pages = [Page(tuple(posts), None)]  # type: ignore[arg-type]
    walk = town.polling._claim(list(town.polling.sources))
    assert walk is not None
    town.polling._work(walk, ("twitter", True))
    town.watch.run()


def _account(town: City) -> Watched:
    with town.store.read() as tx:
        return accounts.watched(tx)["twitter", "1001"]


def _hourly(town: City, hours: int) -> datetime:
    """A citizen writes each hour, day and night; returns when the last one did."""
    for n in range(hours):
        town.clock.forward(hours=1)
        _poll(town, mention(f"m{n}", town.clock(), conversation=f"m{n}"))
    return town.clock()


def _suspicions(town: City) -> list[str]:
    with town.store.read() as tx:
        found = [m.subject["detail"] for m in alerts.messages(tx) if m.kind == "fault" and m.recipient == "ops"]
    return list(reversed(found))


def test_row_32_an_account_that_falls_silent_is_said_so_once(town: City) -> None:
    """Its platform answers, and nothing comes: the root contact hears since when and what is usual; and of its end."""
    last = _hourly(town, 40)
    for _ in range(8):
        town.clock.forward(hours=1)
        _poll(town)
    assert _account(town).suspect_since == last
    assert _account(town).blind_since is None
    (said,) = _suspicions(town)
    assert "twitter @dj_transport" in said
    assert "1:00" in said, "usually never for longer than an hour"
    (event,) = town.events("suspect")
    assert (event.data["account"], event.data["since"]) == ("1001", last.isoformat())
    _poll_next(town, mention("back", town.clock(), conversation="back"))
    assert _account(town).suspect_since is None
    assert [event.data["account"] for event in town.events("suspect_over")] == ["1001"]
    assert len(_suspicions(town)) == 2


def _poll_next(town: City, *posts: object) -> None:
    town.clock.forward(hours=1)
    _poll(town, *posts)


def test_an_account_without_a_habit_is_never_suspect(town: City) -> None:
    """Fewer than twenty posts tell nothing; an account nobody ever wrote to is none either."""
    _hourly(town, 19)
    for _ in range(48):
        _poll_next(town)
    assert _suspicions(town) == []


def test_a_blind_account_is_told_as_blind_and_not_as_quiet(town: City) -> None:
    """Silence is measured up to what is known: nothing is known of the time since."""
    _hourly(town, 40)
    town.clock.forward(hours=12)
    town.watch.run()
    assert _account(town).blind_since is not None
    assert _account(town).suspect_since is None


def test_its_own_posts_do_not_end_a_silence(town: City) -> None:
    """What the department writes shows that nothing is wrong with the platform, not that citizens are heard."""
    last = _hourly(town, 40)
    _poll_next(town, mention("own", town.clock(), author="1001", conversation="own"))
    assert _account(town).last_post_at == last


@pytest.fixture
def keeping(town: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Housekeeping:
    """Housekeeping of the same city, with a platform whose clock a test sets."""
    app = composition.build(city(tmp_path), town.clock, town.store)
    object.__setattr__(app, "connectors", {"twitter": Skewed((), town.clock)})
    return Housekeeping(app, Cycle(town.store, town.clock, {}))


class Skewed(PlayedConnector):
    """A platform that says how far its clock is from ours."""

    seconds = 0.0
    calls = 0

    def health(self) -> Health:
        return Health(calls=self.calls, clock_offset=timedelta(seconds=self.seconds))


def _look(keeping: Housekeeping, seconds: float, *, answered: bool = True) -> None:
    skewed = keeping._app.connectors["twitter"]
    assert isinstance(skewed, Skewed)
    skewed.seconds = seconds
    skewed.calls += answered
    keeping._compare_clocks(keeping._app.clock())


def _clock_faults(app: App) -> list[str]:
    with app.store.read() as tx:
        return [episode.name for episode in episodes.going_on(tx)]


def test_row_38_a_clock_that_is_off_is_told_once_and_its_end_too(keeping: Housekeeping, town: City) -> None:
    """More than 30 s either way, in two answers in a row: one may have been long on its way."""
    for seconds in (30, -30, 31, 29, -31):
        _look(keeping, seconds)
    _look(keeping, -31, answered=False)
    assert _clock_faults(keeping._app) == [], "the same answer once more proves nothing new"
    for seconds in (-31, -400, -400):
        _look(keeping, seconds)
    (name,) = _clock_faults(keeping._app)
    assert name.endswith(":twitter")
    (told,) = _suspicions(town)
    assert "-31" in told
    _look(keeping, 3)
    assert _clock_faults(keeping._app) == []
    assert len(_suspicions(town)) == 2
    _look(keeping, 3)
    assert len(_suspicions(town)) == 2


def test_the_offset_is_a_metric(keeping: Housekeeping) -> None:
    """For whoever watches from outside, before it is a fault."""
    _look(keeping, -12.5)
    found = {m.name: m for m in Standing(keeping._app).collect()}
    (sample,) = found["sns_monitor_clock_offset_seconds"].samples
    assert (sample.labels, sample.value) == ({"platform": "twitter"}, -12.5)


def test_a_heartbeat_that_hangs_keeps_no_other_work_waiting(keeping: Housekeeping, clock: Clock) -> None:
    """Each thing that waits for the network has a thread of its own, and only its own next turn waits for it."""
    import threading

    over, began, checked = threading.Event(), threading.Event(), threading.Event()

    def hang() -> None:
        began.set()
        over.wait()

    keeping._every(MINUTE, "beat", hang, clock())
    assert began.wait(5)
    keeping._every(HOUR, "handles", checked.set, clock())
    assert checked.wait(5)
    first = keeping._beside["beat"]
    keeping._every(MINUTE, "beat", hang, clock.forward(minutes=2))
    assert keeping._beside["beat"] is first
    over.set()
    first.join()


def test_set_back_the_clock_keeps_no_slow_job_waiting(keeping: Housekeeping, clock: Clock) -> None:
    """Least of all the one that compares the clocks: nothing waits until the wrong time has come again."""
    keeping._last["clocks"] = clock()
    assert not keeping._is_due("clocks", MINUTE, clock())
    assert keeping._is_due("clocks", MINUTE, clock.forward(hours=-1))
