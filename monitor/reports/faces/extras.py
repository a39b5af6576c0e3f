"""What the faces need beyond the service itself: the extra `reports`."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from monitor.reports.faces.words import Phrases


class MissingExtra(RuntimeError):
    """A face needs a package that is not installed; the message says how to install it."""


def need(module: str, format: str, language: str) -> ModuleType:
    """A module of the extra `reports`, loaded when its face is asked for and not before.

    Raises:
        MissingExtra: it is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as exc:
        raise MissingExtra(Phrases(language)("extra.missing", format=format.upper(), module=module)) from exc
