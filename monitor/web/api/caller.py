"""Which program calls: by its token, and for the queue alone by being on this machine."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from monitor.rules import Rules
from monitor.store import api_tokens
from monitor.web.context import Site, site
from monitor.web.roles import CITY_WIDE, Right, Role
from monitor.web.viewer import Viewer

_PROXY_HEADERS = ("forwarded", "x-forwarded-for", "x-real-ip")

bearer = HTTPBearer(auto_error=False, description="A token of `sns-monitor token add`.")
Given = Annotated[HTTPAuthorizationCredentials | None, Security(bearer)]

REFUSED: dict[int | str, dict[str, Any]] = {
    401: {"description": "No token, or one that does not work any more."},
    403: {"description": "The token's role may not do this."},
}


def caller(of: Annotated[Site, Depends(site)], given: Given) -> Viewer:
    """The program whose token came along. Raises HTTPException 401."""
    found = None if given is None else _known(of, given.credentials)
    if found is None:
        raise HTTPException(401, "a token is needed: `sns-monitor token add NAME`", {"WWW-Authenticate": "Bearer"})
    return found


def actor(who: Annotated[Viewer, Depends(caller)]) -> Viewer:
    """A program that may change cases. Raises HTTPException 401 and 403."""
    if not who.may(Right.ACT):
        raise HTTPException(403, f"a token of the role {who.role.value} changes nothing")
    return who


def caller_or_neighbour(request: Request, of: Annotated[Site, Depends(site)], given: Given) -> Viewer:
    """The same, or a program on this machine itself, which may read (docs/decisions/0005)."""
    if given is not None or not is_local(request):
        return caller(of, given)
    return Viewer("", "", Role.AUDITOR, None)


def is_local(request: Request) -> bool:
    """Whether a program on this machine asks, itself and neither through a proxy nor from a page in a browser."""
    if request.client is None or any(name in request.headers for name in (*_PROXY_HEADERS, "origin", "sec-fetch-site")):
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def _known(of: Site, token: str) -> Viewer | None:
    now = of.app.clock()
    with of.app.store.read() as tx:
        entry = api_tokens.find(tx, token, now)
    if entry is None:
        return None
    if entry.used_at is None or now - entry.used_at >= api_tokens.USED_EVERY:
        with of.app.store.write() as tx:
            api_tokens.used(tx, entry.id, now)
    role = Role(entry.role)
    return Viewer(entry.id, entry.name, role, None if role in CITY_WIDE else _present(of.app.rules, entry.departments))


def _present(rules: Rules, departments: tuple[str, ...]) -> frozenset[str]:
    return frozenset(id for id in departments if id in rules.departments)
