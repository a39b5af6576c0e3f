"""`demo`: the whole service on one machine, with citizens who post."""

from __future__ import annotations

import click

from monitor.cli.call import Call, Refusal, pass_call
from monitor.demo.run import main
from monitor.demo.speed import FASTEST, SLOWEST
from monitor.demo.stage import NothingToShow


@click.command()
@click.option("--minutes", type=click.FloatRange(min=0, min_open=True), help="End by itself after so many.")
@click.option(
    "--speed", type=click.FloatRange(SLOWEST, FASTEST), default=60.0, show_default=True,
    help="How many times faster than life.",
)  # fmt: skip
@pass_call
@click.pass_context
def demo(ctx: click.Context, call: Call, minutes: float | None, speed: float) -> None:
    """The whole service against a small X and a small Graph on loopback, with a summary at the end.

    The settings are used as they are, but for secrets, addresses and durations; no platform is asked and nobody told.
    """
    try:
        ctx.exit(main(minutes, speed, config=call.config))
    except NothingToShow as exc:
        raise Refusal(str(exc)) from exc
