"""`report …`: the weekly compliance report, those that were kept, and their proof."""

from __future__ import annotations

import getpass
from pathlib import Path

import click

from monitor.cli.call import Call, Refusal, as_json, pass_call
from monitor.cli.output import cell, console, print_json, table
from monitor.cli.report_shown import counting, print_differences, print_report
from monitor.cli.report_written import print_file, write_files
from monitor.reports import faces, snapshots
from monitor.reports.document import Document
from monitor.reports.verify import Verdict
from monitor.reports.verify import verify as prove
from monitor.reports.week import UnknownDepartment
from monitor.reports.week import weekly as count
from monitor.reports.weekly import counted
from monitor.rules import Rules
from monitor.store import events
from monitor.store import snapshots as stored
from monitor.store.engine import Store
from monitor.store.snapshots import Snapshot
from monitor.words import Words
from sla.case import Event
from sla.week import UnknownWeek, Week

_week = click.option("--week", metavar="2026-W47", help="An ISO week; the last complete one when left out.")
_LISTED = 53


@click.group()
def report() -> None:
    """The weekly SLA compliance report, those that were kept, and their proof."""


@report.command()
@_week
@click.option("--department", metavar="ID", help="Only this department's.")
@click.option("--format", "format", type=click.Choice(faces.FORMATS), help="The file's form.")
@click.option(
    "--output", metavar="DIR", type=click.Path(path_type=Path, file_okay=False),
    help="Write the files there; in every form when --format is left out.",
)  # fmt: skip
@click.option("--recount", is_flag=True, help="Count as of now, though a report was kept; says what differs.")
@click.option("--reason", metavar="TEXT", help="List the cases in the workbook; why, is kept on record.")
@click.option("--send", is_flag=True, help="Send the kept report once more; one that is missing is made first.")
@click.option("--yes", is_flag=True, help="Send without asking.")
@as_json
@pass_call
def weekly(
    call: Call, week: str | None, department: str | None, format: str | None, output: Path | None, recount: bool,
    reason: str | None, send: bool, yes: bool, as_json: bool,
) -> None:  # fmt: skip
    """Attainment and coverage by department: as kept, or counted from the events where no report was."""
    rules = call.rules()
    words = call.words()
    chosen = _chosen(call, rules, words, week)
    if send and (department or format or output or recount or reason):
        raise click.UsageError(words("report.send_alone"))
    formats = (format,) if format else faces.FORMATS if output is not None else ()
    if reason is not None and ("xlsx" not in formats or not reason.strip()):
        raise click.UsageError(words("report.reason_for_xlsx"))
    with call.store() as store:
        kept = _kept(store, chosen)
        if send:
            _send(call, store, rules, chosen, kept, yes, as_json)
            return
        try:
            document = _document(call, store, rules, chosen, department, None if recount else kept)
            before = _cut(snapshots.read(kept), department) if kept is not None and recount else None
        except UnknownDepartment as exc:
            known = ", ".join(rules.departments)
            raise Refusal(words("unknown_department", id=department, known=known)) from exc
        if kept is not None and not recount:
            said = words("report.kept", made_at=words.when(kept.made_at, rules.zone), sha256=kept.sha256)
            click.echo(said, err=as_json or bool(formats))
        if output is not None:
            for path in write_files(call, store, rules, document, formats, output, reason, _who()):
                click.echo(path, err=as_json)
        elif format is not None and not as_json:
            print_file(call, store, rules, document, format, reason, _who())
        if as_json:
            print_json(document.to_dict())
        elif not formats:
            print_report(words, document)
        if before is not None:
            print_differences(words, before, document, err=as_json or bool(formats))


@report.command("list")
@as_json
@pass_call
def list_(call: Call, as_json: bool) -> None:
    """The weeks whose report was kept, newest first."""
    rules, words = call.rules(), call.words()
    with call.store() as store, store.read() as tx:
        found = stored.latest(tx, _LISTED)
    if as_json:
        print_json(
            [{"week": one.week, "made_at": one.made_at.astimezone(rules.zone).isoformat(), "made_by": one.made_by,
              "last_event": one.last_event, "head": one.head, "sha256": one.sha256} for one in found]
        )  # fmt: skip
        return
    if not found:
        click.echo(words("report.none"))
        return
    grid = table(words("report.week"), words("report.made_when"), words("report.made_by"), "SHA-256")
    for one in found:
        grid.add_row(cell(one.week), cell(words.when(one.made_at, rules.zone)), cell(one.made_by), cell(one.sha256))
    console().print(grid)


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
            raise click.BadParameter(_no_week(call.words(), week, exc), param_hint="--week") from exc
    if as_json:
        print_json({"ok": verdict.ok, "findings": list(verdict.findings), "unproved": list(verdict.unproved),
                    "head": verdict.head, "events": verdict.events})  # fmt: skip
    else:
        _print_verdict(call.words(), verdict)
    if not verdict.ok:
        click.get_current_context().exit(1)


def _chosen(call: Call, rules: Rules, words: Words, week: str | None) -> Week:
    try:
        return Week.parse(week) if week is not None else Week.of(call.clock(), rules.zone).before()
    except UnknownWeek as exc:
        raise click.BadParameter(_no_week(words, week, exc), param_hint="--week") from exc


def _no_week(words: Words, week: str | None, error: UnknownWeek) -> str:
    return words("report.no_week", value=week, why=error)


def _kept(store: Store, week: Week) -> Snapshot | None:
    with store.read() as tx:
        return stored.get(tx, str(week))


def _document(
    call: Call, store: Store, rules: Rules, week: Week, department: str | None, kept: Snapshot | None
) -> Document:
    if kept is not None:
        return _cut(snapshots.read(kept), department)
    with counting(call.words()):
        return count(store, rules, str(week), call.clock(), department)


def _cut(document: Document, department: str | None) -> Document:
    try:
        return document if department is None else document.of(department)
    except KeyError as exc:
        raise UnknownDepartment(department) from exc


def _send(
    call: Call, store: Store, rules: Rules, week: Week, kept: Snapshot | None, yes: bool, as_json: bool
) -> None:  # fmt: skip
    words = call.words()
    if call.clock() < week.span(rules.zone)[1]:
        raise Refusal(words("report.runs", week=week))
    if kept is not None:
        document = snapshots.read(kept)
    else:
        with counting(words):
            document = counted(store, rules, str(week), call.clock)
    readers = snapshots.readers(rules, document)
    if not yes:
        click.confirm(words("report.ask", week=week, count=len(readers)), abort=True, err=True)
    with store.write() as tx:
        now = call.clock()
        if kept is None:
            snapshots.keep(tx, document, _who(), now)
        snapshots.send(tx, rules, document, now)
        about = {"week": str(week), "sha256": document.sha256, "messages": len(readers)}
        events.append(tx, [(None, Event("report_sent", now, _who(), about))])
    if as_json:
        print_json(about)
    else:
        click.echo(words("report.sent", week=week, count=len(readers)))


def _who() -> str:
    """Who sits at the machine: the command line knows people by their logins alone."""
    return f"operator:{getpass.getuser()}"


def _print_verdict(words: Words, verdict: Verdict) -> None:
    for finding in verdict.findings:
        click.echo(finding)
    for doubt in verdict.unproved:
        click.echo(words("verify.unproved", what=doubt))
    key = "verify.ok" if verdict.ok else "verify.differs"
    click.echo(words(key, events=verdict.events, count=len(verdict.findings)))
    click.echo(words("week.head", head=verdict.head or words("empty")))
