"""What the small X takes when an account posts through it: a signature, a body, a reply that X would allow."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from monitor.demo.x_world import World

_PAIR = re.compile(r'(\w+)="([^"]*)"')
_KNOWN = frozenset(("text", "reply"))


class Grant(NamedTuple):
    """An account's leave for an app to post in its name."""

    user: str
    secret: str


class Forbidden(Exception):
    """A post that X would not take; the message is X's own."""


class Malformed(Exception):
    """A body that X would not understand."""


def signer(url: str, authorization: str, consumer: tuple[str, str], grants: Mapping[str, Grant]) -> str | None:
    """The user whose post this is, by its OAuth 1.0a signature (RFC 5849, 3.4); None where that is not right.

    A JSON body is no part of what is signed.
    """
    scheme, _, listed = authorization.partition(" ")
    said = {name: unquote(value) for name, value in _PAIR.findall(listed)}
    grant = grants.get(said.get("oauth_token", ""))
    right = (said.get("oauth_consumer_key"), said.get("oauth_signature_method")) == (consumer[0], "HMAC-SHA1")
    if scheme != "OAuth" or grant is None or not right:
        return None
    signed = sorted((_escaped(name), _escaped(value)) for name, value in said.items() if name != "oauth_signature")
    params = "&".join(f"{name}={value}" for name, value in signed)
    base = "&".join(("POST", _escaped(url), _escaped(params)))
    key = f"{_escaped(consumer[1])}&{_escaped(grant.secret)}"
    try:
        given = base64.b64decode(said.get("oauth_signature", ""), validate=True)
    except binascii.Error:
        return None
    return grant.user if hmac.compare_digest(given, hmac.digest(key.encode(), base.encode(), "sha1")) else None


def compose(world: World, author: str, body: bytes) -> dict[str, Any]:
    """Post a reply in the author's name; the body of a 201. Raises Malformed and Forbidden."""
    try:
        said = json.loads(body)
        text, to = said["text"], said["reply"]["in_reply_to_tweet_id"]
    except (ValueError, KeyError, TypeError) as error:
        raise Malformed("the body is no reply") from error
    if not (isinstance(text, str) and text.strip() and isinstance(to, str) and to.isdecimal() and {*said} <= _KNOWN):
        raise Malformed("One or more parameters to your request was invalid.")
    parent, version = world.by_version.get(int(to), (None, None))
    if parent is None or version is None or parent.deleted or parent.author.protected:
        raise Forbidden("You attempted to reply to a Tweet that is deleted or not visible to you.")
    called = {user.id for user in parent.mentions}
    called |= {post.author.id for post in (parent.reply_to, parent.quote) if post is not None}
    if author not in called:
        raise Forbidden("Reply to this conversation is not allowed because you have not been mentioned by its author.")
    if any(entry.author.id == author and one.text == text for entry, one in world.by_version.values()):
        raise Forbidden("You are not allowed to create a Tweet with duplicate content.")
    return {"data": {"id": world.post(author, text, reply_to=to), "text": text}}


def _escaped(text: str) -> str:
    return quote(text, safe="-._~")
