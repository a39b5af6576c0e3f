"""The demo where there is no screen, as in a pipe or a CI: one plain line for whatever happens, no control codes."""

from __future__ import annotations

from datetime import datetime, timedelta

from rich.console import Console

from monitor.demo.scene import Alert, Scene
from monitor.demo.words import DemoWords

STATUS_EVERY = timedelta(minutes=10)
"""City time between two lines that say how it stands."""


class Plain:
    """Prints what is new."""

    def __init__(self, console: Console, words: DemoWords) -> None:
        self._console, self._words = console, words
        self._status_at: datetime | None = None

    def say(self, line: str) -> None:
        """Print a line as it is."""
        self._console.print(line, markup=False, highlight=False, emoji=False, soft_wrap=True)

    def alert(self, one: Alert) -> None:
        """A message arrived."""
        words = self._words
        count = words("cases", count=one.cases) if one.cases else ""
        level = words("level", level=one.level) if one.level else ""
        unchecked = words("unchecked") if one.unchecked and one.kind != "answered" else ""
        parts = [one.recipient, level, count, unchecked, one.about]
        self.say(f"{one.at:%H:%M} [{words.kind(one.kind)}] " + " · ".join(filter(None, parts)))

    def status(self, scene: Scene) -> None:
        """How it stands, every ten minutes of the city."""
        if self._status_at is not None and scene.city_time < self._status_at + STATUS_EVERY:
            return
        self._status_at = scene.city_time
        self.say(f"{scene.city_time:%H:%M} " + self._words("status", **scene.total._asdict()))
