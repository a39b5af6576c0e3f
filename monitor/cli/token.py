"""`token …`: which programs may call the API."""

from __future__ import annotations

from typing import Any

import click

from config.durations import parse_duration
from monitor.cli.call import Call, Refusal, as_json, pass_call
from monitor.cli.output import aligned, console, print_json
from monitor.cli.user import OPERATOR
from monitor.rules import Rules
from monitor.store import api_tokens, events
from monitor.store.views import at
from monitor.web.roles import CITY_WIDE, Role
from sla.case import Event


@click.group()
def token() -> None:
    """Programs that may call the API, each with a token of its own."""


@token.command()
@click.argument("name", metavar="NAME")
@click.option("--role", type=click.Choice([role.value for role in Role]), default="auditor", show_default=True,
              help="What it may do; an auditor reads everything and changes nothing.")  # fmt: skip
@click.option("--department", "departments", metavar="DEPARTMENT", multiple=True, help="Only these it sees.")
@click.option("--for", "span", metavar="DURATION", default="365d", show_default=True, help="How long it works.")
@as_json
@pass_call
def add(call: Call, name: str, role: str, departments: tuple[str, ...], span: str, as_json: bool) -> None:
    """Make a token. It is printed this once and can never be read again."""
    rules, words, now = call.rules(), call.words(), call.clock()
    for department in departments:
        if department not in rules.departments:
            raise Refusal(words("user.department", id=department, known=", ".join(rules.departments)))
    if departments and Role(role) in CITY_WIDE:
        raise click.UsageError(f"the role {role} sees the whole city; --department is for staff, manager and head")
    if not departments and Role(role) not in CITY_WIDE:
        raise click.UsageError(f"the role {role} sees nothing without --department")
    try:
        expires_at = now + parse_duration(span)
    except (ValueError, OverflowError) as exc:
        raise click.UsageError(f"--for {span}: {exc}") from exc
    with call.store() as store, store.write() as tx:
        entry, secret = api_tokens.add(tx, name, role, departments, OPERATOR, now, expires_at)
        about = {"token": entry.id, "name": name, "role": role, "departments": list(entry.departments)}
        events.append(tx, [(None, Event("token_added", now, OPERATOR, about))])
    if as_json:
        print_json(_plain(entry, rules) | {"token": secret})
    else:
        click.echo(words("did.token_added", id=entry.id), err=True)
        click.echo(secret)


@token.command()
@click.argument("id", metavar="ID")
@pass_call
def revoke(call: Call, id: str) -> None:
    """Take a token back: it works no more from now on."""
    words, now = call.words(), call.clock()
    with call.store() as store, store.write() as tx:
        if not api_tokens.revoke(tx, id, now):
            raise Refusal(words("token.unknown", id=id))
        events.append(tx, [(None, Event("token_revoked", now, OPERATOR, {"token": id}))])
    click.echo(words("did.token_revoked", id=id))


@token.command("list")
@as_json
@pass_call
def list_(call: Call, as_json: bool) -> None:
    """Every token: whose, what it may do, when it was used last."""
    rules, words = call.rules(), call.words()
    with call.store() as store, store.read() as tx:
        found = api_tokens.everything(tx)
    if as_json:
        print_json([_plain(one, rules) for one in found])
        return
    if not found:
        click.echo(words("token.none"))
        return
    rows = [
        [one.id, one.name, words(f"role.{one.role}"), ", ".join(one.departments) or "-",
         words("token.revoked") if one.revoked_at else words("token.until", at=words.when(one.expires_at, rules.zone)),
         words("token.used", at=words.when(one.used_at, rules.zone))]
        for one in found
    ]  # fmt: skip
    for line in aligned(rows):
        console().print(line)


def _plain(one: api_tokens.ApiToken, rules: Rules) -> dict[str, Any]:
    """A token's entry as programs read it; never the token."""
    return {
        "id": one.id, "name": one.name, "role": one.role, "departments": list(one.departments),
        "created_by": one.created_by,
        **{name: at(getattr(one, name), rules.zone) for name in ("created_at", "expires_at", "used_at", "revoked_at")},
    }  # fmt: skip
