"""Forms to begin with: what most businesses ask, ready to be published and easy to change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from leadsbot.features.forms.definition import Comparison, Definition, Ending, Field, Option, Step
from leadsbot.features.forms.model import UNTITLED, contact_form

_CURRENCIES: Final = {
    "AE": "AED", "AU": "AUD", "BR": "BRL", "CA": "CAD", "CH": "CHF", "CN": "CNY", "CZ": "CZK", "DK": "DKK",
    "GB": "GBP", "HK": "HKD", "HU": "HUF", "IL": "ILS", "IN": "INR", "JP": "JPY", "KR": "KRW", "LI": "CHF",
    "MX": "MXN", "NO": "NOK", "NZ": "NZD", "PL": "PLN", "RO": "RON", "SA": "SAR", "SE": "SEK", "SG": "SGD",
    "TR": "TRY", "UA": "UAH", "US": "USD", "ZA": "ZAR",
}  # fmt: skip


def currency_of(country: str | None) -> str:
    """The currency that a new price is asked in; where nothing better is known, the euro."""
    return _CURRENCIES.get(country or "", "EUR")


class Starter(NamedTuple):
    """One of them. ``blurb`` says for whom it is, ``make`` builds a fresh one."""

    id: str
    name: str
    blurb: str
    icon: str
    make: Callable[[str], Definition]
    """From the currency (ISO 4217) that prices are asked in."""


def _options(*labels: str) -> list[Option]:
    return [Option(value=label.lower().replace(" ", "-"), label=label) for label in labels]


def _name() -> Field:
    return Field(key="name", type="text", label="Name", required=True, autocomplete="name")


def _email() -> Field:
    return Field(key="email", type="email", label="E-mail", required=True)


def _phone() -> Field:
    return Field(key="phone", type="phone", label="Phone", help="If you would rather be called.")


def _contact(currency: str) -> Definition:
    return contact_form()


def _blank(currency: str) -> Definition:
    return Definition(title=UNTITLED, steps=[Step(id="one", fields=[_email()])])


def _quote(currency: str) -> Definition:
    big = [[Comparison(field="budget", op="gte", value=5000)]]
    what = Step(
        id="project", title="Your project",
        fields=[
            Field(
                key="service", type="select", label="What do you need?", required=True,
                options=_options("New work", "Repair", "Advice", "Something else"),
            ),
            Field(key="details", type="textarea", label="Tell us about it", required=True, min=10),
            Field(key="budget", type="money", label="Budget", currency=currency, help="A rough figure is enough."),
            Field(key="start", type="date", label="When should it start?", show_if=big),
            Field(key="plans", type="file", label="Plans or photos", max=5),
        ],
    )  # fmt: skip
    you = Step(
        id="you", title="About you",
        fields=[
            _name(), _email(), _phone(),
            Field(key="company", type="text", label="Company"),
            Field(key="postcode", type="text", label="Postcode", half=True),
        ],
    )  # fmt: skip
    thanks = Ending(
        id="thanks", title="Thank you, {name}", text="We look at your project and answer within one working day."
    )
    return Definition(title="Get a quote", intro="Two short steps.", button="Ask for a quote", steps=[what, you],
                      endings=[thanks])  # fmt: skip


def _booking(currency: str) -> Definition:
    fields = [
        Field(
            key="appointment", type="radio", label="What is it about?", required=True,
            options=_options("First visit", "Follow-up", "Consultation by phone"),
        ),
        Field(key="day", type="date", label="Preferred day", required=True, half=True),
        Field(key="time", type="select", label="Time of day", half=True, options=_options("Morning", "Afternoon")),
        Field(key="guests", type="number", label="How many people?", min=1, max=20, step=1, default="1"),
        _name(), _email(),
        Field(key="phone", type="phone", label="Phone", required=True, help="In case we have to move it."),
        Field(key="message", type="textarea", label="Anything we should know?"),
    ]  # fmt: skip
    thanks = Ending(id="thanks", title="Your request is here", text="We confirm {day} by e-mail or phone.")
    return Definition(title="Book an appointment", button="Request appointment",
                      steps=[Step(id="booking", fields=fields)], endings=[thanks])  # fmt: skip


def _newsletter(currency: str) -> Definition:
    fields = [
        _email(),
        Field(key="first_name", type="text", label="First name"),
        Field(
            key="topics", type="multiselect", label="What interests you?",
            options=_options("News", "Offers", "Events"),
        ),
        Field(
            key="newsletter", type="consent", label="", required=True,
            text="I want to receive the newsletter by e-mail, about once a month. I can unsubscribe at any time, with "
            "the link in every issue.",
        ),
    ]  # fmt: skip
    return Definition(title="Newsletter", intro="Once a month, no more.", button="Subscribe",
                      steps=[Step(id="newsletter", fields=fields)], lawful_basis="consent")  # fmt: skip


def _job(currency: str) -> Definition:
    role = Step(
        id="role", title="The job",
        fields=[
            Field(
                key="position", type="select", label="Which job?", required=True, prefill="position",
                options=_options("Sales", "Workshop", "Office", "Apprenticeship", "Speculative application"),
            ),
            Field(key="begin", type="date", label="Earliest start"),
            Field(key="why", type="textarea", label="Why you, why us?", help="A few sentences are enough."),
        ],
    )  # fmt: skip
    you = Step(
        id="you", title="About you",
        fields=[
            _name(), _email(),
            Field(key="phone", type="phone", label="Phone"),
            Field(key="cv", type="file", label="CV", required=True, accept=["application/pdf"], max=1),
            Field(key="website", type="text", label="LinkedIn, web site or portfolio"),
            Field(
                key="keep", type="consent", label="Keep my application",
                text="You may keep my application for twelve months and write to me when another job fits.",
            ),
        ],
    )  # fmt: skip
    thanks = Ending(id="thanks", title="Thank you, {name}", text="You hear from us within a week.")
    return Definition(title="Apply for a job", button="Send application", steps=[role, you], endings=[thanks],
                      lawful_basis="contract")  # fmt: skip


STARTERS: Final = (
    Starter("contact", "Contact", "Name, e-mail, phone and a message. Fits every web site.", "mail", _contact),
    Starter("quote", "Quote request", "Two steps: the project with budget and photos, then who asks.", "money", _quote),
    Starter("booking", "Booking", "An appointment: what, which day, for how many.", "date", _booking),
    Starter("newsletter", "Newsletter", "E-mail, topics and a consent whose text is kept.", "consent", _newsletter),
    Starter("job", "Job application", "Position, CV as a file, and whether you may keep it.", "user", _job),
    Starter("blank", "Start from nothing", "One e-mail field. The rest is yours.", "plus", _blank),
)


def starter(id: str) -> Starter | None:
    """The one with this id."""
    return next((each for each in STARTERS if each.id == id), None)


__all__ = ["STARTERS", "Starter", "currency_of", "starter"]
