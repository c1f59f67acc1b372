"""``make docs``: the generated pages under ``docs/reference``."""

from __future__ import annotations

from pathlib import Path

import leadsbot.wiring  # noqa: F401 - declares every table
from leadsbot.infra.db.registry import entries

HEAD = """# Data registry
Every stored column: whose it is, why it is held, how long, and what a request does to it. Made by `make docs`.

| column | class | role | about | retention | export | erasure |
|---|---|---|---|---|---|---|
"""


def write(folder: Path) -> Path:
    """Write the data registry as a page and return where."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [
        f"| `{e['table']}.{e['column']}` | {e['class']} | {e['role']} | {e['subject']} "
        f"| {e['retention']} | {e['export']} | {e['erasure']} |"
        for e in entries()
    ]
    page = folder / "data-registry.md"
    page.write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    return page


if __name__ == "__main__":
    write(Path("docs/reference"))
