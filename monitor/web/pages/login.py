"""Log in, log out, and the reader's language."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from monitor import members
from monitor.store import events, sessions, throttles, users
from monitor.store.engine import Transaction
from monitor.web import guard
from monitor.web.context import Site, site
from monitor.web.render import LANGUAGE_COOKIE, language_of, render, translations
from monitor.web.viewer import Viewer
from monitor.web.words import LANGUAGES
from sla.case import Event

router = APIRouter()

FREE_OF_ADDRESS = 20
"""Failures from one address that cost no waiting: a whole office may share one."""


@router.get("/login")
def form(request: Request, of: Annotated[Site, Depends(site)], next: str = "/") -> Response:
    """The form; who is in already goes on."""
    if guard.known(request, of) is not None:
        return RedirectResponse(inside(next), 303)
    return render(request, "login.html", next=inside(next), user="", problem="")


@router.post("/login")
def log_in(
    request: Request, of: Annotated[Site, Depends(site)], user: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "", next: Annotated[str, Form()] = "/",
) -> Response:  # fmt: skip
    """Check id and password; each failure makes the next wait longer, for the account and for the address."""
    guard.check_origin(request, of)
    now, address = of.app.clock(), request.client.host if request.client else ""
    keys = [f"user:{user.strip()[:100]}", f"address:{address}"]
    with of.app.store.read() as tx:
        wait = throttles.blocked_until(tx, keys, now)
        found = users.get(tx, user.strip())
    words = translations(of, language_of(request))
    if wait is not None:
        minutes = -((now - wait) // timedelta(minutes=1))
        problem = words.ngettext(
            "Too many failed tries. Wait %(num)d minute, then try again.",
            "Too many failed tries. Wait %(num)d minutes, then try again.", minutes,
        ) % {"num": minutes}  # fmt: skip
        return render(request, "login.html", 429, next=inside(next), user=user, problem=problem)
    may = found is not None and guard.as_viewer(of, found) is not None
    right = members.hasher().verify(password, (found.password_hash if found else "") or members.nobodys())
    if found is None or not may or not right or not found.password_hash:
        with of.app.store.write() as tx:
            throttles.failed(tx, keys[0], now)
            throttles.failed(tx, keys[1], now, FREE_OF_ADDRESS)
        problem = words.gettext("Id or password is wrong, or this account may not log in any more.")
        return render(request, "login.html", 401, next=inside(next), user=user, problem=problem)
    with of.app.store.write() as tx:
        throttles.succeeded(tx, keys[0])
        return enter(tx, found, now, address, inside(next))


def enter(tx: Transaction, user: users.User, now: datetime, address: str, target: str) -> Response:
    """Let somebody in: a session, its cookie, and an event that says so."""
    token = secrets.token_urlsafe(32)
    sessions.begin(tx, token, user.id, now, guard.IDLE, address)
    events.append(tx, [(None, Event("logged_in", now, user.id, {"address": address}))])
    response = RedirectResponse(target, 303)
    response.set_cookie(guard.COOKIE, token, secure=True, httponly=True, samesite="lax", path="/")
    return response


@router.post("/logout", dependencies=[Depends(guard.same_origin)])
def log_out(of: Annotated[Site, Depends(site)], viewer: Annotated[Viewer, Depends(guard.viewer)]) -> Response:
    """End this session."""
    with of.app.store.write() as tx:
        sessions.end(tx, viewer.session)
    response = RedirectResponse("/login", 303)
    response.delete_cookie(guard.COOKIE, secure=True, httponly=True, samesite="lax", path="/")
    return response


@router.get("/language/{language}")
def choose(language: str, next: str = "/") -> Response:
    """Remember the reader's language on this browser. It changes nothing but what they see."""
    response = RedirectResponse(inside(next), 303)
    if language in LANGUAGES:
        response.set_cookie(LANGUAGE_COOKIE, language, max_age=365 * 86400, samesite="lax", secure=True, httponly=True)
    return response


def inside(target: str) -> str:
    """A path of this site, whatever was asked for: no link leads elsewhere through the login."""
    return target if target.startswith("/") and not target.startswith(("//", "/\\")) else "/"
