"""`check-config`: every fault of the settings at once; with `--online` also what only the outside can tell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import click
from rich.table import Table

from config import Settings, SettingsError
from monitor.cli.call import Call, as_json, pass_call
from monitor.cli.output import cell, console, print_json
from monitor.cli.words import Words


@click.command()
@click.option("--online", is_flag=True, help="Also ask the platforms, and send a test alert over every channel.")
@as_json
@pass_call
def check_config(call: Call, online: bool, as_json: bool) -> None:
    """Every fault of the settings at once, one a line; exit code 78 when there is one.

    With --online also tokens, handles, our clock against the platforms', and a test alert over every channel; exit
    code 1 when one of these fails.
    """
    try:
        settings = call.settings()
    except SettingsError as exc:
        if as_json:
            names = ("file", "line", "key", "problem", "mend")
            faults = [{name: getattr(fault, name) for name in names} for fault in exc.faults]
            print_json({"ok": False, "faults": faults})
        raise
    findings = []
    if online:
        from monitor.cli.online import probe

        findings = probe(settings, call.clock, call.words())
    if as_json:
        print_json(
            {"ok": all(f.ok for f in findings), "faults": [], "hash": settings.hash(), **_summary(settings)}
            | ({"online": [f._asdict() for f in findings]} if online else {})
        )
    else:
        _print(call.words(), settings)
        for finding in findings:
            word = call.words()("ok" if finding.ok else "fault")
            about = f"{call.words()(f'online.{finding.check}')}  {finding.name}"
            click.echo(f"{word}  {about}" + (f": {finding.detail}" if finding.detail else ""))
    if not all(finding.ok for finding in findings):
        click.get_current_context().exit(1)


def _summary(settings: Settings) -> dict[str, Any]:
    return {
        "departments": [d.id for d in settings.departments],
        "accounts": [f"{a.platform}:{a.id}" for a in settings.accounts],
        "staff": [person.id for person in settings.staff],
        "channels": [channel.id for channel in settings.channels],
        "policies": {
            name: {
                "target": _short(policy.target),
                "calendar": policy.calendar,
                "steps": [
                    {"at": _short(step.at), "kind": step.kind, "notify": list(step.notify)} for step in policy.steps
                ],
            }
            for name, policy in settings.policies.items()
        },
        "calendars": list(settings.calendars),
    }


def _print(words: Words, settings: Settings) -> None:
    shown = console()
    shown.print(words("config.ok", file=settings.path.name), style="bold")
    grid = Table.grid(padding=(0, 2))
    summary = _summary(settings)
    for name in ("departments", "accounts", "staff", "channels", "calendars"):
        grid.add_row(words(f"config.{name}"), cell(f"{len(summary[name])}: {', '.join(summary[name])}"))
    for name, policy in summary["policies"].items():
        target = words("config.target", target=policy["target"])
        grid.add_row(words("config.policies"), cell(f"{name}: {target}, {policy['calendar']}", *_steps(words, policy)))
    shown.print(grid)


def _steps(words: Words, policy: dict[str, Any]) -> Sequence[str]:
    return [
        f"{number}. {step['at']} {words.known('kind.' + step['kind'], step['kind'])} → {', '.join(step['notify'])}"
        for number, step in enumerate(policy["steps"], 1)
    ]


def _short(amount: timedelta) -> str:
    """A duration as the settings write it."""
    seconds = int(amount.total_seconds())
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
