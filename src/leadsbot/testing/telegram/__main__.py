"""The fake as a process of its own: `python -m leadsbot.testing.telegram --port 0 --print-port`."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys

from leadsbot.testing.telegram.control import serve
from leadsbot.testing.telegram.server import TOKEN, FakeTelegram


def main() -> None:
    """Serve until SIGTERM or SIGINT; prints the port alone on the first line when asked to."""
    parser = argparse.ArgumentParser(prog="leadsbot.testing.telegram", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--print-port", action="store_true")
    parser.add_argument("--token", default=TOKEN)
    parser.add_argument("--username", default="leadsbot_test_bot")
    parser.add_argument("--no-referee", action="store_true", help="faster; for benchmarks")
    parser.add_argument("--insecure-webhooks", action="store_true", help="let http:// webhook targets through")
    given = parser.parse_args()

    def announce(port: int) -> None:
        sys.stdout.write(f"{port}\n" if given.print_port else f"Fake Telegram on http://127.0.0.1:{port}\n")
        sys.stdout.flush()

    async def run() -> None:
        until = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, until.set)
        fake = FakeTelegram(
            token=given.token,
            username=given.username,
            port=given.port,
            referee=not given.no_referee,
            insecure_webhooks=given.insecure_webhooks,
        )
        await serve(fake, announce, until)

    asyncio.run(run())


if __name__ == "__main__":
    main()
