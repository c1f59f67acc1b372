"""The capture application: a bare ASGI callable in front of everything else, answering only after the commit."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from leadsbot.contracts.intake import (
    BLOCK,
    CAPTCHA_FIELDS,
    KEY_FIELD,
    PROOF_FIELD,
    TOKEN_FIELD,
    TRAP_FIELD,
    Arriving,
    Published,
    PublishedForm,
    Screener,
)
from leadsbot.features.capture import guard, parse, reply
from leadsbot.features.capture.commit import Committer, Row, Stored, Work
from leadsbot.features.capture.source_cache import Source, source_cache
from leadsbot.infra import asgi
from leadsbot.infra.correlation import request_id as correlation
from leadsbot.infra.db.raw import Link
from leadsbot.infra.ratelimit import Limiter, sender
from leadsbot.kit import body as bodies
from leadsbot.kit import useragent
from leadsbot.kit.clock import utcnow
from leadsbot.kit.errors import Gone, Invalid, Unavailable
from leadsbot.kit.ids import new_id
from leadsbot.kit.jsonbody import encode
from leadsbot.kit.proxy import Network

INBOUND: Final = "/api/inbound/w/"
COMMITTING: Final = 2
"""Connections that commit, so that one batch is prepared while the other is written."""
Refill = Callable[[asgi.Scope, Invalid, object], Awaitable[asgi.Reply]]
"""Shows a form again to a person whose answers were not taken: the request, what was wrong, what was sent."""


class _Call(asgi.Request):
    """A request of ours: by which route, for which key, and whether a person reads the answer."""

    def __init__(self, scope: asgi.Scope, route: str, key: str) -> None:
        super().__init__(scope)
        self.route, self.key = route, key
        self.wants_page = route == guard.FORM and "json" not in self.header(b"accept").lower()


def route(scope: asgi.Scope) -> tuple[str, str] | None:
    """The route and key of a request that is ours, else None (the dashboard shows the pages under /f/)."""
    path, method = scope["path"], scope.get("method")
    if path.startswith(INBOUND) and path.endswith("/leads"):
        return guard.WEBHOOK, path[len(INBOUND) : -len("/leads")]
    if path == "/api/capture":
        return guard.WIDGET, ""
    if path.startswith("/f/") and "/" not in path[3:] and method not in ("GET", "HEAD"):
        return guard.FORM, path[3:]
    return None


class CaptureApp:
    """Takes submissions. ``startup`` and ``shutdown`` belong into the lifespan; ``matches`` says what is ours."""

    def __init__(
        self,
        dsn: str,
        *,
        open_secret: Callable[[UUID, UUID, bytes], str],
        compile_form: Callable[[Published], PublishedForm],
        screener: Screener,
        refill: Refill,
        wake: Callable[[], None] = lambda: None,
        observer: asgi.Observer | None = None,
        trusted_proxies: Sequence[Network] = (),
        limiter: Limiter | None = None,
        limits: guard.Limits = guard.LIMITS,
        room: asgi.Room | None = None,
    ) -> None:
        """``dsn`` names the role leadsbot_capture; ``open_secret`` unseals a signing secret; for the others see
        :mod:`leadsbot.contracts.intake`."""
        self._links = [Link(dsn, "capture") for _ in range(2 + COMMITTING)]
        self._cache = source_cache(open_secret, compile_form)
        self._refill = refill
        self._committer = Committer(screener.judge, wake)
        self._observer, self._trusted = observer, tuple(trusted_proxies)
        self._limiter, self._limits = limiter or Limiter(), limits
        self._room = room or asgi.Room()
        self._tasks: list[asyncio.Task[None]] = []

    @staticmethod
    def matches(scope: asgi.Scope) -> bool:
        """Whether this application answers the request."""
        return scope["type"] == "http" and route(scope) is not None

    async def startup(self) -> None:
        """Begin to follow sources and to commit. Returns at once, also when the database is away."""
        useragent.parse("warm-up")
        asking, watching, *committing = self._links
        work = [self._cache.answer(asking), self._cache.watch(watching), *map(self._committer.run, committing)]
        self._tasks = [asyncio.create_task(each) for each in work]

    async def shutdown(self) -> None:
        """Commit what waits, then stop."""
        await self._committer.drain()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(link.close() for link in self._links))

    async def __call__(self, scope: asgi.Scope, receive: Any, send: Any) -> None:
        """Answer one request that ``matches``; every failure becomes an answer, none gets out."""
        call = _Call(scope, *(route(scope) or (guard.WEBHOOK, "")))
        correlation.set(call.id)
        await asgi.respond(call, lambda: self._answer(call, receive), send, self._room, self._observer)

    async def _answer(self, call: _Call, receive: Any) -> tuple[str, asgi.Reply]:
        if call.scope["method"] not in ("POST", "OPTIONS"):
            raise asgi.MethodNotAllowed(headers={"Allow": reply.ALLOW[call.route]})
        key = call.key or call.header(b"x-leadsbot-token") or call.query("token")
        source = await self._admitted(call, key) if key else None
        if call.scope["method"] == "OPTIONS":
            return "preflight", reply.preflight(call.route)
        ip = call.ip(self._trusted)
        call.extra = guard.limit(self._limiter, self._limits, source, call.route, ip)
        most = source.max_body if source else guard.TOKENLESS_BODY
        body = await self._room.read(call, receive, most)
        if source is not None:
            guard.signed(source, call, body)
        tree, is_form, warnings = bodies.tree(call.content_type, body, text_is_json=call.route == guard.WIDGET)
        if source is None:
            # Beacons cannot set headers: the widget names its source in the body.
            source = await self._admitted(call, parse.token(tree))
            if len(body) > source.max_body:
                raise asgi.too_large(source.max_body)
            guard.signed(source, call, body)
        batch = parse.items(tree) if call.route == guard.WEBHOOK else None
        items = [tree] if batch is None else batch
        if len(items) > 1:
            self._limiter.take(self._limits[0][call.route], (source.id, sender(ip)), len(items) - 1, force=True)
        form = None if call.route == guard.WEBHOOK else source.form
        parsed = parse.submissions(items, parse.RESERVED[call.route], form, is_form=is_form)
        if batch is None and isinstance(parsed[0], Invalid):
            if call.wants_page and form is not None:
                return "invalid", await self._refill(call.scope, parsed[0], tree)
            raise parsed[0]
        good = [(new_id(), item) for item in parsed if isinstance(item, parse.Parsed)]
        results = None if batch is None else reply.results(parsed, [id for id, _ in good])
        if not good:
            return "invalid", reply.all_rejected(call, results)
        work = Work(_rows(call, source, ip, good, results), [_arriving(call, source, ip, each) for _, each in good])
        stored = await self._committed(call, source, work)
        first, verdict = good[0][1], work.rows[0].verdict
        if batch is None and call.route == guard.WEBHOOK and verdict and verdict.verdict == BLOCK:
            return "blocked", reply.blocked(call, verdict)
        answer = reply.thanks(source, stored, first.reserved, warnings, first.answers.ending, page=call.wants_page)
        ended = "not_redirected" if reply.astray(source, first.reserved) else "accepted"
        return "repeated" if stored.repeated else ended, answer

    async def _admitted(self, call: _Call, key: str) -> Source:
        return guard.admit(call.remember(await self._cache.get(key)), call.route, call.origin)

    async def _committed(self, call: _Call, source: Source, work: Work) -> Stored:
        try:
            return await self._committer.accept(work)
        except Gone:
            # The database says closed and our memory open: learn of it now, and tell closed from deleted.
            await self._cache.refresh(source.key)
            await self._admitted(call, source.key)
            raise Unavailable(2) from None


def _arriving(call: _Call, source: Source, ip: str | None, item: parse.Parsed) -> Arriving:
    """A submission as screening sees it."""
    told = item.reserved.get
    return Arriving(
        source.workspace_id, source.id, source.key, call.route, source.checks, ip,
        call.header(b"user-agent"), call.origin, call.header(b"referer"),
        told(TOKEN_FIELD, ""), told(TRAP_FIELD, ""), told(PROOF_FIELD, ""),
        told(CAPTCHA_FIELDS[0]) or told(CAPTCHA_FIELDS[1], ""), source.form is not None, item.answers.fields,
    )  # fmt: skip


def _rows(
    call: _Call,
    source: Source,
    ip: str | None,
    good: list[tuple[UUID, parse.Parsed]],
    results: list[dict[str, Any]] | None,
) -> list[Row]:
    """The rows of one request. The first one carries the idempotency key and what a batch is answered."""
    now, seen, head, form = utcnow(), call.circumstances(), good[0][0], source.form
    fields = [encode(item.answers.fields) for _, item in good]
    key = guard.idempotency_key(call, good[0][1].reserved.get(KEY_FIELD, "")) or None
    digest = hashlib.sha256(b"\n".join(fields)).hexdigest() if key else ""
    answer = msgspec.Raw(encode({"results": results})) if results else None
    return [
        Row(
            source.workspace_id,
            id,
            head,
            source.id,
            now,
            msgspec.Raw(kept),
            msgspec.Raw(encode(item.about(seen))),
            ip,
            key if id == head else None,
            digest,
            answer if id == head else None,
            (form and form.lawful_basis) or source.lawful_basis,
            (form and form.notice_version) or source.notice_version,
            call.id,
            item.answers.version,
            item.answers.consents,
        )
        for (id, item), kept in zip(good, fields, strict=True)
    ]
