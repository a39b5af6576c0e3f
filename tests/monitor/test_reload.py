"""Settings are read again while the service runs: wrong ones change nothing, right ones go on in the same process."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from sqlalchemy.exc import OperationalError

from config import Settings, load
from monitor import app as composition
from monitor import reload as module
from monitor.app import App
from monitor.reload import Reload
from monitor.store import alerts, events
from monitor.store.engine import Store
from tests.support import Clock, city


@pytest.fixture
def app(tmp_path: Path, database: str, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    """The parts at work; what the log is set to is left alone."""
    monkeypatch.setattr(module.logs, "configure", lambda *_: None)
    built = composition.build(city(tmp_path, database=database), clock)
    yield built
    built.close()


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the service manager is told."""
    told: list[str] = []
    monkeypatch.setattr(module.service, "notify", told.append)
    return told


def _reread(app: App, change: Callable[[str], str]) -> Callable[[], Settings]:
    path = app.settings.path
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    return lambda: load(path)


def _told(store: Store) -> list[str]:
    with store.read() as tx:
        return [m.subject["detail"] for m in alerts.messages(tx) if (m.kind, m.recipient) == ("fault", "ops")]


def test_right_settings_are_built_on_the_same_database(app: App, store: Store, said: list[str]) -> None:
    """New rules and parts; the store stays, with its connections and its lock."""
    new = Reload(app, _reread(app, lambda text: text.replace("시험시", "새시험시"))).build()
    assert new is not None
    assert new.store is app.store
    assert new.settings.service.name == "새시험시"
    assert new.rules is not app.rules
    assert _told(store) == []
    assert said[0].startswith("RELOADING=1\nMONOTONIC_USEC=")
    assert int(said[0].rpartition("=")[2]) > 0
    assert len(said) == 1, "READY=1 comes with the first whole cycle"
    new.close_parts()


def test_wrong_settings_are_refused_and_told_with_the_first_faults(app: App, store: Store, said: list[str]) -> None:
    """Each fault as check-config shows it, three of them, and how many more there are."""

    def break_it(text: str) -> str:
        return text.replace('duty = ["kim", "lee"]', 'duty = ["a", "b", "c", "d"]')

    assert Reload(app, _reread(app, break_it)).build() is None
    (detail,) = _told(store)
    assert detail.count("departments[0].duty") == 3
    assert "외 1건" in detail
    assert said[-1].startswith("READY=1\n"), "the service manager waits no longer"


def test_another_database_is_no_matter_of_a_reload(app: App, store: Store, said: list[str]) -> None:
    """What is open there is not what is open here: the service has to be stopped for it."""

    def elsewhere(text: str) -> str:
        return text.replace(app.settings.service.database, "sqlite:///elsewhere.db")

    assert Reload(app, _reread(app, elsewhere)).build() is None
    (detail,) = _told(store)
    assert "service.database" in detail
    assert not (app.settings.path.parent / "elsewhere.db").exists()


def test_an_address_that_is_taken_is_found_before_anything_is_given_up(app: App, store: Store, said: list[str]) -> None:
    """The web would not come back: the old settings stay."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        reread = _reread(app, lambda text: text.replace('listen = ""', f'listen = "127.0.0.1:{port}"', 1))
        assert Reload(app, reread).build() is None
    (detail,) = _told(store)
    assert f"127.0.0.1:{port}" in detail
    assert "web.listen" in detail


def test_parts_that_cannot_be_built_leave_the_old_ones_at_work(
    app: App, store: Store, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug of a connector's is no reason to stop."""

    def broken(*_: object) -> App:
        raise ZeroDivisionError("bug")

    monkeypatch.setattr(module, "build", broken)
    assert Reload(app, lambda: app.settings).build() is None
    assert "ZeroDivisionError" in _told(store)[0]


def test_a_database_that_takes_no_write_leaves_the_old_parts_at_work(
    app: App, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Away, or full: the new ones could not begin on it, and the daemon would end of it. Next time it goes well."""
    closed: list[App] = []
    monkeypatch.setattr(App, "close_parts", lambda parts: closed.append(parts))
    with monkeypatch.context() as patch:
        patch.setattr(Store, "write", _away)
        assert Reload(app, lambda: app.settings).build() is None
    assert len(closed) == 1, "what was built of the new ones is let go of"
    assert said[-1].startswith("READY=1\n")
    assert Reload(app, lambda: app.settings).build() is not None


def _away(_self: Store) -> NoReturn:
    raise OperationalError("INSERT", None, RuntimeError("away"))


def test_what_was_taken_over_is_on_record(app: App, store: Store, said: list[str]) -> None:
    """Both hashes, before anything is done by the new settings."""
    new = Reload(app, _reread(app, lambda text: text.replace("시험시", "새시험시"))).build()
    assert new is not None
    with store.read() as tx:
        (event,) = events.of_service(tx, ["reloaded"])
    assert event.data == {"settings": new.settings.hash(), "was": app.settings.hash()}
    new.close_parts()


def test_without_a_file_there_is_nothing_to_read_again(app: App, said: list[str]) -> None:
    """The demo's settings are made up as it starts."""
    assert Reload(app, None).build() is None
    assert said == []
