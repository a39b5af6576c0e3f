"""`simulate`: what a week would have been under another policy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from config.durations import parse_duration
from monitor.cli.call import Call, Refusal, as_json, pass_call
from monitor.cli.output import cell, console, print_json
from monitor.reports.simulate import Progress as Told
from monitor.reports.simulate import Simulation, WhatIf
from monitor.reports.simulate import simulate as live_again
from monitor.reports.week import UnknownDepartment
from monitor.rules import Rules
from monitor.words import Words
from sla.compliance import Numbers, percent
from sla.policy import Policy
from sla.week import UnknownWeek
from sla.whatif import Figures

_SHOWN = 5


@click.command()
@click.option("--target", metavar="20m", help="Answer within this time; steps keep their proportion to it.")
@click.option("--calendar", metavar="NAME", help="Count on this calendar.")
@click.option("--policy", metavar="NAME", help="Put every case under this policy of the settings.")
@click.option("--week", metavar="2026-W47", help="An ISO week; the last complete one when left out.")
@click.option("--department", metavar="ID", help="Only the cases that this department holds.")
@as_json
@pass_call
def simulate(
    call: Call, target: str | None, calendar: str | None, policy: str | None, week: str | None,
    department: str | None, as_json: bool,
) -> None:  # fmt: skip
    """What a week would have been under another policy: its recorded cases, lived through again.

    Citizens, staff and platforms do what they did; the service decides afresh. The first answer's clock alone is
    simulated, and the crisis policy stays as it is.
    """
    rules, words = call.rules(), call.words()
    what_if = _what_if(rules, words, target, calendar, policy)
    try:
        with call.store() as store, _progress(words) as progress:
            found = live_again(store, rules, what_if, week, call.clock(), department, progress)
    except UnknownWeek as exc:
        raise click.BadParameter(str(exc), param_hint="--week") from exc
    except UnknownDepartment as exc:
        raise Refusal(words("unknown_department", id=department, known=", ".join(rules.departments))) from exc
    if as_json:
        print_json(found.to_dict())
    else:
        _print(words, rules, found)


def _what_if(rules: Rules, words: Words, target: str | None, calendar: str | None, policy: str | None) -> WhatIf:
    if target is None and calendar is None and policy is None:
        raise click.UsageError(words("simulate.nothing"))
    if calendar is not None and calendar not in rules.calendars:
        known = ", ".join(rules.calendars)
        raise click.BadParameter(words("unknown_calendar", name=calendar, known=known), param_hint="--calendar")
    if policy is not None and policy not in rules.policies:
        known = ", ".join(rules.policies)
        raise click.BadParameter(words("unknown_policy", name=policy, known=known), param_hint="--policy")
    what_if = WhatIf(None if target is None else _target(words, target), calendar, policy)
    try:
        for name in rules.policies:
            what_if.apply(rules, name)
    except ValueError as exc:
        raise click.BadParameter(str(exc), param_hint="--target") from exc
    return what_if


def _target(words: Words, written: str) -> timedelta:
    try:
        target = parse_duration(written)
    except ValueError as exc:
        raise click.BadParameter(words("simulate.no_target", value=written), param_hint="--target") from exc
    if target <= timedelta(0):
        raise click.BadParameter(words("simulate.no_target", value=written), param_hint="--target")
    return target


@contextmanager
def _progress(words: Words) -> Iterator[Told]:
    """Says on standard error how far it is, where somebody sits before it."""
    shown = Console(stderr=True)
    if not shown.is_terminal:
        yield lambda done, of: None
        return
    with Progress(console=shown, transient=True) as bar:
        task = bar.add_task(words("simulate.progress"), total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


def _print(words: Words, rules: Rules, found: Simulation) -> None:
    out = console()
    last_day = found.until - timedelta(days=1)
    out.print(
        words("simulate.title", week=found.week, since=f"{found.since:%Y-%m-%d}", until=f"{last_day:%Y-%m-%d}"),
        style="bold",
    )
    for name, (was, would) in found.policies.items():
        if was != would:
            out.print(f"{name}: {_promise(words, was)} → {_promise(words, would)}")
    out.print()
    out.print(_departments(words, rules, found))
    out.print()
    out.print(_alerts(words, rules, found))
    out.print()
    out.print(words("simulate.breaches", was=found.baseline.breaches, would=found.changed.breaches))
    out.print(words("simulate.prevented", was=found.prevented[0], would=found.prevented[1]))
    if found.refused:
        out.print(words("simulate.refused", count=found.refused))
    for line in _differences(words, found):
        out.print(line)
    out.print(words("simulate.first_only"))


def _promise(words: Words, policy: Policy) -> str:
    steps = ", ".join(
        f"{words.span(step.at)} {words.known('kind.' + step.kind, step.kind)}" for step in policy.steps
    )  # fmt: skip
    return f"{policy.calendar}, {steps}"


def _departments(words: Words, rules: Rules, found: Simulation) -> Table:
    """Attainment and what it is made of, by department: as it was promised, and as it would be."""
    grid = _grid(words("week.department"), words("week.cases"), words("week.met"), words("week.missed"),
                 words("week.attainment"))  # fmt: skip
    was, would = found.baseline.counts, found.changed.counts
    for id in dict.fromkeys((*was.departments, *would.departments)):
        name = rules.departments[id].name if id in rules.departments else id
        grid.add_row(cell(name), *_compared(*(of.departments[id].whole if id in of.departments else None
                                               for of in (was, would))))  # fmt: skip
    grid.add_row(words("week.total"), *_compared(was.total.whole, would.total.whole), style="bold")
    return grid


def _compared(was: Numbers | None, would: Numbers | None) -> tuple[str, ...]:
    pairs = [
        [str(of.received) if of else "0" for of in (was, would)],
        [str(of.met) if of else "0" for of in (was, would)],
        [str(of.missed) if of else "0" for of in (was, would)],
        [f"{percent(of.met, of.decided)}%" if of and of.decided else "-" for of in (was, would)],
    ]
    return tuple(_pair(*pair) for pair in pairs)


def _alerts(words: Words, rules: Rules, found: Simulation) -> Table:
    """Alerts in all, by kind, by person and by the hour of day."""
    names = {person.id: person.name for person in rules.settings.staff}
    was, would = found.baseline, found.changed
    grid = _grid(words("simulate.alerts"), "", words("simulate.count"))
    grid.add_row(words("week.total"), "", _pair(str(was.alerts), str(would.alerts)), style="bold")
    for kind in sorted({*was.kinds, *would.kinds}):
        told = _pair(str(was.kinds[kind]), str(would.kinds[kind]))
        grid.add_row(words("simulate.kind"), words.known(f"kind.{kind}", kind), told)
    for person in sorted({*was.people, *would.people}):
        told = _pair(str(was.people[person]), str(would.people[person]))
        grid.add_row(words("simulate.person"), cell(names.get(person, person)), told)
    for hour, told_at in enumerate(zip(was.hours, would.hours, strict=True)):
        if any(told_at):
            grid.add_row(words("simulate.hour"), f"{hour:02}:00-{hour + 1:02}:00", _pair(*map(str, told_at)))
    return grid


def _differences(words: Words, found: Simulation) -> Iterator[str]:
    """How far the baseline is what was recorded, and why not where it is not."""
    if not found.differences:
        yield words("simulate.as_recorded")
    else:
        yield words("simulate.recorded", was=_rate(found.recorded), again=_rate(found.baseline),
                    alerts=found.recorded.alerts, simulated=found.baseline.alerts)  # fmt: skip
    for why, cases in found.differences.items():
        ids = ", ".join(cases[:_SHOWN]) + (", …" if len(cases) > _SHOWN else "")
        yield words(f"simulate.{why}", count=len(cases), ids=ids)
    if found.unexplained:
        yield words("week.unexplained", ids=", ".join(found.unexplained))


def _rate(of: Figures) -> str:
    whole = of.counts.total.whole
    return f"{percent(whole.met, whole.decided)}%" if whole.decided else "-"


def _grid(*headings: str) -> Table:
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    grid.add_column(headings[0], overflow="fold")
    for heading in headings[1:]:
        grid.add_column(heading, justify="right" if heading else "left", no_wrap=bool(heading))
    return grid


def _pair(was: str, would: str) -> str:
    return was if was == would else f"{was} → {would}"
