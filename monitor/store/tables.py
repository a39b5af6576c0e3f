"""The tables. Columns bear the words of the design; instants are `Instant`s, small structures `Json`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, MetaData, Text, false, text
from sqlmodel import Field, SQLModel

from monitor.store.columns import Instant, Json

#: SQLite counts rowids only in a column called INTEGER; PostgreSQL wants the wide type.
_Serial = BigInteger().with_variant(Integer, "sqlite")

metadata: MetaData = SQLModel.metadata

#: Of which cases an answer is owed, the first or the final one: those that new settings and the auditor go through.
OWED = "closed_at IS NULL OR (final_deadline IS NOT NULL AND final_answered_at IS NULL)"

#: Of which cases the final answer is owed now that the first was given.
OWED_FINAL = "clock = 'final' AND final_answered_at IS NULL"

#: What a page of the queue is chosen and counted by, so that it is read in the queue's own index alone.
_QUEUED = ("id", "department", "platform", "state", "policy", "assignee")


def _at(*, null: bool = False, **more: Any) -> Any:
    return Field(default=None, sa_column=Column(Instant, nullable=null, **more))


def _json(default: str) -> Any:
    return Field(sa_column=Column(Json, nullable=False, server_default=default))


class AccountRow(SQLModel, table=True):
    """A department's account, and up to when everything addressed to it is known to be stored."""

    __tablename__ = "accounts"
    platform: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    department: str
    handle: str = ""
    watch_from: datetime = _at()
    complete_until: datetime | None = _at(null=True)
    fetched_at: datetime | None = _at(null=True)
    blind_since: datetime | None = _at(null=True)
    problem: str = ""
    token_problem: str = ""
    handle_problem: str = ""
    last_post_at: datetime | None = _at(null=True)
    suspect_since: datetime | None = _at(null=True)


class SourceRow(SQLModel, table=True):
    """One thing to poll: when, how far the present walk came, and who is at it."""

    __tablename__ = "sources"
    id: str = Field(primary_key=True)
    platform: str
    kind: str
    accounts: list[str] = _json("[]")
    due_at: datetime = _at()
    walk_started_at: datetime | None = _at(null=True)
    walk_since: datetime | None = _at(null=True)
    resume: str | None = None
    whole_at: datetime | None = _at(null=True)
    completed_at: datetime | None = _at(null=True)
    failures: int = 0
    problem: str = ""
    recorded_at: datetime | None = _at(null=True)
    lease_owner: str | None = None
    lease_until: datetime | None = _at(null=True)
    fence: int = 0


class PostRow(SQLModel, table=True):
    """Whatever a platform returned, and what it is to us."""

    __tablename__ = "posts"
    __table_args__ = (
        Index("posts_of_conversation", "platform", "conversation"),
        Index("posts_of_case", "case_id"),
        Index("posts_with_words", "created_at", sqlite_where=text("text <> '' OR author_name <> ''"),
              postgresql_where=text("text <> '' OR author_name <> ''")),
        Index("posts_official", "platform", "author", "created_at", sqlite_where=text("role = 'official'"),
              postgresql_where=text("role = 'official'")),
        Index("posts_quoting", "platform", "quote_of", sqlite_where=text("quote_of IS NOT NULL"),
              postgresql_where=text("quote_of IS NOT NULL")),
    )  # fmt: skip
    platform: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    conversation: str
    role: str
    author: str | None = None
    author_name: str = ""
    text: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))
    permalink: str = ""
    addressed: list[str] = _json("[]")
    reply_to: str | None = None
    reply_to_author: str | None = None
    quote_of: str | None = None
    edit_ids: list[str] = _json("[]")
    created_at: datetime = _at()
    stored_at: datetime = _at()
    seen_at: datetime = _at()
    gone_at: datetime | None = _at(null=True)
    case_id: str | None = None


class CaseRow(SQLModel, table=True):
    """A case as it stands; its history is in `events`."""

    __tablename__ = "cases"
    __table_args__ = (
        Index("cases_due", "next_action_at", sqlite_where=text("next_action_at IS NOT NULL"),
              postgresql_where=text("next_action_at IS NOT NULL")),
        Index("cases_of_conversation", "platform", "conversation"),
        # `closed_at` too, where it is always null: SQLite looks into the table for it otherwise.
        Index("cases_open", "deadline", *_QUEUED, "closed_at", sqlite_where=text("closed_at IS NULL"),
              postgresql_where=text("closed_at IS NULL")),
        Index("cases_owed_final", "final_deadline", *_QUEUED, "clock", "final_answered_at",
              sqlite_where=text(OWED_FINAL), postgresql_where=text(OWED_FINAL)),
        Index("cases_opened", "opened_at"),
        Index("cases_owed", "id", sqlite_where=text(OWED), postgresql_where=text(OWED)),
        Index("cases_merged", "merged_into", sqlite_where=text("merged_into IS NOT NULL"),
              postgresql_where=text("merged_into IS NOT NULL")),
        Index("cases_of_incident", "incident", sqlite_where=text("incident IS NOT NULL"),
              postgresql_where=text("incident IS NOT NULL")),
    )  # fmt: skip
    id: str = Field(primary_key=True)
    platform: str
    account: str
    department: str
    conversation: str
    author: str | None = None
    policy: str
    opened_at: datetime = _at()
    found_at: datetime = _at()
    deadline: datetime = _at()
    next_action_at: datetime | None = _at(null=True)
    state: str
    round: int = 1
    level: int = 0
    repeats: int = 0
    assignee: str | None = None
    held_until: datetime | None = _at(null=True)
    held_level: int | None = None
    breached_at: datetime | None = _at(null=True)
    closed_at: datetime | None = _at(null=True)
    answered_at: datetime | None = _at(null=True)
    answer: str | None = None
    outcome: str | None = None
    clock: str = Field(default="first", sa_column_kwargs={"server_default": "first"})
    snoozed_until: datetime | None = _at(null=True)
    final_asked_at: datetime | None = _at(null=True)
    final_deadline: datetime | None = _at(null=True)
    final_breached_at: datetime | None = _at(null=True)
    final_answered_at: datetime | None = _at(null=True)
    final_answer: str | None = None
    final_outcome: str | None = None
    merged_into: str | None = None
    incident: str | None = None
    watchers: list[str] = _json("[]")
    version: int = 0
    lease_until: datetime | None = _at(null=True)


class EventRow(SQLModel, table=True):
    """One line of the append-only history; `case_id` is null for events of the service itself."""

    __tablename__ = "events"
    __table_args__ = (Index("events_of_case", "case_id"), Index("events_at", "at"))
    id: int | None = Field(default=None, sa_column=Column(_Serial, primary_key=True, autoincrement=True))
    case_id: str | None = None
    kind: str
    at: datetime = _at()
    actor: str
    data: dict[str, Any] = _json("{}")


class MessageRow(SQLModel, table=True):
    """One message to one person over one channel: a bundle of alerts, or a notice of the service."""

    __tablename__ = "messages"
    __table_args__ = (
        Index("messages_due", "next_attempt_at", sqlite_where=text("next_attempt_at IS NOT NULL"),
              postgresql_where=text("next_attempt_at IS NOT NULL")),
        Index("messages_dead", "state", sqlite_where=text("state = 'dead'"), postgresql_where=text("state = 'dead'")),
        Index("messages_to", "recipient", "channel", "kind", "level", "clock", "created_at"),
        Index("messages_over", "channel", "created_at"),
        Index("messages_chain", "chain", sqlite_where=text("chain IS NOT NULL"),
              postgresql_where=text("chain IS NOT NULL")),
    )  # fmt: skip
    id: str = Field(primary_key=True)
    kind: str
    level: int = 0
    recipient: str
    channel: str
    state: str
    created_at: datetime = _at()
    next_attempt_at: datetime | None = _at(null=True)
    first_attempt_at: datetime | None = _at(null=True)
    finished_at: datetime | None = _at(null=True)
    tries: int = 0
    problem: str = ""
    clock: str = Field(default="first", sa_column_kwargs={"server_default": "first"})
    chain: str | None = None
    subject: dict[str, Any] = _json("{}")
    lease_owner: str | None = None
    lease_until: datetime | None = _at(null=True)


class AlertRow(SQLModel, table=True):
    """The outbox: one person to be told of one case's step, written with the decision. `key` makes it unique."""

    __tablename__ = "alerts"
    __table_args__ = (
        Index("alerts_waiting", "recipient", "kind", "level", "clock", "due_at", "held_until", "crisis",
              sqlite_where=text("state = 'waiting'"), postgresql_where=text("state = 'waiting'")),
        Index("alerts_of_message", "message_id"),
        Index("alerts_of_case", "case_id"),
    )  # fmt: skip
    id: int | None = Field(default=None, sa_column=Column(_Serial, primary_key=True, autoincrement=True))
    key: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    case_id: str | None = None
    recipient: str
    kind: str
    level: int = 0
    due_at: datetime = _at()
    created_at: datetime = _at()
    checked: bool = False
    late: bool = False
    clock: str = Field(default="first", sa_column_kwargs={"server_default": "first"})
    round: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})
    crisis: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    held_until: datetime | None = _at(null=True)
    held_by: str = Field(default="", sa_column_kwargs={"server_default": ""})
    state: str
    message_id: str | None = Field(default=None, sa_column=Column(Text, ForeignKey("messages.id"), nullable=True))


class AttemptRow(SQLModel, table=True):
    """One try to send a message. The send starts when this row commits."""

    __tablename__ = "attempts"
    __table_args__ = (Index("attempts_of_message", "message_id"),)
    id: int | None = Field(default=None, sa_column=Column(_Serial, primary_key=True, autoincrement=True))
    message_id: str = Field(sa_column=Column(Text, ForeignKey("messages.id"), nullable=False))
    channel: str
    started_at: datetime = _at()
    finished_at: datetime | None = _at(null=True)
    result: str | None = None
    detail: str = ""


class NoteRow(SQLModel, table=True):
    """What staff wrote beside a case. Its words are purged with those of posts; that it was written is an event."""

    __tablename__ = "notes"
    __table_args__ = (
        Index("notes_of_case", "case_id"),
        Index("notes_with_words", "written_at", sqlite_where=text("text <> ''"), postgresql_where=text("text <> ''")),
    )  # fmt: skip
    id: int | None = Field(default=None, sa_column=Column(_Serial, primary_key=True, autoincrement=True))
    case_id: str
    author: str
    written_at: datetime = _at()
    text: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))
    struck_at: datetime | None = _at(null=True)


class IncidentRow(SQLModel, table=True):
    """A crisis: what opened it, who owns it, what became of it (SEMANTICS row 34)."""

    __tablename__ = "incidents"
    __table_args__ = (
        Index("incidents_open", "opened_at", sqlite_where=text("ended_at IS NULL"),
              postgresql_where=text("ended_at IS NULL")),
    )  # fmt: skip
    id: str = Field(primary_key=True)
    kind: str
    subject: str
    department: str
    owner: str | None = None
    opened_at: datetime = _at()
    last_post_at: datetime = _at()
    ended_at: datetime | None = _at(null=True)
    ended_by: str | None = None
    reason: str = ""
    data: dict[str, Any] = _json("{}")
    version: int = 0


class NodeRow(SQLModel, table=True):
    """A daemon that shares this database: when it was heard of last, and which settings it has."""

    __tablename__ = "nodes"
    id: str = Field(primary_key=True)
    host: str
    started_at: datetime = _at()
    seen_at: datetime = _at()
    settings: str
    decides: bool = True


class ContactRow(SQLModel, table=True):
    """A channel that was tried: whether a message ever arrived at the address it has now."""

    __tablename__ = "contacts"
    channel: str = Field(primary_key=True)
    address: str
    tried_at: datetime = _at()
    verified_at: datetime | None = _at(null=True)
    problem: str = ""


class UserRow(SQLModel, table=True):
    """Who may log in to the web. People who act are staff of the settings under the same id."""

    __tablename__ = "users"
    id: str = Field(primary_key=True)
    name: str
    role: str
    departments: list[str] = _json("[]")
    """Beside those in which the settings name this person."""
    password_hash: str = ""
    """argon2id; "" where only the city's sign-on lets them in."""
    created_at: datetime = _at()
    password_set_at: datetime | None = _at(null=True)
    disabled_at: datetime | None = _at(null=True)


class SessionRow(SQLModel, table=True):
    """A person who is logged in, on one browser. The id is the SHA-256 of what the cookie holds."""

    __tablename__ = "sessions"
    __table_args__ = (Index("sessions_of_user", "user_id"), Index("sessions_over", "expires_at"))
    id: str = Field(primary_key=True)
    user_id: str
    created_at: datetime = _at()
    seen_at: datetime = _at()
    expires_at: datetime = _at()
    address: str = ""


class ThrottleRow(SQLModel, table=True):
    """Failed logins of one account or from one address, and until when it has to wait."""

    __tablename__ = "throttles"
    key: str = Field(primary_key=True)
    failures: int
    failed_at: datetime = _at()
    blocked_until: datetime | None = _at(null=True)


class ApiTokenRow(SQLModel, table=True):
    """A program's right to call the API. The id is public, the token itself is kept as its SHA-256 only."""

    __tablename__ = "api_tokens"
    __table_args__ = (Index("api_tokens_by_hash", "hash", unique=True),)
    id: str = Field(primary_key=True)
    name: str
    hash: str
    role: str
    departments: list[str] = _json("[]")
    created_by: str
    created_at: datetime = _at()
    expires_at: datetime | None = _at(null=True)
    used_at: datetime | None = _at(null=True)
    revoked_at: datetime | None = _at(null=True)


class UsedLinkRow(SQLModel, table=True):
    """A signed link of an alert that was used: none works twice."""

    __tablename__ = "used_links"
    __table_args__ = (Index("used_links_over", "expires_at"),)
    id: str = Field(primary_key=True)
    person: str
    used_at: datetime = _at()
    expires_at: datetime = _at()


class DraftRow(SQLModel, table=True):
    """An answer written here: on its way to a second pair of eyes, or to the platform."""

    __tablename__ = "drafts"
    __table_args__ = (
        Index("drafts_of_case", "case_id"),
        Index("drafts_open", "state", sqlite_where=text("state IN ('waiting', 'posting')"),
              postgresql_where=text("state IN ('waiting', 'posting')")),
        Index("drafts_with_words", "written_at", sqlite_where=text("text <> ''"), postgresql_where=text("text <> ''")),
    )  # fmt: skip
    id: str = Field(primary_key=True)
    case_id: str
    to_post: str
    """The mention it answers."""
    author: str
    text: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))
    state: str
    """waiting | posting | posted | rejected | withdrawn | failed | unknown."""
    written_at: datetime = _at()
    decided_by: str | None = None
    decided_at: datetime | None = _at(null=True)
    posted_id: str | None = None
    problem: str = ""


class SetAsideRow(SQLModel, table=True):
    """A payload that could not be understood, kept whole."""

    __tablename__ = "set_aside"
    __table_args__ = (
        Index("set_aside_of", "platform", "account"),
        Index("set_aside_whole", "stored_at", sqlite_where=text("payload <> ''"),
              postgresql_where=text("payload <> ''")),
    )  # fmt: skip
    key: str = Field(primary_key=True)
    platform: str
    account: str
    reason: str
    payload: str = Field(sa_column=Column(Text, nullable=False))
    stored_at: datetime = _at()


class FailingChannelRow(SQLModel, table=True):
    """Since when a channel has been failing; no row while it works."""

    __tablename__ = "failing_channels"
    id: str = Field(primary_key=True)
    failing_since: datetime = _at()
    retry_at: datetime = _at()
    problem: str = ""
    told: bool = False


class SealRow(SQLModel, table=True):
    """A block of events, hashed together with the block before it."""

    __tablename__ = "seals"
    number: int = Field(sa_column=Column(_Serial, primary_key=True, autoincrement=False))
    first_event: int = Field(sa_column=Column(BigInteger, nullable=False))
    last_event: int = Field(sa_column=Column(BigInteger, nullable=False))
    count: int
    head: str
    sealed_at: datetime = _at()


class SnapshotRow(SQLModel, table=True):
    """A week's report as it was made. Triggers refuse every change: what comes to light later stands beside it."""

    __tablename__ = "snapshots"
    week: str = Field(primary_key=True)
    made_at: datetime = _at()
    made_by: str
    last_event: int = Field(sa_column=Column(BigInteger, nullable=False))
    head: str
    sha256: str
    data: str = Field(sa_column=Column(Text, nullable=False))


class FlagRow(SQLModel, table=True):
    """Small facts about the installation that must outlive a restart."""

    __tablename__ = "flags"
    name: str = Field(primary_key=True)
    value: str
    set_at: datetime = _at()


class UnitRow(SQLModel, table=True):
    """What has numbers of its own in a report: a department on a platform."""

    __tablename__ = "units"
    id: int | None = Field(default=None, sa_column=Column(_Serial, primary_key=True, autoincrement=True))
    data: str = Field(sa_column=Column(Text, nullable=False, unique=True))


class CellRow(SQLModel, table=True):
    """What cases have in common that no number tells apart."""

    __tablename__ = "cells"
    id: int | None = Field(default=None, sa_column=Column(_Serial, primary_key=True, autoincrement=True))
    data: str = Field(sa_column=Column(Text, nullable=False, unique=True))


def _counted(name: str, *columns: str, where: str) -> Index:
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


class OutcomeRow(SQLModel, table=True):
    """What a case adds to the numbers of its week; made from its events, and made anew whenever they grow."""

    __tablename__ = "outcomes"
    __table_args__ = (
        _counted("outcomes_cells", "week", "cell", where="cell IS NOT NULL"),
        _counted("outcomes_slots", "week", "unit", "slot", where="unit IS NOT NULL"),
        _counted("outcomes_responses", "week", "unit", "response", where="response IS NOT NULL"),
        _counted("outcomes_acknowledged", "week", "unit", "acknowledged", where="acknowledged IS NOT NULL"),
        _counted("outcomes_finals", "week", "unit", "final", where="final IS NOT NULL"),
        _counted("outcomes_more", "week", where="more <> ''"),
        _counted("outcomes_unsettled", "settles_at", where="settles_at IS NOT NULL"),
        _counted("outcomes_broken", "week", where="broken"),
        _counted("outcomes_moved", "moved_to", where="moved_to IS NOT NULL"),
    )
    case_id: str = Field(primary_key=True)
    week: int
    """The year times a hundred and the week; that of its recording where the history does not say."""
    unit: int | None = None
    cell: int | None = None
    """None for a merged case, which no number counts, and for a broken one."""
    slot: int = 0
    """A place in `sla.tally.SLOTS`."""
    response: int | None = None
    """Whole seconds, as the next two."""
    acknowledged: int | None = None
    final: int | None = None
    more: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))
    """JSON of what few cases have: times put off, and who held it."""
    settles_at: datetime | None = _at(null=True)
    """From when on time alone changes none of this."""
    broken: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    moved_to: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    """Its newest event, where that was recorded after its own week."""
