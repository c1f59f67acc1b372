"""The first schema: every table of the spine."""

import importlib
import pkgutil

from alembic import op

import leadsbot.features
import leadsbot.infra
from leadsbot.infra.db.create import schema
from leadsbot.infra.db.migrate import execute

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    for package in (leadsbot.infra, leadsbot.features):
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if module.name.endswith(".tables"):
                importlib.import_module(module.name)
    execute(op.get_bind(), schema())
    op.execute("GRANT SELECT ON alembic_version TO leadsbot_app, leadsbot_capture, leadsbot_queue, leadsbot_reports")
