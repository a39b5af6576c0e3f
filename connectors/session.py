"""The HTTP session both SDKs are given: host, timeouts, tokens out of URLs, last headers.

The SDKs hard-code their host, set no timeout, log tokens and drop status and headers (PLATFORMS, "tweepy" and
"facebook-sdk"). A `PlatformSession` in the place of theirs mends all of that without touching them.
"""

from __future__ import annotations

import io
import logging
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from json import loads
from typing import Annotated, Any, Generic, Protocol, TypeVar
from urllib.parse import urlsplit

import requests
import urllib3
from pydantic import AfterValidator

from connectors.contract import AuthFailed, Unavailable, Unknown
from connectors.deadline import TimedAdapter, ends_at, left

#: A `Retry-After` beyond this is nonsense, and is read as none.
LONGEST_WAIT = timedelta(days=31)

#: Loggers of libraries that write whole requests, bearer tokens included, at DEBUG.
TALKATIVE = (
    "tweepy.client",
    "tweepy.auth",
    "urllib3.connectionpool",
    "urllib3.util.retry",
    "requests_oauthlib.oauth1_auth",
    "oauthlib.oauth1.rfc5849",
)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a call may take, in seconds."""

    connect: float = 5.0
    read: float = 10.0
    """For each single read."""
    total: float = 20.0
    """For the whole call, from the first packet to the last byte."""
    look: float = 1.75
    """For all calls of one look before a breach together: the two seconds of DESIGN, "Escalate", less what it takes to
    hand over what was read."""


class Unsent(Unavailable):
    """There was no connection: the request never left."""


@contextmanager
def posting() -> Iterator[None]:
    """Whatever goes wrong inside once a request has left is `Unknown`; refusals, and what never left, stay as they are.

    An answer that did not come, a server's fault and a proxy's page all leave open whether the post stands.
    """
    try:
        yield
    except Unsent:
        raise
    except Unavailable as error:
        raise Unknown(str(error)) from error


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and headers of a session's last finished call."""

    status: int
    headers: Mapping[str, str]
    """Names are case-insensitive."""
    at: datetime


class Tally:
    """What all sessions of one connector have seen together; safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls = 0
        self._last: Answer | None = None

    def begin(self) -> None:
        """Count a call that is about to be sent: a failed one may count with the platform too."""
        with self._lock:
            self._calls += 1

    def end(self, answer: Answer) -> None:
        """Keep the newest answer."""
        with self._lock:
            self._last = answer

    @property
    def calls(self) -> int:
        """HTTP calls sent so far."""
        with self._lock:
            return self._calls

    @property
    def last(self) -> Answer | None:
        """The newest answer of any thread."""
        with self._lock:
            return self._last

    @property
    def clock_offset(self) -> timedelta | None:
        """Platform's `Date` header less our own clock, by the newest answer (SEMANTICS row 38)."""
        last = self.last
        date = None if last is None else http_date(last.headers.get("Date", ""))
        return None if last is None or date is None else date - last.at


def checked_base_url(value: str) -> str:
    """The address without a closing slash. Raises ValueError where it is no http(s) address, or more than one."""
    base = urlsplit(value)
    if base.scheme not in ("http", "https") or not base.hostname or base.query or base.fragment or base.username:
        raise ValueError("must be an http(s) address without user, query or fragment")
    return value.rstrip("/")


#: The type of an `Options.base_url`.
BaseUrl = Annotated[str, AfterValidator(checked_base_url)]


class PlatformSession(requests.Session):
    """One thread's connection to one platform; see `PerThread`.

    `request` raises `Unavailable` for whatever goes wrong on the way, with a message that names method and path and
    never a query, a header or a token; a subclass adds the platform's own rules in `prepare_call` and `judge`.
    """

    #: Answers longer than this many bytes are refused: a full page of X is about half a megabyte.
    MOST_BYTES = 16 * 1024 * 1024

    def __init__(
        self,
        base_url: str,
        now: Callable[[], datetime],
        timeouts: Timeouts | None = None,
        tally: Tally | None = None,
    ) -> None:
        super().__init__()
        quieten()
        self.base_url = checked_base_url(base_url)
        self.now = now
        self.timeouts = timeouts or Timeouts()
        self.tally = tally or Tally()
        self.last: Answer | None = None
        # An `auth` that does nothing keeps requests from putting a ~/.netrc password in the place of the token.
        self.auth = _as_it_is
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("http://", "https://"):
            self.mount(scheme, TimedAdapter(pool_connections=1, pool_maxsize=1))

    def prepare_call(
        self, method: str, url: str, params: dict[str, Any], data: dict[str, Any], headers: dict[str, str]
    ) -> None:
        """Change a call before it is sent: `params`, `data` and `headers` are its own, to be changed in place."""

    def judge(self, response: requests.Response) -> None:
        """Raise a `ConnectorError` for an answer that the SDK must not see; `response.content` is read already."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Nowhere: a redirect would carry the token to another host."""
        return

    def request(  # type: ignore[override]  # the SDKs pass few of requests' many arguments, and by these names
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        auth: Any = None,
        **_ignored: Any,
    ) -> requests.Response:
        """Send one call and read all of its answer, within the deadline. Raises `ConnectorError`s only.

        The SDK's host is exchanged for `base_url` before `auth` signs; its own `timeout` and `proxies` are ignored.
        """
        path = urlsplit(url).path
        own_params, own_data, own_headers = dict(params or {}), dict(data or {}), dict(headers or {})
        self.prepare_call(method, url, own_params, own_data, own_headers)
        where = f"{method} {path}"
        authorization = own_headers.get("Authorization", "")
        if not (authorization.isascii() and authorization.isprintable()):
            raise AuthFailed(f"{where}: the token holds characters that no token has; was the right file given?")
        self.tally.begin()
        with self.within(self.timeouts.total):
            response = self._exchange(
                where,
                method=method,
                url=self.base_url + path,
                params=own_params,
                data=own_data or None,
                json=json,
                headers=own_headers,
                auth=auth,
            )
        self.last = Answer(response.status_code, response.headers, self.now())
        self.tally.end(self.last)
        self.judge(response)
        return response

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Let all calls inside take this long together; a limit that is there already is only ever shortened."""
        end, outer = time.monotonic() + seconds, ends_at.get()
        token = ends_at.set(end if outer is None else min(end, outer))
        try:
            yield
        finally:
            ends_at.reset(token)

    def _exchange(self, where: str, **call: Any) -> requests.Response:
        failure: str
        kind = Unavailable
        try:
            rest = left() or self.timeouts.total
            limits = (min(self.timeouts.connect, rest), min(self.timeouts.read, rest))
            with super().request(**call, timeout=limits, allow_redirects=False, stream=True) as streamed:
                return self._whole(where, streamed)
        except requests.exceptions.SSLError as error:
            failure, kind = "the secure connection failed (TLS)", _kind(error)
        except (requests.Timeout, TimeoutError) as error:
            failure, kind = "no whole answer in time", _kind(error)
        except requests.exceptions.ChunkedEncodingError:
            failure = "the answer broke off"
        except requests.ConnectionError as error:
            failure, kind = "no whole answer in time" if _timed_out(error) else "no connection", _kind(error)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            failure = f"the answer could not be read ({type(error).__name__})"
        # Outside the `except`, so that the cause, whose text holds the whole URL, is not carried along.
        raise kind(f"{where}: {failure}")

    def _whole(self, where: str, streamed: requests.Response) -> requests.Response:
        body = bytearray()
        for piece in streamed.iter_content(64 * 1024):
            body += piece
            if len(body) > self.MOST_BYTES:
                raise Unavailable(f"{where}: the answer is longer than {self.MOST_BYTES} bytes")
        whole = requests.Response()
        whole.status_code, whole.reason = streamed.status_code, streamed.reason
        whole.headers, whole.encoding = streamed.headers, "utf-8"  # JSON is UTF-8 (RFC 8259, 8.1)
        whole.url, whole.request = streamed.url, streamed.request
        whole.raw = io.BytesIO(body)
        _ = whole.content  # read now, so that it outlives the `with` that the SDKs put around it
        return whole


class _HasSession(Protocol):
    @property
    def session(self) -> PlatformSession: ...


Client = TypeVar("Client", bound=_HasSession)


class PerThread(Generic[Client]):
    """An SDK client, with its session, for each thread: requests promises no safety for threads that share one."""

    def __init__(self, make: Callable[[], Client]) -> None:
        self._make = make
        self._own = threading.local()
        self._lock = threading.Lock()
        self._made: list[Client] = []

    def get(self) -> Client:
        """This thread's client, made at its first use."""
        client: Client | None = getattr(self._own, "client", None)
        if client is None:
            client = self._own.client = self._make()
            with self._lock:
                self._made.append(client)
        return client

    def close(self) -> None:
        """Let go of the sockets of every thread; a client used later opens its own again."""
        with self._lock:
            for client in self._made:
                client.session.close()


def retry_after(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """The instant a `Retry-After` header names, in seconds or as an HTTP date (RFC 9110, 10.2.3); None without one."""
    value = headers.get("Retry-After", "").strip()
    try:
        at = now + timedelta(seconds=int(value)) if value.isdecimal() else http_date(value)
    except (OverflowError, ValueError):
        return None
    return at if at is not None and at - now <= LONGEST_WAIT else None


def require_json(response: requests.Response, where: str) -> None:
    """Let a success pass if it is JSON, whatever it calls itself, and let it call itself so from now on.

    Gateways relabel answers or leave their type out, and facebook-sdk reads by that header. Raises `Unavailable` for
    what does not parse; what calls itself JSON is left to the SDK's own parser.
    """
    if "json" in response.headers.get("Content-Type", ""):
        return
    try:
        loads(response.text)
    except (ValueError, RecursionError):
        raise Unavailable(f"{where}: {response.status_code} without JSON: a proxy's page?") from None
    response.headers["Content-Type"] = "application/json"


def http_date(value: str) -> datetime | None:
    """An HTTP date as aware UTC; None where it is none."""
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


class _OnlyWarnings(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING


_only_warnings = _OnlyWarnings()


def quieten() -> None:
    """Drop what `TALKATIVE` loggers say below WARNING: a filter, so that no level set elsewhere brings it back."""
    for name in TALKATIVE:
        logging.getLogger(name).addFilter(_only_warnings)


def _as_it_is(prepared: requests.PreparedRequest) -> requests.PreparedRequest:
    return prepared


def _kind(error: Exception) -> type[Unavailable]:
    """`Unsent` where no connection came about for certain: no address, refused, no answer, no good certificate."""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    cause = reason.args[0] if isinstance(reason, urllib3.exceptions.SSLError) and reason.args else None
    none_made = isinstance(reason, urllib3.exceptions.NewConnectionError | urllib3.exceptions.ConnectTimeoutError)
    return Unsent if none_made or isinstance(cause, ssl.SSLCertVerificationError) else Unavailable


def _timed_out(error: BaseException) -> bool:
    """Whether a read timeout is what requests wrapped in its ConnectionError while reading a body."""
    return any(isinstance(part, urllib3.exceptions.ReadTimeoutError | TimeoutError) for part in error.args)
