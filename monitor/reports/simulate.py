"""A week under another promise: its recorded cases lived through again, beside what was and what should have been."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from monitor.reports.count import case_ids
from monitor.reports.week import UnknownDepartment
from monitor.rules import Rules
from monitor.store import events
from monitor.store.engine import Store, Transaction
from monitor.store.events import Recorded
from sla.compliance import Numbers
from sla.escalation import BusinessTime
from sla.policy import Policy
from sla.simulate import Terms, relive, rescaled
from sla.week import Week
from sla.whatif import Difference, Figures, Sums, difference, tell

Progress = Callable[[int, int], None]
"""Told how many cases of how many are done."""

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What is to be different. The crisis policy stays as it is: its promise is another one."""

    target: timedelta | None = None
    """Its steps keep their proportion to it."""
    calendar: str | None = None
    policy: str | None = None
    """Put every case under this policy, before the other two."""

    def apply(self, rules: Rules, name: str) -> Policy:
        """The policy that stands where the recorded one, `name`, stood. Raises ValueError as `rescaled`."""
        if name == rules.settings.crisis.policy:
            return rules.policy(name)
        policy = rules.policy(self.policy or name)
        if self.target is not None:
            policy = rescaled(policy, self.target)
        return policy if self.calendar is None else replace(policy, calendar=self.calendar)


@dataclass(frozen=True, slots=True)
class Simulation:
    """A week three times: as recorded, simulated as it is promised now, and simulated otherwise."""

    week: Week
    since: datetime
    until: datetime
    generated_at: datetime
    department: str | None
    """The one it was asked of; None: all."""
    what_if: WhatIf
    policies: Mapping[str, tuple[Policy, Policy]]
    """The recorded policies of the week's cases: as they are, and what stood in their place."""
    recorded: Figures
    baseline: Figures
    changed: Figures
    prevented: tuple[int, int]
    """Alerts that the look prevents, in the baseline and otherwise."""
    refused: int
    """What people did that was not possible otherwise, as a second acknowledgement at one level."""
    differences: Mapping[Difference, tuple[str, ...]]
    """Cases by why their baseline is not what was recorded."""
    unexplained: tuple[str, ...]
    """Cases that are not counted, because their history is broken."""
    last_event: int

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; instants are ISO 8601 in the service's zone, times are seconds."""
        target = self.what_if.target
        return {
            "week": str(self.week), "from": self.since.isoformat(), "until": self.until.isoformat(),
            "generated_at": self.generated_at.isoformat(), "department": self.department,
            "clock": "first",
            "what_if": {
                "target_seconds": target.total_seconds() if target is not None else None,
                "calendar": self.what_if.calendar, "policy": self.what_if.policy,
            },
            "policies": [
                {"policy": name, "was": _policy(was), "would_be": _policy(would)}
                for name, (was, would) in self.policies.items()
            ],
            "recorded": _figures(self.recorded), "baseline": _figures(self.baseline),
            "would_be": _figures(self.changed),
            "prevented_by_the_look": {"baseline": self.prevented[0], "would_be": self.prevented[1]},
            "refused": self.refused,
            "differences": {why.value: list(self.differences.get(why, ())) for why in Difference},
            "unexplained": list(self.unexplained), "last_event": self.last_event,
        }  # fmt: skip


def simulate(
    store: Store, rules: Rules, what_if: WhatIf, week: str | None, now: datetime, department: str | None = None,
    progress: Progress = lambda done, of: None,
) -> Simulation:  # fmt: skip
    """Live through a week's cases again, up to `now`; `week` is "2026-W47", None the last complete one.

    A case belongs to the department that holds it in the recorded history.

    Raises:
        UnknownWeek: there is no such week, or it is written otherwise.
        UnknownDepartment: nothing is known of `department`.
        ValueError: the target does not fit a policy.
    """
    zone = rules.zone
    chosen = Week.parse(week) if week is not None else Week.of(now, zone).before()
    since, until = chosen.span(zone)
    run = _Run(rules, what_if, department, now)
    with store.read() as tx:
        events.freeze(tx)
        last_event = events.last(tx)
        ids = case_ids(tx, since, until, last_event)
        for done, history in enumerate(_histories(tx, ids, last_event), 1):
            run.add(history)
            progress(done, len(ids))
    if department is not None and department not in rules.departments and not run.counted:
        raise UnknownDepartment(f"there is no department {department!r}; there are {', '.join(rules.departments)}")
    return Simulation(
        week=chosen, since=since.astimezone(zone), until=until.astimezone(zone), generated_at=now.astimezone(zone),
        department=department, what_if=what_if, policies=dict(sorted(run.policies.items())),
        recorded=run.recorded.figures(now), baseline=run.baseline.figures(now), changed=run.changed.figures(now),
        prevented=(run.prevented, run.prevented_otherwise), refused=run.refused,
        differences={why: tuple(sorted(found)) for why, found in sorted(run.differences.items())},
        unexplained=tuple(sorted(run.broken)), last_event=last_event,
    )  # fmt: skip


class _Run:
    """The three counts in the making."""

    def __init__(self, rules: Rules, what_if: WhatIf, department: str | None, now: datetime) -> None:
        self._rules, self._what_if, self._department, self._now = rules, what_if, department, now
        self.policies: dict[str, tuple[Policy, Policy]] = {}
        self.recorded, self.baseline, self.changed = (Sums(rules.zone) for _ in range(3))
        self.prevented = self.prevented_otherwise = self.refused = self.counted = 0
        self.differences: defaultdict[Difference, list[str]] = defaultdict(list)
        self.broken: list[str] = []

    def add(self, history: list[Recorded]) -> None:
        """Live one case through twice, and count it three times; one that cannot be told is set aside."""
        people, id = self._rules.recipients, str(history[0].case_id)
        try:
            if self._department is not None and _holder(history) != self._department:
                return
            as_is = relive(history, self._terms(0), people, self._now)
            otherwise = relive(history, self._terms(1), people, self._now)
            was = tell(history)
        except (LookupError, ValueError, TypeError):
            self.broken.append(id)
            return
        again = tell(as_is.events)
        self.recorded.add(was)
        self.baseline.add(again)
        self.changed.add(tell(otherwise.events))
        why = difference(history, was, again, self._now)
        self.counted += 1
        self.prevented += as_is.prevented
        self.prevented_otherwise += otherwise.prevented
        self.refused += len(otherwise.refused)
        if why is not None:
            self.differences[why].append(id)

    def _terms(self, which: int) -> Terms:
        def terms(name: str, department: str) -> tuple[Policy, BusinessTime]:
            pair = self.policies.get(name)
            if pair is None:
                pair = self.policies[name] = self._rules.policy(name), self._what_if.apply(self._rules, name)
            policy = pair[which]
            return policy, self._rules.calendar(policy.calendar, department)

        return terms


def _holder(history: list[Recorded]) -> str:
    """The department that holds a case at the end of its history."""
    held = [event.data["department" if event.kind == "opened" else "to"] for event in history
            if event.kind in ("opened", "transferred")]  # fmt: skip
    return str(held[-1])


def _histories(tx: Transaction, ids: set[str], last_event: int) -> Iterator[list[Recorded]]:
    rest = iter(sorted(ids))
    while some := list(islice(rest, _AT_ONCE)):
        by_case: defaultdict[str, list[Recorded]] = defaultdict(list)
        for event in events.of_cases(tx, some, last_event):
            by_case[str(event.case_id)].append(event)
        yield from by_case.values()


def _policy(policy: Policy) -> dict[str, Any]:
    return {
        "policy": policy.name, "target_seconds": policy.target.total_seconds(), "calendar": policy.calendar,
        "steps": [{"at_seconds": step.at.total_seconds(), "kind": step.kind} for step in policy.steps],
    }  # fmt: skip


def _figures(of: Figures) -> dict[str, Any]:
    return {
        **_numbers(of.counts.total.whole), "breaches": of.breaches, "alerts": of.alerts,
        "alerts_by_kind": dict(sorted(of.kinds.items())), "alerts_by_person": dict(sorted(of.people.items())),
        "alerts_by_hour": list(of.hours),
        "departments": [
            {"department": id, **_numbers(found.whole)} for id, found in of.counts.departments.items()
        ],
    }  # fmt: skip


def _numbers(of: Numbers) -> dict[str, Any]:
    return {
        "cases": of.received, "met": of.met, "missed": of.missed, "attainment": of.attainment, "pending": of.pending,
        "dismissed": of.dismissed, "deleted": of.deleted, "undetermined": of.undetermined,
    }  # fmt: skip
