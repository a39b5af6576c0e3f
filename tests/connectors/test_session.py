"""The session both SDKs are given: host, deadlines, no redirects, no leaks."""

from __future__ import annotations

import gzip
import logging
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from connectors.contract import AuthFailed, Unavailable
from connectors.deadline import TimedResponse, ends_at
from connectors.session import PerThread, PlatformSession, Tally, Timeouts, checked_base_url, http_date, retry_after
from monitor.demo.faults import Fault, suffer
from monitor.demo.server import Server

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
SOON = Timeouts(connect=2.0, read=0.25, total=0.4, look=0.4)
TOKEN = "secret-token-value"


class Echo:
    """Answers what it was asked, or what it is told to."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []
        self.response: Response | None = None
        self.fault: Fault | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if self.fault is not None:
            await suffer(self.fault, receive, send)
            return
        asked = {
            "method": request.method,
            "path": request.url.path,
            "query": request.url.query,
            "body": (await request.body()).decode(),
            "headers": dict(request.headers),
        }
        self.seen.append(asked)
        await (self.response or JSONResponse(asked))(scope, receive, send)


@pytest.fixture
def echo(platform_server: Server) -> Echo:
    """A server that says what it was asked."""
    app = Echo()
    platform_server.app = app
    return app


@pytest.fixture
def session(platform_server: Server, echo: Echo) -> Iterator[PlatformSession]:
    """A session to it."""
    with PlatformSession(platform_server.url, lambda: NOW, SOON) as made:
        yield made


def ask(session: PlatformSession, **more: Any) -> requests.Response:
    """One call as the SDKs make it."""
    return session.request("GET", "https://api.twitter.com/2/tweets", params={"ids": "1"}, **more)


def failure(session: PlatformSession, **more: Any) -> Unavailable:
    """What a call raises."""
    with pytest.raises(Unavailable) as caught:
        ask(session, **more)
    return caught.value


@pytest.mark.parametrize("prefix", ["", "/relay/x", "/relay/"])
def test_host_is_exchanged_and_the_path_is_kept(platform_server: Server, echo: Echo, prefix: str) -> None:
    """The SDK's host never hears of us; a base_url with a path keeps both paths."""
    with PlatformSession(platform_server.url + prefix, lambda: NOW) as session:
        response = ask(session, headers={"Authorization": f"Bearer {TOKEN}"})
    assert response.json()["path"] == prefix.rstrip("/") + "/2/tweets"
    assert response.json()["query"] == "ids=1"
    assert response.json()["headers"]["authorization"] == f"Bearer {TOKEN}"


def test_subclass_moves_the_token_out_of_url_and_body(platform_server: Server, echo: Echo) -> None:
    """`prepare_call` changes this call's own copies: the token leaves params and data, the caller's stay."""

    class Mover(PlatformSession):
        def prepare_call(
            self, method: str, url: str, params: dict[str, Any], data: dict[str, Any], headers: dict[str, str]
        ) -> None:
            data.pop("access_token", None)
            headers["Authorization"] = f"Bearer {params.pop('access_token')}"

    params, data = {"access_token": TOKEN, "fields": "id"}, {"access_token": TOKEN, "batch": "[]"}
    with Mover(platform_server.url, lambda: NOW) as session:
        session.request("POST", "https://graph.facebook.com/v26.0/", params=params, data=data)
    (seen,) = echo.seen
    assert TOKEN not in seen["query"] + seen["body"]
    assert seen["headers"]["authorization"] == f"Bearer {TOKEN}"
    assert (seen["query"], seen["body"]) == ("fields=id", "batch=%5B%5D")
    assert params["access_token"] == data["access_token"] == TOKEN


@pytest.mark.parametrize("fault", [Fault(hangs=True), Fault(drips=True)], ids=["hangs", "drips"])
def test_stuck_answer_is_cut(session: PlatformSession, echo: Echo, fault: Fault) -> None:
    """Neither silence nor a byte now and then holds a call."""
    echo.fault = fault
    assert "no whole answer in time" in str(failure(session))


def test_dripping_headers_are_cut() -> None:
    """The total deadline counts for the headers too, of which each byte comes within the read timeout."""
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            peer, _ = listening.accept()
            with peer:
                peer.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                while not done.wait(0.05):
                    peer.sendall(b"a")

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            with PlatformSession(f"http://127.0.0.1:{listening.getsockname()[1]}", lambda: NOW, SOON) as session:
                assert "no whole answer in time" in str(failure(session))
        finally:
            done.set()
            thread.join()


def test_each_read_waits_for_what_is_left_at_most() -> None:
    """A read late in a call does not get the whole read timeout again."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(60)
        theirs.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
        token = ends_at.set(time.monotonic() + 5)
        try:
            answer = TimedResponse(ours)
            answer.begin()
        finally:
            ends_at.reset(token)
        assert answer.status == 204
        waits = ours.gettimeout()
        assert waits is not None and waits <= 5
        answer.close()


def test_no_connection_is_told_without_url_or_token() -> None:
    """A refused connection: method and path, no query, no token, and no cause that would hold them."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    with PlatformSession(address, lambda: NOW, SOON) as session:
        error = failure(session, headers={"Authorization": f"Bearer {TOKEN}"})
    assert str(error) == "GET /2/tweets: no connection"
    assert error.__cause__ is None and error.__context__ is None


def test_answer_that_breaks_off(session: PlatformSession, echo: Echo) -> None:
    """Fewer bytes than announced are no answer."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def half() -> None:
            peer, _ = listening.accept()
            with peer:
                peer.recv(65536)
                peer.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"data": []')

        thread = threading.Thread(target=half)
        thread.start()
        with PlatformSession(f"http://127.0.0.1:{listening.getsockname()[1]}", lambda: NOW, SOON) as other:
            assert "broke off" in str(failure(other))
        thread.join()


@pytest.mark.parametrize("packed", [False, True])
def test_oversized_answer_is_refused(
    session: PlatformSession, echo: Echo, monkeypatch: pytest.MonkeyPatch, packed: bool
) -> None:
    """An answer beyond the cap is refused, and so is a small one that unpacks to more."""
    monkeypatch.setattr(PlatformSession, "MOST_BYTES", 100_000)
    body = b" " * 200_000
    headers = {"Content-Encoding": "gzip"} if packed else {}
    echo.response = Response(gzip.compress(body) if packed else body, headers=headers)
    assert "longer than" in str(failure(session))
    monkeypatch.setattr(PlatformSession, "MOST_BYTES", 200_000)
    assert ask(session).content == body


def test_redirect_and_cookies_are_not_followed(session: PlatformSession, echo: Echo) -> None:
    """A redirect comes back as it is, whatever its Location holds, and no cookie is kept."""
    echo.response = Response(status_code=307, headers={"Location": "\xff\xfe", "Set-Cookie": "guest=1"})
    assert ask(session).status_code == 307
    assert ask(session).status_code == 307
    assert len(echo.seen) == 2
    assert not session.cookies and "cookie" not in echo.seen[1]["headers"]


def test_netrc_does_not_replace_the_token(
    session: PlatformSession, echo: Echo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """requests would put a ~/.netrc password in the place of the SDK's Authorization header."""
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    ask(session, headers={"Authorization": f"Bearer {TOKEN}"})
    assert echo.seen[0]["headers"]["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize("token", ["two\nlines", "토큰", "nul\0"])
def test_impossible_token_is_told_and_not_shown(session: PlatformSession, echo: Echo, token: str) -> None:
    """A token that no header can carry is a person's to mend, and does not stand in the message."""
    with pytest.raises(AuthFailed) as caught:
        ask(session, headers={"Authorization": f"Bearer {token}"})
    assert token not in str(caught.value) and not echo.seen


def test_calls_inside_within_share_their_time(session: PlatformSession, echo: Echo) -> None:
    """Time that is used up for the first call is used up for the second: it is not even sent."""
    with session.within(-1):
        assert "in time" in str(failure(session))
    assert not echo.seen
    assert ask(session).status_code == 200


def test_last_answer_and_clock_are_kept(platform_server: Server, echo: Echo) -> None:
    """Status and headers of the last call, the count of calls, and the platform's Date less our clock."""
    tally = Tally()
    with PlatformSession(platform_server.url, lambda: NOW, SOON, tally) as session:
        assert (session.last, tally.calls, tally.clock_offset) == (None, 0, None)
        echo.response = Response(status_code=503, headers={"Date": "Tue, 24 Nov 2026 03:01:05 GMT", "X-Some": "1"})
        ask(session)
    assert session.last is not None
    assert (session.last.status, session.last.headers["x-some"], session.last.at) == (503, "1", NOW)
    assert (tally.calls, tally.clock_offset) == (1, timedelta(seconds=65))


def test_body_outlives_the_sdk_closing_it(session: PlatformSession, echo: Echo) -> None:
    """tweepy reads the body after its `with` block has closed the response."""
    with ask(session) as response:
        pass
    assert response.json()["path"] == "/2/tweets"


def test_each_thread_has_its_own_session(platform_server: Server, echo: Echo) -> None:
    """The same thread gets the same client again, another thread another one; close reaches both."""

    class Client:
        def __init__(self) -> None:
            self.session = PlatformSession(platform_server.url, lambda: NOW)

    clients = PerThread(Client)
    others: list[Client] = []
    thread = threading.Thread(target=lambda: others.append(clients.get()))
    thread.start()
    thread.join()
    mine = clients.get()
    assert clients.get() is mine and others[0] is not mine
    ask(mine.session)
    clients.close()
    assert ask(mine.session).status_code == 200
    clients.close()


def test_talkative_loggers_say_nothing_below_warning(
    session: PlatformSession, echo: Echo, caplog: pytest.LogCaptureFixture
) -> None:
    """Not even at a level set on the logger itself; their warnings still come through."""
    for name in ("tweepy.client", "urllib3.connectionpool"):
        caplog.set_level(logging.DEBUG, logger=name)
    ask(session)
    logging.getLogger("tweepy.client").debug("Headers: %s", TOKEN)
    logging.getLogger("tweepy.client").warning("heard")
    assert [record.getMessage() for record in caplog.records if record.name != "asyncio"] == ["heard"]


@pytest.mark.parametrize(
    "address", ["", "api.x.com", "ftp://x", "https://", "https://a/?q", "https://u:p@a/", "https://a/#f"]
)
def test_address_that_is_none_is_refused(address: str) -> None:
    """`base_url` is an http(s) address and nothing more."""
    with pytest.raises(ValueError, match="http"):
        checked_base_url(address)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", NOW + timedelta(minutes=2)),
        (" 0 ", NOW),
        ("Tue, 24 Nov 2026 03:05:00 GMT", NOW + timedelta(minutes=5)),
        ("Tue, 24 Nov 2026 03:05:00 UTC", NOW + timedelta(minutes=5)),
        ("Tue, 24 Nov 2026 03:05:00 -0000", NOW + timedelta(minutes=5)),
        ("Tue, 24 Nov 2026 12:05:00 +0900", NOW + timedelta(minutes=5)),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("soon", None),
        ("9" * 30, None),
        ("9" * 5000, None),
        ("99999999", None),
        ("Tue, 99 Nov 2026 99:99:99 GMT", None),
        ("Tue, 24 Nov 99999 03:05:00 GMT", None),
    ],
    ids=lambda value: str(value)[:24],
)
def test_retry_after(value: str, expected: datetime | None) -> None:
    """Seconds or an HTTP date, and never an error over what a server writes there."""
    assert retry_after({"Retry-After": value}, NOW) == expected


def test_retry_after_is_missing() -> None:
    """No header, no instant; nor from a Date that is none."""
    assert retry_after({}, NOW) is None
    assert http_date("yesterday") is None
