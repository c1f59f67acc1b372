"""What a visitor reads whose form was not taken: a small page of its own, without a file to load.

It speaks to somebody who knows nothing of us. What the site's owner has to mend stands in the problem document that
programs get, and on the page of the source.
"""

from __future__ import annotations

import base64
import hashlib
from html import escape
from typing import Final
from urllib.parse import urlsplit

from leadsbot.kit.errors import AppError

WORDS: Final[dict[str, tuple[str, str]]] = {
    "unauthorised": (
        "This form is not open to visitors",
        "It takes enquiries from another program only, so yours was not sent. Please get in touch in another way.",
    ),
    "forbidden": ("This form cannot be sent from here", "It belongs to another web site. Please fill it in there."),
    "not_found": ("There is no such form", "Nothing was sent. Check the address, or ask whoever gave it to you."),
    "gone": ("This form is closed", "It takes no more messages. Nothing was sent."),
    "too_large": ("That was too much at once", "Nothing was sent. Please shorten your text, or leave files out."),
    "too_many_requests": ("Please wait a moment", "Too much came from your connection. Try again in a minute."),
    "unavailable": ("It could not be sent just now", "What you wrote was not sent. Go back and try again in a minute."),
    "too_slow": ("It did not arrive in time", "Your connection was too slow. Go back and try again."),
}
INVALID: Final = ("Please check what you entered", "")
FAILED: Final = ("It could not be sent", "What you wrote was not sent. Go back and try again.")
_STYLE: Final = (
    ":root{color-scheme:light dark}body{margin:0;min-height:100dvh;display:grid;place-items:center;"
    "font:16px/1.5 system-ui,sans-serif;background:Canvas;color:CanvasText;overflow-wrap:anywhere}"
    "main{box-sizing:border-box;max-width:34rem;padding:2rem}h1{font-size:1.5rem;line-height:1.25;margin:0 0 .5rem}"
    "p{margin:0 0 1rem}a{color:LinkText;display:inline-block;padding:.6rem 0}small{color:GrayText}"
)
_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; img-src data:; base-uri 'none'; frame-ancestors 'none'"
)
_PAGE: Final = (
    '<!doctype html><html lang="en"><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">'
    '<link rel="icon" href="data:,"><title>{title}</title><style>{style}</style>'
    "<main><h1>{title}</h1><p>{text}</p>{back}<p><small>{request_id}</small></p></main></html>"
)


def refused_page(error: AppError, request_id: str, referer: str) -> bytes:
    """The page, with a way back to where the visitor came from. ``invalid`` names the field and what is wrong."""
    title, text = WORDS.get(error.code, INVALID if error.status == 422 else FAILED)
    if error.status == 422:
        text = f"{error.field}: {error.detail}" if error.field else error.detail
    back = f'<p><a href="{escape(referer)}">Back to the form</a></p>' if _is_page(referer) else ""
    page = _PAGE.format(title=escape(title), text=escape(text), style=_STYLE, back=back, request_id=escape(request_id))
    return page.encode("utf-8", "replace")


def _is_page(referer: str) -> bool:
    try:
        return urlsplit(referer).scheme in ("http", "https")
    except ValueError:
        return False


__all__ = ["POLICY", "refused_page"]
