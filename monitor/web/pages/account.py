"""One's own account: password, and where one is logged in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from monitor import members
from monitor.store import sessions, throttles
from monitor.web import guard
from monitor.web.context import Site, site
from monitor.web.render import render, say
from monitor.web.sentences import sentence
from monitor.web.viewer import Viewer

router = APIRouter(prefix="/account")


@router.get("")
def show(
    request: Request, of: Annotated[Site, Depends(site)], viewer: Annotated[Viewer, Depends(guard.viewer)]
) -> Response:
    """Name, role, departments, sessions, and the form for a new password."""
    return _page(request, of, viewer)


@router.post("/password", dependencies=[Depends(guard.same_origin)])
def password(
    request: Request, of: Annotated[Site, Depends(site)], viewer: Annotated[Viewer, Depends(guard.viewer)],
    old: Annotated[str, Form()] = "", new: Annotated[str, Form()] = "", again: Annotated[str, Form()] = "",
) -> Response:  # fmt: skip
    """Change one's own password; the old one is asked for, and guesses at it are throttled as a login's."""
    _, now, key = say(request), of.app.clock(), f"user:{viewer.id}"
    with of.app.store.read() as tx:
        user = members.get(tx, viewer.id)
        wait = throttles.blocked_until(tx, [key], now)
    if wait is not None or not members.hasher().verify(old, user.password_hash or members.nobodys()):
        with of.app.store.write() as tx:
            throttles.failed(tx, key, now)
        return _page(request, of, viewer, 400, problem=_("The old password is wrong, or was wrong too often."))
    if new != again:
        return _page(request, of, viewer, 400, problem=_("The new password was typed in two ways."))
    try:
        with of.app.store.write() as tx:
            members.set_password(tx, viewer.id, new, viewer.id, now, keep=viewer.session)
    except members.MemberError as exc:
        return _page(request, of, viewer, 400, problem=sentence(request, exc.code, **exc.values))
    return _page(request, of, viewer, done=_("Your password is changed. You were logged out everywhere else."))


@router.post("/elsewhere", dependencies=[Depends(guard.same_origin)])
def elsewhere(of: Annotated[Site, Depends(site)], viewer: Annotated[Viewer, Depends(guard.viewer)]) -> Response:
    """Log out everywhere else."""
    with of.app.store.write() as tx:
        sessions.end_all(tx, viewer.id, but=viewer.session)
    return RedirectResponse("/account", 303)


def _page(
    request: Request, of: Site, viewer: Viewer, status: int = 200, *, problem: str = "", done: str = ""
) -> Response:
    with of.app.store.read() as tx:
        found = sessions.of_user(tx, viewer.id, of.app.clock())
        user = members.get(tx, viewer.id)
    return render(
        request, "account.html", status, user=user, sessions=found, problem=problem, done=done,
        shortest=members.SHORTEST,
    )  # fmt: skip
