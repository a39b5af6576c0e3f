"""`maintenance …`: a silence with an end, while somebody works on the service."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from config.durations import parse_duration
from monitor import maintenance as silence
from monitor.case_words import staff_name
from monitor.cli.call import Call, Refusal, as_json, pass_call
from monitor.cli.output import print_json
from monitor.store import alerts
from monitor.store.engine import Transaction

if TYPE_CHECKING:
    from monitor.rules import Rules
    from monitor.store.flags import Maintenance

_by = click.option("--by", metavar="STAFF", required=True, help="Who asks for it: a staff id of the settings.")


@click.group()
def maintenance() -> None:
    """A silence with an end: all is polled, decided and recorded; only crises and faults are told."""


@maintenance.command()
@click.option("--for", "span", metavar="DURATION", help='How long, as "90m" or "2h"; 24 hours at most.')
@click.option("--until", metavar="TIME", help='Until when, as "2026-11-24T20:00" on the service\'s clock.')
@click.option("--reason", metavar="TEXT", required=True, help="Why; it is kept on record.")
@_by
@as_json
@pass_call
def start(call: Call, span: str | None, until: str | None, reason: str, by: str, as_json: bool) -> None:
    """Send nothing for a while; where that is so already, give it another end."""
    rules = call.rules()
    _must_be_known(call, rules, by)
    now = call.clock()
    end = _end(call, rules, span, until, now)
    with call.store() as store, store.write() as tx:
        try:
            asked = silence.start(tx, rules, end, reason, by, now)
        except silence.MaintenanceError as exc:
            raise click.UsageError(str(exc)) from exc
        _say(call, rules, tx, asked, as_json)


@maintenance.command()
@_by
@pass_call
def end(call: Call, by: str) -> None:
    """End it now: what was held goes out, bundled, less what was answered meanwhile."""
    rules = call.rules()
    _must_be_known(call, rules, by)
    with call.store() as store, store.write() as tx:
        try:
            held = silence.end(tx, rules, by, call.clock())
        except silence.NotInMaintenance as exc:
            raise Refusal(call.words()("maintenance.none")) from exc
    click.echo(call.words()("maintenance.ended", count=held))


@maintenance.command()
@as_json
@pass_call
def show(call: Call, as_json: bool) -> None:
    """Whether it runs, since when, until when, by whom, and how many alerts it holds; JSON `null` where it does not."""
    rules = call.rules()
    with call.store() as store, store.read() as tx:
        _say(call, rules, tx, silence.standing(tx, call.clock()), as_json)


def _say(call: Call, rules: Rules, tx: Transaction, asked: Maintenance | None, as_json: bool) -> None:
    words = call.words()
    if asked is None:
        if as_json:
            print_json(None)
        else:
            click.echo(words("maintenance.none"))
        return
    held = alerts.backlog(tx, call.clock()).held
    if as_json:
        print_json(
            {
                "started_at": asked.started_at.astimezone(rules.zone).isoformat(),
                "until": asked.until.astimezone(rules.zone).isoformat(),
                "by": asked.by, "reason": asked.reason, "held": held,
            }
        )  # fmt: skip
        return
    until, since = words.when(asked.until, rules.zone), words.when(asked.started_at, rules.zone)
    by = staff_name(rules, asked.by)
    click.echo(words("maintenance.stands", until=until, count=held, since=since, by=by, reason=asked.reason))


def _end(call: Call, rules: Rules, span: str | None, until: str | None, now: datetime) -> datetime:
    if (span is None) == (until is None):
        raise click.UsageError(call.words()("maintenance.one_of"))
    if span is not None:
        try:
            return now + parse_duration(span)
        except ValueError as exc:
            raise click.BadParameter(call.words()("bad_duration", value=span), param_hint="--for") from exc
    assert until is not None
    try:
        end = datetime.fromisoformat(until)
    except ValueError as exc:
        raise click.BadParameter(call.words()("maintenance.bad_time", value=until), param_hint="--until") from exc
    return end.replace(tzinfo=rules.zone) if end.tzinfo is None else end


def _must_be_known(call: Call, rules: Rules, by: str) -> None:
    if not rules.knows(by):
        known = ", ".join(person.id for person in rules.settings.staff)
        raise Refusal(call.words()("unknown_staff", id=by, known=known))
