"""The queue: what waits for an answer, most urgent first, and the two things done to a case in passing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from monitor import conflicts
from monitor.desk import Conflict, UnknownCase
from monitor.rules import Rules
from monitor.store import cases, events, queue
from monitor.web import guard
from monitor.web.context import Site, site
from monitor.web.render import language_of, query, render, say
from monitor.web.roles import Right
from monitor.web.viewer import Viewer
from monitor.words import Words
from sla import risk
from sla.case import Case, Clock, State

router = APIRouter()

PAGE = 50
"""Cases on a page: an hour's work."""
STATES = (State.OPEN, State.ACKNOWLEDGED, State.CLAIMED)
PLATFORMS = {"twitter": "X", "facebook": "Facebook", "instagram": "Instagram"}
ME, NOBODY = "me", "nobody"


class Asked(BaseModel):
    """What the address asks for, as it was typed; the same names stand in it and in the form."""

    q: str = ""
    department: str = ""
    platform: str = ""
    state: str = ""
    assignee: str = ""
    """A staff id, `ME` or `NOBODY`."""
    clock: str = ""
    place: str = ""
    """Where the page begins; "" for the first one."""


class NotThere(ValueError):
    """The address asks for what there is not, or what is not the viewer's to see. Its text is the name in question."""


@dataclass(frozen=True, slots=True)
class Row:
    """A case as the queue shows it."""

    case: Case
    author: str
    text: str
    mentions: int
    deadline: datetime
    at_risk_from: datetime
    department: str
    assignee: str
    is_mine: bool
    """Theirs, or nobody's while they are on duty: what an alarm is for."""
    may_acknowledge: bool
    may_claim: bool

    def standing(self, now: datetime) -> str:
        """How it stands with its deadline: "overdue", "risk" or "calm", which the sheet knows as shapes and colours."""
        return "overdue" if now > self.deadline else "risk" if now >= self.at_risk_from else "calm"


@router.get("/")
def show(
    request: Request, of: Annotated[Site, Depends(site)], viewer: Annotated[Viewer, Depends(guard.viewer)],
    asked: Annotated[Asked, Query()],
) -> Response:  # fmt: skip
    """A page of the queue."""
    return _page(request, of, viewer, asked)


@router.get("/queue")
def by_name(request: Request) -> Response:
    """The queue's other address."""
    return RedirectResponse(f"/?{request.url.query}" if request.url.query else "/", 303)


@router.post("/queue/{id}/acknowledge", dependencies=[Depends(guard.same_origin)])
def acknowledge(
    request: Request, id: str, of: Annotated[Site, Depends(site)],
    viewer: Annotated[Viewer, Depends(guard.needs(Right.ACT))], back: Annotated[str, Form()] = "",
) -> Response:  # fmt: skip
    """Say "I have it", and see the same page again."""
    return _do(request, of, viewer, id, back, of.app.desk.acknowledge)


@router.post("/queue/{id}/claim", dependencies=[Depends(guard.same_origin)])
def claim(
    request: Request, id: str, of: Annotated[Site, Depends(site)],
    viewer: Annotated[Viewer, Depends(guard.needs(Right.ACT))], back: Annotated[str, Form()] = "",
) -> Response:  # fmt: skip
    """Take it, and see the same page again."""
    return _do(request, of, viewer, id, back, of.app.desk.claim)


def _do(request: Request, of: Site, viewer: Viewer, id: str, back: str, act: Callable[[str, str], Case]) -> Response:
    with of.app.store.read() as tx:
        case = cases.get(tx, id)
    if case is None or not viewer.sees(case.department):
        raise HTTPException(404)
    asked = Asked(**dict(parse_qsl(back)))
    try:
        act(id, viewer.id)
    except UnknownCase as exc:
        raise HTTPException(404) from exc
    except Conflict as exc:
        with of.app.store.read() as tx:
            history = events.of_case(tx, id)
        why = conflicts.why_not(Words(language_of(request)), of.app.rules, exc, history, of.app.clock())
        return _page(request, of, viewer, asked, say(request)("Not done: %(why)s") % {"why": why}, 409)
    return RedirectResponse(f"/?{query(asked.model_dump())}#case-{id}", 303)


def _page(request: Request, of: Site, viewer: Viewer, asked: Asked, problem: str = "", status: int = 200) -> Response:
    rules, now, _ = of.app.rules, of.app.clock(), say(request)
    clock = Clock.FINAL if asked.clock == Clock.FINAL else Clock.FIRST
    with of.app.store.read() as tx:
        counts = queue.counts(tx, rules, viewer.scope, now, clock)
        departments = _departments(rules, viewer, counts)
        try:
            filter = _filter(asked, viewer, rules, departments)
            place = queue.Cursor.parse(asked.place) if asked.place else None
            found = queue.page(tx, filter, place, PAGE)
        except (NotThere, queue.UnknownPlace) as exc:
            wrong = asked.place[:50] if isinstance(exc, queue.UnknownPlace) else str(exc)
            problem = _("There is nothing here called “%(name)s”, or it is not yours to see. Choose again.")
            problem %= {"name": wrong}
            found, status = queue.Page([], None, None, 0), 400
    rows = _rows(rules, viewer, found.entries, now)
    return render(
        request, "queue.html", status, asked=asked, values=asked.model_dump(), rows=rows, page=found, counts=counts,
        departments=departments, platforms=_platforms(rules, counts), problem=problem, nothing=queue.Count(),
        narrowed=any(asked.model_dump(exclude={"clock", "place"}).values()), clock=clock,
    )  # fmt: skip


def _filter(asked: Asked, viewer: Viewer, rules: Rules, departments: dict[str, str]) -> queue.Filter:
    """What the store is asked for. Raises NotThere: what is unknown never widens a page."""
    known: dict[str, Any] = {
        "department": departments, "platform": {account.platform for account in rules.settings.accounts} | {*PLATFORMS},
        "state": STATES, "clock": [*Clock],
    }  # fmt: skip
    for name, choices in known.items():
        value = getattr(asked, name)
        if value and value not in choices:
            raise NotThere(value[:50])
    if asked.assignee not in ("", ME, NOBODY) and not rules.knows(asked.assignee):
        raise NotThere(asked.assignee[:50])
    return queue.Filter(
        viewer.scope, asked.department or None, asked.platform or None, asked.state or None,
        {"": None, ME: viewer.id, NOBODY: ""}.get(asked.assignee, asked.assignee), asked.q,
        Clock(asked.clock or Clock.FIRST),
    )  # fmt: skip


def _departments(rules: Rules, viewer: Viewer, counts: queue.Counts) -> dict[str, str]:
    """Names of what the viewer may choose from, the most urgent first: the settings', and others with open cases."""
    own = {id: one.name for id, one in rules.departments.items() if viewer.sees(id)}
    found = dict.fromkeys(counts.departments, "") | own
    none = queue.Count()

    def urgency(id: str) -> tuple[int, int, int]:
        count = counts.departments.get(id, none)
        return -count.overdue, -count.at_risk, -count.open

    return {id: found[id] or id for id in sorted(found, key=urgency)}


def _platforms(rules: Rules, counts: queue.Counts) -> dict[str, str]:
    there = {account.platform for account in rules.settings.accounts} | {*counts.platforms}
    return {id: platform_name(id) for id in sorted(there)}


def _rows(rules: Rules, viewer: Viewer, entries: list[queue.Entry], now: datetime) -> list[Row]:
    on_duty = cache(lambda department: rules.on_duty(department, now))
    name, acts = names(rules), viewer.may(Right.ACT)
    rows = []
    for entry in entries:
        case = entry.case
        owner = case.assignee if case.assignee is not None and rules.knows(case.assignee) else None
        rows.append(
            Row(
                case, entry.author_name or case.author or "", entry.text, entry.mentions, case.owed_by or case.deadline,
                at_risk_from(rules, case), rules.department(case.department).name, name(owner) if owner else "",
                (owner or on_duty(case.department)) == viewer.id, acts and case.held_level != case.level,
                acts and owner is None,
            )
        )  # fmt: skip
    return rows


def at_risk_from(rules: Rules, case: Case) -> datetime:
    """When the first warning of a case's running clock is due; its deadline where there is none before."""
    policy, calendar = rules.terms(case)
    return risk.at_risk_from(policy.on(case.clock), calendar, case.opened_at, case.owed_by or case.deadline)


def names(rules: Rules) -> Callable[[str], str]:
    """People's names by their ids; the id itself of who is not in the settings any more."""
    known = {person.id: person.name for person in rules.settings.staff}
    return lambda id: known.get(id, id)


def platform_name(id: str) -> str:
    """What people call a platform."""
    return PLATFORMS.get(id, id)
