"""One city on loopback for each acceptance test; when one fails, the end of its daemon's log is shown."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.acceptance import stage as city

_SHOWN = pytest.StashKey[city.Stage]()


@pytest.fixture
def stage(request: pytest.FixtureRequest, database: str, tmp_path: Path) -> Iterator[city.Stage]:
    """The platforms, the receiver and the daemon, on each kind of database."""
    built = city.build(tmp_path, database)
    request.node.stash[_SHOWN] = built
    yield built
    built.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put the daemon's last lines below a failure."""
    report = yield
    if report.failed and _SHOWN in item.stash:
        shown = item.stash[_SHOWN]
        for daemon in (shown.daemon, *shown.nodes):
            report.sections.append((f"the daemon's log: {daemon.log.name}", daemon.tail()))
    return report
