"""Incidents: what they are, whose they are, and their end."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from monitor.case_words import staff_or_actor
from monitor.crisis.room import CrisisRoom
from monitor.rules import Rules
from monitor.store import cases, events, incidents
from monitor.store.engine import Transaction
from monitor.store.events import Recorded
from monitor.web import guard
from monitor.web.context import Site, site
from monitor.web.pages.queue import platform_name
from monitor.web.render import language_of, render, say
from monitor.web.roles import Right
from monitor.web.viewer import Viewer
from monitor.words import Words
from sla.case import Conflict

router = APIRouter(prefix="/incidents")

NEWEST, POSTS, CASES = 100, 50, 200
"""How many incidents, and how many posts and cases of one, a page shows."""
_HISTORY = ("incident_opened", "incident_claimed", "incident_ended")
_checked = [Depends(guard.same_origin)]


@router.get("")
def show_all(
    request: Request, of: Annotated[Site, Depends(site)], viewer: Annotated[Viewer, Depends(guard.viewer)]
) -> Response:
    """The incidents that concern the viewer's departments, those that go on first."""
    rules, words = of.app.rules, Words(language_of(request))
    with of.app.store.read() as tx:
        found = incidents.latest(tx, NEWEST, viewer.scope)
    return render(request, "incidents.html", found=found, newest=NEWEST, person=lambda id: _person(words, rules, id))


@router.get("/{id}")
def show(
    request: Request, id: str, of: Annotated[Site, Depends(site)], viewer: Annotated[Viewer, Depends(guard.viewer)]
) -> Response:
    """One incident."""
    return _page(request, of, viewer, id)


@router.post("/{id}/claim", dependencies=_checked)
def claim(
    request: Request, id: str, of: Annotated[Site, Depends(site)],
    viewer: Annotated[Viewer, Depends(guard.needs(Right.CRISIS))], owner: Annotated[str, Form()] = "",
) -> Response:  # fmt: skip
    """Take it over from `owner`, who had it when the page was read."""
    _must_see(of, viewer, id)
    try:
        _room(of).claim(id, viewer.id, owner)
    except Conflict:
        return _page(request, of, viewer, id, _who_was_first(request, of, viewer, id), 409)
    return RedirectResponse(f"/incidents/{id}", 303)


@router.post("/{id}/end", dependencies=_checked)
def end(
    request: Request, id: str, of: Annotated[Site, Depends(site)],
    viewer: Annotated[Viewer, Depends(guard.needs(Right.CRISIS))], reason: Annotated[str, Form()] = "",
) -> Response:  # fmt: skip
    """End it, with a reason that everybody is told."""
    _must_see(of, viewer, id)
    if not reason.strip():
        problem = say(request)("Say why it is over: the reason is kept, and told to everybody.")
        return _page(request, of, viewer, id, problem, 400)
    try:
        _room(of).end(id, viewer.id, reason.strip())
    except Conflict:
        return _page(request, of, viewer, id, _who_was_first(request, of, viewer, id), 409, reason)
    return RedirectResponse(f"/incidents/{id}", 303)


def _room(of: Site) -> CrisisRoom:
    return CrisisRoom(of.app.store, of.app.rules, of.app.clock)


def _must_see(of: Site, viewer: Viewer, id: str) -> None:
    with of.app.store.read() as tx:
        if incidents.get(tx, id, viewer.scope) is None:
            raise HTTPException(404)


def _page(
    request: Request, of: Site, viewer: Viewer, id: str, problem: str = "", status: int = 200, reason: str = ""
) -> Response:
    rules, words = of.app.rules, Words(language_of(request))
    with of.app.store.read() as tx:
        incident = incidents.get(tx, id, viewer.scope)
        if incident is None:
            raise HTTPException(404)
        ids = incidents.case_ids(tx, id, viewer.scope)
        found = cases.by_ids(tx, ids[:CASES])
        posts = incidents.posts_of(tx, id, POSTS, viewer.scope)
        summary = _room(of).summary(tx, incident)
        history = _history(tx, id)
    return render(
        request, "crisis.html", status, incident=incident, cases=[found[one] for one in ids[:CASES]], total=len(ids),
        posts=posts, summary=summary, history=history, problem=problem, reason=reason,
        person=lambda id: _person(words, rules, id), platform=platform_name,
    )  # fmt: skip


def _history(tx: Transaction, id: str) -> list[Recorded]:
    return [event for event in events.of_service(tx, _HISTORY) if event.data.get("incident") == id]


def _person(words: Words, rules: Rules, id: str | None) -> str:
    return staff_or_actor(words, rules, id) if id else "-"


def _who_was_first(request: Request, of: Site, viewer: Viewer, id: str) -> str:
    """What had become of it before the viewer's own word came."""
    words, rules, _ = Words(language_of(request)), of.app.rules, say(request)
    with of.app.store.read() as tx:
        last = _history(tx, id)[-1]
    who, when = _person(words, rules, last.actor), words.moment(last.at, rules.zone, of.app.clock())
    if last.kind == "incident_ended":
        return _("Not done: %(who)s ended it (%(when)s). Reason: %(reason)s") % {
            "who": who, "when": when, "reason": last.data["reason"],
        }  # fmt: skip
    if last.kind == "incident_opened" or last.actor == viewer.id:
        return _("Not done: it is yours already.")
    return _("Not done: %(who)s claimed it before you (%(when)s). Claim it again to take it over from them.") % {
        "who": who, "when": when,
    }  # fmt: skip
