"""Sources that fail in ways no retry of the same question mends, and platforms so slow that turns come late."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from connectors.contract import Account, Page, Rejected, Source, Unavailable
from monitor.cycle import Cycle
from monitor.intake.poll import Polling
from monitor.store import accounts
from tests.city import City, PlayedConnector, mention


class _Forgetful(PlayedConnector):
    """A platform that does not take the place any more from which an old walk would go on."""

    def fetch(
        self, source: Source, since: datetime, resume: str | None = None, watched: Collection[str] = ()
    ) -> Iterator[Page]:
        if resume is not None:
            raise Rejected("400: 'until_id' must be an id of the last 7 days")
        yield from super().fetch(source, since, resume, watched)


def test_a_walk_that_cannot_go_on_is_begun_anew(town: City) -> None:
    """Cut short, and refused ever since: what was posted meanwhile must not wait for it for ever."""
    connector = _Forgetful(town.connector.accounts, town.clock)
    town.polling._connectors = {"twitter": connector}
    connector.pages = [Page([mention("m2", town.clock())], "m2"), Unavailable("reset")]
    for _ in range(30):
        walk = town.polling._claim(list(town.polling.sources))
        if walk is not None:
            town.polling._work(walk, ("twitter", True))
            connector.pages = [Page([mention("m1", town.clock(), conversation="m1")], None)]
        town.clock.forward(minutes=1)
    assert len(town.cases()) > 1
    with town.store.read() as tx:
        assert accounts.watched(tx)["twitter", "1001"].complete_until is not None


class _Many(PlayedConnector):
    """A platform with a backstop for each of many accounts."""

    def sources(self) -> Sequence[Source]:
        backstops = [Source(f"twitter:mentions:{n}", "twitter", "mentions", ("1001",), False) for n in range(40)]
        return [*super().sources(), *backstops]


def test_a_platform_that_drips_makes_no_healthy_service_unready(town: City) -> None:
    """Forty backstops, two workers, twenty seconds each: turns come late, but every worker ends and records."""
    polling = Polling(
        town.store, town.rules, {"twitter": _Many([Account("twitter", "1001")], town.clock)}, town.watch, town.clock
    )
    polling.plan(town.clock())
    cycle = Cycle(town.store, town.clock, polling.sources)
    for id in polling.sources:
        walk = polling._claim([id])
        assert walk is not None
        polling._failed(polling.sources[id], walk, Unavailable("no whole answer in time"))
    assert cycle.faults() == []
    town.clock.forward(minutes=1)
    backstops = [id for id, source in polling.sources.items() if not source.primary]
    primary = next(id for id, source in polling.sources.items() if source.primary)
    for _ in range(20):
        both = [polling._claim(backstops), polling._claim(backstops)]
        if (walk := polling._claim([primary])) is not None:
            polling._failed(polling.sources[primary], walk, Unavailable("no whole answer in time"))
        town.clock.forward(seconds=20)
        assert cycle.faults() == []
        for walk in both:
            if walk is not None:
                polling._failed(polling.sources[walk.id], walk, Unavailable("no whole answer in time"))
    polling.drain()
