"""Tell the team: destinations, lead cards, buttons and replies."""
