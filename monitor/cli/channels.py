"""`channels`: where alerts go out, whom each channel reaches, and whether a message ever left over it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click
from rich.text import Text

from config import Settings
from config.tables import Channel
from monitor.alerts.message import one_line
from monitor.cli.call import Call, Refusal, as_json, pass_call
from monitor.cli.online import Tried, keep, reached, try_channels
from monitor.cli.output import aligned, cell, console, print_json, table
from monitor.store import contacts
from monitor.words import Words


@click.group()
def channels() -> None:
    """Where alerts go out, whom they reach, and whether they arrive."""


@channels.command("list")
@as_json
@pass_call
def list_(call: Call, as_json: bool) -> None:
    """Every channel, the people it reaches, and when a message was last handed over at its present address."""
    settings = call.settings()
    with call.store() as store, store.read() as tx:
        known = contacts.known(tx)
    if as_json:
        print_json([_plain(settings, channel, known.get(channel.id)) for channel in settings.channels])
        return
    words = call.words()
    grid = table(words("column.channel"), words("column.people"), words("column.state"))
    for channel in settings.channels:
        grid.add_row(
            cell(channel.id, channel.type),
            cell(_people(settings, reached(settings, channel.id)) or words("channels.nobody")),
            cell(*_state(words, settings, channel, known.get(channel.id))),
        )
    console().print(grid)


@channels.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@as_json
@pass_call
def test(call: Call, ids: tuple[str, ...], as_json: bool) -> None:
    """Send a test alert over every channel, or over those named; exit code 1 when one of them fails.

    What came of it is kept: `check-config` names the channels that were never proved at their present address.
    """
    settings = call.settings()
    names = [channel.id for channel in settings.channels]
    unknown = [id for id in ids if id not in names]
    if unknown:
        raise Refusal(call.words()("unknown_channel", ids=", ".join(unknown), known=", ".join(names)))
    with call.store() as store:
        found = try_channels(settings, call.clock, ids)
        keep(store, settings, found, call.clock())
    if as_json:
        print_json([{**one._asdict(), "people": [*one.people]} for one in found])
    else:
        for line in aligned([_line(call.words(), settings, one) for one in found]):
            click.echo(line)
    if not all(one.ok for one in found):
        click.get_current_context().exit(1)


def _line(words: Words, settings: Settings, one: Tried) -> list[str]:
    people = _people(settings, one.people) or words("channels.nobody")
    return [words("ok" if one.ok else "fault"), one.channel, people, one.detail]


def _people(settings: Settings, ids: tuple[str, ...]) -> str:
    return ", ".join(f"{person.name}({person.id})" for person in settings.staff if person.id in ids)


def _plain(settings: Settings, channel: Channel, known: contacts.Contact | None) -> dict[str, Any]:
    def when(at: datetime | None) -> str | None:
        return None if at is None else at.astimezone(settings.service.zone).isoformat()

    return {
        "id": channel.id,
        "type": channel.type,
        "people": [*reached(settings, channel.id)],
        "verified": known is not None and known.proves(channel.address_hash),
        "verified_at": when(known.verified_at) if known is not None else None,
        "tried_at": when(known.tried_at) if known is not None else None,
        "problem": known.problem if known is not None else "",
    }


def _state(words: Words, settings: Settings, channel: Channel, known: contacts.Contact | None) -> list[str | Text]:
    if known is None:
        return [words("channels.unproved")]
    zone = settings.service.zone
    if known.proves(channel.address_hash):
        lines: list[str | Text] = [words("channels.proved", at=words.when(known.verified_at, zone))]
    else:
        same = known.address == channel.address_hash
        lines = [words("channels.unproved" if same else "channels.moved")]
    if known.problem:
        failed = words("channels.failed", at=words.when(known.tried_at, zone), problem=known.problem)
        lines.append(Text(one_line(failed), style="bold red"))
    return lines
