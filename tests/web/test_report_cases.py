"""SEMANTICS row 35: every number of a report leads to exactly the cases that it counts, whatever has happened since."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from random import Random

import pytest

from monitor.app import App
from monitor.reports import snapshots
from monitor.reports.document import Document
from monitor.reports.outcomes import Outcomes
from monitor.reports.seal import Sealer
from monitor.reports.week import weekly
from monitor.store import cases, events
from sla.case import Change, Event, State
from sla.history import fold
from tests.histories import Life, lives
from tests.support import Clock
from tests.web.conftest import Browser
from tests.web.scenes import busy_week

LogIn = Callable[..., Browser]
WEEK = "/reports/2026-W47"
SUNDAY = datetime(2026, 11, 15, 15, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 0, tzinfo=UTC)
_LINK = re.compile(
    r'<a (?:class="\w+" )?href="(/reports/[^"]+/cases\?[^"]*)">(?:<span class="hidden">[^<]*</span>▲)?([\d,]+)</a>'
)


def links(page: str) -> dict[str, int]:
    """The addresses of a page's figures, with what it says that each of them is."""
    return {unescape(href): int(number.replace(",", "")) for href, number in _LINK.findall(page)}


def answered(page: str) -> tuple[int, int]:
    """The figure that the page of its cases tells, and how many cases that is said to be."""
    found = re.search(r'data-figure="(\d+)" data-cases="(\d+)"', page)
    assert found is not None, page
    return int(found[1]), int(found[2])


def listed(page: str) -> list[str]:
    """The cases of a page."""
    return re.findall(r'<tr data-case="([^"]+)"', page)


def more_of(random: Random, life: Life) -> list[Event]:
    """What does not come by itself: a final answer that is owed or given, a snooze, a crisis."""
    at = life.now
    owed = Event("final_asked", at, "kim", {"reason": "", "deadline": at + timedelta(days=random.choice([0, 1, 9]))})
    given = Event("final_answered", at, "platform", {"answered_at": at + timedelta(hours=1), "outcome": "met"})
    choices: list[list[Event]] = [
        [], [], [owed], [owed, given], [Event("alarmed", at, "clock", {"incident": "i1"})],
        [Event("snoozed", at, "kim", {"until": at + timedelta(hours=3), "reason": ""})],
    ]  # fmt: skip
    return [] if life.case.state is State.MERGED else random.choice(choices)


def lived_week(app: App, clock: Clock, kept_before: bool, kept_after: bool) -> Document:
    """A random week whose report was kept while half of what is to happen to its cases was yet to come."""
    random = Random(35)
    clock.at = SUNDAY - timedelta(days=7)
    app.polling.plan(clock())
    clock.at = MONDAY
    rest: list[tuple[str, Event]] = []
    for number, life in enumerate(lives(35, 90, SUNDAY, timedelta(days=7))):
        all_ = [*life.events, *more_of(random, life)]
        if number % 3 == 0:
            all_[0].data["keyword"] = "가로등"  # type: ignore[index]
        half = random.randrange(1, len(all_) + 1)
        with app.store.write() as tx:
            cases.save(tx, [Change(life.case._replace(version=0), tuple(all_[:half]))])
        rest += [(life.case.id, event) for event in all_[half:]]
    outcomes = Outcomes(app.store, app.rules, clock)
    if kept_before:
        Sealer(app.store, clock).run()
        outcomes.run()
    document = weekly(app.store, app.rules, "2026-W47", clock())
    with app.store.write() as tx:
        snapshots.keep(tx, document, "clock", clock())
        events.append(tx, rest)
    clock.forward(days=3)
    if kept_after:
        Sealer(app.store, clock).run()
        outcomes.run()
    return document


@pytest.mark.parametrize(("before", "after"), [(True, False), (False, True)])
def test_every_figure_leads_to_its_cases(site_app: App, clock: Clock, log_in: LogIn, before: bool, after: bool) -> None:
    """Of the kept report and of the week as it stands now, by what is kept of cases and by their histories."""
    document = lived_week(site_app, clock, before, after)
    ops = log_in("ops", "operator")
    of_kept, of_now = ops.get(WEEK).text, ops.get(f"{WEEK}?now=1").text
    found = links(of_kept)
    assert len(found) > 100 and {f"{WEEK}/cases?"} < found.keys()
    for name in ("cases", "met", "pending", "final_pending", "in_crisis", "handed_over", "level=1", "keyword=", "hour=",
                 "reason=", "alert=", "office=on", "platform=", "late_found", "followups", "paused"):  # fmt: skip
        assert name in of_kept, name
    assert links(of_kept).values() != links(of_now).values()
    # Cells of the heat map are many and alike: some of them, and all other figures.
    all_ = [*found.items(), *(links(of_now).items() if after else ())]
    for link, number in (one for place, one in enumerate(all_) if "weekday=" not in one[0] or place % 40 == 0):
        page = ops.get(link)
        assert page.status_code == 200, link
        total, count = answered(page.text)
        assert total == number, link
        assert len(set(listed(page.text))) == min(count, 50), link
    assert document.total.cases == answered(ops.get(f"{WEEK}/cases").text)[0]


def test_long_times_lead_to_the_longest_first(site_app: App, clock: Clock, log_in: LogIn) -> None:
    """The first case took as long as the report says at worst; all that were answered are there."""
    document = lived_week(site_app, clock, True, False)
    page = log_in("ops", "operator").get(f"{WEEK}/cases?status=answered").text
    assert answered(page)[0] == document.total.met + document.total.answered_late
    with site_app.store.read() as tx:
        took = [fold(events.of_cases(tx, [id], document.last_event)).outcomes[id].response for id in listed(page)]
    assert None not in took and took == sorted(took, reverse=True)  # type: ignore[type-var]
    assert took[0] == timedelta(seconds=document.total.worst_seconds or 0)


def test_pages_hold_fifty_and_together_every_case_once(site_app: App, clock: Clock, log_in: LogIn) -> None:
    """What is narrowed stays narrowed from page to page; one behind the last says so."""
    document = lived_week(site_app, clock, True, True)
    ops = log_in("ops", "operator")
    href, seen = f"{WEEK}/cases?status=cases&platform=twitter", list[str]()
    of = next(one for one in document.total.platforms if one.platform == "twitter")
    asked = ops.get(f"{WEEK}/cases").text
    assert len(listed(asked)) == 50
    assert (again := re.search(r'rel="next" href="([^"]+)"', asked))
    assert len(listed(ops.get(unescape(again[1])).text)) == document.total.cases - 50
    seen = listed(ops.get(href).text)
    assert len(seen) == min(50, of.cases)
    behind = ops.get(f"{WEEK}/cases?page=9")
    assert behind.status_code == 200 and listed(behind.text) == [] and "마지막 쪽을 지났습니다" in behind.text


def test_a_case_opens_from_a_figure_while_it_is_theirs(site_app: App, clock: Clock, log_in: LogIn) -> None:
    """A missed case leads to its page; one that another department has since taken over is named and leads nowhere."""
    town = busy_week(site_app, clock)
    kim = log_in()
    page = kim.get(f"{WEEK}/cases?department=transport&status=missed").text
    ids = listed(page)
    assert len(ids) == answered(page)[0] == 3
    assert all(f'href="/cases/{id}"' in page for id in ids) and kim.get(f"/cases/{ids[0]}").status_code == 200
    link = next(link for link in links(kim.get(f"{WEEK}?department=transport").text) if "status=unanswered" in link)
    taken = listed(kim.get(link).text)[0]
    town.desk.transfer(taken, "kim", "facility", "시설 소관")
    clock.forward(minutes=1)
    after = kim.get(link).text
    assert taken in listed(after) and f'href="/cases/{taken}"' not in after and "현재 다른 부서 사건" in after
    assert taken not in kim.get(f"{WEEK}/cases?status=missed").text


def test_a_department_counts_its_own_cases_alone(site_app: App, clock: Clock, log_in: LogIn) -> None:
    """By any figure; what it handed over it hears no more of than that."""
    town = busy_week(site_app, clock)
    of = {one.id: one.department for one in town.cases()}
    facility = log_in("ops", "manager", ("facility",))
    for status in ("cases", "met", "missed", "decided", "completed", "alerts", "levels", "answered"):
        page = facility.get(f"{WEEK}/cases?status={status}").text
        assert {of[id] for id in listed(page)} <= {"facility"}, status
        assert facility.get(f"{WEEK}/cases?status={status}&department=transport").status_code == 404
    handed = log_in().get(f"{WEEK}/cases?department=transport&status=handed_over").text
    (gone,) = listed(handed)
    assert of[gone] == "facility" and "다른 부서 사건" in handed and "시설관리과" not in handed


def test_two_departments_side_by_side_count_no_third(site_app: App, clock: Clock, log_in: LogIn) -> None:
    """Their cases are the sum of both; the third's are in none of their figures."""
    document = lived_week(site_app, clock, True, False)
    of = {one.department: one for one in document.departments}
    both = log_in("ops", "manager", ("facility", "transport"))
    for status in ("cases", "missed", "alerts", "followups"):
        sums = [getattr(of[id], status) if status != "alerts" else sum(of[id].alerts.values()) for id in of]
        wanted = sum(sums) - sums[[*of].index("water")]
        assert sums[[*of].index("water")] > 0
        assert answered(both.get(f"{WEEK}/cases?status={status}").text)[0] == wanted, status


def test_what_is_no_figure(log_in: LogIn) -> None:
    """Is refused with a page, and never widened; nor has a week any that is none, or still to come."""
    kim = log_in()
    wrong = (
        "status=nothing", "weekday=7", "hour=x", "page=0", "at=yesterday", "at=2026-11-20T10:00:00", "upto=-1",
        "department=nowhere", "office=never", f"page={'9' * 5000}", f"upto={'9' * 30}",
    )  # fmt: skip
    for asked in wrong:
        answer = kim.get(f"{WEEK}/cases?{asked}")
        assert answer.status_code in (400, 404) and "<h1" in answer.text, asked
    for week in ("2026-W99", "x", "2026-W48", "%3Cscript%3E"):
        answer = kim.get(f"/reports/{week}/cases?status=met")
        assert answer.status_code == 404 and "<script>" not in answer.text, week
