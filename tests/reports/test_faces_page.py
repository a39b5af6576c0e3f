"""The report as a page and as a mail: what it says, and what may not stand in it."""

from __future__ import annotations

import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest

from monitor.reports import faces
from monitor.reports.document import Document, Point, Whole
from monitor.reports.faces import charts
from monitor.reports.faces.numbers import interval
from monitor.reports.faces.words import Phrases
from sla.compliance import percent
from sla.week import Week
from tests.reports import made

LANGUAGES = ("ko", "en")


class Cells(HTMLParser):
    """The rows of a page's tables, each a list of what its cells say."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._in = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
            self._in = True

    def handle_endtag(self, tag: str) -> None:
        self._in = self._in and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self._in:
            self.rows[-1][-1] += data


def headings(page: str) -> list[str]:
    """The sections of a page, without their numbers."""
    return re.findall(r"<h2>\d+\. (.+)</h2>", page)


def row_of(of: Whole, name: str) -> list[str]:
    """A row of the table of answers."""
    counts = (of.cases, of.met, of.answered_late, of.unanswered, of.pending, of.dismissed, of.deleted + of.undetermined)
    share = f"{percent(of.met, of.decided)}% ({of.met:,}/{of.decided:,})" if of.decided else "-"
    if of.interval and of.decided < 20:
        share += f" *{interval(of.interval)}"
    seen = "-" if of.coverage is None else f"{percent(round(of.coverage * 1_000_000), 1_000_000)}%"
    return [name, *(f"{count:,}" for count in counts), share, seen]


@pytest.mark.parametrize(("count", "language"), [(0, "ko"), (0, "en"), (1, "ko"), (40, "en"), (400, "ko")])
def test_the_page_tells_the_documents_numbers(count: int, language: str) -> None:
    """Every department's and the total's; with each share what it is of, and how much was seen."""
    document = made.document(count)
    words, found = Phrases(language), Cells(faces.page(document, language)).rows
    names = ("cases", "met", "late", "unanswered", "pending", "dismissed", "left", "attainment", "coverage")
    assert [words("department"), *map(words, names)] in found
    for one in document.departments:
        assert row_of(one, one.name) in found
    assert row_of(document.total, words("total")) in found


def test_the_sections_are_there_and_in_order() -> None:
    """From what the head reads to how it was counted."""
    assert headings(faces.page(made.document(), "ko")) == [
        "요약", "부서별 현황", "시간대·요일별 현황", "추이", "플랫폼별 현황", "알림·상향 보고", "이관", "최종 답변",
        "위기 상황", "주제", "수집 현황", "지난 보고의 정정", "집계 근거",
    ]  # fmt: skip


def test_a_week_of_nothing_says_so() -> None:
    """What has nothing to say is left out; coverage and corrections never are."""
    page = faces.page(made.nothing(), "ko")
    assert headings(page) == ["요약", "부서별 현황", "수집 현황", "지난 보고의 정정", "집계 근거"]
    assert "접수된 의견 없음" in page
    assert "해당 없음" in page
    assert "준수율 100" not in page
    assert "그 밖의 부서" not in faces.summary(made.nothing(), "ko")


def test_a_departments_own_report_has_no_sum_of_others() -> None:
    """Nor a scope of all; its name is in the title."""
    page = faces.page(made.document(3).of("d0"), "ko")
    assert "<small>대중교통과</small>" in page
    assert "합계" not in [row[0] for row in Cells(page).rows]
    assert "도로관리과" not in page


def test_a_running_week_is_marked() -> None:
    """On the page, in the mail and in the text."""
    document = made.document(generated_at=made.document().until - timedelta(days=2))
    for text in (faces.page(document, "ko"), faces.mail(document, "ko"), faces.summary(document, "ko")):
        assert "집계 중: 2026. 11. 21.(토) 00:00 현재" in text
    assert "집계 중" not in faces.page(made.document(), "ko")


@pytest.mark.parametrize(
    ("week", "told"),
    [
        (Week(2026, 47), "2026. 11. 16.(월) ~ 11. 22.(일)"),
        (Week(2026, 53), "2026. 12. 28.(월) ~ 2027. 1. 3.(일)"),
    ],
)
def test_a_week_is_named_by_its_days(week: Week, told: str) -> None:
    """With the year again where it is another."""
    document = made.document(week=week)
    for text in (faces.page(document, "ko"), faces.mail(document, "ko"), faces.summary(document, "ko")):
        assert told in text


@pytest.mark.parametrize(
    ("now", "before", "told"),
    [((39, 1), (38, 2), "▲2.50%p"), ((38, 2), (39, 1), "▼2.50%p"), ((39, 1), (39, 1), "0.00%p")],
)
def test_a_share_is_compared_in_points(now: tuple[int, int], before: tuple[int, int], told: str) -> None:
    """With a sign, not only a colour."""
    points = tuple(
        Point(week=f"2026-W{46 + at}", cases=40, met=met, missed=missed)
        for at, (met, missed) in enumerate((before, now))
    )
    total = Whole(cases=40, met=now[0], missed=now[1], coverage=1.0, trend=points)
    assert f"(전주 대비 {told})" in faces.summary(made.nothing(total=total), "ko")


def test_what_is_not_counted_is_told_first() -> None:
    """Cases of a broken history, as a warning in the summary."""
    text = faces.summary(made.document(unexplained=("c1", "c2", "c3", "c4")), "ko")
    assert "기록이 손상되어 집계에서 제외한 사건 4건: c1, c2, c3 외 1건" in text


EVIL = '<script>alert("x")</script>'


def evil() -> Document:
    """A report whose every name is an attack."""
    document = made.document(2, service=EVIL)
    parts = tuple(one.model_copy(update={"name": EVIL}) for one in document.departments)
    incidents = tuple(one.model_copy(update={"subject": EVIL, "reason": EVIL}) for one in document.incidents)
    terms = tuple(one.model_copy(update={"term": EVIL}) for one in document.terms)
    return document.model_copy(update={"departments": parts, "incidents": incidents, "terms": terms})


@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_names_say_is_only_text(language: str) -> None:
    """On the page, in its pictures and in the mail."""
    for page in (
        faces.page(evil(), language),
        faces.render(evil(), "html", language).decode(),
        faces.mail(evil(), language),
    ):
        assert "<script" not in page
        assert "&lt;script&gt;" in page


def test_the_fragment_keeps_to_a_strict_policy() -> None:
    """No styles of its own, no scripts, nothing fetched: it stands in the web's pages."""
    page = faces.page(made.document(), "ko")
    assert page.count("<svg") == 3
    assert not re.search(r"\sstyle=|<style|<script|<link|<img|\son\w+=|(src|href)=", page)


def test_the_file_needs_nothing_from_elsewhere() -> None:
    """One style sheet within, and a policy that lets nothing else in."""
    page = faces.render(made.document(), "html", "en").decode()
    assert page.count("<style>") == 1
    assert "default-src 'none'; style-src 'unsafe-inline'" in page
    assert not re.search(r"<script|<link|<img|(src|href)=|url\(|@import", page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_mail_holds_what_mail_programs_draw(language: str) -> None:
    """Tables and inline styles only, the worst departments first, and no more of them than a screen holds."""
    document = made.document(40)
    mail = faces.mail(document, language)
    assert not re.search(r"<script|<style|<svg|<img|<link|class=|(src|href)=|url\(", mail)
    listed = [row[0] for row in Cells(mail).rows if row[0] in {one.name for one in document.departments}]
    assert len(listed) == 12
    assert listed[0] == max(document.departments, key=lambda one: (one.missed, one.cases)).name
    assert Phrases(language)("mail.rest", count=28) in mail


@pytest.mark.parametrize(("count", "language"), [(0, "ko"), (1, "en"), (40, "ko"), (400, "en")])
def test_the_text_fits_a_card(count: int, language: str) -> None:
    """At most 25 lines, with the hash by which the whole can be known."""
    document = made.document(count, unexplained=("c1",))
    lines = faces.summary(document, language).splitlines()
    assert len(lines) <= 25
    assert lines[-1] == f"SHA-256 {document.sha256}"


def test_a_picture_tells_nothing_by_colour_alone() -> None:
    """A field has its number, and a corner where cases were missed."""
    grid = [[(0, 0, 0)] * 24 for _ in range(7)]
    grid[2][9] = (5, 3, 2)
    svg = charts.heat(grid, "ko")
    assert svg.count("<polygon") == 1
    assert ">5</text>" in svg


def test_a_week_without_a_share_breaks_the_line() -> None:
    """It is no 0 % and no 100 %."""
    points = [Point(week=f"2026-W{40 + at}", cases=4, met=3 * (at != 2), missed=at != 2) for at in range(5)]
    svg = charts.trend(points, "ko")
    assert svg.count("<polyline") == 2
    assert svg.count("<circle") == 4
