"""What is let through, held back and blocked, and why; whatever is sent, there is a verdict."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsbot.contracts.intake import Verdict
from leadsbot.features.screening.public import mint_token
from leadsbot.kit import clock
from leadsbot.kit.ids import new_id
from tests.features.screening.arriving import ANNA, KEY, SIGNER, SPAM, arriving, screener

SITE = "https://shop.example"
SHARED_SCREENER = screener()


def judged(fields: dict[str, Any] | None = None, **more: Any) -> Verdict:
    verdict = screener().weigh(arriving(fields, **more))
    assert verdict is not None
    return verdict


def token(age: int, key: str = KEY, origin: str = SITE) -> str:
    return mint_token(SIGNER, key, origin, clock.unix_seconds() - age)


def message(text: str) -> dict[str, Any]:
    return {**ANNA, "message": text}


def test_a_person_is_let_through() -> None:
    verdict = judged(token=token(30), designed=True)
    assert verdict.verdict == "allow"
    assert verdict.score < 0.25
    assert verdict.reasons == []


def test_a_plain_form_without_a_token_is_as_good_and_a_form_of_ours_without_one_is_doubted_a_little() -> None:
    assert judged().reasons == []
    assert judged(designed=True).reasons == ["no_token"]
    assert judged(designed=True).verdict == "allow"


@pytest.mark.parametrize("fields", [ANNA, {"name": "Anna", "email": "a@b.example"}, message("Please call me.")])
def test_a_trap_that_a_password_manager_filled_in_never_blocks_a_person(fields: dict[str, Any]) -> None:
    for sensitivity in ("low", "normal", "high"):
        told = judged(fields, trap="Berg AG", token=token(40), designed=True, checks={"sensitivity": sensitivity})
        assert told.verdict != "block"
        assert "trap_filled" in told.reasons
    assert judged(fields, trap="Berg AG").verdict == "quarantine"


def test_the_trap_with_another_strong_sign_blocks() -> None:
    told = judged(trap="x", token=token(0), designed=True)
    assert (told.verdict, told.reasons) == ("block", ["trap_filled", "too_fast"])
    assert judged(SPAM, trap="x").verdict == "block"


def test_signs_of_one_side_alone_never_block() -> None:
    everything = message(SPAM["message"] + " <a href='https://x.example'>x</a> [url=https://y.example]y[/url]")
    told = judged({**everything, "name": "www.buy.example.com"})
    assert told.score > 0.99
    assert told.verdict == "quarantine"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("See https://a.example and https://b.example and https://c.example now", "many_links"),
        ("Photos: https://bit.ly/3abcDEF of the roof, please have a look", "shortened_link"),
        ("https://a.example/x https://b.example/y", "mostly_links"),
        ("Hello <a href='https://a.example'>best watches</a> for you", "markup"),
        ("Hello [url=https://a.example]best watches[/url] for you", "markup"),
        ("xcvxcv xcvxcvxcv xcvxcvx", "gibberish"),
        ("uRkOqWvTnLxEaBs", "gibberish"),
        ("Buy vіаgrа now for your friends", "mixed_letters"),
    ],
)
def test_what_is_written_is_named(text: str, reason: str) -> None:
    assert reason in judged(message(text)).reasons


def test_names_addresses_and_repeats_of_one_text_are_named() -> None:
    assert "link_in_name" in judged({**ANNA, "name": "Win at www.casino.example"}).reasons
    assert "odd_name" in judged({**ANNA, "name": "JhgRtYpLqWxZ"}).reasons
    assert "disposable_email" in judged({**ANNA, "email": "anna@mail.mailinator.com"}).reasons
    assert "same_everywhere" in judged({"name": "blabla", "message": "blabla", "email": "a@b.example"}).reasons
    choices = {"size": "not applicable", "colour": "not applicable", "notes": "not applicable"}
    assert "same_everywhere" in judged({**ANNA, **choices}).reasons
    assert judged({**ANNA, "a": "Yes", "b": "Yes", "c": "Yes"}).reasons == []
    for name in ("Schwartz", "Schmidt", "McKnight", "van der Berg", "O'Neill", "Krzysztof", "Dr. A. Berg", "ANNA BERG"):
        assert judged({**ANNA, "name": name}).reasons == [], name


def test_letters_that_no_language_of_the_form_uses_are_unusual_and_no_more() -> None:
    russian = message("Здравствуйте, сколько стоит ремонт двигателя?")
    told = judged(russian, checks={"scripts": ["Latin"]})
    assert "foreign_script" in told.reasons
    assert told.verdict == "allow"
    assert "foreign_script" not in judged(russian, checks={"scripts": ["Latin", "Cyrillic"]}).reasons
    assert "foreign_script" not in judged(russian).reasons


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"token": "x" * 48}, "token_forged"),
        ({"token": token(30, key="another0000000000000000")}, "token_forged"),
        ({"token": token(90_000)}, "token_expired"),
        ({"token": token(30, origin="https://copy.example")}, "foreign_page"),
        ({"token": token(30), "origin": None}, "no_origin"),
        ({"user_agent": ""}, "no_agent"),
        ({"user_agent": "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)"}, "crawler_agent"),
        ({"user_agent": "python-requests/2.32"}, "program_agent"),
    ],
)
def test_how_it_was_sent_is_named_and_raises_the_score(more: dict[str, Any], reason: str) -> None:
    told = judged(designed=True, **more)
    assert reason in told.reasons
    assert told.score > judged().score


def test_a_token_used_twice_lowers_trust() -> None:
    one, used = screener(), token(30)
    first, second = (one.weigh(arriving(token=used, designed=True)) for _ in range(2))
    assert first is not None
    assert second is not None
    assert (first.reasons, second.reasons) == ([], ["token_reused"])
    assert second.verdict == "allow"


def test_programs_are_judged_by_what_they_say_and_how_often_alone() -> None:
    program = {"route": "webhook", "user_agent": "", "origin": None, "trap": "x", "token": "x", "designed": True}
    assert judged(**program).reasons == []
    one, workspace = screener(), new_id()
    again = [one.weigh(arriving({**ANNA, "n": str(n)}, workspace_id=workspace, **program)) for n in range(40)]
    assert again[-1] is not None
    assert (again[-1].verdict, again[-1].reasons) == ("allow", [])
    spam = [one.weigh(arriving(SPAM, workspace_id=workspace, **program)) for _ in range(40)]
    assert spam[0] is not None
    assert spam[-1] is not None
    assert (spam[0].verdict, spam[-1].verdict) == ("quarantine", "block")


def test_an_address_that_is_not_public_is_nobodys_and_a_load_test_counts_nothing() -> None:
    one, workspace = screener(), new_id()
    people = [{"name": "Pat Person", "email": f"p{n}@example.org"} for n in range(60)]
    proxied = [one.weigh(arriving(each, workspace_id=workspace, ip="10.0.0.1")) for each in people]
    assert [told.reasons for told in proxied if told] == [[]] * 60
    one = screener(counting=False)
    loaded = [one.weigh(arriving(ANNA, workspace_id=workspace, ip="198.51.100.1")) for _ in range(300)]
    assert {told.verdict for told in loaded if told} == {"allow"}


def test_somebody_who_tries_a_form_from_a_terminal_is_no_bot() -> None:
    one, workspace = screener(), new_id()
    tries = {"user_agent": "curl/8.5.0", "origin": None, "token": "", "ip": "127.0.0.1", "designed": True}
    told = [one.weigh(arriving(ANNA, workspace_id=workspace, **tries)) for _ in range(5)]
    assert [each.verdict for each in told if each] == ["allow"] * 5


def test_many_from_one_address_or_its_neighbours_are_noticed_and_others_are_not_blamed() -> None:
    one, workspace = screener(), new_id()

    def send(ip: str, n: int = 0) -> Verdict:
        fields = {"name": "Pat Person", "email": f"p{n}@example.org"}
        verdict = one.weigh(arriving(fields, workspace_id=workspace, source_key=f"form{n // 50}", ip=ip))
        assert verdict is not None
        return verdict

    told = [send("198.51.100.1", n) for n in range(60)]
    assert told[9].reasons == []
    assert told[10].reasons == ["many_from_address"]
    assert "flood_from_address" in told[-1].reasons
    assert told[-1].verdict == "quarantine"
    assert send("203.0.113.200", 61).reasons == []
    network = [send(f"192.0.2.{n}", 100 + n) for n in range(40)]
    assert network[-1].reasons == ["many_from_network"]
    house = [send(f"2001:db8:1:2::{n:x}", 200 + n) for n in range(12)]
    assert house[-1].reasons == ["many_from_address"]
    assert send("2001:db8:1:3::1", 300).reasons == []
    provider = [send(f"2001:db8:7:{n:x}::1", 400 + n) for n in range(40)]
    assert provider[-1].reasons == ["many_from_network"]


def test_a_form_under_load_says_nothing_of_a_person_and_something_beside_another_sign() -> None:
    one, workspace = screener(), new_id()

    def send(n: int, **more: str) -> Verdict:
        fields = {"name": "Pat Person", "email": f"p{n}@example.org"}
        verdict = one.weigh(arriving(fields, workspace_id=workspace, ip=f"2001:db8:{n:x}::1", **more))
        assert verdict is not None
        return verdict

    assert [send(n).reasons for n in range(200)] == [[]] * 200
    told = send(200, user_agent="python-requests/2.32")
    assert sorted(told.reasons) == ["form_under_load", "program_agent"]
    assert told.verdict == "allow"


def test_a_copied_text_is_noticed_also_with_a_word_changed_and_in_its_workspace_only() -> None:
    one, workspace = screener(), new_id()
    text = "Dear owner, we looked at your shop {} and would like to send you our brochure about awnings and shutters."

    def send(fill: str, where: Any = workspace) -> list[str]:
        verdict = one.weigh(arriving(message(text.format(fill)), workspace_id=where))
        assert verdict is not None
        return verdict.reasons

    assert "repeated_text" not in send("today")
    assert "repeated_text" in send("today")
    assert "repeated_text" in send("today")
    assert "repeated_text" not in send("today", new_id())


def test_sensitivity_moves_the_line_and_off_screens_nothing() -> None:
    doubtful = message("Get more customers with our SEO package, first month free, reply now")
    lines = [judged(doubtful, checks={"sensitivity": each}).verdict for each in ("low", "normal", "high")]
    assert lines == ["allow", "quarantine", "quarantine"]
    assert screener().weigh(arriving(SPAM, trap="x", checks={"sensitivity": "off"})) is None


def test_a_proof_of_work_is_asked_for_and_taken_once() -> None:
    from altcha import Challenge, Payload, solve_challenge

    from leadsbot.features.screening.proof import Proofs

    one, always = screener(), {"proof": "always"}
    bare = one.weigh(arriving(checks=always))
    assert bare is not None
    assert (bare.verdict, bare.reasons) == ("quarantine", ["no_proof"])
    challenge = Challenge.from_dict(Proofs(SIGNER).challenge(KEY))
    solution = solve_challenge(challenge)
    assert solution is not None
    solved = Payload(challenge, solution).to_base64()
    first, second = (one.weigh(arriving(checks=always, proof=solved)) for _ in range(2))
    assert first is not None
    assert second is not None
    assert (first.verdict, first.reasons, len(first.proof)) == ("allow", [], 32)
    assert (second.verdict, second.reasons, second.proof) == ("quarantine", ["proof_reused"], "")
    for wrong in ("x", solved[:-8], "A" * 5000, "e30="):
        told = one.weigh(arriving(checks=always, proof=wrong))
        assert told is not None
        assert told.reasons == ["no_proof"]
    other = one.weigh(arriving(checks=always, proof=solved, source_key="another0000000000000000"))
    assert other is not None
    assert other.reasons == ["no_proof"]


def test_a_doubtful_submission_needs_the_proof_and_a_person_does_not() -> None:
    doubtful = {"checks": {"proof": "doubtful"}}
    assert judged(**doubtful).verdict == "allow"
    program = {"user_agent": "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)", "designed": True}
    assert judged(**program).verdict == "allow"
    told = judged(**program, **doubtful)
    assert (told.verdict, told.reasons[0]) == ("quarantine", "no_proof")


def test_a_captcha_waits_for_its_provider_and_none_is_held_back() -> None:
    asked = {"checks": {"captcha": "turnstile"}}
    told = judged(captcha="a token", **asked)
    assert (told.verdict, told.reasons[0], told.captcha) == ("quarantine", "captcha_pending", "a token")
    assert judged(**asked).reasons == ["no_captcha"]
    assert judged(**asked).verdict == "quarantine"
    assert judged(captcha="a token").captcha == ""


HOSTILE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=200) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=20), inner, max_size=5),
    max_leaves=20,
)
NAMES = st.sampled_from(["name", "email", "message", "url", "utm_source", "Name", "website"]) | st.text(max_size=20)


@given(
    fields=st.dictionaries(NAMES, HOSTILE, max_size=8),
    checks=st.dictionaries(
        st.sampled_from(["sensitivity", "proof", "captcha", "scripts"]),
        st.sampled_from(["low", "high", "normal", "always", "doubtful", "turnstile", "?", ""]) | st.just(["Latin"]),
    ),
    texts=st.lists(st.text(max_size=100), min_size=6, max_size=6),
    ip=st.none() | st.ip_addresses().map(str) | st.text(max_size=20),
    route=st.sampled_from(["form", "widget", "webhook"]),
)
def test_whatever_is_sent_there_is_a_verdict(
    fields: dict[str, Any], checks: dict[str, Any], texts: list[str], ip: str | None, route: str
) -> None:
    agent, origin, token, trap, proof, captcha = texts
    told = SHARED_SCREENER.weigh(
        arriving(
            fields, checks=checks, user_agent=agent, origin=origin, token=token, trap=trap, proof=proof,
            captcha=captcha, ip=ip, route=route,
        )
    )  # fmt: skip
    assert told is not None
    assert 0 <= told.score <= 1
    assert told.verdict in ("allow", "quarantine", "block")
    assert all(reason.isidentifier() for reason in told.reasons)


@pytest.mark.parametrize(
    "text",
    ["a" * 100_000, "🎉" * 50_000, "<" * 100_000, "http://" * 14_000, "http://" + "a." * 40_000, "[" * 90_000,
     "\u202e" * 90_000, "ㄱ" * 90_000, "1" * 100_000, " ".join(map(str, range(20_000))), "ﷺ" * 50_000, "aA" * 50_000],
)  # fmt: skip
def test_a_huge_text_is_read_to_a_limit(text: str) -> None:
    told = SHARED_SCREENER.weigh(arriving({"name": text, "message": text, "email": text, "list": [text] * 1000}))
    assert told is not None


def test_of_a_file_only_its_name_is_read() -> None:
    def opinion(upload: str) -> Verdict:
        file = {"filename": "plan.pdf", "size": 5, "content_type": "application/pdf", "upload": upload}
        told = screener().weigh(arriving({**ANNA, "plan": [file]}, trap="x"))
        assert told is not None
        return told

    assert len({opinion(f"upl_{new_id().hex}").score for _ in range(20)}) == 1
