"""Every failure of Telegram becomes the outcome that keeps alerts neither lost nor doubled."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from leadsbot.channels.base import Rejected, RetryLater, Sent, Uncertain
from leadsbot.channels.telegram.api import Answer, Refusal, TelegramApi
from leadsbot.channels.telegram.transport import CardGone, Migrated, TelegramTransport, TopicGone, plain_text, translate
from leadsbot.infra.net.guard import Guard
from leadsbot.infra.net.http import HttpClient
from leadsbot.testing.telegram import FakeTelegram
from leadsbot.testing.telegram.faults import Kind

KEYBOARD = {"inline_keyboard": [[{"text": "Claim", "callback_data": "c:1234567890123456789012"}]]}


def test_the_referee_is_there(fake: FakeTelegram):
    if not fake.referee.present:
        pytest.skip("../shared/tools/tg_check.py is absent: nothing referees the fake Telegram")


@pytest.fixture
def chat(fake: FakeTelegram) -> int:
    return fake.add_group("Sales")


async def test_a_message_arrives_with_its_buttons_and_without_a_preview(
    fake: FakeTelegram, transport: TelegramTransport, chat: int
):
    assert await transport.send(chat, "<b>New</b> &amp; warm", keyboard=KEYBOARD) == Sent("1")
    message = fake.messages(chat)[0]
    assert message["text"] == "New & warm"
    assert message["reply_markup"] == KEYBOARD
    assert fake.calls[0].params["link_preview_options"] == {"is_disabled": True}


async def test_a_flooded_chat_waits_and_others_go_on(fake: FakeTelegram, transport: TelegramTransport, chat: int):
    other = fake.add_group("Other")
    fake.flood(chat, 7)
    assert await transport.send(chat, "x") == RetryLater("too_many_requests", timedelta(seconds=7))
    assert isinstance(await transport.send(other, "x"), Sent)


@pytest.mark.parametrize(("asked", "after"), [(0, 1), (-5, 1), (10**9, 86_400)])
async def test_an_odd_retry_after_is_kept_within_reason(
    fake: FakeTelegram, transport: TelegramTransport, chat: int, asked: int, after: int
):
    fake.fault("refuse", code=429, description="Too Many Requests", retry_after=asked)
    assert await transport.send(chat, "x") == RetryLater("too_many_requests", timedelta(seconds=after))


async def test_a_migrated_group_tells_its_new_id_and_the_new_one_works(
    fake: FakeTelegram, transport: TelegramTransport
):
    old = fake.add_group("Small", type="group")
    new = fake.migrate(old)
    assert await transport.send(old, "x") == Migrated(new)
    assert isinstance(await transport.send(new, "x"), Sent)
    assert new < -(2**31)


@pytest.mark.parametrize("type", ["group", "supergroup", "channel"])
async def test_a_bot_that_was_removed_is_rejected_for_good(fake: FakeTelegram, transport: TelegramTransport, type: str):
    chat = fake.add_group("Sales", type=type)
    fake.kick(chat, fake.add_user("Ann"))
    outcome = await transport.send(chat, "x")
    assert isinstance(outcome, Rejected)
    assert (outcome.code, outcome.permanent) == ("kicked", True)


async def test_a_private_chat_that_blocked_or_never_started_is_rejected_for_good(
    fake: FakeTelegram, transport: TelegramTransport
):
    ann = fake.add_user("Ann")
    assert (await transport.send(ann.id, "x")).code == "never_started"
    fake.start(ann.id, ann)
    assert isinstance(await transport.send(ann.id, "x"), Sent)
    fake.block(ann)
    assert (await transport.send(ann.id, "x")).code == "blocked"


async def test_a_deleted_or_unknown_chat_is_rejected_for_good(
    fake: FakeTelegram, transport: TelegramTransport, chat: int
):
    assert (await transport.send(-42, "x")).code == "chat_not_found"
    fake.delete_chat(chat)
    assert (await transport.send(chat, "x")).code == "chat_deleted"


async def test_a_missing_right_is_told_with_what_to_do(fake: FakeTelegram, transport: TelegramTransport, chat: int):
    fake.world.rooms[chat].can_write = False
    outcome = await transport.send(chat, "x")
    assert isinstance(outcome, Rejected)
    assert outcome.code == "no_rights"
    assert "right" in outcome.sentence


async def test_a_deleted_or_closed_topic_is_told_apart_from_a_dead_chat(
    fake: FakeTelegram, transport: TelegramTransport
):
    forum = fake.add_group("Forum", forum=True)
    first, second = fake.add_topic(forum, "A"), fake.add_topic(forum, "B")
    assert isinstance(await transport.send(forum, "x", thread_id=first), Sent)
    fake.delete_topic(forum, first)
    fake.close_topic(forum, second)
    assert isinstance(await transport.send(forum, "x", thread_id=first), TopicGone)
    assert isinstance(await transport.send(forum, "x", thread_id=second), TopicGone)
    assert isinstance(await transport.send(forum, "x"), Sent)


@pytest.mark.parametrize("broken", ["<b>5 < 6", "<b>open", "a</i>", "<div>x</div>", "1 <2 apples", "<b><i>x</b></i>"])
async def test_markup_that_telegram_cannot_parse_is_sent_once_as_plain_text(
    fake: FakeTelegram, transport: TelegramTransport, chat: int, broken: str
):
    outcome = await transport.send(chat, broken, keyboard=KEYBOARD)
    assert isinstance(outcome, Sent)
    assert outcome.note == "plain"
    assert len(fake.messages(chat)) == 1
    assert len(fake.calls_of("sendMessage")) == 2
    assert "parse_mode" not in fake.calls[-1].params
    assert fake.messages(chat)[0]["reply_markup"] == KEYBOARD


async def test_an_edit_changes_the_same_card_and_a_repeat_is_a_success(
    fake: FakeTelegram, transport: TelegramTransport, chat: int
):
    sent = await transport.send(chat, "one", keyboard=KEYBOARD)
    number = int(sent.external_id)
    assert await transport.edit(chat, number, "two") == Sent("1")
    assert await transport.edit(chat, number, "two") == Sent("1", "unchanged")
    assert [m["text"] for m in fake.messages(chat)] == ["two"]
    assert "reply_markup" not in fake.messages(chat)[0]


async def test_a_reaction_is_put_where_the_chat_allows_it(fake: FakeTelegram, transport: TelegramTransport, chat: int):
    theirs = fake.send_text(chat, fake.add_user("Ann"), "hello")
    assert await transport.react(chat, theirs, "👍")
    assert fake.methods.reactions == {(chat, theirs): ["👍"]}
    assert not await transport.react(chat, theirs, "no emoji")
    assert not await transport.react(chat, 999, "👍")
    fake.fault("drop", method="setMessageReaction", times=9)
    assert not await transport.react(chat, theirs, "👎")


async def test_a_card_that_is_gone_or_not_ours_is_told(fake: FakeTelegram, transport: TelegramTransport, chat: int):
    theirs = fake.send_text(chat, fake.add_user("Ann"), "hello")
    assert isinstance(await transport.edit(chat, theirs, "x"), CardGone)
    sent = await transport.send(chat, "one")
    fake.delete_message(chat, int(sent.external_id))
    assert isinstance(await transport.edit(chat, int(sent.external_id), "two"), CardGone)


async def test_a_reply_to_a_deleted_card_is_sent_all_the_same(
    fake: FakeTelegram, transport: TelegramTransport, chat: int
):
    assert isinstance(await transport.send(chat, "x", reply_to=999), Sent)
    assert isinstance(await transport.send(chat, "y", reply_to=1), Sent)
    assert fake.messages(chat)[1]["reply_to_message"]["text"] == "x"


async def test_a_request_that_could_not_leave_is_safe_to_retry(
    fake: FakeTelegram, transport: TelegramTransport, chat: int
):
    await fake.stop_listening()
    assert await transport.send(chat, "x") == RetryLater("connect")
    await fake.listen()
    assert isinstance(await transport.send(chat, "x"), Sent)


@pytest.mark.parametrize("kind", ["drop", "hang", "hang_after", "reset_after", "garbage"])
async def test_silence_after_the_request_is_uncertain_whether_or_not_it_was_carried_out(
    fake: FakeTelegram, transport: TelegramTransport, chat: int, kind: Kind
):
    fake.fault(kind, seconds=0.1)
    assert isinstance(await transport.send(chat, "x"), Uncertain)
    assert len(fake.messages(chat)) == (0 if kind in ("drop", "hang") else 1)


async def test_a_read_timeout_is_uncertain(fake: FakeTelegram, chat: int, http: HttpClient):
    class Hasty(TelegramApi):
        async def call(
            self, method: str, params: Mapping[str, object], *, total: float = 0.3, max_bytes: int | None = None
        ) -> Answer:
            return await super().call(method, params, total=0.3, max_bytes=max_bytes)

    fake.fault("hang_after")
    assert await TelegramTransport(Hasty(http, fake.token, fake.url)).send(chat, "x") == Uncertain("timeout")


async def test_a_server_error_of_telegram_is_retried_and_one_of_a_gateway_is_uncertain(
    fake: FakeTelegram, transport: TelegramTransport, chat: int
):
    fake.fault("refuse", code=500)
    assert await transport.send(chat, "x") == RetryLater("error_500")
    fake.fault("gateway", code=502)
    assert isinstance(await transport.send(chat, "x"), Uncertain)
    fake.fault("gateway", code=413)
    assert isinstance(await transport.send(chat, "x"), Rejected)


async def test_a_wrong_token_does_not_condemn_the_chat(fake: FakeTelegram, http: HttpClient, chat: int):
    outcome = await TelegramTransport(TelegramApi(http, "1:wrong", fake.url)).send(chat, "x")
    assert isinstance(outcome, RetryLater)
    assert outcome.code == "bad_token"


async def test_a_message_that_telegram_refuses_does_not_condemn_the_chat(transport: TelegramTransport, chat: int):
    outcome = await transport.send(chat, "x" * 5000)
    assert isinstance(outcome, Rejected)
    assert not outcome.permanent


async def test_a_guarded_client_never_reaches_a_private_api(fake: FakeTelegram, chat: int):
    async with HttpClient(guard=Guard()) as guarded:
        outcome = await TelegramTransport(TelegramApi(guarded, fake.token, fake.url)).send(chat, "x")
    assert isinstance(outcome, Rejected)
    assert fake.calls == []


async def test_the_token_shows_nowhere(
    fake: FakeTelegram, http: HttpClient, chat: int, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(0)
    api = TelegramApi(http, fake.token, fake.url)
    fake.fault("reset_after")
    outcomes = [await TelegramTransport(api).send(chat, "x") for _ in range(2)]
    await fake.stop_listening()
    outcomes.append(await TelegramTransport(api).send(chat, "x"))
    assert fake.token not in repr(outcomes) + repr(api) + caplog.text


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("Forbidden: bot was kicked from the supergroup chat", "kicked"),
        ("Forbidden: user is deactivated", "deactivated"),
        ("Forbidden: the group chat was deleted", "chat_deleted"),
        ("Forbidden: bot is not a member of the channel chat", "not_member"),
        ("Forbidden: something that is new", "forbidden"),
        ("Bad Request: CHAT_WRITE_FORBIDDEN", "no_rights"),
        ("Bad Request: have no rights to send a message", "no_rights"),
        ("Bad Request: need administrator rights in the channel chat", "no_rights"),
        ("Bad Request: PEER_ID_INVALID", "chat_not_found"),
    ],
)
def test_permanent_refusals_have_a_code_and_a_sentence(said: str, code: str):
    outcome = translate(Refusal(403 if said.startswith("F") else 400, said))
    assert isinstance(outcome, Rejected)
    assert (outcome.code, outcome.permanent) == (code, True)
    assert outcome.sentence.endswith(".")


def test_plain_text_keeps_what_people_wrote():
    assert plain_text("<b>Ann</b> wrote: 5 &lt; 6 &amp; <a href='https://x.de'>link</a>") == "Ann wrote: 5 < 6 & link"
    assert plain_text("<b></b>") == "-"
    assert len(plain_text("\U0001f600" * 5000).encode("utf-16-le")) == 8192
