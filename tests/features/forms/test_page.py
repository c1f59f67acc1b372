"""The hosted page of a form: what visitors get, without a cookie, also when something was wrong. What its script makes
of it is in ``tests/browser/test_hosted.py``."""

from __future__ import annotations

import base64
import gzip
import html
import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import pytest

from leadsbot.features.capture.public import create_source
from leadsbot.features.forms.endings import Thanks
from leadsbot.features.forms.words import WORDS
from leadsbot.infra.crypto import seal_token
from leadsbot.kit.signing import Signer
from tests.cast import BASE, BROWSER
from tests.features.forms.conftest import QUOTE, SECRET, Forms, contact, field, one_step
from tests.product import until

_CHOICES = [{"value": "a", "label": "A"}, {"value": "b", "label": "B"}]


class Page(HTMLParser):
    """The elements of a page, with the text inside each."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None], list[str]]] = []
        self._open: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = (tag, dict(attrs), [])
        self.found.append(element)
        if tag not in ("input", "meta", "link", "br"):
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        for _, _, texts in self._open:
            texts.append(data)

    def all(self, tag: str, **wanted: str) -> list[dict[str, Any]]:
        return [
            {**attributes, "text": "".join(texts).strip()}
            for name, attributes, texts in self.found
            if name == tag and all(attributes.get(key) == value for key, value in wanted.items())
        ]

    def one(self, tag: str, **wanted: str) -> dict[str, Any]:
        (only,) = self.all(tag, **wanted)
        return only


def seen(answer: Any, status: int = 200) -> Page:
    assert answer.status_code == status, answer.text
    return Page(answer.text)


async def test_the_page_is_small_strict_and_remembers_nobody(forms: Forms) -> None:
    form = await forms.make(QUOTE)
    answer = await forms.see(form)
    page = seen(answer)
    assert "set-cookie" not in answer.headers
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?! src=\"/static/)|<style| style=| on\w+=", answer.text)
    style = page.one("link", rel="stylesheet")["href"]
    sheet = await forms.web.get(style)
    assert (sheet.status_code, sheet.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert sheet.headers["cache-control"].endswith("immutable")
    assert "--accent:#ffd400" in sheet.text
    assert len(answer.content) + len(sheet.content) < 40_000
    again = await forms.web.get(style, headers={"if-none-match": sheet.headers["etag"]})
    assert again.status_code == 304
    assert "immutable" not in (await forms.web.get(f"/f/{form['key']}/style.css?v=old")).headers["cache-control"]


async def test_a_page_is_compressed_for_who_can_read_that(forms: Forms) -> None:
    form = await forms.make(QUOTE)
    path = f"/f/{form['key']}"
    for each in (path, f"{path}/style.css"):
        plain = await forms.web.http.get(each, headers={"accept-encoding": "identity"})
        assert "content-encoding" not in plain.headers
        zipped = await forms.web.http.get(each, headers={"accept-encoding": "gzip"})
        assert zipped.headers["content-encoding"] == "gzip"
        assert "Accept-Encoding" in zipped.headers["vary"]
        assert int(zipped.headers["content-length"]) < len(plain.content) / 2
    assert gzip.compress(b"")  # the client undid it above; this names the coding that is meant


async def test_every_field_has_what_a_browser_and_a_screen_reader_need(forms: Forms) -> None:
    page = seen(await forms.see(await forms.make(QUOTE)))
    labels = {each["for"]: each["text"] for each in page.all("label") if "for" in each}
    assert labels["f-first_name"] == "First name"
    assert labels["f-phone"] == "Phone (optional)"
    assert labels["f-budget"] == "Budget (EUR) (optional)"
    first, mail = page.one("input", name="first_name"), page.one("input", name="email")
    assert (first["autocomplete"], first["maxlength"], "required" in first) == ("given-name", "80", True)
    assert (mail["type"], mail["autocomplete"], mail["aria-describedby"]) == ("email", "email", "h-email")
    assert page.one("p", id="h-email")["text"] == "We never give it to others."
    assert page.one("input", name="phone")["autocomplete"] == "tel"
    assert page.one("input", name="customer_number")["pattern"] == "[A-Z]{2}-\\d{4}"
    assert page.one("input", name="budget")["inputmode"] == "decimal"
    size = page.one("input", name="size")
    assert (size["type"], size["min"], size["max"], size["step"]) == ("number", "1", "500", "0.5")
    assert page.one("textarea", name="message")["maxlength"] == "2000"
    assert [each["text"] for each in page.all("legend")] == [
        "What", "Rooms (optional)", "Like (optional)",
    ]  # fmt: skip
    stars = page.all("input", name="like")
    assert [each["aria-label"] for each in stars] == [f"{n} of 5" for n in range(1, 6)]
    assert page.one("form")["enctype"] == "multipart/form-data"
    assert page.one("a", href="https://shop.example/privacy")["text"] == "Privacy notice"
    assert [each["text"] for each in page.all("h2")] == ["About you", "Your project"]
    # Without a script a field with a condition is shown, and the browser lets it be empty.
    assert all("required" not in each for each in page.all("input", name="rooms"))


async def test_the_trap_is_out_of_everybodys_way(forms: Forms) -> None:
    page = seen(await forms.see(await forms.make()))
    trap = page.one("input", name="_gotcha")
    assert (trap["autocomplete"], trap["tabindex"]) == ("off", "-1")
    assert page.one("div", **{"class": "trap"})["aria-hidden"] == "true"
    assert "hidden" not in trap


async def test_what_a_browser_posts_from_the_page_is_taken_and_thanked_for(forms: Forms) -> None:
    form = await forms.make()
    page = seen(await forms.see(form))
    ours = {each["name"]: each["value"] for each in page.all("input", type="hidden")}
    assert len(ours["_token"]) > 40
    sent = await forms.send(form, {**ours, "name": "Ada", "email": "ada@example.com", "message": "", "_gotcha": ""})
    assert sent.status_code == 303
    thanks = await forms.web.get(sent.headers["location"])
    assert seen(thanks).one("h1")["text"] == "Thank you"
    assert 'content="noindex"' in thanks.text


async def test_what_was_typed_stays_when_it_is_refused(forms: Forms) -> None:
    form = await forms.make(QUOTE)
    typed = {
        "first_name": 'Ada "<b>', "email": "ada", "phone": "+49 30 123456", "what": "bath",
        "rooms": ["kitchen", "bath"], "budget": "5", "found": "bath", "like": "4",
        "message": "a\r\n  <textarea>", "terms": "yes", "campaign": "x",
    }  # fmt: skip
    page = seen(await forms.send(form, typed), 422)
    assert page.one("input", name="first_name")["value"] == 'Ada "<b>'
    assert page.one("input", name="email")["value"] == "ada"
    assert page.one("textarea", name="message")["text"].endswith("<textarea>")
    assert [each["value"] for each in page.all("input", name="rooms") if "checked" in each] == ["kitchen", "bath"]
    assert [each["value"] for each in page.all("input", name="what") if "checked" in each] == ["bath"]
    assert [each["value"] for each in page.all("input", name="like") if "checked" in each] == ["4"]
    assert [each["value"] for each in page.all("option") if "selected" in each] == ["bath"]
    assert "checked" in page.one("input", name="terms")
    assert "checked" not in page.one("input", name="news")
    assert page.one("input", name="campaign")["value"] == "x"
    assert page.one("title")["text"].startswith("Please check")


async def test_what_is_wrong_is_told_on_top_and_beside_the_field(forms: Forms) -> None:
    form = await forms.make(QUOTE)
    page = seen(await forms.send(form, {"first_name": "Ada", "budget": "5", "email": "x"}), 422)
    summary = page.one("div", id="problems")
    assert (summary["role"], summary["tabindex"], "autofocus" in summary) == ("alert", "-1", True)
    links = {each["href"]: each["text"] for each in page.all("a") if (each["href"] or "").startswith("#")}
    assert set(links) == {"#f-last_name", "#f-email", "#f-what", "#f-budget", "#f-message", "#f-terms"}
    assert links["#f-budget"].startswith("Budget: The smallest")
    ids = {each["id"] for tag in ("input", "textarea", "select") for each in page.all(tag) if "id" in each}
    assert {link.removeprefix("#") for link in links} <= ids
    mail = page.one("input", name="email")
    assert (mail["aria-invalid"], mail["aria-describedby"]) == ("true", "h-email e-email")
    assert page.one("p", id="e-email")["text"].startswith("Please enter an e-mail address")
    group = next(each for each in page.all("fieldset") if each["data-field"] == "what")
    assert group["aria-describedby"] == "e-what"
    assert "aria-invalid" not in page.one("input", name="first_name")


async def test_a_page_that_is_shown_again_brings_along_what_its_form_does_not_know(forms: Forms) -> None:
    form = await forms.make(contact())
    await forms.option(form, redirect_allow=["https://shop.example/"])
    typed = {
        "name": "Ada", "email": "ada", "message": "", "_next": "https://shop.example/thanks?a=1", "_subject": "Roof",
        "favourite_colour": '"><script>', "tags": ["a", "b"], "address[city]": "Bonn", "address": "x", "one[]": "1",
        "context[page]": "/roofs", "fields[size]": "9", "_token": "forged", "_gotcha": "", "_version": "7",
        "_key": "k", "password": "secret", "altcha": "proof", "h-captcha-response": "r", "empty": "",
    }  # fmt: skip
    answer = await forms.send(form, typed)
    page = seen(answer, 422)
    assert "form-action 'self' https://shop.example" in answer.headers["content-security-policy"]
    hidden = [(each["name"], each["value"]) for each in page.all("input", type="hidden")]
    assert [pair for pair in hidden if pair[0] not in ("_token", "_version")] == [
        ("_next", "https://shop.example/thanks?a=1"), ("_subject", "Roof"), ("favourite_colour", '"><script>'),
        ("tags[]", "a"), ("tags[]", "b"), ("address[city]", "Bonn"), ("address", "x"), ("one[]", "1"),
        ("context[page]", "/roofs"), ("fields[size]", "9"),
    ]  # fmt: skip
    again: dict[str, Any] = {"name": "Ada", "email": "ada@example.com"}
    for name, value in hidden:
        again[name] = [*again[name], value] if name in again else [value]
    sent = await forms.send(form, again)
    assert (sent.status_code, sent.headers["location"]) == (303, "https://shop.example/thanks?a=1")
    stored = await forms.stored(await forms.send(form, again, accept="application/json"))
    assert stored.fields == {
        "name": "Ada", "email": "ada@example.com", "favourite_colour": '"><script>', "tags": ["a", "b"],
        "address": {"": "x", "city": "Bonn"}, "one": ["1"], "size": "9",
    }  # fmt: skip
    assert (stored.context["subject"], stored.context["page"]) == ("Roof", "/roofs")


async def test_what_is_brought_along_has_bounds_and_leads_to_allowed_pages_only(forms: Forms) -> None:
    form = await forms.make(contact())
    many = {f"more_{n}": "x" * 600 for n in range(250)}
    answer = await forms.send(form, {"email": "ada", "_next": "https://evil.example/", **many})
    assert "evil.example" not in answer.headers["content-security-policy"]
    brought = [each for each in seen(answer, 422).all("input", type="hidden") if each["name"].startswith("more_")]
    assert 100 < len(brought) < 200
    long = await forms.send(form, {"email": "ada", "story": "y" * 6000})
    assert len(seen(long, 422).one("input", name="story")["value"]) == 5000
    # What was refused itself is not sent again by somebody who cannot see it.
    refused = await forms.send(form, {"name": "Ada", "email": "a@example.com", "strange": "a\0b", "good": "1"})
    page = seen(refused, 422)
    assert page.all("input", name="strange") == []
    assert page.one("input", name="good")["value"] == "1"


async def test_an_empty_post_is_told_which_fields_are_needed(forms: Forms) -> None:
    form = await forms.make()
    ours = {each["name"]: each["value"] for each in seen(await forms.see(form)).all("input", type="hidden")}
    page = seen(await forms.send(form, {**ours, "name": "", "email": " ", "message": "", "_gotcha": ""}), 422)
    assert {each["href"] for each in page.all("a")} == {"#f-name", "#f-email"}
    free = await forms.make(one_step(field("email", "email")))
    page = seen(await forms.send(free, {"email": ""}), 422)
    assert "before you send it" in page.one("div", id="problems")["text"]


async def test_what_the_capture_path_refuses_is_told_on_the_page_too(forms: Forms) -> None:
    form = await forms.make()
    page = seen(await forms.send(form, {"name": "a\0b", "email": "a@example.com"}), 422)
    assert page.one("p", id="e-name")["text"].startswith("This contains a NUL character")
    page = seen(await forms.send(form, {"name": "Ada", "email": "a@example.com", "<x>": "a\0b"}), 422)
    assert "<x>: This contains" in page.one("div", id="problems")["text"]


async def test_the_language_is_asked_for_or_preferred_or_the_forms_own(forms: Forms) -> None:
    form = await forms.make(QUOTE | {"language": "en", "languages": {**QUOTE["languages"], "de": {"title": "Angebot"}}})
    for query, header, tag, direction in (
        ("", "", "en", "ltr"),
        ("", "de-AT,en;q=0.5", "de", "ltr"),
        ("", "fr;q=1, ar;q=0.9, de;q=0.95", "de", "ltr"),
        ("?lang=ar", "de", "ar", "rtl"),
        ("?lang=ar-EG", "de", "ar", "rtl"),
        ("?lang=xx", "de", "de", "ltr"),
        ("", "xx;q=nan, *", "en", "ltr"),
    ):
        answer = await forms.see(form, query, **{"accept-language": header})
        html = seen(answer).one("html")
        assert (html["lang"], html["dir"]) == (tag, direction), (query, header)
        assert "Accept-Language" in answer.headers["vary"]
        assert answer.headers["content-language"] == tag


async def test_a_page_in_several_languages_leads_to_the_others_and_takes_its_prefill_along(forms: Forms) -> None:
    form = await forms.make(QUOTE)
    page = seen(await forms.see(form, "?lang=ar&utm_campaign=spring&from=bath&x=%22%3E%3Cb%3E"))
    assert page.one("h1")["text"] == "اطلب عرض سعر"
    assert page.one("button")["text"] == "إرسال"
    assert page.one("input", name="_lang")["value"] == "ar"
    assert page.one("input", name="campaign")["value"] == "spring"
    assert [each["value"] for each in page.all("option") if "selected" in each] == ["bath"]
    links = {each["hreflang"]: each for each in page.all("a") if "hreflang" in each}
    assert links["en"]["href"] == f"/f/{form['key']}?utm_campaign=spring&from=bath&x=%22%3E%3Cb%3E&lang=en"
    assert links["ar"]["aria-current"] == "true"
    assert page.one("link", rel="canonical")["href"] == f"{BASE}/f/{form['key']}?lang=ar"
    assert {each["hreflang"]: each["href"] for each in page.all("link", rel="alternate")} == {
        "en": f"{BASE}/f/{form['key']}", "ar": f"{BASE}/f/{form['key']}?lang=ar",
    }  # fmt: skip
    assert page.one("input", name="email")["dir"] == "ltr"
    refused = seen(await forms.send(form, {"first_name": "Ada", "_lang": "ar"}), 422)
    assert refused.one("html")["dir"] == "rtl"
    assert refused.one("p", id="e-message")["text"] == "يرجى ملء هذا الحقل."


async def test_what_is_not_translated_keeps_its_language_and_its_direction(forms: Forms) -> None:
    details = [
        field("name", required=True, help="As on your card."), field("what", "select", options=_CHOICES),
        field("how", "radio", options=_CHOICES), field("cost", "money", currency="EUR"),
        field("code", pattern="[A-Z]{3}", pattern_help="Three letters."),
    ]  # fmt: skip
    texts = {"title": "اتصل بنا", "fields": {"cost": {"label": "التكلفة"}, "what": {"options": {"a": "أ"}}}}
    form = await forms.make(
        one_step(
            *details, intro="Ask us!", languages={"ar": texts, "de": {"title": "Frage"}},
            endings=[{"id": "done", "title": "Thank you, {name}!"}], closed_text="It was nice.",
        )
    )  # fmt: skip
    page = seen(await forms.see(form, "?lang=ar"))
    strange = [each["text"] for each in page.all("bdi", lang="en")]
    assert strange == ["Ask us!", "Name", "As on your card.", "What", "How", "A", "B", "Code"]
    assert {each["text"] for each in page.all("bdi") if "lang" not in each} >= {"اتصل بنا", "التكلفة"}
    options = {each["text"]: (each.get("lang"), each.get("dir")) for each in page.all("option")[1:]}
    assert options == {"أ": (None, "auto"), "B": ("en", "auto")}
    assert next(each for each in page.all("label", **{"for": "f-cost"}))["text"] == "التكلفة (EUR) (اختياري)"

    refused = seen(await forms.send(form, {"name": "Ada", "code": "x", "_lang": "ar"}), 422)
    told = [each for each in refused.all("bdi", lang="en") if each["text"] == "Three letters."]
    assert len(told) == 2
    german = seen(await forms.see(form, "?lang=de"))
    assert "Ask us!" in [each["text"] for each in german.all("bdi", lang="en")]
    assert not [each for each in german.all("bdi") if "lang" not in each]
    assert seen(await forms.see(form, "?lang=en")).all("bdi") == []

    sent = await forms.send(form, {"name": "Ada", "_lang": "ar"})
    thanks = seen(await forms.web.get(sent.headers["location"]))
    assert thanks.one("bdi", lang="en")["text"] == "Thank you, Ada!"
    await forms.call("POST", f"/{form['id']}/close")
    assert seen(await forms.see(form, "?lang=ar"), 410).one("bdi", lang="en")["text"] == "It was nice."


async def test_a_plain_form_is_answered_in_its_language_where_we_speak_it(forms: Forms) -> None:
    form = await forms.make(contact())
    page = seen(await forms.send(form, {"name": "Ada", "_lang": "de-AT"}), 422)
    assert (page.one("html")["lang"], page.one("input", name="_lang")["value"]) == ("de", "de")
    assert page.one("p", id="e-email")["text"] == "Bitte füllen Sie dieses Feld aus."
    assert page.one("button")["text"] == "Absenden"
    assert "Name" in [each["text"] for each in page.all("bdi", lang="en")]
    sent = await forms.send(form, {"name": "Ada", "email": "ada@example.com", "_lang": "de-AT"})
    assert sent.headers["location"] == f"/f/{form['key']}/thanks?lang=de"
    assert seen(await forms.web.get(sent.headers["location"])).one("h1")["text"] == "Vielen Dank"
    told = await forms.tell(form, {"name": "Ada", "email": "ada@example.com", "_lang": "de"})
    assert told.json()["ending"]["title"] == "Vielen Dank"
    unknown = await forms.send(form, {"name": "Ada", "email": "ada@example.com", "_lang": "sv"})
    assert unknown.headers["location"] == f"/f/{form['key']}/thanks"


async def test_our_own_words_alone_are_in_the_language_of_the_browser(forms: Forms) -> None:
    async with forms.db.tenant(forms.cast.workspace_id) as tx:
        source = await create_source(tx, "form", "Nobody designed this")

    async def thanked(query: str, accept: str) -> str:
        path = f"/f/{source.key}/thanks{query}"
        return str(seen(await forms.web.get(path, headers={"accept-language": accept})).one("h1")["text"])

    assert await thanked("", "de") == "Vielen Dank"
    assert await thanked("?lang=en", "de") == "Thank you"
    assert await thanked("", "sv") == "Thank you"


async def test_only_what_the_form_names_is_prefilled(forms: Forms) -> None:
    form = await forms.make(
        one_step(
            field("email", "email", prefill="mail"),
            field("name"),
            field("news", "checkbox"),
            field("size", default="M"),
        )
    )
    hostile = urlencode({"mail": '"><script>alert(1)</script>', "name": "Eve", "news": "on", "size": "L"})
    answer = await forms.see(form, f"?{hostile}")
    page = seen(answer)
    assert page.one("input", name="email")["value"] == '"><script>alert(1)</script>'
    assert "<script>" not in answer.text
    assert "value" not in page.one("input", name="name")
    assert "checked" not in page.one("input", name="news")
    assert page.one("input", name="size")["value"] == "M"
    unknown = await forms.make(QUOTE)
    assert not [
        each for each in seen(await forms.see(unknown, "?from=elsewhere")).all("option") if "selected" in each
    ]  # fmt: skip


async def test_hostile_texts_of_an_owner_stay_texts(forms: Forms) -> None:
    evil = '"></form><script>alert(1)</script>{{7*7}}'
    form = await forms.make(
        one_step(
            field("email", "email", label=evil, help=evil, placeholder=evil),
            field("what", "select", options=[{"value": evil, "label": evil}]),
            title=evil, intro=evil, button=evil[:200], languages={"de": {"title": evil}},
        )
    )  # fmt: skip
    answer = await forms.see(form)
    page = seen(answer)
    assert "<script>" not in answer.text
    assert "49" not in page.one("h1")["text"]
    assert page.one("title")["text"] == evil
    assert page.one("meta", name="description")["content"] == evil


async def test_an_ending_with_answers_is_shown_to_who_holds_what_we_sealed(forms: Forms) -> None:
    endings = [{"id": "done", "title": "Thank you, {name}", "text": "We write to {email}."}]
    form = await forms.make(
        contact(endings=endings, languages={"de": {"endings": {"done": {"title": "Danke, {name}"}}}})
    )
    fields = {"name": "<b>Ada</b>", "email": "ada@example.com", "_lang": "de"}
    sent = await forms.send(form, fields)
    location = sent.headers["location"]
    assert location.startswith(f"/f/{form['key']}/thanks?ending=done&lang=de&said=")
    carried = location.partition("said=")[2]
    plain = base64.urlsafe_b64decode(carried.partition(".")[0] + "===")
    assert [each in plain for each in (b"Ada", b"ada@example.com", b"done")] == [False] * 3, "an address tells no name"
    answer = await forms.web.get(location)
    page = seen(answer)
    assert page.one("h1")["text"] == "Danke, <b>Ada</b>"
    assert page.one("p")["text"] == "We write to ada@example.com."
    assert answer.headers["referrer-policy"] == "same-origin"
    signer = Signer(SECRET)
    elsewhere = Thanks(signer).url("0" * 22, "done", "", {"name": "Eve"}).partition("said=")[2]
    other = Thanks(signer).url(form["key"], "other", "", {"name": "Eve"}).partition("said=")[2]
    forged = Thanks(Signer("another secret that is long enough")).url(form["key"], "done", "", {"name": "Eve"})
    late = seal_token(signer.key(f"forms.thanks:{form['key']}"), b'["done",{"name":"Eve"}]', -1)
    for said in (elsewhere, other, late, forged.partition("said=")[2], "x", "", "%00"):
        shown = seen(await forms.web.get(f"/f/{form['key']}/thanks?ending=done&said={said}"))
        assert shown.one("h1")["text"] == "Thank you,", said
    unknown = seen(await forms.web.get(f"/f/{form['key']}/thanks?ending=https://evil.example&url=https://evil.example"))
    assert unknown.one("h1")["text"] == "Thank you"
    assert unknown.all("a") == []


async def test_only_our_own_page_says_that_it_can_be_closed(forms: Forms) -> None:
    form = await forms.make(contact())
    typed = {"name": "Ada", "email": "ada@example.com"}
    for language in WORDS:
        told = (await forms.tell(form, {**typed, "_lang": language})).json()["ending"]
        assert told["text"] == WORDS[language]["thanks_text"]
        page = (await forms.web.get(told["url"])).text
        assert f"{WORDS[language]['thanks_text']} {WORDS[language]['thanks_close']}" in html.unescape(page)
    own = await forms.make(contact(endings=[{"id": "e", "title": "Well", "text": ""}]))
    sent = await forms.send(own, typed)
    assert "You can close this page" not in (await forms.web.get(sent.headers["location"])).text


async def test_a_policy_lets_the_form_lead_where_its_endings_do(forms: Forms) -> None:
    there = {"id": "there", "kind": "redirect", "url": "https://shop.example:8443/thanks?n={name}"}
    form = await forms.make(contact(endings=[there]), redirect_allow=["https://shop.example:8443/"])
    policy = (await forms.see(form)).headers["content-security-policy"]
    assert policy.endswith("form-action 'self' https://shop.example:8443")


async def test_a_form_that_lives_elsewhere_is_closed_or_unknown_says_so(forms: Forms) -> None:
    form = await forms.make(contact(language="de"), allowed_origins=["https://shop.example"])
    assert seen(await forms.see(form), 403).one("h1")["text"] == "Dieses Formular gehört zu einer anderen Website"
    closed = await forms.make(contact())
    await forms.call("POST", f"/{closed['id']}/close")
    assert seen(await forms.see(closed), 410).one("h1")["text"] == "This form is closed"
    for key in ("0" * 22, "x", "%00%00%00%00%00%00%00%00", "%F0%9F%A6%84" * 3):
        assert (await forms.web.get(f"/f/{key}/style.css")).status_code == 404
        for path in (f"/f/{key}", f"/f/{key}/thanks"):
            page = seen(await forms.web.get(path, headers={"accept-language": "fr"}), 404)
            assert page.one("h1")["text"] == "Ce formulaire n’existe pas"


async def test_a_form_of_five_hundred_fields_and_one_of_ten_thousand_options_are_shown(forms: Forms) -> None:
    steps = [
        {"id": f"s{n}", "title": f"Step {n}", "fields": [field(f"f{n}_{m}", "email") for m in range(55)]}
        for n in range(8)
    ]
    many = await forms.make({"title": "Many", "steps": steps})
    page = seen(await forms.see(many))
    assert len(page.all("input", type="email")) == 440
    too_many = {"title": "Too many", "steps": [{**step, "id": f"t{n}"} for n, step in enumerate(steps)]}
    too_many["steps"].append({"id": "more", "fields": [field(f"g{n}") for n in range(60)]})
    refused = await forms.call("POST", "", {"definition": too_many})
    assert [each["code"] for each in refused.json()["errors"]] == ["too_many_fields"]
    options = [{"value": f"{n}", "label": f"Option {n}"} for n in range(200)]
    wide = await forms.make(
        one_step(field("email", "email"), *(field(f"c{n}", "select", options=options) for n in range(50)))
    )
    assert len(seen(await forms.see(wide)).all("option")) == 50 * 201
    assert (await forms.tell(wide, {"email": "a@example.com", "c49": "199"})).status_code == 201


async def test_a_form_that_cannot_be_read_any_more_still_takes_everything(forms: Forms) -> None:
    form = await forms.make()
    await forms.option(form, form={"version": 9, "definition": {"v": 2, "title": "From the future"}})

    async def taken() -> bool:
        answer = await forms.tell(form, {"anything": "goes"})
        return answer.status_code == 201

    await until(taken)
    assert (await forms.see(form)).status_code == 200


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT"])
async def test_other_methods_are_answered_without_a_fault(forms: Forms, method: str) -> None:
    form = await forms.make()
    answer = await forms.web.http.request(method, f"/f/{form['key']}", headers=BROWSER)
    assert answer.status_code in (200, 204, 405), answer.text
