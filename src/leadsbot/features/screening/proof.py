"""Proof of work, by ALTCHA's library: a challenge costs a browser about half a second and a flood of posts a machine.

The challenge is signed and bound to one form; who solves it may send one submission. That it is used once is made sure
in two places: each web process remembers what it has seen, and intake enters the challenge of a submission into the
database in the transaction that makes the lead, where a second one finds it taken (see ``public.hold_back``).
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Any, Final, Literal, NamedTuple

import altcha

from leadsbot.features.screening.remembered import Remembered
from leadsbot.kit import clock
from leadsbot.kit.signing import Signer

ALGORITHM: Final = "PBKDF2/SHA-256"
COST: Final = 1_000
"""Rounds for each try; deriving one key costs us half a millisecond."""
TRIES: Final = 300
"""A browser tries between this many and three times as many keys."""
HARDEST: Final = 4
VALID_S: Final = 20 * 60
LONGEST: Final = 4_096
REMEMBERED: Final = 20_000

State = Literal["none", "wrong", "reused", "ok"]


class Solved(NamedTuple):
    """What a solution is worth. ``mark`` names the challenge, for those that are right."""

    state: State
    mark: str = ""


class Proofs:
    """Makes challenges and checks solutions."""

    def __init__(self, signer: Signer) -> None:
        self._secret = signer.key("screening.proof").hex()
        self._fast = signer.key("screening.proof.key").hex()
        self._used = Remembered(REMEMBERED)

    def challenge(self, form_key: str, load: float = 0.0) -> dict[str, Any]:
        """A challenge for the form with this key, as the widget of ALTCHA (version 3) takes it, valid for 20 minutes.

        ``load`` is how full the form's quota is: under load it becomes up to four times as hard.
        """
        tries = TRIES * round(min(max(load, 1.0), HARDEST))
        made = altcha.create_challenge(
            ALGORITHM,
            COST,
            counter=tries + secrets.randbelow(2 * tries),
            expires_at=clock.unix_seconds() + VALID_S,
            data={"form": form_key},
            hmac_secret=self._secret,
            hmac_key_secret=self._fast,
        )
        return made.to_dict()

    def check(self, payload: str, form_key: str) -> Solved:
        """What the value of the field ``altcha`` is worth for a post to this form. Never raises."""
        if not payload:
            return Solved("none")
        try:
            read = altcha.Payload.from_base64(payload) if len(payload) <= LONGEST else None
            right = (
                read is not None
                and read.challenge.parameters.algorithm == ALGORITHM
                and read.challenge.parameters.data == {"form": form_key}
                and altcha.verify_solution(read, self._secret, hmac_key_secret=self._fast).verified
            )
        except Exception:  # noqa: BLE001 - a stranger's text in a foreign library: whatever it trips over is wrong
            return Solved("wrong")
        if not right or read is None:
            return Solved("wrong")
        mark = hashlib.blake2b(str(read.challenge.signature).lower().encode(), digest_size=16).hexdigest()
        return Solved("ok" if self._used.first(mark) else "reused", mark)
