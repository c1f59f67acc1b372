"""People, workspaces, who belongs where, sessions and API keys."""
