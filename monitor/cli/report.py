"""`report …`: the weekly compliance report, and its proof."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from monitor.cli.call import Call, Refusal, as_json, pass_call
from monitor.cli.output import cell, console, print_json
from monitor.reports import faces
from monitor.reports.verify import Verdict
from monitor.reports.verify import verify as prove
from monitor.reports.week import DepartmentWeek, Report, UnknownDepartment
from monitor.reports.week import weekly as count
from monitor.words import Words
from sla.compliance import percent
from sla.week import UnknownWeek

_week = click.option("--week", metavar="2026-W47", help="An ISO week; the last complete one when left out.")


@click.group()
def report() -> None:
    """The weekly SLA compliance report, and its proof."""


@report.command()
@_week
@click.option("--department", metavar="ID", help="Only this department's.")
@click.option("--format", "format", type=click.Choice(faces.FORMATS), help="The file's form.")
@click.option(
    "--output", metavar="DIR", type=click.Path(path_type=Path, file_okay=False),
    help="Write the files there; in every form when --format is left out.",
)  # fmt: skip
@as_json
@pass_call
def weekly(
    call: Call, week: str | None, department: str | None, format: str | None, output: Path | None, as_json: bool
) -> None:
    """Attainment and coverage by department, counted from the events."""
    rules = call.rules()
    with call.store() as store:
        try:
            found = count(store, rules, week, call.clock(), department)
        except UnknownWeek as exc:
            raise click.BadParameter(str(exc), param_hint="--week") from exc
        except UnknownDepartment as exc:
            known = ", ".join(rules.departments)
            raise Refusal(call.words()("unknown_department", id=department, known=known)) from exc
    language = rules.settings.service.language
    if output is not None:
        for path in _write(found, (format,) if format else faces.FORMATS, output, language):
            click.echo(path, err=as_json)
    if as_json:
        print_json(found.to_dict())
    elif format is not None and output is None:
        click.echo(faces.render(found, format, language), nl=False)
    elif output is None:
        _print(call.words(), found)


@report.command()
@_week
@click.option("--head", metavar="HASH", help="A head printed or exported earlier: what it vouched for must be there.")
@as_json
@pass_call
def verify(call: Call, week: str | None, head: str | None, as_json: bool) -> None:
    """Recount from the events and check the seals; exit code 1 where they differ, and only then."""
    rules = call.rules()
    with call.store() as store:
        try:
            verdict = prove(store, rules, call.clock(), week, head)
        except UnknownWeek as exc:
            raise click.BadParameter(str(exc), param_hint="--week") from exc
    if as_json:
        print_json({"ok": verdict.ok, "findings": list(verdict.findings), "unproved": list(verdict.unproved),
                    "head": verdict.head, "events": verdict.events})  # fmt: skip
    else:
        _print_verdict(call.words(), verdict)
    if not verdict.ok:
        click.get_current_context().exit(1)


def _write(found: Report, formats: tuple[str, ...], folder: Path, language: str) -> list[Path]:
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for format in formats:
            path = folder / faces.filename(found, format)
            path.write_bytes(faces.render(found, format, language))
            written.append(path)
    except OSError as exc:
        raise Refusal(f"{exc.filename}: {exc.strerror}") from exc
    return written


def _print(words: Words, found: Report) -> None:
    shown = console()
    last_day = found.until.fromordinal(found.until.toordinal() - 1)
    title = words("week.title", week=found.week, since=f"{found.since:%Y-%m-%d}", until=f"{last_day:%Y-%m-%d}")
    shown.print(title, style="bold")
    shown.print()
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", show_footer=False)
    grid.add_column(words("week.department"), overflow="fold")
    for name in ("cases", "met", "missed", "pending", "dismissed", "attainment", "coverage"):
        grid.add_column(words(f"week.{name}"), justify="right", no_wrap=True)
    for department in found.departments:
        grid.add_row(*_row(department.name, department))
    grid.add_row(*_row(words("week.total"), found.total), style="bold")
    shown.print(grid)
    if found.unexplained:
        shown.print(words("week.unexplained", ids=", ".join(found.unexplained)))
    shown.print()
    shown.print(words("week.head", head=found.head or words("empty")))


def _row(name: str, of: DepartmentWeek) -> tuple[Text | str, ...]:
    whole = of.count.whole
    attainment = f"{percent(whole.met, whole.decided)}%" if whole.decided else "-"
    coverage = f"{of.coverage.percent}%" if of.coverage.percent else "-"
    numbers = (whole.received, whole.met, whole.missed, whole.pending, whole.dismissed)
    return (cell(name), *map(str, numbers), attainment, coverage)


def _print_verdict(words: Words, verdict: Verdict) -> None:
    for finding in verdict.findings:
        click.echo(finding)
    for doubt in verdict.unproved:
        click.echo(words("verify.unproved", what=doubt))
    key = "verify.ok" if verdict.ok else "verify.differs"
    click.echo(words(key, events=verdict.events, count=len(verdict.findings)))
    click.echo(words("week.head", head=verdict.head or words("empty")))
