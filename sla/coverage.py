"""How much of the time somebody should have watched an account, and how much of that nobody did (SEMANTICS row 33)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sla.compliance import percent
from sla.history import BrokenHistory, Happened, instant


@dataclass(frozen=True, slots=True)
class Coverage:
    """How long an account, or several, should have been watched, and how much of that nobody saw."""

    watched: timedelta = timedelta(0)
    blind: timedelta = timedelta(0)

    def __add__(self, other: Coverage) -> Coverage:
        return Coverage(self.watched + other.watched, self.blind + other.blind)

    @property
    def share(self) -> float | None:
        """The part that was seen, cut after six decimals: any blind time at all keeps it below 1 (SEMANTICS row 33)."""
        if not self.watched:
            return None
        return (self.watched - self.blind) * 1_000_000 // self.watched / 1_000_000

    @property
    def percent(self) -> str:
        """The same as it is shown; "" where nothing was to be watched."""
        microsecond = timedelta(microseconds=1)
        seen = (self.watched - self.blind) // microsecond
        return percent(seen, self.watched // microsecond) if self.watched else ""


class Episode(NamedTuple):
    """A time in which an account had no complete primary fetch; `until` is None while it lasts."""

    since: datetime
    until: datetime | None


def episodes(events: Iterable[Happened], now: datetime, blind_after: timedelta) -> dict[tuple[str, str], list[Episode]]:
    """Blind episodes by platform and account, from the `blind`, `recovered` and `gap` events in recorded order.

    As known at `now`: what was recorded later counts only where it had lasted longer than `blind_after` by then, so
    that the same instant gives the same coverage whenever it is asked for.

    Raises:
        BrokenHistory: one of them cannot be read; to pass it over might show blind time as seen.
    """
    ended: defaultdict[tuple[str, str], list[Episode]] = defaultdict(list)
    lasting: dict[tuple[str, str], Episode] = {}
    for event in events:
        key, episode = _episode(event)
        if event.at > now and now - episode.since <= blind_after:
            continue
        if episode.until is None:
            lasting[key] = episode
        else:
            ended[key].append(episode)
            if event.kind == "recovered":
                lasting.pop(key, None)
    for key, episode in lasting.items():
        ended[key].append(episode)
    return dict(ended)


def _episode(event: Happened) -> tuple[tuple[str, str], Episode]:
    try:
        until = None if event.kind == "blind" else instant(event.data["until"])
        return (event.data["platform"], event.data["account"]), Episode(instant(event.data["since"]), until)
    except (KeyError, ValueError, TypeError) as exc:
        raise BrokenHistory(f"the {event.kind!r} event recorded at {event.at} cannot be read: {exc!r}") from exc


def coverage(blind: Iterable[Episode], since: datetime, until: datetime) -> Coverage:
    """How much of `since` to `until` was seen. Episodes may overlap; one that lasts runs to the end."""
    if until <= since:
        return Coverage()
    lost, seen_to = timedelta(0), since
    for begin, end in sorted((episode.since, min(episode.until or until, until)) for episode in blind):
        begin = max(begin, seen_to)
        if end > begin:
            lost += end - begin
            seen_to = end
    return Coverage(until - since, lost)
