"""Mail against a real SMTP server on loopback."""

import asyncio
import email
import logging
import socket
import ssl
import threading
import time
import traceback
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.policy import SMTP as MAIL_POLICY

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.alerts.channels.base import Deadline, TransportError
from monitor.alerts.channels.email import EmailChannel, Security, SmtpServer, compose_mail, message_id
from monitor.alerts.message import Attachment, Kind, Message, one_line

NOW = datetime(2026, 11, 24, 13, 50, tzinfo=UTC)
PASSWORD = "pass of the relay"
TEXT = "기한 초과: 지금 바로 답변해 주세요. 미답변 1건.\n\n1) 접수 22:20 · https://sns.example/c1?a=1&b=2\n.\n"
ANY_TEXT = st.text(st.characters(exclude_categories=()))


def message(**changes):
    values = {
        "id": "m-1", "kind": Kind.BREACH, "level": 2, "recipient": "kim", "sent_at": NOW, "text": TEXT,
        "subject": "[기한 초과] 미답변 1건 · 교통정책과",
    }  # fmt: skip
    return Message(**{**values, **changes})


class Relay:
    """An aiosmtpd server on its own loop; `replies` overrides what it says to MAIL, RCPT or DATA."""

    def __init__(self, **options):
        self.mails, self.connections, self.replies, self.hang = [], 0, {}, False
        self.names = []
        self.loop = asyncio.new_event_loop()
        self.held = asyncio.Event()
        relay = self

        class Session(SMTP):
            def connection_made(self, transport):
                if self.session is None:  # not a second time for STARTTLS
                    relay.connections += 1
                super().connection_made(transport)

        def session():
            return Session(relay, hostname="relay.test", loop=self.loop, **options)

        self.server = self.loop.run_until_complete(self.loop.create_server(session, "127.0.0.1", 0))
        self.port = self.server.sockets[0].getsockname()[1]
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        self.names.append(hostname)
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server, session, envelope, address, mail_options):
        envelope.mail_from = address
        return self.replies.get("MAIL", "250 2.1.0 Ok")

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        envelope.rcpt_tos.append(address)
        return self.replies.get("RCPT", "250 2.1.5 Ok")

    async def handle_DATA(self, server, session, envelope):
        self.mails.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        if self.hang:
            await self.held.wait()
        return self.replies.get("DATA", "250 2.0.0 Ok: queued as 4F2A")

    def kick(self):
        """Close every connection from the server's side, as an idle timeout does."""

        async def close():
            for task in asyncio.all_tasks(self.loop):
                if task is not asyncio.current_task():
                    task.cancel()

        asyncio.run_coroutine_threadsafe(close(), self.loop).result(5)

    def stop(self):
        async def close():
            self.held.set()
            self.server.close()
            others = [task for task in asyncio.all_tasks(self.loop) if task is not asyncio.current_task()]
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(close(), self.loop).result(5)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


@contextmanager
def relaying(**options):
    relay = Relay(**options)
    yield relay
    relay.stop()


@pytest.fixture
def relay():
    with relaying() as relay:
        yield relay


def channel(port, *, to="kim@example.go.kr", **server):
    return EmailChannel(
        SmtpServer("localhost", port, **server),
        sender="sns@example.go.kr",
        sender_name="대전광역시 SNS 응답 관리",
        to=to,
    )


def fail(mailer, deadline=5.0, **what):
    with pytest.raises(TransportError) as caught:
        mailer.send(message(**what), deadline=deadline)
    mailer.close()
    return caught.value


def parsed(content):
    return email.message_from_bytes(content, policy=MAIL_POLICY)


def test_a_mail_arrives_whole(relay):
    """Envelope, headers, text and HTML come out as they went in, and the receipt is the server's."""
    mailer = channel(relay.port)
    assert mailer.send(message(), deadline=5) == "250 2.0.0 Ok: queued as 4F2A"
    mailer.close()
    sender, recipients, content = relay.mails[0]
    mail = parsed(content)
    assert (sender, recipients) == ("sns@example.go.kr", ["kim@example.go.kr"])
    assert content.isascii()
    assert mail["subject"] == "[기한 초과] 미답변 1건 · 교통정책과"
    assert str(mail["from"]) == "대전광역시 SNS 응답 관리 <sns@example.go.kr>"
    assert mail["to"] == "kim@example.go.kr"
    assert mail["date"].datetime == NOW
    assert mail["message-id"] == "<m-1@example.go.kr>"
    assert mail["auto-submitted"] == "auto-generated"
    assert mail.get_body(("plain",)).get_content().splitlines() == TEXT.splitlines()
    page = mail.get_body(("html",)).get_content()
    assert '<a href="https://sns.example/c1?a=1&amp;b=2">https://sns.example/c1?a=1&amp;b=2</a>' in page
    assert "<strong>기한 초과: 지금 바로 답변해 주세요. 미답변 1건.</strong>" in page


def test_an_address_with_a_name_is_shown_by_it():
    """In HTML only: the links of an alert are long, and a thumb is wide. What stands in them stays text."""
    text = "기한 초과\n1) 기한 13:50\n   확인 알리기: https://sns.example/a/W.x-_?a=1&b=2\n   <b>: http://x/<i>"
    mail = compose_mail(message(text=text), sender="sns@example.go.kr", to="kim@example.go.kr")
    page = mail.get_body(("html",)).get_content()
    assert '<a href="https://sns.example/a/W.x-_?a=1&amp;b=2" style=' in page
    assert ">확인 알리기</a>" in page and page.count("sns.example") == 1
    assert "<b>" not in page and "<i>" not in page
    assert mail.get_body(("plain",)).get_content().splitlines() == text.splitlines()


def test_the_same_id_is_the_same_mail(relay):
    """Sent again after an unknown result it has its Message-ID, so that the reader sees it once."""
    mailer = channel(relay.port)
    mailer.send(message(), deadline=5)
    mailer.send(message(), deadline=5)
    mailer.send(message(id="m-2"), deadline=5)
    mailer.close()
    ids = [parsed(content)["message-id"] for _, _, content in relay.mails]
    assert ids[0] == ids[1] != ids[2]


def test_one_connection_is_kept(relay):
    """Five mails to two people, one connection; we name ourselves by our address, without asking DNS."""
    server = SmtpServer("127.0.0.1", relay.port)
    mailers = [EmailChannel(server, sender="a@b.kr", to=to) for to in ("kim@b.kr", "lee@b.kr")]
    for number in range(5):
        mailers[number % 2].send(message(), deadline=5)
    assert (relay.connections, relay.names) == (1, ["[127.0.0.1]"])
    assert len(relay.mails) == 5
    mailers[0].close()
    mailers[1].send(message(), deadline=5)
    mailers[1].close()
    assert relay.connections == 2


def test_a_connection_that_the_server_closed_is_replaced(relay):
    """Nothing of it is seen by the sender."""
    mailer = channel(relay.port)
    mailer.send(message(), deadline=5)
    relay.kick()
    assert mailer.send(message(), deadline=5).startswith("250")
    mailer.close()
    assert relay.connections == 2


def test_a_long_idle_connection_is_not_trusted(relay):
    """By the clock given: after 30 s another is opened."""
    now = [0.0]
    mailer = channel(relay.port, clock=lambda: now[0])
    for instant in (0.0, 29.0, 58.0, 88.0):
        now[0] = instant
        mailer.send(message(), deadline=5)
    mailer.close()
    assert relay.connections == 2


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(
    ("reply", "permanent"),
    [
        ("421 4.3.2 closing", False),
        ("450 4.2.0 greylisted", False),
        ("451 4.3.0 try later", False),
        ("452 4.2.2 full", False),
        ("550 5.1.1 no such user", True),
        ("552 5.3.4 too big", True),
        ("554 5.7.1 refused", True),
    ],
)
def test_the_first_digit_says_whether_to_try_again(relay, command, reply, permanent):
    """RFC 5321, 4.2.1, at each step; afterwards the next mail goes through."""
    relay.replies[command] = reply
    mailer = channel(relay.port)
    failure = fail(mailer)
    assert failure.permanent is permanent
    assert reply in str(failure)
    relay.replies.clear()
    assert mailer.send(message(), deadline=5).startswith("250")
    mailer.close()


@contextmanager
def scripted(script):
    """A server that runs `script(connection, stopped)` for each connection; yields its port."""
    stopped = threading.Event()
    threads = []

    def talk(connection):
        with connection:
            connection.settimeout(5)
            with suppress(OSError):  # the client has had enough, as it should
                script(connection, stopped)

    def serve(server):
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threads.append(threading.Thread(target=talk, args=(connection,), daemon=True))
            threads[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threads.append(threading.Thread(target=serve, args=(server,), daemon=True))
        threads[0].start()
        yield server.getsockname()[1]
        stopped.set()
        server.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join()


@pytest.mark.parametrize(("banner", "permanent"), [("421 busy", False), ("554 go away", True)])
def test_a_banner_may_refuse(banner, permanent):
    """Some servers say no before we have said anything."""
    with scripted(lambda connection, stopped: connection.sendall(f"{banner}\r\n".encode())) as port:
        failure = fail(channel(port))
    assert failure.permanent is permanent
    assert banner in str(failure)


def converse(connection, last):
    """Play a mail server up to the end of DATA, then call `last`."""
    reader = connection.makefile("rb")
    connection.sendall(b"220 relay\r\n")
    in_text = False
    for line in reader:
        if in_text and line == b".\r\n":
            last()
            return
        if not in_text:
            in_text = line.lower().startswith(b"data")
            connection.sendall(b"354 go\r\n" if in_text else b"250 ok\r\n")


def test_a_hang_after_data_is_temporary(relay):
    """It may have arrived: it is tried again under the same Message-ID."""
    relay.hang = True
    failure = fail(channel(relay.port), deadline=0.3)
    assert not failure.permanent
    assert len(relay.mails) == 1


def test_a_break_after_data_is_temporary():
    """The server took the text and died."""
    with scripted(lambda connection, stopped: converse(connection, lambda: None)) as port:
        assert not fail(channel(port)).permanent


def drip(connection, stopped, prefix, unit, after):
    """A unit every 50 ms for 4 s: each within any timeout for a single read."""
    connection.sendall(prefix)
    for _ in range(80):
        if stopped.wait(0.05):
            return
        connection.sendall(unit)
    connection.sendall(after)


TARPITS = {
    "silence": lambda c, s: drip(c, s, b"", b"", b"554 done\r\n"),
    "dripping banner": lambda c, s: drip(c, s, b"554 ", b"x", b"\r\n"),
    "endless lines": lambda c, s: drip(c, s, b"554-\r\n", b"554-x\r\n", b"554 done\r\n"),
    "dripping last reply": lambda c, s: converse(c, lambda: drip(c, s, b"250 ", b"x", b"\r\n")),
}


@pytest.mark.parametrize("tarpit", TARPITS.values(), ids=TARPITS)
def test_a_tarpit_is_cut(tarpit):
    """The deadline is for the whole send; to wait would give another result."""
    with scripted(tarpit) as port:
        failure = fail(channel(port), deadline=0.3)
    assert not failure.permanent


def test_a_reply_has_an_end():
    """A server that floods us is cut long before the deadline, and says why."""
    with scripted(lambda c, s: [c.sendall(b"220-" + b"x" * 990 + b"\r\n") for _ in range(200)]) as port:
        assert "without end" in str(fail(channel(port)))


def test_a_server_that_hardly_reads_is_cut():
    """Writing is bounded too: no single write waits long, but the rest of the mail is never written."""
    received = []

    def script(connection, stopped):
        reader = connection.makefile("rb")
        connection.sendall(b"220 relay\r\n")
        for line in reader:
            data = line.lower().startswith(b"data")
            connection.sendall(b"354 go\r\n" if data else b"250 ok\r\n")
            if data:
                break
        while chunk := connection.recv(200_000):
            received.append(len(chunk))
            stopped.wait(0.05)

    big = Attachment("big.bin", "application/octet-stream", b"x" * 12_000_000)
    with scripted(script) as port:
        assert not fail(channel(port), deadline=0.5, attachments=(big,)).permanent
    assert sum(received) < 16_000_000


def test_a_handshake_has_only_what_is_left(authority):
    """Half of the time passed before STARTTLS was granted: the handshake does not get the whole once more."""
    context, path = authority
    done = []

    def script(connection, stopped):
        connection.sendall(b"220 relay\r\n")
        connection.recv(1024)
        connection.sendall(b"250-relay\r\n250 STARTTLS\r\n")
        connection.recv(1024)
        stopped.wait(0.25)
        connection.sendall(b"220 go\r\n")
        stopped.wait(0.35)
        with context.wrap_socket(connection, server_side=True):
            done.append("shaken")

    with scripted(script) as port:
        assert not fail(channel(port, security=Security.STARTTLS, ca_file=path), deadline=0.5).permanent
    assert done == []


def test_a_failed_connection_is_closed():
    """Time runs out in the middle of the banner: the server sees us go at once."""
    accepted, gone = threading.Event(), threading.Event()

    def script(connection, stopped):
        accepted.set()
        connection.sendall(b"2")
        try:
            ended = connection.recv(1) == b""
        except ConnectionResetError:  # closed before it read our sign
            ended = True
        if ended:
            gone.set()

    with scripted(script) as port:
        deadline = Deadline(5, clock=lambda: 100.0 if accepted.is_set() else 0.0)
        with pytest.raises(TransportError) as caught:
            SmtpServer("127.0.0.1", port).deliver("a@b.kr", "c@b.kr", b"x\r\n", deadline)
        assert gone.wait(2)
    assert not caught.value.permanent


def test_a_forgotten_connection_leaves_time_for_a_new_one():
    """A firewall dropped it silently: asking whether it lives takes a part of the time only."""
    connections = []

    def script(connection, stopped):
        connections.append(connection)
        converse(connection, lambda: connection.sendall(b"250 taken\r\n"))
        stopped.wait(5)

    with scripted(script) as port:
        mailer = channel(port)
        assert [mailer.send(message(), deadline=2) for _ in range(2)] == ["250 taken"] * 2
        assert len(connections) == 2
        mailer.close()


def test_a_busy_connection_is_waited_for_within_the_deadline(relay):
    """One mail at a time; who cannot have the connection in time tries again later."""
    relay.hang = True
    server = SmtpServer("127.0.0.1", relay.port)
    first = EmailChannel(server, sender="a@b.kr", to="kim@b.kr")
    slow = threading.Thread(target=lambda: first.send(message(), deadline=5))
    slow.start()
    while not relay.mails:
        time.sleep(0.01)
    second = EmailChannel(server, sender="a@b.kr", to="lee@b.kr")
    release = threading.Timer(0.5, relay.loop.call_soon_threadsafe, (relay.held.set,))
    release.start()
    with pytest.raises(TransportError, match="busy") as caught:
        second.send(message(), deadline=0.1)
    assert not caught.value.permanent
    release.join()
    slow.join()
    assert second.send(message(), deadline=5).startswith("250")
    second.close()


def test_nobody_listening_is_temporary():
    """Connection failures are tried again."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert not fail(channel(port)).permanent


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    authority = trustme.CA()
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context, str(path)


def gate(server, session, envelope, mechanism, data):
    right = isinstance(data, LoginPassword) and data == LoginPassword(b"sns", PASSWORD.encode())
    return AuthResult(success=right, handled=False)


def test_starttls_and_login(authority):
    """Encrypted before the password goes out, verified by the city's authority, one connection for both mails."""
    context, path = authority
    with relaying(tls_context=context, require_starttls=True, authenticator=gate, auth_required=True) as relay:
        mailer = channel(relay.port, security=Security.STARTTLS, ca_file=path, username="sns", password=PASSWORD)
        mailer.send(message(), deadline=5)
        mailer.send(message(), deadline=5)
        mailer.close()
        assert (len(relay.mails), relay.connections) == (2, 1)


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_a_stranger_is_not_trusted(authority, security):
    """A certificate of an unknown authority: no mail, no password, and a new try later."""
    context, _ = authority
    with relaying(tls_context=context) as relay:
        assert not fail(channel(relay.port, security=security)).permanent
        assert relay.mails == []


def test_tls_from_the_first_byte(authority):
    """Port 465's way, verified, and its banner, commands and text all pass."""
    context, path = authority
    seen = []

    def script(connection, stopped):
        with context.wrap_socket(connection, server_side=True) as secure:
            converse(secure, lambda: seen.append(secure.sendall(b"250 2.0.0 taken\r\n")))
            secure.recv(1024)

    with scripted(script) as port:
        mailer = channel(port, security=Security.TLS, ca_file=path)
        assert mailer.send(message(), deadline=5) == "250 2.0.0 taken"
        mailer.close()


def test_no_fall_back_to_clear_text(relay):
    """A server, or somebody between, that does not offer STARTTLS gets nothing."""
    failure = fail(channel(relay.port, security=Security.STARTTLS))
    assert failure.permanent
    assert relay.mails == []


def test_login_where_none_is_offered_is_permanent(relay):
    """The settings name a user that this server has no use for."""
    assert fail(channel(relay.port, username="sns", password=PASSWORD)).permanent


def test_a_refused_login_shows_no_password(authority, caplog):
    """Permanent, and neither the password nor its base64 is in errors, logs at DEBUG or repr."""
    caplog.set_level(logging.DEBUG, logger="monitor")
    context, path = authority
    with relaying(tls_context=context, authenticator=gate) as relay:
        mailer = channel(relay.port, security=Security.STARTTLS, ca_file=path, username="sns", password="hush-hush")
        failure = fail(mailer)
    assert failure.permanent
    assert "535" in str(failure)
    shown = "".join(traceback.format_exception(failure)) + caplog.text + repr(mailer) + repr(mailer._server)
    for secret in ("hush-hush", "aHVzaC1odXNo", "AHNucwBodXNoLWh1c2g="):
        assert secret not in shown


def test_a_login_that_cannot_be_sent_is_told_at_once():
    """smtplib speaks ASCII only there; the error does not quote it."""
    with pytest.raises(ValueError, match="ASCII") as caught:
        SmtpServer("127.0.0.1", username="sns", password="비밀")
    assert "비밀" not in str(caught.value)


INJECTIONS = [
    "x\r\nBcc: evil@example.com",
    "x\nBcc: evil@example.com",
    "x\rBcc: evil@example.com",
    "x\u2028Bcc: evil@example.com",
    "x\x0bBcc: evil@example.com",
    "x\x85Bcc: evil@example.com",
    "x\r\n\r\n<html>body",
    "x\x00\r\n.\r\nMAIL FROM:<evil@example.com>",
    "=?utf-8?q?x=0D=0ABcc:_evil@example.com?=",
    "\u202egnp.exe",
    '"><script>alert(1)</script>',
]


@pytest.mark.parametrize("odd", INJECTIONS)
def test_nothing_in_a_message_makes_a_header(relay, odd):
    """As subject, names, id, text and attachment: one recipient, the same headers, no markup."""
    mailer = EmailChannel(
        SmtpServer("127.0.0.1", relay.port), sender="sns@example.go.kr", sender_name=odd, to="kim@example.go.kr"
    )
    attachment = Attachment(odd, f"text/html{odd}", b"x")
    mailer.send(message(id=odd, subject=odd, text=odd, attachments=(attachment,)), deadline=5)
    mailer.close()
    ((_, recipients, content),) = relay.mails
    mail = parsed(content)
    assert recipients == ["kim@example.go.kr"]
    assert mail.keys() == [
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress",
        "MIME-Version", "Content-Type",
    ]  # fmt: skip
    assert "<script" not in mail.get_body(("html",)).get_content()
    (part,) = mail.iter_attachments()
    assert part.get_content_type() == "application/octet-stream"
    assert part.get_filename() == one_line(odd).replace("=?", "= ?")


@pytest.mark.parametrize(
    "address",
    ["", "kim", "kim@", "@b.kr", "a b@c.kr", "a@b.kr, c@d.kr", "a@b.kr\r\nBcc: c@d.kr", "Kim <a@b.kr>", "김@b.kr",
     "a@b..kr", '"a b"@c.kr', "a@b@c.kr"],
)  # fmt: skip
def test_only_plain_addresses(address):
    """What could be two recipients or a header is refused when the channel is made."""
    with pytest.raises(ValueError, match="not a mail address"):
        channel(25, to=address)


def test_korean_domains_go_in_idna(relay):
    """Every server takes them so."""
    mailer = channel(relay.port, to="kim@대전.kr")
    mailer.send(message(), deadline=5)
    mailer.close()
    assert relay.mails[0][1] == ["kim@xn--vk1bo21b.kr"]


def test_attachments_come_back_as_they_were(relay):
    """Bytes, types and Korean names; an unknown type is sent as bytes."""
    sent = (
        Attachment("주간 SLA 준수율 보고서 2026-W47 교통정책과.pdf", "application/pdf", bytes(range(256)) * 400),
        Attachment("report.csv", "text/csv", "\ufeff부서,준수율\r\n교통,96.4\r\n.\r\n".encode()),
        Attachment("odd", "nonsense", b"\r\n.\r\n"),
        Attachment("empty.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b""),
    )
    mailer = channel(relay.port)
    mailer.send(message(attachments=sent), deadline=5)
    mailer.close()
    parts = list(parsed(relay.mails[0][2]).iter_attachments())
    assert [part.get_filename() for part in parts] == [attachment.name for attachment in sent]
    assert [part.get_payload(decode=True) for part in parts] == [attachment.content for attachment in sent]
    assert [part.get_content_type() for part in parts[:3]] == [
        "application/pdf",
        "text/csv",
        "application/octet-stream",
    ]
    assert parts[1].get_content() == "\ufeff부서,준수율\r\n교통,96.4\r\n.\r\n"


@given(identity=ANY_TEXT, subject=ANY_TEXT, text=ANY_TEXT, name=ANY_TEXT, sender_name=ANY_TEXT)
@settings(max_examples=200)
def test_any_text_makes_a_mail(identity, subject, text, name, sender_name):
    """It is built, is ASCII with short lines, has the known headers and gives its subject back."""
    attachment = Attachment(name, name, b"x")
    mail = compose_mail(
        message(id=identity, subject=subject, text=text, attachments=(attachment,)),
        sender="sns@example.go.kr",
        sender_name=sender_name,
        to="kim@example.go.kr",
    )
    content = mail.as_bytes(policy=MAIL_POLICY)
    assert content.isascii()
    assert max(map(len, content.split(b"\r\n"))) <= 998
    again = parsed(content)
    assert len(again.keys()) == 9
    assert again["to"] == "kim@example.go.kr"
    assert again["from"].addresses[0].addr_spec == "sns@example.go.kr"
    assert again["message-id"] == message_id(identity, "sns@example.go.kr")
    assert again["subject"].split() == (one_line(subject).replace("=?", "= ?") or again["subject"]).split()


@given(ANY_TEXT, ANY_TEXT)
def test_message_ids_are_whole_and_distinct(one, other):
    """One token that every mail program takes; ordinary ids stay readable."""
    first, second = message_id(one, "a@b.kr"), message_id(other, "a@b.kr")
    assert (first == second) <= (one.encode("utf-8", "replace") == other.encode("utf-8", "replace"))
    assert first.isascii()
    assert len(first) < 78
    assert message_id("01JD-abc_9", "a@b.kr") == "<01JD-abc_9@b.kr>"
