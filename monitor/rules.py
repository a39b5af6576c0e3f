"""The settings as the engine asks them: which account, which policy, which people. Immutable; a reload makes anew."""

from __future__ import annotations

import re
from datetime import datetime

from config import Settings
from config import rules as build
from connectors.contract import Post, PostKind
from monitor.people import People
from sla import duty
from sla.calendar import Calendar
from sla.case import Case, Clock
from sla.duty import Department, Told
from sla.escalation import Decision, Reason
from sla.policy import Policy
from sla.quiet import QuietHours
from sla.routing import Routed, Router


class Rules:
    """One city's promises and people. Safe to share between threads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.zone = settings.service.zone
        self.departments: dict[str, Department] = {d.id: d for d in build.departments(settings)}
        self.calendars: dict[str, Calendar] = {name: build.calendar(settings, name) for name in settings.calendars}
        self._local = {
            (name, d.id): build.calendar(settings, name, d.id)
            for d in settings.departments
            if d.local_holidays
            for name in settings.calendars
        }
        self.policies: dict[str, Policy] = {name: build.policy(settings, name) for name in settings.policies}
        self._people = People(settings)
        self._router = Router(build.routes(settings))
        self._account_department = {(a.platform, a.id): a.department for a in settings.accounts}
        self._official: dict[str, frozenset[str]] = {}
        for platform in {a.platform for a in settings.accounts}:
            ids = frozenset(a.id for a in settings.accounts if a.platform == platform)
            self._official[platform] = ids
        self._channels = {person.id: tuple(person.channels) for person in settings.staff}
        self._quiet = build.quiet_hours(settings)
        self._named: dict[str, frozenset[str]] | None = None
        self._ignored = frozenset(settings.ignore.authors)
        self._automatic = [re.compile(pattern) for pattern in settings.answers.automatic]

    @property
    def root(self) -> str:
        """The staff id that every chain ends at."""
        return self.settings.service.root_contact

    def role(self, post: Post, watch_from: datetime | None) -> str:
        """What a post is to us: mention, official, automatic or context (SEMANTICS rows 6, 18 and 19).

        `watch_from` is that of the account it speaks to; platforms count whole seconds, so its own second counts.
        """
        if post.author is not None and post.author in self._official[post.platform]:
            if any(pattern.search(post.text) for pattern in self._automatic):
                return "automatic"
            return "official"
        ignored = f"{post.platform}:{post.author}" in self._ignored
        obliges = post.kind is PostKind.POST and post.addressed and not ignored
        if not obliges or watch_from is None or post.created_at < watch_from.replace(microsecond=0):
            return "context"
        return "mention"

    def official(self, platform: str) -> frozenset[str]:
        """Ids of the city's own accounts on a platform."""
        return self._official.get(platform, frozenset())

    def department_of(self, platform: str, account: str) -> Department | None:
        """The department behind an account; None for one that is not in the settings any more."""
        return self.departments.get(self._account_department.get((platform, account), ""))

    def department(self, id: str) -> Department:
        """A department by id; one that is not in the settings any more has nobody, so its alerts go to the root."""
        return self.departments.get(id) or Department(id, id, "standard", ())

    def named_in(self, department: str) -> frozenset[str]:
        """Everybody whom the settings name for a department in any role or duty, now or later, and their deputies."""
        if self._named is None:
            self._named = build.named(self.settings)
        return self._named.get(department, frozenset())

    def routed(self, text: str) -> Routed | None:
        """Where the words of a mention send it, other than to its account's department."""
        return self._router.route(text)

    def policy(self, name: str) -> Policy:
        """A policy by name; one that was taken out of the settings while cases hold it is `standard` from then on."""
        return self.policies.get(name) or self.policies["standard"]

    def calendar(self, name: str, department: str) -> Calendar:
        """A calendar by name, with the local holidays of a department in it (SEMANTICS row 12)."""
        return self._local.get((name, department)) or self.calendars[name]

    def deadline(self, policy: Policy, department: str, start: datetime) -> datetime:
        """The instant at which a case of the department that starts then breaches."""
        return self.calendar(policy.calendar, department).add(start, policy.target)

    def final_deadline(self, policy: Policy, department: str, start: datetime) -> datetime:
        """The instant by which its final answer is owed, where one is (SEMANTICS row 7)."""
        return self.calendar(policy.final_calendar, department).add(start, policy.final_target)

    def terms(self, case: Case) -> tuple[Policy, Calendar]:
        """The policy that a case is under, and the calendar its running clock counts on."""
        policy = self.policy(case.policy)
        name = policy.final_calendar if case.clock is Clock.FINAL else policy.calendar
        return policy, self.calendar(name, case.department)

    def knows(self, staff: str) -> bool:
        """Whether this is a person of the settings."""
        return staff in self._channels

    def available(self, staff: str, at: datetime) -> bool:
        """Whether a person can be relied on at that instant: of the settings, and not on leave."""
        return self._people.at(at).stand_in(staff) == staff

    def recipients(
        self, policy: Policy, decision: Decision, department: str, assignee: str | None, at: datetime
    ) -> Told:
        """Who is to be told of a decision, and which levels had nobody (SEMANTICS rows 23, 24 and 30)."""
        present = self._people.at(at)
        owner = present.staffed(self.department(department))
        if decision.reason is Reason.REPEAT:
            return Told((self.root,))
        ladder = policy.on(decision.clock).notify
        if decision.reason is Reason.ROUND:
            ladder = (("assignee",), *ladder)
            return duty.recipients(ladder, 1, (), owner, assignee, self.root, present.stand_in)
        told = duty.recipients(ladder, decision.level, decision.overtaken, owner, assignee, self.root, present.stand_in)
        if decision.repeats and self.root not in told.people:
            # So late that the root contact should have heard too: overtaken, so told with it.
            return Told((*told.people, self.root), told.skipped)
        return told

    def on_duty(self, department: str, at: datetime) -> str | None:
        """The person on duty in a department at that instant; None where nobody is."""
        present = self._people.at(at)
        return duty.on_duty(present.staffed(self.department(department)), present.stand_in)

    def crisis_people(self, owner: str, at: datetime) -> tuple[str, ...]:
        """Who hears of an incident's beginning and end, city-wide: its owner, then `[crisis] notify` (row 34)."""
        present, roles = self._people.at(at), self.settings.crisis.notify
        found = [owner]
        for department in self.departments.values():
            found += duty.resolve(roles, present.staffed(department), None, self.root, present.stand_in)
        return tuple(dict.fromkeys(found))

    def quiet_hours(self, staff: str) -> QuietHours | None:
        """When a person gets no reminders; None for one who always does."""
        return self._quiet.get(staff)

    def in_crisis(self, case: Case) -> bool:
        """Whether a case is part of a crisis, or under its policy (SEMANTICS row 34)."""
        return case.incident is not None or case.policy == self.settings.crisis.policy

    def channels_of(self, staff: str) -> tuple[str, ...]:
        """A person's channels in order: the first, then fallbacks."""
        return self._channels.get(staff, ())
