"""`/livez` and `/readyz`: for programs that watch, without a login."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from monitor import faults
from monitor.store import accounts, episodes
from monitor.web.context import Site, site

router = APIRouter()


@router.get("/livez")
def livez() -> dict[str, str]:
    """The process answers."""
    return {"status": "alive"}


@router.get("/readyz")
def readyz(response: Response, of: Annotated[Site, Depends(site)]) -> dict[str, Any]:
    """200 when the database is writable and cycles complete; a platform that is down stands in the body only."""
    try:
        of.app.store.ping()
        unready = of.waits()
        with of.app.store.read() as tx:
            standing = accounts.watched(tx)
            wrong, unproved = episodes.going_on(tx), faults.unproved(tx)
    except Exception as exc:  # noqa: BLE001 - whatever keeps the database from answering makes us unready
        response.status_code = 503
        return {"status": "unready", "faults": [f"database: {type(exc).__name__}"], "accounts": []}
    if unready:
        response.status_code = 503
    return {
        "status": "unready" if unready else "ready",
        "faults": unready,
        "audit": unproved,
        "clocks": [one.why for one in wrong if one.name.startswith(faults.CLOCK)],
        "clock_offset_seconds": {
            platform: offset.total_seconds()
            for platform, connector in of.app.connectors.items()
            if (offset := connector.health().clock_offset) is not None
        },
        "accounts": [
            {
                "platform": a.platform, "id": a.id, "blind": a.blind_since is not None, "problem": a.problem,
                "suspect": a.suspect_since is not None,
                "complete_until": a.complete_until.isoformat() if a.complete_until else None,
            }
            for a in standing.values()
        ],
    }  # fmt: skip
