"""Each process loads what it needs and nothing more: that is most of its memory and of its time to start."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {
    "aiohttp", "alembic", "argon2", "asyncpg", "cryptography", "email_validator", "jinja2", "leadsbot.features",
    "leadsbot.web.app", "litestar", "phonenumbers", "prometheus_client", "rich", "sqlalchemy", "ua_parser", "uvicorn",
}  # fmt: skip
MAY = {
    "leadsbot.cli.main": set(),
    "leadsbot.cli.serve": set(),
    "leadsbot.cli.worker": {
        "argon2", "asyncpg", "leadsbot.features", "phonenumbers", "prometheus_client", "sqlalchemy",
    },
    "leadsbot.cli.web": HEAVY - {"aiohttp", "alembic", "cryptography", "email_validator", "rich"},
}  # fmt: skip


@pytest.mark.parametrize("module", MAY)
def test_a_process_loads_only_what_it_needs(module: str) -> None:
    program = f"import json, sys, {module}; print(json.dumps([n for n in {sorted(HEAVY)!r} if n in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert set(json.loads(done.stdout)) <= MAY[module]
