"""Who may log in, for the operator."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response

from monitor import members
from monitor.rules import Rules
from monitor.store import sessions, users
from monitor.store.engine import Transaction
from monitor.web import guard
from monitor.web.context import Site, site
from monitor.web.render import render, say
from monitor.web.roles import Right, Role
from monitor.web.sentences import sentence
from monitor.web.viewer import Viewer, scope_of

router = APIRouter(prefix="/users")

Operator = Annotated[Viewer, Depends(guard.needs(Right.USERS))]
_checked = [Depends(guard.same_origin)]

_Act = Callable[[Transaction, Rules, datetime], users.User]


@router.get("")
def show(request: Request, of: Annotated[Site, Depends(site)], viewer: Operator) -> Response:
    """Everybody, with what they see and where they are logged in."""
    return _page(request, of)


@router.post("", dependencies=_checked)
def add(
    request: Request, of: Annotated[Site, Depends(site)], viewer: Operator, id: Annotated[str, Form()] = "",
    role: Annotated[str, Form()] = "staff", departments: Annotated[list[str], Form()] = [],  # noqa: B006 - FastAPI copies it
    name: Annotated[str, Form()] = "",
) -> Response:  # fmt: skip
    """Let somebody in, with a first password that is shown once."""
    password = secrets.token_urlsafe(12)

    def act(tx: Transaction, rules: Rules, now: datetime) -> users.User:
        members.add(tx, rules, id.strip(), role, departments, name, viewer.id, now)
        return members.set_password(tx, id.strip(), password, viewer.id, now)

    typed: dict[str, object] = {"id": id, "role": role, "departments": departments, "name": name}
    return _act(request, of, act, say(request)("%(name)s may log in."), password, typed)


@router.post("/{id}/password", dependencies=_checked)
def password(request: Request, of: Annotated[Site, Depends(site)], viewer: Operator, id: str) -> Response:
    """A new password, shown once; whoever was logged in under the old one is out."""
    new = secrets.token_urlsafe(12)
    done = say(request)("%(name)s has a new password.")
    return _act(request, of, lambda tx, _, now: members.set_password(tx, id, new, viewer.id, now), done, new)


@router.post("/{id}/role", dependencies=_checked)
def role(
    request: Request, of: Annotated[Site, Depends(site)], viewer: Operator, id: str,
    role: Annotated[str, Form()] = "", departments: Annotated[list[str], Form()] = [],  # noqa: B006 - FastAPI copies it
) -> Response:  # fmt: skip
    """Another role, other departments beside those of the settings."""
    done = say(request)("%(name)s has another role.")
    return _act(
        request, of, lambda tx, rules, now: members.change(tx, rules, id, role, departments, viewer.id, now), done
    )


@router.post("/{id}/disable", dependencies=_checked)
def disable(request: Request, of: Annotated[Site, Depends(site)], viewer: Operator, id: str) -> Response:
    """Let somebody in no more, from this moment."""
    done = say(request)("%(name)s may not log in any more.")
    return _act(request, of, lambda tx, _, now: members.disable(tx, id, viewer.id, now), done)


@router.post("/{id}/enable", dependencies=_checked)
def enable(request: Request, of: Annotated[Site, Depends(site)], viewer: Operator, id: str) -> Response:
    """Let somebody in again."""
    done = say(request)("%(name)s may log in.")
    return _act(request, of, lambda tx, _, now: members.enable(tx, id, viewer.id, now), done)


def _act(
    request: Request, of: Site, act: _Act, done: str, password: str = "", typed: dict[str, object] | None = None
) -> Response:  # fmt: skip
    """Do it and show everybody again, with what came of it. A password is in this answer alone, nowhere else."""
    try:
        with of.app.store.write() as tx:
            after = act(tx, of.app.rules, of.app.clock())
    except members.MemberError as exc:
        return _page(request, of, 400, problem=sentence(request, exc.code, **exc.values), typed=typed)
    return _page(request, of, done=done % {"name": after.name}, password=password, whose=after.id)


def _page(
    request: Request, of: Site, status: int = 200, *, problem: str = "", done: str = "", password: str = "",
    whose: str = "", typed: dict[str, object] | None = None,
) -> Response:  # fmt: skip
    now, rules = of.app.clock(), of.app.rules
    with of.app.store.read() as tx:
        everybody = users.everybody(tx)
        found = [
            {"user": one, "scope": scope_of(rules, one.id, Role(one.role), one.departments),
             "sessions": sessions.of_user(tx, one.id, now), "gone": guard.as_viewer(of, one) is None}
            for one in everybody
        ]  # fmt: skip
    known = {one.id for one in everybody}
    return render(
        request, "users.html", status, found=found, problem=problem, done=done, password=password, whose=whose,
        typed=typed or {"id": "", "role": "staff", "departments": [], "name": ""}, roles=list(Role),
        candidates=[person for person in rules.settings.staff if person.id not in known],
    )  # fmt: skip
