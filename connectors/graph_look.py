"""The look before a breach: was it answered on the platform, is it gone? Two calls at most, and no guess."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from connectors.contract import Account, Asked, ConnectorError, Look, Unavailable
from connectors.graph_calls import BATCH, Gone, GraphCalls
from connectors.graph_posts import COMMENT_FIELDS, Place, Reading, parted, with_comments
from connectors.graph_walk import COMMENTS, Step, Thread, entries, nested

#: HTTP calls of one look.
CALLS = 2


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
    """A mention that is a comment inside a conversation: by itself, as the conversation may be too long to show it."""

    page: str
    asked: Asked

    may_be_gone: ClassVar[bool] = True

    def question(self) -> tuple[str, dict[str, str]]:
        """The comment with what stands below it, should threads be deeper than two after all."""
        return self.asked.id, {"fields": with_comments(COMMENT_FIELDS, COMMENTS)}

    def read(self, body: Mapping[str, Any], reading: Reading) -> list[Step]:
        """The comment and its replies."""
        owner, top = parted(self.asked.conversation)
        author = owner or next((post.author for post in reading.posts if post.id == top), None)
        place = Place(reading.page, top, author, wall=owner is not None or top.partition("_")[0] in reading.ours)
        reading.comments([body], place)
        return nested(body, place, reading, self.asked.created_at.replace(microsecond=0))


def questions(page: str, asked: Sequence[Asked]) -> list[Step]:
    """Each conversation once, and each mention in one that is not itself its top."""
    since: dict[str, datetime] = {}
    for one in asked:
        since[one.conversation] = min(since.get(one.conversation, one.created_at), one.created_at)
    tops = [Thread(page, conversation, at.replace(microsecond=0)) for conversation, at in since.items()]
    replies = {one.id: Reply(page, one) for one in asked if parted(one.conversation)[1] != one.id}
    return [*tops, *replies.values()]


def look(calls: GraphCalls, account: Account, ours: Sequence[str], asked: Sequence[Asked]) -> Look:
    """See `Connector.look`. Up to 99 questions by batches; where the Graph takes none, 2 by plain calls.

    Raises `Unavailable` where two calls do not show everything, and any refusal as it is.
    """
    reading = Reading(account.id, ours)
    steps: list[Step] = [Control(account.id), *questions(account.id, asked)]
    missing: list[Step] = []
    controlled = False
    for _ in range(CALLS):
        if calls.plain and not missing:
            steps = [step for step in steps if not isinstance(step, Control)]  # needed only where something is gone
        taken, later = steps[:BATCH], steps[BATCH:]
        left: list[Step] = []
        for step, outcome in zip(taken, calls.once([step.operation(account) for step in taken]), strict=True):
            if outcome is None:
                left.append(step)
            elif isinstance(outcome, Gone) and step.may_be_gone:
                missing.append(step)
            elif isinstance(outcome, ConnectorError):
                raise outcome
            else:
                left += step.read(outcome, reading)
                controlled = controlled or isinstance(step, Control)
        steps = left + later
        if not steps and missing and not controlled:
            steps = [Control(account.id)]
        if not steps:
            break
    if steps:
        raise Unavailable(f"Page {account.id}: {len(asked)} mentions and their threads are more than one look can read")
    posts, gone = {post.id: post for post in reading.posts}, _gone(missing, asked)
    if unread := [one.id for one in asked if one.id not in posts and one.id not in gone]:
        raise Unavailable(f"Page {account.id}: {len(unread)} of the mentions are neither shown nor said to be gone")
    return Look(tuple(posts.values()), frozenset(gone))


def _gone(missing: Sequence[Step], asked: Sequence[Asked]) -> set[str]:
    """Ids of the mentions that are gone: the tops of missing threads, and missing replies."""
    tops = {parted(step.conversation)[1] for step in missing if isinstance(step, Thread)}
    return {one.id for one in asked if one.id in tops} | {step.asked.id for step in missing if isinstance(step, Reply)}
