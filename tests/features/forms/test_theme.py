"""The look of a form: tokens that cannot carry CSS, and colours that can be read whatever was chosen."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from leadsbot.features.forms.definition import Theme
from leadsbot.features.forms.theme import (
    CONTRAST,
    DARK_PAGE,
    LIGHT_PAGE,
    contrast,
    readable,
    stylesheet,
    tokens,
    widget_tokens,
)

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@given(COLOURS)
def test_every_accent_can_be_read(accent: str) -> None:
    made = tokens(Theme(accent=accent))
    assert contrast(made["accent"], made["on-accent"]) >= CONTRAST
    assert contrast(made["mark-light"], LIGHT_PAGE) >= CONTRAST
    assert contrast(made["mark-dark"], DARK_PAGE) >= CONTRAST


def test_contrast_is_that_of_the_guidelines() -> None:
    assert round(contrast("#000000", "#ffffff"), 2) == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48
    assert readable("#0a7d5a", LIGHT_PAGE) == "#0a7d5a"


def test_tokens_become_custom_properties() -> None:
    made = stylesheet(Theme(accent="#FFD400", scheme="dark", corners="round", font="serif", density="compact"))
    assert made.startswith(":root{--accent:#ffd400;--on-accent:#000000;")
    assert "--scheme:dark;--radius:20px;" in made
    assert "--gap:14px;" in made


def test_the_widget_gets_the_same_corners_and_letters_in_less_room() -> None:
    theme = Theme(accent="#FFD400", scheme="auto", corners="round", font="serif", density="compact")
    page, widget = tokens(theme), widget_tokens(theme)
    assert {name for name in widget if widget[name] == page.get(name)} == {"accent", "radius", "font"}
    assert (widget["scheme"], widget["gap"]) == ("auto", "12px")
