"""Turnstile and hCaptcha: their servers are asked whether a token is right, by a job and never by the hot path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from leadsbot.infra.net.http import HttpClient, HttpError

NAME: Final = "captcha"
"""The name under which the composition root puts the checker into the services."""
PROVIDERS: Final = {
    "turnstile": "https://challenges.cloudflare.com/turnstile/v0/siteverify",
    "hcaptcha": "https://api.hcaptcha.com/siteverify",
}
Outcome = Literal["passed", "failed"]


class NoAnswer(Exception):
    """The provider could not be asked, or said something that is no answer."""


class CaptchaCheck:
    """Asks providers through the guarded client. ``addresses`` stand for theirs in tests."""

    def __init__(self, http: HttpClient, addresses: Mapping[str, str] = PROVIDERS) -> None:
        self._http, self._addresses = http, addresses

    async def ask(self, provider: str, secret: str, token: str) -> Outcome:
        """Whether the token is right. The visitor's address is not sent: the provider does not need it. Raises
        NoAnswer."""
        try:
            answer = await self._http.post_form(
                self._addresses[provider], {"secret": secret, "response": token}, purpose="captcha"
            )
        except HttpError as error:
            raise NoAnswer(error.code) from error
        said = answer.json()
        if answer.status >= 500 or not isinstance(said, dict) or not isinstance(said.get("success"), bool):
            raise NoAnswer(f"status {answer.status}")
        return "passed" if said["success"] else "failed"
