"""Answers posted on X: how long X says they are, and the one call that posts them.

A post is created by the account itself: OAuth 1.0a with the app's consumer key and the account's access token, both
with their secrets (OpenAPI 2.167, `createPosts`: `UserToken`). The app's bearer token may only read. Body and path are
the same in both dialects.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from connectors.contract import Account, Asked, Unavailable
from connectors.session import Tally, Timeouts
from connectors.x_client import Windows, XSession, decoded

#: X, "Counting characters": the most that the weights of a post's characters may come to, and what an address weighs.
LONGEST, ADDRESS = 280, 23
#: Characters that weigh 1: Latin and its neighbours, and the punctuation of all languages. Hangul weighs 2.
_LIGHT = ((0, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))
_ADDRESS = re.compile(r"https?://[\w.-]+\.[A-Za-z]{2,}(?::\d+)?(?:[/?#][!-~]*)?", re.ASCII | re.IGNORECASE)
#: An address without its scheme becomes a link too, where its ending is one X knows: which they are is not asked here.
_BARE = re.compile(r"(?<![@\w./-])(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}(?:/[!-~]*)?", re.ASCII)
_BEHIND = ".,:;!?'\")]}"
_PICTURE = "[\u203c-\u3299\U0001f000-\U0001faff]"
_TONE = "[\ufe0f\U0001f3fb-\U0001f3ff]"
#: One picture to the eye, of however many characters: a flag, a family.
_EMOJI = re.compile(
    f"[\U0001f1e6-\U0001f1ff]{{2}}|[0-9#*]\ufe0f?\u20e3|{_PICTURE}{_TONE}*(?:\u200d{_PICTURE}{_TONE}*)*"
)


class Keys(NamedTuple):
    """All that one account posts with."""

    consumer_key: str
    consumer_secret: str
    access_token: str
    access_token_secret: str


def weighted_length(text: str) -> int:
    """How long X counts a text, composed as X composes it (NFC); where it is unsure, rather too long than too short."""
    text = unicodedata.normalize("NFC", text)
    bare = _ADDRESS.sub(lambda found: "-" * len(found[0]), text)
    more = sum(ADDRESS - len(found[0].rstrip(_BEHIND)) for found in _ADDRESS.finditer(text))
    more += sum(max(0, ADDRESS - len(found[0].rstrip(_BEHIND))) for found in _BARE.finditer(bare))
    signs = map(ord, _EMOJI.sub("\u3000", bare))
    return more + sum(1 if any(first <= sign <= last for first, last in _LIGHT) else 2 for sign in signs)


def create(
    base_url: str,
    keys: Keys,
    secrets: Sequence[str],
    now: Callable[[], datetime],
    timeouts: Timeouts,
    tally: Tally,
    to: str,
    text: str,
) -> Any:
    """POST /2/tweets, once, over a connection of its own: one that was kept open may be closed by X at that moment.

    `secrets` are taken out of X's words, should it repeat them. Returns the decoded JSON. Raises `ConnectorError`s;
    inside `session.posting` they say whether it may have arrived.
    """
    import tweepy

    # Its window is the account's own and says nothing of those of the questions.
    session = XSession(base_url, secrets, now, timeouts, tally, Windows())
    sdk = tweepy.Client(**keys._asdict(), return_type=dict, wait_on_rate_limit=False)
    sdk.session = session
    with session:
        return decoded("POST /2/tweets", lambda: sdk.create_tweet(text=text, in_reply_to_tweet_id=to))


def as_found(answer: Any, account: Account, to: Asked) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The item that a search would bring of a post just made, and its includes, for the same reader.

    X says only its id and text. Raises `Unavailable` for a success that says not even these.
    """
    data = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(data, dict) or not isinstance(data.get("id"), str) or not data["id"].isdecimal():
        raise Unavailable("POST /2/tweets: a success that names no post")
    item: dict[str, Any] = {
        "id": data["id"],
        "text": data.get("text"),
        "author_id": account.id,
        "conversation_id": to.conversation,
        "referenced_tweets": [{"type": "replied_to", "id": to.id}],
        "in_reply_to_user_id": to.author,
    }
    return item, {"users": [{"id": account.id, "username": account.handle.removeprefix("@")}]}
