"""Cases for tests of their pages: posts that arrive, second eyes that are wanted, a platform that is posted to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

from connectors.contract import Account, Asked, Post
from monitor.answering.answering import Answering
from monitor.app import App
from monitor.intake.ingest import ingest
from monitor.store import cases, events
from sla.case import Case
from tests.city import PlayedConnector, mention

MORE = """
[[departments]]
id = "press"
name = "공보관"
duty = ["kim"]
manager = "park"
head = "choi"
second_eyes = true

[[accounts]]
department = "press"
platform = "twitter"
id = "1003"
handle = "dj_press"

[[replies]]
id = "received"
title = "접수 안내"
text = "{department}입니다. 확인하고 있습니다."

[[replies]]
id = "facility-only"
title = "시설 안내"
text = "시설을 점검하겠습니다."
departments = ["facility"]
"""


class Posting(PlayedConnector):
    """A platform that takes answers, or fails the way the test says."""

    answer_limit = 40

    def __init__(self, accounts: Collection[Account], now: object) -> None:
        super().__init__(list(accounts), now)  # type: ignore[arg-type]
        self.refusal: Exception | None = None
        self.posted: list[str] = []

    def can_answer(self, account: Account) -> bool:
        return True

    def answer(self, account: Account, to: Asked, text: str) -> Post:
        if self.refusal is not None:
            raise self.refusal
        self.posted.append(text)
        return Post(
            "twitter", f"a{len(self.posted)}", to.conversation, self.now(), account.id, "교통정책과", text,
            reply_to=to.id, reply_to_author=to.author,
        )  # fmt: skip


def posting(app: App) -> tuple[App, Posting]:
    """The same city, whose X accounts can be posted to from here."""
    accounts = [Account(a.platform, a.id, a.handle) for a in app.settings.accounts if a.platform == "twitter"]
    connector = Posting(accounts, app.clock)
    return replace(app, answering=Answering(app.store, app.rules, {"twitter": connector}, app.clock)), connector


def say(app: App, *posts: Post, gone: Collection[str] = ()) -> None:
    """Let posts arrive now."""
    since = dict.fromkeys(("1001", "1002", "1003"), app.clock() - timedelta(days=30))
    with app.store.write() as tx:
        ingest(tx, app.rules, "twitter", posts, since, app.clock(), gone=gone)


def a_case(app: App, id: str = "m1", ago: float = 10, **more: object) -> Case:
    """A case of one mention, `ago` minutes old."""
    post = mention(id, app.clock() - timedelta(minutes=ago), **({"author_name": "홍길동"} | more))
    say(app, post)
    return of_conversation(app, post.conversation)[0]


def of_conversation(app: App, conversation: str) -> list[Case]:
    """The cases of a conversation, oldest first."""
    with app.store.read() as tx:
        found = cases.of_conversations(tx, "twitter", [conversation])
    return sorted(found, key=lambda case: (case.opened_at, case.id))


def now(app: App, case: Case) -> Case:
    """A case as it is now."""
    with app.store.read() as tx:
        found = cases.get(tx, case.id)
    assert found is not None
    return found


def kinds(app: App, case: Case) -> list[str]:
    """What happened to a case, in order."""
    with app.store.read() as tx:
        return [event.kind for event in events.of_case(tx, case.id)]


class Seen(HTMLParser):
    """A page as a browser takes it: its tags with their attributes, its text, its fields as they stand."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.fields: dict[str, str] = {}
        """By id: what stands in each input, area and choice."""
        self._area = self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        has = dict(attrs)
        self.tags.append((tag, has))
        if tag == "input" and has.get("id"):
            self.fields[str(has["id"])] = has.get("value") or ""
        elif tag == "textarea":
            self._area = str(has["id"])
            self.fields[self._area] = ""
        elif tag == "select":
            self._select = str(has["id"])
        elif tag == "option" and "selected" in has:
            self.fields[self._select] = has["value"] or ""

    def handle_endtag(self, tag: str) -> None:
        """An area ends."""
        if tag == "textarea":
            # A browser drops the line end that follows the tag.
            self.fields[self._area] = self.fields[self._area].removeprefix("\n")
            self._area = ""

    def handle_data(self, data: str) -> None:
        """Note what is read."""
        if self._area:
            self.fields[self._area] += data
        self.words += data

    @property
    def acts(self) -> set[str]:
        """What the forms of the page would do: the last part of their addresses."""
        forms = [str(has["action"]) for tag, has in self.tags if tag == "form" and has.get("action")]
        return {action.rpartition("/")[2] for action in forms if action.startswith("/cases/")}

    @property
    def links(self) -> list[dict[str, str | None]]:
        """Its links."""
        return [has for tag, has in self.tags if tag == "a"]
