"""What screening decides: evidence adds up as log-odds, and the workspace's sensitivity says where to draw the line."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, Literal, NamedTuple

from leadsbot.contracts.intake import ALLOW, BLOCK, QUARANTINE, Decision, Verdict

Sensitivity = Literal["off", "low", "normal", "high"]
ProofMode = Literal["off", "doubtful", "always"]
CaptchaKind = Literal["none", "turnstile", "hcaptcha"]
SENSITIVITIES: Final[tuple[Sensitivity, ...]] = ("off", "low", "normal", "high")
PROOF_MODES: Final[tuple[ProofMode, ...]] = ("off", "doubtful", "always")
CAPTCHAS: Final[tuple[CaptchaKind, ...]] = ("none", "turnstile", "hcaptcha")

BIAS: Final = -1.75
"""The log-odds of spam before anything is known."""
STRONG: Final = 1.8
"""From this weight on, one side alone makes a bot likely; two such sides may block."""
POLICY: Final = "policy"
"""The side of what the workspace asks for and did not get, which is no finding about the sender."""
LOAD: Final = "load"
"""The side of what is said of a form and of nobody who fills it in: it counts beside other findings only."""
WORTH_NAMING: Final = 0.25
THRESHOLDS: Final = {"low": (0.80, 0.99), "normal": (0.50, 0.95), "high": (0.32, 0.90)}
"""From which score on a submission is quarantined, and from which it is blocked."""
GREY: Final = 0.25
"""From this score on a doubtful submission needs the proof of work where the workspace asks for it."""
KEPT: Final = timedelta(days=30)
"""How long what was held back waits for somebody to look at it."""
UNDO_S: Final = 8


class Evidence(NamedTuple):
    """One finding. ``side`` is what it is a finding of; findings of one side are no independent witnesses."""

    weight: float
    code: str
    side: str


class Settings(NamedTuple):
    """A workspace's choices as the edge needs them."""

    sensitivity: Sensitivity = "normal"
    proof: ProofMode = "off"
    captcha: CaptchaKind = "none"
    scripts: frozenset[str] = frozenset()
    """The scripts of the form's languages; empty where they are not known."""


NORMAL: Final = Settings()


def settings_of(checks: Mapping[str, Any]) -> Settings:
    """The choices in what a source carries; what is absent or unknown is as by default."""
    if not checks:
        return NORMAL
    said, proof, captcha = checks.get("sensitivity"), checks.get("proof"), checks.get("captcha")
    return Settings(
        said if said in SENSITIVITIES else "normal",
        proof if proof in PROOF_MODES else "off",
        captcha if captcha in CAPTCHAS else "none",
        frozenset(map(str, checks.get("scripts") or ())),
    )


CLEAR: Final = Verdict(ALLOW, 0.0, [])
"""Nothing speaks against a person."""


def score_of(evidence: list[Evidence]) -> float:
    """The probability of a bot, from 0 to 1."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, BIAS + sum([each[0] for each in evidence])))))


def decide(evidence: list[Evidence], sensitivity: Sensitivity) -> Verdict:
    """The verdict. Blocking needs a high score and two strong findings from different sides."""
    against = [each for each in evidence if each[0] >= WORTH_NAMING]
    if not against or (len(against) == 1 and against[0].side == LOAD):
        # Without one of them no score comes near a threshold, so it is not even worked out.
        return CLEAR
    score = score_of(evidence)
    quarantine, block = THRESHOLDS[sensitivity]
    verdict: Decision = ALLOW
    if score >= quarantine:
        strong = {each.side for each in evidence if each.weight >= STRONG} - {POLICY}
        verdict = BLOCK if score >= block and len(strong) > 1 else QUARANTINE
    against.sort(reverse=True)
    return Verdict(verdict, round(score, 3), [each[1] for each in against])
