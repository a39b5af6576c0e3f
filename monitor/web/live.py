"""Live updates: one look at the history for every page that is open, and each is told what its reader may see.

The history is asked, not the parts of this process: so it works with any number of nodes on one database. Looking goes
on only while somebody listens. Where the database is away all streams end, so that no page takes silence for peace.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, Request, Response
from starlette.types import Receive, Scope, Send

from monitor.store import sessions, users
from monitor.store.changes import Changes, Tail
from monitor.store.engine import PASSING
from monitor.web import guard
from monitor.web.context import Site
from monitor.web.viewer import Viewer

log = structlog.get_logger(__name__)
router = APIRouter()

LOOK = 0.25
"""Seconds between two looks at the history."""
BEAT = 15.0
"""Seconds after which a page hears at least that the line stands, and the server's clock."""
RECHECK = 30.0
"""Seconds between two looks at who is still logged in, and what they may see."""
PATIENCE = 10.0
"""Seconds that a reader may take to accept a message; who takes longer is dropped."""
MOST = 20
"""Streams of one person: a browser holds six to one host, and people have several."""


@dataclass(eq=False, slots=True)
class Listener:
    """One open page. What it was not told yet adds up to one message, however slow it is."""

    viewer: Viewer
    departments: dict[str, Counter[str]] = field(default_factory=dict)
    service: bool = False
    met: bool = False
    """Whether the history is looked at on its behalf, which it is told first."""
    greeted: bool = False
    ended: bool = False
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, changes: Changes) -> None:
        """Note what its reader may see of the changes."""
        self.service |= changes.service
        for department, told in changes.departments.items():
            if self.viewer.sees(department):
                self.departments.setdefault(department, Counter()).update(told)
        if self.service or self.departments or not self.met:
            self.met = True
            self.woken.set()

    def end(self) -> None:
        """No more messages."""
        self.ended = True
        self.woken.set()

    async def next(self, beat: float = BEAT) -> tuple[str, Any] | None:
        """The next message, its name and data: "hello", "changed", or after `beat` seconds "beat". None at the end."""
        try:
            async with asyncio.timeout(beat):
                await self.woken.wait()
        except TimeoutError:
            return "beat", None
        self.woken.clear()
        if self.ended:
            return None
        if not self.greeted:
            # Whoever is greeted reads the page again: what was noted for it until now is in there.
            self.greeted, self.departments, self.service = True, {}, False
            return "hello", None
        told = {"departments": self.departments, "service": self.service}
        self.departments, self.service = {}, False
        return "changed", told


class Hub:
    """Who listens in this process. Everything but `close` happens in the server's event loop."""

    def __init__(self, of: Site) -> None:
        self._of = of
        self._listeners: set[Listener] = set()
        self._watch: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    def join(self, viewer: Viewer) -> Listener | None:
        """Listen on behalf of somebody; None where they have `MOST` streams already."""
        if sum(one.viewer.id == viewer.id for one in self._listeners) >= MOST:
            return None
        listener = Listener(viewer)
        self._listeners.add(listener)
        if self._closed:
            listener.end()
        elif self._watch is None:
            self._loop = asyncio.get_running_loop()
            self._watch = self._loop.create_task(self._watching())
        return listener

    def leave(self, listener: Listener) -> None:
        """No longer listen."""
        self._listeners.discard(listener)

    def close(self) -> None:
        """End every stream; may be called from any thread."""
        self._closed = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.end_all)

    def end_all(self) -> None:
        """End every stream there is now."""
        for listener in self._listeners:
            listener.end()

    def now(self) -> float:
        """The server's clock in milliseconds since 1970, as scripts count."""
        return self._of.app.clock().timestamp() * 1000

    async def _watching(self) -> None:
        tail, checked = None, asyncio.get_running_loop().time()
        try:
            while self._listeners:
                # In a thread that no page waits for.
                tail, changes = await asyncio.to_thread(self._look, tail)
                for listener in self._listeners:
                    listener.tell(changes)
                if asyncio.get_running_loop().time() - checked >= RECHECK:
                    await self.recheck()
                    checked = asyncio.get_running_loop().time()
                await asyncio.sleep(LOOK)
        except PASSING as exc:
            log.warning("live.database_away", problem=type(exc).__name__)
        except Exception:
            log.exception("live.failed")
        finally:
            self._watch = None
            self.end_all()

    def _look(self, tail: Tail | None) -> tuple[Tail, Changes]:
        with self._of.app.store.read() as tx:
            if tail is None:
                return Tail(tx), Changes({}, service=False)
            return tail, tail.look(tx, self._of.app.clock())

    async def recheck(self) -> None:
        """End the streams of sessions that are over; others go by what their people may see now."""
        viewers = {one.viewer for one in self._listeners}
        standing = await asyncio.to_thread(self._standing, viewers)
        for listener in self._listeners:
            now = standing.get(listener.viewer, listener.viewer)
            if now is None:
                listener.end()
            else:
                listener.viewer = now

    def _standing(self, viewers: set[Viewer]) -> dict[Viewer, Viewer | None]:
        found: dict[Viewer, Viewer | None] = {}
        now = self._of.app.clock()
        with self._of.app.store.read() as tx:
            for viewer in viewers:
                user = users.get(tx, viewer.id)
                logged_in = any(one.id == viewer.session for one in sessions.of_user(tx, viewer.id, now))
                found[viewer] = guard.as_viewer(self._of, user, viewer.session) if user and logged_in else None
        return found


class Stream(Response):
    """Server-sent events to one listener, until it ends or its reader is gone (HTML standard, 9.2)."""

    media_type = "text/event-stream"

    def __init__(self, hub: Hub, listener: Listener) -> None:
        # A proxy that gathers the answer before it passes it on would hold every message back.
        super().__init__(headers={"X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._hub, self._listener = hub, listener

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tell until the end."""
        gone = asyncio.ensure_future(_gone(receive))
        gone.add_done_callback(lambda _: self._listener.end())
        try:
            async with asyncio.timeout(PATIENCE):
                await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            while (message := await self._listener.next()) is not None:
                name, data = message
                text = f"event: {name}\ndata: {json.dumps({'now': self._hub.now()} | (data or {}))}\n\n"
                async with asyncio.timeout(PATIENCE):
                    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})
            async with asyncio.timeout(PATIENCE):
                await send({"type": "http.response.body", "body": b""})
        except TimeoutError:
            log.info("live.slow_reader_dropped", user=self._listener.viewer.id)
        finally:
            gone.cancel()
            self._hub.leave(self._listener)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


@router.get("/live")
async def live(request: Request, viewer: Annotated[Viewer, Depends(guard.viewer)]) -> Response:
    """Tell an open page when something changed that its reader may see."""
    hub: Hub = request.app.state.live
    listener = hub.join(viewer)
    if listener is None:
        return Response("too many pages are open; close some\n", 429, {"Retry-After": "60"}, "text/plain")
    return Stream(hub, listener)
