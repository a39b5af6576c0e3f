"""What people wrote, as it may stand in a page: every sign escaped, web addresses as links, nothing else."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

from markupsafe import Markup, escape

#: In plain signs only, so that no letter of another script passes for one of ours.
_ADDRESS = re.compile(r"https?://[!-~]+")
_NOT_ITS_END = ".,;:!?'\"()[]{}<>"


def prose(text: str) -> Markup:
    """A text with its line ends, which the sheet keeps. Signs that nobody may see, and NUL, show as U+FFFD."""
    parts, done = [], 0
    text = readable(text)
    for found in _ADDRESS.finditer(text):
        url = re.split(r"[<>\"'`\\]", found[0])[0].rstrip(_NOT_ITS_END)
        if not _leads_where_it_says(url):
            continue
        parts += [escape(text[done : found.start()]), _link(url)]
        done = found.start() + len(url)
    return Markup("").join([*parts, escape(text[done:])])


def readable(text: str) -> str:
    """A text without control characters and without those that turn the order of what follows."""
    if text.isascii() and text.isprintable():
        return text
    return "".join("\ufffd" if _is_odd(sign) else sign for sign in text.replace("\r\n", "\n"))


def _is_odd(sign: str) -> bool:
    kind = unicodedata.category(sign)
    # The bidirectional controls of Unicode, annex 9: embeddings, overrides, isolates.
    return (kind in ("Cc", "Cs") and sign not in "\n\t") or "\u202a" <= sign <= "\u202e" or "\u2066" <= sign <= "\u2069"


def _leads_where_it_says(url: str) -> bool:
    """Whether an address names a host, and no user before it that could be taken for the host."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False


def _link(url: str) -> Markup:
    return Markup('<a href="{0}" rel="noopener noreferrer nofollow ugc" target="_blank">{0}</a>').format(url)
