"""Answers to the small X and the small Graph, by the connectors themselves and by processes that die at it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config import load
from connectors.contract import Post
from monitor import app as composition
from monitor.cycle import Cycle
from monitor.demo.graph import SmallGraph
from monitor.demo.graph_world import Author
from monitor.demo.server import serve
from monitor.demo.x import SmallX
from monitor.housekeeping import Housekeeping
from monitor.intake.ingest import ingest
from monitor.reports.verify import verify
from monitor.store import accounts, cases, drafts, events
from monitor.store.drafts import DraftState
from sla.case import Case, State
from tests.support import Clock, city

TEXT = "확인하겠습니다. https://www.example.go.kr/notice/12"
KIM, LEE = Author("7001", "김시민"), Author("7002", "이시민")
TREE = Path(__file__).parents[2]
#: What a process of its own does: read the settings, answer a case.
ANSWERS = """
import sys
from pathlib import Path
from config import load
from monitor.app import build
build(load(Path(sys.argv[1]))).answering.write(sys.argv[2], "kim", sys.argv[3])
"""


class Town:
    """A city whose accounts may post, on platforms that remember who did."""

    def __init__(self, folder: Path, database: str, x: SmallX, graph: SmallGraph, urls: tuple[str, str]) -> None:
        city(folder, database=database, twitter=urls[0], facebook=urls[1])
        self.path = folder / "monitor.toml"
        written = self.path.read_text("utf-8")
        for place, more in (
            (
                'bearer_token = "x-bearer-token"',
                'consumer_key = "the-consumer-key"\nconsumer_secret = "the-consumer-secret"',
            ),
            ('handle = "dj_transport"', 'access_token = "the-access-token"\naccess_token_secret = "the-access-secret"'),
        ):
            assert place in written
            written = written.replace(place, f"{place}\n{more}")
        self.path.write_text(written, "utf-8")
        self.x, self.graph = x, graph
        self.clock = Clock(datetime.now(UTC).replace(microsecond=0))
        self.app = composition.build(load(self.path), self.clock)
        x.now = graph.now = self.clock
        x.token, x.consumer = "x-bearer-token", ("the-consumer-key", "the-consumer-secret")
        x.grant("1001", "the-access-token", "the-access-secret")
        graph.app_secret = "app-secret-of-the-city"
        for id, handle in (("1001", "dj_transport"), ("1002", "dj_facility"), ("500", "citizen_kim")):
            x.user(id, handle)
        graph.page("2001", "시설관리과", token="page-token-2001")
        self.wall = graph.page_post("2001", "어제의 알림", self.clock() - timedelta(days=1))
        self.app.polling.plan(self.clock())

    def poll(self, platform: str) -> list[Post]:
        """One round of a platform; returns all it brought."""
        self.clock.forward(seconds=1)
        connector, since = self.app.connectors[platform], self.clock() - timedelta(minutes=30)
        found: list[Post] = []
        for source in connector.sources():
            for page in connector.fetch(source, since):
                found += page.posts
                with self.app.store.write() as tx:
                    from_ = {a.id: a.watch_from for a in accounts.watched(tx).values() if a.platform == platform}
                    ingest(tx, self.app.rules, platform, page.posts, from_, self.clock())
        return found

    def case_of(self, post: str) -> Case:
        """The case that a mention opened."""
        with self.app.store.read() as tx:
            opened = {m: e.case_id for e in events.walk(tx, kinds=["opened"]) for m in e.data["mentions"]}
            found = cases.get(tx, str(opened[post]))
        assert found is not None
        return found

    def asked_on_x(self, text: str = "버스가 안 와요") -> Case:
        """A citizen calls the transport department."""
        self.clock.forward(minutes=1)
        post = self.x.post("500", f"@dj_transport {text}")
        self.poll("twitter")
        return self.case_of(post)

    def draft(self, case: Case) -> drafts.Draft:
        """The only draft of a case."""
        with self.app.store.read() as tx:
            (only,) = self.app.answering.of_case(tx, case.id)
        return only

    def created(self) -> int:
        """Requests to post on X that arrived."""
        return sum(one.method == "POST" for one in self.x.requests)

    def sound(self) -> None:
        """The history tells what the rows say."""
        assert verify(self.app.store, self.app.rules, self.clock()).findings == ()


@pytest.fixture
def town(tmp_path: Path, database: str) -> Iterator[Town]:
    """It on each kind of database."""

    def now() -> datetime:
        return datetime.now(UTC)

    x, graph = SmallX(now), SmallGraph(now)
    with serve(x) as x_server, serve(graph) as graph_server:
        made = Town(tmp_path, database, x, graph, (x_server.url, graph_server.url))
        yield made
        made.app.close()


def test_x_has_the_answer_and_the_clock_stopped_with_it(town: Town) -> None:
    """At X's own time; what polling brings of it later changes nothing."""
    case = town.asked_on_x()
    town.clock.forward(minutes=3)
    draft = town.app.answering.write(case.id, "kim", TEXT)
    assert (draft.state, draft.problem) == (DraftState.POSTED, "")
    after = town.case_of(draft.to_post)
    assert (after.state, after.answered_at, after.answer) == (State.ANSWERED, town.clock(), draft.posted_id)
    assert draft.posted_id in {post.id for post in town.poll("twitter")}
    assert town.case_of(draft.to_post) == after
    town.sound()


def test_facebook_has_the_answer_also_below_a_reply(town: Town) -> None:
    """Below a visitor's post, a comment, a reply in another citizen's thread: each stops its own citizen's clock."""
    town.clock.forward(minutes=1)
    visitor = town.graph.visitor_post("2001", KIM, "보도블록이 깨졌어요")
    comment = town.graph.comment(town.wall, KIM, "언제 고치나요")
    reply = town.graph.comment(comment, LEE, "저도 궁금해요")
    town.poll("facebook")
    for asked in (visitor, reply, comment):
        town.clock.forward(minutes=1)
        case = town.case_of(asked)
        assert case.is_open
        draft = town.app.answering.write(case.id, "lee", f"{TEXT} {asked}")
        assert (draft.state, draft.to_post) == (DraftState.POSTED, asked)
        after = town.case_of(asked)
        assert (after.answered_at, after.answer) == (town.clock(), draft.posted_id)
    before = [town.case_of(asked) for asked in (visitor, reply, comment)]
    town.poll("facebook")
    assert [town.case_of(asked) for asked in (visitor, reply, comment)] == before
    town.sound()


def test_what_x_refuses_is_told_in_its_words(town: Town) -> None:
    """A second answer of the same words: 403, and nothing stands there."""
    first, second = town.asked_on_x("하나"), town.asked_on_x("둘")
    town.app.answering.write(first.id, "kim", TEXT)
    draft = town.app.answering.write(second.id, "kim", TEXT)
    assert draft.state is DraftState.FAILED and "duplicate content" in draft.problem
    assert town.app.answering.write(second.id, "kim", f"두 번째로 {TEXT}").state is DraftState.POSTED


def test_an_answer_lost_on_the_way_is_found_by_polling(town: Town) -> None:
    """X took it and its words were lost: unknown, sent once, and the clock stops when polling sees it."""
    case = town.asked_on_x()
    town.x.loses_answers = True
    draft = town.app.answering.write(case.id, "kim", TEXT)
    assert (draft.state, town.created()) == (DraftState.UNKNOWN, 1)
    said = town.clock()
    town.poll("twitter")
    assert town.case_of(draft.to_post).answered_at == said
    town.sound()


@pytest.mark.parametrize(("failpoint", "sent"), [("answer.committed", 0), ("answer.sent", 1)])
def test_a_process_that_dies_at_it_never_posts_twice(town: Town, failpoint: str, sent: int) -> None:
    """Before its request and after: `posting` is on record, it becomes unknown in time, and nothing is sent again."""
    case = town.asked_on_x()
    child = subprocess.run(
        [sys.executable, "-c", ANSWERS, str(town.path), case.id, TEXT], cwd=TREE, check=False, timeout=120,
        env=os.environ | {"SNS_MONITOR_FAILPOINT": failpoint, "PYTHONPATH": str(TREE)},
    )  # fmt: skip
    assert child.returncode == -signal.SIGKILL
    assert (town.draft(case).state, town.draft(case).text, town.created()) == (DraftState.POSTING, TEXT, sent)
    keeping = Housekeeping(town.app, Cycle(town.app.store, town.clock, town.app.polling.sources))
    town.clock.at = datetime.now(UTC)
    town.app.answering.give_up()
    assert town.draft(case).state is DraftState.POSTING  # its request may still be under way
    town.clock.forward(minutes=3)
    keeping.run()
    assert (town.draft(case).state, town.created()) == (DraftState.UNKNOWN, sent)
    town.poll("twitter")
    assert town.case_of(town.draft(case).to_post).is_open is not bool(sent)
    town.clock.forward(days=91)
    keeping.run()
    assert town.draft(case).text == ""
    town.sound()
