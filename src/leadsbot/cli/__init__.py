"""The command line: ``leadsbot serve`` and its companions. One module per command."""

from leadsbot.cli.main import main

__all__ = ["main"]
