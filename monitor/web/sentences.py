"""Sentences that the command line and the pages share, by their key."""

from __future__ import annotations

from fastapi import Request

from monitor.cli.words import Words
from monitor.web.render import language_of


def sentence(request: Request, key: str, **values: object) -> str:
    """A sentence of the shared words in the reader's language."""
    return Words(language_of(request))(key, **values)
