"""The steps of a walk over the Graph: what to ask, what it brought, and where to go on.

A walk is a list of steps; doing one may add others. What is left of the list is all that a later walk needs, and it
is written down in ids and times: paging cursors live inside one walk only (PLATFORMS, "Never store paging cursors").
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

from connectors.contract import Account, Unavailable
from connectors.graph_calls import Operation
from connectors.graph_posts import (
    COMMENT_FIELDS,
    POST_FIELDS,
    Place,
    Reading,
    ident,
    instant,
    parted,
    with_comments,
)

#: Posts of a wall at a time, comments inside them, and comments at a time of one post.
POSTS, NESTED, COMMENTS = 25, 50, 100

#: Empty pages that have a next one, in a row: more of them are a loop, not a gap.
GAPS = 10

#: What a `paging.next` may hold that says where to go on.
CURSORS = ("after", "until", "__paging_token")


def entries(body: Mapping[str, Any]) -> list[Any]:
    """The entries of an edge. Raises `Unavailable` where there are none, not even an empty list."""
    data = body.get("data")
    if not isinstance(data, list):
        raise Unavailable("an edge of the Graph's without its data")
    return data


def goes_on(body: Mapping[str, Any]) -> bool:
    """Whether an edge has a next page: a short one is not the last, only one without `next`."""
    paging = body.get("paging")
    return isinstance(paging, dict) and bool(paging.get("next"))


@dataclass(slots=True)
class Cursor:
    """Where one edge's paging stands inside this walk."""

    params: dict[str, str] = field(default_factory=dict)
    """What the next page is asked with; empty for the first."""
    _used: set[tuple[tuple[str, str], ...]] = field(default_factory=set)
    _seen: set[str] = field(default_factory=set)
    _gaps: int = 0

    def advance(self, body: Mapping[str, Any]) -> bool:
        """Go to the next page; False where there is none.

        Raises `Unavailable` on a cursor or a page that was there before: the Graph can repeat the same comments for
        ever, and a walk that went round in circles is not whole.
        """
        ids = {found for entry in entries(body) if isinstance(entry, dict) and (found := ident(entry.get("id")))}
        if ids and ids <= self._seen:
            raise Unavailable("the Graph repeats a page")
        self._gaps = 0 if ids else self._gaps + 1
        self._seen |= ids
        if not goes_on(body):
            return False
        query = dict(parse_qsl(urlsplit(str(body["paging"]["next"])).query))
        self.params = {name: query[name] for name in CURSORS if name in query}
        used = tuple(self.params.items())
        if not used or used in self._used or self._gaps > GAPS:
            raise Unavailable("the Graph repeats a cursor")
        self._used.add(used)
        return True


class Step(ABC):
    """One question, asked page by page until its answer is whole."""

    page: str
    """The Page on whose behalf it is asked."""
    may_be_gone: ClassVar[bool] = False
    """Whether an object that is not there is an answer and not a failure."""
    whole: ClassVar[bool] = False
    """Whether it brings also what is older than the walk's `since`."""

    def operation(self, account: Account) -> Operation:
        """The question, to be asked with this account's token."""
        path, params = self.question()
        return Operation(account, path, params)

    @abstractmethod
    def question(self) -> tuple[str, dict[str, str]]:
        """Path below the version, and parameters."""

    @abstractmethod
    def read(self, body: Mapping[str, Any], reading: Reading) -> list[Step]:
        """Take in an answer: the steps that it leaves to do, itself among them where it has a next page."""

    def kept(self) -> dict[str, Any] | None:
        """What a later walk needs to do this step: ids and times; None for what each walk finds for itself."""
        return None


@dataclass(slots=True)
class Wall(Step):
    """A Page's `/feed` or `/tagged`, back to `since`; with `left`, that many posts whatever their age (a sweep)."""

    page: str
    since: datetime
    edge: str = "feed"
    left: int | None = None
    until: int | None = None
    """Unix seconds: a walk that stopped goes on from here."""
    cursor: Cursor = field(default_factory=Cursor)
    reached: set[str] = field(default_factory=set)
    """Posts that it came by, by their ids and by the first half of their comments' ids."""

    kind: ClassVar[str] = "wall"

    def question(self) -> tuple[str, dict[str, str]]:
        """25 posts with the newest 50 comments of each."""
        place = self.cursor.params or ({} if self.until is None else {"until": str(self.until)})
        fields = with_comments(POST_FIELDS, NESTED)
        return f"{self.page}/{self.edge}", {"limit": str(POSTS), "fields": fields, **place}

    def read(self, body: Mapping[str, Any], reading: Reading) -> list[Step]:
        """Posts and comments; a next page while this one holds anything not older than `since`."""
        steps: list[Step] = []
        before, any_new = len(reading.posts), False
        for raw in entries(body):
            place = reading.post(raw)
            if place is None:
                any_new = True  # its age is not known
                continue
            self.reached |= {place.post, place.post.rpartition("_")[2]}
            steps += nested(raw, place, reading, self.since)
            created, updated = instant(raw.get("created_time")), instant(raw.get("updated_time"))
            any_new |= created is None or (updated is not None and updated >= self.since)
            if created is not None:
                # One second more: others of the same second may stand on the next page.
                second = int(created.timestamp()) + 1
                self.until = second if self.until is None else min(self.until, second)
        if self.left is not None:
            self.left -= len(entries(body))
            further = self.left > 0
        else:
            further = any_new or len(reading.posts) > before
        if self.cursor.advance(body) and further:
            steps.append(self)
        return steps

    def kept(self) -> dict[str, Any]:
        """Page, edge and the time it came to."""
        return {"kind": self.kind, "page": self.page, "edge": self.edge, "left": self.left, "until": self.until}


@dataclass(slots=True)
class Rest(Step):
    """The comments of one post or top comment that its nested page had no room for, oldest first.

    Forwards, because `since` is in Meta's list of this edge's parameters and `until` is not: so a walk that stops can
    say where to go on, and nothing that is written meanwhile moves its pages.
    """

    page: str
    object: str
    place: Place
    since: datetime
    until: datetime | None
    """The oldest that is known already; None: to the end."""
    come_to: datetime | None = None
    """The newest that this walk has read."""
    cursor: Cursor = field(default_factory=Cursor)

    kind: ClassVar[str] = "rest"

    def question(self) -> tuple[str, dict[str, str]]:
        """100 comments from a second before `since` on: whether `since` itself is included is not told."""
        start = str(int(self.since.timestamp()) - 1)
        asked = {"filter": "stream", "order": "chronological", "since": start, "limit": str(COMMENTS)}
        return f"{self.object}/comments", {**asked, "fields": COMMENT_FIELDS, **self.cursor.params}

    def read(self, body: Mapping[str, Any], reading: Reading) -> list[Step]:
        """Comments; a next page until those that are known already."""
        reading.comments(entries(body), self.place)
        times = [at for raw in entries(body) if isinstance(raw, dict) and (at := instant(raw.get("created_time")))]
        further = self.cursor.advance(body)
        # In another order than asked for, none of them says how far it reaches.
        if times and times[0] == min(times):
            self.come_to = max(times)
            further = further and (self.until is None or self.come_to <= self.until)
        return [self] if further else []

    def kept(self) -> dict[str, Any]:
        """Ids and times."""
        return {
            "kind": self.kind,
            "page": self.page,
            "object": self.object,
            "post": self.place.post,
            "author": self.place.author,
            "wall": self.place.wall,
            "since": (self.come_to or self.since).isoformat(),
            "until": None if self.until is None else self.until.isoformat(),
        }


@dataclass(slots=True)
class Thread(Step):
    """One conversation by itself: where the wall did not reach it (the known hole of the feed), or to look again."""

    page: str
    conversation: str
    since: datetime
    """From when on all of its comments must be seen."""

    may_be_gone: ClassVar[bool] = True
    whole: ClassVar[bool] = True

    def question(self) -> tuple[str, dict[str, str]]:
        """Its top comment or post with the newest 100 below."""
        page, own = parted(self.conversation)
        return own, {"fields": with_comments(POST_FIELDS if page is None else COMMENT_FIELDS, COMMENTS)}

    def read(self, body: Mapping[str, Any], reading: Reading) -> list[Step]:
        """Its posts, and a `Rest` where they are not all."""
        page, own = parted(self.conversation)
        if page is None:
            place = reading.post(body)
        else:
            place = Place(reading.page, own, page)
            reading.comments([body], place)
        return [] if place is None else nested(body, place, reading, self.since)


def nested(raw: Mapping[str, Any], place: Place, reading: Reading, since: datetime) -> list[Step]:
    """Read the comments inside a post or comment: a `Rest` where older ones, still not older than `since`, lack."""
    below = raw.get("comments")
    if below is None:
        return []
    if not isinstance(below, dict) or not isinstance(below.get("data"), list):
        reading.aside(below, "comments that are no list")
        return []
    reading.comments(below["data"], place)
    if not goes_on(below):
        return []
    times = [at for entry in below["data"] if isinstance(entry, dict) and (at := instant(entry.get("created_time")))]
    newest_first = bool(times) and times[0] == max(times)
    if newest_first and min(times) < since:
        return []
    above = ident(raw.get("id"))
    # Not in the order that was asked for: then none of them says how far it reaches.
    return [] if above is None else [Rest(reading.page, above, place, since, min(times) if newest_first else None)]


def kept(steps: Iterable[Step]) -> str:
    """Steps as text, for `Page.resume`."""
    return json.dumps([noted for step in steps if (noted := step.kept()) is not None])


def recalled(resume: str, pages: Collection[str], since: datetime) -> list[Step] | None:
    """Steps from `kept` text, of those Pages that are still there; None for any other text: then walk afresh."""
    try:
        return [_step(noted, since) for noted in json.loads(resume) if noted["page"] in pages]
    except (ValueError, KeyError, TypeError, OverflowError):
        return None


def _step(noted: dict[str, Any], since: datetime) -> Step:
    if noted["kind"] == Wall.kind:
        return Wall(noted["page"], since, noted["edge"], noted["left"], noted["until"])
    place = Place(noted["page"], noted["post"], noted["author"], noted["wall"])
    until = None if noted["until"] is None else datetime.fromisoformat(noted["until"])
    return Rest(noted["page"], noted["object"], place, datetime.fromisoformat(noted["since"]), until)


def threads(watched: Collection[str], wall: Wall, pages: Sequence[str]) -> list[Step]:
    """The watched conversations that are read with this wall's token, less those that it came by itself.

    A post on a citizen's own wall names no Page: it is asked for where there is only one, and elsewhere left to the
    look before each step, which knows the account.
    """
    found: list[Step] = []
    for conversation in sorted(watched):
        named, own = parted(conversation)
        owner = named or own.partition("_")[0]
        if owner not in pages and len(pages) == 1:
            owner = wall.page
        reached = {own, own.rpartition("_")[0] if named else own} & wall.reached
        if owner == wall.page and not reached:
            found.append(Thread(wall.page, conversation, wall.since))
    return found
