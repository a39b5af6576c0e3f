"""The queue page by page: the viewer's scope holds, nothing is shown twice or passed over, the counts are right."""

from __future__ import annotations

import random
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from unicodedata import normalize

import pytest
from sqlalchemy import event, update

from monitor.rules import Rules
from monitor.store import queue
from monitor.store.engine import Store
from monitor.store.queue import Count, Cursor, Filter, Page, UnknownPlace
from monitor.store.tables import CaseRow
from sla.case import Case, Clock, State
from tests.store.made import MINUTE, START, case, keep, post
from tests.support import city

HOUR = timedelta(hours=1)


def _page(store: Store, filter: Filter = Filter(), after: Cursor | None = None, limit: int = 10) -> Page:  # noqa: B008
    with store.read() as tx:
        return queue.page(tx, filter, after, limit)


def _ids(page: Page) -> list[str]:
    return [entry.case.id for entry in page.entries]


def _close(store: Store, *ids: str) -> None:
    with store.write() as tx:
        cases = CaseRow.__table__  # type: ignore[attr-defined]
        tx.execute(update(cases).where(cases.c.id.in_(ids)).values(closed_at=START, state="answered"))


def _many(count: int = 47) -> list[Case]:
    """Cases in no order, some with the same deadline, and closed ones among them."""
    drawn = random.Random(1)
    made = [case(f"c{n:02}", START + drawn.randrange(12) * MINUTE) for n in range(count)]
    closed = [case(f"x{n}", START + n * MINUTE, closed_at=START, state=State.ANSWERED) for n in range(9)]
    return [*drawn.sample(made, count), *closed]


def _walk(store: Store, filter: Filter = Filter(), limit: int = 10) -> list[Page]:  # noqa: B008
    pages = [_page(store, filter, None, limit)]
    while (place := pages[-1].next) is not None:
        pages.append(_page(store, filter, Cursor.parse(str(place)), limit))
    return pages


def test_most_urgent_first_and_each_once(store: Store) -> None:
    """By deadline, then by id; pages of ten, the last one shorter; the total beside."""
    made = _many()
    keep(store, made)
    wanted = [c.id for c in sorted(made, key=lambda c: (c.deadline, c.id)) if c.is_open]
    pages = _walk(store)
    assert [id for page in pages for id in _ids(page)] == wanted
    assert [len(page.entries) for page in pages] == [10, 10, 10, 10, 7]
    assert {page.total for page in pages} == {47}
    assert pages[0].previous is None and all(page.previous for page in pages[1:])


def test_there_and_back_again(store: Store) -> None:
    """The page before is the one that was seen, and from it on again."""
    keep(store, _many())
    pages = _walk(store)
    for before, page in pairwise(pages):
        assert page.previous is not None
        back = _page(store, after=Cursor.parse(str(page.previous)))
        assert (_ids(back), back.next, back.previous) == (_ids(before), before.next, before.previous)


def test_pages_are_stable_while_cases_close(store: Store) -> None:
    """What closed on earlier pages moves nothing; what closed ahead is left out; the page before fills up."""
    keep(store, _many())
    first, second, third, *_ = map(_ids, pages := _walk(store))
    _close(store, *first[:7], third[0])
    again = _page(store, after=pages[0].next)
    assert _ids(again) == second and again.total == 39
    assert _ids(_page(store, after=again.next))[:9] == third[1:]
    assert again.previous is not None
    assert _ids(_page(store, after=again.previous)) == first[7:] + second[:7]


def test_where_everything_behind_a_place_closed_the_last_page_is_shown(store: Store) -> None:
    """Whoever sits on it sees what is left, not nothing."""
    keep(store, _many())
    pages = _walk(store)
    _close(store, *_ids(pages[-1]))
    last = _page(store, after=pages[-2].next)
    assert _ids(last) == _ids(pages[-2]) and last.next is None and last.previous is not None
    _close(store, *(id for page in pages for id in _ids(page)))
    assert _page(store, after=pages[-2].next) == Page([], None, None, 0)
    assert _page(store, after=pages[2].previous) == Page([], None, None, 0)


def _mixed() -> list[Case]:
    return [
        case("c1", department="transport", assignee="kim", state=State.CLAIMED),
        case("c2", department="transport", platform="facebook"),
        case("c3", department="facility", state=State.ACKNOWLEDGED),
        case("c4", department="facility", assignee="lee", state=State.CLAIMED),
        case("c5", department="water"),
    ]


@pytest.mark.parametrize(
    ("filter", "ids"),
    [
        ({}, "c1 c2 c3 c4 c5"),
        ({"departments": frozenset()}, ""),
        ({"departments": frozenset({"transport", "water"})}, "c1 c2 c5"),
        ({"departments": frozenset({"transport"}), "department": "facility"}, ""),
        ({"departments": frozenset({"transport"}), "department": "transport"}, "c1 c2"),
        ({"department": "facility"}, "c3 c4"),
        ({"platform": "facebook"}, "c2"),
        ({"state": "claimed"}, "c1 c4"),
        ({"assignee": "kim"}, "c1"),
        ({"assignee": ""}, "c2 c3 c5"),
        ({"departments": frozenset({"facility"}), "state": "claimed", "assignee": "lee"}, "c4"),
        ({"department": "' OR 1=1 --"}, ""),
        ({"department": "trans\0port"}, "c1 c2"),
        ({"state": "\udc80", "words": "\udc80\0"}, ""),
        ({"clock": Clock.FINAL}, ""),
    ],
)
def test_filters_narrow_the_scope_and_never_widen_it(store: Store, filter: dict[str, object], ids: str) -> None:
    """Whatever is asked for besides."""
    keep(store, _mixed())
    page = _page(store, Filter(**filter))  # type: ignore[arg-type]
    assert (_ids(page), page.total) == (ids.split(), len(ids.split()))


def test_words_are_looked_for_in_text_and_name_of_one_mention(store: Store) -> None:
    """In either case, however composed; the signs of LIKE are ordinary ones; our own posts do not count."""
    keep(store, _mixed(), [
        post("p1", "c1", text="가로등이 꺼졌어요 Bus 100%"), post("p2", "c1", text="빨리요", author_name="김시민"),
        post("p3", "c2", text=normalize("NFD", "가로등 고장")), post("p4", "c3", text="버스", role="official"),
    ])  # fmt: skip
    asked = ("가로등", "BUS 가로등", "김시민", "김시민 가로등", "100%", "1_0", "%", "버스", "  ", "없음", "가" * 500)
    found = {words: " ".join(_ids(_page(store, Filter(words=words)))) for words in asked}
    assert found == {
        "가로등": "c1 c2", "BUS 가로등": "c1", "김시민": "c1", "김시민 가로등": "", "100%": "c1", "1_0": "", "%": "c1",
        "버스": "", "  ": "c1 c2 c3 c4 c5", "없음": "", "가" * 500: "",
    }  # fmt: skip
    assert _ids(_page(store, Filter(departments=frozenset({"transport"}), words="고장"))) == ["c2"]
    assert _ids(_page(store, Filter(departments=frozenset({"water"}), words="고장"))) == []


def test_a_row_shows_the_newest_mention_that_stands(store: Store) -> None:
    """Its author, the beginning of its words with numbers masked, where to read it, how many there are."""
    keep(store, [case("c1", snoozed_until=START + HOUR, incident="i1", level=2), case("c2")], [
        post("p1", "c1", START, text="처음"),
        post("p2", "c1", START + MINUTE, text="전화 010-1234-5678 " + "길어요 " * 100, author_name="김\n시민"),
        post("p3", "c1", START + 2 * MINUTE, text="지운 글", gone_at=START + HOUR),
        post("p4", "c1", START + 3 * MINUTE, text="우리 답", role="official"),
    ])  # fmt: skip
    one, two = _page(store).entries
    assert (one.author_name, one.permalink, one.mentions) == ("김 시민", "https://x.com/i/status/p2", 3)
    assert one.text.startswith("전화 ***-****-**** 길어요") and one.text.endswith("…") and len(one.text) <= 160
    assert (one.case.snoozed_until, one.case.incident, one.case.level) == (START + HOUR, "i1", 2)
    assert (two.author_name, two.text, two.permalink, two.mentions) == ("", "", "", 0)


def test_the_final_answers_are_a_queue_of_their_own(store: Store) -> None:
    """By their own deadline; those that were given, and those whose first answer is to come, are not in it."""
    answered = {"clock": Clock.FINAL, "state": State.ANSWERED, "closed_at": START, "answered_at": START}
    keep(store, [
        case("c1", final_deadline=START + 2 * HOUR, **answered), case("c2", final_deadline=START + HOUR, **answered),
        case("c3", final_deadline=START + HOUR, final_answered_at=START, **answered),
        case("c4", final_deadline=START + HOUR),
    ])  # fmt: skip
    final = Filter(clock=Clock.FINAL)
    first = _page(store, final, limit=1)
    assert (_ids(first), first.total) == (["c2"], 2)
    assert _ids(_page(store, final, first.next, 1)) == ["c1"]
    assert _ids(_page(store)) == ["c4"]


@pytest.mark.parametrize(
    "text", ["", "x", "after", "after.", "after.1", "after.x.c1", "after.1.", "sideways.1.c1", f"after.{10**30}.c1",
             f"before.{'9' * 5000}.c", "after.1.c\0"],
)  # fmt: skip
def test_what_names_no_place_is_refused(store: Store, text: str) -> None:
    """With what to do; a sign that no database takes is no error of ours."""
    if text.endswith("\0"):
        assert _page(store, after=Cursor.parse(text)).total == 0
        return
    with pytest.raises(UnknownPlace, match="begin at its first page"):
        Cursor.parse(text)


def _rules(folder: Path) -> Rules:
    """A policy of its own for water, one without a warning for facility, whose holiday is the next day."""
    return Rules(city(folder, more="""
[[departments]]
id = "water"
name = "수도과"
duty = ["kim"]
manager = "park"
head = "choi"
local_holidays = ["2026-11-17"]
[policies.desk]
calendar = "office"
target = "60m"
[policies.quiet]
target = "30m"
[[policies.quiet.steps]]
at = "30m"
kind = "breach"
notify = ["assignee", "manager"]
"""))  # fmt: skip


def test_counts_by_department_platform_and_state(store: Store, tmp_path: Path) -> None:
    """What is due now is overdue; at risk from the warning's instant to the deadline, both by the case's policy."""
    now = START + 8 * HOUR + 55 * MINUTE  # Monday 17:55 in Seoul; the office closes at 18:00
    tuesday = START + 24 * HOUR
    keep(store, [
        case("c1", now), case("c2", now + 10 * MINUTE), case("c3", now + 10 * MINUTE + timedelta(microseconds=1)),
        case("c4", now + MINUTE, platform="facebook", state=State.CLAIMED, department="facility", policy="quiet"),
        case("c5", now - MINUTE, state=State.CLAIMED, department="facility", policy="gone"),
        # 20 minutes of office time are left from 17:55: to Tuesday 09:15, in water to Wednesday.
        case("c6", tuesday + 15 * MINUTE, policy="desk"), case("c7", tuesday + 16 * MINUTE, policy="desk"),
        case("c8", tuesday + 24 * HOUR + 15 * MINUTE, policy="desk", department="water"),
        case("c9", now, closed_at=now, state=State.ANSWERED),
    ])  # fmt: skip
    rules = _rules(tmp_path)
    with store.read() as tx:
        found = queue.counts(tx, rules, None, now)
        mine = queue.counts(tx, rules, frozenset({"facility"}), now)
        nobody = queue.counts(tx, rules, frozenset(), now)
    assert found.total == Count(8, 3, 2)
    assert found.departments == {"transport": Count(5, 2, 1), "facility": Count(2, 0, 1), "water": Count(1, 1, 0)}
    assert found.platforms == {"twitter": Count(7, 3, 2), "facebook": Count(1, 0, 0)}
    assert found.states == {"open": Count(6, 3, 1), "claimed": Count(2, 0, 1)}
    assert (mine.total, list(mine.departments)) == (Count(2, 0, 1), ["facility"])
    assert nobody.total == Count()


def test_counts_of_the_final_answers_go_by_their_own_ladder(store: Store, tmp_path: Path) -> None:
    """On the final calendar: a third of three working days ahead of the deadline."""
    rules = Rules(city(tmp_path))
    answered = {"clock": Clock.FINAL, "state": State.ANSWERED, "closed_at": START, "answered_at": START}
    risky = rules.calendars["office"].add(START, timedelta(hours=8))
    keep(store, [
        case("c1", final_deadline=risky, **answered), case("c2", final_deadline=risky + MINUTE, **answered),
        case("c3", final_deadline=START, **answered), case("c4"),
    ])  # fmt: skip
    with store.read() as tx:
        assert queue.counts(tx, rules, None, START, Clock.FINAL).total == Count(3, 1, 1)


def test_a_page_and_the_counts_are_read_in_the_queues_own_index(store: Store, tmp_path: Path) -> None:
    """Whatever the filter: no statement goes through the cases or the posts there ever were."""
    if not store.is_sqlite:
        return
    keep(store, _many(), [post(f"p{n}", f"c{n:02}") for n in range(47)])
    said: list[tuple[str, object]] = []

    def hear(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        said.append((statement, parameters))

    event.listen(store._reader, "before_cursor_execute", hear)
    for clock in Clock:
        for narrow in ({}, {"departments": frozenset({"transport", "a"})}, {"platform": "twitter", "department": "a"},
                       {"assignee": "kim", "state": "open"}, {"words": "버스"}):  # fmt: skip
            filter = Filter(**narrow, clock=clock)  # type: ignore[arg-type]
            place = _page(store, filter).next or Cursor(START, "c")
            _page(store, filter, place)
            _page(store, filter, place._replace(back=True))
        with store.read() as tx:
            queue.counts(tx, Rules(city(tmp_path)), frozenset({"transport"}), START, clock)
    event.remove(store._reader, "before_cursor_execute", hear)
    with store.read() as tx:
        for statement, parameters in [one for one in said if one[0].startswith("SELECT")]:
            plan = [str(row[3]) for row in tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            cases = [line for line in plan if "cases" in line]
            assert all("COVERING INDEX cases_o" in line or "autoindex_cases_1 (id=?)" in line for line in cases), plan
            assert all("posts_of_case" in line for line in plan if "posts" in line), plan
