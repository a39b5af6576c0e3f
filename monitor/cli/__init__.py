"""The command line: thin verbs, each loaded only when it is called, so that `--help` is there at once."""

from __future__ import annotations

import gc
import importlib
import sys
from pathlib import Path

import click

from monitor.cli.call import Call
from monitor.clock import system_clock

_VERBS = {
    "run": ("monitor.cli.run:run", "The daemon in the foreground, until SIGTERM."),
    "web": ("monitor.cli.web:web", "Only the web, beside a daemon on the same database."),
    "check-config": ("monitor.cli.check_config:check_config", "Every fault of the settings at once."),
    "demo": ("monitor.cli.demo:demo", "The whole service against a small X and a small Graph on this machine."),
    "queue": ("monitor.cli.queue:queue", "Open cases, earliest deadline first."),
    "case": ("monitor.cli.case:case", "What staff do to a case."),
    "crisis": ("monitor.cli.crisis:crisis", "Incidents: a keyword or a surge, its cases, its owner, its end."),
    "accounts": ("monitor.cli.accounts:accounts", "How far each account is known, and what is wrong with it."),
    "channels": ("monitor.cli.channels:channels", "Where alerts go out, whom they reach, and whether they arrive."),
    "alerts": ("monitor.cli.alerts:alerts", "What was sent to whom, tries, dead letters."),
    "maintenance": ("monitor.cli.maintenance:maintenance", "A silence with an end, while somebody works on it."),
    "report": ("monitor.cli.report:report", "The weekly SLA compliance report, and its proof."),
    "simulate": ("monitor.cli.simulate:simulate", "What a week would have been under another policy."),
    "calendar": ("monitor.cli.calendar:calendar", "Which hours count, and why a day does not."),
    "nodes": ("monitor.cli.nodes:nodes", "The daemons on this database, and which of them decide."),
    "user": ("monitor.cli.user:user", "Who may log in to the web."),
    "token": ("monitor.cli.token:token", "Which programs may call the API."),
    "db": ("monitor.cli.db:db", "Migrations, copies and checks of the database."),
}
"""Where each verb lives, and its one line in the help."""

_INTERRUPTED = 130
"""What shells make of a program ended by SIGINT."""


class Verbs(click.Group):
    """Loads a verb's module when it is called; turns whatever it raises into CONTRACT's exit codes."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs, in the order in which an operator meets them."""
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one verb; None for an unknown one."""
        if cmd_name not in _VERBS:
            return None
        module, _, name = _VERBS[cmd_name][0].partition(":")
        # What loading makes lives as long as the program: looking for garbage in it costs a tenth of the time.
        gc.disable()
        try:
            command: click.Command = getattr(importlib.import_module(module), name)
        finally:
            gc.enable()
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of verbs, without loading any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in _VERBS.items()])

    def invoke(self, ctx: click.Context) -> object:
        """Run the verb; what it raises ends in one line and an exit code."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.Abort, click.exceptions.Exit, BrokenPipeError):
            raise
        except KeyboardInterrupt:
            ctx.exit(_INTERRUPTED)
        except Exception as exc:  # noqa: BLE001 - the last resort: told in one line, with an exit code
            from monitor.cli.failures import explain

            message, code = explain(exc, ctx.obj)
            click.echo(message, err=True)
            ctx.exit(code)


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--config", type=click.Path(path_type=Path), default=Path("monitor.toml"), show_default=True,
    help="The city's settings.",
)  # fmt: skip
@click.option("--debug", is_flag=True, help="Show where an error of the program itself came from.")
@click.version_option(package_name="sns-monitor")
@click.pass_context
def cli(ctx: click.Context, config: Path, debug: bool) -> None:
    """Keeps a city's promise to answer every mention on social media within 30 minutes.

    Exit codes: 0 well, 1 the answer is no, 2 usage, 70 an error of the program, 75 try later, 78 bad settings.
    """
    # Who starts a command from Python may hand it a clock.
    ctx.obj = Call(config, debug, ctx.obj or system_clock)


def main() -> None:
    """The console script `sns-monitor`."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal or file that cannot hold a sign gets its code, never a traceback.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    cli(prog_name="sns-monitor")
