"""Health and the queue over HTTP, in a thread of the daemon."""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Callable
from typing import Any

import uvicorn
from fastapi import FastAPI, HTTPException, Request, Response

from monitor import faults, service
from monitor.app import App
from monitor.cycle import Cycle
from monitor.store import accounts, episodes
from monitor.store.views import cases_json

_PROXY_HEADERS = ("forwarded", "x-forwarded-for", "x-real-ip")


def create(app: App, cycle: Cycle, waits: Callable[[], list[str]] = list) -> FastAPI:
    """The web application. Until there is a login, the queue is shown only to programs on this machine.

    `waits` says why this node does not decide, where it does not.
    """
    web = FastAPI(title="sns-monitor", openapi_url="/api/openapi.json", docs_url=None, redoc_url=None)

    @web.get("/livez")
    def livez() -> dict[str, str]:
        """The process answers."""
        return {"status": "alive"}

    @web.get("/readyz")
    def readyz(response: Response) -> dict[str, Any]:
        """200 when the database is writable and cycles complete; a platform that is down stands in the body only."""
        try:
            app.store.ping()
            unready = [*waits(), *cycle.faults()]
            with app.store.read() as tx:
                standing = accounts.watched(tx)
                wrong = episodes.going_on(tx)
        except Exception as exc:  # noqa: BLE001 - whatever keeps the database from answering makes us unready
            response.status_code = 503
            return {"status": "unready", "faults": [f"database: {type(exc).__name__}"], "accounts": []}
        if unready:
            response.status_code = 503
        return {
            "status": "unready" if unready else "ready",
            "faults": unready,
            "audit": [line for one in wrong if one.name == faults.AUDIT for line in one.why.splitlines()],
            "clocks": [one.why for one in wrong if one.name.startswith(faults.CLOCK)],
            "clock_offset_seconds": {
                platform: offset.total_seconds()
                for platform, connector in app.connectors.items()
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

    @web.get("/api/cases")
    def queue(request: Request, department: str | None = None) -> list[dict[str, Any]]:
        """Open cases, earliest deadline first."""
        peer = request.client.host if request.client else ""
        if not _is_local(peer) or any(name in request.headers for name in _PROXY_HEADERS):
            raise HTTPException(403, "the queue is shown only to programs on this machine")
        if department is not None and department not in app.rules.departments:
            raise HTTPException(404, f"there is no department {department!r}")
        with app.store.read() as tx:
            return cases_json(tx, app.rules, department)

    return web


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def start(app: App, cycle: Cycle, waits: Callable[[], list[str]] = list) -> Callable[[], None]:
    """Serve where the settings say; returns what stops it. Raises `service.AddressTaken`. `waits` as in `create`."""
    listen = app.settings.web.listen
    if not listen:
        return lambda: None
    config = uvicorn.Config(
        create(app, cycle, waits), log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=2
    )
    server = uvicorn.Server(config)
    # Bound here: uvicorn would end the process by itself where the port is taken.
    sock = service.listen(listen, "web.listen")
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, name="web", daemon=True)
    thread.start()

    def stop() -> None:
        server.should_exit = True
        thread.join(5)
        sock.close()

    return stop
