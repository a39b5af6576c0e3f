"""`demo`: the whole service on one machine, with citizens who post."""

from __future__ import annotations

import click

from monitor.cli.call import Call, pass_call


@click.command()
@click.option("--minutes", type=click.FloatRange(min=0, min_open=True), help="End by itself after so many.")
@click.option(
    "--speed", type=click.FloatRange(min=0, min_open=True), default=1.0, show_default=True,
    help="How many times faster than life the citizens post.",
)  # fmt: skip
@pass_call
@click.pass_context
def demo(ctx: click.Context, call: Call, minutes: float | None, speed: float) -> None:
    """The whole service against a small X and a small Graph on loopback; needs no settings and no accounts."""
    from monitor.demo.run import main

    ctx.exit(main(minutes, speed))
