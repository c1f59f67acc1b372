"""Record ids: order, text form and what is refused."""

from __future__ import annotations

import contextlib
import re
import threading
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsbot.kit import clock, ids
from leadsbot.kit.errors import NotFound


def test_ids_are_version_7_of_the_standard_variant() -> None:
    made = ids.new_id()
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"


def test_an_id_carries_the_millisecond_it_was_made_in() -> None:
    before = int(clock.utcnow().timestamp() * 1000)
    made = UUID(int=ids.new_id().int)
    after = int(clock.utcnow().timestamp() * 1000)
    # A borrowed millisecond may run ahead by one when thousands are made in the same one.
    assert before <= (made.int >> 80) <= after + 1


def test_ids_of_one_process_only_grow() -> None:
    made = [ids.new_id() for _ in range(20_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_ids_made_by_threads_never_collide() -> None:
    made: list[UUID] = []

    def make() -> None:
        made.extend([ids.new_id() for _ in range(2_000)])

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 8_000


@given(st.uuids())
def test_what_is_shown_is_read_back(id: UUID) -> None:
    shown = ids.show(ids.LEAD, id)
    assert len(shown) == len("lead_") + 26
    assert shown == shown.lower()
    assert ids.read(ids.LEAD, shown) == id


@given(st.uuids(), st.uuids())
def test_the_text_sorts_like_the_id(one: UUID, other: UUID) -> None:
    assert (one < other) == (ids.show(ids.LEAD, one) < ids.show(ids.LEAD, other))


def test_a_known_id_has_a_known_text() -> None:
    assert ids.show("lead", UUID(int=0)) == "lead_" + "0" * 26
    assert ids.show("lead", UUID(int=2**128 - 1)) == "lead_7" + "z" * 25


@pytest.mark.parametrize(
    "text",
    [
        "",
        "lead_",
        "sub_00000000000000000000000000",
        "00000000000000000000000000",
        "lead_0000000000000000000000000",
        "lead_000000000000000000000000000",
        "lead_8zzzzzzzzzzzzzzzzzzzzzzzzz",
        "lead_0000000000000000000000000u",
        "lead_0000000000000000000000000\x00",
        "lead_000000000000000000000000é0",
        "lead-00000000000000000000000000",
    ],
)
def test_other_text_is_not_found(text: str) -> None:
    with pytest.raises(ids.InvalidId) as caught:
        ids.read(ids.LEAD, text)
    assert isinstance(caught.value, NotFound)
    assert caught.value.status == 404


@given(st.text(max_size=40))
def test_reading_any_text_gives_an_id_or_not_found(text: str) -> None:
    with contextlib.suppress(NotFound):
        ids.read(ids.LEAD, text)


@given(st.from_regex(ids.pattern(ids.LEAD).replace("$", r"\Z")))
def test_every_text_of_the_described_pattern_is_an_id(text: str) -> None:
    assert ids.show(ids.LEAD, ids.read(ids.LEAD, text)) == text.lower()


@given(st.uuids())
def test_every_id_matches_the_described_pattern(value: UUID) -> None:
    assert re.search(ids.pattern(ids.LEAD), ids.show(ids.LEAD, value))


def test_tokens_are_long_and_url_safe() -> None:
    made = ids.token()
    assert len(made) == 43
    assert made.replace("-", "").replace("_", "").isalnum()
    assert len(ids.base62(30)) == 30
    assert ids.base62(30).isalnum()
    assert ids.token() != ids.token()
