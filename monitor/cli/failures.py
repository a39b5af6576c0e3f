"""From whatever went wrong to one line and an exit code of CONTRACT."""

from __future__ import annotations

import traceback

from config import SettingsError
from monitor.cli.call import Call
from monitor.logs import HIDDEN
from monitor.service import AddressTaken, AlreadyRunning
from monitor.store.engine import StoreError
from monitor.store.opening import NotMigrated, TryLater

OURS, LATER, SETTINGS = 70, 75, 78
"""CONTRACT, "Exit codes", after sysexits.h; 1 and 2 are click's own."""


def explain(error: Exception, call: Call | None) -> tuple[str, int]:
    """What went wrong, without secrets, and the exit code.

    Where the program itself is at fault, where it was is told only with `--debug`.
    """
    message, code = _explained(error, call)
    if call is None:
        return message, code
    if code == OURS and call.debug:
        message = "".join(traceback.format_exception(error)).rstrip()
    for secret in sorted(call.secrets(), key=len, reverse=True):
        message = message.replace(secret, HIDDEN)
    return message, code


def _explained(error: Exception, call: Call | None) -> tuple[str, int]:
    if call is None or isinstance(error, SettingsError):
        return str(error), SETTINGS if isinstance(error, SettingsError) else OURS
    words = call.words()
    if isinstance(error, AlreadyRunning):
        return words("already_running", what=error), LATER
    if isinstance(error, NotMigrated):
        return words("not_migrated", what=error), LATER
    if isinstance(error, TryLater | AddressTaken):
        return words("later", what=error), LATER
    if isinstance(error, StoreError):
        return words("unusable", what=error), OURS
    said = " ".join(str(error).split())
    return words("ours", what=f"{type(error).__name__}: {said}" if said else type(error).__name__), OURS
