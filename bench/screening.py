"""The spam filter: how well it tells spam from ham, taught and untaught, and what a verdict costs."""

from __future__ import annotations

import asyncio
import platform
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import msgspec

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench import capture  # noqa: E402
from leadsbot.features.capture.public import create_source  # noqa: E402
from leadsbot.features.screening.learning import prior, words  # noqa: E402
from leadsbot.features.screening.learning.ftrl import Model  # noqa: E402
from leadsbot.features.screening.public import mint_token  # noqa: E402
from leadsbot.infra import memory  # noqa: E402
from leadsbot.infra.db import embedded  # noqa: E402
from leadsbot.infra.db.base import APP, CAPTURE  # noqa: E402
from leadsbot.infra.db.migrate import dsn_as, migrate  # noqa: E402
from leadsbot.infra.db.pool import Database  # noqa: E402
from leadsbot.kit import clock  # noqa: E402
from leadsbot.kit.ids import new_id  # noqa: E402
from leadsbot.kit.signing import Signer  # noqa: E402
from tests.features.screening.arriving import ANNA, KEY, SIGNER, arriving, screener  # noqa: E402
from tests.features.screening.measure import auc, distinct, false_positives, messages  # noqa: E402

SMS = ROOT.parent / "shared" / "data" / "SMSSpamCollection"
EXAMPLES = ROOT / "tests" / "fixtures" / "screening" / "submissions.tsv"
WARM = 200
ROUNDS = 2_000
PEOPLE = 60_000
"""More than can post in one round, so that nobody posts twice."""


def features(text: str) -> list[int]:
    return words.read(words.plain(text)).features


def progressive(stream: list[tuple[str, bool]]) -> tuple[float, float, float]:
    """AUC and false positives at 95 % recall after 200 messages, and the milliseconds for one message (median)."""
    model, scored, took = Model(), [], []
    for text, spam in stream:
        begun = time.perf_counter()
        found = features(text)
        scored.append((model.logit(found), spam))
        model.learn(found, spam=spam)
        took.append(time.perf_counter() - begun)
    return auc(scored[WARM:]), false_positives(scored[WARM:]), statistics.median(took) * 1000


def untaught(texts: list[str]) -> float:
    """The share that the untaught filter holds back at normal sensitivity, sent by as many people by plain form."""
    one, held = screener(), 0
    for n, text in enumerate(texts):
        sent = {**ANNA, "email": f"p{n}@example.org", "message": text}
        told = one.weigh(arriving(sent, source_key=f"form{n}", ip=f"2001:db8:{n:x}::1"))
        held += told is not None and told.verdict != "allow"
    return held / len(texts)


def held_out() -> tuple[float, float, float]:
    """AUC, share of ham and share of spam over the line of the wording alone, on examples that were not learned."""
    known, scored = prior.examples(EXAMPLES), []
    for part in range(4):
        model = prior.train([each for n, each in enumerate(known) if n % 4 != part])
        scored += [(model.logit(features(text)), spam) for n, (text, spam) in enumerate(known) if n % 4 == part]
    over = [(score >= 1.75, spam) for score, spam in scored]
    return auc(scored), *(statistics.mean(hit for hit, spam in over if spam is kind) for kind in (False, True))


def cost(make: Callable[[int], object], judge: Callable[[object], object]) -> float:
    """Microseconds of a verdict, the best of five rounds: what the machine does beside is not the filter's."""
    best = float("inf")
    for _ in range(5):
        given = [make(n) for n in range(ROUNDS)]
        begun = time.perf_counter()
        for each in given:
            judge(each)
        best = min(best, (time.perf_counter() - begun) / ROUNDS)
    return best * 1e6


def verdicts() -> tuple[float, float]:
    """Microseconds for a form's submission with a token, and for a program's."""
    one, workspace, source = screener(), new_id(), new_id()
    memory.settle()

    def form(n: int) -> object:
        fields = {"name": "Ada Lovelace", "email": f"p{n}@example.org", "phone": "+44 20 7946 0018",
                  "company": "Analytical Engines", "message": _words(n), "budget": 5000}  # fmt: skip
        token = mint_token(SIGNER, KEY, "https://shop.example", clock.unix_seconds() - 30)
        return arriving(fields, workspace_id=workspace, source_id=source, token=token, designed=True,
                        ip=f"2001:db8:{n % 60000:x}::1")  # fmt: skip

    def program(n: int) -> object:
        return msgspec.structs.replace(form(n), route="webhook", token="")  # type: ignore[attr-defined]

    return cost(form, one.judge), cost(program, one.judge)  # type: ignore[arg-type]


async def throughput() -> dict[bool, tuple[float, float]]:
    """Leads a second and microseconds of the web process for each, by whether a form is screened: token, trap, timing,
    velocity, user agent and content. The same server, two sources, other people with every post."""
    signer = Signer("a secret key for this benchmark")
    seen: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
    with tempfile.TemporaryDirectory(prefix="leadsbot-bench-") as folder:
        server = await embedded.start(Path(folder))
        try:
            await migrate(server.dsn())
            db, workspace = Database(dsn_as(server.dsn(), APP, None)), new_id()
            async with db.tenant(workspace) as tx:
                sources = {
                    on: await create_source(tx, "form", "Contact", checks={} if on else {"sensitivity": "off"})
                    for on in (True, False)
                }
            await db.close()
            for number in range(2 * capture.ROUNDS):
                on = number % 2 == 0
                key = sources[on].key
                requests = [_post(signer, key, n) for n in range(PEOPLE)]
                took, used = await asyncio.to_thread(
                    capture.capture, dsn_as(server.dsn(), CAPTURE, None), requests
                )
                seen[on].append((len(took) / capture.SECONDS, used * 1e6))
        finally:
            await server.stop()
    return {
        on: (statistics.median(each for each, _ in found), statistics.median(each for _, each in found))
        for on, found in seen.items()
    }


VOCABULARY = sorted(
    {word for text, spam in prior.examples(EXAMPLES) if not spam and " the " in text for word in text.split()}
)


def _words(n: int) -> str:
    """What the n-th person writes: fifteen English words of the examples of persons, never the same twice."""
    return " ".join(random.Random(n).choices(VOCABULARY, k=15))


def _post(signer: Signer, key: str, n: int) -> bytes:
    fields = {
        "name": "Ada Lovelace", "email": f"p{n}@example.org", "phone": "+44 20 7946 0018", "company": "Engines",
        "message": _words(n), "_gotcha": "",
        "_token": mint_token(signer, key, "https://shop.example", clock.unix_seconds() - 30),
    }  # fmt: skip
    headers = ("Content-Type: application/x-www-form-urlencoded", "Accept: application/json",
               "Origin: https://shop.example")  # fmt: skip
    return capture.post(f"/f/{key}", urlencode(fields).encode(), *headers)


def line(what: str, value: str, goal: str, *, met: bool) -> bool:
    print(f"{what:<66}{value:>12}   {goal}{'' if met else '   MISSED'}")
    return met


def main() -> int:
    """Print the table; 1 when a goal is missed."""
    print(f"{platform.machine()}, Python {platform.python_version()}")
    met = []
    if SMS.is_file():
        stream = messages(SMS)
        rank, wrong, took = progressive(stream)
        met.append(line("SMS Spam Collection, after 200 messages: AUC", f"{rank:.4f}", ">= 0.993", met=rank >= 0.993))
        met.append(line("  false positives at 95 % recall", f"{wrong:.2%}", "<= 0.40 %", met=wrong <= 0.004))
        met.append(line("  predict and learn one message (median)", f"{took:.2f} ms", "<= 1 ms", met=took <= 1))
        for seed in range(3):
            mixed = distinct(stream)
            random.Random(seed).shuffle(mixed)
            rank, wrong, _ = progressive(mixed)
            print(f"  without near-copies, shuffled by {seed}: AUC {rank:.4f}, false positives at 95 % {wrong:.2%}")
        held = untaught([text for text, spam in stream if not spam])
        met.append(line("untaught, of its ham quarantined", f"{held:.2%}", "<= 0.50 %", met=held <= 0.005))
        print(f"  of its spam: {untaught([text for text, spam in stream if spam]):.1%}")
    else:
        print(f"!!! {SMS} is absent: the goals on the SMS Spam Collection were NOT measured !!!")
    rank, ham, spam = held_out()
    met.append(line("own examples, held out by quarters: AUC", f"{rank:.4f}", "", met=True))
    met.append(line("  ham over the line by its wording alone", f"{ham:.2%}", "<= 0.50 %", met=ham <= 0.005))
    print(f"  spam over the line by its wording alone: {spam:.1%}")
    form, program = verdicts()
    met.append(line("a verdict on a form's submission with a token", f"{form:.1f} us", "<= 35 us", met=form <= 35))
    met.append(line("a verdict on a program's submission", f"{program:.1f} us", "<= 35 us", met=program <= 35))
    rates = asyncio.run(throughput())
    ratio = rates[True][0] / rates[False][0]
    for on, what in ((False, "form posts without screening"), (True, "form posts with screening")):
        print(f"{what:<66}{rates[on][0]:>10,.0f} /s   {rates[on][1]:.0f} us of the web process each")
    met.append(line("  with ÷ without", f"{ratio:.2f}", ">= 0.70", met=ratio >= 0.7))
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
