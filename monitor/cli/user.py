"""`user …`: who may log in to the web. Whoever may read the settings and the database here is the operator."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any

import click

from monitor import members
from monitor.cli.call import Call, Refusal, as_json, pass_call
from monitor.cli.output import aligned, console, print_json
from monitor.rules import Rules
from monitor.store import sessions, users
from monitor.store.engine import Transaction
from monitor.store.users import User
from monitor.store.views import at
from monitor.web.roles import Role

OPERATOR = "operator"
"""Who did it, in the history: a person at this machine."""

_id = click.argument("id", metavar="ID")


@click.group()
def user() -> None:
    """People who may log in to the web. Staff of the settings keep their id; an auditor may have any."""


@user.command()
@_id
@click.option("--role", type=click.Choice([role.value for role in Role]), default="staff", show_default=True)
@click.option("--department", "departments", metavar="DEPARTMENT", multiple=True, help="Beside those of the settings.")
@click.option("--name", default="", help="Where the settings do not know them.")
@click.option("--no-password", is_flag=True, help="They come in by the city's sign-on only.")
@as_json
@pass_call
def add(
    call: Call, id: str, role: str, departments: tuple[str, ...], name: str, no_password: bool, as_json: bool
) -> None:  # fmt: skip
    """Let somebody in. The password is asked for, or read as one line from standard input."""
    with call.store() as store, store.read() as tx:
        if users.get(tx, id) is not None:
            raise _refusal(call, members.MemberError("user.exists", id=id))
    password = "" if no_password else _password(call, id)

    def act(tx: Transaction, rules: Rules, now: datetime) -> User:
        found = members.add(tx, rules, id, role, departments, name, OPERATOR, now)
        return members.set_password(tx, id, password, OPERATOR, now) if password else found

    _act(call, "added", as_json, act)


@user.command()
@_id
@as_json
@pass_call
def disable(call: Call, id: str, as_json: bool) -> None:
    """Let somebody in no more; wherever they are logged in, that ends at once."""
    _act(call, "disabled", as_json, lambda tx, _, now: members.disable(tx, id, OPERATOR, now))


@user.command()
@_id
@as_json
@pass_call
def enable(call: Call, id: str, as_json: bool) -> None:
    """Let somebody in again, under their old password."""
    _act(call, "enabled", as_json, lambda tx, _, now: members.enable(tx, id, OPERATOR, now))


@user.command()
@_id
@as_json
@pass_call
def password(call: Call, id: str, as_json: bool) -> None:
    """Give somebody a new password: asked for, or read as one line from standard input."""
    new = _password(call, id)
    _act(call, "password", as_json, lambda tx, _, now: members.set_password(tx, id, new, OPERATOR, now))


@user.command("list")
@as_json
@pass_call
def list_(call: Call, as_json: bool) -> None:
    """Who may log in, and who may no longer."""
    rules, words = call.rules(), call.words()
    now = call.clock()
    with call.store() as store, store.read() as tx:
        found = [
            _plain(one, rules) | {"sessions": len(sessions.of_user(tx, one.id, now))} for one in users.everybody(tx)
        ]
    if as_json:
        print_json(found)
        return
    if not found:
        click.echo(words("user.none"))
        return
    rows = [
        [one["id"], one["name"], words(f"role.{one['role']}"), ", ".join(one["departments"]) or "-",
         words("user.is_disabled") if one["disabled_at"] else words("user.logged_in", count=one["sessions"])]
        for one in found
    ]  # fmt: skip
    for line in aligned(rows):
        console().print(line)


def _act(call: Call, done: str, as_json: bool, act: Callable[[Transaction, Rules, datetime], User]) -> None:
    rules = call.rules()
    try:
        with call.store() as store, store.write() as tx:
            after = act(tx, rules, call.clock())
    except members.MemberError as exc:
        raise _refusal(call, exc) from exc
    if as_json:
        print_json(_plain(after, rules))
    else:
        click.echo(call.words()(f"did.user_{done}", id=after.id, name=after.name))


def _password(call: Call, id: str) -> str:
    words = call.words()
    if sys.stdin.isatty():
        given: str = click.prompt(words("user.ask_password"), hide_input=True, confirmation_prompt=True)
    else:
        given = sys.stdin.readline().rstrip("\r\n")
    try:
        members.check_password(id, given)
    except members.MemberError as exc:
        raise _refusal(call, exc) from exc
    return given


def _refusal(call: Call, exc: members.MemberError) -> Refusal:
    return Refusal(call.words()(exc.code, **exc.values))


def _plain(one: User, rules: Rules) -> dict[str, Any]:
    """A user as programs read it; never a hash."""
    return {
        "id": one.id, "name": one.name, "role": one.role, "departments": list(one.departments),
        "created_at": at(one.created_at, rules.zone), "disabled_at": at(one.disabled_at, rules.zone),
        "has_password": bool(one.password_hash),
    }  # fmt: skip
