"""A new secret key: it reads what the old one sealed, a command seals that anew, and then the old one can go."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import sys
from asyncio import create_subprocess_exec, subprocess
from pathlib import Path

from pydantic import SecretStr

from leadsbot.cli.people import provision
from leadsbot.features.capture.public import create_source
from leadsbot.features.sources import actions
from leadsbot.infra.crypto import Crypto
from leadsbot.infra.db.pool import Database
from leadsbot.kit import ids
from leadsbot.testing.postgres import TestDatabase
from leadsbot.testing.telegram import FakeTelegram
from tests.product import TOKEN, card_in, running, texts, until

OLD, OLDER, NEW = (f"a {word} secret key that is long enough" for word in ("former", "forgotten", "new"))
ADDRESS = "/api/inbound/w/{}/leads"


async def rotate(database: TestDatabase, folder: Path, previous: str) -> tuple[int, str]:
    """The command, as somebody runs it beside ``serve``."""
    environment = {
        **os.environ, "LEADSBOT_DATA_DIR": str(folder), "LEADSBOT_SERVE_OWNER_DSN": database.owner,
        "LEADSBOT_SECRET_KEY": NEW, "LEADSBOT_SECRET_KEY_PREVIOUS": previous,
    }  # fmt: skip
    process = await create_subprocess_exec(
        sys.executable, "-m", "leadsbot", "rotate-secrets", env=environment, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


async def signed_source(db: Database, workspace: str, key: str) -> tuple[str, str, str]:
    """Id, address and secret of a source whose secret is sealed with this key."""
    async with db.tenant(ids.read(ids.WORKSPACE, workspace)) as tx:
        source = await create_source(tx, "webhook", "Signed")
        secret = await actions.rotate_secret(tx, Crypto(key), source.id, by="system")
    return ids.show(ids.SOURCE, source.id), ADDRESS.format(source.key), secret


def signature(secret: str, body: str) -> dict[str, str]:
    mac = hmac.new(secret.encode(), body.encode(), hashlib.sha256).hexdigest()
    return {"X-LeadsBot-Signature": f"sha256={mac}", "Content-Type": "application/json"}


async def test_a_new_key_takes_over_and_no_source_has_to_change(
    fresh_database: TestDatabase, fresh_db: Database, tmp_path: Path
) -> None:
    made = await provision(fresh_db, name="Alder", owner_email="owner@example.com", owner_password=None)
    other = await provision(fresh_db, name="Cedar", owner_email="other@example.com", owner_password=None)
    mine = await signed_source(fresh_db, made["workspace_id"], OLD)
    theirs = await signed_source(fresh_db, other["workspace_id"], OLDER)
    lost = await signed_source(fresh_db, made["workspace_id"], "a key that nobody knows any more, sadly")
    body = json.dumps({"email": "pat@example.com", "message": "Hello"})

    async def sent(previous: str) -> list[int]:
        keys = {"secret_key": SecretStr(NEW), "secret_key_previous": SecretStr(previous)}
        async with running(fresh_database, tmp_path, referee=False, **keys) as product:
            return [
                (await product.http.post(address, content=body, headers=signature(secret, body))).status_code
                for _, address, secret in (mine, theirs, lost)
            ]

    assert await sent(OLD) == [201, 503, 503]
    code, said = await rotate(fresh_database, tmp_path, OLD)
    assert (code, "present key: 1." in said, theirs[0] in said, lost[0] in said) == (1, True, True, True)
    code, said = await rotate(fresh_database, tmp_path, f"{OLD}, {OLDER}")
    assert (code, "present key: 1. They were already: 1." in said, lost[0] in said) == (1, True, True)
    for secret in (OLD, OLDER, NEW, mine[2], theirs[2]):
        assert secret not in said
    assert await sent("") == [201, 201, 503]


async def test_buttons_of_old_cards_work_on_and_follow_the_new_key_when_drawn(
    fresh_database: TestDatabase, tmp_path: Path
) -> None:
    async with FakeTelegram(token=TOKEN, username="leads_test_bot", referee=False) as telegram:
        keep = {"telegram": telegram, "referee": False}
        async with running(fresh_database, tmp_path, secret_key=SecretStr(OLD), **keep) as before:
            alice = telegram.add_user("Alice")
            await before.bind(alice.id, alice)
            await before.submit(name="Anna", email="anna@example.org")
            card = await card_in(before, alice.id, "Anna")
        async with running(fresh_database, tmp_path, secret_key=SecretStr(NEW), **keep):
            telegram.press(alice.id, card["message_id"], "Claim", alice)
            await until(lambda: any("Claimed by" in text for text in texts(telegram, alice.id)))
            telegram.press(alice.id, card["message_id"], "Qualified", alice)
            await until(lambda: any("Stage: Qualified" in text for text in texts(telegram, alice.id)))
