"""`calendar …`: which hours count, and why a day does not."""

from __future__ import annotations

import click
from rich.table import Table

from monitor.cli.call import Call, Refusal, as_json, pass_call
from monitor.cli.output import cell, console, print_json
from monitor.reports.month import Day, Month, UnknownMonth, Why, month
from monitor.words import Words


@click.group()
def calendar() -> None:
    """Which hours count, and why a day does not."""


@calendar.command()
@click.option("--month", "written", metavar="2026-11", help="The month that runs when left out.")
@click.option("--calendar", "name", metavar="NAME", help="All calendars when left out.")
@click.option("--department", metavar="ID", help="The calendar of its policy, with its local holidays.")
@as_json
@pass_call
def show(call: Call, written: str | None, name: str | None, department: str | None, as_json: bool) -> None:
    """A month, day by day: the hours that count, holidays, pauses, and until when holidays are known.

    With both --calendar and --department: that calendar with the department's local holidays.
    """
    rules, words = call.rules(), call.words()
    if name is not None and name not in rules.calendars:
        known = ", ".join(rules.calendars)
        raise click.BadParameter(words("unknown_calendar", name=name, known=known), param_hint="--calendar")
    if department is not None and department not in rules.departments:
        raise Refusal(words("unknown_department", id=department, known=", ".join(rules.departments)))
    if name is not None:
        names = [name]
    elif department is not None:
        names = [rules.policy(rules.departments[department].policy).calendar]
    else:
        names = list(rules.calendars)
    language = rules.settings.service.language
    try:
        months = [month(rules, each, department, written, call.clock(), language) for each in names]
    except UnknownMonth as exc:
        raise click.BadParameter(str(exc), param_hint="--month") from exc
    if as_json:
        print_json([each.to_dict() for each in months])
        return
    for number, each in enumerate(months):
        if number:
            click.echo()
        _print(words, each)


def _print(words: Words, shown: Month) -> None:
    out = console()
    whose = f"{shown.calendar.name}, {shown.department}" if shown.department else shown.calendar.name
    out.print(words("calendar.title", calendar=whose, month=f"{shown.first:%Y-%m}"), style="bold")
    out.print()
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    for _ in range(4):
        grid.add_column(overflow="fold")
    for day in shown.days:
        hours = " ".join(_hours(day)) or "-"
        grid.add_row(words.day(day.date), cell(hours), words.hours(day.business), cell(_note(words, day)))
    out.print(grid)
    out.print()
    out.print(words("calendar.sum", amount=words.hours(shown.business)))
    out.print(words("calendar.pauses", pauses=", ".join(shown.pauses) or words("empty")))
    if shown.known_until is not None:
        out.print(words("calendar.known_until", until=shown.known_until))
    out.print(words("calendar.version", version=shown.calendar.version, zone=shown.calendar.zone.key))


def _hours(day: Day) -> list[str]:
    return [
        f"{start:%H:%M}-{'24:00' if end.date() > day.date else f'{end:%H:%M}'}" for start, end in day.spans
    ]  # fmt: skip


def _note(words: Words, day: Day) -> str:
    if day.why is None:
        return ""
    if day.why is Why.HOLIDAY:
        return day.name
    said = words(f"calendar.{day.why}")
    return f"{said} ({day.name})" if day.name else said
