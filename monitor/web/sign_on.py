"""The city's own sign-on: OpenID Connect, authorization code with PKCE. Needs the extra `oidc`.

OpenID Connect Core 1.0, 3.1; RFC 7636; RFC 9700. Who comes from there must be a user here already: the city says who
somebody is, the settings and the users' page say what they may do.
"""

from __future__ import annotations

import secrets
import time
from typing import Any, NamedTuple

import requests

from config.tables import Oidc

PATIENCE = 10.0
"""Seconds that each question to the city's sign-on may take."""
_ALGORITHMS = ["RS256", "PS256", "ES256", "RS384", "RS512", "ES384"]
"""Signatures by a key that only they hold; never "none", never a shared secret."""
_KEPT = 3600.0


class SignOnError(Exception):
    """Nobody can be let in this way now; the message says why, for the log."""


class Pending(NamedTuple):
    """What a login in another place must come back with."""

    state: str
    nonce: str
    verifier: str
    target: str
    """The page that was wanted."""


class SignOn:
    """The city's sign-on, as its discovery document describes it."""

    def __init__(self, options: Oidc, back: str) -> None:
        """`back` is the address here that it leads back to."""
        self._options, self._back = options, back
        self._found: tuple[float, dict[str, Any], Any] | None = None

    def begin(self, target: str) -> tuple[str, Pending]:
        """Where to send the browser, and what to remember. Raises SignOnError."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        pending = Pending(state, nonce, verifier, target)
        about, _ = self._described()
        url, _ = self._client().create_authorization_url(
            about["authorization_endpoint"], state=pending.state, nonce=pending.nonce, code_verifier=pending.verifier
        )
        return str(url), pending

    def finish(self, pending: Pending, code: str, state: str) -> str:
        """Who came back: the id by the claim that the settings name. Raises SignOnError."""
        if not secrets.compare_digest(state.encode(), pending.state.encode()):
            raise SignOnError("the answer belongs to another login")
        about, _ = self._described()
        try:
            answer = self._client().fetch_token(
                about["token_endpoint"], code=code, code_verifier=pending.verifier, timeout=PATIENCE
            )
        except Exception as exc:
            raise SignOnError(f"no token: {type(exc).__name__}: {exc}") from exc
        claims = self._checked(str(answer.get("id_token", "")), pending.nonce)
        found = claims.get(self._options.claim)
        if not isinstance(found, str) or not found:
            raise SignOnError(f"the token has no claim {self._options.claim!r}")
        return found

    def _client(self) -> Any:
        from authlib.integrations.requests_client import OAuth2Session

        return OAuth2Session(
            self._options.client_id, self._options.client_secret.get_secret_value(), scope="openid profile",
            redirect_uri=self._back, code_challenge_method="S256", default_timeout=PATIENCE,
        )  # fmt: skip

    def _checked(self, token: str, nonce: str) -> dict[str, Any]:
        """The claims of an id token that is theirs, for us, for this login and of now."""
        from joserfc import errors, jwt

        _, keys = self._described()
        registry = jwt.JWTClaimsRegistry(
            leeway=60, iss={"essential": True, "value": self._options.issuer},
            aud={"essential": True, "value": self._options.client_id}, exp={"essential": True},
            nonce={"essential": True, "value": nonce},
        )  # fmt: skip
        try:
            claims = jwt.decode(token, keys, algorithms=_ALGORITHMS).claims
            registry.validate(claims)
        except (errors.JoseError, ValueError) as exc:
            raise SignOnError(f"the id token is not good: {type(exc).__name__}: {exc}") from exc
        return dict(claims)

    def _described(self) -> tuple[dict[str, Any], Any]:
        """Their discovery document and keys, asked for again every hour."""
        from joserfc.jwk import KeySet

        if self._found is not None and time.monotonic() - self._found[0] < _KEPT:
            return self._found[1:]
        about = _json(f"{self._options.issuer}/.well-known/openid-configuration")
        if about.get("issuer") != self._options.issuer:
            raise SignOnError(f"it calls itself {about.get('issuer')!r}, and [oidc] issuer is another")
        try:
            keys = KeySet.import_key_set(_json(str(about.get("jwks_uri"))))  # type: ignore[arg-type]
        except (ValueError, KeyError) as exc:
            raise SignOnError(f"its keys make no sense: {exc}") from exc
        self._found = time.monotonic(), about, keys
        return about, keys


def _json(url: str) -> dict[str, Any]:
    try:
        answer = requests.get(url, timeout=PATIENCE, allow_redirects=False)
        answer.raise_for_status()
        found = answer.json()
    except (requests.RequestException, ValueError) as exc:
        raise SignOnError(f"{url} does not answer as it should: {type(exc).__name__}") from exc
    if not isinstance(found, dict):
        raise SignOnError(f"{url} answers something else")
    return found
