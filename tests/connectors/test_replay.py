"""Recorded days come back at their own times; of the inherited suite what a folder can keep."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import Account, Rejected, Source, Unavailable
from connectors.replay import ReplayConnector
from connectors.session import Timeouts
from tests.connectors.suite import Clock, ConnectorSuite, Stage, asked, primary, walk


class ReplayStage(Stage):
    """One file that grows as people write."""

    page_size = 100
    secrets = ()
    fields = ("id", "author", "author_name", "text", "created_at", "addressed", "permalink", "reply_to", "kind", "at")
    accounts = (Account("replay", "1001", "dj_transport"), Account("replay", "1002", "dj_facility"))

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.folder = folder
        self.entries: list[Any] = []
        self.save()

    def save(self) -> None:
        """Write the file anew."""
        (self.folder / "day.json").write_text(json.dumps(self.entries), "utf-8")

    def connect(self, timeouts: Timeouts | None = None) -> ReplayConnector:
        return ReplayConnector(ReplayConnector.Options(directory=str(self.folder)), self.accounts, self.clock)

    def raw_item(self, number: int) -> dict[str, Any]:
        return {
            "id": str(number),
            "created_at": self.clock().isoformat(),
            "author": "500",
            "author_name": "김시민",
            "text": f"글 {number}",
            "permalink": f"https://example.org/{number}",
            "addressed": ["1001"],
        }

    def write(self, **fields: Any) -> str:
        """Add one entry."""
        entry = {**self.raw_item(len(self.entries) + 1), **fields}
        self.entries.append(entry)
        self.save()
        return str(entry["id"])

    def mention(
        self,
        account: Account,
        text: str = "가로등이 꺼졌어요",
        *,
        at: datetime | None = None,
        seen_at: datetime | None = None,
    ) -> str:
        times = {"created_at": (at or self.clock()).isoformat(), "at": None if seen_at is None else seen_at.isoformat()}
        return self.write(text=text, addressed=[account.id], **times)

    def answer(
        self, account: Account, mention: str, text: str = "확인하겠습니다", *, at: datetime | None = None
    ) -> str:
        links = {"conversation": mention, "reply_to": mention, "reply_to_author": "500"}
        return self.write(author=account.id, text=text, addressed=[], **links)

    def entry(self, post: str) -> dict[str, Any]:
        """The entry of a post."""
        found: dict[str, Any] = next(entry for entry in self.entries if entry["id"] == post)
        return found

    def edit(self, post: str, text: str) -> None:
        self.entry(post)["text"] = text
        self.save()

    def delete(self, post: str) -> None:
        self.entry(post)["deleted_at"] = self.clock().isoformat()
        self.save()

    def send(self, items: Sequence[Any]) -> tuple[Source, int]:
        self.entries = list(items)
        self.save()
        return primary(self.connect())[0], len(items)

    def fail(
        self,
        *,
        status: int = 200,
        body: bytes = b"",
        content_type: str | None = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        (self.folder / "day.json").write_bytes(body)

    def recover(self) -> None:
        self.save()

    def rename(self, account: Account, handle: str) -> None:
        raise NotImplementedError

    def limit(self, until: datetime | None) -> None:
        raise NotImplementedError

    def refuse_token(self) -> None:
        raise NotImplementedError

    def deny(self) -> None:
        raise NotImplementedError

    def hang(self, *, drip: bool = False) -> None:
        raise NotImplementedError


class TestReplay(ConnectorSuite):
    """A folder has no network, tokens, limits or handles: those promises are not its own."""

    test_rate_limit_with_its_end = test_rate_limit_without_its_end = None
    test_refused_token = test_missing_permission = test_no_secret_is_ever_shown = None
    test_json_by_another_name_is_read = None
    test_server_fault = test_page_of_a_proxy_as_a_success = test_redirect_is_not_followed = None
    test_hanging_server_is_cut = test_look_is_quick_or_nothing = test_look_raises_rather_than_guesses = None
    test_renamed_handle_is_told = test_health_counts_calls = test_post_met_twice_is_one_id = None

    @pytest.fixture
    def stage(self, tmp_path: Path) -> Iterator[ReplayStage]:
        """A folder with one file."""
        yield ReplayStage(tmp_path)

    @pytest.mark.parametrize("body", [b"", b"null", b"5", b"{", b"\xff\xfe\x00", b"[" * 100_000])
    def test_nonsense_as_a_success(self, stage: Stage, connector: ReplayConnector, body: bytes) -> None:
        """A file that cannot be read is Unavailable: it never passes as "nothing there"; an empty list may."""
        super().test_nonsense_as_a_success(stage, connector, body)


@pytest.fixture
def stage(tmp_path: Path) -> ReplayStage:
    """A folder with one file."""
    return ReplayStage(tmp_path)


def test_posts_appear_at_their_time(stage: ReplayStage) -> None:
    """What was written later than now is not there yet; `at` holds back what was found late."""
    later = stage.mention(stage.accounts[0], at=stage.clock() + timedelta(minutes=1))
    found_late = stage.mention(stage.accounts[0], seen_at=stage.clock() + timedelta(minutes=2))
    since = stage.clock() - timedelta(minutes=1)
    seen = []
    for _ in range(3):
        seen.append(set(walk(stage.connect(), since)[0]))
        stage.clock.advance(minutes=1)
    assert seen == [set(), {later}, {later, found_late}]


def test_local_time_is_utc_after_all(stage: ReplayStage) -> None:
    """A recording in Korean time gives instants in UTC; a time without a zone is set aside."""
    stage.write(id="seoul", created_at="2026-11-24T11:59:00+09:00")
    stage.write(id="nowhere", created_at="2026-11-24T02:59:00")
    posts, aside = walk(stage.connect(), stage.clock() - timedelta(hours=1))
    assert posts["seoul"].created_at.isoformat() == "2026-11-24T02:59:00+00:00"
    assert [json.loads(kept.payload)["id"] for kept in aside] == ["nowhere"]


def test_deleted_posts_are_neither_fetched_nor_found(stage: ReplayStage) -> None:
    """From its `deleted_at` on a post is gone, by the recording's own word."""
    mention = stage.mention(stage.accounts[0])
    since = stage.clock() - timedelta(minutes=1)
    question = asked(walk(stage.connect(), since)[0][mention])
    stage.delete(mention)
    assert walk(stage.connect(), since)[0] == {}
    look = stage.connect().look(stage.accounts[0], [question])
    assert (look.posts, look.gone) == ([], frozenset({mention}))


def test_folder_must_be_there(stage: ReplayStage, tmp_path: Path) -> None:
    """A missing folder is told by the settings check, and is no empty recording."""
    account = stage.accounts[0]
    there, away = (ReplayConnector.Options(directory=str(path)) for path in (tmp_path, tmp_path / "away"))
    assert ReplayConnector.missing(there, account) == {}
    assert set(ReplayConnector.missing(away, account)) == {"directory"}
    connector = ReplayConnector(away, stage.accounts, stage.clock)
    with pytest.raises(Unavailable):
        list(connector.fetch(connector.sources()[0], stage.clock()))


def test_nobody_is_answered_on_a_recording(stage: ReplayStage) -> None:
    """What a connector that cannot post says of itself."""
    connector, account = stage.connect(), stage.accounts[0]
    mention = stage.mention(account)
    question = asked(walk(connector, stage.clock() - timedelta(minutes=1))[0][mention])
    assert (connector.can_answer(account), connector.answer_limit) == (False, 0)
    with pytest.raises(Rejected, match="replay: answers cannot be posted"):
        connector.answer(account, question, "네")
