"""``make db-new NAME=add_colour``: draft the next migration from the models."""

from __future__ import annotations

import sys
from pathlib import Path

import leadsbot.wiring  # noqa: F401 - declares every table
from leadsbot.infra.db.new import create_migration
from leadsbot.infra.db.revision import SCRIPTS


def main(scripts: Path = SCRIPTS) -> int:
    """Write the migration and say what is left to do; 1 when something is."""
    try:
        draft = create_migration(sys.argv[1] if len(sys.argv) > 1 else "", scripts)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(f"Wrote {draft.file}. Read it before you commit it.\n")
    for line in draft.left:
        sys.stdout.write(f"Still to write: {line}\n")
    return int(bool(draft.left))


if __name__ == "__main__":
    sys.exit(main())
