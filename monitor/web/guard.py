"""Who is let in: sessions, the origin of what changes something, and the headers of every answer."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitor.store import sessions, users
from monitor.web.context import Site, site
from monitor.web.roles import Right, Role
from monitor.web.viewer import Viewer, scope_of

COOKIE = "__Host-session"
"""Only over TLS or on this machine, only for this host, never for a script."""
IDLE = timedelta(hours=12)
"""A session that nobody uses for so long is over: a working day."""
LONGEST = timedelta(days=7)
"""After so long everybody logs in again."""

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # Not "no-referrer": with it browsers send "Origin: null" with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
"""OWASP ASVS 5, chapter 3: what a browser is told of every answer."""
MOST_BYTES = 1_000_000
"""The longest request that is read; forms and JSON here are a few kilobytes."""


class NotLoggedIn(Exception):
    """Nobody, or somebody who may no longer."""


class Forbidden(Exception):
    """Somebody who may not; `reason` is an English msgid."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def viewer(request: Request, of: Annotated[Site, Depends(site)]) -> Viewer:
    """The person who is logged in. Raises NotLoggedIn."""
    found = known(request, of)
    if found is None:
        raise NotLoggedIn
    return found


def known(request: Request, of: Site) -> Viewer | None:
    """The person who is logged in, if somebody is; their session lasts on from now."""
    token = request.cookies.get(COOKIE)
    if not token:
        return None
    now = of.app.clock()
    with of.app.store.read() as tx:
        session = sessions.find(tx, token, now)
        user = None if session is None else users.get(tx, session.user_id)
    if session is None or user is None:
        return None
    found = as_viewer(of, user, session.id)
    if found is not None and now - session.seen_at >= sessions.SEEN_EVERY:
        with of.app.store.write() as tx:
            sessions.seen(tx, session.id, now, min(now + IDLE, session.created_at + LONGEST))
    request.state.viewer, request.state.csrf = found, csrf_of(token)
    return found


def as_viewer(of: Site, user: users.User, session: str = "") -> Viewer | None:
    """A user as the settings know them now; None for who may no longer: disabled, or gone from the staff."""
    role, rules = Role(user.role), of.app.rules
    if user.disabled_at is not None or (role is not Role.AUDITOR and not rules.knows(user.id)):
        return None
    return Viewer(user.id, user.name, role, scope_of(rules, user.id, role, user.departments), session)


def needs(right: Right) -> Callable[[Viewer], Viewer]:
    """A dependency: the viewer, who must have a right."""

    def check(who: Annotated[Viewer, Depends(viewer)]) -> Viewer:
        if not who.may(right):
            raise Forbidden("Your role may not do this.")
        return who

    return check


def csrf_of(token: str) -> str:
    """What forms carry: nobody who does not hold the cookie can make it."""
    return hmac.new(token.encode(), b"form", hashlib.sha256).hexdigest()


async def same_origin(request: Request, of: Annotated[Site, Depends(site)]) -> None:
    """A dependency of all that changes something: sent from one of our own pages, by the session that got the page.

    Raises Forbidden. OWASP's CSRF cheat sheet: the Origin header and a token, both.
    """
    check_origin(request, of)
    token = request.cookies.get(COOKIE, "")
    form = await request.form()
    if not hmac.compare_digest(str(form.get("csrf", "")), csrf_of(token)):
        raise Forbidden("This page is out of date. Load it again and repeat what you did.")


def check_origin(request: Request, of: Site) -> None:
    """Refuse what another site's page sent. Raises Forbidden."""
    origin = urlsplit(request.headers.get("origin", ""))
    if not origin.netloc or origin.netloc not in (request.headers.get("host"), urlsplit(of.origin).netloc):
        raise Forbidden("This was sent from another site's page. Open the page here and repeat what you did.")


class Headers:
    """Middleware: the headers of every answer, and no request longer than `MOST_BYTES`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > MOST_BYTES:
                return {"type": "http.disconnect"}
            return message

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                # Scripts and the sheet hold nothing of anybody: a browser keeps them and asks whether they changed.
                kept = scope["path"].startswith("/static/")
                headers.setdefault("Cache-Control", "no-cache" if kept else "no-store")
            await send(message)

        await self._app(scope, counted, headed)
