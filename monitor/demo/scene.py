"""What the demo shows at an instant, read from the store and from the desk that received the alerts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.alerts.message import one_line
from monitor.demo.receiver import Arrived
from monitor.demo.speed import CityClock
from monitor.demo.words import PLATFORM_SIGNS
from monitor.rules import Rules
from monitor.store import accounts, cases, posts, recount
from monitor.store.accounts import Watched
from monitor.store.engine import Store, Transaction
from monitor.store.posts import MentionRow
from monitor.store.recount import Tallied
from sla.case import Case

_NOTHING = Tallied(0, 0, 0, 0, 0, 0, 0)
_HANDLES_IN_FRONT = re.compile(r"^(?:@\w+\s+)+")
#: The demo's own database holds nothing but the demo; platforms' whole seconds may lie before its start.
_MARGIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Row:
    """One open case of the queue."""

    urgency: str
    """overdue, risk, held or open."""
    left: timedelta
    """City time until the deadline; negative after it."""
    platform: str
    department: str
    author: str
    text: str


@dataclass(frozen=True, slots=True)
class Alert:
    """One message that arrived."""

    at: datetime
    """On the city's clock."""
    kind: str
    level: int
    recipient: str
    cases: int
    unchecked: bool
    """Whether the platform could not be asked once more for some of its cases."""
    about: str
    """The first words of its first case, or the account it is about."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """Accounts of one platform that stand alike."""

    platform: str
    names: tuple[str, ...]
    until: datetime | None
    """Complete until then, on the city's clock."""
    blind_since: datetime | None
    failing: bool


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that is shown at once."""

    service: str
    city_time: datetime
    speed: float
    left: timedelta | None
    """Real time until the demo ends by itself."""
    total: Tallied
    departments: Sequence[tuple[str, Tallied]]
    open: int
    overdue: int
    rows: Sequence[Row]
    alerts: Sequence[Alert]
    """Newest first."""
    alerts_arrived: int
    accounts: Sequence[Accounts]
    prevented: int


class Lookout:
    """Reads scenes."""

    def __init__(self, store: Store, rules: Rules, city: CityClock) -> None:
        self._store, self._rules, self._city = store, rules, city
        self._staff = {person.id: person.name for person in rules.settings.staff}
        self._handles = {(a.platform, a.id): a.handle or a.id for a in rules.settings.accounts}

    def scene(
        self, now: datetime, left: timedelta | None, arrived: Sequence[Arrived], prevented: int, most: int
    ) -> Scene:
        """What there is to see at `now`, with `most` rows of the queue and of the alerts at the most."""
        newest = arrived[: -most - 1 : -1]
        with self._store.read() as tx:
            by_department = recount.tally(tx, self._city.started_at - _MARGIN, now + _MARGIN, now)
            open_now = cases.open_cases(tx)
            first = posts.mentions(tx, [case.id for case in open_now[:most]])
            about = self._about(tx, newest)
            standing = accounts.watched(tx)
        return Scene(
            service=self._rules.settings.service.name, city_time=self._city.shows(now), speed=self._city.speed,
            left=left, total=_sum(by_department.values()),
            departments=[(d.name, by_department.get(d.id, _NOTHING)) for d in self._rules.departments.values()],
            open=len(open_now), overdue=sum(now > case.deadline for case in open_now),
            rows=[self._row(case, first[case.id], now) for case in open_now[:most]],
            alerts=[self._alert(one, about) for one in newest], alerts_arrived=len(arrived),
            accounts=self._accounts(standing.values()), prevented=prevented,
        )  # fmt: skip

    def _row(self, case: Case, mentions: Sequence[MentionRow], now: datetime) -> Row:
        if now > case.deadline:
            urgency = "overdue"
        elif case.held_until is not None and case.held_until > now:
            urgency = "held"
        else:
            urgency = "risk" if case.level else "open"
        owner = self._rules.departments.get(case.department)
        newest = mentions[-1] if mentions else None
        return Row(
            urgency, self._city.span(case.deadline - now), case.platform, owner.name if owner else case.department,
            newest.author_name if newest else "", self._words(newest),
        )  # fmt: skip

    def alert(self, one: Arrived) -> Alert:
        """One message as it is shown."""
        with self._store.read() as tx:
            return self._alert(one, self._about(tx, [one]))

    def _alert(self, one: Arrived, about: Mapping[str, str]) -> Alert:
        recipient = str(one.message["recipient"])
        account = one.message.get("account")
        if one.cases:
            said = about[one.cases[0]["id"]]
        elif account is not None:
            key = (account["platform"], account["id"])
            said = f"{PLATFORM_SIGNS.get(key[0], key[0])} {self._handles.get(key, key[1])}"
        else:
            said = one_line(str(one.message["text"]).splitlines()[0])
        return Alert(
            self._city.shows(one.at), one.kind, int(one.message["level"]), self._staff.get(recipient, recipient),
            len(one.cases), not all(case["checked"] for case in one.cases), said,
        )  # fmt: skip

    def _about(self, tx: Transaction, some: Iterable[Arrived]) -> dict[str, str]:
        """The first words of each message's first case, by its id."""
        ids = {one.cases[0]["id"] for one in some if one.cases}
        return {id: self._words(rows[0] if rows else None) for id, rows in posts.mentions(tx, ids).items()}

    def _words(self, mention: MentionRow | None) -> str:
        """What the citizen says, without the handle that X wants in front."""
        return "" if mention is None else one_line(_HANDLES_IN_FRONT.sub("", mention.text))

    def _accounts(self, standing: Iterable[Watched]) -> list[Accounts]:
        alike: dict[tuple[str, datetime | None, datetime | None, bool], list[str]] = {}
        for account in standing:
            key = (account.platform, account.complete_until, account.blind_since, bool(account.problem))
            alike.setdefault(key, []).append(account.handle or account.id)
        return [
            Accounts(platform, tuple(names), self._shows(until), self._shows(blind), failing)
            for (platform, until, blind, failing), names in alike.items()
        ]

    def _shows(self, at: datetime | None) -> datetime | None:
        return None if at is None else self._city.shows(at)


def _sum(tallied: Iterable[Tallied]) -> Tallied:
    return Tallied(*(sum(column) for column in zip(_NOTHING, *tallied, strict=True)))
