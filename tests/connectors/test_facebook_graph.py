"""What is Facebook's own: walks, threads, tags, shared batches and their failures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import facebook
import pytest

from connectors.contract import (
    Account,
    AuthFailed,
    ConnectorError,
    Page,
    Post,
    PostKind,
    RateLimited,
    Rejected,
    Unavailable,
)
from connectors.facebook import FacebookConnector
from connectors.graph_calls import GraphSession, proof
from connectors.graph_posts import Reading, thread
from connectors.graph_walk import GAPS, Cursor, Wall
from connectors.session import Tally
from monitor.demo.faults import Fault
from monitor.demo.graph_world import Author
from monitor.demo.server import Server
from tests.connectors.graph_stage import ACCOUNTS, APP_SECRET, CITIZEN, NEIGHBOUR, GraphStage, posts_of


@pytest.fixture
def stage(platform_server: Server) -> Iterator[GraphStage]:
    """Two Pages; every request is checked against the table of endpoints."""
    stage = GraphStage(platform_server)
    yield stage
    stage.check_requests()


@pytest.fixture
def alone(platform_server: Server) -> Iterator[GraphStage]:
    """One Page."""
    stage = GraphStage(platform_server, accounts=ACCOUNTS[:1])
    yield stage
    stage.check_requests()


def walked(stage: GraphStage, kind: str = "feed", minutes: float = 15, **more: Any) -> dict[str, Post]:
    """All posts of one whole walk."""
    return posts_of(list(stage.connect().fetch(stage.source(kind), stage.minutes_ago(minutes), **more)))


def failing(connector: FacebookConnector, stage: GraphStage) -> tuple[list[Page], ConnectorError]:
    """The pages and the error of a walk that fails."""
    pages: list[Page] = []
    with pytest.raises(ConnectorError) as caught:
        for page in connector.fetch(stage.source("feed"), stage.minutes_ago(15)):
            pages.append(page)
    return pages, caught.value


# How it asks


def test_todays_version_past_the_sdks_list(stage: GraphStage) -> None:
    """The SDK refuses today's version; we ask for nothing else."""
    with pytest.raises(facebook.GraphAPIError):
        facebook.GraphAPI(version="26.0")
    walked(stage)
    assert stage.graph.requests and all(one.path.startswith("/v26.0/") for one in stage.graph.requests)


def test_token_leaves_query_and_form(stage: GraphStage) -> None:
    """Wherever the SDK wrote the token, it goes by header only, with its proof beside it."""
    session = GraphSession(stage.server.url, stage.clock, APP_SECRET, None, Tally())
    for params, data in (({"access_token": "t", "a": "1"}, {"access_token": "t"}), ({"access_token": "t"}, {})):
        headers: dict[str, str] = {}
        session.prepare_call("POST" if data else "GET", "", params, data, headers)
        assert headers == {"Authorization": "Bearer t"}
        assert "access_token" not in params | data
        assert (params | data)["appsecret_proof"] == proof(APP_SECRET, "t")


def test_two_pages_are_one_call_with_two_tokens(stage: GraphStage) -> None:
    """Several Pages are one HTTP call; each operation carries its own token and proof, the outer one by header."""
    walked(stage)
    assert stage.graph.calls == 1
    outer, *inner = stage.graph.requests
    assert (outer.method, outer.token_place) == ("POST", "header")
    assert [(one.token_place, one.token) for one in inner] == [("batch", account.token) for account in ACCOUNTS]
    assert [one.proof for one in inner] == [proof(APP_SECRET, account.token or "") for account in ACCOUNTS]


def test_one_page_is_one_plain_nested_get(alone: GraphStage) -> None:
    """One Page is a GET: 25 posts with all comments of each, hidden ones too, newest first."""
    walked(alone)
    (request,) = alone.graph.requests
    assert (request.method, request.path, request.params["limit"]) == ("GET", "/v26.0/1001/feed", "25")
    assert "comments.filter(stream).order(reverse_chronological).limit(50){" in request.params["fields"]


def test_120_pages_are_three_sources_a_kind(stage: GraphStage) -> None:
    """50 Pages fit one batch; the ids of long lists are short, and the same for the same Pages."""
    many = [Account("facebook", str(10_000 + n), token="t") for n in range(120)]
    made = [FacebookConnector(FacebookConnector.Options(), many, stage.clock).sources() for _ in range(2)]
    assert made[0] == made[1]
    assert [len(source.accounts) for source in made[0] if source.primary] == [50, 50, 20]
    assert len({source.id for source in made[0]}) == 9 and max(len(source.id) for source in made[0]) < 120
    backstops = {(source.kind, source.every, source.reach) for source in made[0] if not source.primary}
    assert backstops == {
        ("tagged", timedelta(minutes=5), None),
        ("sweep", timedelta(hours=1), timedelta(days=1)),
    }


def test_graph_without_batches_is_asked_plainly(stage: GraphStage) -> None:
    """A Graph that takes no batch is asked Page by Page, and a batch is tried again only ten minutes later."""
    mention = stage.mention(ACCOUNTS[1])
    stage.graph.takes_batches = False
    connector, since = stage.connect(), stage.minutes_ago(1)
    stage.clock.advance(minutes=30)

    def fetched_by() -> int:
        before = stage.graph.calls
        found = posts_of(list(connector.fetch(stage.source("feed"), since)))
        assert mention in found
        return stage.graph.calls - before

    assert [fetched_by(), fetched_by()] == [3, 2]
    assert {source.calls for source in connector.sources()} == {2}
    stage.clock.advance(minutes=9)
    assert fetched_by() == 2
    stage.clock.advance(minutes=1)
    assert fetched_by() == 3
    stage.graph.takes_batches = True
    stage.clock.advance(minutes=-20)
    assert fetched_by() == 1, "a clock that was set back does not hold it up"
    assert {source.calls for source in connector.sources()} == {1}


# Whose a post is, whom it speaks to, what it answers


def test_each_top_comment_is_a_conversation(stage: GraphStage) -> None:
    """Two citizens under one post of the Page's are two conversations; what stands below each belongs to it."""
    post = stage.posts["1001"]
    one, two = (stage.graph.comment(post, who, "질문") for who in (CITIZEN, NEIGHBOUR))
    answer = stage.graph.reply_as_page("1001", one, "답변")
    found = walked(stage)
    assert found[one].conversation == found[answer].conversation == thread("1001", one)
    assert found[two].conversation == thread("1001", two)
    assert (found[one].reply_to, found[one].reply_to_author) == (None, None)


def test_visitors_post_is_one_conversation(stage: GraphStage) -> None:
    """A visitor's post is a mention; comments and replies below belong to it, a Page's comment answers the visitor."""
    post = stage.graph.visitor_post("1001", CITIZEN, "가로등")
    neighbour = stage.graph.comment(post, NEIGHBOUR, "저도요")
    answer = stage.graph.reply_as_page("1001", post, "확인하겠습니다")
    below = stage.graph.reply_as_page("1001", neighbour, "감사합니다")
    found = walked(stage)
    assert {found[each].conversation for each in (post, neighbour, answer, below)} == {post}
    assert (found[answer].reply_to, found[answer].reply_to_author) == (post, CITIZEN.id)
    assert (found[below].reply_to, found[below].reply_to_author) == (neighbour, NEIGHBOUR.id)
    assert found[post].addressed == found[neighbour].addressed == ("1001",)
    assert found[answer].addressed == ()


def test_tag_says_whom_a_flattened_reply_answers(stage: GraphStage) -> None:
    """Answers to replies stand under the top comment: the tagged citizen is the one who was answered."""
    top = stage.mention(ACCOUNTS[0])
    reply = stage.graph.comment(top, NEIGHBOUR, "저도 궁금합니다")
    answer = stage.graph.reply_as_page("1001", reply, "박이웃 님, 네")
    plain = stage.graph.reply_as_page("1001", top, "네")
    found = walked(stage)
    assert (found[answer].reply_to, found[answer].reply_to_author) == (top, NEIGHBOUR.id)
    assert (found[plain].reply_to, found[plain].reply_to_author) == (top, CITIZEN.id)
    assert found[reply].conversation == found[top].conversation


def test_parents_author_is_known_when_the_parent_is_not_fetched(stage: GraphStage) -> None:
    """An answer to a comment older than the walk still says whom it answers."""
    top = stage.mention(ACCOUNTS[0], at=stage.minutes_ago(90))
    answer = stage.graph.reply_as_page("1001", top, "늦은 답변")
    found = walked(stage)
    assert top not in found
    assert found[answer].reply_to_author == CITIZEN.id


def test_missing_from_is_never_the_page(stage: GraphStage) -> None:
    """A post, a comment and a parent without `from` are a stranger's: mentions without an author."""
    comment = stage.mention(ACCOUNTS[0])
    post = stage.graph.visitor_post("1001", CITIZEN, "가로등")
    answer = stage.graph.reply_as_page("1001", comment, "네")
    for each in (comment, post, answer):
        stage.graph.hide_from(each)
    found = walked(stage)
    assert [found[each].author for each in (comment, post, answer)] == [None] * 3
    assert found[comment].addressed == found[post].addressed == found[answer].addressed == ("1001",)
    assert found[answer].reply_to_author is None


def test_other_page_of_ours_answers(stage: GraphStage) -> None:
    """A comment by another of the city's Pages is an official one, and no mention (SEMANTICS row 4)."""
    mention = stage.mention(ACCOUNTS[0])
    answer = stage.graph.reply_as_page("1002", mention, "시설과입니다")
    found = walked(stage)
    assert (found[answer].author, found[answer].addressed) == ("1002", ())
    assert found[answer].reply_to_author == CITIZEN.id


def test_tagged_post_is_a_mention(stage: GraphStage) -> None:
    """A citizen's own post that tags the Page: a mention of it, with the Page's answer; not what friends chat there."""
    post = stage.graph.tag("1001", CITIZEN, "여기 가로등 좀")
    answer = stage.graph.reply_as_page("1001", post, "확인하겠습니다")
    more = stage.graph.comment(post, CITIZEN, "언제요?")
    chat = stage.graph.comment(post, NEIGHBOUR, "나도 봤어")
    found = walked(stage, "tagged")
    assert {found[each].conversation for each in (post, answer, more, chat)} == {post}
    assert found[post].addressed == found[more].addressed == ("1001",)
    assert found[chat].addressed == ()
    assert found[answer].reply_to_author == CITIZEN.id
    assert post not in walked(stage)


def test_post_that_names_two_pages_is_the_same_by_both(stage: GraphStage) -> None:
    """On one Page's wall and tagging the other, a post is the same by either: the wall's owner first."""
    tags = (Author("1002", "시설"),)
    post = stage.graph.visitor_post("1001", CITIZEN, "가로등", tags=tags)
    comment = stage.graph.comment(post, CITIZEN, "급합니다")
    by_wall, by_tag = walked(stage), walked(stage, "tagged")
    assert by_wall[post].addressed == ("1001", "1002")
    assert (by_tag[post], by_tag[comment]) == (by_wall[post], by_wall[comment])


def test_wordless_share_and_wordless_comment(stage: GraphStage) -> None:
    """A share without words is no mention; with words, and a comment of only a picture, it is (SEMANTICS row 19)."""
    share = stage.graph.visitor_post("1001", CITIZEN, "", status_type="shared_story")
    said = stage.graph.visitor_post("1001", CITIZEN, "보세요", status_type="shared_story")
    picture = stage.graph.comment(stage.posts["1001"], CITIZEN, "")
    found = walked(stage)
    assert [found[each].kind for each in (share, said, picture)] == [PostKind.SHARE, PostKind.POST, PostKind.POST]
    assert found[picture].addressed == ("1001",)


# How far it reaches


def test_second_of_since_is_included(stage: GraphStage) -> None:
    """Times are whole seconds: a post of the very second of `since` is not lost to its fraction."""
    mention = stage.mention(ACCOUNTS[0])
    stage.clock.advance(seconds=0.9)
    assert mention in walked(stage, minutes=0)


def old_thread(stage: GraphStage) -> tuple[str, str]:
    """A mention of an hour ago on a post that 30 newer ones pushed out of the feed's window; and its fresh answer."""
    mention = stage.mention(ACCOUNTS[0], at=stage.minutes_ago(60))
    answer = stage.graph.reply_as_page("1001", mention, "늦었습니다")
    for n in range(30):
        stage.graph.page_post("1001", f"알림 {n}", stage.minutes_ago(50))
    return mention, answer


def test_answer_beyond_the_window_is_found_for_an_open_case(stage: GraphStage) -> None:
    """The known hole: without the case the feed does not see it, with the case it does, in one call more."""
    mention, answer = old_thread(stage)
    assert answer not in walked(stage)
    before = stage.graph.calls
    found = walked(stage, watched=[thread("1001", mention)])
    assert found[answer].reply_to_author == CITIZEN.id and mention in found
    assert stage.graph.calls - before == 2


def test_thread_within_the_window_is_not_asked_again(stage: GraphStage) -> None:
    """An open case on a post that the feed brings costs no call of its own."""
    comment, post = stage.mention(ACCOUNTS[0]), stage.graph.visitor_post("1002", CITIZEN, "가로등")
    walked(stage, watched=[thread("1001", comment), post])
    assert stage.graph.calls == 1


def test_watched_thread_that_is_gone_fails_no_walk(stage: GraphStage) -> None:
    """A deleted conversation with an open case is for the look to tell: the walk is whole without it."""
    mention, _ = old_thread(stage)
    stage.graph.delete(mention)
    assert mention not in walked(stage, watched=[thread("1001", mention)])


def test_sweep_finds_what_nobody_watched(stage: GraphStage) -> None:
    """A new comment on a post beyond the window is found by the hourly sweep of the last 100 posts."""
    _, answer = old_thread(stage)
    found = walked(stage, "sweep")
    assert answer in found
    for n in range(100):
        stage.graph.page_post("1001", f"더 새로운 알림 {n}", stage.minutes_ago(40))
    assert answer not in walked(stage, "sweep")


def test_burst_under_one_post_is_whole(stage: GraphStage) -> None:
    """More comments than are nested: the rest is walked from `since` on, not from the post's beginning."""
    old = {stage.mention(ACCOUNTS[0], at=stage.minutes_ago(60)) for _ in range(10)}
    sent = {stage.mention(ACCOUNTS[0], at=stage.minutes_ago(n / 30)) for n in range(260)}
    found = walked(stage)
    assert sent <= set(found) and not old & set(found)
    assert stage.asked(f"{stage.posts['1001']}/comments") == 3


def test_burst_goes_on_by_time_and_never_by_cursor(stage: GraphStage) -> None:
    """A walk that stopped goes on in another process; what it left behind holds ids and times only."""
    sent = {stage.mention(ACCOUNTS[0], at=stage.minutes_ago(n / 30)) for n in range(260)}
    found: set[str] = set()
    resume, rounds = None, 0
    while resume is not None or not rounds:
        page = next(iter(stage.connect().fetch(stage.source("feed"), stage.minutes_ago(15), resume)))
        found |= {post.id for post in page.posts}
        resume, rounds = page.resume, rounds + 1
        assert resume is None or not {"after", "cursor"} & set(resume.replace('"', " ").split())
        assert rounds < 10
    assert sent <= found


def test_comments_in_the_wrong_order_are_walked_whole(alone: GraphStage) -> None:
    """Should the nested order be ignored, the nested page says nothing of how far it reaches."""
    at = [f"2026-11-24T02:{minute}:00+0000" for minute in (10, 50)]
    nested = [{"id": f"500_{n}", "from": {"id": "7"}, "created_time": when} for n, when in enumerate(at)]
    wall = {
        "id": "1001_500",
        "from": {"id": "1001"},
        "created_time": "2026-11-01T00:00:00+0000",
        "comments": {"data": nested, "paging": {"next": "https://graph.facebook.com/x?after=1"}},
    }
    alone.graph.faults.add(Fault(body=json.dumps({"data": [wall]}).encode(), path="/v26.0/1001/feed"))
    last = {"id": "500_9", "from": {"id": "7"}, "created_time": "2026-11-24T02:55:00+0000"}
    alone.graph.faults.add(Fault(body=json.dumps({"data": [last]}).encode(), path="/v26.0/1001_500/comments"))
    assert "500_9" in walked(alone)


def test_repeated_cursor_is_no_whole_walk(stage: GraphStage) -> None:
    """A Graph that leads in circles ends the walk with an error, not with a loop and not as if it were whole."""
    for n in range(60):
        stage.graph.visitor_post("1001", CITIZEN, f"글 {n}")
    stage.graph.repeats_pages = True
    pages, error = failing(stage.connect(), stage)
    assert isinstance(error, Unavailable)
    assert all(page.resume is not None for page in pages)


def edge(ids: str, after: str | None) -> dict[str, Any]:
    """A page of an edge: an entry for each letter, and its next page's cursor."""
    data = [{"id": letter} for letter in ids]
    return {"data": data} if after is None else {"data": data, "paging": {"next": f"https://x/?after={after}"}}


def test_what_a_loop_is() -> None:
    """The same cursor again, the same entries again, ever more empty pages, a next page without a cursor."""
    cursor = Cursor()
    assert [cursor.advance(edge("ab", "1")), cursor.params] == [True, {"after": "1"}]
    assert cursor.advance(edge("bc", "2")) and cursor.advance(edge("", "3")) and not cursor.advance(edge("d", None))
    loops = [
        [edge("a", "1"), edge("b", "1")],
        [edge("ab", "1"), edge("a", "2")],
        [edge("", str(n)) for n in range(GAPS + 1)],
        [{"data": [], "paging": {"next": "https://x/?limit=5"}}],
    ]
    for pages in loops:
        cursor = Cursor()
        assert all(cursor.advance(page) for page in pages[:-1])
        with pytest.raises(Unavailable):
            cursor.advance(pages[-1])


def test_unknown_resume_walks_afresh(stage: GraphStage) -> None:
    """A resume that another version wrote loses nothing: the walk begins anew."""
    mention = stage.mention(ACCOUNTS[0])
    for resume in ("nonsense", "[5]", '[{"page": "1001", "kind": "unheard of"}]', "{}"):
        assert mention in walked(stage, resume=resume)


# How it fails


@pytest.mark.parametrize(
    ("code", "subcode", "status", "kind"),
    [
        (1, None, 500, Unavailable),
        (2, None, 400, Unavailable),
        *[(code, None, 400, RateLimited) for code in (4, 17, 32, 341, 613, 80001)],
        *[(code, None, 403, AuthFailed) for code in (10, 102, 200, 230, 299, 368, 467)],
        *[(190, subcode, 400, AuthFailed) for subcode in (None, 458, 463, 467)],
        (100, None, 400, Rejected),
        (100, 33, 400, Rejected),
        (803, None, 404, Rejected),
        (2500, None, 400, Rejected),
        (999, None, 429, RateLimited),
        (999, None, 503, Unavailable),
    ],
)
def test_codes(stage: GraphStage, code: int, subcode: int | None, status: int, kind: type[ConnectorError]) -> None:
    """Each of the Graph's codes is one of our errors, for a call by itself as for one in a batch."""
    stage.graph.fail(code, subcode, status=status, path="/v26.0/1001/feed")
    _, error = failing(stage.connect(), stage)
    assert isinstance(error, kind)
    stage.recover()
    stage.graph.fail(code, subcode, status=status)
    _, error = failing(stage.connect(), stage)
    assert isinstance(error, kind)


def test_failing_page_does_not_blind_its_neighbour(stage: GraphStage) -> None:
    """The others' posts come first; then the error names the Pages it is about, and what was left can go on."""
    mentions = [stage.mention(account) for account in ACCOUNTS]
    stage.graph.fail(190, 463, path="/v26.0/1001/feed")
    connector = stage.connect()
    pages, error = failing(connector, stage)
    assert set(posts_of(pages)) == {mentions[1]}
    assert isinstance(error, AuthFailed) and vars(error)["accounts"] == ("1001",)
    assert pages[-1].resume is not None
    stage.recover()
    assert set(mentions) <= set(walked(stage, resume=pages[-1].resume))


def test_first_pages_bad_token_does_not_sign_for_all(stage: GraphStage) -> None:
    """The outer call bears the first Page's token: when that one is bad, the others are read all the same."""
    mention = stage.mention(ACCOUNTS[1])
    stage.graph.pages["1001"].token = "another by now"
    connector = stage.connect()
    for calls in (3, 1):
        before = stage.graph.calls
        pages, error = failing(connector, stage)
        assert mention in posts_of(pages)
        assert isinstance(error, AuthFailed) and vars(error)["accounts"] == ("1001",)
        assert stage.graph.calls - before == calls


def test_page_without_a_token_is_not_asked(stage: GraphStage) -> None:
    """No token is a matter for a person, said by the settings check and by the walk."""
    bare = Account("facebook", "1001")
    assert set(FacebookConnector.missing(FacebookConnector.Options(), bare)) == {"token"}
    assert FacebookConnector.missing(FacebookConnector.Options(), ACCOUNTS[0]) == {}
    stage.accounts = (bare, ACCOUNTS[1])
    pages, error = failing(stage.connect(), stage)
    assert isinstance(error, AuthFailed) and vars(error)["accounts"] == ("1001",)
    assert pages and stage.asked("1001") == 0


def test_wrong_app_secret_is_said(stage: GraphStage) -> None:
    """Where the app demands its proof, a wrong or missing secret is a refusal, not an empty wall."""
    for secret in ("another secret", None):
        stage.app_secret = secret
        _, error = failing(stage.connect(), stage)
        assert isinstance(error, Rejected) and vars(error)["accounts"] == ("1001", "1002")


def test_call_that_fails_midway_names_who_is_not_done(stage: GraphStage) -> None:
    """Pages that were read whole before a call failed are not among those it concerns; what came is kept."""
    for post in (stage.posts["1001"], stage.graph.page_post("1001", "둘째 알림")):
        for n in range(60):
            stage.graph.comment(post, CITIZEN, f"글 {n}")
    walk = stage.connect().fetch(stage.source("feed"), stage.minutes_ago(15))
    first = next(walk)
    assert len(first.posts) == 101 and first.resume is not None
    stage.graph.fail(2, status=500)
    with pytest.raises(Unavailable) as caught:
        next(walk)
    assert vars(caught.value)["accounts"] == ("1001",)


def test_much_is_handed_over_in_parts(stage: GraphStage) -> None:
    """A full wall is handed over before the next Page's, so that no transaction is long; `resume` has the rest."""
    for _ in range(6):
        post = stage.graph.page_post("1001", "알림")
        for n in range(40):
            stage.graph.comment(post, CITIZEN, f"글 {n}")
    mention = stage.mention(ACCOUNTS[1])
    pages = list(stage.connect().fetch(stage.source("feed"), stage.minutes_ago(15)))
    assert [len(page.posts) for page in pages] == [246, 1]
    assert mention in walked(stage, resume=pages[0].resume)


@pytest.mark.parametrize(
    ("updated", "commented", "goes_on"), [("02:50", None, True), ("01:00", "02:50", True), ("01:00", "01:00", False)]
)
def test_wall_goes_on_while_anything_is_new(
    stage: GraphStage, updated: str, commented: str | None, goes_on: bool
) -> None:
    """By a post's own update or by its comments, whichever Facebook keeps better."""
    comment = {"id": "500_1", "created_time": f"2026-11-24T{commented}:00+0000"}
    post = {
        "id": "1001_500",
        "created_time": "2026-11-01T00:00:00+0000",
        "updated_time": f"2026-11-24T{updated}:00+0000",
        **({} if commented is None else {"comments": {"data": [comment]}}),
    }
    since = stage.minutes_ago(15)
    wall = Wall("1001", since)
    further = wall.read({"data": [post], "paging": {"next": "https://x/?after=1"}}, Reading("1001", ["1001"], since))
    assert further == ([wall] if goes_on else [])


def test_throttled_page_rests_and_the_others_go_on(stage: GraphStage) -> None:
    """Calls made while throttled count too: a throttled Page is not asked before its time, the others are."""
    usage = {"7": [{"type": "pages", "call_count": 100, "estimated_time_to_regain_access": 19}]}
    headers = {"X-Business-Use-Case-Usage": json.dumps(usage)}
    stage.graph.fail(32, headers=headers, path="/v26.0/1001", times=1)
    connector = stage.connect()
    mention = stage.mention(ACCOUNTS[1])
    for _ in range(2):
        pages, error = failing(connector, stage)
        assert isinstance(error, RateLimited) and error.until == stage.clock() + timedelta(minutes=19)
        assert mention in posts_of(pages)
    assert stage.asked("1001/feed") == 1
    stage.clock.advance(minutes=20)
    list(connector.fetch(stage.source("feed"), stage.minutes_ago(15)))
    assert stage.asked("1001/feed") == 2


def test_operation_left_out_of_a_batch_is_asked_by_itself(stage: GraphStage) -> None:
    """A null in a batch's answer is no empty wall: it is asked again at once."""
    mentions = [stage.mention(account) for account in ACCOUNTS]
    stage.graph.left_out.add(Fault(path="/v26.0/1002"))
    assert set(mentions) <= set(walked(stage))
    assert stage.graph.calls == 2


@pytest.mark.parametrize(
    "batch",
    [[], [None], [5, {}], [{"code": 200, "body": "{}"}, {"code": 200}], [{"code": 200, "body": "<html>"}] * 2],
)
def test_nonsense_inside_a_batch_is_never_an_empty_wall(stage: GraphStage, batch: Any) -> None:
    """Whatever a batch's answer holds in the place of answers, the walk is not whole."""
    stage.graph.faults.add(Fault(body=json.dumps(batch).encode(), path="/v26.0/", times=1))
    stage.graph.fail(2, status=500, path="/v26.0/1")
    _, error = failing(stage.connect(), stage)
    assert isinstance(error, Unavailable)


@pytest.mark.parametrize("said", ["0001-01-02T00:00:00+0000", "9999-12-30T00:00:00+0000"])
def test_nonsense_time_is_set_aside(stage: GraphStage, said: str) -> None:
    """A mention said to be of the year 1 is not one older than was asked for: it is kept and shown."""
    old = {"id": "1001_500", "from": {"id": "1001"}, "created_time": "2026-11-01T00:00:00+0000"}
    post, comment = {"id": "1001_501", "created_time": said}, {"id": "500_1", "created_time": said}
    body = json.dumps({"data": [post, {**old, "comments": {"data": [comment]}}]}).encode()
    stage.graph.faults.add(Fault(body=body, path="/v26.0/1001/feed"))
    pages = list(stage.connect().fetch(stage.source("feed"), stage.minutes_ago(15)))
    kept = [json.loads(aside.payload)["id"] for page in pages for aside in page.set_aside]
    assert kept == ["1001_501", "500_1"]


def test_comments_that_are_no_list_are_set_aside(alone: GraphStage) -> None:
    """A post whose comments cannot be read is kept, and its comments are set aside, not dropped."""
    wall = {"id": "1001_500", "created_time": "2026-11-24T02:59:00+0000", "comments": {"data": "no"}}
    alone.graph.faults.add(Fault(body=json.dumps({"data": [wall]}).encode()))
    (page,) = alone.connect().fetch(alone.source("feed"), alone.minutes_ago(15))
    assert [post.id for post in page.posts] == ["1001_500"]
    assert [json.loads(kept.payload) for kept in page.set_aside] == [{"data": "no"}]
    assert page.set_aside[0].account == "1001"


def test_handles(stage: GraphStage) -> None:
    """A Page without a username has no handle; one that does not exist is left out; a bad token is said."""
    stage.graph.pages["1001"].username = None
    stage.graph.fail(100, 33, path="/v26.0/1002")
    assert stage.connect().handles() == {"1001": ""}
    stage.recover()
    stage.graph.fail(190, path="/v26.0/1002")
    with pytest.raises(AuthFailed) as caught:
        stage.connect().handles()
    assert vars(caught.value)["accounts"] == ("1002",)


def test_health_tells_a_spent_budget(alone: GraphStage) -> None:
    """The usage headers are percentages: nothing is left at 100, and the header says until when."""
    connector = alone.connect()
    connector.handles()
    assert connector.health().remaining is None
    usage = {"7": [{"type": "pages", "call_count": 100, "estimated_time_to_regain_access": 5}]}
    alone.graph.fail(80001, headers={"X-Business-Use-Case-Usage": json.dumps(usage)})
    with pytest.raises(RateLimited):
        connector.handles()
    health = connector.health()
    assert (health.calls, health.remaining) == (2, 0)
    assert health.resets_at == alone.clock() + timedelta(minutes=5)
