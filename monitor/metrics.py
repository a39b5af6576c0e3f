"""Metrics on their own address, read from the database when somebody asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, time, timedelta

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from config.rules import known_until
from monitor import faults, service
from monitor.app import App
from monitor.store import accounts, alerts, cases, incidents, posts


def start(app: App, decides: Callable[[], bool] = lambda: True) -> Callable[[], None]:
    """Serve `/metrics` where the settings say; returns what stops it. Raises `service.AddressTaken`.

    `decides` says whether this node's settings are in force.
    """
    listen = app.settings.web.metrics_listen
    if not listen:
        return lambda: None
    # Tried here first: the library's own error would not name the key.
    service.listen(listen, "web.metrics_listen").close()
    host, _, port = listen.rpartition(":")
    registry = CollectorRegistry()
    registry.register(Standing(app, decides))
    server, thread = start_http_server(int(port), host.strip("[]"), registry)

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return stop


class Standing(Collector):
    """How the service stands, as gauges that begin with `sns_monitor_`."""

    def __init__(self, app: App, decides: Callable[[], bool] = lambda: True) -> None:
        self._app, self._decides = app, decides

    def collect(self) -> Iterable[Metric]:
        """One look into the database a scrape."""
        now = self._app.clock()
        with self._app.store.read() as tx:
            open_by = cases.count_open(tx)
            due = cases.oldest_due(tx)
            backlog = alerts.backlog(tx, now)
            standing = accounts.watched(tx)
            failing = alerts.failing(tx)
            set_aside = posts.set_aside_counts(tx)
            unproved = faults.unproved(tx)
            crises = incidents.count_open(tx)
        yield _labelled("open_cases", "Cases that wait for an answer", ["department"],
                        (((department,), count) for department, count in open_by.items()))  # fmt: skip
        yield _plain("open_incidents", "Crises that go on", crises)
        yield _plain("oldest_undecided_seconds", "Age of the oldest step that is due and undecided", _age(due, now))
        yield _plain("outbox_waiting", "Alerts that wait for a bundle", backlog.waiting)
        yield _plain("outbox_queued", "Messages that wait for their channel", backlog.queued)
        yield _plain("outbox_dead", "Messages given up", backlog.dead)
        yield _plain("outbox_oldest_seconds", "Age of the oldest alert not yet told", _age(backlog.oldest_at, now))
        rows = list(standing.values())
        known = (((a.platform, a.id), a.complete_until.timestamp()) for a in rows if a.complete_until)
        yield _labelled(
            "complete_until_timestamp_seconds", "Everything up to here is stored", ["platform", "account"], known
        )
        yield _labelled("blind", "1 while an account has no complete fetch", ["platform", "account"],
                        (((a.platform, a.id), float(a.blind_since is not None)) for a in rows))  # fmt: skip
        yield _labelled("failing_channel_seconds", "For how long a channel has been failing", ["channel"],
                        (((id,), _age(f.failing_since, now)) for id, f in failing.items()))  # fmt: skip
        yield _labelled("set_aside_posts", "Payloads that could not be understood", ["platform", "account"],
                        ((key, float(count)) for key, count in set_aside.items()))  # fmt: skip
        yield _labelled("calendar_known_until_timestamp_seconds", "Holidays are certain up to here", ["calendar"],
                        (((name,), at.timestamp()) for name, at in self._known_until(now)))  # fmt: skip
        yield _plain("deciding", "1 while this node's settings are in force", float(self._decides()))
        yield _plain("auditor_content", "0 while a due step or an alert is unproved", float(not unproved))
        yield _labelled("suspect", "1 while an account is suspiciously quiet", ["platform", "account"],
                        (((a.platform, a.id), float(a.suspect_since is not None)) for a in rows))  # fmt: skip
        yield from self._budgets()

    def _known_until(self, now: datetime) -> Iterator[tuple[str, datetime]]:
        """The first instant of each calendar about whose holidays nothing is certain any more."""
        zone = self._app.rules.zone
        for name, table in self._app.settings.calendars.items():
            last = known_until(table, now.astimezone(zone).date())
            if last is not None:
                yield name, datetime.combine(last + timedelta(days=1), time(), zone)

    def _budgets(self) -> Iterator[Metric]:
        calls = GaugeMetricFamily("sns_monitor_platform_calls", "Calls made since the start", labels=["platform"])
        left = GaugeMetricFamily("sns_monitor_platform_calls_left", "Calls left in the window", labels=["platform"])
        offset = GaugeMetricFamily(
            "sns_monitor_clock_offset_seconds", "The platform's clock less this node's", labels=["platform"]
        )
        for platform, connector in self._app.connectors.items():
            health = connector.health()
            calls.add_metric([platform], health.calls)
            if health.remaining is not None:
                left.add_metric([platform], health.remaining)
            if health.clock_offset is not None:
                offset.add_metric([platform], health.clock_offset.total_seconds())
        yield calls
        yield left
        yield offset


def _age(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())


def _plain(name: str, says: str, value: float) -> Metric:
    return GaugeMetricFamily(f"sns_monitor_{name}", says, value=value)


def _labelled(name: str, says: str, labels: list[str], rows: Iterable[tuple[tuple[str, ...], float]]) -> Metric:
    family = GaugeMetricFamily(f"sns_monitor_{name}", says, labels=labels)
    for values, value in rows:
        family.add_metric(list(values), value)
    return family
