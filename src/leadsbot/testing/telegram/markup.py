"""What Telegram does with text and buttons: the HTML subset, lengths in UTF-16 units, and button rules."""

from __future__ import annotations

import html
import re
from urllib.parse import urlsplit

MAX_TEXT = 4096
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]*)((?:\s+[A-Za-z-]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>\"']+))?)*)\s*>")
_ATTRIBUTE = re.compile(r"([A-Za-z-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"']+)))?")
_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});")
_TYPES = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler", "span": "spoiler",
    "code": "code", "pre": "pre", "blockquote": "blockquote", "a": "text_link",
}  # fmt: skip


class BadRequest(Exception):
    """What the server answers with 400; the text is Telegram's description without its prefix."""


def units(text: str) -> int:
    """Length as Telegram counts it: UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def parse(text: str, mode: str | None) -> tuple[str, list[dict[str, object]]]:
    """The visible text and its entities; raises BadRequest like the real server."""
    plain, entities = _parse_html(text) if mode == "HTML" else (text, [])
    if mode not in (None, "HTML"):
        raise BadRequest("unsupported parse_mode")
    if any("\ud800" <= char <= "\udfff" for char in plain):
        raise BadRequest("strings must be encoded in UTF-8")
    stripped = plain.strip()
    lead = units(plain[: len(plain) - len(plain.lstrip())])
    if not stripped:
        raise BadRequest("message text is empty")
    if units(stripped) > MAX_TEXT:
        raise BadRequest("message is too long")
    end = units(stripped)
    kept = []
    for entity in entities:
        start = max(0, int(str(entity["offset"])) - lead)
        length = min(int(str(entity["length"])), end - start)
        if length > 0:
            kept.append({**entity, "offset": start, "length": length})
    return stripped, kept


def _parse_html(text: str) -> tuple[str, list[dict[str, object]]]:
    out: list[str] = []
    entities: list[dict[str, object]] = []
    stack: list[tuple[str, int, dict[str, object]]] = []
    at, position = 0, 0
    while at < len(text):
        char = text[at]
        piece = char
        if char == "<":
            match = _TAG.match(text, at)
            if match is None:
                raise BadRequest(f'can\'t parse entities: Unsupported start tag "" at byte offset {_byte(text, at)}')
            _tag(match, text, position, stack, entities)
            at = match.end()
            continue
        if char == "&" and (found := _ENTITY.match(text, at)):
            piece = html.unescape(found.group())
            at = found.end()
        else:
            at += 1
        out.append(piece)
        position += units(piece)
    if stack:
        raise BadRequest(f"can't parse entities: Can't find end tag corresponding to start tag \"{stack[-1][0]}\"")
    return "".join(out), sorted(entities, key=lambda entity: (int(str(entity["offset"])), -int(str(entity["length"]))))


def _tag(
    match: re.Match[str],
    text: str,
    position: int,
    stack: list[tuple[str, int, dict[str, object]]],
    entities: list[dict[str, object]],
) -> None:
    name = match.group(2).lower()
    where = _byte(text, match.start())
    found = _ATTRIBUTE.finditer(match.group(3))
    attributes = {m.group(1).lower(): m.group(2) or m.group(3) or m.group(4) or "" for m in found}
    if match.group(1):
        if not stack:
            raise BadRequest(f"can't parse entities: Unexpected end tag at byte offset {where}")
        opened, start, extra = stack.pop()
        if opened != name:
            what = f'Unmatched end tag at byte offset {where}, expected "</{opened}>", found "</{name}>"'
            raise BadRequest(f"can't parse entities: {what}")
        if position > start:
            entities.append({"type": _TYPES[name], "offset": start, "length": position - start, **extra})
        return
    if name not in _TYPES:
        raise BadRequest(f'can\'t parse entities: Unsupported start tag "{name}" at byte offset {where}')
    if name == "span" and attributes.get("class") != "tg-spoiler":
        raise BadRequest(f'can\'t parse entities: Tag "span" must have class "tg-spoiler" at byte offset {where}')
    extra = {"url": html.unescape(attributes.get("href", ""))} if name == "a" else {}
    stack.append((name, position, extra))


def _byte(text: str, at: int) -> int:
    return len(text[:at].encode("utf-8", "surrogatepass"))


def check_keyboard(markup: object) -> None:
    """Raise BadRequest for an inline keyboard that Telegram refuses."""
    rows = markup.get("inline_keyboard") if isinstance(markup, dict) else None
    for row in rows if isinstance(rows, list) else []:
        for button in row:
            _check_button(button)


def _check_button(button: dict[str, object]) -> None:
    if not str(button.get("text", "")).strip():
        raise BadRequest("inline keyboard button text must be non-empty")
    data, url = button.get("callback_data"), button.get("url")
    if data is None and url is None:
        raise BadRequest("Text buttons are unallowed in the inline keyboard")
    if data is not None and not 1 <= len(str(data).encode()) <= 64:
        raise BadRequest("BUTTON_DATA_INVALID")
    if url is not None and not _linkable(str(url)):
        raise BadRequest(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")


def _linkable(url: str) -> bool:
    if url.startswith("tg://"):
        return True
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    local = host.startswith("127.") or host.endswith(".localhost")
    return parts.scheme in ("http", "https") and "." in host and not local
