"""The capture application: a bare ASGI callable in front of everything else, answering only after the commit."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol
from urllib.parse import parse_qsl
from uuid import UUID

import msgspec

from leadsbot.features.capture import guard, parse, reply
from leadsbot.features.capture.commit import Committer, Row, Stored
from leadsbot.features.capture.source_cache import Source, SourceCache
from leadsbot.infra import logging
from leadsbot.infra.correlation import request_id as correlation
from leadsbot.infra.db.raw import Link
from leadsbot.infra.ratelimit import Limit, Limiter
from leadsbot.kit import useragent
from leadsbot.kit.clock import monotonic, utcnow
from leadsbot.kit.errors import AppError, Invalid, NotFound, problem
from leadsbot.kit.ids import SUBMISSION, new_id, show
from leadsbot.kit.links import redirect_allowed
from leadsbot.kit.proxy import Network, client_ip
from leadsbot.kit.redact import mask_pans

INBOUND: Final = "/api/inbound/w/"
COMMITTING: Final = 2
"""Connections that commit, so that one batch is prepared while the other is written."""
HEADER_LIMIT: Final = 1000
HONEYPOT: Final = '{"verdict":"suspicious","reasons":["honeypot"]}'
log = logging.get(__name__)
Scope = Mapping[str, Any]


class Observer(Protocol):
    """Counts answers."""

    def observe(self, outcome: str, seconds: float) -> None:
        """One request ended as ``outcome`` (``accepted``, ``repeated``, ``preflight`` or an error code)."""
        ...


class _Call:
    """One request: where it goes, its headers, and what is found out on the way."""

    def __init__(self, scope: Scope, route: str, key: str) -> None:
        self.scope, self.route, self.key = scope, route, key
        self.id = show("req", new_id())
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.origin = self.header(b"origin") or None
        self.readable = True
        self.extra: dict[str, str] = {}
        self.wants_page = route == guard.FORM and "json" not in self.header(b"accept").lower()

    def header(self, name: bytes) -> str:
        value = self.headers.get(name)
        return value.decode("utf-8", "replace")[:HEADER_LIMIT].replace("\x00", "") if value else ""


def route(scope: Scope) -> tuple[str, str] | None:
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
        wake: Callable[[], None] = lambda: None,
        observer: Observer | None = None,
        trusted_proxies: Sequence[Network] = (),
        limiter: Limiter | None = None,
        limits: tuple[Mapping[str, Limit], Mapping[str, Limit]] = (guard.PER_ADDRESS, guard.PER_SOURCE),
        room: guard.Room | None = None,
    ) -> None:
        """``dsn`` names the role leadsbot_capture; ``open_secret`` unseals a signing secret."""
        self._links = [Link(dsn, "capture") for _ in range(COMMITTING)]
        self._reading = [Link(dsn, "capture-sources"), Link(dsn, "capture-watch")]
        self._cache = SourceCache(self._reading[0], self._reading[1], open_secret)
        self._committer = Committer(wake)
        self._observer, self._trusted = observer, tuple(trusted_proxies)
        self._limiter, self._limits = limiter or Limiter(), limits
        self._room = room or guard.Room()
        self._tasks: list[asyncio.Task[None]] = []

    @staticmethod
    def matches(scope: Scope) -> bool:
        """Whether this application answers the request."""
        return scope["type"] == "http" and route(scope) is not None

    async def startup(self) -> None:
        """Begin to follow sources and to commit. Returns at once, also when the database is away."""
        useragent.parse("warm-up")
        work = [self._cache.answer(), self._cache.watch(), *(self._committer.run(link) for link in self._links)]
        self._tasks = [asyncio.create_task(each) for each in work]

    async def shutdown(self) -> None:
        """Commit what waits, then stop."""
        await self._committer.drain()
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        for link in (*self._links, *self._reading):
            await link.close()

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Answer one request that ``matches``; every failure becomes a problem, none gets out."""
        started = monotonic()
        found = route(scope) or (guard.WEBHOOK, "")
        call = _Call(scope, *found)
        correlation.set(call.id)
        try:
            outcome, answer = await self._answer(call, receive)
        except AppError as error:
            outcome, answer = error.code, self._failure(call, error)
        except Exception:
            log.exception("capture.failed")
            outcome, answer = "failed", self._failure(call, AppError("Nothing was stored. Try again."))
        answer[1].update(call.extra)
        for message in reply.messages(answer, call.id, call.origin, readable=call.readable):
            await send(message)
        if self._observer is not None:
            self._observer.observe(outcome, monotonic() - started)

    @staticmethod
    def _failure(call: _Call, error: AppError) -> reply.Reply:
        call.readable = call.readable and error.code != "forbidden"
        return reply.failure(error, call.id, page=call.wants_page, referer=call.header(b"referer"))

    async def _answer(self, call: _Call, receive: Any) -> tuple[str, reply.Reply]:
        method = call.scope["method"]
        if method not in ("POST", "OPTIONS"):
            raise guard.MethodNotAllowed(headers={"Allow": reply.ALLOW[call.route]})
        with self._room:
            query = dict(parse_qsl(call.scope["query_string"].decode("latin-1"), max_num_fields=50))
            key = call.key or call.header(b"x-leadsbot-token") or query.get("token", "")
            if method == "OPTIONS":
                if key:
                    guard.admit(await self._cache.get(key), call.route, call.origin)
                return "preflight", reply.preflight(call.route)
            source = await self._cache.get(key) if key else None
            if source is not None:
                guard.admit(source, call.route, call.origin)
            peer = (call.scope.get("client") or (None,))[0]
            forwarded = [value.decode("latin-1") for name, value in call.scope["headers"] if name == b"x-forwarded-for"]
            ip = client_ip(peer, forwarded, self._trusted)
            verdict = guard.limit(self._limiter, self._limits, source, call.route, ip)
            call.extra = verdict.headers if verdict else {}
            most = source.max_body if source else guard.TOKENLESS_BODY
            body = await self._room.read(receive, call.header(b"content-length"), most)
            if source is not None:
                guard.signed(source, call.headers, body)
            tree, is_form, warnings = parse.tree(call.header(b"content-type"), body, text_is_json=not call.key)
            if source is None:
                source = await self._by_token(call, tree, body)
            return await self._store(call, source, ip, tree, is_form, warnings)

    async def _by_token(self, call: _Call, tree: object, body: bytes) -> Source:
        """The source a widget names in its body, for requests that must do without a header (beacons)."""
        token = tree.get("token") if isinstance(tree, dict) else None
        if not isinstance(token, str):
            raise NotFound("Send the public token as X-LeadsBot-Token, as ?token= or as the field token.")
        source = await self._cache.get(token)
        guard.admit(source, call.route, call.origin)
        if len(body) > source.max_body:
            raise guard.too_large(source.max_body)
        guard.signed(source, call.headers, body)
        return source

    async def _store(
        self, call: _Call, source: Source, ip: str | None, tree: object, is_form: bool, warnings: list[str]
    ) -> tuple[str, reply.Reply]:
        idempotency = call.header(b"idempotency-key") or None
        if idempotency and (len(idempotency) > 255 or not idempotency.isascii() or not idempotency.isprintable()):
            raise Invalid("Idempotency-Key", "Send at most 255 visible ASCII characters.", code="bad_key")
        batch = parse.items(tree) if call.route == guard.WEBHOOK else None
        reserve = call.route != guard.WEBHOOK
        parsed: list[parse.Parsed | Invalid] = []
        for item in [tree] if batch is None else batch:
            try:
                parsed.append(parse.submission(item, reserve=reserve, is_form=is_form))
            except Invalid as error:
                if batch is None:
                    raise
                parsed.append(error)
        good = [item for item in parsed if isinstance(item, parse.Parsed)]
        if len(parsed) > 1:
            self._limiter.take(self._limits[0][call.route], (source.id, ip), len(parsed) - 1, force=True)
        ids = [new_id() for _ in good]
        names = iter(ids)
        results = [
            {"id": show(SUBMISSION, next(names)), "status": "accepted"}
            if isinstance(item, parse.Parsed)
            else {"status": "rejected", "errors": [{"field": item.field, "message": item.detail}]}
            for item in parsed
        ]
        if not good:
            return "invalid", reply.as_json(422, {**_problem(call), "results": results})
        answer = msgspec.json.encode({"results": results}).decode() if batch is not None else None
        rows = self._rows(call, source, ip, good, ids, idempotency, answer)
        try:
            stored = await self._committer.store(rows)
        except AppError as error:
            if error.code == "gone":
                await self._cache.refresh(source.key)
                guard.admit(await self._cache.get(source.key), call.route, call.origin)
            raise
        outcome = "repeated" if stored.repeated else "quarantined" if rows[0].quarantined else "accepted"
        return outcome, self._thanks(call, source, stored, good[0], warnings)

    @staticmethod
    def _rows(
        call: _Call,
        source: Source,
        ip: str | None,
        good: list[parse.Parsed],
        ids: list[UUID],
        key: str | None,
        answer: str | None,
    ) -> list[Row]:
        now = utcnow()
        fields = [parse.encode(item.fields) for item in good]
        digest = hashlib.sha256(b"\n".join(fields)).digest()
        seen = _seen(call)
        rows = []
        for place, item in enumerate(good):
            context = parse.encode({**item.context, **{k: v for k, v in seen.items() if v}, **_page(call, item)})
            first, bot = place == 0, bool(item.reserved.get("_gotcha", "").strip())
            rows.append(
                Row(
                    source.workspace_id,
                    ids[place],
                    ids[0],
                    source.id,
                    now,
                    fields[place].decode(),
                    context.decode(),
                    ip,
                    key if first else None,
                    digest,
                    answer if first else None,
                    bot,
                    HONEYPOT if bot else None,
                    source.lawful_basis,
                    source.notice_version,
                    new_id(),
                    call.id,
                )
            )
        return rows

    @staticmethod
    def _thanks(call: _Call, source: Source, stored: Stored, first: parse.Parsed, warnings: list[str]) -> reply.Reply:
        wanted = first.reserved.get("_next", "")
        allowed = bool(wanted) and redirect_allowed(wanted, source.redirects)
        if call.wants_page:
            return reply.redirect(wanted if allowed else f"/f/{source.key}/thanks")
        status = 200 if stored.repeated else 201
        if stored.answer is not None:
            return reply.as_json(status, msgspec.Raw(stored.answer.encode()))
        value: dict[str, Any] = {"id": show(SUBMISSION, stored.id), "status": "accepted"}
        if wanted and not allowed:
            warnings = [*warnings, "_next is not among the addresses this form may redirect to."]
        if warnings:
            value["warnings"] = warnings
        return reply.as_json(status, value)


def _seen(call: _Call) -> dict[str, str | None]:
    """What the request itself says. It overrules what the page says about itself, except for the page's address."""
    agent = useragent.parse(call.header(b"user-agent"))
    return {
        "browser": agent.browser,
        "os": agent.os,
        "device": agent.device,
        "language": call.header(b"accept-language")[:100],
        "origin": mask_pans(call.header(b"origin")),
        "referer": mask_pans(call.header(b"referer")),
        "content_type": call.header(b"content-type").partition(";")[0][:100],
        "request_id": call.id,
    }


def _page(call: _Call, item: parse.Parsed) -> dict[str, object]:
    page = item.context.get("page") or mask_pans(call.header(b"referer"))
    own = {"page": page, "subject": item.reserved.get("_subject"), "lang": item.reserved.get("_lang")}
    return {name: value for name, value in own.items() if value}


def _problem(call: _Call) -> dict[str, object]:
    return problem(Invalid(None, "None of the leads could be taken; see results.", code="all_rejected"), call.id)
