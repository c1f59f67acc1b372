"""The hot path stays small and alone: what it may import, how long it may be, how often it asks the database."""

from __future__ import annotations

import ast
import subprocess
import sys
import tokenize
from pathlib import Path

import leadsbot.features.capture

FOLDER = Path(leadsbot.features.capture.__file__).parent
MODULES = ("endpoint", "source_cache", "guard", "parse", "commit", "reply")
FORBIDDEN = (
    "sqlalchemy",
    "alembic",
    "litestar",
    "jinja2",
    "mako",
    "aiohttp",
    "httpx",
    "requests",
    "pydantic",
    "uvicorn",
    "prometheus_client",
    "phonenumbers",
    "email_validator",
    "cryptography",
)
LONGEST = 400


def code_lines(path: Path) -> int:
    """Logical lines without docstrings, so that neither prose nor the formatter counts."""
    source = path.read_text(encoding="utf-8")
    with path.open("rb") as file:
        logical = sum(token.type == tokenize.NEWLINE for token in tokenize.tokenize(file.readline))
    prose = (
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    )
    return logical - sum(1 for _ in prose)


def test_the_hot_path_imports_nothing_heavy() -> None:
    program = (
        "import sys, leadsbot.features.capture.endpoint\n"
        f"print([name for name in {FORBIDDEN!r} if name in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(FOLDER.parents[2])},
    )
    assert result.stdout.strip() == "[]"


def test_the_hot_path_is_under_four_hundred_lines() -> None:
    sizes = {name: code_lines(FOLDER / f"{name}.py") for name in MODULES}
    assert sum(sizes.values()) <= LONGEST, sizes
