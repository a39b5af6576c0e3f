"""The schema: migrations equal the models, a newer database is refused, a copy is made first."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from monitor.store import migrate
from monitor.store.engine import Store
from monitor.store.tables import metadata
from tests.support import Clock


def test_migrations_equal_the_models(store: Store) -> None:
    """What the migrations build is what the tables say, on both databases."""
    with store.read() as tx:
        assert compare_metadata(MigrationContext.configure(tx), metadata) == []


def test_a_newer_database_is_refused(store: Store, clock: Clock) -> None:
    """A database of a program yet to come is not touched."""
    with store.write() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(migrate.DatabaseTooNew, match="9999"):
        migrate.upgrade(store, clock())


def test_upgrading_twice_changes_nothing(store: Store, clock: Clock) -> None:
    """The second upgrade finds nothing to do and makes no copy."""
    assert migrate.upgrade(store, clock()) is None
