"""What only the outside can tell of settings: tokens and handles, the clocks, whether alerts arrive."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import NamedTuple

from config import Settings
from connectors.contract import Connector, ConnectorError
from monitor.alerts import words as alert_words
from monitor.alerts.channels.base import Channel, TransportError
from monitor.alerts.message import Kind, Message
from monitor.app import build_channels, build_connectors
from monitor.cli.words import Words
from monitor.clock import Clock
from monitor.store.engine import new_id

FARTHEST_CLOCK = timedelta(seconds=30)
"""SEMANTICS row 38."""
_SEND_SECONDS = 8.0
_AT_ONCE = 8


class Finding(NamedTuple):
    """One thing that was tried."""

    check: str
    """"handle", "clock" or "channel"."""
    name: str
    """The account, the platform or the channel."""
    ok: bool
    detail: str


def probe(settings: Settings, clock: Clock, words: Words) -> list[Finding]:
    """Ask every platform once and send a test alert over every channel, whoever uses it; shadow mode or not."""
    connectors = build_connectors(settings, clock)
    channels, _ = build_channels(settings, clock)
    try:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            asked = pool.map(lambda connector: list(_platform(connector, words)), connectors.values())
            sent = pool.map(lambda id: _channel(id, channels[id], settings, clock), channels)
            return [finding for found in asked for finding in found] + list(sent)
    finally:
        for connector in connectors.values():
            connector.close()
        for channel in channels.values():
            channel.close()


def _platform(connector: Connector, words: Words) -> Iterator[Finding]:
    try:
        handles = connector.handles()
    except ConnectorError as exc:
        for account in connector.accounts:
            yield Finding("handle", f"{account.platform}:{account.id}", False, f"{type(exc).__name__}: {exc}")
    else:
        for account in connector.accounts:
            found, detail = handles.get(account.id), ""
            if found is None:
                detail = words("online.unknown")
            elif account.handle and found.casefold() != account.handle.casefold():
                detail = words("online.differs", found=found, written=account.handle)
            yield Finding("handle", f"{account.platform}:{account.id}", not detail, detail or f"@{found}")
    offset = connector.health().clock_offset
    if offset is None:
        yield Finding("clock", connector.platform, True, words("online.no_clock"))
    else:
        seconds = round(offset.total_seconds())
        yield Finding("clock", connector.platform, abs(offset) <= FARTHEST_CLOCK,
                      words("online.offset", seconds=f"{seconds:+d}"))  # fmt: skip


def _channel(id: str, channel: Channel, settings: Settings, clock: Clock) -> Finding:
    person = next((person for person in settings.staff if id in person.channels), None)
    said = alert_words.compose(
        Kind.TEST, 0, language=settings.service.language, zone=settings.service.zone,
        recipient_name=person.name if person else "", department_names={}, account_names={},
    )  # fmt: skip
    recipient = person.id if person else settings.service.root_contact
    message = Message(new_id("m"), Kind.TEST, 0, recipient, clock(), said.text, subject=said.subject)
    try:
        return Finding("channel", id, True, channel.send(message, deadline=_SEND_SECONDS))
    except TransportError as exc:
        return Finding("channel", id, False, str(exc))
