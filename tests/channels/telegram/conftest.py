"""A fake Telegram refereed by the published specification, and our own side talking to it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from leadsbot.channels.telegram.api import TelegramApi
from leadsbot.channels.telegram.transport import TelegramTransport
from leadsbot.infra.net.http import HttpClient, Limits
from leadsbot.testing.telegram import FakeTelegram


@pytest.fixture
async def fake() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as found:
        yield found
        found.assert_clean()


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    async with HttpClient(trusted=True, limits=Limits(total=5, connect=1)) as client:
        yield client


@pytest.fixture
def api(fake: FakeTelegram, http: HttpClient) -> TelegramApi:
    return TelegramApi(http, fake.token, fake.url)


@pytest.fixture
def transport(api: TelegramApi) -> TelegramTransport:
    return TelegramTransport(api)
