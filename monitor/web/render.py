"""From values to a page: every value escaped, words in the reader's language, times in the city's zone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from gettext import NullTranslations
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from monitor.web import words
from monitor.web.context import Site, site
from monitor.web.roles import Right
from monitor.words import Words

TEMPLATES = Path(__file__).with_name("templates")
LANGUAGE_COOKIE = "language"


def render(request: Request, name: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page. Templates also see the viewer, the site, the language, the instant, `csrf()`, `may(right)`.

    `when(at)` tells an instant on the city's wall clock.
    """
    of, language = site(request), language_of(request)
    viewer = getattr(request.state, "viewer", None)
    common: dict[str, Any] = {
        "request": request, "viewer": viewer, "settings": of.app.settings, "rules": of.app.rules,
        "language": language, "languages": words.NAMES, "now": of.app.clock(),
        "csrf": lambda: getattr(request.state, "csrf", ""),
        "may": lambda right: viewer is not None and viewer.may(Right(right)),
    }  # fmt: skip
    zone = of.app.rules.zone
    common["sentence"] = Words(language)
    common["when"] = lambda at, now=None: when(at, zone, now)
    page = _environment(language).get_template(name).render(**common, **values)
    return HTMLResponse(page, status, headers={"Content-Language": language})


def language_of(request: Request) -> str:
    """The reader's language."""
    default: str = site(request).app.settings.service.language
    asked = request.headers.get("accept-language", "")
    return words.choose(request.cookies.get(LANGUAGE_COOKIE), asked, default)


def say(request: Request) -> Callable[[str], str]:
    """gettext for a request, for words that come from Python: `_ = say(request)`."""
    return translations(site(request), language_of(request)).gettext


def translations(of: Site, language: str) -> NullTranslations:
    """A language's words."""
    return of.words[language]


@cache
def _environment(language: str) -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, extensions=["jinja2.ext.i18n"],
    )  # fmt: skip
    made.install_gettext_translations(words.catalogue()[language], newstyle=True)  # type: ignore[attr-defined]
    made.filters |= {"web_link": web_link, "query": query, "iso": iso, "lasts": lasts}
    return made


def web_link(url: str) -> str:
    """An address that may stand in a page: http and https only, else "" (TRUST, "Security")."""
    try:
        return url if urlsplit(url).scheme in ("http", "https") else ""
    except ValueError:
        return ""


def query(values: dict[str, Any], **changed: Any) -> str:
    """The query of an address: these values with some changed, without those that are empty."""
    return urlencode({name: value for name, value in (values | changed).items() if value not in (None, "")})


def iso(at: datetime) -> str:
    """An instant as programs read it, whole seconds in UTC."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def lasts(length: timedelta) -> str:
    """A length as people and scripts write it: "12:05", "1:02:05", with "-" where it is below zero."""
    seconds = int(abs(length).total_seconds())
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    sign = "-" if length < timedelta(0) else ""
    return f"{sign}{hours}:{minutes:02}:{rest:02}" if hours else f"{sign}{minutes}:{rest:02}"


def when(at: datetime, zone: ZoneInfo, now: datetime | None = None) -> str:
    """An instant on the city's wall clock: the time alone where it is today's."""
    local = at.astimezone(zone)
    if now is not None and local.date() == now.astimezone(zone).date():
        return f"{local:%H:%M}"
    return f"{local:%Y-%m-%d %H:%M}"
