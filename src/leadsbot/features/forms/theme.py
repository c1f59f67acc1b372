"""The look of a form as a few lines of CSS made of its tokens; nothing that somebody wrote gets into a style sheet.

Whatever accent is chosen, text stays readable: on the accent it is black or white, whichever stands out more, and as
the colour of text and marks the accent is darkened or lightened until it has CONTRAST with the page (WCAG 2.2, 1.4.3).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, TypeAlias

from leadsbot.features.forms.definition import Theme

CONTRAST: Final = 4.5
LIGHT_PAGE, DARK_PAGE = "#ffffff", "#17191f"
"""What texts stand on; the same as in ``frontend/styles/form.css``."""
_SCHEMES: Final = {"auto": "light dark", "light": "light", "dark": "dark"}
_CORNERS: Final = {"square": "0", "soft": "8px", "round": "20px"}
_FONTS: Final = {
    "system": 'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Noto Sans",sans-serif',
    "serif": '"Iowan Old Style","Palatino Linotype",Palatino,"Noto Serif",Georgia,serif',
    "mono": 'ui-monospace,"SF Mono","Cascadia Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace',
}
_GAPS: Final = {"airy": "24px", "compact": "14px"}
_WIDGET_GAPS: Final = {"airy": "20px", "compact": "12px"}
"""In the widget, which has less room."""
Rgb: TypeAlias = tuple[float, float, float]


def tokens(theme: Theme) -> dict[str, str]:
    """The custom properties of a form's style sheet by name, without the two hyphens."""
    return {
        "accent": theme.accent.lower(),
        "on-accent": _on(theme.accent),
        "mark-light": readable(theme.accent, LIGHT_PAGE),
        "mark-dark": readable(theme.accent, DARK_PAGE),
        "scheme": _SCHEMES[theme.scheme],
        "radius": _CORNERS[theme.corners],
        "font": _FONTS[theme.font],
        "gap": _GAPS[theme.density],
    }


def widget_tokens(theme: Theme) -> dict[str, str]:
    """What the widget makes its style sheet of (``frontend/src/widget/form/style.ts``)."""
    return {
        "accent": theme.accent.lower(),
        "scheme": theme.scheme,
        "radius": _CORNERS[theme.corners],
        "font": _FONTS[theme.font],
        "gap": _WIDGET_GAPS[theme.density],
    }


@lru_cache(maxsize=256)
def stylesheet(theme: Theme) -> str:
    """The tokens as CSS, to stand before ``form.css``."""
    return ":root{" + "".join(f"--{name}:{value};" for name, value in tokens(theme).items()) + "}\n"


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    high, low = sorted((_luminance(_rgb(one)), _luminance(_rgb(other))), reverse=True)
    return (high + 0.05) / (low + 0.05)


def readable(colour: str, page: str) -> str:
    """The colour, or the nearest mixture with black or white that can be read on the page."""
    towards: Rgb = (0, 0, 0) if _luminance(_rgb(page)) > 0.18 else (255, 255, 255)
    own = _rgb(colour)
    for step in range(21):
        mixed = tuple(a + (b - a) * step / 20 for a, b in zip(own, towards, strict=True))
        found = "#" + "".join(f"{round(each):02x}" for each in mixed)
        if contrast(found, page) >= CONTRAST:
            return found
    return _on(page)


def _on(colour: str) -> str:
    return max(("#ffffff", "#000000"), key=lambda each: contrast(each, colour))


def _rgb(colour: str) -> Rgb:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return red, green, blue


def _luminance(colour: Rgb) -> float:
    linear = [each / 255 / 12.92 if each <= 10.31475 else ((each / 255 + 0.055) / 1.055) ** 2.4 for each in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
