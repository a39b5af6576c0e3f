"""A webhook channel against a real receiver on loopback."""

import base64
import logging
import socket
import ssl
import threading
import traceback
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from monitor.alerts.channels.base import TransportError
from monitor.alerts.channels.webhook import WebhookChannel, retry_at
from monitor.alerts.message import Kind, Message

NOW = datetime(2026, 11, 24, 13, 50, tzinfo=UTC)
SECRET = "whsec_" + base64.b64encode(b"a key of the desk, 24 bytes!").decode()


def message(text="기한 초과", identity="m-1"):
    return Message(identity, Kind.TEST, 0, "kim", NOW, text)


def channel(url, secret=None, *, now=lambda: NOW, **more):
    return WebhookChannel(url, secret, now=now, **{"allow_private": True, **more})


class Receiver:
    """Keeps what it was sent; answers with `status` and `headers`."""

    def __init__(self, context=None):
        self.status, self.headers, self.answer = 200, {}, b"ok"
        self.requests, self.connections = [], 0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 5

            def setup(self):
                receiver.connections += 1
                super().setup()

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.requests.append((self.path, dict(self.headers.items()), body))
                self.send_response(receiver.status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(receiver.answer)))
                self.end_headers()
                self.wfile.write(receiver.answer)

            do_GET = do_POST

            def log_message(self, format, *args):
                """Quiet."""

        class Server(ThreadingHTTPServer):
            def handle_error(self, request, client_address):
                """A client that refuses our certificate is part of a test."""

        self.server = Server(("127.0.0.1", 0), Handler)
        if context is not None:
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.url = f"http{'s' if context else ''}://localhost:{self.server.server_port}/alerts/T0KEN-in-path"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.stop()


@contextmanager
def scripted(script):
    """A server that runs `script(connection, stopped)` for each connection; yields its URL."""
    stopped = threading.Event()

    def serve(server):
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                try:
                    script(connection, stopped)
                except OSError:
                    continue  # the client has had enough, as it should

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, args=(server,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        stopped.set()
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def fail(channel_, deadline=5.0, **what):
    with pytest.raises(TransportError) as caught:
        channel_.send(message(**what), deadline=deadline)
    channel_.close()
    return caught.value


@pytest.mark.parametrize("secret", [SECRET, "a plain secret of 한글", "d2hzZWM="])
def test_the_receiver_can_verify_it(receiver, secret):
    """Signed, identified and timed after Standard Webhooks; checked with that specification's own library."""
    hook = channel(receiver.url, secret, now=lambda: datetime.now(timezone(timedelta(hours=9))))
    assert hook.send(message(), deadline=5) == "200"
    hook.close()
    path, headers, body = receiver.requests[0]
    key = secret if secret == SECRET else secret.encode()
    assert Webhook(key).verify(body, headers)["id"] == "m-1" == headers["webhook-id"]
    assert headers["content-type"] == "application/json"
    assert path == "/alerts/T0KEN-in-path"
    with pytest.raises(WebhookVerificationError):
        Webhook(b"another key").verify(body, headers)


def test_without_a_secret_it_is_unsigned(receiver):
    """Id and time are there all the same."""
    hook = channel(receiver.url)
    hook.send(message(), deadline=5)
    hook.close()
    headers = receiver.requests[0][1]
    assert "webhook-signature" not in headers
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("m-1", str(int(NOW.timestamp())))


def test_sent_again_it_is_the_same(receiver):
    """The same id and bytes, so that the receiver can drop the second."""
    hook = channel(receiver.url, SECRET)
    hook.send(message(), deadline=5)
    hook.send(message(), deadline=5)
    hook.close()
    (_, first, body), (_, second, again) = receiver.requests
    assert (first["webhook-id"], body) == (second["webhook-id"], again)


def test_connections_are_kept(receiver):
    """Five messages, one connection; a closed channel opens another when it is used again."""
    hook = channel(receiver.url)
    for _ in range(5):
        hook.send(message(), deadline=5)
    assert receiver.connections == 1
    hook.close()
    hook.send(message(), deadline=5)
    hook.close()
    assert receiver.connections == 2


def test_a_long_answer_is_not_read_to_its_end(receiver):
    """64 KiB at most; the connection is then let go and the message counts as delivered."""
    receiver.answer = b"x" * 3_000_000
    hook = channel(receiver.url)
    assert hook.send(message(), deadline=5) == "200"
    assert hook.send(message(), deadline=5) == "200"
    hook.close()
    assert receiver.connections == 2


CODES = {
    **dict.fromkeys((408, 425, 429, 500, 501, 502, 503, 504, 507, 599), False),
    **dict.fromkeys((301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 409, 410, 413, 418, 422), True),
}


@pytest.mark.parametrize(("status", "permanent"), CODES.items())
def test_codes_say_whether_to_try_again(receiver, status, permanent):
    """CONTRACT: 408, 425, 429 and 5xx are tried again; all others but 2xx are final."""
    receiver.status, receiver.answer = status, b""
    failure = fail(channel(receiver.url))
    assert failure.permanent is permanent
    assert str(status) in str(failure)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_2xx_is_delivered(receiver, status):
    """The receipt is the status."""
    receiver.status, receiver.answer = status, b""
    hook = channel(receiver.url)
    assert hook.send(message(), deadline=5) == str(status)
    hook.close()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(receiver, status):
    """A public receiver cannot send us on to a private one."""
    receiver.status, receiver.headers = status, {"Location": receiver.url}
    assert fail(channel(receiver.url)).permanent
    assert len(receiver.requests) == 1


def test_private_addresses_are_refused_by_default(receiver):
    """`localhost` resolves to loopback: nothing is sent, and trying again would not help."""
    failure = fail(channel(receiver.url, allow_private=False))
    assert failure.permanent
    assert receiver.connections == 0


def test_proxies_of_the_environment_are_ignored(receiver, monkeypatch):
    """A proxy would open the socket to an address that nobody checked."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    hook = channel(receiver.url)
    assert hook.send(message(), deadline=5) == "200"
    hook.close()


RETRY_AFTER = {
    "120": NOW + timedelta(seconds=120),
    " 3600 ": NOW + timedelta(hours=1),
    "0": NOW,
    "Tue, 24 Nov 2026 14:00:00 GMT": NOW + timedelta(minutes=10),
    "Tuesday, 24-Nov-26 14:00:00 GMT": NOW + timedelta(minutes=10),
    "Tue Nov 24 14:00:00 2026": NOW + timedelta(minutes=10),
    "Tue, 24 Nov 2026 13:00:00 GMT": NOW,
    "99999999999999999999": NOW + timedelta(days=1),
    "Fri, 31 Dec 9999 23:59:59 GMT": NOW + timedelta(days=1),
    "-5": None,
    "soon": None,
    "": None,
    "1.5": None,
    None: None,
}


@pytest.mark.parametrize(("value", "expected"), RETRY_AFTER.items())
def test_retry_after(value, expected):
    """Seconds and the three forms of an HTTP date (RFC 9110, 5.6.7), never past and never beyond a day."""
    assert retry_at(value, NOW) == expected


@given(st.text() | st.from_regex(r"[A-Z][a-z]{2}, \d{1,3} [A-Z][a-z]{2} -?\d{1,6} \d\d:\d\d:\d\d [-+A-Z0-9]{3,6}"))
def test_no_retry_after_is_a_crash(value):
    """Whatever a receiver writes there: an instant within a day, or none."""
    instant = retry_at(value, NOW)
    assert instant is None or NOW <= instant <= NOW + timedelta(days=1)


def test_retry_after_goes_with_the_error(receiver):
    """On a temporary failure; a permanent one has no next time."""
    receiver.status, receiver.headers = 429, {"Retry-After": "120"}
    assert fail(channel(receiver.url)).retry_at == NOW + timedelta(seconds=120)
    receiver.status = 403
    assert fail(channel(receiver.url)).retry_at is None


def drip(prefix, unit, after=b""):
    """Send `prefix`, then `unit` every 50 ms for 4 s, each within any timeout for a single read."""

    def script(connection, stopped):
        connection.recv(65536)
        connection.sendall(prefix)
        for _ in range(80):
            if stopped.wait(0.05):
                return
            connection.sendall(unit)
        connection.sendall(after)

    return script


OK = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


@pytest.mark.parametrize(
    "script",
    [
        drip(b"", b"", OK),
        drip(b"HTTP/1.1 200 OK\r\nx-slow: ", b"a", b"\r\ncontent-length: 0\r\n\r\n"),
        drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n", OK),
    ],
    ids=["silence", "dripping headers", "endless 100 Continue"],
)
def test_a_receiver_without_end_is_cut(script):
    """The deadline is for the whole send; each of these would succeed for one who waits."""
    with scripted(script) as url:
        failure = fail(channel(url), deadline=0.3)
    assert not failure.permanent
    assert "deadline" in str(failure)


def test_a_dripping_body_after_200_is_delivered():
    """The status is the answer; to send again would only be a duplicate."""
    with scripted(drip(b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n", b"x")) as url:
        hook = channel(url)
        assert hook.send(message(), deadline=0.3) == "200"
        hook.close()


def test_a_receiver_that_does_not_read_is_cut():
    """Writing is bounded too: the message is larger than any socket's buffer, and its rest is never written."""
    received = []

    def script(connection, stopped):
        stopped.wait(2)
        while chunk := connection.recv(1_000_000):
            received.append(len(chunk))

    with scripted(script) as url:
        failure = fail(channel(url), deadline=0.3, text="x" * 20_000_000)
    assert not failure.permanent
    assert sum(received) < 20_000_000


def test_a_silent_tls_handshake_is_cut():
    """A server that accepts and never shakes hands."""
    with scripted(lambda connection, stopped: stopped.wait(2)) as url:
        failure = fail(channel(url.replace("http:", "https:")), deadline=0.3)
    assert not failure.permanent
    assert "deadline" in str(failure)


@pytest.mark.parametrize(
    "answer", [b"", b"hush is not HTTP\r\n\r\n", b"HTTP/1.1 200"], ids=["closed", "garbage", "broken off"]
)
def test_no_answer_is_temporary(answer):
    """Connection failures are tried again, and what was received instead is not quoted."""

    def script(connection, stopped):
        connection.recv(65536)
        connection.sendall(answer)
        connection.shutdown(socket.SHUT_RDWR)

    with scripted(script) as url:
        failure = fail(channel(url))
    assert not failure.permanent
    assert "hush" not in "".join(traceback.format_exception(failure))


def test_a_refused_connection_is_temporary():
    """Nobody listens there any more."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
    assert not fail(channel(url)).permanent


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    authority = trustme.CA()
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return authority, str(path)


def test_tls_is_verified(authority):
    """A city's own authority is trusted where `ca_file` names it, and nowhere else."""
    ca, path = authority
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost").configure_cert(context)
    receiver = Receiver(context)
    try:
        hook = channel(receiver.url, ca_file=path)
        assert [hook.send(message(), deadline=5) for _ in range(2)] == ["200", "200"]
        hook.close()
        assert receiver.connections == 1
        assert not fail(channel(receiver.url)).permanent
        assert not fail(channel(receiver.url.replace("localhost", "127.0.0.1"), ca_file=path)).permanent
        assert len(receiver.requests) == 2
    finally:
        receiver.stop()


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_###", "whsec_한글"])
def test_a_bad_secret_is_told_at_once(secret):
    """It would sign with another key than the receiver's; the message does not quote it."""
    with pytest.raises(ValueError) as caught:
        channel("http://127.0.0.1:9/", secret)
    assert "###" not in "".join(traceback.format_exception(caught.value)).partition("Error")[2]


def test_no_secret_is_shown(receiver, caplog):
    """Neither the key, nor the address's path, nor the receiver's body, in errors, logs at DEBUG or repr."""
    caplog.set_level(logging.DEBUG)
    receiver.status, receiver.answer = 401, b"body of the receiver"
    hook = channel(receiver.url, SECRET)
    failure = fail(hook)
    shown = "".join(traceback.format_exception(failure)) + caplog.text + repr(hook) + repr(failure.__dict__)
    assert "localhost" in shown
    for secret in ("T0KEN-in-path", SECRET, SECRET.removeprefix("whsec_"), "a key of the desk", "body of the"):
        assert secret not in shown


HOOK = channel("http://127.0.0.1:9/", SECRET)


@given(identity=st.text(st.characters(exclude_categories=())), text=st.text())
def test_any_id_makes_headers(identity, text):
    """Headers stay printable ASCII without line ends, and an ordinary id is left as it is."""
    headers = HOOK._headers(identity, message(text, identity).body())
    for value in headers.values():
        assert value.isascii()
        assert value.isprintable()
    if identity.isascii() and identity.isalnum():
        assert headers["webhook-id"] == identity


def test_sends_from_several_threads(receiver):
    """Two workers share a channel; each has its own deadline."""
    hook = channel(receiver.url)
    receipts = []

    def send(number):
        receipts.append(hook.send(message(identity=f"m-{number}"), deadline=5))

    threads = [threading.Thread(target=send, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    hook.close()
    assert receipts == ["200"] * 8
    assert {headers["webhook-id"] for _, headers, _ in receiver.requests} == {f"m-{n}" for n in range(8)}
