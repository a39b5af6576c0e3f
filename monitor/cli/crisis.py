"""`crisis …`: the incidents, who has them, and their end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from monitor.case_words import staff_name
from monitor.cli.call import Call, Refusal, as_json, pass_call
from monitor.cli.output import aligned, console, print_json
from monitor.crisis.room import CrisisRoom, UnknownIncident
from monitor.desk import BadRequest
from monitor.rules import Rules
from monitor.store import incidents
from monitor.store.engine import Store, Transaction
from monitor.store.views import at
from monitor.words import Words
from sla.case import Conflict
from sla.incident import Incident

_by = click.option("--by", metavar="STAFF", required=True, help="Who does it: a staff id of the settings.")
_id = click.argument("id", metavar="ID")


@click.group()
def crisis() -> None:
    """Incidents: what opened them, their cases, owner and end. IDs are those that `crisis list` prints."""


@crisis.command("list")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="Only the newest so many.")
@as_json
@pass_call
def list_(call: Call, limit: int, as_json: bool) -> None:
    """The newest incidents, those that go on first."""
    rules, words = call.rules(), call.words()
    with call.store() as store, store.read() as tx:
        found = incidents.latest(tx, limit)
        on_record = [_plain(tx, store, call, rules, incident) for incident in found]
    if as_json:
        print_json(on_record)
        return
    if not found:
        click.echo(words("crisis.none"))
        return
    rows = [
        [words("crisis.ended" if one.ended_at else "crisis.open"), words.when(one.opened_at, rules.zone), one.subject,
         staff_name(rules, one.owner or ""), one.id]
        for one in found
    ]  # fmt: skip
    for line, one in zip(aligned(rows), found, strict=True):
        console().print(line, style="dim" if one.ended_at else "bold red")


@crisis.command()
@_id
@as_json
@pass_call
def show(call: Call, id: str, as_json: bool) -> None:
    """Everything on record of an incident, counted as it stands now."""
    rules, words = call.rules(), call.words()
    with call.store() as store, store.read() as tx:
        found = incidents.get(tx, id)
        if found is None:
            raise Refusal(words("unknown_incident", id=id))
        on_record = _plain(tx, store, call, rules, found)
    if as_json:
        print_json(on_record)
    else:
        _print(words, rules, found, on_record)


@crisis.command()
@_id
@_by
@as_json
@pass_call
def claim(call: Call, id: str, by: str, as_json: bool) -> None:
    """One person has it from now on."""
    _act(call, "claim", id, by, as_json, lambda room: room.claim(id, by))


@crisis.command()
@_id
@_by
@click.option("--reason", metavar="TEXT", required=True, help="Why it is over; it is kept, and told to everybody.")
@as_json
@pass_call
def end(call: Call, id: str, by: str, reason: str, as_json: bool) -> None:
    """It is over: everybody who heard of it is told what it came to; its cases stay as they are."""
    _act(call, "end", id, by, as_json, lambda room: room.end(id, by, reason))


def _act(call: Call, done: str, id: str, by: str, as_json: bool, what: Callable[[CrisisRoom], Incident]) -> None:
    rules, words = call.rules(), call.words()
    if not rules.knows(by):
        known = ", ".join(person.id for person in rules.settings.staff)
        raise Refusal(words("unknown_staff", id=by, known=known))
    with call.store() as store:
        try:
            after = what(CrisisRoom(store, rules, call.clock))
        except UnknownIncident as exc:
            raise Refusal(words("unknown_incident", id=id)) from exc
        except BadRequest as exc:
            # The person is known, so it is the reason of an end that is missing.
            raise click.UsageError(words("crisis.needs_reason")) from exc
        except Conflict as exc:
            raise Refusal(_what_happened(words, rules, store, id)) from exc
        if as_json:
            with store.read() as tx:
                print_json(_plain(tx, store, call, rules, after))
            return
    click.echo(words(f"did.crisis_{done}", owner=staff_name(rules, after.owner or "")))


def _what_happened(words: Words, rules: Rules, store: Store, id: str) -> str:
    """Why the answer is no: what was done to the incident already."""
    with store.read() as tx:
        found = incidents.get(tx, id)
    assert found is not None
    if found.ended_at is None:
        return words("crisis.is_theirs", id=id, owner=staff_name(rules, found.owner or ""))
    return words("crisis.is_over", id=id, when=words.when(found.ended_at, rules.zone), reason=found.reason)


def _plain(tx: Transaction, store: Store, call: Call, rules: Rules, incident: Incident) -> dict[str, Any]:
    """An incident as programs read it; instants in the service's zone."""
    return {
        "id": incident.id, "kind": incident.kind, "subject": incident.subject, "department": incident.department,
        "owner": incident.owner, "first_post_at": at(incident.first_post_at, rules.zone),
        "opened_at": at(incident.opened_at, rules.zone), "last_post_at": at(incident.last_post_at, rules.zone),
        "ended_at": at(incident.ended_at, rules.zone), "ended_by": incident.ended_by, "reason": incident.reason,
        "told": list(incident.told), "test": incident.data.get("test"), "cases": incidents.case_ids(tx, incident.id),
        "summary": CrisisRoom(store, rules, call.clock).summary(tx, incident).plain(),
    }  # fmt: skip


def _print(words: Words, rules: Rules, incident: Incident, on_record: dict[str, Any]) -> None:
    shown = console()
    shown.print(words("crisis.title", id=incident.id), style="bold")
    shown.print(words("crisis.counted", **on_record["summary"]))
    rows = [
        ["crisis.subject", incident.subject], ["crisis.kind", words(f"crisis.{incident.kind}")],
        ["case.department", rules.department(incident.department).name],
        ["crisis.owner", staff_name(rules, incident.owner or "")],
        *([f"crisis.{name}", words.when(getattr(incident, name), rules.zone)]
          for name in ("first_post_at", "opened_at", "last_post_at", "ended_at")),
        ["crisis.reason", incident.reason or "-"],
        ["crisis.told", ", ".join(staff_name(rules, person) for person in incident.told)],
    ]  # fmt: skip
    for line in aligned([[words(name), value] for name, value in rows]):
        shown.print(line)
    for case in on_record["cases"]:
        shown.print(f"  {case}", soft_wrap=True)
