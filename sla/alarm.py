"""What opens an incident: a keyword, or a surge of people who tell of the same trouble (SEMANTICS row 34).

A surge is three things at once. More people say to an account what a new mention says (`sla.similar`) than usually say
that to it (`sla.surge`); they are several, whoever else joins the chain of likeness with them; and they tell of
trouble. A burst of praise, a ticket opening or a campaign is more than usual too, and wakes nobody; one that says
neither must be far larger. The numbers were chosen on the made weeks of `bench.crisis --dev`, then fixed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import NamedTuple

from sla.routing import fold
from sla.similar import Matter, Ordinary, Text, are_alike, group
from sla.surge import WINDOWS, Baseline, Share, Surge, limit, surge
from sla.watchwords import Watchwords

LEAST_PEOPLE = (3, 5, 8)
"""Who must say the same at least, by window: one angry person is no crisis, nor are two; what is slow needs more."""
MANY_PEOPLE = 15
"""Within the shortest window, where what they say is neither trouble nor its opposite."""
MOST_COMPARED = 200
"""How many of the newest mentions are looked through for the same: enough to open, and no storm makes it slow."""
KEEP = WINDOWS[-1]
"""How long a mention is looked back at."""


class Sighting(NamedTuple):
    """A mention as it is looked at here."""

    key: str
    """Tells mentions apart."""
    accounts: tuple[str, ...]
    """Those it speaks to, as keys of the baselines."""
    person: str
    """Only ever compared for sameness within the last hour."""
    at: datetime
    text: Text
    case: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """An incident is to be opened, because of these mentions."""

    kind: str
    """"keyword" or "surge"."""
    keyword: str
    """As the settings spell it; "" for a surge."""
    sightings: tuple[Sighting, ...]
    account: str = ""
    """Whose baseline a surge is against."""
    surge: Surge | None = None


@dataclass(frozen=True, slots=True)
class Alertness:
    """All that an alarm is judged by, apart from the mentions."""

    words: Watchwords
    baselines: Mapping[str, Baseline]
    """By account."""
    ordinary: Ordinary
    zone: tzinfo
    monthly: float
    """False alarms of the test that are put up with, in thirty days over all accounts together."""


def alarm(new: Sighting, recent: Iterable[Sighting], by: Alertness) -> Alarm | None:
    """Whether a mention that has just come makes an incident, together with those before it.

    `recent` are the mentions that belong to no incident, oldest first; those of the hour before `new` count.
    """
    within = [one for one in recent if new.at - KEEP < one.at <= new.at and one.key != new.key]
    keyword = by.words.keyword(new.text)
    if keyword is not None:
        # One post is a thin thread: only what is much like it comes along, and nothing by a chain of likenesses.
        about = Matter((new.text,))
        like_it = (one for one in within[-MOST_COMPARED:] if about.holds(one.text, by.ordinary))
        return Alarm("keyword", keyword, (*like_it, new))
    for account in new.accounts:
        baseline = by.baselines.get(account)
        if baseline is None:
            continue
        here = [one for one in within if account in one.accounts]
        alike = [one for one in here[-MOST_COMPARED:] if are_alike(new.text, one.text, by.ordinary)]
        counts = [len({one.person for one in alike if new.at - one.at < window} | {new.person}) for window in WINDOWS]
        if counts[-1] < LEAST_PEOPLE[0]:
            continue
        share = Share(*by.ordinary.share(new.text, account))
        below = limit(baseline, by.monthly, len(by.baselines))
        found = surge(baseline, new.at.astimezone(by.zone), counts, below, share)
        if found is None:
            continue
        # Whichever account they speak to: what is grouped is what is said.
        around = [one for one in within if new.at - one.at < found.window]
        said = _who_say_the_same(new, around, by.ordinary)
        if _is_crisis(said, found, by.words):
            return Alarm("surge", "", said, account, found)
    return None


def _who_say_the_same(new: Sighting, before: Sequence[Sighting], ordinary: Ordinary) -> tuple[Sighting, ...]:
    around = [*before[-MOST_COMPARED:], new]
    chain = group([one.text for one in around], len(around) - 1, ordinary)
    return tuple(around[place] for place in chain)


def _is_crisis(said: Sequence[Sighting], found: Surge, words: Watchwords) -> bool:
    people = {one.person for one in said}
    if len(people) < LEAST_PEOPLE[WINDOWS.index(found.window)]:
        return False
    troubled = {one.person for one in said if words.tells_of_trouble(one.text)}
    calm = {one.person for one in said if words.is_calm(one.text)}
    if len(calm) > len(troubled) or len(calm) * 2 > len(people):
        return False
    return len(troubled) * 2 >= len(people) or (len(people) >= MANY_PEOPLE and found.window == WINDOWS[0])


def belongs(text: Text, keyword: str, to: Matter, ordinary: Ordinary) -> bool:
    """Whether a mention is part of an open incident: it says the incident's keyword, or what its posts say."""
    return (bool(keyword) and fold(keyword) in text.folded) or to.holds(text, ordinary)
