"""The page behind an alert's link: one case in short, one button. Whoever holds the link needs no login.

Programs that open links, a mail server's scanner or a preview, change nothing by it: only the button acknowledges.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from monitor.desk import BadRequest, Conflict, UnknownCase
from monitor.links import BadLink, Link, Refusal, Refused, judge, read
from monitor.store import cases, links, posts
from monitor.store.engine import Transaction
from monitor.web import guard
from monitor.web.context import Site, site
from monitor.web.render import render
from sla.case import Case

router = APIRouter()

HEADERS = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"}
"""The address is the key to it: no other site, no cache and no list gets to know it."""
_STATUS = {
    Refusal.EXPIRED: 410, Refusal.LEFT: 410, Refusal.UNKNOWN: 404, Refusal.CLOSED: 409, Refusal.MOVED: 409,
    Refusal.HELD: 409,
}  # fmt: skip
_HIDDEN = frozenset({Refusal.EXPIRED, Refusal.LEFT, Refusal.UNKNOWN})
"""What shows nothing of the case: the link is good for nothing any more, so neither for looking."""


class _Found(NamedTuple):
    """What there is to say of a link."""

    link: Link
    case: Case | None
    post: str
    used_at: datetime | None
    refusal: Refusal | None


@router.api_route("/a/{token}", methods=["GET", "HEAD"])
def show(request: Request, token: str, of: Annotated[Site, Depends(site)]) -> Response:
    """The case in short and the button, or why there is none. Changes nothing, however often it is asked."""
    return _page(request, of, token)


@router.post("/a/{token}")
def acknowledge(request: Request, token: str, of: Annotated[Site, Depends(site)]) -> Response:
    """Acknowledge as the person whom the link names; of two at once the second is told of the first."""
    if request.headers.get("origin", "null") != "null":  # what a browser says under our own Referrer-Policy
        guard.check_origin(request, of)
    try:
        with of.app.store.read() as tx:
            link = _read(tx, of, token)
        of.app.desk.acknowledge_by_link(link)
    except (BadLink, Refused, UnknownCase, BadRequest, Conflict):
        return _page(request, of, token, used=409)
    return RedirectResponse(f"/a/{token}", 303, HEADERS)


def _page(request: Request, of: Site, token: str, used: int = 200) -> Response:
    try:
        found = _find(of, token)
    except BadLink:
        response: Response = render(request, "link.html", 404, refusal="bad", case=None)
    else:
        status = 200 if found.refusal is None else _STATUS.get(found.refusal, used)
        response = render(request, "link.html", status, **_values(of, found))
    response.headers.update(HEADERS)
    return response


def _find(of: Site, token: str) -> _Found:
    now = of.app.clock()
    with of.app.store.read() as tx:
        link = _read(tx, of, token)
        case, used_at = cases.get(tx, link.case), links.used_at(tx, link.id)
        mentions = posts.mentions(tx, [link.case])[link.case]
    refusal = judge(link, case, used_at, of.app.rules.knows(link.person), now)
    return _Found(link, case, mentions[0].permalink if mentions else "", used_at, refusal)


def _read(tx: Transaction, of: Site, token: str) -> Link:
    """Raises BadLink, too where no link was ever made."""
    key = links.kept_key(tx, of.app.settings.web.link_key)
    if key is None:
        raise BadLink
    return read(key, token)


def _values(of: Site, found: _Found) -> dict[str, object]:
    case, rules = found.case, of.app.rules
    if case is None or found.refusal in _HIDDEN:
        return {"refusal": found.refusal, "case": None}
    people = {person.id: person.name for person in rules.settings.staff}
    holds = rules.policy(case.policy).ack_holds
    return {
        "refusal": found.refusal, "case": case, "department": rules.department(case.department).name,
        "person": people.get(found.link.person, found.link.person), "used_at": found.used_at, "post": found.post,
        "minutes": int(holds.total_seconds() // 60),
    }  # fmt: skip
