"""The codes of screening in plain words, as they are shown to the people of the workspace."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

WORDS: Final = {
    "trap_filled": "A field that people cannot see was filled in",
    "too_fast": "Sent within two seconds of opening the form",
    "token_forged": "The form's security token is not one of ours",
    "token_expired": "The form had been open for more than a day",
    "token_reused": "The same copy of the form was sent before",
    "no_token": "It did not come from the page of the form",
    "foreign_page": "It came from another web site than the form was opened on",
    "no_origin": "The browser did not say which page it came from",
    "crawler_agent": "The sender says that it is a crawler",
    "program_agent": "The sender says that it is a program",
    "no_agent": "The sender does not say which browser it is",
    "many_from_address": "Many submissions from the same address within a minute",
    "flood_from_address": "A flood of submissions from the same address",
    "many_from_network": "Many submissions from neighbouring addresses",
    "form_under_load": "The form was receiving unusually many submissions",
    "same_email_again": "The same e-mail address was used several times within an hour",
    "same_email_often": "The same e-mail address was used very often",
    "wording": "The wording resembles spam",
    "links": "It contains links",
    "many_links": "It contains many links",
    "mostly_links": "It is little more than links",
    "shortened_link": "A link hides where it leads",
    "markup": "It contains link code (HTML or BBCode)",
    "gibberish": "Letters that make no words",
    "mixed_letters": "Letters of two alphabets inside one word",
    "foreign_script": "Written in letters that the form's languages do not use",
    "link_in_name": "The name is a web address",
    "odd_name": "The name is a row of random letters",
    "same_everywhere": "The same text in several fields",
    "repeated_text": "The same text came in before, within a day",
    "disposable_email": "An e-mail address from a throw-away service",
    "no_proof": "The browser did not solve the challenge that you ask for",
    "proof_reused": "A solved challenge was used a second time",
    "no_captcha": "The captcha was not solved",
    "captcha_pending": "The captcha is being checked",
    "captcha_passed": "The captcha was solved",
    "captcha_failed": "The captcha was not solved correctly",
    "captcha_unchecked": "The captcha's provider could not be asked",
}


def in_words(codes: Iterable[str]) -> list[str]:
    """Sentences for codes, in the same order; a code that is not known is shown as it is."""
    return [WORDS.get(code, code.replace("_", " ")) for code in codes]


def reasons_of(verdict: Mapping[str, Any] | None) -> list[str]:
    """The sentences of a stored verdict."""
    found = (verdict or {}).get("reasons")
    return in_words(map(str, found)) if isinstance(found, list) else []
