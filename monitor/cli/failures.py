"""From whatever went wrong to one line and an exit code of CONTRACT."""

from __future__ import annotations

import traceback

import click

from config import SettingsError
from monitor.cli.call import Call
from monitor.logs import redactor
from monitor.service import AlreadyRunning
from monitor.store.engine import StoreError
from monitor.store.opening import NotMigrated, TryLater

NO, USAGE, OURS, LATER, SETTINGS = 1, 2, 70, 75, 78
"""CONTRACT, "Exit codes"; 70, 75 and 78 are those of sysexits.h."""


class Failure(click.ClickException):
    """The command ends with these lines and this exit code."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code

    def show(self, file: object = None) -> None:
        """Print the message as it is."""
        click.echo(self.message, err=True)


def failure(error: Exception, call: Call | None) -> Failure:
    """Say what went wrong. Where the program itself is at fault, where it was is shown only with `--debug`."""
    message, code = _explained(error, call)
    if call is not None:
        if code == OURS and call.debug:
            message = "".join(traceback.format_exception(error)).rstrip()
        message = str(redactor(call.secrets())(None, "", {"event": message})["event"])
    return Failure(message, code)


def _explained(error: Exception, call: Call | None) -> tuple[str, int]:
    if call is None or isinstance(error, SettingsError):
        return str(error), SETTINGS if isinstance(error, SettingsError) else OURS
    words = call.words()
    if isinstance(error, AlreadyRunning):
        return words("already_running", what=error), LATER
    if isinstance(error, NotMigrated):
        return words("not_migrated", what=error), LATER
    if isinstance(error, TryLater):
        return words("later", what=error), LATER
    if isinstance(error, StoreError):
        return words("unusable", what=error), OURS
    said = " ".join(str(error).split())
    return words("ours", what=f"{type(error).__name__}: {said}" if said else type(error).__name__), OURS
