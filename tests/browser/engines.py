"""Debian's Chromium and Firefox, driven by Playwright."""

from __future__ import annotations

import contextlib
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from playwright.async_api import Browser, Playwright

CHROMIUM = shutil.which("chromium")
FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
RELAY = Path(__file__).with_name("firefox_relay.py")
DARK_FIREFOX = "firefox-dark"
"""Firefox on a system that is dark: it cannot be told so later, as Chromium can (see the relay)."""
FOUND = {"chromium": CHROMIUM, "firefox": FIREFOX, DARK_FIREFOX: FIREFOX}


@contextlib.asynccontextmanager
async def launched(playwright: Playwright, engine: str, folder: Path) -> AsyncIterator[Browser]:
    """An open browser; ``folder`` is for what it needs to start."""
    if engine == "chromium":
        arguments = ["--no-sandbox", "--disable-quic"]
        made = await playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
    else:
        # Playwright wants one program and adds arguments of its own.
        start = folder / "firefox"
        start.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{RELAY}" "{FIREFOX}" "$@"\n')
        start.chmod(0o755)
        made = await playwright.firefox.launch(
            executable_path=start, channel="moz-firefox", headless=True,
            firefox_user_prefs={"ui.systemUsesDarkTheme": 1} if engine == DARK_FIREFOX else {},
        )  # fmt: skip
    try:
        yield made
    finally:
        await made.close()
