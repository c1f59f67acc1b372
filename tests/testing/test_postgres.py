"""The throw-away test server shares, clones and cleans up after runs that were killed."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

import pytest

from leadsbot.infra.db import embedded
from leadsbot.testing.postgres import QUICK, TestServer


async def test_a_run_that_was_killed_is_cleared_away_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    killed = tmp_path / "leadsbot-test-killed"
    await (await embedded.start(killed, QUICK)).stop()
    os.utime(killed, (0, 0))

    server = TestServer(uuid.uuid4().hex[:8])
    await server.start()
    try:
        assert not killed.exists()
        made = await server.database()
        await server.drop(made)
    finally:
        await server.stop()
    assert not server.root.exists()
