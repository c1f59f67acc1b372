"""What answers must be is said by the widget at each step, in the words and by the reading of the server."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from playwright.async_api import Browser, Page
from playwright.async_api import expect as shows

from leadsbot.features.forms.definition import Definition, Field, Option, Step
from leadsbot.features.forms.localized import as_data, shown_form
from leadsbot.features.forms.reading import Fault, number_of, taker
from leadsbot.web import static
from tests.browser.host import Place, visiting
from tests.browser.test_widget_forms import field, options

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("widget")]

AMOUNTS = (
    "12", " 12 ", "1234.5", "1 234,50", "1.234,50", "1,234.50", "1'234.5", "1.250", "1,250", "1.250.000", "1.25.000",
    "€ 250", "250 €", "Rs. 250", "CHF.250", "CHF 1'250.00", "250 kr.", "US$.50", ".5", "-.5", "-3", "+3", "€ -5", "0",
    "12.", "1,2.5", "1234.500", "many", "12 or 13", "1e5", "0x10", "Infinity", "-", ".", "..", "٣٤", "3 1", "10.01",
    "€ 2.500,-", "2.500,-", "1 000 €", "1\u00a0000,00\u00a0€", "2'500.--", "CHF 250.–", "2.500,- EUR", "5k", "5 K",
    "5k€", "5 Mio.", "5 tsd", "5 TEUR", "250 kr", "250 Kč", "250 TL", "250 KM", "K 250", "250 MT",
)  # fmt: skip
NUMBER, MONEY, DINAR = (
    Field(key="n", type="number", label="N"),
    Field(key="m", type="money", label="M", currency="EUR"),
    Field(key="d", type="money", label="D", currency="KWD"),
)
BOUNDED = [
    *(msgspec.structs.replace(each, min=2, max=500) for each in (NUMBER, MONEY, DINAR)),
    msgspec.structs.replace(NUMBER, step=0.1),
    msgspec.structs.replace(NUMBER, min=1, step=3),
    msgspec.structs.replace(MONEY, step=50),
]
TEXTS = ("ABC", " ABC ", "ABCD", "A", "abc", "A\nB", "ÄÖÜ", "🙂🙂🙂", "x" * 11)
PATTERNS = ("[A-Z]{3}", "^[A-Z]+$", "(?:A|B)+", r"\w{1,4}", ".{3}", "[^,]*")
LONG = [
    Field(key="t", type=kind, label="T", **more)  # type: ignore[arg-type]
    for kind in ("text", "textarea")
    for more in [{"min": 3, "max": 10}, *({"pattern": each} for each in PATTERNS)]
]
LISTS: tuple[list[str], ...] = (["a"], ["a", "b"], ["a", "b", "c"], ["a", "b", "c", "d"])
SEVERAL = Field(
    key="l", type="multiselect", label="L", min=2, max=3, options=[Option(value=each, label=each) for each in "abcd"]
)


def told(one: Field, answer: Any) -> str:
    """The name of what the server says about an answer; empty when it takes it."""
    try:
        taker(one, None)(answer.strip() if isinstance(answer, str) else answer)
    except Fault as fault:
        return fault.code
    return ""


def as_drawn(one: Field) -> dict[str, Any]:
    """The field as the widget gets it."""
    definition = Definition(title="T", steps=[Step(id="one", fields=[one])])
    found: dict[str, Any] = as_data(shown_form(definition, "en", key="k", version=1))["steps"][0]["fields"][0]
    return found


async def asked(page: Page, what: str, pairs: list[tuple[Field, Any]]) -> list[Any]:
    """What the widget makes of each answer."""
    await page.evaluate(static.built("widget-rules.js").body.decode() + ";globalThis.rules = LEADSBOT_RULES")
    given = [[as_drawn(one), answer.strip() if isinstance(answer, str) else answer] for one, answer in pairs]
    return list(await page.evaluate(f"pairs => pairs.map(([field, answer]) => {what})", given))


async def test_widget_and_server_refuse_the_same_answers_for_the_same_reason(engine: Browser) -> None:
    pairs: list[tuple[Field, Any]] = [
        *((one, each) for one in (NUMBER, MONEY, DINAR, *BOUNDED) for each in AMOUNTS),
        *((one, each) for one in LONG for each in TEXTS),
        *((SEVERAL, each) for each in LISTS),
    ]
    page = await engine.new_page()
    found = await asked(page, "rules.fault(field, answer, code => code)", pairs)
    await page.close()

    said = [(one, answer, told(one, answer), code) for (one, answer), code in zip(pairs, found, strict=True)]
    assert {"number", "money", "at_least", "at_most", "step", "too_short", "too_long", "pattern", "too_few"} <= {
        code for _, _, code, _ in said
    }
    # Digits of other scripts are left to the server.
    assert [each for each in said if each[2] != each[3] and each[1] != "٣٤"] == []


async def test_widget_and_server_read_the_same_amounts(engine: Browser) -> None:
    pairs = [(one, each) for one in (NUMBER, MONEY, DINAR) for each in AMOUNTS if each != "٣٤"]
    page = await engine.new_page()
    # A number that is none cannot be told apart on its way here.
    found = await asked(page, "isNaN(rules.amount(field, answer)) ? null : rules.amount(field, answer)", pairs)
    await page.close()

    for (one, answer), number in zip(pairs, found, strict=True):
        meant = number_of(answer, money=one.type == "money", decimals=3 if one is DINAR else 2)
        assert number == (None if meant is None else float(meant)), (one.type, one.currency, answer)


async def test_each_step_says_what_is_wrong_with_it_and_goes_to_the_first_place(at: Place, engine: Browser) -> None:
    first = [
        field("name", required=True),
        field("area", "number", min=1, max=5000, step=5),
        field("budget", "money", currency="EUR", min=100),
        field("code", pattern="[A-Z]{3}", pattern_help="Three capital letters, please."),
        field("why", "textarea", min=10),
        field("topics", "multiselect", options=options("price", "time"), min=2),
    ]
    await at.clear()
    source = await at.design(
        {"title": "T", "steps": [{"id": "a", "fields": first}, {"id": "b", "fields": [field("z")]}]}
    )
    at.page('<div id="here"></div>', token=source.key, mode="inline", target="#here")
    async with visiting(engine, at) as (context, said):
        page = await context.new_page()
        await page.goto("/")
        answers = {"Name": "Ada", "Area": "7", "Budget": "€ 99,90", "Code": "abc", "Why": "Because"}
        for label, value in answers.items():
            await page.get_by_label(label).fill(value)
        await page.get_by_label("Price").check()
        await page.get_by_role("button", name="Next").click()

        await shows(page.get_by_label("Area")).to_be_focused()
        alert = page.get_by_role("alert")
        for sentence in (
            "Area: Please keep to steps of 5, beginning at 1.",
            "Budget: The smallest possible value is 100 EUR.",
            "Code: Three capital letters, please.",
            "Why: This is too short. Characters needed: 10.",
            "Topics: Please choose more. Needed: 2.",
        ):
            await shows(alert.get_by_role("button", name=sentence, exact=True)).to_be_visible()
        assert await alert.get_by_role("button").count() == 5

        for label, value in {"Area": "6001", "Budget": "much", "Code": " ABC ", "Why": "Because of it"}.items():
            await page.get_by_label(label).fill(value)
        await page.get_by_label("Time").check()
        await page.get_by_role("button", name="Next").click()
        await shows(alert.get_by_role("button", name="Area: The largest possible value is 5,000.")).to_be_visible()
        await shows(alert.get_by_role("button", name="Budget: Please enter the whole amount in digits")).to_be_visible()
        assert await alert.get_by_role("button").count() == 2

        for label, value in {"Area": "4.996", "Budget": "1.250"}.items():
            await page.get_by_label(label).fill(value)
        await page.get_by_role("button", name="Next").click()
        await shows(page.get_by_label("Area")).to_be_focused()
        await page.get_by_label("Area").fill("4996")
        await page.get_by_role("button", name="Next").click()
        await shows(page.get_by_label("Z")).to_be_visible()
        assert at.road.sent == []
        await page.get_by_role("button", name="Send").click()
        await shows(page.get_by_role("heading", name="Thank you")).to_be_visible()
        assert said == []
    (row,) = await at.arrived(source="designed")
    assert (row["fields"]["area"], row["fields"]["budget"], row["fields"]["code"]) == ("4996", "1.250", "ABC")


async def test_a_consent_shows_its_label_and_the_mistakes_are_links_in_one_box(at: Place, engine: Browser) -> None:
    terms = field("terms", "consent", required=True, text="You may call me.")
    news = field("news", "consent", text="Send me news.", label="")
    await at.clear()
    source = await at.design({"title": "T", "steps": [{"id": "a", "fields": [field("email", "email"), terms, news]}]})
    at.page('<div id="here"></div>', token=source.key, mode="inline", target="#here")
    async with visiting(engine, at) as (context, said):
        page = await context.new_page()
        await page.goto("/")
        box = page.get_by_role("checkbox", name="You may call me.")
        await shows(box).to_have_accessible_name("Terms You may call me.")
        await page.get_by_text("Terms", exact=True).click()
        await shows(box).to_be_checked()
        await box.uncheck()
        await shows(page.get_by_role("checkbox", name="Send me news. (optional)", exact=True)).to_be_visible()
        alert = page.get_by_role("alert")
        assert await alert.evaluate("one => getComputedStyle(one).borderTopWidth") == "0px"
        await page.get_by_role("button", name="Send").click()
        line = alert.get_by_role("button", name="Terms: Please tick this box.")
        look = "one => [getComputedStyle(one).borderTopWidth, getComputedStyle(one).backgroundColor]"
        assert await line.evaluate(look) == ["0px", "rgba(0, 0, 0, 0)"]
        assert (await alert.evaluate(look))[0] == "2px"
        await line.click()
        await shows(box).to_be_focused()
    assert said == []
