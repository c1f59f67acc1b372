"""Which passwords are refused, and how they are kept."""

from __future__ import annotations

import pytest

from leadsbot.features.accounts import passwords
from leadsbot.kit.errors import Invalid


@pytest.mark.parametrize(
    "password",
    [
        "password123", "Password1!", "P@ssw0rd123", "qwertyuiop", "1234567890", "0987654321", "iloveyou123",
        "aaaaaaaaaa",
        "abcdefghij", "letmein2024", "Welcome2024!", "passwordpassword", "1q2w3e4r5t", "1qaz2wsx3edc", "football2025",
        "London2024!", "!!!!!!!!!!!!", "qwertyuiop1!", "Summer2025!!", "123456789012", "samsung2024", "short",
    ],
)  # fmt: skip
def test_what_is_guessed_first_is_refused(password: str) -> None:
    with pytest.raises(Invalid):
        passwords.check(password)


@pytest.mark.parametrize(
    "password",
    ["plum-lantern-otter", "correct horse battery staple", "пароль-на-сосне", "x" * 7 + "yz!", "🐟🐠🐡🦈🐙🦑🦐🦞🦀🐚"],
)
def test_a_few_words_are_accepted(password: str) -> None:
    assert passwords.check(password, "ann@example.com") == password


def test_a_password_is_not_the_address() -> None:
    for password in ("annabelle.smith", "annabelle.smith@example.com", "Annabelle.Smith99"):
        with pytest.raises(Invalid):
            passwords.check(password, "annabelle.smith@example.com")


def test_a_password_of_more_than_1024_bytes_is_refused() -> None:
    assert passwords.check("aé" * 300 + "xyz")
    with pytest.raises(Invalid):
        passwords.check("é" * 513 + "xyz")


async def test_a_hash_fits_its_password_only_and_nobody_fits_none() -> None:
    stored = await passwords.make_hash("plum-lantern-otter")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await passwords.fits(stored, "plum-lantern-otter")
    assert not await passwords.fits(stored, "plum-lantern-otteR")
    assert not await passwords.fits(None, "nobody has this password")
    assert not await passwords.fits("broken", "plum-lantern-otter")


def test_a_hash_of_other_parameters_is_made_anew() -> None:
    assert passwords.is_outdated("$argon2id$v=19$m=8192,t=1,p=1$c29tZXNhbHQ$" + "A" * 43)


def test_the_password_of_nobody_takes_as_long_to_compare_as_a_real_one() -> None:
    assert not passwords.is_outdated(passwords._UNKNOWN)
