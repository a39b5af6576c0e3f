"""What `check-config` finds by asking the database: channels over which nothing was ever handed over."""

from __future__ import annotations

from config.findings import Finding, finding
from monitor.cli.call import Call
from monitor.store import contacts
from monitor.store.engine import StoreError
from monitor.store.opening import NotMigrated


def asked_of_the_database(call: Call) -> list[Finding]:
    """What the database adds to `config.findings`; where there is none yet, nothing was ever proved."""
    settings = call.settings()
    try:
        with call.store() as store, store.read() as tx:
            known = contacts.known(tx)
    except NotMigrated:
        known = {}
    except StoreError:
        return [finding(settings, "service.database", "find_unknown_contacts")]
    used = {channel for person in settings.staff for channel in person.channels}
    unproved = [
        channel.id
        for channel in settings.channels
        if channel.id in used and not (channel.id in known and known[channel.id].proves(channel.address_hash))
    ]
    if not unproved:
        return []
    return [finding(settings, "channels", "find_unproved", count=len(unproved), channels=", ".join(unproved))]
