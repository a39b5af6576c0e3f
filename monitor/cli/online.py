"""What only the outside can tell of settings: tokens and handles, the clocks, whether alerts arrive."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import NamedTuple

from config import Settings
from connectors.contract import Connector, ConnectorError
from monitor.alerts import words as alert_words
from monitor.alerts.channels.base import Channel, TransportError
from monitor.alerts.message import Kind, Message
from monitor.app import build_channels, build_connectors
from monitor.clock import Clock
from monitor.store import contacts
from monitor.store.engine import Store, new_id
from monitor.words import Words

FARTHEST_CLOCK = timedelta(seconds=30)
"""SEMANTICS row 38."""
_SEND_SECONDS = 8.0
_AT_ONCE = 8


class Probe(NamedTuple):
    """One thing that was asked of the outside."""

    check: str
    """"handle", "clock" or "channel"."""
    name: str
    """The account, the platform or the channel."""
    ok: bool
    detail: str


class Tried(NamedTuple):
    """What came of one channel's test alert."""

    channel: str
    people: tuple[str, ...]
    """Staff whom this channel reaches, in the order of the settings."""
    ok: bool
    detail: str
    """The receiver's receipt, or why not."""


def ask_platforms(settings: Settings, clock: Clock, words: Words) -> list[Probe]:
    """Ask every platform once: its token, the accounts' handles, its clock."""
    connectors = build_connectors(settings, clock)
    try:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            asked = pool.map(lambda connector: list(_platform(connector, words)), connectors.values())
            return [probe for found in asked for probe in found]
    finally:
        for connector in connectors.values():
            connector.close()


def try_channels(settings: Settings, clock: Clock, only: Collection[str] = ()) -> list[Tried]:
    """Send one test alert over every channel, or over those named, whoever uses it; shadow mode or not."""
    channels, _ = build_channels(settings, clock)
    try:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            asked = [id for id in channels if not only or id in only]
            return list(pool.map(lambda id: _try(id, channels[id], settings, clock), asked))
    finally:
        for channel in channels.values():
            channel.close()


def keep(store: Store, settings: Settings, found: Collection[Tried], now: datetime) -> None:
    """Put on record what came of test alerts; Raises what the store raises."""
    addresses = {channel.id: channel.address_hash for channel in settings.channels}
    with store.write() as tx:
        for one in found:
            if one.channel in addresses:
                problem = "" if one.ok else one.detail
                contacts.tried(tx, one.channel, addresses[one.channel], now, problem)


def reached(settings: Settings, channel: str) -> tuple[str, ...]:
    """The staff whom a channel reaches, first or as a fallback."""
    return tuple(person.id for person in settings.staff if channel in person.channels)


def _platform(connector: Connector, words: Words) -> Iterator[Probe]:
    try:
        handles = connector.handles()
    except ConnectorError as exc:
        for account in connector.accounts:
            yield Probe("handle", f"{account.platform}:{account.id}", False, f"{type(exc).__name__}: {exc}")
    else:
        for account in connector.accounts:
            found, detail = handles.get(account.id), ""
            if found is None:
                detail = words("online.unknown")
            elif account.handle and found.casefold() != account.handle.casefold():
                detail = words("online.differs", found=found, written=account.handle)
            yield Probe("handle", f"{account.platform}:{account.id}", not detail, detail or f"@{found}")
    offset = connector.health().clock_offset
    if offset is None:
        yield Probe("clock", connector.platform, True, words("online.no_clock"))
    else:
        seconds = round(offset.total_seconds())
        yield Probe("clock", connector.platform, abs(offset) <= FARTHEST_CLOCK,
                      words("online.offset", seconds=f"{seconds:+d}"))  # fmt: skip


def _try(id: str, channel: Channel, settings: Settings, clock: Clock) -> Tried:
    people = reached(settings, id)
    person = next((person for person in settings.staff if person.id in people), None)
    said = alert_words.compose(
        Kind.TEST, 0, language=settings.service.language, zone=settings.service.zone,
        recipient_name=person.name if person else "", department_names={}, account_names={},
    )  # fmt: skip
    recipient = person.id if person else settings.service.root_contact
    message = Message(new_id("m"), Kind.TEST, 0, recipient, clock(), said.text, subject=said.subject)
    try:
        return Tried(id, people, True, channel.send(message, deadline=_SEND_SECONDS))
    except TransportError as exc:
        return Tried(id, people, False, str(exc))
