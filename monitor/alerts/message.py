"""What one alert says, before any channel gives it a shape (CONTRACT, "Messages").

Frozen values only: whoever holds a message may send it again and get the same bytes.
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """Why somebody is told; the words of CONTRACT, and `test` for the operator's trial message."""

    WARNING = "warning"
    BREACH = "breach"
    ESCALATION = "escalation"
    CRISIS = "crisis"
    BLIND = "blind"
    RECOVERED = "recovered"
    ANSWERED = "answered"
    FAULT = "fault"
    REPORT = "report"
    MAINTENANCE = "maintenance"
    """To the root contact: alerts are held on purpose, or go out again."""
    TEST = "test"


@dataclass(frozen=True, slots=True)
class AlertMention:
    """A citizen's post inside an alert: where it is and since when, never what it says."""

    id: str
    """The platform's own id."""
    created_at: datetime
    """The platform's own time, aware."""
    permalink: str

    def payload(self) -> dict[str, Any]:
        """JSON-ready; raises ValueError when `created_at` is naive."""
        return {"id": self.id, "created_at": _instant(self.created_at), "permalink": self.permalink}


@dataclass(frozen=True, slots=True)
class AlertCase:
    """One case as it stood when the message was put together."""

    id: str
    platform: str
    account: str
    """The platform's id of the department's account."""
    department: str
    """The department's id in the settings."""
    deadline: datetime
    """That of the clock the alert is about."""
    overdue_seconds: int
    """Seconds past the deadline; negative before it."""
    checked: bool
    """Whether the platform could be asked once more just before (SEMANTICS row 21)."""
    late: bool
    """Whether the post was found only after its step was due."""
    link: str
    """The case's page; the permalink where there is no web."""
    mentions: tuple[AlertMention, ...] = ()
    clock: str = "first"
    """Whether it is the first answer that is owed or the final one (SEMANTICS row 7)."""
    crisis: bool = False
    """Whether it is part of a crisis; for the words alone."""
    held_until: datetime | None = None
    """Until when this alert had to wait, where it had to; for the words alone."""
    held_by: str = ""
    """What it had to wait for: quiet, duty, limit or maintenance."""
    acknowledge: str = ""
    """Where the recipient acknowledges it without a login; "" where there is no such link."""

    def payload(self) -> dict[str, Any]:
        """JSON-ready, with `acknowledge` only where there is one; raises ValueError when an instant is naive."""
        payload = {
            "id": self.id,
            "platform": self.platform,
            "account": self.account,
            "department": self.department,
            "clock": self.clock,
            "deadline": _instant(self.deadline),
            "overdue_seconds": self.overdue_seconds,
            "checked": self.checked,
            "late": self.late,
            "link": self.link,
            "mentions": [mention.payload() for mention in self.mentions],
        }
        return payload | {"acknowledge": self.acknowledge} if self.acknowledge else payload


@dataclass(frozen=True, slots=True)
class AlertAccount:
    """The account that a `blind` or `recovered` message is about."""

    platform: str
    id: str
    complete_until: datetime | None
    """Everything up to here is stored; None where no fetch was ever complete."""

    def payload(self) -> dict[str, Any]:
        """JSON-ready; raises ValueError when `complete_until` is naive."""
        until = None if self.complete_until is None else _instant(self.complete_until)
        return {"platform": self.platform, "id": self.id, "complete_until": until}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes along where the channel can carry one (mail); others leave it out."""

    name: str
    media_type: str
    """As "application/pdf"."""
    content: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """One alert for one person, ready for any channel.

    `id` is the same however often it is sent: receivers drop what they have had already.
    """

    id: str
    kind: Kind
    level: int
    """The policy's step counted from 1; 0 where no step is meant."""
    recipient: str
    """Staff id."""
    sent_at: datetime
    text: str
    cases: tuple[AlertCase, ...] = ()
    account: AlertAccount | None = None
    attachments: tuple[Attachment, ...] = ()
    subject: str = ""
    """For channels that have one; not part of the JSON."""
    html: str = ""
    """The text as a page, for channels that show one; "" where the text is all. Not part of the JSON."""

    def payload(self) -> dict[str, Any]:
        """The JSON of CONTRACT as a dict; raises ValueError when an instant is naive."""
        payload: dict[str, Any] = {
            "id": self.id,
            "kind": self.kind.value,
            "level": self.level,
            "recipient": self.recipient,
            "sent_at": _instant(self.sent_at),
            "text": self.text,
            "cases": [case.payload() for case in self.cases],
        }
        if self.account is not None:
            payload["account"] = self.account.payload()
        return payload

    def body(self) -> bytes:
        """The payload as compact UTF-8 JSON: equal messages give equal bytes.

        Raises ValueError when an instant is naive.
        """
        text = json.dumps(self.payload(), ensure_ascii=False, separators=(",", ":"))
        return well_formed(text).encode()


def well_formed(text: str) -> str:
    """The same text with halves of surrogate pairs joined, and lone ones made U+FFFD.

    Platforms return lone surrogates now and then, and UTF-8 cannot hold them.
    """
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def one_line(text: str) -> str:
    """The same text on one line: control and invisible format characters and runs of blanks become one blank.

    For headers and lists, where a line end in a name would begin something else.
    """
    signs = (" " if unicodedata.category(sign) in ("Cc", "Cf") else sign for sign in well_formed(text))
    return " ".join("".join(signs).split())


def _instant(value: datetime) -> str:
    if value.utcoffset() is None:
        raise ValueError("an instant in a message needs its offset from UTC")
    return value.isoformat()
