"""What of the settings a viewer may see: their departments, and what concerns them. Nothing that is secret."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from config import Settings, tables
from config.rules import known_until, rosters
from config.times import DAYS, Hours
from connectors.contract import Connector, Health
from monitor.reports.month import Day, clock, month
from monitor.rules import Rules
from monitor.store.contacts import Contact
from monitor.web.roles import Role
from monitor.web.turns import Turn, turns
from monitor.web.viewer import Viewer
from sla.roster import Absence

MONTHS = 6
"""How far ahead holidays are shown."""
LEAVE_AHEAD = timedelta(days=14)
_PROBLEMS = ("token_problem", "handle_problem", "problem")
_INSTANTS = ("watch_from", "complete_until", "fetched_at", "blind_since", "suspect_since", "last_post_at")


class ShownChannel(NamedTuple):
    """A channel, without its address but for the operator."""

    id: str
    type: str
    people: tuple[str, ...]
    """Names."""
    address: str
    """The mail address, or the host of a webhook: the rest of such an address is often a secret."""
    proved_at: datetime | None
    """When a message was last known to have left over its present address."""
    moved: bool
    """Whether it has another address since it was tried."""
    failed_at: datetime | None
    problem: str


class Seen:
    """The settings through a viewer's eyes, at `now`."""

    def __init__(self, rules: Rules, viewer: Viewer, now: datetime, language: str) -> None:
        self._rules, self._viewer, self._now, self._language = rules, viewer, now, language
        self._settings: Settings = rules.settings
        self.departments = [one for one in self._settings.departments if viewer.sees(one.id)]
        ids = [one.id for one in self.departments]
        everyone = {person.id for person in self._settings.staff}
        self._people = everyone if viewer.scope is None else {person for id in ids for person in rules.named_in(id)}
        crisis = self._settings.crisis.policy
        names = {one.policy for one in self.departments} | {crisis}
        shown = self._settings.policies if viewer.scope is None else sorted(names & {*self._settings.policies})
        self.policies: dict[str, tables.Policy] = {name: self._settings.policies[name] for name in shown}

    @property
    def is_operator(self) -> bool:
        """Whether addresses may be seen."""
        return self._viewer.role is Role.OPERATOR

    @property
    def is_city_wide(self) -> bool:
        """Whether the viewer sees every department."""
        return self._viewer.scope is None

    def turns(self) -> dict[str, Turn]:
        """The duty of each department, now and next."""
        return turns(self._rules, [one.id for one in self.departments], self._now)

    def routes(self) -> list[tables.Route]:
        """The words that bring a mention here."""
        return [one for one in self._settings.routes if self._viewer.sees(one.department)]

    def rosters(self, department: str) -> list[tables.Roster]:
        """A department's."""
        return [one for one in self._settings.rosters if one.department == department]

    def overrides(self, department: str) -> list[tables.Override]:
        """Those that are not over yet."""
        return [o for o in self._settings.overrides if o.department == department and o.until > self._now]

    def leave(self) -> list[Absence]:
        """Who is away now or soon."""
        found = rosters(self._settings).absences_within(self._now, self._now + LEAVE_AHEAD)
        return [one for one in found if one.person in self._people]

    def calendars(self) -> dict[str, tables.Calendar]:
        """Those that the policies count on."""
        used = {name for policy in self.policies.values() for name in (policy.calendar, policy.final_calendar)}
        return {n: table for n, table in self._settings.calendars.items() if self.is_city_wide or n in used}

    def special_days(self, calendar: str) -> list[Day]:
        """The days of the coming months that are not as their weekday is, from today on."""
        today, found = self._now.astimezone(self._rules.zone).date(), []
        first = today.replace(day=1)
        for _ in range(MONTHS + 1):
            shown = month(self._rules, calendar, None, f"{first:%Y-%m}", self._now, self._language)
            found += [day for day in shown.days if day.date >= today and day.why not in (None, "weekday")]
            first = (first + timedelta(days=31)).replace(day=1)
        return found

    def known_until(self, calendar: str) -> Any:
        """The last day up to which its holidays are no guess; None where it follows no country's."""
        return known_until(self._settings.calendars[calendar], self._now.astimezone(self._rules.zone).date())

    def accounts(self, standing: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Accounts as `accounts_json` has them, their instants as such and their problems without secrets."""
        return [self._account(one) for one in standing]

    def _account(self, one: Mapping[str, Any]) -> dict[str, Any]:
        at = {name: datetime.fromisoformat(one[name]) if one[name] else None for name in _INSTANTS}
        known = at["fetched_at"] or at["watch_from"]
        # Also where no daemon runs any more that would say so.
        is_dark = known is not None and self._now - known > self._settings.polling.blind_after
        return {
            **one, **at, "blind_since": at["blind_since"] or (known if is_dark and one["configured"] else None),
            "problems": [self._clean(one[name]) for name in _PROBLEMS if one[name]],
            "behind": any(source["behind"] for source in one["sources"]),
        }  # fmt: skip

    def budgets(self, connectors: Mapping[str, Connector]) -> dict[str, Health | None]:
        """What each platform last said of our standing; None where this process has not asked it for anything yet."""
        asked = {a.platform for a in self._settings.accounts if self._viewer.sees(a.department)}
        found = {platform: connectors[platform].health() for platform in sorted(asked & {*connectors})}
        return {platform: health if health.calls else None for platform, health in found.items()}

    def channels(self, known: Mapping[str, Contact]) -> list[ShownChannel]:
        """The channels that reach somebody of the viewer's departments."""
        found = []
        for table in self._settings.channels:
            people = [p for p in self._settings.staff if table.id in p.channels and p.id in self._people]
            if not people and not self.is_city_wide:
                continue
            contact = known.get(table.id)
            proved = contact is not None and contact.proves(table.address_hash)
            problem = contact.problem if contact is not None and self.is_operator else ""
            found.append(ShownChannel(
                table.id, table.type, tuple(person.name for person in people),
                _address(table) if self.is_operator else "",
                contact.verified_at if contact is not None and proved else None,
                contact is not None and contact.address != table.address_hash,
                contact.tried_at if contact is not None and contact.problem else None, self._clean(problem),
            ))  # fmt: skip
        return found

    def hours(self, hours: Sequence[Hours]) -> str:
        """Weekly hours in words: "월~금 09:00-18:00"."""
        return ", ".join(f"{self._days(one.days)} {clock(one.start)}-{clock(one.end)}" for one in hours)

    def _days(self, days: Sequence[int]) -> str:
        names = "월화수목금토일" if self._language == "ko" else [day.capitalize() for day in DAYS]
        runs = [[day for _, day in run] for _, run in groupby(enumerate(sorted(days)), lambda pair: pair[1] - pair[0])]
        return ",".join(names[run[0]] if len(run) == 1 else f"{names[run[0]]}~{names[run[-1]]}" for run in runs)

    def _clean(self, text: str) -> str:
        for secret in self._settings.secret_values():
            text = text.replace(secret, "…")
        return text


def _address(table: tables.Channel) -> str:
    if table.to is not None:
        return table.to
    return urlsplit(table.url or "").hostname or ""
