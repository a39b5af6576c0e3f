"""What every verb is handed: the settings and the database, read only when asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.clock import Clock

if TYPE_CHECKING:
    from config import Settings
    from monitor.rules import Rules
    from monitor.store.engine import Store
    from monitor.words import Words


class Refusal(click.ClickException):
    """The answer is no: the message says why, the exit code is 1."""

    def show(self, file: object = None) -> None:
        """Print the message as it is."""
        click.echo(self.message, err=True)


class Call:
    """One call of the program."""

    def __init__(self, config: Path, debug: bool, clock: Clock) -> None:
        self.config, self.debug, self.clock = config, debug, clock
        self._settings: Settings | None = None

    def settings(self) -> Settings:
        """The settings. Raises SettingsError."""
        if self._settings is None:
            from config import load

            self._settings = load(self.config)
        return self._settings

    def reread(self) -> Settings:
        """The settings as the file has them now; these it goes by from then on. Raises SettingsError."""
        from config import load

        self._settings = load(self.config)
        return self._settings

    def rules(self) -> Rules:
        """The settings as the engine asks them."""
        from monitor.rules import Rules

        return Rules(self.settings())

    @contextmanager
    def store(self) -> Iterator[Store]:
        """The database, which must be there already. Raises as `monitor.store.opening.opened`."""
        settings = self.settings()
        from monitor.store.opening import opened

        with opened(settings.database) as store:
            yield store

    def words(self) -> Words:
        """The reader's language; Korean until the settings are known, as the settings' own faults are."""
        from monitor.words import Words

        return Words(self._settings.service.language if self._settings else "ko")

    def secrets(self) -> Collection[str]:
        """What must not be printed."""
        return self._settings.secret_values() if self._settings else ()


pass_call = click.make_pass_decorator(Call)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
