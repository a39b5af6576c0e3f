"""The machine's clock is set back or ahead, its zone changes: the same deadlines, and the work goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Self

import apscheduler.schedulers.base
import pytest

from connectors.contract import Account
from monitor import app as composition
from monitor import daemon, steps
from monitor.alerts import outbox
from monitor.alerts.channels.base import TransportError
from monitor.app import App
from monitor.rules import Rules
from monitor.store import alerts
from tests.city import MINUTE, City, PlayedChannel, PlayedConnector, mention
from tests.support import Clock, city

PATIENCE = 15.0


class Machine:
    """The machine's clock, which a test sets."""

    def __init__(self) -> None:
        self.off = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.off


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """What every part of the daemon reads the time from, the scheduler too."""
    clock = Machine()

    class Stepped(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return super().now(tz) + clock.off

    monkeypatch.setattr(apscheduler.schedulers.base, "datetime", Stepped)
    monkeypatch.setattr(daemon, "system_clock", clock)
    monkeypatch.setattr(steps, "LOOK_EVERY", 0.01)
    return clock


@pytest.fixture
def running(machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    """The real loop on SQLite, with a platform and channels that a test plays; a round a second."""
    settings = city(tmp_path, database=f"sqlite:///{tmp_path / 'monitor.db'}", more='[polling]\nevery = "1s"\n')
    watched = [Account(a.platform, a.id, a.handle) for a in settings.accounts if a.platform == "twitter"]
    channels = {channel.id: PlayedChannel() for channel in settings.channels}
    monkeypatch.setattr(composition, "build_connectors", lambda *_: {"twitter": PlayedConnector(watched, machine)})
    monkeypatch.setattr(composition, "build_channels", lambda *_: (channels, {id: id for id in channels}))
    stop = threading.Event()
    with closing(composition.build(settings, machine)) as app:
        thread = threading.Thread(target=daemon.run, args=(app, stop))
        thread.start()
        _comes(lambda: bool(_asked(app)))
        yield app
        machine.off = timedelta(0)
        stop.set()
        thread.join(20)
    assert not thread.is_alive()


def _asked(app: App) -> list[datetime]:
    connector = app.connectors["twitter"]
    assert isinstance(connector, PlayedConnector)
    return connector.asked_since


def _comes(true: Callable[[], bool]) -> bool:
    """Wait for the running daemon; how long is no part of what is proved."""
    end = time.monotonic() + PATIENCE
    while not true() and time.monotonic() < end:
        time.sleep(0.02)
    return true()


@pytest.mark.parametrize("step", [timedelta(hours=-1), timedelta(days=1)])
def test_the_platforms_are_asked_on_when_the_clock_is_set(running: App, machine: Machine, step: timedelta) -> None:
    """Set back, nothing may wait until the old time has come again: not the ticks, not a source's next turn."""
    machine.off = step
    so_far = len(_asked(running))
    assert _comes(lambda: len(_asked(running)) >= so_far + 2)


def test_a_retry_does_not_wait_for_a_time_that_was_wrong(running: App, machine: Machine) -> None:
    """A send failed while the clock ran a day ahead; set right, it is tried again at once and not tomorrow."""
    channel = running.channels["ops-hook"]
    assert isinstance(channel, PlayedChannel)
    channel.trouble = TransportError("503", permanent=False)
    machine.off = timedelta(days=1)
    with running.store.write() as tx:
        outbox.notice(tx, running.rules, "fault", ["ops"], machine(), detail="x")
    assert _comes(lambda: _tried(running))
    machine.off = timedelta(0)
    channel.trouble = None
    assert _comes(lambda: bool(channel.sent))


def _tried(app: App) -> bool:
    with app.store.read() as tx:
        return any(message.tries for message in alerts.messages(tx))


def test_a_look_is_made_again_after_the_clock_was_set_back(town: City) -> None:
    """What was looked at in a time to come is not fresh: the alert must not go unchecked, or call itself checked."""
    town.clock.forward(hours=2)
    town.say(mention("m1", town.clock()))
    town.tick(minutes=20)
    assert [case.checked for message in town.told("kim") for case in message.cases] == [True]
    town.clock.at -= timedelta(hours=1)
    town.say(mention("m2", town.clock() - 20 * MINUTE, conversation="m2", author="other"))
    town.tick(seconds=1)
    assert town.connector.looks == 2
    assert [case.checked for message in town.told("kim") for case in message.cases] == [True]


@pytest.mark.parametrize("step", [timedelta(minutes=10), timedelta(hours=1), timedelta(days=1)])
@pytest.mark.parametrize("way", [1, -1])
def test_a_step_of_the_clock_moves_no_deadline_and_doubles_no_alert(town: City, step: timedelta, way: int) -> None:
    """Away and back again: the case owes what it owed, and each step is told once."""
    town.clock.forward(days=2)
    start = town.clock()
    town.say(mention("m1", start))
    town.tick(minutes=20)
    deadline = town.case().deadline
    town.clock.at += way * step
    town.tick(seconds=1)
    town.say(mention("m1", start))
    town.clock.at = start + 21 * MINUTE
    town.tick(seconds=1)
    assert town.case().deadline == deadline == start + 30 * MINUTE
    town.tick(minutes=9)
    told = [(message.kind.value, message.level) for message in town.told("kim")]
    assert len(told) == len(set(told)), "each step once"
    assert {"breach", "warning"} & {kind for kind, _ in told} or ("escalation", 3) in told


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Kiritimati", "UTC"])
def test_the_hosts_zone_moves_no_deadline(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    """Friday 17:45 in Seoul, half an hour of office time: Monday 09:15, wherever the machine believes it stands."""
    more = '[policies.standard]\ncalendar = "office"\n'
    expected = Rules(city(tmp_path, more=more))
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        rules = Rules(city(tmp_path, more=more))
        friday = datetime(2026, 11, 20, 8, 45, tzinfo=UTC)
        due = rules.deadline(rules.policy("standard"), "transport", friday)
        assert due == expected.deadline(expected.policy("standard"), "transport", friday)
        assert due == datetime(2026, 11, 23, 0, 15, tzinfo=UTC)
    finally:
        monkeypatch.undo()
        time.tzset()
