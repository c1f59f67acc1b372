"""Icons as inline SVG: 24-unit line drawings in the colour of the text."""

# ruff: noqa: E501 - a drawing does not read better on two lines

from __future__ import annotations

from markupsafe import Markup

PATHS = {
    "inbox": '<path d="M3 13h5l1.5 3h5L16 13h5"/><path d="M5.5 5h13L21 13v6H3v-6z"/>',
    "source": '<path d="M12 3v10m0 0 4-4m-4 4L8 9"/><path d="M4 15v5h16v-5"/>',
    "send": '<path d="m4 12 16-8-5 16-3.5-6.5z"/><path d="m11.500 13.500 8.500-9.500"/>',
    "log": '<path d="M8 6h12M8 12h12M8 18h12"/><path d="M4 6h.01M4 12h.01M4 18h.01"/>',
    "key": '<circle cx="8" cy="15" r="4"/><path d="m11 12 9-9m-4 4 3 3"/>',
    "settings": '<path d="M4 7h10m4 0h2M4 17h2m4 0h10"/><circle cx="16" cy="7" r="2"/><circle cx="8" cy="17" r="2"/>',
    "user": '<circle cx="12" cy="8" r="4"/><path d="M4 21c1-4 4-6 8-6s7 2 8 6"/>',
    "users": '<circle cx="9" cy="8" r="3.500"/><path d="M2.500 20c.8-3.500 3-5.500 6.500-5.500s5.700 2 6.500 5.500M16 5a3.500 3.500 0 0 1 0 6.500m2 3.500c2 .7 3 2.500 3.500 5"/>',
    "copy": '<rect x="9" y="9" width="11" height="11" rx="2"/><path d="M5 15V6a2 2 0 0 1 2-2h8"/>',
    "check": '<path d="m5 13 4 4L19 7"/>',
    "search": '<circle cx="11" cy="11" r="6"/><path d="m20 20-4.500-4.500"/>',
    "plus": '<path d="M12 5v14M5 12h14"/>',
    "alert": '<path d="M12 4 2.500 20h19z"/><path d="M12 10v4m0 3h.01"/>',
    "clock": '<circle cx="12" cy="12" r="8.500"/><path d="M12 7v5l3 2"/>',
    "out": '<path d="M14 4H5v16h9"/><path d="M10 12h11m0 0-4-4m4 4-4 4"/>',
    "chevron": '<path d="m8 10 4 4 4-4"/>',
    "left": '<path d="m14 6-6 6 6 6"/>',
    "right": '<path d="m10 6 6 6-6 6"/>',
    "trash": '<path d="M4 7h16M9 7V4h6v3m3 0-1 13H7L6 7"/>',
    "retry": '<path d="M20 11a8 8 0 1 0-2 6"/><path d="M20 5v6h-6"/>',
    "mail": '<rect x="3" y="5" width="18" height="14" rx="2"/><path d="m3 8 9 6 9-6"/>',
    "phone": '<path d="M5 4h4l2 5-2.500 1.500a11 11 0 0 0 5 5L15 13l5 2v4a1 1 0 0 1-1 1A16 16 0 0 1 4 5a1 1 0 0 1 1-1z"/>',
    "note": '<path d="M5 4h14v11l-5 5H5z"/><path d="M14 20v-5h5"/>',
    "tag": '<path d="M4 4h8l8 8-8 8-8-8z"/><path d="M8.500 8.500h.01"/>',
    "keyboard": '<rect x="2.500" y="6" width="19" height="12" rx="2"/><path d="M6 10h.01M9 10h.01M12 10h.01M15 10h.01M18 10h.01M8 14h8"/>',
    "moon": '<path d="M20 14A8.500 8.500 0 1 1 10 4a7 7 0 0 0 10 10z"/>',
    "more": '<path d="M5 12h.01M12 12h.01M19 12h.01"/>',
    "menu": '<path d="M4 7h16M4 12h16M4 17h16"/>',
    "bolt": '<path d="M13 3 5 14h6l-1 7 8-11h-6z"/>',
    "link": '<path d="m10 14 4-4"/><path d="m8 12-2 2a3.500 3.500 0 0 0 5 5l2-2m3-5 2-2a3.500 3.500 0 0 0-5-5l-2 2"/>',
    "code": '<path d="m8 7-5 5 5 5m8-10 5 5-5 5"/>',
    "book": '<path d="M5 4h14v16H7a2 2 0 0 1-2-2z"/><path d="M5 17a2 2 0 0 1 2-2h12"/>',
    "shield": '<path d="M12 3 4.500 6v6c0 4.500 3 7.500 7.500 9 4.500-1.500 7.500-4.500 7.500-9V6z"/><path d="m9 12 2 2 4-4"/>',
    "form": '<rect x="4" y="3.500" width="16" height="17" rx="2"/><path d="M8 8h8M8 12h8M8 16h4"/>',
    "text": '<path d="M5 7V5h14v2M12 5v14m-3 0h6"/>',
    "textarea": '<path d="M4 6h16M4 10h16M4 14h16M4 18h9"/>',
    "email": '<circle cx="12" cy="12" r="4"/><path d="M16 12v1.500a2.500 2.500 0 0 0 5 0V12a9 9 0 1 0-3.500 7.100"/>',
    "number": '<path d="M9 4 7 20M17 4l-2 16M4 9h16M4 15h16"/>',
    "money": '<circle cx="12" cy="12" r="8.500"/><path d="M15 8.500A4 4 0 0 0 8.500 12 4 4 0 0 0 15 15.500M6.500 11h6m-6 2h6"/>',
    "date": '<rect x="3.500" y="5" width="17" height="15.500" rx="2"/><path d="M3.500 10h17M8 3v4m8-4v4"/>',
    "select": '<rect x="3" y="6" width="18" height="12" rx="2"/><path d="m13.500 10.500 2.500 2.500 2.500-2.500M6 12h4"/>',
    "radio": '<circle cx="12" cy="12" r="8.500"/><circle cx="12" cy="12" r="3" fill="currentColor"/>',
    "multiselect": '<path d="m3 6 1.500 1.500L7 5M3 12l1.500 1.500L7 11M3 18l1.500 1.500L7 17M11 6.500h10M11 12.500h10M11 18.500h10"/>',
    "checkbox": '<rect x="4" y="4" width="16" height="16" rx="3"/><path d="m8 12 3 3 5-6"/>',
    "consent": '<path d="M12 3 5 6v5.500c0 4.500 3 7.500 7 9.500 4-2 7-5 7-9.500V6z"/><path d="m9 12 2 2 4-4.500"/>',
    "rating": '<path d="m12 3.500 2.600 5.500 6 .8-4.400 4.200 1.100 6L12 17l-5.300 3 1.100-6L3.400 9.800l6-.8z"/>',
    "file": '<path d="M6 3h8l5 5v13H6z"/><path d="M14 3v5h5"/>',
    "hidden": '<path d="M4 4l16 16M10 6.300A9 9 0 0 1 21 12a12 12 0 0 1-2.500 3.200M6.500 8A12 12 0 0 0 3 12a9.500 9.500 0 0 0 12.500 5.200"/>',
    "heading": '<path d="M6 5v14M18 5v14M6 12h12"/>',
    "undo": '<path d="M9 14 4 9l5-5"/><path d="M4 9h10a6 6 0 0 1 0 12h-3"/>',
    "redo": '<path d="m15 14 5-5-5-5"/><path d="M20 9H10a6 6 0 0 0 0 12h3"/>',
    "up": '<path d="M12 19V5m-6 6 6-6 6 6"/>',
    "down": '<path d="M12 5v14m-6-6 6 6 6-6"/>',
    "grip": '<path d="M9 6h.01M15 6h.01M9 12h.01M15 12h.01M9 18h.01M15 18h.01"/>',
    "eye": '<path d="M2.500 12C5 7.500 8.500 5.500 12 5.500s7 2 9.500 6.500c-2.500 4.500-6 6.500-9.500 6.500S5 16.500 2.500 12z"/><circle cx="12" cy="12" r="3"/>',
    "close": '<path d="m6 6 12 12M18 6 6 18"/>',
    "desktop": '<rect x="3" y="4" width="18" height="12" rx="2"/><path d="M9 20h6m-3-4v4"/>',
    "tablet": '<rect x="5" y="3" width="14" height="18" rx="2"/><path d="M11 18h2"/>',
    "mobile": '<rect x="7" y="3" width="10" height="18" rx="2"/><path d="M11 18h2"/>',
    "direction": '<path d="M20 8H4m0 0 4-4M4 8l4 4M4 16h16m0 0-4-4m4 4-4 4"/>',
    "language": '<circle cx="12" cy="12" r="8.500"/><path d="M3.500 12h17M12 3.500c3 3 3 14 0 17-3-3-3-14 0-17z"/>',
    "merge": '<path d="M6 4v4c0 4 6 4 6 8v4m6-16v4c0 4-6 4-6 8"/>',
}


def icon(name: str, label: str | None = None) -> Markup:
    """The drawing; with a label it is an image for screen readers, without one it is decoration."""
    named = Markup(' role="img" aria-label="{}"').format(label) if label else Markup(' aria-hidden="true"')
    return Markup(
        '<svg class="icon" viewBox="0 0 24 24" width="18" height="18" fill="none" stroke="currentColor" '
        'stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"{}>{}</svg>'
    ).format(named, Markup(PATHS[name]))  # noqa: S704 - the drawings above are constants of ours


def symbol(name: str) -> Markup:
    """The drawing for scripts, which show it by ``<use href="#i-name">``."""
    return Markup('<symbol id="i-{}" viewBox="0 0 24 24">{}</symbol>').format(name, Markup(PATHS[name]))  # noqa: S704
