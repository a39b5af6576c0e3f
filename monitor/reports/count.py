"""The cases and the coverage of a week, out of the store's events; no more than a handful of histories at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice

from monitor.rules import Rules
from monitor.store import accounts, events
from monitor.store.accounts import Watched
from monitor.store.engine import Transaction
from sla.compliance import Coverage, Episode, coverage, episodes
from sla.history import Folded, fold, instant

Key = tuple[str, str]
"""An account: platform and the platform's id."""

_AT_ONCE = 500
_CLOCKS_APART = timedelta(days=7)
"""How much earlier than the platform's time of a mention our own clock may have recorded it, wrong as it was."""


def case_ids(tx: Transaction, since: datetime, until: datetime, last_event: int) -> set[str]:
    """Ids of the cases whose first mention was written from `since` to before `until`.

    An event that says so is recorded no earlier than the mention was written, so older history is passed over.
    """
    ids: set[str] = set()
    for event in events.recorded_since(tx, since - _CLOCKS_APART, ("opened", "clock_moved"), last_event):
        assert event.case_id is not None
        try:
            within = since <= instant(event.data["opened_at"]) < until
        except (KeyError, ValueError, TypeError):
            within = True  # what cannot be read is shown as broken, not passed over
        if within:
            ids.add(event.case_id)
        else:
            ids.discard(event.case_id)
    return ids


def histories(tx: Transaction, ids: Iterable[str], last_event: int) -> Iterator[Folded]:
    """What became of the cases, some hundred at a time."""
    rest = iter(sorted(ids))
    while some := list(islice(rest, _AT_ONCE)):
        yield fold(events.of_cases(tx, some, last_event))


def coverages(
    tx: Transaction, rules: Rules, since: datetime, until: datetime, now: datetime
) -> dict[str, dict[Key, Coverage]]:
    """How much of the time from `since` to `until` each account was seen, by department (SEMANTICS row 33).

    An account is to be watched from its `watch_from`; one that is in the settings no more, up to its last complete
    fetch. Time since the last complete fetch that exceeds `blind_after` is blind though no event says so yet: the
    service may be down as this is counted.
    """
    limit = rules.settings.polling.blind_after
    blind = episodes(events.of_service(tx, ("blind", "recovered", "gap")), now, limit)
    found: defaultdict[str, dict[Key, Coverage]] = defaultdict(dict)
    for key, account in accounts.watched(tx).items():
        owner = rules.department_of(*key)
        end = min(until, now)
        dark = list(blind.get(key, ()))
        if owner is None:
            end = min(end, account.fetched_at or account.watch_from)
        elif now - _seen(account) > limit:
            dark.append(Episode(_seen(account), None))
        seen = coverage(dark, max(since, account.watch_from), end)
        if owner is not None or seen.watched:
            found[owner.id if owner else account.department][key] = seen
    return dict(found)


def _seen(account: Watched) -> datetime:
    return account.fetched_at or account.watch_from
