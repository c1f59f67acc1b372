"""What every test can ask for: a real PostgreSQL, a migrated database, and the application's own connections to it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import settings

from leadsbot.infra.db.base import APP
from leadsbot.infra.db.pool import Database
from leadsbot.testing.postgres import TestDatabase, TestServer
from tests import own_folder
from tests.cast import Cast, make_cast

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"

# Property tests judge what comes out, not how long it takes on a busy machine.
settings.register_profile("leadsbot", deadline=None)
settings.load_profile("leadsbot")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Before pytest makes its own choice."""
    own_folder.give(config)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """After every fixture has put its things away."""
    own_folder.take_back(session)


@pytest.fixture(scope="session")
async def postgres() -> AsyncIterator[TestServer]:
    """The run's PostgreSQL server, shared by all xdist workers."""
    server = TestServer(os.environ.get("PYTEST_XDIST_TESTRUNUID", f"single{os.getpid()}"))
    await server.start()
    yield server
    await server.stop()


@pytest.fixture(scope="session")
async def database(postgres: TestServer) -> AsyncIterator[TestDatabase]:
    """One migrated database for this xdist worker. Tests stay apart by each making its own workspace."""
    made = await postgres.database()
    yield made
    await postgres.drop(made)


@pytest.fixture
async def fresh_database(postgres: TestServer) -> AsyncIterator[TestDatabase]:
    """A migrated database of one's own, for tests that count queue rows, stop servers or run workers."""
    made = await postgres.database()
    yield made
    await postgres.drop(made)


@pytest.fixture(scope="session")
async def db(database: TestDatabase) -> AsyncIterator[Database]:
    """The application's transactions, as the role ``leadsbot_app``."""
    opened = Database(database.of(APP))
    yield opened
    await opened.close()


@pytest.fixture
async def fresh_db(fresh_database: TestDatabase) -> AsyncIterator[Database]:
    """The application's transactions in :func:`fresh_database`."""
    opened = Database(fresh_database.of(APP))
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of third-party specifications beside the repository; tests that need it skip where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the folder ../shared with third-party specifications is absent: this check did NOT run")
    return SHARED


@pytest.fixture
async def cast(db: Database) -> Cast:
    """Alice, Bob and Charlie, in workspaces of their own."""
    return await make_cast(db)
