"""How much of a week each account was seen, and which of them have fallen silent (SEMANTICS row 33)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from monitor.rules import Rules
from monitor.store import accounts, events, posts
from monitor.store.accounts import Watched
from monitor.store.engine import Transaction
from sla.coverage import Coverage, Episode, coverage, episodes

Key = tuple[str, str]
"""An account: platform and the platform's id."""

DORMANT_AFTER = timedelta(days=30)
"""An account that wrote nothing for so long looks abandoned to citizens."""


class Seen(NamedTuple):
    """An account's week."""

    handle: str
    coverage: Coverage
    last_post_at: datetime | None
    """When it last wrote anything itself, as far as that is kept."""
    dormant: bool


def seen(
    tx: Transaction, rules: Rules, since: datetime, until: datetime, now: datetime
) -> dict[str, dict[Key, Seen]]:  # fmt: skip
    """Every account that was to be watched from `since` to `until`, by department."""
    wrote = posts.last_official(tx, rules.official, min(until, now))
    found: defaultdict[str, dict[Key, Seen]] = defaultdict(dict)
    for department, of in _coverages(tx, rules, since, until, now).items():
        for key, (account, covered) in of.items():
            last = wrote.get(key)
            # Before that it was not watched: nobody can say that it was silent.
            dormant = min(until, now) - max(last or account.watch_from, account.watch_from) > DORMANT_AFTER
            found[department][key] = Seen(account.handle, covered, last, dormant)
    return dict(found)


def coverages(
    tx: Transaction, rules: Rules, since: datetime, until: datetime, now: datetime
) -> dict[str, dict[Key, Coverage]]:
    """How much of the time from `since` to `until` each account was seen, by department.

    An account is to be watched from its `watch_from`; one that is in the settings no more, up to its last complete
    fetch. Time since the last complete fetch that exceeds `blind_after` is blind though no event says so yet: the
    service may be down as this is counted.
    """
    found = _coverages(tx, rules, since, until, now)
    return {department: {key: covered for key, (_, covered) in of.items()} for department, of in found.items()}


def _coverages(
    tx: Transaction, rules: Rules, since: datetime, until: datetime, now: datetime
) -> Mapping[str, dict[Key, tuple[Watched, Coverage]]]:
    limit = rules.settings.polling.blind_after
    # Read to its end: a history that is broken midway would leave the cursor open.
    blind = episodes(list(events.of_service(tx, ("blind", "recovered", "gap"))), now, limit)
    found: defaultdict[str, dict[Key, tuple[Watched, Coverage]]] = defaultdict(dict)
    for key, account in accounts.watched(tx).items():
        owner = rules.department_of(*key)
        end = min(until, now)
        dark = list(blind.get(key, ()))
        if owner is None:
            end = min(end, account.fetched_at or account.watch_from)
        elif now - _fetched(account) > limit:
            dark.append(Episode(_fetched(account), None))
        covered = coverage(dark, max(since, account.watch_from), end)
        if owner is not None or covered.watched:
            found[owner.id if owner else account.department][key] = account, covered
    return found


def _fetched(account: Watched) -> datetime:
    return account.fetched_at or account.watch_from
