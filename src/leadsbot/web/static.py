"""Built assets from memory: hashed names never change and are kept for ever, the others carry an ETag."""

from __future__ import annotations

import gzip
import hashlib
import json
import mimetypes
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from leadsbot.kit.errors import NotFound
from leadsbot.web.actor import Public
from leadsbot.web.routes import page

ROOT = Path(__file__).parent / "static"
HASHED = re.compile(r"[.-][0-9a-fA-F]{8,}\.[a-z0-9.]+$")
EVERYWHERE = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
"""For files that hold nothing of anybody and are part of other people's pages."""
TEXTS = ("text/", "application/json", "image/svg", "application/javascript")


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent."""

    body: bytes
    zipped: bytes | None
    kind: str
    etag: str
    immutable: bool


@lru_cache(maxsize=256)
def _load(path: Path, _changed: float) -> Asset:
    return asset(path.name, path.read_bytes())


@lru_cache(maxsize=64)
def asset(name: str, body: bytes) -> Asset:
    """What is sent under this name."""
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    if kind.startswith(TEXTS) and not kind.startswith("text/"):
        kind += "; charset=utf-8"  # Litestar adds it to text/ itself.
    zipped = gzip.compress(body, 9, mtime=0) if kind.startswith(TEXTS) and len(body) > 512 else None
    return Asset(body, zipped, kind, f'"{hashlib.sha256(body).hexdigest()[:20]}"', bool(HASHED.search(name)))


def find(name: str) -> Asset:
    """The asset below ``web/static`` or ``web/static/built``; NotFound for anything outside or absent."""
    for root in (ROOT / "built", ROOT) if name.isprintable() else ():
        path = (root / name).resolve()
        if path.is_relative_to(ROOT) and path.is_file() and not path.name.startswith("."):
            return _load(path, path.stat().st_mtime)
    raise NotFound("There is no such file.")


def answer(request: Request[Any, Any, Any], asset: Asset, extra: dict[str, str] | None = None) -> Response[Any]:
    """The asset, or 304 when the caller has it already."""
    headers = {
        "ETag": asset.etag,
        "Vary": "Accept-Encoding",
        "Cache-Control": "public, max-age=31536000, immutable" if asset.immutable else "public, max-age=300",
        **(extra or {}),
    }
    if request.headers.get("if-none-match") == asset.etag:
        return Response(None, status_code=304, headers=headers)
    zipped = asset.zipped if "gzip" in request.headers.get("accept-encoding", "") else None
    if zipped is not None:
        headers["Content-Encoding"] = "gzip"
    return Response(zipped or asset.body, media_type=asset.kind, headers=headers)


@lru_cache(maxsize=4)
def _manifest(path: Path, _changed: float) -> dict[str, str]:
    data = json.loads(path.read_text(encoding="utf-8"))
    entries = data.get("files", data)
    return {
        name: entry if isinstance(entry, str) else str(entry.get("file") or entry.get("path") or name)
        for name, entry in entries.items()
    }


def built(name: str) -> Asset:
    """A built asset by its source name (``app.js``); NotFound where nothing was built."""
    return find(file_name(name))


def url(name: str) -> str:
    """The address of an asset by its source name; the name itself where nothing was built."""
    return f"/static/{file_name(name)}"


def file_name(name: str) -> str:
    """The name with the hash in it of an asset by its source name; the name itself where nothing was built."""
    path = ROOT / "built" / "manifest.json"
    known = _manifest(path, path.stat().st_mtime) if path.is_file() else {}
    return known.get(name, name)


@page("GET", "/static/{name:path}", needs=Public("styles and scripts hold nothing of anybody"), cookieless=True)
async def static_file(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[Any]:
    """One built asset."""
    return answer(request, find(name.lstrip("/")))


@page("GET", "/favicon.ico", needs=Public("a picture"), cookieless=True)
async def favicon(request: Request[Any, Any, Any]) -> Response[Any]:
    """The icon that browsers ask for by themselves."""
    return answer(request, find("favicon.svg"))


routes = (static_file, favicon)
