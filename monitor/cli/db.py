"""`db …`: migrations, copies and checks of the database."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import click

from monitor import service
from monitor.cli.call import Call, Refusal, as_json, pass_call
from monitor.cli.output import print_json
from monitor.store import backup as copies
from monitor.store import migrate
from monitor.store.engine import Store
from monitor.store.opening import in_words, newest_revision, sqlite_path

_path = click.argument("path", metavar="PATH", type=click.Path(path_type=Path, dir_okay=False))


@click.group()
def db() -> None:
    """Migrations, copies and checks of the database."""


@db.command()
@pass_call
def upgrade(call: Call) -> None:
    """Bring the database to this program's schema; the daemon does the same when it starts."""
    url, words = call.settings().database, call.words()
    path = sqlite_path(url)
    with ExitStack() as stack:
        if path is not None:
            stack.enter_context(service.hold(path))
        stack.enter_context(in_words())
        store = Store(url)
        stack.callback(store.close)
        was = migrate.revision(store)
        copy = migrate.upgrade(store, call.clock())
    key = "db.current" if was == newest_revision() else "db.upgraded"
    click.echo(words(key, was=was or words("empty"), revision=newest_revision()))
    if copy is not None:
        click.echo(words("db.copy", path=copy))


@db.command()
@_path
@pass_call
def backup(call: Call, path: Path) -> None:
    """Copy the database into the new file PATH, while the daemon goes on."""
    settings = call.settings()
    try:
        copies.backup(settings.database, path)
    except copies.Refused as exc:
        raise Refusal(str(exc)) from exc
    click.echo(call.words()("db.backup", path=path))


@db.command()
@_path
@pass_call
def restore(call: Call, path: Path) -> None:
    """Put the copy PATH in the database's place; the old one is kept. The daemon must be stopped."""
    settings, words = call.settings(), call.words()
    try:
        kept = copies.restore(settings.database, path, call.clock())
    except copies.Refused as exc:
        raise Refusal(str(exc)) from exc
    click.echo(words("db.restored", path=path))
    if kept is not None:
        click.echo(words("db.copy", path=kept))


@db.command()
@as_json
@pass_call
def check(call: Call, as_json: bool) -> None:
    """Whether the database is readable, whole and at this program's schema; exit code 1 when it is not."""
    faults = copies.check(call.settings().database)
    if as_json:
        print_json({"ok": not faults, "revision": newest_revision(), "faults": faults})
    elif not faults:
        click.echo(call.words()("db.ok", revision=newest_revision()))
    else:
        for fault in faults:
            click.echo(fault)
    if faults:
        click.get_current_context().exit(1)
