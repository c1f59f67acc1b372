"""Who wrote to the demo's business: 200 people over three weeks whose answers fit together."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import product
from typing import Any, Literal

from leadsbot.cli import demo_words as words
from leadsbot.kit.clock import in_zone

ZONE = "Europe/London"
SITE = "https://corner-and-sons.example"
LEADS, DAYS = 200, 21
Door = Literal["form", "widget", "calculator"]
HOURS = (1, 0, 0, 0, 0, 0, 1, 3, 7, 11, 12, 11, 9, 9, 9, 8, 8, 7, 6, 6, 6, 5, 3, 1)
"""How likely each hour of the day is."""
DAYS_OF_WEEK = (10, 10, 9, 9, 8, 5, 4)
CAMPAIGNS: tuple[dict[str, str], ...] = (
    {},
    {},
    {"referrer": "https://www.google.com/"},
    {"utm_source": "google", "utm_medium": "cpc", "utm_campaign": "joiner-bristol"},
    {"utm_source": "instagram", "utm_medium": "social", "referrer": "https://l.instagram.com/"},
    {"utm_source": "newsletter", "utm_medium": "email", "utm_campaign": "workshop-news"},
)
NOBODY = ("", "")
TRADE = words.Topic("trade", "/for-business", (), ())
PROJECTS = {"kitchen": "Kitchen", "wardrobe": "Fitted wardrobe", "shelves": "Bookcase"}
RATES = {"Painted": 1450, "Oak": 2100, "Laminate": 980}


@dataclass(slots=True)
class Enquiry:
    """One person and what they sent."""

    door: Door
    at: datetime
    first: str
    topic: str
    place: str
    fields: dict[str, Any]
    context: dict[str, str]
    junk: bool = False
    again: list[tuple[datetime, str]] = field(default_factory=list)
    """When they wrote again, and what."""

    @property
    def email(self) -> str:
        """The address, by which the lead is found."""
        return str(self.fields["email"])


def people(dice: random.Random, now: datetime) -> list[Enquiry]:
    """Everybody, the earliest first; nobody has another's name and no text comes twice."""
    names = [f"{first} {last}" for first, last in product(words.FIRST, words.LAST)]
    dice.shuffle(names)
    said: Counter[str] = Counter()
    firms = iter(dice.sample(words.FIRMS, len(words.FIRMS)))
    junk = iter(words.JUNK)
    moments = _moments(dice, now)
    pests = set(dice.sample(range(LEADS), len(words.JUNK)))
    found = []
    for number, (name, at) in enumerate(zip(names, moments, strict=False)):
        if number in pests:
            found.append(_pest(dice, *next(junk), at))
            continue
        firm = next(firms, NOBODY) if dice.random() < len(words.FIRMS) / LEADS * 1.1 else NOBODY
        found.append(_person(dice, name, *firm, at, said))
    for enquiry in dice.sample([each for each in found if not each.junk], 18):
        _write_again(dice, enquiry, now, said)
    return found


def _moments(dice: random.Random, now: datetime) -> list[datetime]:
    """Moments of three weeks, the earliest first: most of them by day and in the week."""
    today = in_zone(now, ZONE)
    days = [today - timedelta(days=back) for back in range(DAYS + 1)]
    found: list[datetime] = []
    while len(found) < LEADS:
        day = dice.choices(days, [DAYS_OF_WEEK[each.weekday()] for each in days])[0]
        hour = dice.choices(range(24), HOURS)[0]
        moment = day.replace(hour=hour, minute=dice.randrange(60), second=dice.randrange(60), microsecond=0)
        if now - timedelta(days=DAYS) < moment < now - timedelta(minutes=2):
            found.append(moment)
    return sorted(found)


def _person(dice: random.Random, name: str, firm: str, wish: str, at: datetime, said: Counter[str]) -> Enquiry:
    """``firm`` and ``wish`` are empty for somebody who writes for their own home."""
    first, _, last = name.partition(" ")
    topic = TRADE if firm else dice.choices(words.TOPICS, (8, 6, 4, 5, 4, 4, 3))[0]
    door: Door = "form" if firm else dice.choices(("form", "widget", "calculator"), (10, 6, 4))[0]
    if door == "calculator":
        topic = dice.choice([each for each in words.TOPICS if each.key in PROJECTS])
    place = dice.choice(words.PLACES)
    fields: dict[str, Any] = {"name": name, "email": _fresh(said, _addresses(dice, first, last, firm))}
    if firm:
        fields["company"] = firm
    if door == "calculator" or dice.random() < (0.35 if door == "widget" else 0.65):
        fields["phone"] = _fresh(said, _numbers(dice, firm))
    if door == "calculator":
        fields |= _sum(dice, topic)
    elif firm:
        fields["message"] = f"{wish} {dice.choice(words.TRADE_ASKS)}"
    else:
        fields["message"] = _fresh(said, _texts(dice, topic, door, place, said))
    if door == "form" and not firm and dice.random() < 0.5:
        fields["Town"] = place
    page = "/price-calculator" if door == "calculator" else topic.page if dice.random() < 0.7 else "/contact"
    context = {"page": SITE + page, **dice.choice(CAMPAIGNS), "locale": "en-GB"}
    return Enquiry(door, at, first, topic.key, place, fields, context)


def _addresses(dice: random.Random, first: str, last: str, firm: str) -> Iterator[str]:
    one, two = first.lower(), last.lower()
    host = "".join(letter for letter in firm.lower() if letter.isascii() and letter.isalnum())
    while True:
        if firm:
            yield f"{dice.choice((one, f'{one}.{two}'))}@{host}.example"
        else:
            # These three names are set apart for examples: nobody is there who could be written to.
            mailbox = dice.choice((f"{one}.{two}", f"{one[0]}{two}", f"{two}.{one}"))
            yield f"{mailbox}@example.{dice.choice(('com', 'net', 'org'))}"


def _numbers(dice: random.Random, firm: str) -> Iterator[str]:
    """Numbers of those that Ofcom keeps for films and books."""
    while True:
        landline = firm or dice.random() < 0.2
        yield f"0117 496 0{dice.randint(100, 999)}" if landline else f"07700 900{dice.randint(100, 999)}"


def _sum(dice: random.Random, topic: words.Topic) -> dict[str, str]:
    """What the price calculator sends: its answers and what it made of them."""
    metres, (front, rate) = dice.randint(18, 74) / 10, dice.choice(list(RATES.items()))
    least = round(metres * rate, -2)
    return {
        "Item": PROJECTS[topic.key],
        "Width": f"{metres} m",
        "Fronts": front,
        "Estimate": f"£{least:,.0f} to £{least * 1.25:,.0f}",
    }


def _texts(dice: random.Random, topic: words.Topic, door: Door, place: str, said: Counter[str]) -> Iterator[str]:
    """One text after the other, the likeliest length for the door, beginning as the fewest others have begun."""
    least = min(said[opener] for opener in topic.openers)
    start = dice.choice([opener for opener in topic.openers if said[opener] == least])
    said[start] += 1
    while True:
        given = {"place": place, "n": dice.randint(2, 6), "when": dice.choice(words.WHENS)}
        opener = start.format(**given)
        detail = dice.choice(topic.details).format(**{**given, "n": dice.randint(2, 6)})
        ask = dice.choice(words.ASKS)
        if door == "widget":
            yield f"{dice.choice(words.CHATS)} {opener}" if dice.random() < 0.4 else f"{opener} {ask}"
        else:
            yield " ".join((opener, detail, ask) if dice.random() < 0.7 else (opener, ask))


def _fresh(taken: Counter[str], texts: Iterable[str]) -> str:
    """The first text that nobody else has sent, or address or number that nobody else has."""
    found = next(text for text in texts if not taken[text])
    taken[found] += 1
    return found


def _pest(dice: random.Random, name: str, message: str, at: datetime) -> Enquiry:
    host = name.lower().replace(" ", "-")
    fields = {"name": name, "email": f"hello@{host}.example", "message": message}
    context = {"page": f"{SITE}/contact", "locale": dice.choice(("en-US", "en"))}
    return Enquiry("form", at, name.split(maxsplit=1)[0], "junk", "", fields, context, junk=True)


def _write_again(dice: random.Random, enquiry: Enquiry, now: datetime, said: Counter[str]) -> None:
    def texts() -> Iterator[str]:
        while True:
            when = dice.choice(words.WHENS)
            topic = "joinery" if enquiry.topic == "trade" else enquiry.topic
            yield dice.choice(words.AGAIN).format(topic=topic, n=dice.randint(2, 6), when=when)

    at = enquiry.at + timedelta(hours=dice.randint(20, 100), minutes=dice.randrange(60))
    if at < now - timedelta(minutes=2):
        enquiry.again.append((at, _fresh(said, texts())))
