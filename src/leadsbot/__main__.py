"""``python -m leadsbot``."""

from leadsbot.cli import main

main()
