"""``make db-new NAME=add_colour``: an empty migration with the next number."""

from __future__ import annotations

import re
import sys

from alembic import command

from leadsbot.infra.db.migrate import alembic_config, head


def create(name: str) -> str:
    """Write the next migration and return its number; ValueError for a name that is no file name."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{2,60}", name):
        raise ValueError("Give a name like add_colour: lower-case letters, digits and underscores.")
    number = f"{int(head() or 0) + 1:04d}"
    command.revision(alembic_config(), message=name, rev_id=number)
    return number


if __name__ == "__main__":
    try:
        create(sys.argv[1] if len(sys.argv) > 1 else "")
    except ValueError as error:
        sys.exit(str(error))
