"""Whatever a fuzzer thinks of: the API answers as its own document says, and never with an error of ours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from starlette.types import Receive, Scope, Send

from connectors.contract import Post
from monitor import app as composition
from monitor.demo.server import serve
from monitor.intake.ingest import ingest
from monitor.store import api_tokens, migrate
from monitor.web.application import create
from tests.conftest import START
from tests.support import Clock, city


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """A city's web with some cases in it: its address, and an operator's token."""
    folder = tmp_path_factory.mktemp("fuzzed")
    app = composition.build(city(folder, database=f"sqlite:///{folder / 'monitor.db'}"), Clock(START))
    migrate.upgrade(app.store, START)
    app.polling.plan(START)
    posts = [
        Post("twitter", str(number), f"c{number}", START, author=f"a{number}", text="버스", addressed=("1001",))
        for number in range(20)
    ]
    with app.store.write() as tx:
        ingest(tx, app.rules, "twitter", posts, {"1001": datetime(2026, 1, 1, tzinfo=UTC)}, START)
        _, token = api_tokens.add(tx, "fuzzer", "operator", (), "ops", START, None)
    web = create(app)

    async def from_elsewhere(scope: Scope, receive: Receive, send: Send) -> None:
        await web({**scope, "client": ("203.0.113.5", 5)}, receive, send)

    with serve(from_elsewhere) as server:
        yield server.url, {"Authorization": f"Bearer {token}"}
    app.close()


def test_it_keeps_its_word(served: tuple[str, dict[str, str]]) -> None:
    """Statuses, bodies and headers of every operation are those of the document, whatever is sent."""
    url, headers = served
    document = schemathesis.openapi.from_url(f"{url}/api/openapi.json")
    operations = [found.ok() for found in document.get_all_operations()]
    assert len(operations) >= 19
    for operation in operations:

        @settings(
            max_examples=15, deadline=None, database=None, derandomize=True, phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            case.call_and_validate(headers=headers)

        ask()
