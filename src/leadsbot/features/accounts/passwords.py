"""Passwords: which ones are refused, and how they are kept (argon2id, 19 MiB, two passes: OWASP's minimum).

Refused are passwords shorter than 10 characters, longer than 1,024 bytes, and common ones. The common ones are not a
file but a rule: after taking off digits and signs at both ends and reading 0, 1, 3, 4, 5, 7, @ and $ as letters, what
is left must not be one of the words below, once or several times. That covers the entries of public lists that are long
enough for our minimum (``password123``, ``Qwertyuiop1!``, ``1234567890`` …).
"""

from __future__ import annotations

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from leadsbot.kit.errors import Invalid

SHORTEST, LONGEST_BYTES = 10, 1024
AT_ONCE = 2
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_UNKNOWN = "$argon2id$v=19$m=19456,t=2,p=1$PVCSduRTCp3Qwwg8nlcFXw$BDNbDK6OgDZrYiLoJX7VaCyktrKLOYp5a5VoLirp8ms"
"""What the password of a person that we do not know is compared with, so that it takes as long. Written out, because
making it took every process of ours 40 ms and 19 MiB at its start."""
_gate = asyncio.Semaphore(AT_ONCE)

_LEET = str.maketrans("013457@$!", "oleastasi")
_SIGNS = "0123456789!@#$%^&*()_+-=[]{};:'\",.<>/?\\|`~ "
_RUNS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "1q2w3e4r5t6y7u8i9o0p",
    "qazwsxedcrfvtgbyhnujm",
)
_TEXT = """
password passwort motdepasse contrasena senha parola haslo wachtwoord passw pass admin administrator root
user guest test testing tester letmein welcome welcomeback changeme secret secretpassword default login
master superman batman spiderman ironman pokemon pikachu football baseball basketball soccer hockey
liverpool chelsea arsenal barcelona realmadrid manchester manutd juventus princess sunshine iloveyou
ilovegod iloveu loveyou lovely forever freedom monkey dragon tiger shadow hunter ranger killer ninja samsung
google facebook instagram twitter linkedin microsoft windows apple iphone android computer internet whatever
trustno trustnoone starwars matrix jordan michael jennifer jessica ashley daniel thomas charlie andrew
joshua matthew anthony william robert richard nicole amanda michelle elizabeth samantha alexander benjamin
jonathan christian chocolate butterfly flower summer winter autumn spring january february march april may
june july august september october november december monday tuesday wednesday thursday friday saturday
sunday london paris berlin newyork california america england australia germany canada mustang ferrari
porsche mercedes corvette harley yamaha cheese pepper cookie banana orange purple silver golden diamond
rainbow unicorn angel jesus christ blessed family mother father babygirl babyboy sweetheart honey buddy
maggie ginger bailey molly lucky happy smile qwerty azerty asdfgh zxcvbn access hello helloworld company
business office sales support info contact marketing leadsbot leads website manager server database oracle
mysql postgres cisco juniper temp temporary example sample demo newpassword oldpassword mypassword
yourpassword thepassword
"""
_WORDS = frozenset(_TEXT.split())


def check(password: str, email: str = "") -> str:
    """The password, or Invalid with the reason why it is refused."""
    if len(password) < SHORTEST:
        raise Invalid("password", f"Use at least {SHORTEST} characters. A few words make a good password.")
    if len(password.encode("utf-8", "replace")) > LONGEST_BYTES:
        raise Invalid("password", f"Use at most {LONGEST_BYTES} bytes.")
    local = email.partition("@")[0].casefold()
    if is_common(password) or (len(local) >= 4 and password.casefold().strip(_SIGNS) in {local, email.casefold()}):
        raise Invalid("password", "This password is among the first that are tried. Choose another one.", code="common")
    return password


def is_common(password: str) -> bool:
    """Whether guessing programs try this password early; the rule is in the module's text."""
    text = password.casefold()
    if len(set(text)) <= 3 or _is_run(text):
        return True
    for core in {text.strip(_SIGNS), text.translate(_LEET).strip(_SIGNS), text.strip(_SIGNS).translate(_LEET)}:
        if not core or _is_run(core) or any(_repeats(core, word) for word in _pieces(core)):
            return True
    return False


def _pieces(core: str) -> set[str]:
    return {core[:size] for size in range(1, len(core) + 1) if len(core) % size == 0 and core[:size] in _WORDS}


def _repeats(core: str, word: str) -> bool:
    return word * (len(core) // len(word)) == core


def _is_run(text: str) -> bool:
    return len(text) >= 4 and any(text in run * 2 or text in run[::-1] * 2 for run in _RUNS)


async def make_hash(password: str) -> str:
    """The argon2id hash. Runs in a thread, at most two at a time, so that sign-in cannot exhaust the machine."""
    async with _gate:
        return await asyncio.to_thread(_hasher.hash, password.encode("utf-8", "replace"))


async def fits(stored: str | None, password: str) -> bool:
    """Whether the password is the stored one. Without a stored hash the same work is done and the answer is no."""
    async with _gate:
        right = await asyncio.to_thread(_verify, stored or _UNKNOWN, password)
    return right and stored is not None


def _verify(stored: str, password: str) -> bool:
    if len(password.encode("utf-8", "replace")) > LONGEST_BYTES:
        password = ""
    try:
        return _hasher.verify(stored, password.encode("utf-8", "replace"))
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Whether the hash was made with other parameters than today's; then it is made anew at the next sign-in."""
    return _hasher.check_needs_rehash(stored)
