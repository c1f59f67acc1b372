"""Which lead a submission joins, and what that changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsbot.features.leads import model
from leadsbot.features.leads.model import Candidate
from leadsbot.kit.errors import Invalid
from leadsbot.kit.ids import new_id

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WINDOW = timedelta(days=30)
ANNA, BERT, OFFICE = "mailto:anna@example.org", "mailto:bert@example.org", "tel:+4930123456"


def candidate(*keys: str, stage: str = "new", days_ago: int = 1) -> Candidate:
    return Candidate(new_id(), stage, NOW - timedelta(days=days_ago), frozenset(keys))


def join(keys: tuple[str, ...], *candidates: Candidate) -> object:
    return model.lead_to_join(keys, candidates, NOW, WINDOW)


def test_the_same_address_joins() -> None:
    lead = candidate(ANNA)

    assert join((ANNA,), lead) == lead.id


def test_the_same_number_joins_when_only_one_side_gave_an_address() -> None:
    lead = candidate(ANNA, OFFICE)

    assert join((OFFICE,), lead) == lead.id
    assert join((BERT, OFFICE), candidate(OFFICE)) is not None


def test_a_shared_number_does_not_join_two_people_with_different_addresses() -> None:
    assert join((BERT, OFFICE), candidate(ANNA, OFFICE)) is None


def test_the_address_decides_when_address_and_number_lead_to_two_leads() -> None:
    by_phone, by_mail = candidate(OFFICE, days_ago=0), candidate(ANNA, days_ago=9)

    assert join((ANNA, OFFICE), by_phone, by_mail) == by_mail.id


@pytest.mark.parametrize("stage", ["won", "lost", "junk"])
def test_a_closed_or_junk_lead_is_not_joined(stage: str) -> None:
    assert join((ANNA,), candidate(ANNA, stage=stage)) is None


@pytest.mark.parametrize(("days", "joins"), [(29, True), (30, True), (31, False)])
def test_the_window_counts_from_the_last_activity(days: int, joins: bool) -> None:
    assert (join((ANNA,), candidate(ANNA, days_ago=days)) is not None) is joins


def test_of_several_the_latest_active_one_is_joined() -> None:
    old, fresh = candidate(ANNA, days_ago=9), candidate(ANNA, days_ago=2)

    assert join((ANNA,), old, fresh) == fresh.id


def test_without_a_valid_address_or_number_there_is_nothing_to_recognise_by() -> None:
    assert model.contact_keys("not an address", None) == ()
    assert model.contact_keys("Anna <ANNA@Example.org>", "+4930123456") == (ANNA, OFFICE)


def test_tags_are_trimmed_lowered_and_unique() -> None:
    assert model.valid_tags([" VIP ", "vip", "", "two  words"]) == ("vip", "two words")


@pytest.mark.parametrize("tags", [["a,b"], ["x" * 51], [f"t{n}" for n in range(31)], ["a\0b"]])
def test_bad_tags_are_refused_by_name(tags: list[str]) -> None:
    with pytest.raises(Invalid) as caught:
        model.valid_tags(tags)

    assert caught.value.field == "tags"


@given(st.dictionaries(st.sampled_from(["name", "email", "phone", "company", "message"]), st.text(max_size=50)))
def test_any_text_can_be_made_searchable(values: dict[str, str]) -> None:
    text = model.searchable({**values, "fields": {"a": "Ünïcode", "b": 3}}, ["tel:+4930123456"])

    assert "ünïcode" in text
    assert "+4930123456" in text
    assert "\0" not in text
