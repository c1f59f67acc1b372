"""Telegram: the Bot API by plain HTTP calls, cards, pacing, and the meaning of updates."""
