"""Log in by the city's own sign-on."""

from __future__ import annotations

from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from itsdangerous import BadData, URLSafeTimedSerializer

from monitor.store import links, users
from monitor.web import guard
from monitor.web.context import Site, site
from monitor.web.pages.login import enter, inside
from monitor.web.render import render, say
from monitor.web.sign_on import Pending, SignOnError

router = APIRouter(prefix="/login/city")
log = structlog.get_logger(__name__)

COOKIE = "__Host-sign-on"
LASTS = 600
"""Seconds that somebody may take to log in there."""


@router.get("")
def go(request: Request, of: Annotated[Site, Depends(site)], next: str = "/") -> Response:
    """Send the browser there; what must come back is kept in a signed cookie of ten minutes."""
    if of.sign_on is None:
        return _refuse(request, "not set up", 404)
    try:
        url, pending = of.sign_on.begin(inside(next))
    except SignOnError as exc:
        return _refuse(request, str(exc), 503)
    response = RedirectResponse(url, 303)
    # Lax: the way back is a link from another site.
    kept = _serializer(of).dumps(list(pending))
    response.set_cookie(COOKIE, kept, max_age=LASTS, secure=True, httponly=True, samesite="lax", path="/")
    return response


@router.get("/back")
def back(request: Request, of: Annotated[Site, Depends(site)], code: str = "", state: str = "") -> Response:
    """Somebody comes back: let them in where they are a user here."""
    if of.sign_on is None:
        return _refuse(request, "not set up", 404)
    try:
        pending = Pending(*_serializer(of).loads(request.cookies.get(COOKIE, ""), max_age=LASTS))
        id = of.sign_on.finish(pending, code, state)
    except (BadData, TypeError) as exc:
        return _refuse(request, f"no login was begun here: {type(exc).__name__}", 400)
    except SignOnError as exc:
        return _refuse(request, str(exc), 401)
    with of.app.store.read() as tx:
        user = users.get(tx, id)
    if user is None or guard.as_viewer(of, user) is None:
        return _refuse(request, f"{id} is no user here", 403)
    with of.app.store.write() as tx:
        address = request.client.host if request.client else ""
        response = enter(tx, user, of.app.clock(), address, inside(pending.target))
    response.delete_cookie(COOKIE, secure=True, httponly=True, samesite="lax", path="/")
    return response


def _refuse(request: Request, why: str, status: int) -> Response:
    log.warning("sign_on.refused", why=why)
    _ = say(request)
    problem = {
        403: _("The city's sign-on knows you, but you are no user here. The operator can let you in."),
        404: _("The city's sign-on is not set up here. Log in with id and password."),
        503: _("The city's sign-on does not answer. Try again in a moment, or log in with id and password."),
    }.get(status, _("The login by the city's sign-on failed. Begin again."))
    return render(request, "login.html", status, next="/", user="", problem=problem)


def _serializer(of: Site) -> URLSafeTimedSerializer:
    """Signed with the key of alerts' links, for another purpose."""
    with of.app.store.write() as tx:
        key = links.made_key(tx, of.app.clock(), of.app.settings.web.link_key)
    return URLSafeTimedSerializer(key, salt="sns-monitor sign-on")
