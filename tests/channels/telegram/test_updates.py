"""Updates made by the fake's people, and hostile ones, become what they mean."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadsbot.channels.telegram.api import TelegramApi
from leadsbot.channels.telegram.updates import (
    ButtonPress,
    Ignored,
    Intent,
    Membership,
    Migration,
    Reply,
    StartLink,
    classify,
    group_link,
    start_link,
)
from leadsbot.testing.telegram import FakeTelegram

BOT = "leadsbot_test_bot"


async def intents(api: TelegramApi) -> list[Intent]:
    found = await api.get_updates(None, wait=0)
    assert isinstance(found, list)
    return [classify(update.raw, BOT) for update in found]


async def test_a_deep_link_is_understood_in_private_groups_topics_and_channels(fake: FakeTelegram, api: TelegramApi):
    ann = fake.add_user("Ann", "ann")
    group, forum = fake.add_group("Group", type="group"), fake.add_group("Forum", forum=True)
    topic = fake.add_topic(forum, "Leads")
    channel = fake.add_group("Channel", type="channel")
    fake.start(ann.id, ann, "code-1_A")
    fake.start(group, ann, "code-2")
    fake.start(forum, ann, "code-3", thread_id=topic)
    fake.send_text(channel, None, "/start code-4")
    fake.send_text(group, ann, "/start")
    private, grouped, forumed, channelled, bare = await intents(api)
    assert isinstance(private, StartLink)
    assert (private.code, private.chat.type, private.thread_id) == ("code-1_A", "private", None)
    assert private.user is not None
    assert private.user.name == "Ann"
    assert isinstance(grouped, StartLink)
    assert (grouped.code, grouped.chat.id, grouped.chat.name) == ("code-2", group, "Group")
    assert isinstance(forumed, StartLink)
    assert (forumed.code, forumed.thread_id) == ("code-3", topic)
    assert isinstance(channelled, StartLink)
    assert (channelled.code, channelled.user) == ("code-4", None)
    assert isinstance(bare, StartLink)
    assert bare.code is None


async def test_commands_for_others_and_chatter_are_ignored(fake: FakeTelegram, api: TelegramApi):
    ann, group = fake.add_user("Ann"), fake.add_group("Group")
    for text in ("/start@other_bot code", "/startle", "hello", "start code"):
        fake.send_text(group, ann, text)
    theirs = fake.send_text(group, ann, "hi")
    fake.send_text(group, ann, "answer to Ann", reply_to=theirs)
    assert {type(intent) for intent in await intents(api)} == {Ignored}


async def test_a_code_that_is_not_well_formed_is_no_code(fake: FakeTelegram, api: TelegramApi):
    ann = fake.add_user("Ann")
    fake.send_text(ann.id, ann, "/start " + "x" * 65)
    fake.send_text(ann.id, ann, "/start a'; drop")
    first, second = await intents(api)
    assert isinstance(first, StartLink)
    assert first.code is None
    assert isinstance(second, Ignored)


async def test_a_press_and_a_reply_name_the_card_and_the_person(fake: FakeTelegram, api: TelegramApi):
    ann, forum = fake.add_user("Ann"), fake.add_group("Forum", forum=True)
    topic = fake.add_topic(forum, "Leads")
    keyboard = {"inline_keyboard": [[{"text": "Claim", "callback_data": "c:xyz"}]]}
    sent = await api.send_message(forum, "card", thread_id=topic, keyboard=keyboard)
    number = sent.message_id  # type: ignore[union-attr]
    assert number is not None
    query = fake.press(forum, number, "Claim", ann)
    fake.press_data(forum, 999, "c:gone", ann)
    fake.send_text(forum, ann, "called them", reply_to=number, thread_id=topic)
    fake.send_text(forum, ann, "just talking", reply_to=topic, thread_id=topic)
    pressed, stale, replied, chatter = await intents(api)
    assert isinstance(pressed, ButtonPress)
    assert (pressed.callback_id, pressed.data, pressed.message_id, pressed.user.id) == (query, "c:xyz", number, ann.id)
    assert (pressed.chat.id, pressed.thread_id) == (forum, topic)
    assert isinstance(stale, ButtonPress)
    assert isinstance(replied, Reply)
    assert (replied.to_message_id, replied.text, replied.thread_id) == (number, "called them", topic)
    assert isinstance(chatter, Ignored)


async def test_standing_and_migration(fake: FakeTelegram, api: TelegramApi):
    ann = fake.add_user("Ann")
    group = fake.add_group("Group", type="group", by=ann)
    new = fake.migrate(group)
    fake.kick(new, ann)
    fake.block(ann)
    added, told, told_again, removed, blocked = await intents(api)
    assert isinstance(added, Membership)
    assert added.standing == "added"
    assert told == told_again == Migration(group, new)
    assert isinstance(removed, Membership)
    assert removed.standing == "removed"
    assert isinstance(blocked, Membership)
    assert (blocked.standing, blocked.chat.id) == ("blocked", ann.id)


@pytest.mark.parametrize(
    "raw",
    [b"", b"\xff\xfe", b"[]", b'{"update_id":1}', b'{"update_id":1,"message":{}}', b'{"update_id":1,"rich_thing":{}}'],
)
def test_unknown_and_broken_updates_are_ignored(raw: bytes):
    assert isinstance(classify(raw, BOT), Ignored)


@settings(max_examples=50)
@given(st.recursive(st.none() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)))
def test_no_message_makes_it_raise(value: object):
    for kind in ("message", "callback_query", "my_chat_member", "channel_post"):
        classify(json.dumps({"update_id": 1, kind: value}).encode(), BOT)


def test_links_carry_only_what_telegram_takes():
    assert start_link("b", "aB_-9") == "https://t.me/b?start=aB_-9"
    assert group_link("b", "x" * 64).endswith("?startgroup=" + "x" * 64)
    for bad in ("", "x" * 65, "a b", "ä", "a\n"):
        with pytest.raises(ValueError, match="code"):
            start_link("b", bad)
