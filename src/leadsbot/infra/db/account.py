"""The operating-system account of the embedded server: our own, or an unprivileged one when LeadsBot runs as root.

PostgreSQL refuses to run as root. As root the server therefore gets the account ``leadsbot`` or ``postgres`` if the
machine has one, else ``nobody``; a data directory that already belongs to an account keeps it. That account must be
able to walk to the data and to the binaries, which often lie below ``/root`` (mode 0700). Instead of opening such a
directory to everybody, the one account gets the right to pass through it (an access list entry with ``x`` only).
"""

from __future__ import annotations

import logging
import os
import pwd
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

CANDIDATES = ("leadsbot", "postgres", "nobody")
ACCESS_LIST = "system.posix_acl_access"
# The kernel's format (linux/posix_acl_xattr.h): version 2, then (tag, permissions, id) triples, little-endian.
HEADER, ENTRY = struct.Struct("<I"), struct.Struct("<HHI")
OWNER, USER, GROUP, MASK, OTHER = 0x01, 0x02, 0x04, 0x10, 0x20
NO_ID, PASS_THROUGH = 0xFFFFFFFF, 1
Entries = dict[tuple[int, int], int]

log = logging.getLogger(__name__)


class AccountError(RuntimeError):
    """No account can run the server, or it cannot reach its files; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Account:
    """Who runs the server. ``drop`` is true when we are root and have to become that account first."""

    uid: int
    gid: int
    drop: bool

    def popen(self, command: list[str], *, output: int, environment: dict[str, str]) -> subprocess.Popen[bytes]:
        """Start a program as this account, in its own session so that our Ctrl-C and our death do not reach it."""
        identity = {"user": self.uid, "group": self.gid, "extra_groups": list[int]()} if self.drop else {}
        return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=environment,
            start_new_session=True,
            umask=0o077,
            **identity,
        )

    def own(self, path: Path) -> None:
        """Make ``path`` this account's, with no rights for anybody else."""
        path.chmod(0o700)
        if self.drop:
            os.chown(path, self.uid, self.gid)


def choose(existing: Path) -> Account:
    """The account to run the server as; ``existing`` is its data directory, whether it is there yet or not."""
    mine = os.geteuid()
    owner = existing.stat() if existing.exists() else None
    if mine != 0:
        if owner is not None and owner.st_uid != mine:
            raise AccountError(
                f"The database in {existing} belongs to the account {_name(owner.st_uid)}, and LeadsBot runs as "
                f"{_name(mine)}. Start LeadsBot as the account that made it."
            )
        return Account(mine, os.getegid(), drop=False)
    if owner is not None and owner.st_uid != 0:
        return Account(owner.st_uid, owner.st_gid, drop=True)
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(entry.pw_uid, entry.pw_gid, drop=True)
    raise AccountError(
        "PostgreSQL does not run as root, and this machine has no account leadsbot, postgres or nobody. "
        "Create one with: useradd --system leadsbot"
    )


def open_way(path: Path, account: Account) -> None:
    """Let ``account`` walk through every directory above ``path``; does nothing where it already may."""
    if not account.drop:
        return
    for folder in reversed(path.resolve().parents):
        if not _may_pass(folder, account):
            _grant_pass(folder, account)


def _may_pass(folder: Path, account: Account) -> bool:
    """Whether the account has the search permission; where groups or lists decide, the system is asked as it."""
    status = folder.stat()
    if account.uid != status.st_uid and account.gid != status.st_gid and not _entries(folder):
        return bool(status.st_mode & 0o001)
    command = ["test", "-x", str(folder)]
    asked = subprocess.run(command, cwd="/", check=False, user=account.uid, group=account.gid, extra_groups=[])
    return asked.returncode == 0


def _entries(folder: Path) -> Entries:
    """The directory's access list, empty when it has none or the file system keeps none."""
    getter = getattr(os, "getxattr", None)
    try:
        raw: bytes = getter(folder, ACCESS_LIST) if getter else b""
    except OSError:
        return {}
    return {(tag, ident): rights for tag, rights, ident in ENTRY.iter_unpack(raw[HEADER.size :])}


def _grant_pass(folder: Path, account: Account) -> None:
    """Add one entry to the directory's access list: this account may pass, and nothing more."""
    mode = folder.stat().st_mode
    entries = _entries(folder) or {
        (OWNER, NO_ID): mode >> 6 & 7,
        (GROUP, NO_ID): mode >> 3 & 7,
        (OTHER, NO_ID): mode & 7,
    }
    entries[USER, account.uid] = entries.get((USER, account.uid), 0) | PASS_THROUGH
    # The mask caps every entry but the owner's and others'; without its x bit ours would be void. Widening it must
    # not wake rights that it was holding back, so those are cut to the old mask first.
    mask = entries.get((MASK, NO_ID), entries[GROUP, NO_ID])
    for tag, ident in entries:
        if tag not in (OWNER, OTHER, MASK) and (tag, ident) != (USER, account.uid):
            entries[tag, ident] &= mask
    entries[MASK, NO_ID] = mask | PASS_THROUGH
    packed = b"".join(ENTRY.pack(tag, rights, ident) for (tag, ident), rights in sorted(entries.items()))
    try:
        log.info("Letting the account %s pass through %s, for the embedded database.", _name(account.uid), folder)
        os.setxattr(folder, ACCESS_LIST, HEADER.pack(2) + packed)  # type: ignore[attr-defined,unused-ignore]
    except (AttributeError, OSError) as error:
        raise AccountError(
            f"PostgreSQL runs as the account {_name(account.uid)}, which may not pass through {folder}. Set "
            f"LEADSBOT_DATA_DIR to a directory such as /var/lib/leadsbot, or allow it with: chmod o+x {folder}"
        ) from error


def _name(uid: int) -> str:
    """The account's name, or its number when it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
