"""The look before a breach: was it answered on the platform, is it gone? Partial where time is short, never a guess."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

from connectors.contract import Account, Asked, ConnectorError, Look, Post, RateLimited, Unavailable
from connectors.deadline import spent
from connectors.graph_calls import BATCH, Gone, GraphCalls, Outcome
from connectors.graph_posts import COMMENT_FIELDS, Place, Reading, instant, parted, with_comments
from connectors.graph_walk import COMMENTS, Cursor, Rest, Step, Thread, entries, nested

#: HTTP calls of one look. Where the Graph takes no batch each operation is a call of its own: then time is the limit.
CALLS = 5
PLAIN_CALLS = CALLS * BATCH


@dataclass(slots=True)
class Control(Step):
    """Something that must be readable: "not there" said to a token that reads nothing would be no word of deletion."""

    page: str

    def question(self) -> tuple[str, dict[str, str]]:
        """The newest post's id: it takes the permission that mentions take, which the Page's own id does not."""
        return f"{self.page}/feed", {"limit": "1", "fields": "id"}

    def read(self, body: Mapping[str, Any], reading: Reading) -> list[Step]:
        """Nothing but that it could be read."""
        entries(body)
        return []


@dataclass(slots=True)
class Reply(Step):
    """A mention inside a conversation that did not show it: by itself, as only so the Graph says that it is gone."""

    page: str
    asked: Asked

    may_be_gone: ClassVar[bool] = True

    def question(self) -> tuple[str, dict[str, str]]:
        """The comment with what stands below it, should threads be deeper than two after all."""
        return self.asked.id, {"fields": with_comments(COMMENT_FIELDS, COMMENTS)}

    def read(self, body: Mapping[str, Any], reading: Reading) -> list[Step]:
        """The comment and its replies."""
        owner, top = parted(self.asked.conversation)
        authors = [owner] if owner else [post.author for post in reading.posts if post.id == top]
        if not authors:
            return []  # whom a comment speaks to depends on whose post it stands under
        place = Place(reading.page, top, authors[0], wall=owner is not None or top.partition("_")[0] in reading.ours)
        reading.comments([body], place)
        return nested(body, place, reading, self.asked.created_at.replace(microsecond=0))


@dataclass(slots=True)
class Older(Step):
    """The comments of a thread that its first page had no room for, newest first: the likelier place of an answer.

    It goes on from that page's cursor, inside this one look only.
    """

    page: str
    rest: Rest
    cursor: Cursor

    def question(self) -> tuple[str, dict[str, str]]:
        """The next 100."""
        asked = {"filter": "stream", "order": "reverse_chronological", "limit": str(COMMENTS)}
        return f"{self.rest.object}/comments", {**asked, "fields": COMMENT_FIELDS, **self.cursor.params}

    def read(self, body: Mapping[str, Any], reading: Reading) -> list[Step]:
        """Comments; a next page while this one is not older than the mentions."""
        found = entries(body)
        reading.comments(found, self.rest.place)
        times = [at for raw in found if isinstance(raw, dict) and (at := instant(raw.get("created_time")))]
        reached = bool(times) and times[0] == max(times) and min(times) < self.rest.since
        return [self] if self.cursor.advance(body) and not reached else []


class Question(NamedTuple):
    """One step of a look."""

    step: Step
    about: frozenset[str]
    """The asked mentions that cannot be told of before it is done."""


def questions(page: str, asked: Sequence[Asked]) -> list[Question]:
    """Each conversation once, in the order asked; what it does not show is asked for when it has been read."""
    of: dict[str, list[Asked]] = {}
    for one in asked:
        of.setdefault(one.conversation, []).append(one)
    return [
        Question(
            Thread(page, conversation, min(one.created_at for one in group).replace(microsecond=0)),
            frozenset(one.id for one in group),
        )
        for conversation, group in of.items()
    ]


@dataclass(slots=True)
class Sight:
    """One look: what it has seen so far, and what it still has to ask."""

    page: str
    asked: Sequence[Asked]
    reading: Reading
    todo: list[Question]
    missing: set[str] = field(default_factory=set)
    """Ids that the Graph says are not there."""
    failed: set[str] = field(default_factory=set)
    """Asked mentions of which something could not be read."""
    failure: ConnectorError | None = None
    """The first thing that went wrong."""
    controlled: bool = False
    doubted: bool = False
    """Whether something was missing or refused: then the control must be asked."""

    def next(self, plain: bool) -> list[Question]:
        """The questions of the next call: one without batches; none when all is done."""
        wanted = self.doubted or (bool(self.todo) and not plain)
        taken = [Question(Control(self.page), frozenset())] if wanted and not self.controlled else []
        room = (1 if plain else BATCH) - len(taken)
        taken += self.todo[:room]
        self.todo = self.todo[room:]
        return taken

    def take(self, question: Question, outcome: Outcome | None) -> None:
        """Take in what a question brought. Raises only what the control is refused with."""
        step, about = question
        if outcome is None:
            if about:
                self.todo.append(question)
            return
        if isinstance(outcome, Gone) and step.may_be_gone:
            self.doubted = True
            self.missing.add(step.asked.id if isinstance(step, Reply) else step.question()[0])
            self._ask_inside(question)
            return
        try:
            if isinstance(outcome, ConnectorError):
                raise outcome
            further = step.read(outcome, self.reading)
            self.todo += [Question(_onward(one, outcome), about) for one in further]
        except ConnectorError as error:
            if isinstance(step, Control) and not spent():
                raise
            self.fail(error, about)
            return
        self.controlled = self.controlled or isinstance(step, Control)
        if not further:
            self._ask_inside(question)

    def fail(self, error: ConnectorError, about: frozenset[str] = frozenset()) -> None:
        """Something could not be read."""
        self.failed |= about
        self.failure = self.failure or error
        self.doubted = True

    def _ask_inside(self, question: Question) -> None:
        """The mentions that their conversation, now read to its end or missing, did not show."""
        if isinstance(question.step, Reply):
            return
        known = {post.id for post in self.reading.posts} | self.missing
        inside = {one.id: one for one in self.asked if one.id in question.about - known}
        self.todo += [
            Question(Reply(self.page, one), frozenset((one.id,)))
            for one in inside.values()
            if one.id != parted(one.conversation)[1]
        ]

    def told(self) -> Look:
        """What the look found. Raises where it found nothing at all."""
        posts = {post.id: post for post in self.reading.posts}
        gone = {one.id for one in self.asked if one.id in self.missing} if self.controlled else set[str]()
        open_still = self.failed.union(*(about for _, about in self.todo))
        unread = {
            one.id
            for one in self.asked
            if one.id not in gone
            and (one.id not in posts or one.id in open_still)
            and not self._is_answered(one, posts.values())
        }
        if unread and not posts and not self.missing:
            raise self.failure or Unavailable(f"Page {self.page}: nothing of what was asked was shown")
        return Look(tuple(posts.values()), frozenset(gone), unread=frozenset(unread))

    def _is_answered(self, one: Asked, posts: Iterable[Post]) -> bool:
        """Whether an answer to it was seen, so that it need not be known what else is in its thread."""
        since = one.created_at.replace(microsecond=0)
        return any(
            post.author in self.reading.ours
            and post.conversation == one.conversation
            and post.created_at >= since
            and (post.reply_to == one.id or (one.author is not None and post.reply_to_author == one.author))
            for post in posts
        )


def look(calls: GraphCalls, account: Account, ours: Sequence[str], asked: Sequence[Asked]) -> Look:
    """See `Connector.look`. Mentions whose threads could not be read whole are `unread`, unless an answer was seen.

    Raises what the first call or the control is refused with, and where nothing at all was shown.
    """
    sight = Sight(account.id, asked, Reading(account.id, ours), questions(account.id, asked))
    made = 0
    while made < (PLAIN_CALLS if calls.plain else CALLS) and (taken := sight.next(calls.plain)):
        made += 1
        try:
            outcomes = calls.once([one.step.operation(account) for one in taken])
        except ConnectorError as error:
            sight.todo += taken
            sight.fail(error)
            break
        for question, outcome in zip(taken, outcomes, strict=True):
            sight.take(question, outcome)
        if spent() or any(isinstance(outcome, RateLimited) for outcome in outcomes):
            break
    return sight.told()


def _onward(step: Step, body: Mapping[str, Any]) -> Step:
    """What is left of a thread from its first page's cursor on, instead of once more from the mentions' time."""
    if not isinstance(step, Rest) or step.until is None:
        return step
    cursor = Cursor()
    cursor.advance(body["comments"])
    return Older(step.page, step, cursor)
