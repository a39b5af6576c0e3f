"""X (Twitter): many accounts in one search, each account's mentions as a backstop, the look before a breach, answers.

The facts behind each choice are in PLATFORMS, "X (Twitter) API v2"; reading what X says is `x_posts`, asking is
`x_client`, answering `x_answer`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any, Literal

from pydantic import BaseModel, SecretStr

from connectors.contract import (
    Account,
    Asked,
    AuthFailed,
    Connector,
    ConnectorError,
    Health,
    Look,
    Page,
    Post,
    Rejected,
    Source,
    Unavailable,
)
from connectors.session import BaseUrl, PerThread, Tally, Timeouts, posting
from connectors.x_answer import LONGEST, Keys, as_found, create, weighted_length
from connectors.x_client import DIALECTS, POST, TWEET, Dialect, Windows, WrongDialect, XClient
from connectors.x_posts import PLATFORM, Reader, Reading, problems, snowflake_time

#: The longest query of recent search below the enterprise tier.
LONGEST_QUERY = 512
#: Posts on a page, ids in a question: the most that X takes.
FULL_PAGE = 100
#: How far behind the present recent search looks by itself.
SEARCH_LAG = timedelta(seconds=30)
#: Recent search refuses what is older than 7 days; a minute less leaves room for the two clocks.
SEARCH_REACH = timedelta(days=7) - timedelta(minutes=1)
#: A `start_time` must lie before search's own end; nearer than this none is ever asked for.
NEAREST_START = 2 * SEARCH_LAG
EARLIEST, LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
MENTIONS_EVERY = timedelta(minutes=15)
#: The resume of a walk that has met no post yet.
FROM_THE_NEWEST = "newest"
#: Edited posts that are remembered.
MOST_EDITED = 1000
#: This many pages in a row without a new post are no walk any more.
MOST_PAGES_WITHOUT_NEWS = 20

_HANDLE = re.compile(r"[A-Za-z0-9_]{1,15}", re.ASCII)


class TwitterConnector(Connector):
    """The accounts of one city on X. Safe for threads."""

    platform = PLATFORM
    answer_limit = LONGEST

    class Options(BaseModel, frozen=True, extra="forbid"):
        """The keys of `[connectors.twitter]`."""

        base_url: BaseUrl = "https://api.x.com"
        dialect: Literal["auto", "tweet", "post"] = "auto"
        """Which words the service understands (OpenAPI 2.166 or 2.167); "auto" finds out."""
        bearer_token: SecretStr | None = None
        consumer_key: SecretStr | None = None
        """With its secret the app's own part in posting answers; without them none can be posted from here."""
        consumer_secret: SecretStr | None = None

    def __init__(self, options: Options, accounts: Sequence[Account], now: Callable[[], datetime]) -> None:
        super().__init__(options, accounts, now)
        #: May be changed before the first call.
        self.timeouts = Timeouts()
        self._searches = _searches(self.accounts)
        self._reader = Reader(self.accounts)
        self._tally, self._windows = Tally(), Windows()
        self._clients = PerThread(self._client)
        self._dialect = DIALECTS.get(options.dialect, TWEET)
        self._neither_is_full = False
        #: The newest id of posts that were edited, by their first: what is asked for besides, where it is known, as
        #: the old one may no longer be found. The oldest are forgotten; an edit is possible for an hour only.
        self._newest: dict[str, str] = {}

    @classmethod
    def missing(cls, options: Options, account: Account) -> Mapping[str, str]:
        """The one bearer token serves every account; recent search needs the account's handle."""
        lacks: dict[str, str] = {}
        if options.bearer_token is None or not options.bearer_token.get_secret_value().strip():
            lacks |= {"bearer_token": 'give the app\'s bearer token, as { env = "X_BEARER_TOKEN" }'}
        if not _HANDLE.fullmatch(_handle(account)):
            lacks |= {"handle": "give the account's handle without @: 1 to 15 letters, digits or _"}
        return lacks | _half_given(options, account)

    def sources(self) -> Sequence[Source]:
        """One search for as many accounts as fit its query; each account's mentions every 15 minutes beside it.

        An account without a handle cannot be searched for: its mentions are its primary source then.
        """
        searches = [
            Source(id_, PLATFORM, "search", search.accounts, True, lag=SEARCH_LAG)
            for id_, search in self._searches.items()
        ]
        searched = {id_ for source in searches for id_ in source.accounts}
        mentions = [
            Source(
                f"{PLATFORM}:mentions:{account.id}",
                PLATFORM,
                "mentions",
                (account.id,),
                primary=account.id not in searched,
                every=MENTIONS_EVERY if account.id in searched else None,
            )
            for account in self.accounts
        ]
        return [*searches, *mentions]

    def fetch(
        self, source: Source, since: datetime, resume: str | None = None, watched: Collection[str] = ()
    ) -> Iterator[Page]:
        """Walk a search or an account's mentions; X needs no `watched`.

        It asks by `start_time`, the second `since` lies in, and never by a `since_id`: ids tell when a post was made
        and not when it could be found. `resume` is the smallest id so far, which goes on as `until_id`.
        """
        ask, mentions_of = self._question(source)
        start = max(min(since, self.now() - NEAREST_START), self.now() - SEARCH_REACH).replace(microsecond=0)
        lowest = resume if resume is not None and resume.isdecimal() else None
        if lowest is not None and (snowflake_time(lowest) or LATEST) <= start:
            lowest = None  # X would refuse an `until_id` from before the start, for ever: then all of it once more
        tokens, seen, without_news = set[str](), set[str](), 0
        paging: dict[str, Any] = {"max_results": FULL_PAGE, "start_time": start, "until_id": lowest}
        while True:
            answer = self._ask(partial(ask, **paging))
            searched = source.accounts if source.kind == "search" else ()
            reading = self._read(source.id, answer, mentions_of, searched)
            news = set(reading.versions) - seen
            if reading.versions and not news:
                raise Unavailable(f"{source.id}: X sends the same posts again")
            seen |= news
            without_news = 0 if news else without_news + 1
            lowest = _lowest(lowest, news, start)
            meta = answer.get("meta")
            token = meta.get("next_token") if isinstance(meta, dict) else ""
            yield Page(reading.posts, None if token is None else lowest or FROM_THE_NEWEST, reading.set_aside)
            if token is None:
                return
            if not isinstance(token, str) or not token:
                raise Unavailable(f"{source.id}: X does not say whether this is the end")
            if token in tokens or without_news > MOST_PAGES_WITHOUT_NEWS:
                raise Unavailable(f"{source.id}: X's paging does not come to an end")
            tokens.add(token)
            paging["token"] = token

    def look(self, account: Account, asked: Sequence[Asked]) -> Look:
        """Read the account's own timeline and the asked posts: search is half a minute too late for this.

        Two calls, within `timeouts.look` seconds together: of more than 100 mentions the newest 100 are asked for, the
        others `unread`, and of more than 100 own posts since the earliest mention the newest 100 are read; what is
        older has been polled. Gone is only what X says is not found: a post of a protected or suspended author is not,
        and neither is an edited one.
        """
        ids = [question.id for question in sorted(asked, key=lambda one: one.created_at)[-FULL_PAGE:]]
        if not ids:
            return Look((), frozenset())
        edited = [self._newest[id_] for id_ in ids if id_ in self._newest and self._newest[id_] not in ids]
        both = [*ids, *edited[: FULL_PAGE - len(ids)]]
        start = min(*(question.created_at for question in asked), self.now() - NEAREST_START)
        own_paging = {"max_results": FULL_PAGE, "start_time": start}
        with self._clients.get().session.within(self.timeouts.look):
            own = self._ask(lambda client, dialect: client.timeline(dialect, account.id, **own_paging))
            there = self._ask(lambda client, dialect: client.posts(dialect, both))
        answers = self._read(f"the timeline of {account.id}", own)
        reading = self._read("the posts asked for", there, by_ids=True)
        # An older version of an edited post says what was there before the edit: it must not overwrite.
        current = [post for post in reading.posts if post.id not in reading.outdated]
        not_found = frozenset(ids) & _gone(both, reading, there.get("errors"))
        # Of what is known to be edited, only a newest version that was not found either tells of a deletion.
        unsure = {id_ for id_ in not_found if self._newest.get(id_, id_) not in both}
        unread = {question.id for question in asked}.difference(ids) | unsure
        gone = not_found - unsure
        # A timeline of more than one page was read from its newest down to its last post only.
        cut = "next_token" in (own.get("meta") or {}) and answers.posts
        since = min(post.created_at for post in answers.posts) if cut else start
        return Look([*answers.posts, *current], gone, since, frozenset(unread))

    def can_answer(self, account: Account) -> bool:
        """Where the app's consumer key and the account's access token are given, both with their secrets."""
        return _keys(self.options, account) is not None

    @classmethod
    def answer_length(cls, text: str) -> int:
        """X's weighted count: Hangul and pictures 2, an address 23."""
        return weighted_length(text)

    def answer(self, account: Account, to: Asked, text: str) -> Post:
        """Reply to the mention in the account's own name. One call; what it does not tell is known without asking.

        Of a post X names the id, which holds its time, and the text. X refuses a reply by API to somebody who neither
        mentioned nor quoted the account (PLATFORMS): `Rejected`, with X's own words.
        """
        keys = _keys(self.options, account)
        if keys is None:
            raise AuthFailed(f"account {account.id} has no consumer key or no access token to post with")
        with posting():
            bearer = self.options.bearer_token
            secrets = [*keys, *([bearer.get_secret_value().strip()] if bearer else [])]
            told = create(self.options.base_url, keys, secrets, self.now, self.timeouts, self._tally, to.id, text)
            item, includes = as_found(told, account, to)
        return self._reader.read([item], includes).posts[0]

    def handles(self) -> Mapping[str, str]:
        """The present handles, a hundred accounts a call (PLATFORMS, "A renamed handle finds nothing")."""
        found: dict[str, str] = {}
        ids = [account.id for account in self.accounts]
        for start in range(0, len(ids), FULL_PAGE):
            answer = self._clients.get().users(ids[start : start + FULL_PAGE])
            for user in _items("the accounts' handles", answer, by_ids=True):
                if isinstance(user, dict) and user.get("id") in ids and isinstance(user.get("username"), str):
                    found[user["id"]] = user["username"]
        return found

    def health(self) -> Health:
        """Calls so far, the tightest rate window, and the difference of the clocks."""
        window = self._windows.tightest(self.now())
        return Health(
            calls=self._tally.calls,
            remaining=None if window is None else window.remaining,
            resets_at=None if window is None else window.resets_at,
            clock_offset=self._tally.clock_offset,
        )

    def close(self) -> None:
        """Let go of sockets."""
        self._clients.close()

    def _client(self) -> XClient:
        token = self.options.bearer_token
        if token is None or not token.get_secret_value().strip():
            raise AuthFailed("no bearer token is given for X")
        return XClient(
            self.options.base_url,
            token.get_secret_value().strip(),
            self.now,
            self.timeouts,
            self._tally,
            self._windows,
        )

    def _question(self, source: Source) -> tuple[Callable[..., Any], str]:
        """How to ask for a page of a source, and the account whose /mentions it is."""
        if source.kind == "mentions":
            (account,) = source.accounts
            return (lambda client, dialect, **paging: client.mentions(dialect, account, **paging)), account
        search = self._searches.get(source.id)
        if search is None:
            raise Rejected(f"{source.id}: these settings know no such source")
        return (lambda client, dialect, **paging: client.search(dialect, search.query, **paging)), ""

    def _ask(self, question: Callable[[XClient, Dialect], Any]) -> Any:
        """Ask in the dialect that was understood last; where that fails, once in the other, and remember.

        A dialect is not understood where a 400 complains of its fields, or where a 200 leaves out what was asked for.
        """
        client, dialect = self._clients.get(), self._dialect
        other = POST if dialect is TWEET else TWEET
        may_change = self.options.dialect == "auto"
        try:
            answer = question(client, dialect)
        except WrongDialect as refusal:
            if not may_change:
                raise
            try:
                answer = question(client, other)
            except WrongDialect:
                raise refusal from None
            self._dialect = other
            return answer
        full = _is_full(answer)
        if full:
            self._neither_is_full = False
        elif may_change and full is False and not self._neither_is_full:
            try:
                second = question(client, other)
            except ConnectorError:
                return answer
            if _is_full(second):
                self._dialect = other
                return second
            self._neither_is_full = True
        return answer

    def _read(
        self, where: str, answer: Any, mentions_of: str = "", searched: Sequence[str] = (), *, by_ids: bool = False
    ) -> Reading:
        items = _items(where, answer, by_ids=by_ids)
        reading = self._reader.read(items, answer.get("includes"), mentions_of, searched)
        for post in reading.posts:
            if len(post.edit_ids) > 1:
                self._newest[post.id] = post.edit_ids[-1]
        for first in list(self._newest)[:-MOST_EDITED]:
            self._newest.pop(first, None)
        return reading


@dataclass(frozen=True, slots=True)
class _Search:
    accounts: tuple[str, ...]
    query: str


def _searches(accounts: Sequence[Account]) -> dict[str, _Search]:
    """The accounts packed into as few searches as can be, in their declared order, by source id.

    `to:` also finds replies whose leading @ was removed, a quarter of an hour before the backstop does; it is asked
    for only where it costs no further search.
    """
    handles = {account.id: _handle(account) for account in accounts if _HANDLE.fullmatch(_handle(account))}
    brief = _pack(handles, "@{0} OR from:{0}")
    broad = _pack(handles, "@{0} OR from:{0} OR to:{0}")
    return {_search_id(search.accounts): search for search in (broad if len(broad) == len(brief) else brief)}


def _pack(handles: Mapping[str, str], term: str) -> list[_Search]:
    groups: list[list[str]] = []
    for id_ in handles:
        if groups and len(_query(handles, [*groups[-1], id_], term)) <= LONGEST_QUERY:
            groups[-1].append(id_)
        else:
            groups.append([id_])
    return [_Search(tuple(group), _query(handles, group, term)) for group in groups]


def _query(handles: Mapping[str, str], group: Sequence[str], term: str) -> str:
    return f"({' OR '.join(term.format(handles[id_]) for id_ in group)}) -is:retweet"


def _search_id(group: Sequence[str]) -> str:
    """Readable while it is short; the same accounts always give the same id."""
    members = ",".join(group)
    return f"{PLATFORM}:search:{members if len(members) <= 100 else sha256(members.encode()).hexdigest()[:16]}"


def _handle(account: Account) -> str:
    return account.handle.removeprefix("@")


def _posting(options: TwitterConnector.Options, account: Account) -> dict[str, str]:
    """What is given of the four keys that an account posts with."""
    given = [options.consumer_key, options.consumer_secret, account.access_token, account.access_token_secret]
    said = [value.get_secret_value() if isinstance(value, SecretStr) else value for value in given]
    return {name: value.strip() for name, value in zip(Keys._fields, said, strict=True) if value and value.strip()}


def _keys(options: TwitterConnector.Options, account: Account) -> Keys | None:
    given = _posting(options, account)
    return Keys(**given) if len(given) == len(Keys._fields) else None


def _half_given(options: TwitterConnector.Options, account: Account) -> dict[str, str]:
    """Answering is for those who want it; but half of what it takes is a slip. Each key goes with its secret."""
    given = _posting(options, account).keys()
    app, own = {*Keys._fields[:2]}, {*Keys._fields[2:]}
    wanted = (app if given & (app | own) else set()) | (own if given & own else set())
    source = "of the app's or the account's OAuth 1.0a keys"
    return {
        name: f'give it too, or none {source}, as {{ env = "X_{name.upper()}" }}'
        for name in Keys._fields
        if name in wanted - given
    }


def _lowest(so_far: str | None, versions: Collection[str], start: datetime) -> str | None:
    """The smallest id yet, None for none.

    An id from before the walk's start can be no answer to our question: going on from it would skip all between.
    """
    likely = [id_ for id_ in versions if (snowflake_time(id_) or EARLIEST) >= start]
    return min([*likely, *([so_far] if so_far else [])], key=int, default=None)


def _items(where: str, answer: Any, *, by_ids: bool = False) -> list[Any]:
    """The `data` of a success; it is absent where there is nothing. Errors about single items beside it do not matter.

    Raises for what is no answer: nothing of it may pass for "there is nothing".
    """
    needed = {"data", "errors"} if by_ids else {"data", "errors", "meta"}
    if not isinstance(answer, dict) or not answer.keys() & needed:
        raise Unavailable(f"{where}: a success that is no answer of X")
    data, errors, meta = answer.get("data"), answer.get("errors"), answer.get("meta")
    if isinstance(data, list):
        return data
    if data is not None or (isinstance(meta, dict) and meta.get("result_count")):
        raise Unavailable(f"{where}: a success whose data are missing or misshapen")
    if by_ids or "meta" in answer:
        return []
    kinds = [kind for _, kind in problems(errors)]
    unknown = any(kind in ("resource-not-found", "not-authorized-for-resource") for kind in kinds)
    raise (Rejected if unknown else Unavailable)(f"{where}: {', '.join(kinds) or 'nothing but an error'}")


def _is_full(answer: Any) -> bool | None:
    """Whether times and authors came as asked for; None where no item could tell."""
    data = answer.get("data") if isinstance(answer, dict) else None
    items = [item for item in data if isinstance(item, dict) and "id" in item] if isinstance(data, list) else []
    if not items:
        return None
    return any("created_at" in item for item in items) and any(
        "author_id" in item or "username" in item for item in items
    )


def _gone(ids: Sequence[str], reading: Reading, errors: Any) -> set[str]:
    """Ids that X says no longer exist, of those asked for.

    That is its word "resource-not-found" for the id, or an answer that speaks of all others and not of this one. An id
    in the history of a post that is there has been edited, not deleted; one withheld for another reason still exists.
    """
    there = {id_ for post in reading.posts for id_ in (post.id, *post.edit_ids)} | {*reading.versions}
    told = problems(errors)
    not_found = {id_ for id_, kind in told if kind == "resource-not-found" and id_}
    withheld = {id_ for id_, kind in told if kind != "resource-not-found"}
    if "" in withheld or reading.set_aside:
        return not_found - there
    return (not_found | {*ids} - withheld) - there
