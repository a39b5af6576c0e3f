"""Alerts as signed JSON over HTTP, after the Standard Webhooks specification (CONTRACT, "Messages").

Any service that verifies Standard Webhooks can receive them: a desk's screen, a chat bridge, a gateway.
"""

from __future__ import annotations

import base64
import binascii
import string
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import quote

from standardwebhooks import Webhook

from monitor.alerts.channels.base import Channel, Deadline, TransportError
from monitor.alerts.channels.guard import GuardedClient, Lookup, Target, look_up
from monitor.alerts.message import Message

#: CONTRACT: these and every 5xx are tried again; every other code but 2xx is final.
RETRIED = frozenset({408, 425, 429})
#: The longest `Retry-After` that is believed: an alert older than this helps nobody.
LONGEST_WAIT = timedelta(days=1)


class WebhookChannel(Channel):
    """POSTs each message's JSON to one URL."""

    def __init__(
        self,
        url: str,
        secret: str | None = None,
        *,
        now: Callable[[], datetime],
        allow_private: bool = False,
        ca_file: str | None = None,
        lookup: Lookup = look_up,
    ) -> None:
        """`secret` is "whsec_" and base64, or any other string taken as its bytes; None sends unsigned.

        Raises ValueError, with neither URL nor secret in it, for a bad one of these; OSError for a bad
        `ca_file`.
        """
        self._target = Target.parse(url)
        self._signer = None if secret is None else _signer(secret)
        self._now = now
        self._client = GuardedClient(allow_private=allow_private, ca_file=ca_file, lookup=lookup)

    def send(self, message: Message, *, deadline: float) -> str:
        """Deliver; the receipt is the status. 2xx is delivered, even where the rest of the answer never ends.

        Raises TransportError: temporary for connection failures, 408, 425, 429 and 5xx, with the receiver's
        `Retry-After`; permanent for all else, redirects among them.
        """
        body = message.body()
        reply = self._client.post(self._target, self._headers(message.id, body), body, Deadline(deadline))
        if 200 <= reply.status < 300:
            return str(reply.status)
        again = reply.status in RETRIED or reply.status >= 500
        raise TransportError(
            f"{self._target.host}: answered {reply.status}",
            permanent=not again,
            retry_at=retry_at(reply.headers.get("retry-after"), self._now()) if again else None,
        )

    def close(self) -> None:
        """Close kept connections."""
        self._client.close()

    def _headers(self, message_id: str, body: bytes) -> dict[str, str]:
        identity = quote(message_id, safe=string.punctuation, errors="replace")
        sent = self._now().astimezone(UTC)  # the library reads the clock face, whatever the zone
        headers = {
            "content-type": "application/json",
            "user-agent": "sns-monitor",
            "webhook-id": identity,
            "webhook-timestamp": str(int(sent.timestamp())),
        }
        if self._signer is not None:
            headers["webhook-signature"] = self._signer.sign(identity, sent, body.decode())
        return headers


def retry_at(value: str | None, now: datetime) -> datetime | None:
    """The instant of a `Retry-After` header (RFC 9110, 10.2.3: seconds or an HTTP date), at most a day away.

    None where there is none or it cannot be read.
    """
    if value is None:
        return None
    text = value.strip()
    latest = now + LONGEST_WAIT
    if text.isascii() and text.isdigit():
        return latest if len(text) > 9 else min(now + timedelta(seconds=int(text)), latest)
    try:
        instant = parsedate_to_datetime(text)
    except ValueError:
        return None
    if instant.tzinfo is None:  # "-0000", which RFC 5322 gives to UTC of an unknown place
        instant = instant.replace(tzinfo=UTC)
    return min(max(instant, now), latest)


def _signer(secret: str) -> Webhook:
    prefix, encoded = "whsec_", secret.removeprefix("whsec_")
    if not encoded:
        raise ValueError("an empty webhook secret; leave it out to send unsigned")
    if not secret.startswith(prefix):
        return Webhook(secret.encode())
    try:
        # The library would skip signs that are not base64 and sign with another key than the receiver's.
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError('a webhook secret that starts with "whsec_" goes on in base64') from None
    return Webhook(key)
