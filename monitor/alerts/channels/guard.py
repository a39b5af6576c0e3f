"""How a channel opens sockets and speaks HTTP: the address is checked as it is opened, and time is bounded.

A webhook's address is text that somebody typed, and its name may resolve to something else each time.
Checking a URL beforehand proves nothing; so the name is resolved here, its addresses are judged, and the
socket goes to exactly the address that was judged (TRUST, "SSRF through a channel URL").
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeVar

import httpcore
import httpx

from monitor.alerts.channels.base import Deadline, TransportError

#: How much of an answer is read so that its connection can serve again; no part of it is kept.
DRAINED_BYTES = 64 * 1024
_WRITE_BYTES = 16 * 1024
_IDLE_SECONDS = 30.0
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
#: Ranges that Python calls global and no receiver of ours is in: RFC 3068 relays, and for IPv6 the site-local
#: addresses of old, 6to4 and documentation.
_ODD = tuple(ipaddress.ip_network(network) for network in ("192.88.99.0/24", "fec0::/10", "2002::/16", "3fff::/20"))

Lookup = Callable[[str, int], Sequence[str]]
Opened = TypeVar("Opened")


def refusal(address: str, *, allow_private: bool) -> str | None:
    """Why no socket may be opened to this IP address; None where it may.

    `allow_private` lets private, shared (RFC 6598) and loopback addresses pass, and nothing else: link-local
    (where clouds keep their credentials), multicast, reserved and tunnelled ones are never a receiver.
    IPv4-mapped and NAT64 forms are judged by the IPv4 address inside.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return refusal(str(inner), allow_private=allow_private)
    if ip.is_loopback:  # asked before "reserved", which ::1 is as well
        return None if allow_private else "loopback"
    if ip.is_link_local or ip.is_multicast or ip.is_unspecified or ip.is_reserved:
        return "link-local, multicast or reserved"
    if any(ip in network for network in _ODD if network.version == ip.version):
        return "link-local, multicast or reserved"
    if not ip.is_global:
        return None if allow_private else "private"
    return None


def look_up(host: str, port: int) -> Sequence[str]:
    """The host's addresses in the system's order; raises OSError, or UnicodeError for an impossible name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def open_checked(
    host: str,
    port: int,
    deadline: Deadline,
    opener: Callable[[str, float], Opened],
    *,
    judge: Callable[[str], str | None],
    lookup: Lookup = look_up,
) -> Opened:
    """Resolve once, judge, and open the first address that works: `opener(address, timeout in seconds)`.

    Raises TransportError: permanent where `judge` refuses every address, else temporary.
    """
    addresses = _resolve(host, port, deadline, lookup)
    refusals = {address: judge(address) for address in addresses}
    allowed = [address for address in addresses if refusals[address] is None]
    if not allowed:
        reason = next((reason for reason in refusals.values() if reason), "no address")
        raise TransportError(f"{host}: refused, its address is {reason}", permanent=True)
    failure: Exception | None = None
    for index, address in enumerate(allowed):
        try:
            # An even share each, so that one address that swallows packets leaves time for the next.
            return opener(address, deadline.remaining() / (len(allowed) - index))
        except (OSError, httpcore.NetworkError, httpcore.TimeoutException) as exc:
            failure = exc
    raise TransportError(f"{host}: no connection: {failure}", permanent=False) from failure


def _resolve(host: str, port: int, deadline: Deadline, lookup: Lookup) -> Sequence[str]:
    """Ask in a thread of its own: the C library's resolver takes no timeout."""
    answers: SimpleQueue[Sequence[str] | OSError | UnicodeError] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(lookup(host, port))
        except (OSError, UnicodeError) as exc:
            answers.put(exc)

    Thread(target=ask, name="name lookup", daemon=True).start()
    try:
        answer = answers.get(timeout=deadline.remaining())
    except Empty as exc:
        raise TransportError(f"{host}: name lookup took too long", permanent=False) from exc
    if isinstance(answer, Exception):
        raise TransportError(f"{host}: name not found", permanent=False) from answer
    return answer


def tls_context(ca_file: str | None) -> ssl.SSLContext:
    """Verifies certificate and host name: by `ca_file` alone where one is given, else by the system's store.

    Raises OSError (ssl.SSLError among them) when the file cannot be read.
    """
    return ssl.create_default_context(cafile=ca_file)


#: The deadline of the send that runs in this thread: httpcore gives a backend timeouts for single operations.
_deadline: ContextVar[Deadline] = ContextVar("deadline")


class _TimedStream(httpcore.NetworkStream):
    """A socket of which every operation has what is left of the whole send."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _deadline.get().remaining())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _WRITE_BYTES):
            self._inner.write(buffer[start : start + _WRITE_BYTES], _deadline.get().remaining())

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = _deadline.get().remaining()
        return _TimedStream(self._inner.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _GuardedBackend(httpcore.NetworkBackend):
    def __init__(self, allow_private: bool, lookup: Lookup) -> None:
        self._allow_private = allow_private
        self._lookup = lookup
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        def opener(address: str, seconds: float) -> httpcore.NetworkStream:
            return self._sockets.connect_tcp(address, port, seconds, local_address, socket_options)

        def judge(address: str) -> str | None:
            return refusal(address, allow_private=self._allow_private)

        return _TimedStream(open_checked(host, port, _deadline.get(), opener, judge=judge, lookup=self._lookup))


@dataclass(frozen=True, slots=True)
class Target:
    """An http or https address, read once; its `repr` shows the host only, for the rest may be a secret."""

    url: httpcore.URL
    host: str
    authority: str
    """For the Host header: in brackets where it is an IPv6 address, with the port where it is not the usual."""

    @classmethod
    def parse(cls, text: str) -> Target:
        """Raises ValueError, without the address in it, for anything but an http(s) URL with a host."""
        try:
            url = httpx.URL(text)
        except httpx.InvalidURL:
            raise ValueError("not a URL") from None  # the original's text may hold the address
        if url.scheme not in ("http", "https") or not url.host.strip("."):
            raise ValueError("not an http or https URL with a host")
        if url.port is not None and not 0 < url.port < 65536:
            raise ValueError("the port of a URL is from 1 to 65535")
        if url.userinfo:
            raise ValueError("user and password in a URL are not used; leave them out")
        return cls(
            httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path or b"/"),
            url.host,
            url.netloc.decode("ascii"),
        )

    def __repr__(self) -> str:
        return f"Target({self.host})"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, less its body."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""


class GuardedClient:
    """Posts over HTTP with kept connections: no redirects, no proxies of the environment, no cookies.

    It stands on httpcore, whose network backend may be given, and not on httpx.Client, which logs every
    address in full.
    """

    def __init__(self, *, allow_private: bool = False, ca_file: str | None = None, lookup: Lookup = look_up) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls_context(ca_file),
            keepalive_expiry=_IDLE_SECONDS,
            network_backend=_GuardedBackend(allow_private, lookup),
        )

    def post(self, target: Target, headers: Mapping[str, str], body: bytes, deadline: Deadline) -> Reply:
        """One POST. Returns whatever status came; raises TransportError where none did.

        A receiver that sent its status and then keeps dripping has answered: the rest is not waited for
        beyond the deadline.
        """
        token = _deadline.set(deadline)
        try:
            with self._pool.stream(
                "POST",
                target.url,
                headers=[("host", target.authority), *headers.items()],
                content=body,
                extensions={"timeout": {"pool": deadline.remaining()}},
            ) as response:
                _drain(response)
                names = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
                return Reply(response.status, names)
        except httpcore.TimeoutException as exc:
            raise TransportError(f"{target.host}: no answer within the deadline", permanent=False) from exc
        except httpcore.NetworkError as exc:
            raise TransportError(f"{target.host}: connection failed: {exc}", permanent=False) from exc
        except httpcore.ProtocolError:
            # Without its cause, whose text quotes what the receiver sent.
            raise TransportError(f"{target.host}: the answer broke off or was not HTTP", permanent=False) from None
        finally:
            _deadline.reset(token)

    def close(self) -> None:
        """Close all kept connections; the next post opens new ones."""
        self._pool.close()


def _drain(response: httpcore.Response) -> None:
    read = 0
    try:
        for chunk in response.iter_stream():
            read += len(chunk)
            if read >= DRAINED_BYTES:
                return
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, TransportError):
        return  # the status is known; the broken connection is not kept
