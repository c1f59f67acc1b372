"""Journeys run the whole product, each on a database of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from leadsbot.testing.postgres import TestDatabase
from tests.conftest import SHARED
from tests.product import Product, running


@pytest.fixture
async def product(fresh_database: TestDatabase, tmp_path: Path) -> AsyncIterator[Product]:
    async with running(fresh_database, tmp_path, referee=SHARED.is_dir()) as found:
        yield found
