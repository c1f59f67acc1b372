"""Passes every request, answer and update through the published specification, and remembers what was wrong."""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from pathlib import Path
from typing import Protocol, cast

TOOL = Path(__file__).resolve().parents[4].parent / "shared" / "tools" / "tg_check.py"


class Spec(Protocol):
    """What the checker offers."""

    methods: dict[str, object]

    def request(self, method: str, params: dict[str, object]) -> list[str]:
        """Problems of a request."""
        ...

    def result(self, method: str, value: object) -> list[str]:
        """Problems of a result."""
        ...

    def type(self, name: str, value: object) -> list[str]:
        """Problems of an object of a named type."""
        ...


@lru_cache
def load_spec(tool: Path = TOOL) -> Spec | None:
    """The checker beside the repository, or None when it is absent."""
    if not tool.is_file():
        return None
    found = importlib.util.spec_from_file_location("tg_check", tool)
    if found is None or found.loader is None:
        return None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return cast("Spec", module.Spec())


class Referee:
    """Collects violations; without a specification it finds none, and `present` says so."""

    def __init__(self, spec: Spec | None) -> None:
        self._spec = spec
        self.violations: list[str] = []
        self.checked = 0

    @property
    def present(self) -> bool:
        """True when something is really checked."""
        return self._spec is not None

    def request(self, method: str, params: dict[str, object]) -> None:
        """Check what a client sent."""
        if self._spec is not None:
            self._note(f"request {method}", self._spec.request(method, params))

    def result(self, method: str, value: object) -> None:
        """Check what the fake is about to answer."""
        if self._spec is not None:
            self._note(f"answer {method}", self._spec.result(method, value))

    def update(self, value: object) -> None:
        """Check an update that the fake is about to hand out."""
        if self._spec is not None:
            self._note("update", self._spec.type("Update", value))

    def _note(self, what: str, problems: list[str]) -> None:
        self.checked += 1
        self.violations.extend(f"{what}: {problem}" for problem in problems)
