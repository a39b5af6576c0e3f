"""What every connector speaks: posts and pages in, answers out, and the errors of both.

A connector turns one platform's dialect into `Post`s. It knows nothing of cases, departments or deadlines, keeps no
state that a restart would miss, and never sleeps: it raises, and the caller decides when to ask again.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar

from pydantic import BaseModel


class ConnectorError(Exception):
    """The platform could not be asked, or did not answer as agreed."""

    accounts: tuple[str, ...] | None = None
    """The accounts it concerns, where a source's other accounts were fetched whole; None: all of them."""


class RateLimited(ConnectorError):
    """The platform asks us to wait."""

    def __init__(self, message: str, until: datetime | None = None) -> None:
        super().__init__(message)
        #: When the platform says it may be asked again; None where it named no time.
        self.until = until


class AuthFailed(ConnectorError):
    """The token is missing, expired, revoked or lacks a permission: a person must mend it."""


class Unavailable(ConnectorError):
    """No answer, a broken answer or a server fault: the same question may succeed later."""

    def __init__(self, message: str, until: datetime | None = None) -> None:
        super().__init__(message)
        #: From a `Retry-After` header, where there was one.
        self.until = until


class Rejected(ConnectorError):
    """The platform refuses this question itself: asking again the same way will not help."""


class Unknown(ConnectorError):
    """A post was sent and nothing is known of it: it may stand there for all to read. It is never sent again."""


class PostKind(StrEnum):
    """What sort of post it is, as far as an obligation to answer goes (SEMANTICS row 19)."""

    POST = "post"
    SHARE = "share"
    """A retweet, or a share without words of its own."""
    DIRECT = "direct"
    """A direct message."""


@dataclass(frozen=True, slots=True)
class Account:
    """A department's account on a platform."""

    platform: str
    id: str
    """The platform's own id of the account or Page."""
    handle: str = ""
    token: str | None = field(default=None, repr=False)
    """The account's own token, where the platform wants one per account."""
    access_token: str | None = field(default=None, repr=False)
    """With its secret the account's own leave to post, where the platform wants one beside what it reads with (X)."""
    access_token_secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Post:
    """Whatever a platform returned, a citizen's or our own."""

    platform: str
    id: str
    """The platform's own id; of an edited post the first id of its history, so that it never changes."""
    conversation: str
    """Where turns are counted: X's conversation id; on Facebook the top comment, or a visitor's post."""
    created_at: datetime
    """The platform's own time, aware UTC."""
    author: str | None = None
    """The author's id; None where the platform would not say. None is never one of our accounts."""
    author_name: str = ""
    """Name or handle for people to read."""
    text: str = ""
    permalink: str = ""
    addressed: tuple[str, ...] = ()
    """Our accounts that this post speaks to: the one replied to first, then in the order of the settings."""
    reply_to: str | None = None
    """Id of the post this one answers."""
    reply_to_author: str | None = None
    """Id of the person this one answers: X's `in_reply_to_user_id`, Facebook's tagged person or parent's author."""
    quote_of: str | None = None
    """Id of the post this one quotes."""
    kind: PostKind = PostKind.POST
    edit_ids: tuple[str, ...] = ()
    """All ids of the edit history, first to last; empty where the platform has none."""


@dataclass(frozen=True, slots=True)
class SetAside:
    """A payload that could not be understood: kept whole, counted and shown, never dropped."""

    platform: str
    account: str
    """The account it was fetched for; "" where one call serves several."""
    reason: str
    payload: str
    """The raw JSON as text."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a walk; each is committed by itself."""

    posts: Sequence[Post]
    resume: str | None
    """Where a later walk goes on should this one stop here, never a platform's cursor; None on the last page."""
    set_aside: Sequence[SetAside] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """One thing to poll: a question to a platform that covers one or several accounts."""

    id: str
    """Stable name, as "twitter:search:1001,1002"; the same accounts give the same id."""
    platform: str
    kind: str
    """The connector's own word: "search", "mentions", "feed", "tagged", "sweep"."""
    accounts: tuple[str, ...]
    primary: bool
    """Whether a complete fetch of it moves `complete_until`; the others are backstops."""
    every: timedelta | None = None
    """Its own interval; None: as often as `polling.every` says."""
    lag: timedelta = timedelta(0)
    """How far behind the present the platform's index may be (X search: 30 s)."""
    reach: timedelta | None = None
    """How far back each fetch looks whatever the watermark (a sweep); None: from the watermark less the overlap."""
    calls: int = 1
    """HTTP calls that one page costs."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a look before a breach found (SEMANTICS rows 16 and 21)."""

    posts: Sequence[Post]
    """Own answers and the asked posts as they are now; stored through ordinary ingest."""
    gone: frozenset[str]
    """Ids that the platform says no longer exist; only with its own word for it."""
    answers_since: datetime | None = None
    """Every own answer since then is among the posts, so that mentions not asked about are answered for too."""
    unread: frozenset[str] = frozenset()
    """Ids of asked mentions that one look had no room or time for: nothing is said of them."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A mention that a look asks about, or that is answered from here."""

    id: str
    conversation: str
    author: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Health:
    """What the last answers said of a connector's standing; shown by `accounts` and the metrics."""

    calls: int = 0
    remaining: int | None = None
    """Calls left in the window by the platform's own headers; None where it does not say."""
    resets_at: datetime | None = None
    clock_offset: timedelta | None = None
    """Platform's `Date` header less our own clock."""


class Connector(ABC):
    """One platform. Subclasses name their `platform` and their `Options`, and say what the platform says.

    Methods may be called from several threads at once. They raise only `ConnectorError`s, and no message of theirs
    holds a token.
    """

    platform: ClassVar[str]
    most_asked: ClassVar[int] = 100
    """How many mentions one look may ask about."""
    answer_limit: ClassVar[int] = 0
    """How long an answer posted from here may be, as `answer_length` counts; 0 where none can be."""

    class Options(BaseModel, frozen=True, extra="forbid"):
        """The keys of `[connectors.<platform>]`; secrets are `pydantic.SecretStr`."""

    def __init__(self, options: Any, accounts: Sequence[Account], now: Callable[[], datetime]) -> None:
        self.options = options
        self.accounts = tuple(accounts)
        self.now = now

    @classmethod
    def missing(cls, options: Any, account: Account) -> Mapping[str, str]:
        """What the settings lack for this account: key -> how to mend it. Empty when complete.

        Keys are "token" for the account's own, else a key of `Options`. Called by `check-config` and at start.
        """
        return {}

    @abstractmethod
    def sources(self) -> Sequence[Source]:
        """Group the accounts into the fewest calls."""

    @abstractmethod
    def fetch(
        self, source: Source, since: datetime, resume: str | None = None, watched: Collection[str] = ()
    ) -> Iterator[Page]:
        """Walk everything from now back to `since`, newest first, a page at a time.

        `resume` is the `Page.resume` of an earlier walk to the same `since` that stopped early. `watched` are the
        conversations of open cases, for platforms whose feed does not reach them. The walk is whole only when its
        last page, the one whose `resume` is None, was yielded.
        """

    @abstractmethod
    def look(self, account: Account, asked: Sequence[Asked]) -> Look:
        """Ask once more, right now, whether these mentions, `most_asked` at most, were answered or are gone.

        A handful of HTTP calls and two seconds however many are asked. Raises rather than guesses where the platform
        does not answer; what its answers had no room for is `unread`.
        """

    def can_answer(self, account: Account) -> bool:
        """Whether the settings give all that it takes to post answers for this account; the platform may still refuse.

        A connector that says so gives `answer_limit` and `answer`.
        """
        return False

    @classmethod
    def answer_length(cls, text: str) -> int:
        """How long an answer is in the platform's own count, never less than that."""
        return len(text)

    def answer(self, account: Account, to: Asked, text: str) -> Post:
        """Post the department's answer to a mention, for all to read; returns it as the platform has it.

        One attempt, `timeouts.total` seconds at most. Raises `Unknown` where the request may have arrived and its
        answer did not; any other `ConnectorError` says that nothing was posted.
        """
        raise Rejected(f"{self.platform}: answers cannot be posted from here")

    @abstractmethod
    def handles(self) -> Mapping[str, str]:
        """The present handle of each account by its id, "" where it has none; unknown accounts are left out."""

    def health(self) -> Health:
        """Standing as of the last answers."""
        return Health()

    def close(self) -> None:
        """Let go of sockets."""
        return
