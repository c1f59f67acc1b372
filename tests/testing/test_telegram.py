"""The fake itself: it is strict, its referee sees violations, and it runs as a process of its own."""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import Any

import aiohttp
import pytest

from leadsbot.testing.telegram import FakeTelegram
from leadsbot.testing.telegram.markup import BadRequest, parse
from leadsbot.testing.telegram.server import TOKEN


async def test_the_referee_sees_what_a_client_gets_wrong():
    async with FakeTelegram() as fake, aiohttp.ClientSession() as session:
        if not fake.referee.present:
            pytest.skip("../shared/tools/tg_check.py is absent")
        chat = fake.add_group("Sales")
        for wrong in ({"chat_id": chat}, {"chat_id": chat, "text": "x", "disable_web_page_preview": True}):
            await session.post(f"{fake.url}/bot{fake.token}/sendMessage", json=wrong)
        fake.inbox.add("callback_query", {"id": "1"})
        assert len(fake.violations) >= 3
        with pytest.raises(AssertionError):
            fake.assert_clean()


async def test_forms_are_understood_as_other_clients_send_them():
    async with FakeTelegram() as fake, aiohttp.ClientSession() as session:
        chat = fake.add_group("Sales")
        form = {"chat_id": str(chat), "text": "12", "reply_markup": '{"inline_keyboard":[]}'}
        async with session.post(f"{fake.url}/bot{fake.token}/sendMessage", data=form) as answer:
            assert (await answer.json())["ok"]
        fake.assert_clean()


@pytest.mark.parametrize(
    ("text", "plain", "kinds"),
    [
        ("<b>a</b> <i>b</i>", "a b", ["bold", "italic"]),
        ('<a href="https://x.de?a=1&amp;b=2">l</a>', "l", ["text_link"]),
        ("a > b & c &amp; &lt;d&gt; &nbsp;", "a > b & c & <d> &nbsp;", []),
        ("<b>\U0001f600</b>x", "\U0001f600x", ["bold"]),
        ("  <b> a </b>  ", "a", ["bold"]),
    ],
)
def test_the_html_subset(text: str, plain: str, kinds: list[str]):
    found, entities = parse(text, "HTML")
    assert (found, [entity["type"] for entity in entities]) == (plain, kinds)


@pytest.mark.parametrize("text", ["", "  ", "<b></b>", "<b>", "</b>", "<u>a</b>", "<p>a</p>", "a < b", "x" * 4097])
def test_what_telegram_refuses(text: str):
    with pytest.raises(BadRequest):
        parse(text, "HTML")


async def test_the_process_prints_its_port_is_steered_over_http_and_ends_on_sigterm():
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "leadsbot.testing.telegram", "--port", "0", "--print-port",
        stdout=asyncio.subprocess.PIPE, env={"PYTHONPATH": ":".join(sys.path)},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        url = f"http://127.0.0.1:{int(await asyncio.wait_for(process.stdout.readline(), 30))}"

        async def control(action: str, **arguments: object) -> Any:
            async with session.post(f"{url}/control/{action}", json=arguments) as answer:
                return (await answer.json()).get("result")

        async with aiohttp.ClientSession() as session:
            ann = await control("add_user", first_name="Ann")
            assert await control("start", chat=ann["id"], user=ann["id"], code="abc") == 1
            keyboard = {"inline_keyboard": [[{"text": "Claim", "callback_data": "c:1"}]]}
            sending = {"chat_id": ann["id"], "text": "hi", "reply_markup": keyboard}
            async with session.post(f"{url}/bot{TOKEN}/sendMessage", json=sending) as answer:
                number = (await answer.json())["result"]["message_id"]
            assert await control("press", chat=ann["id"], message_id=number, button_text="Claim", user=ann["id"])
            assert await control("press", chat=ann["id"], message_id=number, button_text="None", user=ann["id"]) is None
            assert await control("exit") is None
            async with session.get(f"{url}/control/calls?since=0&method=sendMessage") as answer:
                calls = (await answer.json())["calls"]
            assert calls[0]["params"]["text"] == "hi"
            async with session.get(f"{url}/control/state") as answer:
                state = await answer.json()
            assert state["waiting_updates"] == 2
            async with session.get(f"{url}/control/violations") as answer:
                assert (await answer.json())["violations"] == []
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 10) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
