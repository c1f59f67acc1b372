"""Screening at the edge: what speaks against a person, found between the reading of a submission and its commit."""

from __future__ import annotations

import asyncio

from leadsbot.contracts.intake import ALLOW, QUARANTINE, Arriving, Verdict
from leadsbot.features.screening import model
from leadsbot.features.screening.learning import words
from leadsbot.features.screening.learning.prior import prior
from leadsbot.features.screening.learning.taught import Taught
from leadsbot.features.screening.model import Evidence, Settings
from leadsbot.features.screening.proof import Proofs, Solved
from leadsbot.features.screening.signals import behaviour, content, scripts
from leadsbot.features.screening.signals.repeats import Repeats
from leadsbot.features.screening.signals.said import Said, said
from leadsbot.features.screening.signals.velocity import Velocity
from leadsbot.features.screening.token import Tokens
from leadsbot.infra import logging
from leadsbot.infra.db.raw import Link
from leadsbot.infra.ratelimit import Limiter
from leadsbot.kit import clock
from leadsbot.kit.signing import Signer

WEBHOOK = "webhook"
TRUST, DISTRUST = -1.1, 4.0
"""How far the content alone may move the log-odds. Before anybody taught the filter, good words excuse little."""
TAUGHT_TRUST = -3.0
NO_PROOF, REUSED_PROOF = Evidence(3.4, "no_proof", model.POLICY), Evidence(3.4, "proof_reused", model.POLICY)
PROVEN = Evidence(-0.8, "proof", model.POLICY)
NO_CAPTCHA = Evidence(3.4, "no_captcha", model.POLICY)
LONGEST_CAPTCHA = 4_096
log = logging.get(__name__)


class EdgeScreener:
    """Judges submissions by what this process can know at once. ``startup`` and ``shutdown`` belong into the lifespan;
    before and without them it judges with the shipped weights."""

    def __init__(self, signer: Signer, *, counting: bool = True) -> None:
        """``counting`` is whether how often something comes in says anything; not so under a load test."""
        self._counting = counting
        self._tokens, self._proofs = Tokens(signer), Proofs(signer)
        self._velocity, self._repeats = Velocity(Limiter()), Repeats()
        self._taught = Taught()
        self._following: asyncio.Task[None] | None = None
        self._link: Link | None = None
        self._prior = prior()
        behaviour.warm_up()

    async def startup(self, dsn: str) -> None:
        """Follow what workspaces teach; ``dsn`` names the role leadsbot_capture. Returns at once."""
        self._link = Link(dsn, "screening")
        self._following = asyncio.create_task(self._taught.follow(self._link))

    async def shutdown(self) -> None:
        """Stop following."""
        if self._following is not None and self._link is not None:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)
            await self._link.close()

    def judge(self, arriving: Arriving) -> Verdict | None:
        """The verdict; None where nothing is screened or nothing speaks against a person. Never raises: a fault of ours
        lets a submission pass."""
        try:
            told = self.weigh(arriving)
            return told if told is None or told.reasons or told.proof or told.verdict != ALLOW else None
        except Exception:
            log.exception("screening.failed")
            return None

    def weigh(self, arriving: Arriving) -> Verdict | None:
        """The verdict; a fault gets out."""
        settings = model.settings_of(arriving.checks)
        if settings.sensitivity == "off":
            return None
        parts, workspace = said(arriving.fields), arriving.workspace_id.int
        counted = self._counting and arriving.route != WEBHOOK
        evidence = self._content(workspace, parts, settings, counted=counted)
        if arriving.route == WEBHOOK:
            # A program passes on what others wrote, often many at once and from one address, so how often says nothing
            # by itself. Only what reads like spam is worse for coming again.
            if self._counting and any(each.weight >= model.STRONG for each in evidence):
                evidence += self._again(workspace, parts)
            return model.decide(evidence, settings.sensitivity)
        if counted:
            again = self._velocity.by_email(workspace, parts.email)
            evidence += [again] if again else []
            evidence += self._velocity.by_sender(workspace, arriving.source_key, arriving.ip)
        evidence += self._behaviour(arriving)
        if settings.proof == "off" and settings.captcha == "none":
            return model.decide(evidence, settings.sensitivity)
        return self._challenged(arriving, evidence, settings)

    def _again(self, workspace: int, parts: Said) -> list[Evidence]:
        text = words.plain(parts.text)
        found = [
            self._repeats.look(workspace, words.read(text), clock.monotonic()),
            self._velocity.by_email(workspace, parts.email),
        ]
        return [each for each in found if each]

    def _content(self, workspace: int, parts: Said, settings: Settings, *, counted: bool) -> list[Evidence]:
        """What the texts say."""
        beside = content.name(parts), content.same_everywhere(parts), content.disposable(parts)
        found = [one for one in beside if one]
        text = words.plain(parts.text)
        if text and not text.isspace():
            reading = words.read(text)
            found.append(self._model(workspace, reading))
            found += content.text(text, reading)
            if settings.scripts and not text.isascii() and (one := scripts.script(text, settings.scripts)):
                found.append(one)
            if counted and (one := self._repeats.look(workspace, reading, clock.monotonic())):
                found.append(one)
        return found

    def _model(self, workspace: int, reading: words.Reading) -> Evidence:
        weights = self._taught.weights(workspace)
        trust = TRUST if weights is None else TAUGHT_TRUST
        odds = (weights or self._prior).logit(reading)
        return Evidence(trust if odds < trust else min(odds, DISTRUST), "wording", content.SIDE)

    def _behaviour(self, arriving: Arriving) -> list[Evidence]:
        """How it was sent, for what a browser sends."""
        token = self._tokens.read(arriving.token, arriving.source_key, arriving.origin, clock.unix_seconds())
        evidence = behaviour.page(token, designed=arriving.designed, origin=arriving.origin)
        if trapped := behaviour.trap(arriving.trap):
            evidence.append(trapped)
        if agent := behaviour.agent(arriving.user_agent):
            evidence.append(agent)
        return evidence

    def _challenged(self, arriving: Arriving, evidence: list[Evidence], settings: Settings) -> Verdict:
        """The verdict where the workspace asks for a proof of work or for a captcha."""
        solved = Solved("none")
        if settings.proof != "off":
            solved = self._proofs.check(arriving.proof, arriving.source_key)
            if solved.state == "ok":
                evidence.append(PROVEN)
            elif settings.proof == "always" or model.score_of(evidence) >= model.GREY:
                evidence.append(REUSED_PROOF if solved.state == "reused" else NO_PROOF)
        captcha = arriving.captcha if settings.captcha != "none" and len(arriving.captcha) <= LONGEST_CAPTCHA else ""
        if settings.captcha != "none" and not captcha:
            evidence.append(NO_CAPTCHA)
        told = model.decide(evidence, settings.sensitivity)
        mark = solved.mark if solved.state == "ok" else ""
        if captcha and told.verdict == ALLOW:
            # The provider is asked by a job: nothing waits for the network here.
            return Verdict(QUARANTINE, told.score, ["captcha_pending", *told.reasons], mark, captcha)
        return Verdict(told.verdict, told.score, told.reasons, mark)
