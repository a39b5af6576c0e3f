"""The composition root: the only place that builds concrete parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import SecretStr

from config import Settings
from config.plugins import connector_classes
from config.tables import Account as AccountTable
from connectors.contract import Account, Connector
from monitor.alerts.bundle import Bundler
from monitor.alerts.channels.base import Channel
from monitor.alerts.channels.email import EmailChannel, Security, SmtpServer
from monitor.alerts.channels.webhook import WebhookChannel
from monitor.alerts.deliver import Delivery
from monitor.answering.answering import Answering
from monitor.audit import Auditor
from monitor.clock import Clock, system_clock
from monitor.crisis.room import CrisisRoom
from monitor.crisis.watch import CrisisWatch
from monitor.desk import Desk
from monitor.escalation.engine import Escalation
from monitor.escalation.look import Looker
from monitor.intake.poll import Polling
from monitor.intake.watch import Watch
from monitor.reports.weekly import WeeklyReports
from monitor.rules import Rules
from monitor.store.engine import Store
from monitor.store.fence import FencedStore


@dataclass(frozen=True, slots=True)
class App:
    """Every part of the daemon, put together."""

    settings: Settings
    rules: Rules
    store: Store
    fence: FencedStore
    """The same store as the parts that decide see it."""
    clock: Clock
    connectors: Mapping[str, Connector]
    channels: Mapping[str, Channel]
    watch: Watch
    polling: Polling
    looker: Looker
    bundler: Bundler
    escalation: Escalation
    delivery: Delivery
    desk: Desk
    answering: Answering
    crisis: CrisisWatch
    auditor: Auditor
    reports: WeeklyReports

    def close(self) -> None:
        """Let go of everything; what is under way was drained before."""
        self.close_parts()
        self.store.close()

    def close_parts(self) -> None:
        """Let go of everything but the database, which the parts of new settings go on with."""
        self.looker.close()
        for channel in self.channels.values():
            channel.close()
        for connector in self.connectors.values():
            connector.close()


def build(settings: Settings, clock: Clock = system_clock, store: Store | None = None) -> App:
    """Put the daemon together. Touches neither the network nor the database yet.

    `store` is the one of the settings before these, where they were read again.
    """
    store = store or Store(settings.database)
    fence = FencedStore(store)
    rules = Rules(settings)
    connectors = build_connectors(settings, clock)
    channels, lanes = build_channels(settings, clock)
    watch = Watch(fence, rules, clock)
    looker = Looker(fence, rules, connectors, clock)
    bundler = Bundler(fence, rules, clock)
    return App(
        settings=settings, rules=rules, store=store, fence=fence, clock=clock, connectors=connectors,
        channels=channels, watch=watch, polling=Polling(fence, rules, connectors, watch, clock), looker=looker,
        bundler=bundler, escalation=Escalation(fence, rules, looker, clock, bundler.form),
        delivery=Delivery(fence, rules, channels, lanes, clock), desk=Desk(store, rules, clock),
        answering=Answering(store, rules, connectors, clock),
        crisis=CrisisWatch(fence, rules, CrisisRoom(fence, rules, clock), clock),
        auditor=Auditor(fence, rules, clock), reports=WeeklyReports(fence, rules, clock),
    )  # fmt: skip


def build_connectors(settings: Settings, clock: Clock) -> dict[str, Connector]:
    """One connector a platform that has accounts."""
    classes = connector_classes({account.platform for account in settings.accounts})
    return {
        platform: found(
            settings.connectors[platform],
            [_connected(account) for account in settings.accounts if account.platform == platform],
            clock,
        )
        for platform, found in classes.items()
    }


def _connected(account: AccountTable) -> Account:
    """An account as its connector knows it."""

    def told(secret: SecretStr | None) -> str | None:
        return None if secret is None else secret.get_secret_value()

    return Account(
        account.platform, account.id, account.handle, token=told(account.token),
        access_token=told(account.access_token), access_token_secret=told(account.access_token_secret),
    )  # fmt: skip


def build_channels(settings: Settings, clock: Clock) -> tuple[dict[str, Channel], dict[str, str]]:
    """Every channel by id, and its lane: all mail goes through one server, each webhook stands alone."""
    channels: dict[str, Channel] = {}
    lanes: dict[str, str] = {}
    server: SmtpServer | None = None
    for channel in settings.channels:
        if channel.type == "email":
            server = server or _mail_server(settings)
            assert channel.to is not None
            channels[channel.id] = EmailChannel(
                server, sender=settings.email.from_, to=channel.to, sender_name=settings.service.name
            )
            lanes[channel.id] = "email"
        else:
            assert channel.url is not None
            channels[channel.id] = WebhookChannel(
                channel.url, channel.secret.get_secret_value() if channel.secret else None, now=clock,
                allow_private=channel.allow_private, ca_file=str(channel.ca_file) if channel.ca_file else None,
            )  # fmt: skip
            lanes[channel.id] = channel.id
    return channels, lanes


def _mail_server(settings: Settings) -> SmtpServer:
    mail = settings.email
    authority = next((c.ca_file for c in settings.channels if c.type == "email" and c.ca_file), None)
    return SmtpServer(
        mail.host, mail.port, security=Security(mail.security), username=mail.username,
        password=mail.password.get_secret_value() if mail.password else None,
        ca_file=str(authority) if authority else None,
    )  # fmt: skip
