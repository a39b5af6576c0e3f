"""Which channels were tried, and whether a message ever left over the address they have now."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, case, null, select, update

from monitor.store.bulk import once
from monitor.store.tables import ContactRow

_contacts = ContactRow.__table__  # type: ignore[attr-defined]
_insert = once(_contacts)


class Contact(NamedTuple):
    """How a channel stands. `address` is the SHA-256 of the address it had then."""

    channel: str
    address: str
    tried_at: datetime
    verified_at: datetime | None
    """When a message was last handed over by a test, or first by an alert; None: never at this address."""
    problem: str
    """What came of the last try; "" where it went well."""

    def proves(self, address: str) -> bool:
        """Whether a message was handed over at this address, and not at an earlier one."""
        return self.verified_at is not None and self.address == address


def known(tx: Connection) -> dict[str, Contact]:
    """Every channel that was ever tried."""
    columns = [_contacts.c[name] for name in Contact._fields]
    return {row.channel: Contact(*row) for row in tx.execute(select(*columns))}


def tried(tx: Connection, channel: str, address: str, now: datetime, problem: str = "") -> None:
    """Keep what came of a try; a failed one takes nothing from an address that was proved before."""
    proved = now if not problem else None
    # A failed try keeps the proof of the same address, and drops that of another.
    kept = case((_contacts.c.address == address, _contacts.c.verified_at), else_=null())
    changed = tx.execute(
        update(_contacts)
        .where(_contacts.c.channel == channel)
        .values(address=address, tried_at=now, verified_at=proved or kept, problem=problem)
    ).rowcount
    if not changed:
        _insert(tx, [Contact(channel, address, now, proved, problem)._asdict()])


def delivered(tx: Connection, channel: str, address: str, now: datetime) -> bool:
    """Note that an alert was handed over; one look by key, and no write where that is known already.

    Returns whether it was news.
    """
    found = tx.execute(
        select(_contacts.c.address, _contacts.c.verified_at, _contacts.c.problem).where(_contacts.c.channel == channel)
    ).first()
    if found is not None and found.address == address and found.verified_at is not None and not found.problem:
        return False
    tried(tx, channel, address, now)
    return True
