"""The report's files: whole or not at all, the list of cases only with a reason that is kept on record."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from monitor import privacy
from monitor.cli.call import Call, Refusal
from monitor.reports import faces
from monitor.reports.document import CaseLine, Document
from monitor.reports.week import case_lines
from monitor.rules import Rules
from monitor.store.engine import Store

_BINARY = frozenset({"pdf", "xlsx"})


def write_files(
    call: Call, store: Store, rules: Rules, document: Document, formats: Sequence[str], folder: Path,
    reason: str | None, who: str,
) -> Iterator[Path]:  # fmt: skip
    """Write the forms into a folder, in place of older files of that name; yields each as it is there.

    Where several are asked for, one that cannot be made for want of a package is named on standard error and left out.
    """
    cases = _cases(call, store, rules, document, reason, who)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for format in formats:
            try:
                content = faces.render(document, format, rules.settings.service.language, cases)
            except faces.MissingExtra as exc:
                if len(formats) == 1:
                    raise Refusal(str(exc)) from exc
                click.echo(str(exc), err=True)
                continue
            path = folder / faces.filename(document, format)
            part = path.with_name(f".{path.name}.part")
            try:
                part.write_bytes(content)
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)
            yield path
    except OSError as exc:
        raise Refusal(f"{exc.filename}: {exc.strerror}") from exc


def print_file(
    call: Call, store: Store, rules: Rules, document: Document, format: str, reason: str | None, who: str
) -> None:
    """Print a form on standard output, unless it would only confuse a terminal."""
    if format in _BINARY and sys.stdout.isatty():
        raise click.UsageError(call.words()("report.binary", format=format))
    cases = _cases(call, store, rules, document, reason, who)
    try:
        content = faces.render(document, format, rules.settings.service.language, cases)
    except faces.MissingExtra as exc:
        raise Refusal(str(exc)) from exc
    click.echo(content, nl=False)


def _cases(
    call: Call, store: Store, rules: Rules, document: Document, reason: str | None, who: str
) -> Sequence[CaseLine]:
    """The cases to list: none without a reason, and none before it is on record."""
    if reason is None:
        return ()
    of = f" {document.department}" if document.department is not None else ""
    with store.write() as tx:
        privacy.exported(tx, who, f"report {document.week}{of} xlsx", reason, call.clock())
    return case_lines(store, rules, document)
