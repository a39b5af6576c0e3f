"""Sentences that the command line and the pages share, by their key."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from fastapi import Request

from monitor.web.render import language_of
from monitor.words import Words


class PageWords(Words):
    """The shared words as a page tells them: the reader's language, and of today's instants the time alone."""

    def __init__(self, request: Request, now: datetime) -> None:
        super().__init__(language_of(request))
        self._now = now

    def when(self, instant: datetime | None, zone: ZoneInfo) -> str:
        """An instant on the service's wall clock; "-" for none."""
        return "-" if instant is None else self.moment(instant, zone, self._now)


def sentence(request: Request, key: str, **values: object) -> str:
    """A sentence of the shared words in the reader's language."""
    return Words(language_of(request))(key, **values)
