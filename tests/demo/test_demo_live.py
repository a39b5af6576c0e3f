"""The demo's screen and its plain lines: nothing is wider or longer than the terminal, whatever there is to show."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from rich.cells import cell_len
from rich.console import Console

from monitor.demo.live import countdown, render
from monitor.demo.plain import Plain
from monitor.demo.scene import Accounts, Alert, Row, Scene
from monitor.demo.words import DemoWords
from monitor.store.recount import Tallied

CITY_TIME = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
FOOTER = "화면 http://127.0.0.1:8080 · 아이디 kim · 비밀번호 thirty-minutes   지표 http://127.0.0.1:9108/metrics"
URGENCIES = ("overdue", "risk", "held", "open")


def scene(rows: int) -> Scene:
    """A city where that much is going on."""
    return Scene(
        service="대전광역시 SNS 응답 관리", city_time=CITY_TIME, speed=60.0, left=timedelta(seconds=30),
        total=Tallied(rows, rows // 2, rows // 3, rows, 1, 2, 0),
        departments=[(name, Tallied(9, 7, 2, 0, 0, 0, 0)) for name in ("교통정책과", "시설관리과", "홍보담당관")],
        open=rows, overdue=rows // 4,
        rows=[
            Row(URGENCIES[n % 4], timedelta(minutes=n - 90), ("twitter", "facebook")[n % 2], "시설관리과",
                "산책하는구름12", "둔산동 골목 보안등이 깜빡거려서 밤길이 무섭습니다. 확인해 주세요. " * 3)
            for n in range(rows)
        ],
        alerts=[
            Alert(CITY_TIME, ("warning", "breach", "escalation", "answered", "blind")[n % 5], 1, "교통정책과장 대행", n,
                  n % 3 == 0, "{bus}번 버스 도착 정보가 [red]안[/red] 떠요 " * 4)
            for n in range(rows)
        ],
        alerts_arrived=rows,
        accounts=[
            Accounts("twitter", ("dj_transport", "dj_facility", "dj_environ", "dj_welfare", "dj_city"), CITY_TIME, None,
                     False),
            Accounts("facebook", ("djfacility", "djcity"), CITY_TIME, CITY_TIME if rows else None, bool(rows)),
        ],
        prevented=1,
    )  # fmt: skip


def drawn(shown: Scene, language: str, width: int, height: int) -> list[str]:
    """The lines of a screen of that size."""
    console = Console(width=width, height=height, record=True, file=io.StringIO(), force_terminal=True)
    console.print(render(shown, DemoWords(language), FOOTER, width, height), end="")
    return console.export_text().splitlines()


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize(("width", "height"), [(80, 24), (100, 30), (120, 40), (200, 60), (80, 12), (60, 24)])
@pytest.mark.parametrize("rows", [0, 1, 300])
def test_screen_fits(language: str, width: int, height: int, rows: int) -> None:
    """No line is wider than the terminal, none more than it has, and frames close at the same column."""
    lines = drawn(scene(rows), language, width, height)
    assert len(lines) == height
    assert max(map(cell_len, lines)) <= width
    framed = [line for line in lines if line[:1] in "╭│╰"]
    assert {cell_len(line.rstrip()) for line in framed} == {width}
    assert sum(line.count("╭") for line in lines) == sum(line.count("╰") for line in lines) >= 2
    assert lines[1].rstrip()[-1].isdigit()  # of the counts only whole ones are shown


def test_screen_of_80_by_24_says_what_matters() -> None:
    """The most urgent first, in words and by a sign; alerts, blindness, both clocks and the counts."""
    text = "\n".join(drawn(scene(300), "ko", 80, 24))
    for said in ("09:30:00", "60배속", "00:30", "!! 초과", "!  임박", "v  확인", "-  대기", "미답변 300건",
                 "기한 초과 75건", "알림 수신 300통", "수집 장애(09:30부터)", "막은 오경보 1", "+1:30:00"):  # fmt: skip
        assert said in text, said
    assert "[red]안" in text  # a citizen's words are words and never markup


def test_empty_screen_says_that_it_is_empty() -> None:
    """Nothing to do and no alert are said in words; an endless demo says how to end it."""
    text = "\n".join(drawn(replace(scene(0), left=None), "ko", 80, 24))
    assert "답변을 기다리는 글이 없습니다." in text and "아직 알림이 없습니다." in text and "Ctrl-C로 종료" in text


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "00:00"), (725, "12:05"), (-1, "+00:01"), (-3753, "+1:02:33"), (3600, "1:00:00")]
)
def test_countdown(seconds: int, said: str) -> None:
    """Minutes and seconds; "+" once it is over."""
    assert countdown(timedelta(seconds=seconds)) == said


def test_plain_lines_hold_no_control_codes() -> None:
    """One line an alert, whole, without colours or markup; status lines ten minutes of the city apart."""
    out = io.StringIO()
    plain = Plain(Console(file=out, width=80), DemoWords("ko"))
    said = "[bold]버스[/bold]가 안 와요 " * 20
    plain.alert(Alert(CITY_TIME, "breach", 2, "교통팀장", 3, True, said))
    plain.alert(Alert(CITY_TIME, "blind", 0, "운영 담당", 0, False, "FB djcity"))
    for minutes in (0, 9, 10):
        plain.status(replace(scene(5), city_time=CITY_TIME + timedelta(minutes=minutes)))
    lines = out.getvalue().splitlines()
    assert lines[0] == f"09:30 [기한 초과] 교통팀장 · 2단계 · 3건 · 확인 못 함 · {said}".rstrip(" ") + said[-1:]
    assert lines[1] == "09:30 [수집 장애] 운영 담당 · FB djcity"
    assert [line[:5] for line in lines[2:]] == ["09:30", "09:40"]
    assert "\x1b" not in out.getvalue()
