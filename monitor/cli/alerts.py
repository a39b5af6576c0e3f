"""`alerts`: what was sent to whom, and what an operator does about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import click

from monitor import maintenance
from monitor.case_words import staff_name
from monitor.cli.call import Call, Refusal, as_json, pass_call
from monitor.cli.case_file import attempt_lines
from monitor.cli.output import cell, console, print_json, table
from monitor.rules import Rules
from monitor.store import alerts as outbox
from monitor.store import flags, holds, operator, views
from monitor.words import Words


@click.group(invoke_without_command=True)
@click.option("--dead", is_flag=True, help="Only those that were given up.")
@click.option("--waiting", is_flag=True, help="What waits: for a bundle, for the morning, for a channel's limit.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="Only the newest so many.")
@as_json
@pass_call
@click.pass_context
def alerts(ctx: click.Context, call: Call, dead: bool, waiting: bool, limit: int, as_json: bool) -> None:
    """What was sent to whom, newest first, with every try."""
    if ctx.invoked_subcommand is not None:
        return
    if waiting:
        _waiting(call, as_json)
    else:
        _list(call, dead, limit, as_json)


@alerts.command()
@click.argument("id", metavar="ID")
@pass_call
def retry(call: Call, id: str) -> None:
    """Send a dead letter again, under its own id."""
    with call.store() as store, store.write() as tx:
        if not operator.retry(tx, id, call.clock()):
            raise Refusal(call.words()("no_dead", id=id))
    click.echo(call.words()("alerts.retry", id=id))


@alerts.command()
@pass_call
def release(call: Call) -> None:
    """After a restore: let the alerts go that wait for your word."""
    with call.store() as store, store.write() as tx:
        count = operator.release(tx, call.clock())
    if count is None:
        raise Refusal(call.words()("nothing_held"))
    click.echo(call.words()("alerts.release", count=count))


def _list(call: Call, dead: bool, limit: int, as_json: bool) -> None:
    rules, words = call.rules(), call.words()
    with call.store() as store, store.read() as tx:
        found = views.messages_json(tx, outbox.messages(tx, state="dead" if dead else None, limit=limit), rules.zone)
        now = call.clock()
        backlog = outbox.backlog(tx, now)
        held = _with_silence(holds.waiting(tx, now), maintenance.standing(tx, now))
        is_held = flags.get(tx, flags.ALERTS_HELD) is not None
    if is_held:
        click.echo(words("alerts.held"), err=True)
    if as_json:
        print_json(found)
        return
    if backlog.waiting and not dead:
        click.echo(words("alerts.waiting", count=backlog.waiting))
    for one in held if not dead else ():
        if one.held_until is not None:
            click.echo(f"{staff_name(rules, one.recipient)} · {_held_back(words, rules, one)}")
    if not found:
        click.echo(words("alerts.none_dead" if dead else "alerts.none"))
        return
    grid = table(words("column.sent"), words("column.recipient"), words("column.message"))
    for message in found:
        grid.add_row(*_row(words, rules, message))
    console().print(grid)


def _waiting(call: Call, as_json: bool) -> None:
    """What is in no message yet, and why."""
    rules, words, now = call.rules(), call.words(), call.clock()
    with call.store() as store, store.read() as tx:
        found = _with_silence(holds.waiting(tx, now), maintenance.standing(tx, now))
    if as_json:
        print_json(
            [
                {**one._asdict(), "held_until": views.at(one.held_until, rules.zone),
                 "due_at": views.at(one.due_at, rules.zone)}
                for one in found
            ]
        )  # fmt: skip
        return
    for one in found:
        said = [
            staff_name(rules, one.recipient),
            words("clock.final") if one.clock == "final" else "",
            words.known(f"kind.{one.kind}", one.kind),
            words("level", level=one.level) if one.level else "",
            _held_back(words, rules, one),
        ]
        click.echo(" · ".join(filter(None, said)))
    if not found:
        click.echo(words("alerts.nothing_waits"))


def _with_silence(found: Iterable[holds.Waiting], silence: flags.Maintenance | None) -> list[holds.Waiting]:
    """A maintenance holds whatever nothing else holds longer, save what is of a crisis."""
    if silence is None:
        return list(found)
    return [
        one
        if one.crisis == one.size or (one.held_until is not None and one.held_until >= silence.until)
        else one._replace(held_until=silence.until, held_by="maintenance")
        for one in found
    ]


def _held_back(words: Words, rules: Rules, one: holds.Waiting) -> str:
    if one.held_until is None:
        return words("alerts.waiting", count=one.size)
    why = words.known(f"held.{one.held_by}", one.held_by)
    return words("alerts.held_back", count=one.size, why=why, until=words.when(one.held_until, rules.zone))


def _row(words: Words, rules: Rules, message: Mapping[str, Any]) -> tuple[Any, ...]:
    kind = words.known(f"kind.{message['kind']}", message["kind"])
    state = [words.known(f"sent.{message['state']}", message["state"])]
    state += [words("cases", count=len(message["cases"]))] if message["cases"] else []
    problem = [message["problem"]] if message["problem"] else []
    return (
        cell(
            words.when(datetime.fromisoformat(message["created_at"]), rules.zone),
            f"{kind} · {words('level', level=message['level'])}" if message["level"] else kind,
        ),
        cell(staff_name(rules, message["recipient"]), message["channel"]),
        cell(" · ".join(state), message["id"], *problem, *attempt_lines(words, rules, message["attempts"])),
    )
