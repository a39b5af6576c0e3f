"""Which actions a case allows: those whose own function would not refuse them, so that no page offers what fails."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sla import actions
from sla.case import Case, Change, Conflict

_SOON = timedelta(minutes=1)

_TRIES: Mapping[str, Callable[[Case, str, datetime], Change]] = {
    "acknowledge": lambda case, by, now: actions.acknowledged(case, by, now + _SOON, now),
    "claim": actions.claimed,
    "release": actions.released,
    "snooze": lambda case, by, now: actions.snoozed(case, by, now + _SOON, "", now),
    "wake": actions.woken,
    # To another department than its own, which has a name.
    "transfer": lambda case, by, now: actions.transferred(case, "", case.policy, case.deadline, by, "", now),
    "dismiss": lambda case, by, now: actions.dismissed(case, by, "", now),
    "elsewhere": lambda case, by, now: actions.answered_elsewhere(case, by, "phone", now),
    "final": lambda case, by, now: actions.final_asked(case, by, "", now, now),
    "not_final": lambda case, by, now: actions.final_withdrawn(case, by, "", now),
    # Into an older one of the same citizen.
    "merge": lambda case, by, now: actions.merged_into(case, _older(case), by, "", now),
    "reopen": lambda case, by, now: actions.reopened(case, by, "", now),
}


def possible(case: Case, by: str, now: datetime) -> frozenset[str]:
    """The actions that `by` may take on a case at `now`. Notes may be written and struck beside any."""
    return frozenset(name for name in _TRIES if _works(name, case, by, now))


def _works(name: str, case: Case, by: str, now: datetime) -> bool:
    try:
        _TRIES[name](case, by, now)
    except Conflict:
        return False
    return True


def _older(case: Case) -> Case:
    return case._replace(id="", opened_at=case.opened_at - _SOON)
