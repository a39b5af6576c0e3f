"""What citizens and platforms do, and what the department says there: the acts that posts come of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from connectors.contract import Post, PostKind
from tests.proof.model import HOMES
from tests.proof.world import World

_T = TypeVar("_T")

CONVERSATIONS = 3
"""So few that much happens in each."""


def back(of: Sequence[_T], which: int) -> _T:
    """One of those there are, counted back from the newest, round and round: what comes after is mostly about it."""
    return of[-1 - which % len(of)]


class Citizens:
    """Posts to a world. Every `which` counts back from the newest."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.number = 0
        self.removed: list[Post] = []

    @property
    def now(self) -> datetime:
        """The machine's time."""
        return self.world.clock()

    def mentions(self) -> list[Post]:
        """What citizens said and did not take back."""
        return [post for post in self.world.posted.values() if post.author not in HOMES]

    def _waiting(self) -> list[Post]:
        """What of it waits for an answer."""
        open_ids = {id for turn in self.world.model.turns() if turn.is_open for id in turn.ids}
        return [post for post in self.mentions() if post.id in open_ids]

    def _id(self) -> str:
        self.number += 1
        return f"p{self.number:03}"

    def _arrive(self, post: Post, at_once: bool) -> None:
        """It is there; and seen at once, or found by a poll or a look some time later."""
        if at_once:
            self.world.say(post)
        else:
            self.world.posted[post.id] = post

    def ask(self, which: int, who: str | None, ago: int, at_once: bool, **more: Any) -> None:
        """A citizen writes, in a conversation of their own or, where there are some, in one of those."""
        id, known = self._id(), list(self.world.posted.values())
        fresh = len({post.conversation for post in known}) < CONVERSATIONS and which % 2 == 0
        about = None if fresh or not known else back(known, which)
        values: dict[str, Any] = {
            "conversation": about.conversation if about else id, "author": who, "text": "버스가 안 와요",
            "addressed": ("1001",), "permalink": f"https://x.com/x/status/{id}",
        }  # fmt: skip
        if more.pop("replying", False) and about:
            values |= {"reply_to": about.id, "reply_to_author": about.author}
        at = self.now - timedelta(seconds=ago)
        self._arrive(Post("twitter", id, created_at=at, **(values | more)), at_once)

    def follow_up(self, which: int, ago: int, at_once: bool, words: str) -> None:
        """The same citizen writes again in the conversation."""
        about = back(self.mentions(), which)
        said = replace(about, id=self._id(), created_at=self.now - timedelta(seconds=ago), edit_ids=(), text=words)
        self._arrive(replace(said, addressed=said.addressed or ("1001",), kind=PostKind.POST), at_once)

    def edit(self, which: int) -> None:
        """A citizen changes the words."""
        post = back(self.mentions(), which)
        edits = (*(post.edit_ids or (post.id,)), f"{post.id}e{len(post.edit_ids)}")
        self._arrive(replace(post, text=f"{post.text} 수정", edit_ids=edits), post.id in self.world.model.said)

    def again(self, which: int, more: int) -> None:
        """The same posts come once more, two in one page."""
        known = list(self.world.posted.values())
        self.world.say(back(known, which), back(known, more))

    def take_back(self, which: int, noticed: bool) -> None:
        """A citizen deletes a post; a look finds out, now or before the next alert."""
        post = back(self.mentions(), which)
        self.removed.append(self.world.posted.pop(post.id))
        if noticed:
            self.world.say(gone=[post.id])

    def take_all_back(self, which: int, minutes: int, together: bool) -> None:
        """Who waits deletes all they said in a conversation, and a look finds out some time later, or bit by bit."""
        one = back(self._waiting() or self.mentions(), which)
        all_of_it = [p for p in self.mentions() if (p.conversation, p.author) == (one.conversation, one.author)]
        for gone in [all_of_it] if together else [[post] for post in all_of_it]:
            self.removed += [self.world.posted.pop(post.id) for post in gone]
            self.world.clock.forward(minutes=minutes)
            self.world.say(gone=[post.id for post in gone])

    def come_back(self) -> None:
        """What was gone is there again."""
        if self.removed:
            self._arrive(self.removed.pop(), True)

    def answer(self, which: int, ago: int, how: str, at_once: bool, account: str) -> None:
        """Somebody answers natively: seen now, found late by a poll or a look, or before the question is known."""
        asked, id = back(self.mentions(), which), self._id()
        said = Post(
            "twitter", id, asked.conversation, self.now - timedelta(seconds=ago), author=account, text="확인했습니다"
        )
        if how == "quote":
            said = replace(said, conversation=id, quote_of=asked.id)
        else:
            said = replace(said, reply_to=asked.id, reply_to_author=None if how == "bare" else asked.author)
        if how == "automatic":
            said = replace(said, text="자동 응답: 곧 답변드립니다")
        self._arrive(said, at_once)
