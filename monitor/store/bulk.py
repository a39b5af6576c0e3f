"""Many rows at once: SQLAlchemy writes the statement once, the driver runs it, and nothing stands in between.

Core looks at every parameter of every row anew, which is most of what an `executemany` costs here; the hot path
(ingest, escalation) goes through `Bulk`, everything else through Core itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import UpdateBase

from monitor.store.columns import Instant, Json, dumps, micros

_DIALECTS: dict[str, Any] = {"sqlite": sqlite, "postgresql": postgresql}
_Convert = Callable[[Any], Any]


class Bulk:
    """One INSERT or UPDATE to run for many rows. Every parameter is a column's name or a `bindparam`."""

    def __init__(self, build: Callable[[str], UpdateBase], columns: Mapping[str, Any]) -> None:
        """`build` makes the statement for a dialect's name; `columns` gives each parameter's column."""
        self._build, self._columns = build, columns
        self._ready: dict[str, tuple[str, list[tuple[str, _Convert | None]]]] = {}

    def __call__(self, tx: Connection, rows: Iterable[Mapping[str, Any]]) -> int:
        """Run it for each row, whose keys are the parameters; returns how many rows it changed."""
        sql, order = self._ready.get(tx.dialect.name) or self._prepare(tx)
        values = [
            tuple([
                row[name] if convert is None or row[name] is None else convert(row[name]) for name, convert in order
            ])
            for row in rows
        ]  # fmt: skip
        if not values:
            return 0
        return tx.exec_driver_sql(sql, values, execution_options={"preserve_rowcount": True}).rowcount

    def _prepare(self, tx: Connection) -> tuple[str, list[tuple[str, _Convert | None]]]:
        name = tx.dialect.name
        style = "qmark" if name == "sqlite" else "format"
        dialect = type(tx.dialect)(paramstyle=style)  # type: ignore[call-arg]
        compiled = self._build(name).compile(dialect=dialect, column_keys=list(self._columns))
        order = [(key, _converter(self._columns[key].type)) for key in compiled.positiontup or ()]
        self._ready[name] = (str(compiled), order)
        return self._ready[name]


def once(table: Any, *names: str) -> Bulk:
    """An INSERT of `names` (default: every column) that skips rows which a unique key forbids."""
    columns = {name: table.c[name] for name in names or table.c.keys()}
    return Bulk(lambda name: _DIALECTS[name].insert(table).on_conflict_do_nothing(), columns)


def _converter(kind: Any) -> _Convert | None:
    if isinstance(kind, Instant):
        return micros
    return dumps if isinstance(kind, Json) else None
