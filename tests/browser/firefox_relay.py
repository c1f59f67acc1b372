"""Starts Debian's Firefox for Playwright, and answers for it the one question that it does not understand.

Playwright speaks WebDriver BiDi with an unpatched Firefox, but asks every new profile for a feature that the ESR does
not have (``emulation.setMediaFeaturesOverride``) and gives up on the refusal. This program stands between the two and
says yes to that; everything else passes through unchanged. Run it as ``firefox_relay.py FIREFOX ARGUMENTS``.
"""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sys

from aiohttp import ClientSession, WSMsgType, web

UNKNOWN = {"emulation.setMediaFeaturesOverride"}
LISTENING = "WebDriver BiDi listening on "


async def relay(firefox: str) -> web.AppRunner:
    """Listens on a port of its own and passes on what is said to ``firefox``, the address of its remote agent."""

    async def answer(request: web.Request) -> web.WebSocketResponse:
        here = web.WebSocketResponse(max_msg_size=0)
        await here.prepare(request)
        async with ClientSession() as session, session.ws_connect(firefox + request.path, max_msg_size=0) as there:

            async def back() -> None:
                async for message in there:
                    await here.send_str(message.data)
                await here.close()

            returning = asyncio.create_task(back())
            async for message in here:
                if message.type is not WSMsgType.TEXT:
                    break
                said = json.loads(message.data)
                if said["method"] in UNKNOWN:
                    await here.send_str(json.dumps({"type": "success", "id": said["id"], "result": {}}))
                else:
                    await there.send_str(message.data)
            returning.cancel()
        return here

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner


async def main(command: list[str]) -> int:
    """Run Firefox until it ends or is told to."""
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, process.terminate)
    assert process.stderr is not None
    runner = None
    while line := (await process.stderr.readline()).decode(errors="replace"):
        if runner is None and (found := re.search(rf"{LISTENING}(ws://\S+)", line)):
            runner = await relay(found.group(1))
            line = f"{LISTENING}ws://127.0.0.1:{runner.addresses[0][1]}\n"
        sys.stderr.write(line)
        sys.stderr.flush()
    return await process.wait()


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
