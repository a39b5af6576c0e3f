"""Cases are a function of what is known: however posts arrive, the same cases come of them."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.contract import Post
from monitor.store import cases, posts
from tests.city import City, answer, mention

_number = itertools.count()
_Said = tuple[str | None, int, int, str, str]
"""Who, in which minute, to which mention, how, and with which words."""

_said = st.lists(
    st.tuples(
        st.sampled_from(["ann", "bob", None, "1001"]),
        st.integers(0, 40),
        st.integers(0, 10),
        st.sampled_from(["reply", "quote"]),
        st.sampled_from(["버스가 안 와요", "가로등이 꺼졌어요"]),
    ),
    min_size=2,
    max_size=9,
)


def _posts(town: City, said: list[_Said], conversation: str) -> list[Post]:
    """A conversation: citizens' mentions, and the department's replies and quotes to some of them."""
    start = town.watch_from["1001"]
    made: list[Post] = []
    for number, (author, minute, target, how, words) in enumerate(said):
        id, at = f"{conversation}-{number}", start + timedelta(minutes=minute)
        mentions = [post for post in made if post.author != "1001"]
        if author != "1001":
            made.append(mention(id, at, words, conversation=conversation, author=author))
        elif mentions and how == "reply":
            made.append(answer(id, mentions[target % len(mentions)], at))
        elif mentions:
            to = mentions[target % len(mentions)]
            quote: dict[str, Any] = {"reply_to": None, "reply_to_author": None, "quote_of": to.id, "conversation": id}
            made.append(answer(id, to, at, **quote))
    return made


def _outcome(town: City, made: list[Post], conversation: str) -> set[tuple[Any, ...]]:
    """What became of it, without the ids of the cases: those are opaque."""
    prefix = f"{conversation}-"
    with town.store.read() as tx:
        found = [c for c in cases.of_conversations(tx, "twitter", [conversation]) if c.state != "merged"]
        of_case = posts.mentions(tx, [case.id for case in found])
    return {
        (
            frozenset(m.id.removeprefix(prefix) for m in of_case[case.id]), case.opened_at, case.deadline,
            case.answered_at, case.state, case.department,
        )
        for case in found
    }  # fmt: skip


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_said, st.randoms(use_true_random=False), st.integers(1, 4))
def test_any_order_of_arrival_gives_the_same_cases(town: City, said: list[_Said], random: Any, pages: int) -> None:
    """Newest first, late, answer before question, in one page or in many, some of it twice."""
    straight, mixed = f"s{next(_number)}", f"m{next(_number)}"
    for post in sorted(_posts(town, said, straight), key=lambda post: post.created_at):
        town.say(post)
    made = _posts(town, said, mixed)
    random.shuffle(made)
    for page in range(pages):
        town.say(*made[page::pages])
    town.say(*made[: len(made) // 2])
    assert _outcome(town, made, mixed) == _outcome(town, made, straight)
    with town.store.read() as tx:
        stored = posts.of_conversation(tx, "twitter", mixed)
    orphans = [row["id"] for row in stored if row["role"] == "mention" and row["case_id"] is None]
    assert orphans == [], "every mention belongs to a case"
