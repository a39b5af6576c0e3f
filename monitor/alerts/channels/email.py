"""Alerts by mail: one kept SMTP connection, messages that nothing in them can forge, a deadline for the whole.

SMTP says by its first digit whether trying again helps: 4xx is temporary, 5xx permanent (RFC 5321, 4.2.1). A
connection that dies after the text was handed over leaves it open whether the mail arrived; it is sent again
under the same Message-ID, and the reader's mail program shows it once.
"""

from __future__ import annotations

import hashlib
import html
import re
import smtplib
import socket
import ssl
import time
import unicodedata
from collections.abc import Callable
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from enum import StrEnum
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import quote

from monitor.alerts.channels.base import Channel, Deadline, TransportError
from monitor.alerts.channels.guard import open_checked, tls_context
from monitor.alerts.message import Attachment, Message, one_line, well_formed

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9-]+"
_ADDRESS = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@({_LABEL}(?:\.{_LABEL})*)")
_MEDIA_TYPE = re.compile(r"(application|audio|font|image|text|video)/([A-Za-z0-9][A-Za-z0-9.+-]*)")
_LINK = re.compile(r"""(https?://[^\s<>"']+)""")
_NAMED_LINK = re.compile(rf" +([^:]+): {_LINK.pattern}")
#: Keeps the Message-ID on one line of 78 signs for most domains; a UUID's 36 signs fit.
_LONGEST_ID = 40
_IDLE_SECONDS = 30.0
_GOODBYE_SECONDS = 1.0
_WRITE_BYTES = 16 * 1024
_REPLY_BYTES = 64 * 1024


class Security(StrEnum):
    """How the connection to the mail server is encrypted."""

    NONE = "none"
    STARTTLS = "starttls"
    """Begun in the clear and then encrypted; a server that does not offer it is refused."""
    TLS = "tls"
    """Encrypted from the first byte (port 465, RFC 8314)."""


class SmtpServer:
    """One mail server and at most one live connection to it, shared by all who are told by mail.

    Sends wait for each other, each within its own deadline.
    """

    def __init__(
        self,
        host: str,
        port: int = 25,
        *,
        security: Security = Security.NONE,
        username: str | None = None,
        password: str | None = None,
        ca_file: str | None = None,
        idle_seconds: float = _IDLE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Without `username` nobody logs in. A connection unused for `idle_seconds` is replaced, not trusted.

        Raises ValueError for a user or password that is not ASCII (smtplib cannot send them), OSError for a bad
        `ca_file`.
        """
        if not f"{username or ''}{password or ''}".isascii():
            raise ValueError("the mail server's user name and password must be ASCII")
        self.host = host
        self._port = port
        self._security = security
        self._login = None if username is None else (username, password or "")
        self._context = None if security is Security.NONE else tls_context(ca_file)
        self._idle_seconds = idle_seconds
        self._clock = clock
        self._lock = Lock()
        self._client: _Client | None = None
        self._used_at = 0.0

    def deliver(self, sender: str, to: str, content: bytes, deadline: Deadline) -> str:
        """Hand one mail over and return the server's last reply, as "250 2.0.0 Ok: queued as 4F2A".

        Raises TransportError: permanent for 5xx and for a server that lacks STARTTLS or AUTH, else temporary.
        """
        if not self._lock.acquire(timeout=deadline.remaining()):
            raise TransportError(f"{self.host}: busy with another mail", permanent=False)
        try:
            client = self._ready(deadline)
            self._expect(client.mail(sender), 250)
            self._expect(client.rcpt(to), 250, 251)
            receipt = self._expect(client.data(content), 250)
            self._used_at = self._clock()
            return receipt
        except TransportError:
            self._drop()
            raise
        except smtplib.SMTPAuthenticationError as exc:
            self._drop()
            # The code alone: a server may quote what it was sent.
            raise TransportError(
                f"{self.host}: login refused with {exc.smtp_code}", permanent=exc.smtp_code >= 500
            ) from exc
        except smtplib.SMTPResponseException as exc:
            self._drop()
            raise self._refused(exc.smtp_code, exc.smtp_error) from exc
        except smtplib.SMTPNotSupportedError as exc:
            self._drop()
            raise TransportError(f"{self.host}: {exc}", permanent=True) from exc
        except OSError as exc:  # every other SMTPException is one
            self._drop()
            raise TransportError(f"{self.host}: connection failed: {exc}", permanent=False) from exc
        finally:
            self._lock.release()

    def close(self) -> None:
        """Say goodbye to the server; the next mail opens a new connection."""
        with self._lock:
            if self._client is not None:
                self._client.deadline = Deadline(_GOODBYE_SECONDS)
                try:
                    self._client.quit()
                except (OSError, TransportError):
                    self._drop()
                self._client = None

    def _ready(self, deadline: Deadline) -> _Client:
        if self._client is not None and self._clock() - self._used_at < self._idle_seconds:
            # A part of the time only: a connection that a firewall forgot must leave enough for a new one.
            self._client.deadline = Deadline(deadline.remaining() / 4)
            try:
                alive = self._client.noop()[0] == 250
            except (OSError, TransportError):
                alive = False
            if alive:
                self._client.deadline = deadline
                return self._client
        self._drop()
        self._client = _Client(
            self.host, self._port, deadline, self._context if self._security is Security.TLS else None
        )
        if self._security is Security.STARTTLS:
            self._client.starttls(context=self._context)
        self._client.ehlo_or_helo_if_needed()
        if self._login is not None:
            self._client.login(*self._login)
        return self._client

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def _expect(self, reply: tuple[int, bytes], *codes: int) -> str:
        code, text = reply
        if code not in codes:
            raise self._refused(code, text)
        return _reply(code, text)

    def _refused(self, code: int, text: bytes | str) -> TransportError:
        return TransportError(f"{self.host}: answered {_reply(code, text)}", permanent=code >= 500)


class EmailChannel(Channel):
    """Mails each message to one address."""

    def __init__(self, server: SmtpServer, *, sender: str, to: str, sender_name: str = "") -> None:
        """`sender_name` is shown before the sender's address. Raises ValueError where one is no mail address."""
        self._server = server
        self._sender = _address(sender)
        self._to = _address(to)
        self._sender_name = sender_name

    def send(self, message: Message, *, deadline: float) -> str:
        """Deliver; the receipt is the server's reply. Raises what `SmtpServer.deliver` raises."""
        mail = compose_mail(message, sender=self._sender, sender_name=self._sender_name, to=self._to)
        content = mail.as_bytes(policy=SMTP)
        return self._server.deliver(self._sender, self._to, content, Deadline(deadline))

    def close(self) -> None:
        """Close the shared server's connection."""
        self._server.close()


def compose_mail(message: Message, *, sender: str, to: str, sender_name: str = "") -> EmailMessage:
    """The message as a mail: text, the same as HTML, and its attachments.

    Bodies are base64, so that any text survives any relay. `Auto-Submitted` (RFC 3834) and Exchange's own header
    keep absence notes from answering.
    """
    mail = EmailMessage(policy=SMTP)
    text = _printable(message.text)
    mail["From"] = Address(_header(sender_name), addr_spec=sender)
    mail["To"] = Address(addr_spec=to)
    mail["Subject"] = _header(message.subject) or _header(text.partition("\n")[0]) or "sns-monitor"
    mail["Date"] = message.sent_at
    mail["Message-ID"] = message_id(message.id, sender)
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(text, cte="base64")
    mail.add_alternative(well_formed(message.html) or _as_html(text), subtype="html", cte="base64")
    for attachment in message.attachments:
        _attach(mail, attachment)
    return mail


def message_id(identity: str, sender: str) -> str:
    """The Message-ID header of a message's `id`: the same for the same id, whatever characters it holds."""
    local = quote(identity, safe="", errors="replace").replace(".", "%2E")
    if not 0 < len(local) <= _LONGEST_ID:
        local = hashlib.sha256(well_formed(identity).encode()).hexdigest()[:_LONGEST_ID]
    return f"<{local}@{sender.rpartition('@')[2]}>"


def _header(text: str) -> str:
    """One line that is taken as it stands: the email package decodes encoded words (RFC 2047) in what it is given,
    and a line end hidden in one would begin a header of its own.
    """
    return one_line(text).replace("=?", "= ?")


def _attach(mail: EmailMessage, attachment: Attachment) -> None:
    known = _MEDIA_TYPE.fullmatch(attachment.media_type)
    maintype, subtype = known.groups() if known else ("application", "octet-stream")
    mail.add_attachment(
        attachment.content,
        maintype=maintype,
        subtype=subtype,
        filename=_header(attachment.name) or "attachment",
        params={"charset": "utf-8"} if maintype == "text" else None,
    )


def _as_html(text: str) -> str:
    lines = []
    for line in text.split("\n"):
        named = _NAMED_LINK.fullmatch(line)
        if named is not None:
            lines.append(_button(*map(html.escape, named.groups())))
            continue
        # Odd parts are what the pattern caught: the links.
        parts = [html.escape(part) for part in _LINK.split(line)]
        parts[1::2] = [f'<a href="{link}">{link}</a>' for link in parts[1::2]]
        lines.append("".join(parts))
    lines[0] = f"<strong>{lines[0]}</strong>"
    return "<!DOCTYPE html>\n<html><body><p>" + "<br>\n".join(lines) + "</p></body></html>\n"


def _button(name: str, link: str) -> str:
    """A line that only says where something is: its name to press, for such addresses are long."""
    return f'<a href="{link}" style="display:inline-block;padding:.4em 0 .4em 1.2em">{name}</a>'


def _printable(text: str) -> str:
    """Text without control characters but line ends and tabs, which no mail program and no HTML knows."""
    lines = well_formed(text).replace("\r\n", "\n").replace("\r", "\n")
    return "".join(sign for sign in lines if sign in "\n\t" or unicodedata.category(sign) != "Cc")


def _address(text: str) -> str:
    """The address in ASCII, its domain in IDNA; no quotes, lists or names. Raises ValueError for any other."""
    local, _, domain = text.rpartition("@")
    try:
        address = f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        address = ""
    if not _ADDRESS.fullmatch(address):
        raise ValueError(f"not a mail address: {one_line(text)!r}")
    return address


def _reply(code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"{code} {one_line(words)}"[:200].rstrip()


class _Client(smtplib.SMTP):
    """smtplib, each operation of which has what is left of the whole send."""

    def __init__(self, host: str, port: int, deadline: Deadline, context: ssl.SSLContext | None) -> None:
        self.deadline = deadline
        self._wrapping = context
        # Naming ourselves keeps smtplib from asking the name service, which no timeout bounds.
        try:
            super().__init__(host, port, local_hostname="localhost")
        except (OSError, TransportError):
            self.close()
            raise
        assert self.sock is not None
        # The address as a literal is right for every machine, named or not (RFC 5321, 4.1.3).
        own = str(self.sock.getsockname()[0]).partition("%")[0]
        self.local_hostname = f"[IPv6:{own}]" if ":" in own else f"[{own}]"

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        """Where smtplib's own SMTP_SSL opens its sockets too."""

        def opener(address: str, seconds: float) -> socket.socket:
            return socket.create_connection((address, port), seconds)

        # The operator names the mail server, mostly a private one: no address is refused.
        sock = open_checked(host, port, self.deadline, opener, judge=lambda address: None)
        if self._wrapping is None:
            return sock
        try:
            sock.settimeout(self.deadline.remaining())
            return self._wrapping.wrap_socket(sock, server_hostname=host)
        except (OSError, TransportError):
            sock.close()
            raise

    def send(self, s: ReadableBuffer | str) -> None:
        content = s.encode(self.command_encoding) if isinstance(s, str) else bytes(s)
        for start in range(0, len(content), _WRITE_BYTES):
            self._set_timeout()
            super().send(content[start : start + _WRITE_BYTES])

    def getreply(self) -> tuple[int, bytes]:
        if self.sock is not None:
            if self.file is None:
                self.file = _Replies(self.sock)
            self.file.begin(self.deadline)
        return super().getreply()

    def docmd(self, cmd: str, args: str = "") -> tuple[int, bytes]:
        reply = super().docmd(cmd, args)
        self._set_timeout()  # for the handshake that follows STARTTLS
        return reply

    def _set_timeout(self) -> None:
        if self.sock is not None:
            self.sock.settimeout(self.deadline.remaining())


class _Replies:
    """The server's lines; stands where smtplib keeps a file whose every read would begin a new timeout."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._buffer = bytearray()

    def begin(self, deadline: Deadline) -> None:
        """A new reply: its deadline, and no more bytes than any real one has."""
        self._deadline = deadline
        self._left = _REPLY_BYTES

    def readline(self, limit: int) -> bytes:
        """One line, at most `limit` bytes; empty at the end of the stream."""
        while b"\n" not in self._buffer and len(self._buffer) < limit:
            self._sock.settimeout(self._deadline.remaining())
            chunk = self._sock.recv(4096)
            if not chunk:
                break
            self._buffer += chunk
            self._left -= len(chunk)
            if self._left < 0:
                raise OSError("a reply without end")
        end = self._buffer.find(b"\n", 0, limit) + 1 or min(limit, len(self._buffer))
        line = bytes(self._buffer[:end])
        del self._buffer[:end]
        return line

    def close(self) -> None:
        """The socket itself is smtplib's to close."""
        self._buffer.clear()
