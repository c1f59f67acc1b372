"""Names of other people's files: made harmless when they come in, and written into a header when they go out."""

from __future__ import annotations

import re
import unicodedata
from typing import Final
from urllib.parse import quote

LONGEST: Final = 150
"""Characters of a name that is kept; file systems take 255 bytes."""
NAMELESS: Final = "file"
_UNFIT: Final = re.compile(r'[<>:"|?*%\x00-\x1f\x7f-\x9f\ud800-\udfff]')
_BLANKS: Final = re.compile(r"\s+")
_DEVICES: Final = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)


def safe_name(sent: str) -> str:
    """A name without folders, that means the same everywhere: no characters that systems give a meaning, that reverse
    the reading direction or that cannot be seen, no leading dot, not a device of Windows; cut so that its ending stays.
    """
    name = unicodedata.normalize("NFC", sent.encode("utf-8", "replace").decode()).replace("\\", "/").rpartition("/")[2]
    name = "".join(letter for letter in name if unicodedata.category(letter) not in ("Cf", "Co", "Cn"))
    name = _UNFIT.sub("_", _BLANKS.sub(" ", name)).strip(" .")
    if _DEVICES.match(name):
        name = f"_{name}"
    stem, dot, ending = name.rpartition(".")
    if len(name) > LONGEST:
        name = f"{stem[: LONGEST - len(ending) - 1]}.{ending}" if dot and len(ending) <= 12 else name[:LONGEST]
    return name or NAMELESS


def attachment(name: str) -> str:
    """The value of Content-Disposition that has a browser save the file under its name (RFC 6266, RFC 8187)."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r'[^ -~]|["\\%;]', "_", plain).strip() or NAMELESS
    if plain.startswith("."):
        plain = NAMELESS + plain
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


__all__ = ["LONGEST", "NAMELESS", "attachment", "safe_name"]
