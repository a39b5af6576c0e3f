"""`accounts`: how far each account is known, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import click
from rich.text import Text

from monitor.cli.call import Call, as_json, pass_call
from monitor.cli.output import cell, console, print_json, table
from monitor.rules import Rules
from monitor.store import views
from monitor.words import Words

_PROBLEMS = ("token_problem", "handle_problem", "problem")


@click.command()
@as_json
@pass_call
def accounts(call: Call, as_json: bool) -> None:
    """Up to when each account is complete; blindness, tokens, handles, sources, posts set aside."""
    rules = call.rules()
    with call.store() as store, store.read() as tx:
        found = views.accounts_json(tx, rules)
    if as_json:
        print_json(found)
        return
    words, now = call.words(), call.clock()
    grid = table(words("column.account"), words("column.known"))
    for account in found:
        owner = rules.departments.get(account["department"])
        name = f"@{account['handle']}" if account["handle"] else account["id"]
        grid.add_row(
            cell(f"{account['platform']} {name}", owner.name if owner else account["department"]),
            cell(_known(words, rules, account, now), *_state(words, rules, account)),
        )
    console().print(grid)


def _known(words: Words, rules: Rules, account: Mapping[str, Any], now: datetime) -> str:
    if account["complete_until"] is None:
        return words("accounts.never")
    until = datetime.fromisoformat(account["complete_until"])
    return f"{words.when(until, rules.zone)} ({words('ago', span=words.span(now - until))})"


def _state(words: Words, rules: Rules, account: Mapping[str, Any]) -> list[Text | str]:
    """Everything that is not as it should be; one word where all is."""
    lines: list[Text | str] = []
    if not account["configured"]:
        lines.append(words("accounts.removed"))
    if account["blind_since"] is not None:
        since = words.when(datetime.fromisoformat(account["blind_since"]), rules.zone)
        lines.append(Text(words("accounts.blind", since=since), style="bold red"))
    if account["suspect_since"] is not None:
        since = words.when(datetime.fromisoformat(account["suspect_since"]), rules.zone)
        lines.append(Text(words("accounts.suspect", since=since), style="bold yellow"))
    lines += [f"{words(f'accounts.{name}')}: {account[name]}" for name in _PROBLEMS if account[name]]
    for source in account["sources"]:
        wrong = [words("accounts.behind")] if source["behind"] else []
        if source["failures"]:
            wrong.append(words("accounts.source", failures=source["failures"]))
            wrong += [source["problem"]] if source["problem"] not in (account["problem"], "") else []
        if wrong:
            lines.append(f"{source['kind']}: {' · '.join(wrong)}")
    aside = account["set_aside"] + account["set_aside_shared"]
    if aside:
        lines.append(words("accounts.set_aside", count=aside))
    well = words("accounts.starting" if account["complete_until"] is None else "accounts.well")
    return lines or [well]
