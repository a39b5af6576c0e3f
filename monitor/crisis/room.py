"""Where incidents are opened, joined, claimed and ended: each in one transaction, one at a time in the whole city."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from monitor.alerts import outbox
from monitor.clock import Clock
from monitor.crisis.words import Tellings
from monitor.desk import BadRequest
from monitor.rules import Rules
from monitor.store import cases, incidents
from monitor.store.cases import StaleCase
from monitor.store.engine import Store, Transaction, lock_conversations, new_id
from sla import incident as rule
from sla.alarm import Alarm, Sighting, belongs
from sla.case import Case, Change, Conflict, State, alarmed
from sla.escalation import next_action
from sla.incident import Incident, Summary
from sla.similar import NEWEST, Matter, Ordinary, ready, topic

LINKS = 3
"""How many posts are linked in what people are told."""
_TRIES = 10
_Result = TypeVar("_Result")


class UnknownIncident(Exception):
    """There is no incident of that id."""


class CrisisRoom:
    """The one way to change an incident. Methods return it as it is afterwards.

    All of them hold one lock, so that two nodes, or two mentions at once, never open two incidents about the same.
    """

    def __init__(self, store: Store, rules: Rules, clock: Clock) -> None:
        self._store, self._rules, self._clock = store, rules, clock
        self._tellings = Tellings(rules)

    def admit(self, sightings: Sequence[Sighting], alarm: Alarm | None, ordinary: Ordinary) -> Incident | None:
        """Let mentions join the open incident they are about; without one, the `alarm` opens it.

        Returns None where they are about none and there is no alarm, or where their cases are gone or ended.
        """
        return self._transact(lambda tx: self._admit(tx, sightings, alarm, ordinary))

    def claim(self, id: str, by: str, from_: str | None = None) -> Incident:
        """One person has it from now on; where `from_` is given, only if they have it still ("": nobody).

        Raises `UnknownIncident`, `BadRequest` or `sla.case.Conflict`.
        """
        self._must_know(by)

        def store(tx: Transaction) -> Incident:
            found = self._get(tx, id)
            if from_ is not None and (found.owner or "") != from_:
                raise Conflict(f"incident {id} is with {found.owner}, and not with {from_} any more")
            moved = rule.claimed(found, by, self._clock())
            incidents.save(tx, moved)
            return moved.incident

        return self._transact(store)

    def end(self, id: str, by: str, reason: str) -> Incident:
        """It is over, because of `reason`; its cases stay as they are, and everybody is told what it came to.

        Raises `UnknownIncident`, `BadRequest` or `sla.case.Conflict`.
        """
        self._must_know(by)
        if not reason.strip():
            raise BadRequest("say why: a reason is kept with the incident")
        return self._transact(lambda tx: self._end(tx, self._get(tx, id), by, reason))

    def end_what_is_over(self) -> list[Incident]:
        """End every incident without news and without open cases for `[crisis] ends_after`."""
        ends_after = self._rules.settings.crisis.ends_after

        def is_over(tx: Transaction, incident: Incident) -> bool:
            now = self._clock()
            quiet = rule.may_end(incident, 0, ends_after, now)
            return quiet and rule.may_end(incident, incidents.open_cases(tx, incident.id), ends_after, now)

        with self._store.read() as tx:
            over = [incident for incident in incidents.open_ones(tx) if is_over(tx, incident)]
        if not over:
            return []

        def store(tx: Transaction) -> list[Incident]:
            still = [incident for incident in incidents.open_ones(tx) if is_over(tx, incident)]
            return [self._end(tx, incident, "clock", self._tellings.over(ends_after)) for incident in still]

        return self._transact(store)

    def summary(self, tx: Transaction, incident: Incident) -> Summary:
        """What an incident has come to by now."""
        of = cases.by_ids(tx, incidents.case_ids(tx, incident.id)).values()
        return rule.summed_up(incident, of, *incidents.counts(tx, incident.id))

    @staticmethod
    def matter(tx: Transaction, incident: Incident) -> Matter:
        """What an incident's newest posts share."""
        return Matter(ready(post.text) for post in reversed(incidents.posts_of(tx, incident.id, NEWEST)))

    def _admit(
        self, tx: Transaction, sightings: Sequence[Sighting], alarm: Alarm | None, ordinary: Ordinary
    ) -> Incident | None:
        now = self._clock()
        found = cases.by_ids(tx, {one.case for one in sightings})
        found = {id: case for id, case in found.items() if case.state is not State.MERGED}
        sightings = [one for one in sightings if one.case in found]
        if not sightings:
            return None
        target = self._target(tx, sightings, found, ordinary)
        if target is None and alarm is None:
            return None
        if target is None:
            assert alarm is not None
            return self._open(tx, alarm, sightings, found, ordinary, now)
        joining = self._alarmed(found.values(), target.id, now)
        moved = rule.grew(target, [change.case.id for change in joining], max(one.at for one in sightings), now)
        cases.save(tx, joining)
        incidents.save(tx, moved)
        return moved.incident

    def _target(
        self, tx: Transaction, sightings: Sequence[Sighting], found: dict[str, Case], ordinary: Ordinary
    ) -> Incident | None:
        """The open incident that these mentions are about: their cases are of it, or they say what its posts say."""
        going_on = incidents.open_ones(tx)
        held = {case.incident for case in found.values()}
        own = next((incident for incident in going_on if incident.id in held), None)
        if own is not None:
            return own
        said = Matter(one.text for one in sightings)
        for incident in going_on:
            known = self.matter(tx, incident)
            if said.is_that_of(known, ordinary) or any(
                belongs(one.text, incident.keyword, known, ordinary) for one in sightings
            ):
                return incident
        return None

    def _open(
        self, tx: Transaction, alarm: Alarm, sightings: Sequence[Sighting], found: dict[str, Case],
        ordinary: Ordinary, now: datetime,
    ) -> Incident:  # fmt: skip
        first = min(sightings, key=lambda one: (one.at, one.key))
        department = self._rules.settings.crisis.department or found[first.case].department
        owner = self._rules.on_duty(department, now) or self._rules.root
        data: dict[str, Any] = {
            "keyword": alarm.keyword, "first_post_at": first.at, "account": alarm.account,
            "told": list(self._rules.crisis_people(owner, now)),
        }  # fmt: skip
        if alarm.surge is not None:
            data["test"] = {
                "window_seconds": int(alarm.surge.window.total_seconds()), "people": alarm.surge.people,
                "expected": alarm.surge.expected, "chance": alarm.surge.chance, "limit": alarm.surge.limit,
            }  # fmt: skip
        subject = alarm.keyword or " ".join(topic([one.text for one in sightings], ordinary)) or alarm.account
        moved = rule.opened(
            Incident(new_id("i"), alarm.kind, subject, department, owner, now, max(one.at for one in sightings),
                     data={**data, "first_post_at": first.at.isoformat()}),
            sorted(found), now,
        )  # fmt: skip
        incident = moved.incident
        cases.save(tx, self._alarmed(found.values(), incident.id, now))
        incidents.save(tx, moved)
        posts, people = incidents.counts(tx, incident.id)
        links = [post.permalink for post in incidents.posts_of(tx, incident.id, LINKS) if post.permalink]
        detail = self._tellings.opened(incident, posts, people, alarm.surge, links)
        outbox.notice(tx, self._rules, "crisis", incident.told, now, detail=detail, incident=incident.id)
        return incident

    def _alarmed(self, of: Iterable[Case], incident: str, now: datetime) -> list[Change]:
        """The cases that were not of it yet, under the crisis policy from now on, in the order of their ids."""
        policy = self._rules.policy(self._rules.settings.crisis.policy)
        changes = []
        for case in sorted(of, key=lambda case: case.id):
            if case.incident == incident:
                continue
            deadline = self._rules.deadline(policy, case.department, case.opened_at)
            change = alarmed(case, incident, policy.name, deadline, now)
            if change.case.is_open:
                due = next_action(change.case, *self._rules.terms(change.case))
                change = Change(change.case._replace(next_action_at=due), change.events)
            changes.append(change)
        return changes

    def _end(self, tx: Transaction, incident: Incident, by: str, reason: str) -> Incident:
        now = self._clock()
        summary = self.summary(tx, incident)
        moved = rule.ended(incident, by, reason, summary, now)
        incidents.save(tx, moved)
        detail = self._tellings.ended(moved.incident, summary)
        outbox.notice(tx, self._rules, "crisis", incident.told, now, detail=detail, incident=incident.id, ended=True)
        return moved.incident

    def _transact(self, store: Callable[[Transaction], _Result]) -> _Result:
        """Run it alone in the city; a case that changed meanwhile makes it begin again."""
        for _ in range(_TRIES):
            try:
                with self._store.write() as tx:
                    lock_conversations(tx, {"incidents"})
                    return store(tx)
            except StaleCase:
                continue
        raise StaleCase

    @staticmethod
    def _get(tx: Transaction, id: str) -> Incident:
        found = incidents.get(tx, id)
        if found is None:
            raise UnknownIncident(f"there is no incident {id!r}")
        return found

    def _must_know(self, by: str) -> None:
        if not self._rules.knows(by):
            raise BadRequest(f"there is no staff {by!r} in the settings")
