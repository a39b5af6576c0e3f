"""What every case adds to the numbers, kept so that a report need not read the whole history again.

It is made from the events alone and may be thrown away at any time: `monitor.reports.outcomes` makes it anew.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Text, cast, delete, func, insert, select

from monitor.store import flags
from monitor.store.bulk import Bulk, once
from monitor.store.columns import dumps
from monitor.store.engine import lock_conversations
from monitor.store.tables import CellRow, OutcomeRow, UnitRow
from sla.tally import Cell, Fact, Tally, Unit
from sla.week import Week

_outcomes = OutcomeRow.__table__  # type: ignore[attr-defined]
_cells = CellRow.__table__  # type: ignore[attr-defined]
_units = UnitRow.__table__  # type: ignore[attr-defined]

_add = Bulk(lambda _: insert(_outcomes), {name: _outcomes.c[name] for name in _outcomes.c.keys()})  # noqa: SIM118
_once = {_cells: once(_cells, "data"), _units: once(_units, "data")}

COUNTED = "counted"
"""The flag that says up to which event this was made, and by which zone and office hours."""

_AT_ONCE = 500
_TIMES = ("response", "acknowledged", "final")


class Kept(NamedTuple):
    """A case as it is kept here."""

    case_id: str
    week: Week
    fact: Fact | None
    """None for a merged case, and for a broken one."""
    settles_at: datetime | None
    """From when on time alone changes no number of it; None where it never does."""
    broken: bool = False
    """Whether its history lacks its beginning or cannot be read."""
    moved_to: int | None = None
    """Its newest event, where that was recorded after the first week that it ever belonged to."""


def counted_to(tx: Connection, terms: str) -> int:
    """The newest event that all of this was made from; 0 where there is nothing, or it was made by other terms."""
    value = flags.get(tx, COUNTED)
    found: tuple[int, str] = tuple(json.loads(value)) if value else (0, "")
    return found[0] if found[1] == terms else 0


def lock(tx: Connection) -> None:
    """Keep other nodes from writing here until the transaction ends, before it is looked how far this goes."""
    lock_conversations(tx, {"outcomes"})


def put(tx: Connection, kept: Collection[Kept], counted_to: int, terms: str, now: datetime) -> None:
    """Keep cases in place of what was kept of them, and say how far this goes now."""
    ids = [one.case_id for one in kept]
    for start in range(0, len(ids), _AT_ONCE):
        tx.execute(delete(_outcomes).where(_outcomes.c.case_id.in_(ids[start : start + _AT_ONCE])))
    facts = [one.fact for one in kept if one.fact is not None]
    cells = _ids(tx, _cells, {dumps(fact.cell) for fact in facts})
    units = _ids(tx, _units, {dumps(fact.cell.unit) for fact in facts})
    _add(tx, [_row(one, cells, units) for one in kept])
    flags.put(tx, COUNTED, dumps([counted_to, terms]), now)


def clear(tx: Connection) -> None:
    """Throw all of it away."""
    flags.clear(tx, COUNTED)
    for table in (_outcomes, _cells, _units):
        tx.execute(delete(table))


def tally(tx: Connection, week: Week, *, whole: bool) -> Tally:
    """What is kept of a week; only how its cases stand, without when and how long, unless it is to be the `whole`.

    The database counts within its indexes: each row that comes back stands for many cases.
    """
    found, c, number = Tally(), _outcomes.c, _number(week)
    of_week = c.week == number
    cells = tx.execute(select(c.cell, func.count()).where(of_week, c.cell.is_not(None)).group_by(c.cell)).all()
    kinds = _cells_by_id(tx, {cell for cell, _ in cells})
    found.cells.update({kinds[cell]: n for cell, n in cells})
    if not whole:
        return found
    units = {row.id: Unit(*json.loads(row.data)) for row in tx.execute(select(_units))}
    slots = select(c.unit, c.slot, func.count()).where(of_week, c.unit.is_not(None)).group_by(c.unit, c.slot)
    for unit, slot, n in tx.execute(slots):
        found.slots[units[unit].department][slot] += n
    for name, times in zip(_TIMES, (found.responses, found.acknowledged, found.finals), strict=True):
        times |= {units[unit]: seconds for unit, seconds in _seconds(tx, number, c[name])}
    for unit, more in tx.execute(select(c.unit, c.more).where(of_week, c.more != "")):
        _put_more(found, units[unit], json.loads(more))
    return found


def _seconds(tx: Connection, week: int, column: Any) -> Iterator[tuple[int, Counter[int]]]:
    """How often each time occurred, by unit: one row a unit, for hundreds of thousands cost more than the counting."""
    c = _outcomes.c
    of_week = (c.week == week, column.is_not(None))
    by_time = select(c.unit, column.label("seconds"), func.count().label("times")).where(*of_week)
    each = by_time.group_by(c.unit, column).subquery()
    written = [func.aggregate_strings(cast(value, Text), ",") for value in (each.c.seconds, each.c.times)]
    for unit, seconds, times in tx.execute(select(each.c.unit, *written).group_by(each.c.unit)):
        yield unit, Counter(dict(zip(map(int, seconds.split(",")), map(int, times.split(",")), strict=True)))


def kept(tx: Connection, ids: Collection[str]) -> Iterator[Kept]:
    """What is kept of these cases, as far as anything is."""
    some = list(ids)
    for start in range(0, len(some), _AT_ONCE):
        rows = tx.execute(select(_outcomes).where(_outcomes.c.case_id.in_(some[start : start + _AT_ONCE]))).all()
        kinds = _cells_by_id(tx, {row.cell for row in rows if row.cell is not None})
        for row in rows:
            fact = None
            if row.cell is not None:
                more = json.loads(row.more) if row.more else {}
                fact = Fact(
                    row.slot, kinds[row.cell], row.response, row.acknowledged, row.final,
                    more.get("paused", 0), _legs(more),
                )  # fmt: skip
            yield Kept(row.case_id, _week(row.week), fact, row.settles_at, row.broken)


def unsettled(tx: Connection, now: datetime) -> list[str]:
    """Ids of the cases of which time alone has yet to change a number."""
    return list(tx.execute(select(_outcomes.c.case_id).where(_outcomes.c.settles_at > now)).scalars())


def broken(tx: Connection, week: Week) -> list[str]:
    """Ids of the cases of a week whose history cannot be told."""
    c = _outcomes.c
    return list(tx.execute(select(c.case_id).where(c.broken, c.week == _number(week))).scalars())


def moved(tx: Connection, after: int) -> list[str]:
    """Ids of the cases to which something happened above an event, and after a week that was theirs."""
    return list(tx.execute(select(_outcomes.c.case_id).where(_outcomes.c.moved_to > after)).scalars())


def how_many(tx: Connection, week: Week) -> int:
    """How many cases of a week are kept here that count in any number."""
    c = _outcomes.c
    found: int = tx.execute(select(func.count()).where(c.week == _number(week), c.cell.is_not(None))).scalar_one()
    return found


def missed(tx: Connection, week: Week, limit: int, department: str | None = None) -> list[str]:
    """Ids of up to `limit` cases of a week: the missed ones first, then the others, each in the order they came."""
    c, found = _outcomes.c, list[str]()
    used = select(c.cell).where(c.week == _number(week), c.cell.is_not(None)).distinct()
    kinds = {
        id: kind
        for id, kind in _cells_by_id(tx, set(tx.execute(used).scalars())).items()
        if department is None or kind.unit.department == department
    }
    for first in (True, False):
        these = [id for id, kind in kinds.items() if (kind.counts_as == "missed") is first]
        query = select(c.case_id).where(c.week == _number(week), c.cell.in_(these)).order_by(c.case_id)
        if these and len(found) < limit:
            found += tx.execute(query.limit(limit - len(found))).scalars()
    return found


def _row(one: Kept, cells: Mapping[str, int], units: Mapping[str, int]) -> dict[str, Any]:
    fact = one.fact
    row: dict[str, Any] = {
        "case_id": one.case_id, "week": _number(one.week), "settles_at": one.settles_at, "broken": one.broken,
        "moved_to": one.moved_to,
        "unit": None, "cell": None, "slot": 0, "more": "", **dict.fromkeys(_TIMES),
    }  # fmt: skip
    if fact is not None:
        more = {"paused": fact.paused} if fact.paused else {}
        row |= {
            "unit": units[dumps(fact.cell.unit)], "cell": cells[dumps(fact.cell)],
            "slot": fact.slot,
            "more": dumps({**more, "legs": fact.legs} if fact.legs else more) if more or fact.legs else "",
            **{name: getattr(fact, name) for name in _TIMES},
        }  # fmt: skip
    return row


def _ids(tx: Connection, table: Any, data: Collection[str]) -> dict[str, int]:
    """The ids of some values in a table of values; new ones are added."""
    wanted = sorted(data)
    found = _find(tx, table, wanted)
    missing = [value for value in wanted if value not in found]
    if missing:
        _once[table](tx, [{"data": value} for value in missing])
        found |= _find(tx, table, missing)
    return found


def _find(tx: Connection, table: Any, wanted: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        rows = tx.execute(select(table.c.data, table.c.id).where(table.c.data.in_(wanted[start : start + _AT_ONCE])))
        found |= {row.data: row.id for row in rows}
    return found


def _cells_by_id(tx: Connection, ids: Collection[int]) -> dict[int, Cell]:
    some, found = sorted(ids), dict[int, Cell]()
    for start in range(0, len(some), _AT_ONCE):
        rows = tx.execute(select(_cells).where(_cells.c.id.in_(some[start : start + _AT_ONCE])))
        found |= {row.id: _cell(json.loads(row.data)) for row in rows}
    return found


def _cell(values: list[Any]) -> Cell:
    cell = Cell(*values)
    return cell._replace(
        unit=Unit(*cell.unit), alerts=tuple((kind, n) for kind, n in cell.alerts),
        levels=tuple((level, n) for level, n in cell.levels),
    )  # fmt: skip


def _put_more(tally: Tally, unit: Unit, more: Mapping[str, Any]) -> None:
    if "paused" in more:
        tally.paused[unit] += timedelta(seconds=more["paused"])
    tally.hold(_legs(more))


def _legs(more: Mapping[str, Any]) -> tuple[tuple[str, int | None], ...]:
    return tuple((department, seconds) for department, seconds in more.get("legs", ()))


def _number(week: Week) -> int:
    return week.year * 100 + week.number


def _week(number: int) -> Week:
    return Week(number // 100, number % 100)
