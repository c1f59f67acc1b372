"""Origins and redirect targets that somebody else wrote."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

_PLAIN: Final = re.compile(r"[!#-;=?-\[\]_a-z~%]+", re.ASCII)
_PORTS: Final = {"http": 80, "https": 443}


def _split(url: str) -> SplitResult | None:
    """The parts of an absolute http address without anything two readers could read in two ways, or None."""
    if len(url) > 2000 or not _PLAIN.fullmatch(url):
        return None
    try:
        parts = urlsplit(url)
        harmless = parts.scheme in _PORTS and parts.hostname and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        return None
    decoded = unquote(unquote(parts.path))
    if not harmless or "\\" in decoded or {".", ".."} & set(decoded.split("/")):
        return None
    return parts


def _origin(parts: SplitResult) -> tuple[str, str | None, int]:
    return parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme]


def redirect_allowed(url: str, prefixes: Iterable[str]) -> bool:
    """Whether a redirect may go to ``url``: same origin as a prefix, and its path at or below the prefix's path.

    Refused whatever the list says: relative and scheme-less addresses, user names, backslashes, dot segments (also
    encoded), blanks and control characters, so that no browser can understand the address differently from us.
    """
    wanted = _split(url)
    if wanted is None:
        return False
    for prefix in prefixes:
        base = _split(prefix)
        if base is None or _origin(base) != _origin(wanted):
            continue
        path = base.path.rstrip("/")
        if wanted.path == path or wanted.path.startswith(path + "/") or (not path and not wanted.path):
            return True
    return False


def origin(text: str) -> str | None:
    """The text as a browser writes an origin (``https://shop.example``, ``null``), or None when it is not one."""
    if text == "null":
        return text
    parts = _split(text.rstrip("/").lower())
    if parts is None or parts.path or parts.query or parts.fragment:
        return None
    scheme, host, port = _origin(parts)
    host = f"[{host}]" if host and ":" in host else host
    return f"{scheme}://{host}" + ("" if port == _PORTS[scheme] else f":{port}")
