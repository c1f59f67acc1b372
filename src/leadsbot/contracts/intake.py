"""Who takes part when a submission is accepted: the published form that checks its answers, and the screening of bots.

Both belong to features above the capture path, which knows them only by these protocols; the composition root hands
them in. They run between the reading of a body and its commit, so they must be quick, must not wait for anything and
must not raise anything but what they promise.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple, Protocol
from uuid import UUID

import msgspec

from leadsbot.kit.errors import Invalid

Decision = Literal["allow", "quarantine", "block"]
ALLOW: Final = "allow"
QUARANTINE: Final = "quarantine"
BLOCK: Final = "block"
TOKEN_FIELD: Final = "_token"  # noqa: S105 - the name of a field
"""The reserved field that carries the signed token of a form's page."""
TRAP_FIELD: Final = "_gotcha"
"""The reserved field that people do not see and bots fill in."""

VERSION_FIELD: Final = "_version"
"""The reserved field in which a form's page says which version it shows; the widget says it in ``context.form``."""

KEY_FIELD: Final = "_key"
"""The reserved field in which the widget sends its idempotency key: a header would cost a preflight."""

REFUSED: Final = "leadsbot.refused"
"""The key of the scope under which the page of a form finds why an earlier post was not taken, and what was sent:
``(error, tree)``."""

PROOF_FIELD: Final = "altcha"
"""The reserved field that carries a solved challenge; the name is that of the ALTCHA widget."""
CAPTCHA_FIELDS: Final = ("cf-turnstile-response", "h-captcha-response")
"""The reserved fields of Turnstile and hCaptcha."""


class InvalidAnswers(Invalid):
    """Answers that a form does not take: one sentence for each field, the first of which is the error's own."""

    code = "invalid_answers"

    def __init__(self, faults: Mapping[str, str]) -> None:
        field, message = next(iter(faults.items()))
        super().__init__(field, message)
        self.faults = dict(faults)


class Answers(msgspec.Struct, frozen=True):
    """What a form makes of a submission."""

    fields: dict[str, Any]
    """The answers as they are stored; unknown fields are kept."""
    consents: list[dict[str, Any]] | None = None
    """What was agreed to: ``[{field, text, text_version, given, language}]``; None for a form that asks for nothing."""
    ending: dict[str, Any] | None = None
    """What the visitor is told: ``{id, kind: "message" | "redirect", title, text, url}``; ``url`` is where a browser
    that posted the form itself is sent, for a message the page of ours that shows it."""
    version: int | None = None
    """The version that was filled in; None without a designed form."""


class Published(NamedTuple):
    """A published form as its source carries it, and what the source says about itself."""

    key: str
    form: str
    """JSON: ``{"version": 3, "definition": {…}, "country": "GB", "consents": […]}``; the country is the workspace's at
    that time, the consents are the words of this version and of earlier ones."""
    redirects: tuple[str, ...]
    country: str | None
    """The source's own; None means the workspace's."""


class PublishedForm(Protocol):
    """One published version of a form, compiled."""

    @property
    def lawful_basis(self) -> str | None:
        """The basis of this form; None means the source's."""
        ...

    @property
    def notice_version(self) -> str | None:
        """The privacy notice that its page links to; None means the source's."""
        ...

    def check(self, fields: dict[str, Any], language: str, seen: object = None) -> Answers:
        """The answers, checked. ``seen`` is what the page said of the version that it showed: one that was published
        becomes the version of the answers, whatever else counts as the current one. Raises InvalidAnswers, or Gone
        after the closing date."""
        ...


class Verdict(msgspec.Struct, frozen=True, omit_defaults=True):
    """What screening says of a submission; stored with it and shown."""

    verdict: Decision
    score: float
    """From 0 (a person) to 1 (a bot)."""
    reasons: list[str]
    """Codes, the weightiest first: ``trap_filled``, ``too_fast``, ``many_links`` …"""
    proof: str = ""
    """The solved challenge that it came with, by its hash: good for one submission, which intake checks."""
    captcha: str = ""
    """What a captcha's provider must be asked about before it may be released."""


class Arriving(msgspec.Struct, frozen=True, gc=False):
    """One submission as screening sees it."""

    workspace_id: UUID
    source_id: UUID
    source_key: str
    route: str
    """``webhook``, ``form`` or ``widget``."""
    checks: dict[str, Any]
    """The workspace's choices, see the screening feature."""
    ip: str | None
    user_agent: str
    origin: str | None
    referer: str
    token: str
    trap: str
    proof: str
    captcha: str
    designed: bool
    """Whether the form was designed here, so that its page carries a token."""
    fields: dict[str, Any]


class Screener(Protocol):
    """Tells bots from people."""

    def judge(self, arriving: Arriving) -> Verdict | None:
        """The verdict; None where nothing is screened or nothing speaks against a person. Never raises, never waits."""
        ...


__all__ = [
    "ALLOW",
    "BLOCK",
    "CAPTCHA_FIELDS",
    "KEY_FIELD",
    "PROOF_FIELD",
    "QUARANTINE",
    "REFUSED",
    "TOKEN_FIELD",
    "TRAP_FIELD",
    "Answers",
    "Arriving",
    "Decision",
    "InvalidAnswers",
    "Published",
    "PublishedForm",
    "Screener",
    "Verdict",
]
