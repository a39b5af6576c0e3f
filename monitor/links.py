"""Links of alerts: one acknowledges one case for one person, from a phone, without a login, once.

A link carries what it is for and since when, signed: nothing is stored until it is used. Pure; the key and the clock
are the caller's.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from itsdangerous import BadData, URLSafeSerializer

from sla.case import Case

LASTS = timedelta(hours=24)
"""How long a link works: the next alert brings another."""
_ACTION = "acknowledge"
_LONGEST = 1_000


class Link(NamedTuple):
    """What a link may do: acknowledge one round of one clock of a case, as one person."""

    case: str
    person: str
    """Staff id of the alert's recipient."""
    round: int
    clock: str
    at: int
    """When its message was formed, in whole seconds since 1970: the same message always has the same link."""

    @property
    def expires_at(self) -> datetime:
        """From then on it does nothing."""
        return datetime.fromtimestamp(self.at, UTC) + LASTS

    @property
    def id(self) -> str:
        """By what its use is remembered. It is no secret: who knows it cannot make the link."""
        return hashlib.sha256(repr((_ACTION, *self)).encode()).hexdigest()


class BadLink(Exception):
    """Nobody here signed this, or not with the key of now, or somebody changed it."""


class Refusal(StrEnum):
    """Why a link does nothing now."""

    EXPIRED = "expired"
    LEFT = "left"
    """Its person is not in the settings any more."""
    UNKNOWN = "unknown"
    """There is no such case."""
    USED = "used"
    CLOSED = "closed"
    """No answer is owed any more."""
    MOVED = "moved"
    """The case is in another round, or on its other clock."""
    HELD = "held"
    """Somebody has acknowledged it at this level already (SEMANTICS row 26)."""


class Refused(Exception):
    """A link that does nothing now."""

    def __init__(self, why: Refusal) -> None:
        super().__init__(f"the link does nothing now: {why}")
        self.why = why


def sign(key: str, link: Link) -> str:
    """The link as it stands in an address: letters, digits and "-_." only."""
    return str(_serializer(key).dumps(tuple(link)))


def read(key: str, token: str) -> Link:
    """What a link says. Raises BadLink for anything but the very text that `sign` made."""
    if not token.isascii() or len(token) > _LONGEST:
        raise BadLink
    try:
        found = _serializer(key).loads(token)
    except BadData as exc:
        raise BadLink from exc
    match found:
        case [str(case), str(person), int(round), str(clock), int(at)]:
            link = Link(case, person, round, clock, at)
        case _:
            raise BadLink
    if sign(key, link) != token:  # base64 has several spellings of the same bytes; a link has one
        raise BadLink
    return link


def judge(link: Link, case: Case | None, used_at: datetime | None, known: bool, now: datetime) -> Refusal | None:
    """Why a link does nothing now; None where it works. `known` says whether its person is in the settings."""
    if now >= link.expires_at:
        return Refusal.EXPIRED
    if not known:
        return Refusal.LEFT
    if case is None:
        return Refusal.UNKNOWN
    if used_at is not None:
        return Refusal.USED
    if case.owed_by is None:
        return Refusal.CLOSED
    if (case.round, case.clock) != (link.round, link.clock):
        return Refusal.MOVED
    return Refusal.HELD if case.held_level == case.level else None


def _serializer(key: str) -> URLSafeSerializer:
    """The action is the salt, so that no link is good for another one."""
    signer = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    return URLSafeSerializer(key, salt=f"sns-monitor link {_ACTION}", signer_kwargs=signer)
