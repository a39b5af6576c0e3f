"""`nodes`: the daemons that share this database, and which of them decide."""

from __future__ import annotations

from datetime import timedelta

import click
from rich.text import Text

from monitor.cli.call import Call, as_json, pass_call
from monitor.cli.output import cell, console, print_json, table
from monitor.store import nodes as stored

_SHOWN = 12


@click.command()
@as_json
@pass_call
def nodes(call: Call, as_json: bool) -> None:
    """The daemons on this database: alive or not, with which settings, and whether they decide."""
    rules = call.rules()
    with call.store() as store, store.read() as tx:
        now = stored.database_now(tx)
        found = [(node, stored.is_live(node, now)) for node in stored.everyone(tx)]
    mine = rules.settings.hash()
    if as_json:
        print_json([
            {"id": node.id, "host": node.host, "started_at": node.started_at.astimezone(rules.zone).isoformat(),
             "seen_at": node.seen_at.astimezone(rules.zone).isoformat(), "settings": node.settings, "live": live,
             "decides": live and node.decides, "same_settings": node.settings == mine}
            for node, live in found
        ])  # fmt: skip
        return
    words = call.words()
    grid = table(words("nodes.node"), words("nodes.seen"), words("nodes.settings"))
    for node, live in found:
        state = "decides" if live and node.decides else "waits" if live else "gone"
        style = {"decides": "green", "waits": "bold yellow", "gone": "dim"}[state]
        silence = words.span(max(now - node.seen_at, timedelta(0)))
        grid.add_row(
            cell(node.host, node.id),
            cell(Text(words(f"nodes.{state}"), style=style), words("ago", span=silence)),
            cell(node.settings[:_SHOWN], words("nodes.same" if node.settings == mine else "nodes.other")),
        )
    console().print(grid)
