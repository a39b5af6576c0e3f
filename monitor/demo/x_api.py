"""The small X's five addresses: what they take, what they refuse, what they answer."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.demo.x_posts import EXPANSIONS, FIELDS, Entry, Version, show, show_user
from monitor.demo.x_search import BadQuery, parse
from monitor.demo.x_world import World

SEARCH_REACH = timedelta(days=7)
#: Above every id.
TOP = 1 << 63

_TIMES = ("start_time", "end_time", "since_id", "until_id", "max_results")
PARAMETERS = {
    "search": {"query", *_TIMES, "next_token", "pagination_token", "sort_order"},
    "mentions": {*_TIMES, "pagination_token"},
    "timeline": {*_TIMES, "pagination_token", "exclude"},
    "posts": {"ids"},
    "users": {"ids"},
}
OTHER_FIELDS = {"media.fields", "place.fields", "poll.fields", "user.fields"}


class Refused(Exception):
    """A question that X would not take."""

    def __init__(self, parameter: str, value: str, message: str) -> None:
        super().__init__(message)
        self.parameter, self.value = parameter, value


class Api(World):
    """The world, and questions to it in one dialect. `search_lag`: how far search's index is behind."""

    def __init__(self, now: Callable[[], datetime], dialect: str, search_lag: timedelta) -> None:
        super().__init__(now)
        self.dialect, self.search_lag = dialect, search_lag
        #: Whether the id of an older version of an edited post still answers.
        self.old_versions = True
        #: Pages that answer nothing but a `next_token`, before the first real one.
        self.blank_pages = 0
        #: Whether every `next_token` leads to the same page again.
        self.repeats_pages = False

    def ask(self, endpoint: str, user: str, params: dict[str, str], now: datetime) -> dict[str, Any]:
        """The body of a 200. Raises Refused."""
        self._check(endpoint, params)
        answers: dict[str, Callable[[dict[str, str], str, datetime], dict[str, Any]]] = {
            "search": self._search,
            "mentions": self._mentions,
            "timeline": self._timeline,
            "posts": self._posts,
            "users": self._users,
        }
        return answers[endpoint](params, user, now)

    def refusal(self, refusal: Refused) -> dict[str, Any]:
        """The body of a 400, in the shape of the dialect's own specification."""
        detail = "One or more parameters to your request was invalid."
        body: dict[str, Any] = {"title": "Invalid Request", "type": f"{self._problems}/invalid-request"}
        if self.dialect == "tweet":
            error = {"parameters": {refusal.parameter: [refusal.value]}, "message": str(refusal)}
            return body | {"errors": [error], "detail": detail}
        return body | {
            "detail": str(refusal),
            "parameter": refusal.parameter,
            "value": refusal.value,
            "status": 400,
        }

    def _check(self, endpoint: str, params: dict[str, str]) -> None:
        own = f"{self.dialect}.fields"
        known = PARAMETERS[endpoint] | {"expansions", own} | OTHER_FIELDS
        for name, value in params.items():
            if name not in known:
                raise Refused(name, value, f"The query parameter [{name}] is not one of [{','.join(sorted(known))}]")
        if endpoint == "users":
            return
        for name, allowed in ((own, FIELDS[self.dialect]), ("expansions", EXPANSIONS[self.dialect])):
            for value in _listed(params.get(name)):
                if value not in allowed:
                    raise Refused(
                        name,
                        value,
                        f"The `{name}` query parameter value [{value}] is not one of [{','.join(sorted(allowed))}]",
                    )

    def _search(self, params: dict[str, str], _user: str, now: datetime) -> dict[str, Any]:
        try:
            test = parse(params.get("query", ""))
        except BadQuery as error:
            raise Refused("query", params.get("query", ""), str(error)) from error
        oldest, end = now - SEARCH_REACH, now - self.search_lag
        start = _time(params, "start_time") or oldest
        if start < oldest or start >= (_time(params, "end_time") or end):
            raise Refused("start_time", params["start_time"], "'start_time' must be within 7 days and before the end")
        token = "next_token" if "next_token" in params else "pagination_token"
        return self._page(params, now, test, 10, token, start, _time(params, "end_time") or end)

    def _mentions(self, params: dict[str, str], user: str, now: datetime) -> dict[str, Any]:
        def test(entry: Entry) -> bool:
            replied = entry.reply_to is not None and entry.reply_to.author.id == user
            return entry.author.id != user and (replied or any(one.id == user for one in entry.mentions))

        return self._of_user(params, user, now, test)

    def _timeline(self, params: dict[str, str], user: str, now: datetime) -> dict[str, Any]:
        left_out = _listed(params.get("exclude"))

        def test(entry: Entry) -> bool:
            excluded = ("retweets" in left_out and entry.is_retweet) or ("replies" in left_out and entry.reply_to)
            return entry.author.id == user and not excluded

        return self._of_user(params, user, now, test)

    def _of_user(
        self, params: dict[str, str], user: str, now: datetime, test: Callable[[Entry], bool]
    ) -> dict[str, Any]:
        if user not in self.users:
            return {"errors": [self._missing("user", "id", user, "resource-not-found")]}
        start, end = _time(params, "start_time"), _time(params, "end_time")
        return self._page(params, now, test, 5, "pagination_token", start, end)

    def _page(
        self,
        params: dict[str, str],
        now: datetime,
        test: Callable[[Entry], bool],
        least: int,
        token_name: str,
        start: datetime | None,
        end: datetime | None,
    ) -> dict[str, Any]:
        """One page, newest first; tokens hold the last id given, and the blank pages still to come."""
        size = _number(params, "max_results", least, 100, 10)
        below, blank = _untoken(params[token_name]) if token_name in params else (TOP, self.blank_pages)
        below = min(below, int(params.get("until_id") or TOP))
        if blank:
            return {"meta": {"result_count": 0, "next_token": _token(below, blank - 1)}}
        above = int(params.get("since_id") or 0)
        found: list[tuple[Entry, Version]] = []
        for id_ in reversed(self.ids[: bisect.bisect_left(self.ids, below)]):
            entry, version = self.by_version[id_]
            if id_ <= above or (start is not None and version.created_at < start):
                break
            if entry.deleted or entry.author.protected or version is not entry.last or version.visible_at > now:
                continue
            if (end is None or version.created_at <= end) and test(entry):
                found.append((entry, version))
                if len(found) > size:
                    break
        page = found[:size]
        meta: dict[str, Any] = {"result_count": len(page)}
        if page:
            meta |= {"newest_id": str(page[0][1].id), "oldest_id": str(page[-1][1].id)}
        if len(found) > size:
            meta["next_token"] = _token(below if self.repeats_pages else page[-1][1].id, 0)
        return self._shown(page, params) | {"meta": meta}

    def _posts(self, params: dict[str, str], _user: str, now: datetime) -> dict[str, Any]:
        there: list[tuple[Entry, Version]] = []
        errors = []
        for id_ in self._ids(params):
            entry, version = self.by_version.get(int(id_), (None, None))
            if entry is None or version is None or entry.deleted or not self._readable(entry, version):
                errors.append(self._missing(self.dialect, "ids", id_, "resource-not-found"))
            elif entry.author.protected:
                errors.append(self._missing(self.dialect, "ids", id_, "not-authorized-for-resource"))
            else:
                there.append((entry, version))
        return self._shown(there, params) | ({"errors": errors} if errors else {})

    def _readable(self, entry: Entry, version: Version) -> bool:
        return self.old_versions or version is entry.last

    def _users_of(self, entries: list[Entry]) -> list[dict[str, str]]:
        return [show_user(user) for user in {entry.author.id: entry.author for entry in entries}.values()]

    def _shown(self, page: list[tuple[Entry, Version]], params: dict[str, str]) -> dict[str, Any]:
        if not page:
            return {}
        fields, expansions = _listed(params.get(f"{self.dialect}.fields")), _listed(params.get("expansions"))
        body: dict[str, Any] = {
            "data": [show(entry, version, self.dialect, fields, expansions) for entry, version in page]
        }
        includes: dict[str, Any] = {}
        if "author_id" in expansions:
            includes["users"] = self._users_of([entry for entry, _ in page])
        if {"referenced_posts", "referenced_tweets.id"} & {*expansions}:
            parents = [link for entry, _ in page for link in (entry.reply_to, entry.quote) if link is not None]
            shown = [show(parent, parent.last, self.dialect, fields, expansions) for parent in parents]
            includes |= {f"{self.dialect}s": shown} if shown else {}
        return body | ({"includes": includes} if includes else {})

    def _users(self, params: dict[str, str], _user: str, _now: datetime) -> dict[str, Any]:
        ids = self._ids(params)
        known = [show_user(self.users[id_]) for id_ in ids if id_ in self.users]
        errors = [self._missing("user", "ids", id_, "resource-not-found") for id_ in ids if id_ not in self.users]
        return ({"data": known} if known else {}) | ({"errors": errors} if errors else {})

    def _ids(self, params: dict[str, str]) -> list[str]:
        ids = _listed(params.get("ids"))
        if not 1 <= len(ids) <= 100 or not all(id_.isdecimal() and len(id_) <= 19 for id_ in ids):
            raise Refused("ids", params.get("ids", ""), "`ids` takes 1 to 100 ids")
        return ids

    def _missing(self, kind: str, parameter: str, id_: str, problem: str) -> dict[str, str]:
        titles = {"resource-not-found": "Not Found Error", "not-authorized-for-resource": "Authorization Error"}
        return {
            "resource_id": id_,
            "parameter": parameter,
            "resource_type": kind,
            "section": "data",
            "title": titles[problem],
            "value": id_,
            "detail": f"Could not find {kind} with {parameter}: [{id_}].",
            "type": f"{self._problems}/{problem}",
        }

    @property
    def _problems(self) -> str:
        host = "https://api.twitter.com" if self.dialect == "tweet" else "https://api.x.com"
        return f"{host}/2/problems"


def endpoint_of(path: str) -> tuple[str | None, str]:
    """Which of the five, and the user it is about."""
    fixed = {"/2/tweets": "posts", "/2/tweets/search/recent": "search", "/2/users": "users"}
    if path in fixed:
        return fixed[path], ""
    parts = path.split("/")
    if len(parts) == 5 and parts[:3] == ["", "2", "users"] and parts[3].isdecimal():
        return {"mentions": "mentions", "tweets": "timeline"}.get(parts[4]), parts[3]
    return None, ""


def _listed(value: str | None) -> list[str]:
    return value.split(",") if value else []


def _time(params: Mapping[str, str], name: str) -> datetime | None:
    value = params.get(name)
    if value is None:
        return None
    try:
        return datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise Refused(name, value, f"The `{name}` query parameter value [{value}] is not a valid time") from error


def _number(params: Mapping[str, str], name: str, least: int, most: int, default: int) -> int:
    value = params.get(name)
    if value is None:
        return default
    if not value.isdecimal() or not least <= int(value) <= most:
        raise Refused(name, value, f"The `{name}` query parameter value [{value}] is not between {least} and {most}")
    return int(value)


def _token(below: int, blanks: int) -> str:
    """An opaque token: where the next page begins, and how many blank ones come before it."""
    return f"b26{below:020}{blanks:03}"


def _untoken(token: str) -> tuple[int, int]:
    digits = token.removeprefix("b26")
    if len(digits) != 23 or not digits.isdecimal():
        raise Refused("next_token", token, f"The token [{token}] is not valid")
    return int(digits[:20]), int(digits[20:])
