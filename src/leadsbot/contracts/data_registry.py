"""The vocabulary of the data registry: what every stored column is, whose it is and how long it lives.

Each column of each table carries one :class:`Tag`, declared beside the model (R08, R09). The privacy pages,
exports, erasure and the record of processing (GDPR Art 30) are generated from these tags, so a tag is a promise.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DataClass(StrEnum):
    """The four classes of data that the privacy policy names."""

    ACCOUNT = "account"
    LEAD = "lead"
    TECHNICAL = "technical"
    PAYMENT = "payment"


class Role(StrEnum):
    """In which role the installation holds a column (GDPR Art 4(7), 4(8))."""

    CONTROLLER = "controller"
    PROCESSOR = "processor"


class Subject(StrEnum):
    """Whom a column is about, and so whose request reaches it."""

    NOBODY = "nobody"
    PROSPECT = "prospect"
    MEMBER = "member"
    WORKSPACE = "workspace"


class Purpose(StrEnum):
    """The service purposes of the privacy policy; every use of data names one of them (R17)."""

    SERVICE = "service delivery"
    AI = "ai features"
    RELIABILITY = "reliability"
    BILLING = "billing and compliance"
    IMPROVEMENT = "product improvement"
    SECURITY = "security"


class Retention(StrEnum):
    """The rule that ends a column's life."""

    LEAD = "as long as the lead: the workspace's lead retention"
    LEAD_ADDRESS = "as long as the lead, truncated or dropped earlier where the workspace says so"
    ACCOUNT = "as long as the account"
    WORKSPACE = "as long as the workspace"
    SESSION = "until it expires, plus one day"
    TECHNICAL_30_DAYS = "30 days, then dropped with its partition"
    QUEUE = "until the work is done; dead work 30 days"


class Export(StrEnum):
    """Whether a subject's package contains the column, and if not, why."""

    YES = "yes"
    SECRET = "no: a secret or the hash of one"  # noqa: S105 - says why, is none
    INTERNAL = "no: internal bookkeeping that says nothing about a person"


class Erasure(StrEnum):
    """What erasing the subject does to the column."""

    DELETE = "the row is deleted"
    NULL = "the value is set to null"
    KEEP = "kept: it names nobody"


@dataclass(frozen=True, slots=True)
class Tag:
    """The registry entry of one column."""

    cls: DataClass
    role: Role
    subject: Subject
    purposes: tuple[Purpose, ...]
    retention: Retention
    export: Export
    erasure: Erasure


def _tag(
    cls: DataClass, role: Role, subject: Subject, retention: Retention, export: Export, erasure: Erasure, *more: Purpose
) -> Tag:
    return Tag(cls, role, subject, more or (Purpose.SERVICE,), retention, export, erasure)


PROSPECT = _tag(DataClass.LEAD, Role.PROCESSOR, Subject.PROSPECT, Retention.LEAD, Export.YES, Erasure.DELETE)
"""What a prospect typed or did: name, message, custom fields, stage, notes about them."""

PROSPECT_ADDRESS = _tag(
    DataClass.LEAD,
    Role.PROCESSOR,
    Subject.PROSPECT,
    Retention.LEAD_ADDRESS,
    Export.YES,
    Erasure.DELETE,
    Purpose.SERVICE,
    Purpose.SECURITY,
)
"""A prospect's IP address and what came with it: lead data, with its own earlier end."""

LEAD_LINK = _tag(DataClass.LEAD, Role.PROCESSOR, Subject.PROSPECT, Retention.LEAD, Export.INTERNAL, Erasure.DELETE)
"""Keys and bookkeeping of lead rows: ids, hashes used to merge, states of work about a lead."""

LEAD_RECORD = _tag(DataClass.LEAD, Role.PROCESSOR, Subject.PROSPECT, Retention.LEAD, Export.YES, Erasure.KEEP)
"""Facts about a lead that name nobody (ids, times, event types): kept as history, exported with the lead."""

MEMBER = _tag(DataClass.ACCOUNT, Role.CONTROLLER, Subject.MEMBER, Retention.ACCOUNT, Export.YES, Erasure.DELETE)
"""What we hold about a person with an account."""

MEMBER_SECRET = _tag(
    DataClass.ACCOUNT,
    Role.CONTROLLER,
    Subject.MEMBER,
    Retention.ACCOUNT,
    Export.SECRET,
    Erasure.DELETE,
    Purpose.SECURITY,
)
"""A password hash, a token hash: never shown, never exported."""

SESSION = _tag(
    DataClass.ACCOUNT,
    Role.CONTROLLER,
    Subject.MEMBER,
    Retention.SESSION,
    Export.YES,
    Erasure.DELETE,
    Purpose.SECURITY,
)
"""Sign-in sessions and one-time links of a person."""

SESSION_SECRET = _tag(
    DataClass.ACCOUNT,
    Role.CONTROLLER,
    Subject.MEMBER,
    Retention.SESSION,
    Export.SECRET,
    Erasure.DELETE,
    Purpose.SECURITY,
)
"""The hash of a session or one-time token."""

WORKSPACE = _tag(DataClass.ACCOUNT, Role.CONTROLLER, Subject.WORKSPACE, Retention.WORKSPACE, Export.YES, Erasure.DELETE)
"""Configuration of a workspace: sources, stages, destinations."""

WORKSPACE_SECRET = _tag(
    DataClass.ACCOUNT,
    Role.CONTROLLER,
    Subject.WORKSPACE,
    Retention.WORKSPACE,
    Export.SECRET,
    Erasure.DELETE,
    Purpose.SECURITY,
)
"""Secrets of a workspace: key hashes, encrypted tokens."""

TECHNICAL = _tag(
    DataClass.TECHNICAL,
    Role.CONTROLLER,
    Subject.NOBODY,
    Retention.TECHNICAL_30_DAYS,
    Export.INTERNAL,
    Erasure.KEEP,
    Purpose.RELIABILITY,
    Purpose.SECURITY,
)
"""Request log, error traces, delivery attempts: scrubbed, and gone after 30 days (R26)."""

QUEUE = _tag(
    DataClass.TECHNICAL,
    Role.CONTROLLER,
    Subject.NOBODY,
    Retention.QUEUE,
    Export.INTERNAL,
    Erasure.KEEP,
    Purpose.SERVICE,
    Purpose.RELIABILITY,
)
"""Queue rows: ids and times only."""

SYSTEM = _tag(
    DataClass.TECHNICAL,
    Role.CONTROLLER,
    Subject.NOBODY,
    Retention.WORKSPACE,
    Export.INTERNAL,
    Erasure.KEEP,
    Purpose.RELIABILITY,
)
"""The installation's own bookkeeping: leases, run records, cron slots."""
