"""The city's own sign-on, against a small one that can be told to lie."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI, Form, Request, Response
from fastapi.responses import RedirectResponse
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from monitor.app import App
from monitor.demo.server import serve
from monitor.store import users
from tests.web.conftest import Browser

CLIENT, SECRET = "sns-monitor", "a-secret-of-the-sign-on"


class SmallSignOn:
    """An OpenID provider on loopback. What is in `lies` replaces claims of the next token."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
        self.signs_with = self.key
        self.url, self.who = "", "kim"
        self.lies: dict[str, Any] = {}
        self.down = False
        self.codes: dict[str, dict[str, str]] = {}
        self.web = FastAPI()
        self.web.get("/.well-known/openid-configuration")(self.about)
        self.web.get("/keys")(self.keys)
        self.web.get("/authorize")(self.authorize)
        self.web.post("/token")(self.token)

    def about(self, response: Response) -> dict[str, Any]:
        response.status_code = 503 if self.down else 200
        return {"issuer": self.url, "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token", "jwks_uri": f"{self.url}/keys"}  # fmt: skip

    def keys(self) -> dict[str, Any]:
        return dict(KeySet([self.key]).as_dict(private=False))

    def authorize(self, request: Request) -> RedirectResponse:
        asked = dict(request.query_params)
        assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT)
        assert asked["code_challenge_method"] == "S256"
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return RedirectResponse(f"{asked['redirect_uri']}?code={code}&state={asked['state']}", 303)

    def token(
        self, request: Request, code: str = Form(), code_verifier: str = Form(), redirect_uri: str = Form()
    ) -> dict[str, Any]:  # fmt: skip
        expected = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        assert request.headers["authorization"] == f"Basic {expected}"
        asked = self.codes.pop(code)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(code_verifier.encode()).digest()).rstrip(b"=").decode()
        assert (challenge, redirect_uri) == (asked["code_challenge"], asked["redirect_uri"])
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "sub": "1", "iat": now, "exp": now + 60, "nonce": asked["nonce"],
                  "preferred_username": self.who} | self.lies  # fmt: skip
        token = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.signs_with)
        return {"access_token": "x", "token_type": "Bearer", "id_token": token}


@pytest.fixture
def sign_on() -> Iterator[SmallSignOn]:
    """A small sign-on that serves."""
    small = SmallSignOn()
    with serve(small.web) as server:
        small.url = server.url
        yield small


@pytest.fixture
def more(sign_on: SmallSignOn) -> str:
    """Settings that name it."""
    return (
        f'[oidc]\nissuer = "{sign_on.url}"\nclient_id = "{CLIENT}"\nclient_secret = "{SECRET}"\nname = "시청 로그인"\n'
    )


@pytest.fixture
def kim(site_app: App) -> None:
    """A user without a password."""
    with site_app.store.write() as tx:
        users.add(tx, "kim", "김담당", "staff", (), site_app.clock())


def come_back(client: httpx.Client, change: Callable[[str], str] = str) -> httpx.Response:
    """Go there and come back, as a browser would; `change` plays with the address on the way back."""
    gone = client.get("/login/city?next=/account")
    assert gone.status_code == 303, gone.text
    cookie = gone.headers["set-cookie"].partition(";")[0]
    there = httpx.get(gone.headers["location"], trust_env=False)
    back = urlsplit(change(there.headers["location"]))
    return client.get(f"{back.path}?{back.query}", headers={"Cookie": cookie})


@pytest.mark.usefixtures("kim")
def test_there_and_back(client: httpx.Client) -> None:
    """In, on the page that was wanted, with a session like any other."""
    assert "시청 로그인" in client.get("/login").text
    answer = come_back(client)
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    cookie = next(one for one in answer.headers.get_list("set-cookie") if one.startswith("__Host-session="))
    token = cookie.partition("=")[2].partition(";")[0]
    assert "김담당" in Browser(client, token).get("/account").text


@pytest.mark.usefixtures("kim")
@pytest.mark.parametrize(
    "lies",
    [
        {"aud": "somebody-else"}, {"iss": "https://evil.example"}, {"nonce": "another"}, {"exp": 1_000_000_000},
        {"preferred_username": None}, {"preferred_username": 7},
    ],
)  # fmt: skip
def test_a_token_that_is_not_for_us_lets_nobody_in(
    client: httpx.Client, sign_on: SmallSignOn, lies: dict[str, Any]
) -> None:
    """Another's, an old one, one of another login."""
    sign_on.lies = lies
    answer = come_back(client)
    assert answer.status_code == 401 and "__Host-session" not in str(answer.headers.get_list("set-cookie"))
    assert "통합 로그인에 실패했습니다" in answer.text


@pytest.mark.usefixtures("kim")
def test_a_token_by_another_key(client: httpx.Client, sign_on: SmallSignOn) -> None:
    """Of the same name."""
    sign_on.signs_with = RSAKey.generate_key(2048, {"kid": "one"})
    assert come_back(client).status_code == 401


@pytest.mark.usefixtures("kim")
def test_an_answer_to_another_login(client: httpx.Client) -> None:
    """Another state, no cookie, a cookie that somebody made."""
    assert come_back(client, lambda url: url.replace("state=", "state=x")).status_code == 401
    assert client.get("/login/city/back?code=x&state=y").status_code == 400
    forged = {"Cookie": "__Host-sign-on=WyJ4Il0.aaaa.bbbb"}
    assert client.get("/login/city/back?code=x&state=y", headers=forged).status_code == 400
    assert come_back(client, lambda url: url.replace("code=code", "code=other")).status_code in (401,)


def test_who_is_no_user_here(client: httpx.Client, sign_on: SmallSignOn, site_app: App) -> None:
    """The city knows them, we do not; or they were disabled."""
    answer = come_back(client)
    assert answer.status_code == 403 and "이곳의 사용자가 아닙니다" in answer.text
    with site_app.store.write() as tx:
        users.add(tx, "kim", "김담당", "staff", (), site_app.clock())
        users.disable(tx, "kim", site_app.clock())
    assert come_back(client).status_code == 403


def test_a_sign_on_that_is_down(client: httpx.Client, sign_on: SmallSignOn) -> None:
    """The password still works; that is said."""
    sign_on.down = True
    answer = client.get("/login/city")
    assert answer.status_code == 503 and "아이디와 비밀번호로" in answer.text


class TestWithoutOne:
    """A city that has none."""

    @pytest.fixture
    def more(self) -> str:
        """Nothing of it in the settings."""
        return ""

    def test_it_is_not_offered(self, client: httpx.Client) -> None:
        """Neither the button nor the way."""
        assert "/login/city" not in client.get("/login").text
        assert client.get("/login/city").status_code == 404
