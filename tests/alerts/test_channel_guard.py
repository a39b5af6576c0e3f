"""Which addresses a channel opens, and that it opens the one it judged."""

import socket
import threading

import httpcore
import pytest

from monitor.alerts.channels.base import Deadline, TransportError
from monitor.alerts.channels.guard import GuardedClient, Target, _drain, look_up, open_checked, refusal

PUBLIC = ["8.8.8.8", "211.237.50.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
PRIVATE = [
    "127.0.0.1", "127.9.9.9", "::1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "100.64.0.1", "fd00::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::c0a8:1",
]  # fmt: skip
NEVER = [
    "0.0.0.0", "::", "169.254.169.254", "fe80::1", "fe80::1%lo", "224.0.0.1", "ff02::1", "240.0.0.1",
    "255.255.255.255", "192.88.99.1", "fec0::1", "2002:7f00:1::", "::7f00:1", "64:ff9b:1::7f00:1",
    "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "::ffff:0.0.0.0", "100::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_pass(address):
    """With and without `allow_private`."""
    assert refusal(address, allow_private=False) is None
    assert refusal(address, allow_private=True) is None


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_need_the_setting(address):
    """CONTRACT: `allow_private` lets a private or loopback address pass, in whatever form it is written."""
    assert refusal(address, allow_private=False) in ("private", "loopback")
    assert refusal(address, allow_private=True) is None


@pytest.mark.parametrize("address", NEVER)
def test_some_addresses_never_pass(address):
    """Link-local (cloud credentials), multicast, reserved and tunnelled ones, in whatever form."""
    assert refusal(address, allow_private=True) is not None


@pytest.mark.parametrize("host", ["localhost", "0x7f.1", "2130706433", "127.1"])
def test_names_and_odd_numbers_are_judged_by_what_they_resolve_to(host):
    """A spelling does not get past: the system's resolver says loopback, and nothing is opened."""
    opened = []
    with pytest.raises(TransportError, match="loopback") as caught:
        open_checked(
            host,
            80,
            Deadline(5),
            lambda address, _: opened.append(address),
            judge=lambda address: refusal(address, allow_private=False),
        )
    assert caught.value.permanent
    assert opened == []


def test_the_judged_address_is_the_one_opened():
    """A name that resolves to something else each time is asked once, and only its good address is used."""
    answers = iter([["10.0.0.1", "8.8.8.8"], ["127.0.0.1"]])
    opened = open_checked(
        "rebinding.example",
        80,
        Deadline(5),
        lambda address, _: address,
        judge=lambda address: refusal(address, allow_private=False),
        lookup=lambda host, port: next(answers),
    )
    assert opened == "8.8.8.8"
    assert next(answers) == ["127.0.0.1"]


def test_the_next_address_is_tried_with_time_left():
    """An address that fails leaves the others their share."""
    tried = []

    def opener(address, seconds):
        tried.append((address, seconds))
        if address == "8.8.8.8":
            raise ConnectionRefusedError
        return address

    opened = open_checked(
        "two.example",
        80,
        Deadline(8, clock=lambda: 0.0),
        opener,
        judge=lambda address: None,
        lookup=lambda host, port: ["8.8.8.8", "8.8.4.4"],
    )
    assert (opened, tried) == ("8.8.4.4", [("8.8.8.8", 4.0), ("8.8.4.4", 8.0)])


def test_a_name_not_found_is_temporary():
    """DNS failures pass; `.invalid` never resolves (RFC 6761)."""
    with pytest.raises(TransportError, match="name not found") as caught:
        open_checked("x.invalid", 80, Deadline(5), lambda *_: None, judge=lambda _: None)
    assert not caught.value.permanent


def test_an_impossible_name_is_no_crash():
    """Labels that no resolver takes raise UnicodeError in the standard library."""
    with pytest.raises(TransportError):
        open_checked("a..b", 80, Deadline(5), lambda *_: None, judge=lambda _: None)


def test_a_stuck_resolver_is_cut():
    """The system's resolver takes no timeout of its own."""
    free = threading.Event()

    def stuck(host, port):
        free.wait(1)
        return ["8.8.8.8"]

    with pytest.raises(TransportError, match="took too long"):
        open_checked("slow.example", 80, Deadline(0.1), lambda *_: "late", judge=lambda _: None, lookup=stuck)
    free.set()


def test_look_up_gives_each_address_once():
    """One entry an address, in the system's order."""
    found = look_up("127.0.0.1", 80)
    assert found == ["127.0.0.1"]


def test_a_spent_deadline_says_so():
    """Time is read from the clock given; nothing left is a temporary failure."""
    times = iter([100.0, 100.5, 103.0])
    deadline = Deadline(3, clock=lambda: next(times))
    assert deadline.remaining() == 2.5
    with pytest.raises(TransportError) as caught:
        deadline.remaining()
    assert not caught.value.permanent


@pytest.mark.parametrize(
    "url",
    [
        "ftp://hook.example/x", "file:///etc/passwd", "hook.example/x", "http://", "http:///x", "https://.",
        "http://user:hush@hook.example/", "http://hook.example:99999/", "http://hook.example:0/", "http://[::1/",
        "gopher://hook.example", "javascript:alert(1)", "",
    ],
)  # fmt: skip
def test_only_http_urls_with_a_host(url):
    """Everything else is refused at once, and the message quotes nothing of it."""
    with pytest.raises(ValueError) as caught:
        Target.parse(url)
    assert not url or url not in str(caught.value)
    assert "hush" not in str(caught.value)


def test_a_target_shows_its_host_only():
    """The path of a webhook is often its secret."""
    assert repr(Target.parse("https://hook.example/T00/hush")) == "Target(hook.example)"


def test_the_host_header_is_right_for_ipv6_and_other_ports():
    """RFC 9110, 7.2: brackets around an IPv6 address, a port where it is not the usual."""
    assert Target.parse("http://[2606:4700::1111]:8080/x").authority == "[2606:4700::1111]:8080"
    assert Target.parse("https://한글.kr:443/x").authority == "xn--bj0bj06e.kr"


def test_an_ipv4_socket_is_opened_for_a_name_of_ours():
    """The whole way with a real socket: resolved by us, connected to that address, the name in Host."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        seen = []

        def serve():
            connection, _ = server.accept()
            with connection:
                seen.append(connection.recv(4096))
                connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        port = server.getsockname()[1]
        client = GuardedClient(allow_private=True, lookup=lambda host, port: ["127.0.0.1"])
        reply = client.post(Target.parse(f"http://hook.example:{port}/a?b=c"), {}, b"{}", Deadline(5))
        client.close()
        thread.join()
    assert reply.status == 204
    assert seen[0].startswith(b"POST /a?b=c HTTP/1.1\r\n")
    assert f"host: hook.example:{port}".encode() in seen[0].lower()


@pytest.mark.parametrize(
    "error",
    [
        TransportError("no result within the deadline", permanent=False),
        httpcore.ReadTimeout(),
        httpcore.ReadError(),
        httpcore.RemoteProtocolError(),
    ],
)
def test_a_body_that_breaks_off_is_let_go(error):
    """Its status is known, however its connection ends: to fail now would only make a duplicate."""

    def broken():
        yield b"o"
        raise error

    _drain(httpcore.Response(200, content=broken()))
