"""The demo's screen: the queue, the alerts as they arrive, how far the accounts are known. From 80 by 24 signs up.

State is said in words and by a sign as well as by colour, and signs are plain ones: terminals do not agree on how
wide the prettier ones are.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from rich import box
from rich.console import Group, RenderableType
from rich.layout import Layout
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from monitor.demo.scene import Accounts, Alert, Row, Scene
from monitor.demo.words import PLATFORM_SIGNS, DemoWords
from sla.compliance import percent

WIDE = 110
"""From this many signs on, the departments' attainment stands beside the alerts."""
_DEPARTMENTS = 36
_FRAME = 2
_SIGNS = {"overdue": "!!", "risk": "!", "held": "v", "open": "-"}
_STYLES = {"overdue": "bold red", "risk": "yellow", "held": "cyan", "open": ""}
_KIND_STYLES = {
    "breach": "bold red", "escalation": "bold magenta", "crisis": "bold red", "warning": "yellow", "answered": "green",
    "recovered": "green", "blind": "bold red", "fault": "bold red",
}  # fmt: skip


def render(scene: Scene, words: DemoWords, footer: str, width: int, height: int) -> RenderableType:
    """The whole screen: it fills `height` lines of `width` cells, and cuts what is longer."""
    accounts = Group(*(_account_line(one, words) for one in scene.accounts))
    room = max(2, height - 3 - len(scene.accounts))
    lower = max(2, room * 2 // 5)
    alerts = Layout(size=lower)
    if width >= WIDE and lower >= len(scene.departments) + _FRAME:
        alerts.split_row(Layout(_alerts(scene, words, lower)), Layout(_departments(scene, words), size=_DEPARTMENTS))
    else:
        alerts.update(_alerts(scene, words, lower))
    main = Layout()
    main.split_column(Layout(_queue(scene, words, room - lower)), alerts)
    whole = Layout()
    whole.split_column(
        Layout(_header(scene, words, width), size=2),
        main,
        Layout(accounts, size=max(1, len(scene.accounts))),
        Layout(_one_line(footer, "dim"), size=1),
    )
    return whole


def countdown(left: timedelta) -> str:
    """Minutes and seconds until a deadline, "+" and since when it is over: "12:05", "+1:02:33"."""
    seconds = int(left.total_seconds())
    hours, rest = divmod(abs(seconds), 3600)
    minutes, seconds_left = divmod(rest, 60)
    text = f"{hours}:{minutes:02}:{seconds_left:02}" if hours else f"{minutes:02}:{seconds_left:02}"
    return f"+{text}" if left < timedelta(0) else text


def _header(scene: Scene, words: DemoWords, width: int) -> RenderableType:
    line = Table.grid(expand=True, padding=(0, 1, 0, 0), pad_edge=False)
    line.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    line.add_column(no_wrap=True, justify="right")
    left = words("endless") if scene.left is None else words("left", left=countdown(max(scene.left, timedelta(0))))
    clock = words("clock", time=f"{scene.city_time:%H:%M:%S}", speed=f"{scene.speed:g}")
    line.add_row(
        Text(f"{scene.service} · {words('title')}", style="bold"), Text.assemble((clock, "bold"), (f"  {left}", "dim"))
    )
    total = scene.total
    counts = Text(no_wrap=True)
    for name, value, style in (
        ("received", total.received, "bold"), ("met", total.met, "green"), ("missed", total.missed, "red"),
        ("pending", total.pending, ""), ("prevented", scene.prevented, "green"),
        ("dismissed", total.dismissed, "dim"), ("deleted", total.deleted, "dim"),
    ):  # fmt: skip
        item = Text.assemble((f"{words(name)} ", "dim"), (str(value), style))
        if counts.cell_len + item.cell_len <= width:
            counts.append_text(item).append("   ")
    counts.rstrip()
    return Group(line, counts)


def _panel(title: str, content: RenderableType, note: str = "") -> Panel:
    return Panel(
        content, title=Text(title, style="bold"), title_align="left", box=box.ROUNDED, border_style="dim",
        subtitle=Text(note, style="bold red") if note else None, subtitle_align="right",
    )  # fmt: skip


def _grid(*widths: int | None, right: Sequence[int] = ()) -> Table:
    """A table without rules whose columns are so many cells wide; None takes what is left."""
    grid = Table.grid(expand=True, padding=(0, 1, 0, 0))
    for place, width in enumerate(widths):
        justify = "right" if place in right else "left"
        ratio = 1 if width is None else None
        grid.add_column(width=width, ratio=ratio, no_wrap=True, overflow="ellipsis", justify=justify)  # type: ignore[arg-type]
    return grid


def _queue(scene: Scene, words: DemoWords, height: int) -> Panel:
    rows = scene.rows[: max(0, height - _FRAME)]
    note = words("queue.overdue", count=scene.overdue) if scene.overdue else ""
    title = words("queue", count=scene.open)
    if not rows:
        return _panel(title, Text(words("queue.none"), style="dim"), note)
    urgency = 3 + max(Text(words(f"urgency.{name}")).cell_len for name in _SIGNS)
    grid = _grid(urgency, 8, 2, 10, 12, None, right=(1,))
    for row in rows:
        grid.add_row(*_queue_cells(row, words))
    return _panel(title, grid, note)


def _queue_cells(row: Row, words: DemoWords) -> list[Text]:
    style = _STYLES[row.urgency]
    return [
        Text(f"{_SIGNS[row.urgency]:<2} {words(f'urgency.{row.urgency}')}", style=style),
        Text(countdown(row.left), style=style),
        Text(PLATFORM_SIGNS.get(row.platform, row.platform)),
        Text(row.department),
        Text(row.author, style="dim"),
        Text(row.text),
    ]


def _alerts(scene: Scene, words: DemoWords, height: int) -> Panel:
    shown = scene.alerts[: max(0, height - _FRAME)]
    title = words("alerts", count=scene.alerts_arrived)
    if not shown:
        return _panel(title, Text(words("alerts.none"), style="dim"))
    kind = max(Text(words.kind(name)).cell_len for name in _KIND_STYLES)
    cases = max(Text(words("cases", count=one.cases)).cell_len for one in shown)
    recipient = max(Text(one.recipient).cell_len for one in shown)
    grid = _grid(5, kind, min(recipient, 14), cases, None, right=(3,))
    for one in shown:
        grid.add_row(*_alert_cells(one, words))
    return _panel(title, grid)


def _alert_cells(one: Alert, words: DemoWords) -> list[Text]:
    about = Text(one.about)
    if one.unchecked and one.kind != "answered":
        about = Text.assemble((f"[{words('unchecked')}] ", "yellow"), about)
    return [
        Text(f"{one.at:%H:%M}", style="dim"),
        Text(words.kind(one.kind), style=_KIND_STYLES.get(one.kind, "")),
        Text(one.recipient),
        Text(words("cases", count=one.cases) if one.cases else ""),
        about,
    ]


def _departments(scene: Scene, words: DemoWords) -> Panel:
    grid = _grid(13, 8, None, right=(1,))
    for name, of in scene.departments:
        decided = of.met + of.missed
        share = f"{percent(of.met, decided)}%" if decided else "-"
        grid.add_row(Text(name), Text(share, style="bold"), Text(f"{of.met} / {decided}", style="dim"))
    return _panel(words("departments"), grid)


def _account_line(one: Accounts, words: DemoWords) -> Text:
    names = f"{PLATFORM_SIGNS.get(one.platform, one.platform)} {' '.join(one.names)}"
    if one.blind_since is not None:
        return _one_line("!! " + words("blind", accounts=names, since=f"{one.blind_since:%H:%M}"), "bold red")
    if one.until is None:
        return _one_line("-  " + words("starting", accounts=names), "dim")
    key, style, sign = ("failing", "yellow", "!  ") if one.failing else ("until", "dim", "v  ")
    return _one_line(sign + words(key, accounts=names, until=f"{one.until:%H:%M}"), style)


def _one_line(text: str, style: str) -> Text:
    return Text(text, style=style, no_wrap=True, overflow="ellipsis")
