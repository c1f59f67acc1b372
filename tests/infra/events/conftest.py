from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from leadsbot.infra.db.pool import Database
from leadsbot.testing.postgres import TestDatabase
from tests.infra.jobs.lab import Lab


@pytest.fixture
async def lab(fresh_database: TestDatabase, fresh_db: Database) -> AsyncIterator[Lab]:
    owner = await asyncpg.connect(fresh_database.superuser)
    yield Lab(fresh_database, fresh_db, owner)
    await owner.close()
