"""The API for programs. Until they have tokens, only for those on this machine."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request

from monitor.store.views import cases_json
from monitor.web.context import Site, site

router = APIRouter(prefix="/api")

_PROXY_HEADERS = ("forwarded", "x-forwarded-for", "x-real-ip")


@router.get("/cases")
def queue(request: Request, of: Annotated[Site, Depends(site)], department: str | None = None) -> list[dict[str, Any]]:
    """Open cases, earliest deadline first."""
    if not is_local(request):
        raise HTTPException(403, "the queue is shown only to programs on this machine")
    if department is not None and department not in of.app.rules.departments:
        raise HTTPException(404, f"there is no department {department!r}")
    with of.app.store.read() as tx:
        return cases_json(tx, of.app.rules, department)


def is_local(request: Request) -> bool:
    """Whether a program on this machine asks, itself and not through a proxy."""
    if request.client is None or any(name in request.headers for name in _PROXY_HEADERS):
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
