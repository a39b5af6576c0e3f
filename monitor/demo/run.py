"""`sns-monitor demo`: the whole service, as it is, against a small X and a small Graph that run faster than life.

Connectors, engine, outbox, webhook channel and daemon are the real ones; only addresses and durations differ.
"""

from __future__ import annotations

import logging
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.live import Live

from config import load
from monitor import daemon, logs
from monitor.app import App, build
from monitor.clock import system_clock
from monitor.demo.live import render
from monitor.demo.members import PASSWORD, let_in
from monitor.demo.plain import Plain
from monitor.demo.play import Player
from monitor.demo.scene import Lookout
from monitor.demo.speed import FASTEST, SLOWEST, CityClock, faster_sources
from monitor.demo.stage import Stage, staged
from monitor.demo.story import Story
from monitor.demo.summary import FalseAlarms, show, summarize
from monitor.demo.words import DemoWords
from monitor.store import accounts, migrate

SETTINGS = Path("monitor.toml")
SEED = 2010
"""The year in which the promise was given."""
_OPENS = 9
"""The hour that the city's clock shows at first."""
_REFRESH = 0.25
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_FIRST_FETCH = 30.0
"""Seconds that the daemon may take to see every account for the first time."""


class DemoBroken(Exception):
    """The daemon or the city ended by itself; the message says what is known of it."""


class _AnySecret(Mapping[str, str]):
    """Stands for the environment: the demo needs no real secret, so it looks none up, and any name has a value."""

    def __getitem__(self, name: str) -> str:
        return f"demo-{name}"

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def main(
    minutes: float | None = None,
    speed: float = 60.0,
    *,
    config: Path | None = None,
    seed: int = SEED,
    console: Console | None = None,
) -> int:
    """Run for so many real minutes, or until Ctrl-C, and print a summary. Returns the exit code, 0.

    `config` is a settings file, `monitor.toml` here unless told otherwise; what its secrets are is not looked at.

    Raises:
        ValueError: `minutes` or `speed` is out of range.
        SettingsError: the settings cannot be used.
        NothingToShow: they name no account on X or Facebook.
        DemoBroken: the service ended by itself.
    """
    if minutes is not None and minutes <= 0:
        raise ValueError(f"minutes must be more than 0, and are {minutes:g}")
    if not SLOWEST <= speed <= FASTEST:
        raise ValueError(f"speed must be {SLOWEST:g} to {FASTEST:g}, and is {speed:g}")
    file = config or SETTINGS
    settings = load(file, environ=_AnySecret(), demo=True)
    shown = console or Console(highlight=False, markup=False, emoji=False)
    with ExitStack() as stack:
        stage = stack.enter_context(staged(settings, speed, system_clock))
        noted = stack.enter_context(_quiet(stage))
        app = build(stage.settings)
        stack.callback(app.close)
        app.polling.sources.update(faster_sources(app.polling.sources, speed))
        asked_to_stop = stack.enter_context(_stop_on_signals())
        run = _Run(app, stage, noted, shown, speed, seed, minutes)
        ended_at = run.until_over(asked_to_stop)
        summary = summarize(app.store, app.rules, stage.receiver, run.city.started_at, ended_at)
        show(shown, summary, run.words, run.city, str(file), noted.errors())
    return 0


class _Run:
    """One run: the daemon and the city in threads of their own, this one shows what there is to see."""

    def __init__(
        self, app: App, stage: Stage, noted: _Noted, console: Console, speed: float, seed: int, minutes: float | None
    ) -> None:
        self._app, self._stage, self._noted, self._console, self._seed = app, stage, noted, console, seed
        self._speed, self._minutes = speed, minutes
        self.words = DemoWords(app.settings.service.language)
        self._stop = threading.Event()
        self._error: Exception | None = None
        self._user = ""
        self._daemon = threading.Thread(target=self._serve, name="daemon", daemon=True)
        self._alarms = FalseAlarms(app.rules)
        self.city = CityClock(app.clock(), app.clock(), speed)

    def until_over(self, asked_to_stop: threading.Event) -> datetime:
        """Show the run until its time is over or somebody asks for its end; returns when that was."""
        app = self._app
        self._console.print(self.words("begins", service=app.settings.service.name, speed=f"{self._speed:g}"))
        migrate.upgrade(app.store, app.clock())
        self._user = let_in(app.store, app.rules, app.clock())
        self._console.print(self._addresses())
        self._daemon.start()
        try:
            self._wait_for_first_fetch(asked_to_stop)
            started_at = app.clock()
            opens_at = started_at.astimezone(app.rules.zone).replace(hour=_OPENS, minute=0, second=0, microsecond=0)
            self.city = CityClock(started_at, opens_at, self._speed)
            story = Story(app.rules, self._seed, self.words("thanks"))
            player = Player(
                story.acts(), self.city, app.clock, self._stage.x, self._stage.graph, app.rules, app.store, app.desk
            )
            player.start()
            try:
                self._show(player, asked_to_stop)
            finally:
                player.stop()
            ended_at = app.clock()
            self._console.print(self.words("ends"), style="dim")
            return ended_at
        finally:
            self._stop.set()
            self._daemon.join()

    def _serve(self) -> None:
        try:
            daemon.run(self._app, self._stop)
        except Exception as exc:  # noqa: BLE001 - it is raised again by whoever waits for this thread
            self._error = exc

    def _wait_for_first_fetch(self, asked_to_stop: threading.Event) -> None:
        """What was written before an account was first seen is no case: nobody writes before."""
        until = time.monotonic() + _FIRST_FETCH
        expected = len(self._app.settings.accounts)
        while not asked_to_stop.wait(0.05):
            self._check(None)
            with self._app.store.read() as tx:
                if sum(account.fetched_at is not None for account in accounts.watched(tx).values()) == expected:
                    return
            if time.monotonic() > until:
                raise DemoBroken("the daemon did not fetch every account")

    def _check(self, player: Player | None) -> None:
        for error in (self._error, player.error if player else None):
            if error is not None:
                raise DemoBroken(f"{type(error).__name__}: {error}") from error
        if not self._daemon.is_alive():
            raise DemoBroken(f"the daemon ended by itself: {'; '.join(self._noted.errors()) or 'nobody knows why'}")

    def _show(self, player: Player, asked_to_stop: threading.Event) -> None:
        until = None if self._minutes is None else self.city.started_at + timedelta(minutes=self._minutes)
        lookout = Lookout(self._app.store, self._app.rules, self.city)
        if self._console.is_terminal and not self._console.is_dumb_terminal:
            self._screen(lookout, player, until, asked_to_stop)
        else:
            self._lines(lookout, player, until, asked_to_stop)

    def _screen(self, lookout: Lookout, player: Player, until: datetime | None, asked_to_stop: threading.Event) -> None:
        footer = self._addresses()
        with Live(console=self._console, screen=True, auto_refresh=False, redirect_stdout=False) as live:
            while not self._over(player, until, asked_to_stop):
                width, height = self._console.size
                now = self._app.clock()
                left = None if until is None else until - now
                scene = lookout.scene(now, left, self._stage.receiver.arrived(), self._prevented(), height)
                live.update(render(scene, self.words, footer, width, height), refresh=True)
                asked_to_stop.wait(_REFRESH)

    def _lines(self, lookout: Lookout, player: Player, until: datetime | None, asked_to_stop: threading.Event) -> None:
        plain, told = Plain(self._console, self.words), 0
        while not self._over(player, until, asked_to_stop):
            told = self._new_lines(lookout, plain, told)
            plain.status(lookout.scene(self._app.clock(), None, (), 0, 0))
            asked_to_stop.wait(_REFRESH)
        self._new_lines(lookout, plain, told)

    def _new_lines(self, lookout: Lookout, plain: Plain, told: int) -> int:
        new = self._stage.receiver.arrived(told)
        for one in new:
            plain.alert(lookout.alert(one))
        return told + len(new)

    def _over(self, player: Player, until: datetime | None, asked_to_stop: threading.Event) -> bool:
        self._check(player)
        return asked_to_stop.is_set() or (until is not None and self._app.clock() >= until)

    def _prevented(self) -> int:
        with self._app.store.read() as tx:
            return self._alarms.read(tx)

    def _addresses(self) -> str:
        web = self._app.settings.web
        pages, metrics = f"http://{web.listen}", f"http://{web.metrics_listen}/metrics"
        return self.words("web", pages=pages, user=self._user, password=PASSWORD, metrics=metrics)


@contextmanager
def _stop_on_signals() -> Iterator[threading.Event]:
    """Ctrl-C, SIGTERM and a closed terminal ask for the end and the summary; a second one ends at once."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return

    def ask(number: int, _frame: FrameType | None) -> None:
        if asked.is_set():
            sys.exit(128 + number)
        asked.set()

    before = {number: signal.signal(number, ask) for number in _ENDING}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Noted(logging.Handler):
    """Keeps the errors that were logged, to be told at the end."""

    MOST = 5
    TOLD_ELSEWHERE = frozenset({"account.blind", "alert.dead"})
    """What the story brings about, and the summary counts."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        said = record.msg.get("event", "") if isinstance(record.msg, dict) else record.getMessage()
        if said not in self.TOLD_ELSEWHERE:
            self._lines.append(str(said))

    def errors(self) -> list[str]:
        """The first of them, and how many more there were."""
        lines = list(self._lines)
        more = len(lines) - self.MOST
        return lines[: self.MOST] + ([f"+{more}"] if more > 0 else [])


@contextmanager
def _quiet(stage: Stage) -> Iterator[_Noted]:
    """The daemon's log would run over the screen: errors are kept for the end, all else is let go."""
    root = logging.getLogger()
    before, level = root.handlers, root.level
    logs.configure("error", stage.settings.secret_values())
    noted = _Noted()
    root.handlers = [noted]
    try:
        yield noted
    finally:
        root.handlers = before
        root.setLevel(level)
