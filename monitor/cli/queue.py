"""`queue`: what waits for an answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import click

from monitor.alerts.message import one_line
from monitor.case_words import staff_name
from monitor.cli.call import Call, Refusal, as_json, pass_call
from monitor.cli.output import aligned, console, print_json
from monitor.rules import Rules
from monitor.store import cases, views
from monitor.store.engine import Transaction
from monitor.words import Words
from sla.case import Case, Clock


@click.command()
@click.option("--department", metavar="ID", help="Only this department's.")
@click.option("--limit", type=click.IntRange(min=1), help="Only the first so many.")
@click.option("--final", is_flag=True, help="What still owes a final answer instead.")
@as_json
@pass_call
def queue(call: Call, department: str | None, limit: int | None, final: bool, as_json: bool) -> None:
    """Open cases, earliest deadline first."""
    clock = Clock.FINAL if final else Clock.FIRST
    rules = call.rules()
    with call.store() as store, store.read() as tx:
        open_now = cases.count_open(tx)
        # A department that was taken out of the settings may still have open cases.
        if department is not None and department not in rules.departments and department not in open_now:
            known = ", ".join(rules.departments)
            raise Refusal(call.words()("unknown_department", id=department, known=known))
        departments = None if department is None else {department}
        if as_json:
            print_json(views.cases_json(tx, rules, departments, limit, clock))
        else:
            _print(tx, rules, call, cases.owing(tx, departments, clock=clock), limit, "_final" if final else "")


def _print(tx: Transaction, rules: Rules, call: Call, waiting: Sequence[Case], limit: int | None, which: str) -> None:
    words, now = call.words(), call.clock()
    if not waiting:
        click.echo(words(f"queue.none{which}"))
        return
    found = views.with_mentions(tx, waiting[:limit])
    rows = [[words(f"column.{name}") for name in ("remaining", "state", "department", "case")]]
    for case, _ in found:
        owner = rules.departments.get(case.department)
        name = owner.name if owner else case.department
        rows.append([words.remaining(_deadline(case), now), state_of(words, rules, case), name, case.id])
    heading, *lines = aligned(rows)
    shown = console()
    overdue = sum(now > _deadline(case) for case in waiting)
    shown.print(words(f"queue.count{which}", count=len(waiting), overdue=overdue), style="bold")
    shown.print(f"\n{heading}", style="dim")
    for line, (case, mentions) in zip(lines, found, strict=True):
        shown.print(line, style="bold red" if now > _deadline(case) else "bold")
        author = (mentions[0].author_name if mentions else "") or case.author or words("nobody")
        link = mentions[0].permalink if mentions else ""
        # Never folded by us, so that the link can be taken whole.
        shown.print(f"  {one_line(author)}  {one_line(link)}", soft_wrap=True)
    if len(found) < len(waiting):
        shown.print(words("queue.more", shown=len(found), count=len(waiting)))


def _deadline(case: Case) -> datetime:
    """That of the clock that runs."""
    return case.owed_by or case.deadline


def state_of(words: Words, rules: Rules, case: Case) -> str:
    """A case's state in words, with who has it."""
    state = words(case.state.value)
    return state if case.assignee is None else f"{state} · {staff_name(rules, case.assignee)}"
