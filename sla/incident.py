"""An incident: a crisis from the alarm to its end, with one owner (SEMANTICS row 34).

As with a case, each change is a function here that returns the incident as it is now and the event that tells of it.
Events hold no words of citizens: a keyword is the settings' own, a surge's topic stays with the incident.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sla.case import Case, Conflict, Event, State


class Incident(NamedTuple):
    """One crisis."""

    id: str
    kind: str
    """"keyword" or "surge": what opened it."""
    subject: str
    """The keyword, or the words that the posts of a surge share."""
    department: str
    """Whose person on duty has it, until someone claims it."""
    owner: str | None
    """Staff id."""
    opened_at: datetime
    """When it was detected."""
    last_post_at: datetime
    """The platform's time of the newest post that belongs to it."""
    ended_at: datetime | None = None
    ended_by: str | None = None
    """A staff id, or "clock"."""
    reason: str = ""
    data: Mapping[str, Any] = {}
    """`keyword`, `first_post_at`, `told` (staff ids), and of a surge the `account` and the `test`."""
    version: int = 0

    @property
    def keyword(self) -> str:
        """The settings' word that opened it; "" for a surge."""
        return str(self.data.get("keyword", ""))

    @property
    def told(self) -> tuple[str, ...]:
        """Who heard of it, and will hear of its end."""
        return tuple(self.data.get("told", ()))

    @property
    def first_post_at(self) -> datetime:
        """The platform's time of the earliest post it was opened for."""
        written = self.data.get("first_post_at")
        return self.opened_at if written is None else datetime.fromisoformat(str(written))


@dataclass(frozen=True, slots=True)
class Summary:
    """What an incident came to."""

    posts: int
    people: int
    """Different authors; a post without one counts for itself."""
    departments: tuple[str, ...]
    cases: int
    answered: int
    late: int
    """Of those answered, the ones after their deadline."""
    open: int
    detected_after: timedelta
    """From the first post to the alarm."""
    lasted: timedelta
    """From the first post to the last."""

    def plain(self) -> dict[str, Any]:
        """JSON-ready: durations in whole seconds."""
        said = asdict(self)
        said["detected_after_seconds"] = int(said.pop("detected_after").total_seconds())
        said["lasted_seconds"] = int(said.pop("lasted").total_seconds())
        return said


@dataclass(frozen=True, slots=True)
class Moved:
    """An incident as it is now, and what happened to make it so."""

    incident: Incident
    event: Event = field(compare=False)


def opened(incident: Incident, cases: Sequence[str], now: datetime) -> Moved:
    """A new incident."""
    data: dict[str, Any] = {
        "incident": incident.id, "kind": incident.kind, "department": incident.department, "owner": incident.owner,
        "cases": list(cases), "told": list(incident.told), "first_post_at": incident.first_post_at,
    }  # fmt: skip
    data |= {name: incident.data[name] for name in ("keyword", "account", "test") if incident.data.get(name)}
    return Moved(incident, Event("incident_opened", now, "clock", data))


def grew(incident: Incident, cases: Sequence[str], last_post_at: datetime, now: datetime) -> Moved:
    """More posts belong to it."""
    after = incident._replace(last_post_at=max(incident.last_post_at, last_post_at))
    return Moved(after, Event("incident_grew", now, "clock", {"incident": incident.id, "cases": list(cases)}))


def claimed(incident: Incident, by: str, now: datetime) -> Moved:
    """One person has it from now on. Raises Conflict: it has ended, or they have it already."""
    _must_go_on(incident)
    if incident.owner == by:
        raise Conflict(f"incident {incident.id} is with {by} already")
    data = {"incident": incident.id, "was_owner": incident.owner}
    return Moved(incident._replace(owner=by), Event("incident_claimed", now, by, data))


def may_end(incident: Incident, open_cases: int, ends_after: timedelta, now: datetime) -> bool:
    """Whether it is over by itself: nothing new for `ends_after`, and every case of it closed.

    What was found late counts from when it was found: nobody could have written to it before.
    """
    return open_cases == 0 and now - max(incident.last_post_at, incident.opened_at) >= ends_after


def ended(incident: Incident, by: str, reason: str, summary: Summary, now: datetime) -> Moved:
    """It is over. Raises Conflict: it was already."""
    _must_go_on(incident)
    after = incident._replace(ended_at=now, ended_by=by, reason=reason)
    data = {"incident": incident.id, "reason": reason, **summary.plain()}
    return Moved(after, Event("incident_ended", now, by, data))


def summed_up(incident: Incident, cases: Iterable[Case], posts: int, people: int) -> Summary:
    """Count what an incident came to; a merged case is counted with the one it went into."""
    counted = [case for case in cases if case.state is not State.MERGED]
    answered = [case for case in counted if case.answered_at is not None]
    return Summary(
        posts=posts, people=people, departments=tuple(sorted({case.department for case in counted})),
        cases=len(counted), answered=len(answered),
        late=sum(case.answered_at is not None and case.answered_at > case.deadline for case in answered),
        open=sum(case.is_open for case in counted),
        detected_after=max(timedelta(0), incident.opened_at - incident.first_post_at),
        lasted=incident.last_post_at - incident.first_post_at,
    )  # fmt: skip


def _must_go_on(incident: Incident) -> None:
    if incident.ended_at is not None:
        raise Conflict(f"incident {incident.id} ended at {incident.ended_at.isoformat()}")
