"""What a route can ask for by name, as types: ``actor: Caller``, ``tx: InTx``, ``services: Uses``, ``form: Posted``."""

from __future__ import annotations

from typing import Any

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, SkipValidation

from leadsbot.infra.db.tx import TenantTx
from leadsbot.infra.services import Services
from leadsbot.web.actor import Actor
from leadsbot.web.forms import Form
from leadsbot.web.pagination import Cursor, Limit

PageRequest = Request[Any, Any, Any]
"""``request: PageRequest``."""
Caller = NamedDependency[SkipValidation[Actor]]
"""``actor: Caller``: who is asking."""
InTx = NamedDependency[SkipValidation[TenantTx]]
"""``tx: InTx``: a transaction in the caller's workspace, committed before the first byte of the answer."""
Uses = NamedDependency[SkipValidation[Services]]
"""``services: Uses``."""
Posted = NamedDependency[SkipValidation[Form]]
"""``form: Posted``: the cleaned form."""

__all__ = ["Caller", "Cursor", "FromPath", "FromQuery", "InTx", "JSONBody", "Limit", "PageRequest", "Posted", "Uses"]
