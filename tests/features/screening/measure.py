"""How good a filter is, by scores and truths."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path

Scored = Sequence[tuple[float, bool]]


def auc(scored: Scored) -> float:
    """The probability that a spam scores higher than a ham; ties count half."""
    ordered = sorted(scored, key=lambda each: each[0])
    ranks = spam = at = 0.0
    while at < len(ordered):
        end = at
        while end < len(ordered) and ordered[int(end)][0] == ordered[int(at)][0]:
            end += 1
        hits = sum(truth for _, truth in ordered[int(at) : int(end)])
        ranks += hits * (at + end + 1) / 2
        spam += hits
        at = end
    return (ranks - spam * (spam + 1) / 2) / (spam * (len(ordered) - spam))


def false_positives(scored: Scored, recall: float = 0.95) -> float:
    """The share of ham that scores as high as the spam at this recall."""
    spam = sorted((score for score, truth in scored if truth), reverse=True)
    line = spam[math.ceil(recall * len(spam)) - 1]
    ham = [score for score, truth in scored if not truth]
    return sum(score >= line for score in ham) / len(ham)


def messages(path: Path) -> list[tuple[str, bool]]:
    """The SMS Spam Collection (Almeida, Gómez Hidalgo; UCI): text and whether it is spam, in the file's order."""
    rows = [line.split("\t", 1) for line in path.read_text(encoding="utf-8").splitlines()]
    return [(text, label == "spam") for label, text in rows]


def distinct(known: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
    """The first of those that differ in nothing but digits, case and punctuation."""
    seen: dict[str, tuple[str, bool]] = {}
    for text, spam in known:
        seen.setdefault(re.sub(r"\W+", "", re.sub(r"\d", "0", text.lower())), (text, spam))
    return list(seen.values())
