"""Logs: one JSON object a line, UTC, no post text, and no secret whatever it hides in."""

from __future__ import annotations

import logging
import sys
from collections.abc import Collection, Mapping
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

HIDDEN = "[secret]"


def configure(level: str, secrets: Collection[str]) -> None:
    """Send our own and every library's log lines to standard error as JSON, with `secrets` blotted out by value."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redactor(secrets),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                redactor(secrets),
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    # A tick that finds the one before it still at work is left out, on purpose: nothing to warn of.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    for noisy in ("httpx", "httpcore", "urllib3", "tweepy", "facebook", "alembic", "uvicorn"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def redactor(secrets: Collection[str]) -> Processor:
    """A processor that replaces every occurrence of a secret, in keys and values however deep."""
    # Longest first: a secret that holds another one goes whole. Very short ones would blot out ordinary words.
    ordered = sorted((secret for secret in secrets if len(secret) >= 4), key=len, reverse=True)

    def clean(value: Any) -> Any:
        if isinstance(value, str):
            for secret in ordered:
                value = value.replace(secret, HIDDEN)
            return value
        if isinstance(value, Mapping):
            return {clean(key): clean(item) for key, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [clean(item) for item in value]
        if value is None or isinstance(value, int | float):
            return value
        return clean(str(value))

    def process(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {key: value if key.startswith("_") else clean(value) for key, value in event.items()}

    return process
