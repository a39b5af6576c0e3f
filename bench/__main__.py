"""`make bench`: every figure beside the limit of this machine, as a table and as build/bench.json."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import engine, limits, report, service, stage, web, web_tick
from monitor import logs

Figure = tuple[str, str, str, str]


def main() -> None:
    """Measure one figure after the other, each in a folder of its own."""
    logs.configure("error", [])
    console = Console(stderr=True)
    figures: list[Figure] = []

    def measure(
        name: str, goal: str, work: Callable[[Path], Any], show: Callable[[Any], str],
        beside: str | Callable[[Any], str] = "",
    ) -> Any:  # fmt: skip
        console.print(f"… {name}", style="dim")
        with tempfile.TemporaryDirectory(prefix="sns-bench-") as folder:
            value = work(Path(folder))
        figures.append((name, show(value), goal, beside if isinstance(beside, str) else beside(value)))
        return value

    claim = _in_folder(limits.bare_claim)
    for cases in (1_000, 100_000, 1_000_000):
        measure(f"one idle tick, {cases:,} open cases", "<= 1 ms", lambda f, n=cases: engine.idle_tick(f, n),
                lambda v: f"{v:.2f} ms")  # fmt: skip
    measure("1,000 due among 1,000,000 open, a case", "<= 50 us", engine.due, lambda v: f"{v:.0f} us",
            f"bare claim and commit {claim:.1f} us a row")  # fmt: skip
    measure("decide, a step due on a calendar that closes", "<= 20 us", engine.decision, lambda v: f"{v:.1f} us")
    bare = _in_folder(limits.bare_rows)
    core = _in_folder(lambda f: limits.core_rows(stage.filled(f, 0)))
    orm = _in_folder(lambda f: limits.orm_rows(stage.filled(f, 0)))
    measure("ingest, bytes to commit, half seen before", ">= 10,000 posts/s", engine.posts_a_second,
            lambda v: f"{v:,.0f} posts/s",
            f"rows/s in commits of 100: sqlite3 {bare:,.0f}, Core {core:,.0f}, ORM {orm:,.0f}")  # fmt: skip
    measure("10,000 breaches at one moment: first, all told", "<= 1 s, <= 3 s", service.storm,
            lambda v: f"{v[0]:.2f} s, {v[1]:.2f} s")  # fmt: skip
    measure("10,000 open of 1,000,000: queue's first page, last, counts; overview", "page + counts < 50 ms, < 100 ms",
            web.pages, lambda v: f"{v.first:.1f}, {v.last:.1f}, {v.counts:.1f}; {v.overview:.0f} ms")  # fmt: skip
    measure("escalation pass, p99: alone, beside the web's requests", "no slower", web_tick.slowed,
            lambda v: f"{v.alone:.0f} ms, {v.beside:.0f} ms at {v.answered:.0f} requests/s")  # fmt: skip
    for cases, goal in ((100_000, "-"), (1_000_000, "<= 1 s, <= 3 s, <= 300 MB")):
        measure(f"the week's report over {cases:,} cases: numbers, with all faces, memory", goal,
                lambda f, n=cases: report.weekly_report(f, n),
                lambda v: f"{v.numbers:.2f} s, {v.faces:.2f} s, {v.megabytes:.0f} MB",
                lambda v: f"sqlite3 alone, once through one index {v.bare:.2f} s")  # fmt: skip
    measure("events worked into what a report counts", "-", report.keeping_up, lambda v: f"{v:,.0f} events/s")
    measure("X calls for one round over 40 accounts", "4", service.search_calls, str)
    measure("memory of the idle daemon, 40 accounts", "<= 130 MB", service.idle_memory, lambda v: f"{v:.0f} MB")
    with tempfile.TemporaryDirectory(prefix="sns-bench-") as folder:
        stage.settings(Path(folder))
        stage.filled(Path(folder), 200, due=200).close()
        for words, goal in (("--help", "<= 0.1 s"), ("queue", "<= 0.6 s")):
            figures.append((f"sns-monitor {words}", f"{service.command(Path(folder), words):.2f} s", goal, "200 open"))
    _show(figures)


def _in_folder(work: Callable[[Path], float]) -> float:
    with tempfile.TemporaryDirectory(prefix="sns-bench-") as folder:
        return work(Path(folder))


def _show(figures: list[Figure]) -> None:
    machine = f"{os.cpu_count()} cores, {platform.machine()}, {_model()}, Python {platform.python_version()}, SQLite "
    table = Table("figure", "measured", "to reach", "limit in the same run", title=machine + sqlite3.sqlite_version)
    for row in figures:
        table.add_row(*row)
    Console(width=max(120, Console().width)).print(table)
    out = Path("build")
    out.mkdir(exist_ok=True)
    rows = [dict(zip(("figure", "measured", "goal", "limit"), row, strict=True)) for row in figures]
    document = {"machine": machine + sqlite3.sqlite_version, "figures": rows}
    (out / "bench.json").write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"written: {out / 'bench.json'}", file=sys.stderr)


def _model() -> str:
    info = Path("/proc/cpuinfo")
    if not info.exists():
        return platform.processor()
    line = next((line for line in info.read_text().splitlines() if line.startswith("model name")), ": unknown")
    return line.split(":", 1)[1].strip()


if __name__ == "__main__":
    main()
