"""A fake Telegram Bot API that is as strict as the real one, can fail in every known way, and has people in it."""

from leadsbot.testing.telegram.server import FakeTelegram

__all__ = ["FakeTelegram"]
