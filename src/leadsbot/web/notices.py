"""Gathers what the features have to say on every page."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from leadsbot.infra import logging
from leadsbot.infra.notices import Notice, NoticeSource
from leadsbot.infra.services import Services
from leadsbot.web.actor import ANONYMOUS, Actor
from leadsbot.web.errors import AnyRequest, wants_page

log = logging.get(__name__)
SCOPE = "notices"


class NoticeBoard:
    """The notices of all features. ``record`` is told of a source that fails; the page is shown without it."""

    def __init__(
        self,
        sources: Sequence[NoticeSource],
        services: Services,
        record: Callable[[str, BaseException, str | None], None] | None = None,
    ) -> None:
        self._sources = tuple(sources)
        self._services = services
        self._record = record

    async def look(self, request: AnyRequest) -> None:
        """Put the caller's notices into the request's scope, if the answer may be a page with a frame around it."""
        actor: Actor = request.scope.get("actor", ANONYMOUS)  # type: ignore[assignment]
        wanted = [source for source in self._sources if actor.may(source.needs)]
        if actor.kind == "person" and actor.workspace_id is not None and wanted and wants_page(request):
            found = [notice for source in wanted for notice in await self._ask(source, actor)]
            request.scope[SCOPE] = (found, " ".join(source.live for source in wanted))  # type: ignore[literal-required]

    async def _ask(self, source: NoticeSource, actor: Actor) -> Sequence[Notice]:
        try:
            async with self._services.db.tenant(actor.workspace()) as tx:
                return await source.look(tx)
        except Exception as error:  # noqa: BLE001 - a page is worth more than what stands above it
            log.warning("notices could not be gathered", source=source.name, error=repr(error))
            if self._record:
                self._record(f"notices {source.name}", error, None)
            return ()


def of(request: AnyRequest) -> tuple[Sequence[Notice], str]:
    """The notices of a request, and at which events they change (empty: there is no place for any)."""
    found: tuple[Sequence[Notice], str] = request.scope.get(SCOPE, ((), ""))  # type: ignore[assignment]
    return found


__all__ = ["NoticeBoard", "of"]
