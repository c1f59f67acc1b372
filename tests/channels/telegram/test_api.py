"""Calls other than sending, and answers from a Bot API of the future."""

from __future__ import annotations

import asyncio
import json

import pytest
from aiohttp import web

from leadsbot.channels.telegram.api import Ok, Refusal, TelegramApi, number_update
from leadsbot.infra.net.http import Ambiguous, HttpClient
from leadsbot.testing.telegram import FakeTelegram

Future = tuple[TelegramApi, list[tuple[int, str]]]


async def test_the_bot_tells_who_it_is(api: TelegramApi):
    me = await api.get_me()
    assert (me.username, me.is_bot) == ("leadsbot_test_bot", True)


async def test_polling_returns_what_waits_and_forgets_what_was_confirmed(fake: FakeTelegram, api: TelegramApi):
    ann = fake.add_user("Ann")
    fake.start(ann.id, ann, "code-1")
    first = await api.get_updates(None, wait=0)
    assert len(first) == 1
    assert await api.get_updates(None, wait=0) == first
    assert await api.get_updates(first[0].update_id + 1, wait=0) == []


async def test_a_long_poll_answers_as_soon_as_something_happens(fake: FakeTelegram, api: TelegramApi):
    ann = fake.add_user("Ann")
    waiting = asyncio.create_task(api.get_updates(None, wait=20))
    await fake.wait_for_poll()
    fake.start(ann.id, ann)
    assert len(await asyncio.wait_for(waiting, 5)) == 1


async def test_a_second_poller_ends_the_first(fake: FakeTelegram, api: TelegramApi):
    waiting = asyncio.create_task(api.get_updates(None, wait=20))
    await fake.wait_for_poll()
    assert await api.get_updates(None, wait=0) == []
    refused = await asyncio.wait_for(waiting, 5)
    assert isinstance(refused, Refusal)
    assert refused.error_code == 409


async def test_only_asked_for_kinds_are_sent(fake: FakeTelegram, api: TelegramApi):
    ann = fake.add_user("Ann")
    await api.get_updates(None, wait=0, allowed=["callback_query"])
    fake.start(ann.id, ann)
    assert await api.get_updates(None, wait=0, allowed=["callback_query"]) == []


async def test_a_webhook_gets_updates_with_the_secret_until_it_is_removed(http: HttpClient):
    got: list[tuple[str | None, dict]] = []
    arrived = asyncio.Event()

    async def hook(request: web.Request) -> web.Response:
        got.append((request.headers.get("X-Telegram-Bot-Api-Secret-Token"), await request.json()))
        if len(got) == 1:
            return web.Response(status=500)
        arrived.set()
        return web.Response()

    async with FakeTelegram(insecure_webhooks=True) as fake:
        runner = web.AppRunner(app := web.Application())
        app.add_routes([web.post("/hook", hook)])
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        api = TelegramApi(http, fake.token, fake.url)
        assert await api.set_webhook(f"http://127.0.0.1:{runner.addresses[0][1]}/hook", "s3cret_-") == Ok(True)
        refused = await api.get_updates(None, wait=0)
        assert isinstance(refused, Refusal)
        ann = fake.add_user("Ann")
        fake.start(ann.id, ann)
        await asyncio.wait_for(arrived.wait(), 5)
        # The refused update came again, unchanged.
        assert got[0] == got[1]
        assert got[0][0] == "s3cret_-"
        assert (await api.get_webhook_info()).result["last_error_message"]
        assert await api.delete_webhook() == Ok(True)
        assert await api.get_updates(None, wait=0) == []
        await runner.cleanup()
        fake.assert_clean()


async def test_a_webhook_must_be_https_with_a_plain_secret(api: TelegramApi):
    assert isinstance(await api.set_webhook("http://example.com/x", "s"), Refusal)
    assert isinstance(await api.set_webhook("https://example.com/x", "not allowed!"), Refusal)


async def test_topics_are_made_where_the_bot_may(fake: FakeTelegram, api: TelegramApi):
    forum, plain = fake.add_group("Forum", forum=True), fake.add_group("Plain")
    thread = await api.create_forum_topic(forum, "Lead 12")
    assert fake.world.rooms[forum].topics == {thread: "Lead 12"}
    assert isinstance(await api.create_forum_topic(plain, "x"), Refusal)
    fake.world.rooms[forum].can_manage_topics = False
    refused = await api.create_forum_topic(forum, "x")
    assert isinstance(refused, Refusal)
    assert "not enough rights" in refused.description


async def test_chats_commands_and_buttons(fake: FakeTelegram, api: TelegramApi):
    forum = fake.add_group("Forum", forum=True)
    chat = await api.get_chat(forum)
    assert (chat.name, chat.is_forum, chat.is_group) == ("Forum", True, True)
    assert await api.set_my_commands({"start": "Connect this chat"}) == Ok(True)
    await api.send_message(forum, "x")
    keyboard = {"inline_keyboard": [[{"text": "Claim", "callback_data": "c:1"}]]}
    assert isinstance(await api.edit_message_reply_markup(forum, 1, keyboard), Ok)
    query = fake.press(forum, 1, "Claim", fake.add_user("Ann"))
    assert await api.answer_callback_query(query, "x" * 300) == Ok(True)
    assert len(fake.methods.callback_answers[query]["text"]) == 200
    assert isinstance(await api.answer_callback_query("unknown"), Refusal)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({"callback_data": "x" * 65}, "BUTTON_DATA_INVALID"),
        ({"url": "http://localhost:8000/x"}, "Wrong HTTP URL"),
        ({"url": "http://127.0.0.1/x"}, "Wrong HTTP URL"),
        ({}, "Text buttons"),
    ],
)
async def test_buttons_that_telegram_refuses_are_refused_by_the_fake(
    fake: FakeTelegram, api: TelegramApi, data: dict[str, str], problem: str
):
    answer = await api.send_message(fake.add_group("A"), "x", keyboard={"inline_keyboard": [[{"text": "B", **data}]]})
    assert isinstance(answer, Refusal)
    assert problem in answer.description


@pytest.fixture
async def future(http: HttpClient):
    """A server that answers what it is told, as a later Bot API might."""
    answers: list[tuple[int, str]] = []

    async def handle(_: web.Request) -> web.Response:
        status, text = answers.pop(0)
        return web.Response(status=status, text=text)

    app = web.Application()
    app.add_routes([web.route("*", "/{tail:.*}", handle)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield TelegramApi(http, "1:x", f"http://127.0.0.1:{runner.addresses[0][1]}/"), answers
    await runner.cleanup()


async def test_unknown_fields_and_types_never_break_a_send(future: Future):
    api, answers = future
    for result in ({"message_id": 9, "rich": {"type": "new"}}, {"message_id": 9, "chat": "now a string"}, True, None):
        answers.append((200, json.dumps({"ok": True, "result": result, "extra": 1})))
        assert isinstance(await api.send_message(1, "x"), Ok)


async def test_one_odd_update_does_not_hide_the_others(future: Future):
    api, answers = future
    good = {"update_id": 2, "message": {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}}}
    answers.append((200, json.dumps({"ok": True, "result": [{"update_id": 1, "message": 7}, "?", good]})))
    assert [update.update_id for update in await api.get_updates(None, wait=0)] == [1, 2]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"ok":1}', '{"ok":null,"result":[]}', "<html>", "\xff"])
async def test_an_unreadable_answer_is_ambiguous(future: Future, text: str):
    api, answers = future
    answers.append((200, text))
    with pytest.raises(Ambiguous):
        await api.send_message(1, "x")


async def test_a_refusal_with_odd_parameters_is_still_a_refusal(future: Future):
    api, answers = future
    answers.append((400, '{"ok":false,"description":7,"parameters":{"retry_after":"x","migrate_to_chat_id":true}}'))
    assert await api.send_message(1, "x") == Refusal(400, "")


def test_a_body_that_is_no_update_has_no_number():
    assert number_update(b"{}") is None
    assert number_update(b"\xff") is None
    assert number_update(b'{"update_id":"5"}') is None
