"""`check-config`: every fault of the settings at once; with `--online` also what only the outside can tell."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table

from config import Settings, SettingsError
from config.findings import findings
from monitor.cli.call import Call, as_json, pass_call
from monitor.cli.findings import asked_of_the_database
from monitor.cli.output import cell, console, print_json
from monitor.store.engine import StoreError
from monitor.words import Words

if TYPE_CHECKING:
    from monitor.cli.online import Probe


@click.command()
@click.option("--online", is_flag=True, help="Also ask the platforms, and send a test alert over every channel.")
@as_json
@pass_call
def check_config(call: Call, online: bool, as_json: bool) -> None:
    """Every fault of the settings at once, one a line; exit code 78 when there is one.

    Then what is no fault and worth a look: hours without duty, leave, channels never proved. The exit code stays 0.

    With --online also tokens, handles, our clock against the platforms', and a test alert over every channel; exit
    code 1 when one of these fails.
    """
    try:
        settings = call.settings()
    except SettingsError as exc:
        if as_json:
            names = ("file", "line", "key", "problem", "mend")
            faults = [{name: getattr(fault, name) for name in names} for fault in exc.faults]
            print_json({"ok": False, "faults": faults, "findings": []})
        raise
    probes = _probes(call, settings) if online else []
    found = [*findings(settings, call.clock()), *asked_of_the_database(call)]
    if as_json:
        print_json(
            {"ok": all(probe.ok for probe in probes), "faults": [], "findings": [one._asdict() for one in found],
             "hash": settings.hash(), **_summary(settings)}
            | ({"online": [probe._asdict() for probe in probes]} if online else {})
        )  # fmt: skip
    else:
        words = call.words()
        _print(words, settings)
        for probe in probes:
            word, about = words("ok" if probe.ok else "fault"), f"{words(f'online.{probe.check}')}  {probe.name}"
            click.echo(f"{word}  {about}" + (f": {probe.detail}" if probe.detail else ""))
        for one in found:
            click.echo(f"{words('note')}  {one.key}: {one.problem} — {one.mend}")
    if not all(probe.ok for probe in probes):
        click.get_current_context().exit(1)


def _probes(call: Call, settings: Settings) -> list[Probe]:
    """Ask the outside; what came of the channels is kept where there is a database already."""
    from monitor.cli.online import Probe, ask_platforms, keep, try_channels

    probes, tried = ask_platforms(settings, call.clock, call.words()), try_channels(settings, call.clock)
    with suppress(StoreError), call.store() as store:
        keep(store, settings, tried, call.clock())
    return probes + [Probe("channel", one.channel, one.ok, one.detail) for one in tried]


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
