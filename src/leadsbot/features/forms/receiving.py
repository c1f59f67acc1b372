"""Posts that bring files, in front of the capture path: a file is stored and committed before the submission that
names it is, so whatever was acknowledged is whole.

Everything else passes untouched. A post with files is read here, within the limits of its form; what the form does
not take is answered here; else the files are stored and the post goes on to the capture path with a signed reference
in the place of each. A file whose submission is refused there after all is an orphan, which goes after a day.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from secrets import token_hex
from typing import Any, Final, NamedTuple
from uuid import UUID

from leadsbot.contracts.intake import KEY_FIELD, VERSION_FIELD, InvalidAnswers, Published
from leadsbot.features.capture.public import Kind, Source, published_source
from leadsbot.features.forms import actions, jobs, public
from leadsbot.features.forms.answers import CompiledForm, FormCompiler
from leadsbot.features.forms.definition import Definition, encode
from leadsbot.features.forms.files import NewFile, References, of_files
from leadsbot.features.forms.parts import Memory, Part, Receive, read, rewritten
from leadsbot.features.forms.reading import Fault, Refused
from leadsbot.features.forms.words import words
from leadsbot.infra import asgi, logging
from leadsbot.infra.asgi import Reply, Request, Scope
from leadsbot.infra.ratelimit import Limit, sender
from leadsbot.infra.services import Services
from leadsbot.kit import jsonbody
from leadsbot.kit.body import tree as tree_of
from leadsbot.kit.errors import AppError, Gone, Invalid, Unavailable
from leadsbot.kit.filename import NAMELESS
from leadsbot.kit.ids import new_id

BODY_FIELD: Final = "_body"
"""The part in which the widget sends what it sends as JSON when there are no files."""
POSTS: Final = Limit("files", 60, 60)
"""Posts in parts by address."""
MEGABYTES: Final = Limit("file-megabytes", 500, 3600), Limit("file-megabytes-source", 10_000, 3600)
"""Stored by address and source, and by source."""
_ID: Final = "forms.file.id"
log = logging.get(__name__)
App = Callable[[Any, Any, Any], Awaitable[None]]
Route = Callable[[Scope], tuple[str, str] | None]
Refill = Callable[[Scope, Invalid, object], Awaitable[Reply]]


class _Form(NamedTuple):
    """The form that a post is for."""

    source: Source
    definition: Definition
    compiled: CompiledForm


class _Post(NamedTuple):
    """A post that was read: its fields as a tree, and the files by the names that they were sent under."""

    tree: MutableMapping[str, Any]
    texts: Sequence[tuple[str, bytes]]
    files: Sequence[Part]
    is_json: bool

    @property
    def answers(self) -> MutableMapping[str, Any]:
        """Where the answers are in the tree."""
        nested = self.tree.get("fields")
        return nested if isinstance(nested, dict) else self.tree

    def language(self) -> str:
        """The language of the page that was filled in."""
        return str(self.tree.get("_lang") or "")[:35]

    def seen(self) -> object:
        """What the page said of the version that was filled in."""
        context = self.tree.get("context")
        return self.tree.get(VERSION_FIELD) or (context.get("form") if isinstance(context, dict) else None)


class FileReceiver:
    """An ASGI application in front of the capture path. ``route`` says which requests are the capture path's, and how
    they reached it; ``refill`` shows a form once more."""

    def __init__(
        self,
        services: Services,
        capture: App,
        *,
        route: Route,
        refill: Refill,
        observer: asgi.Observer | None = None,
        memory: Memory | None = None,
    ) -> None:
        self._services, self._capture, self._route, self._refill = services, capture, route, refill
        self._compile, self._references = FormCompiler(services.signer), References(services.signer)
        self._observer, self._memory, self._answering = observer, memory or Memory(), asgi.Room()

    async def __call__(self, scope: Scope, receive: Receive, send: Any) -> None:
        """Take the files out of a post that brings some, and let the capture path answer."""
        if not _in_parts(scope):
            await self._capture(scope, receive, send)
            return
        request = Request(scope)
        reached, key = self._route(scope) or ("", "")
        request.wants_page = reached == "form" and "json" not in request.header(b"accept").lower()
        try:
            form = await self._asked(request, reached, key)
            passed = _Passed(scope, receive) if form is None else await self._taken(form, request, receive)
        except AppError as error:
            await self._answer(request, error, send)
            return
        if isinstance(passed, _Refusal):
            await self._answer(request, passed, send)
        else:
            await self._capture(passed.scope, passed.receive, send)

    async def _answer(self, request: Request, outcome: AppError | _Refusal, send: Any) -> None:
        async def work() -> tuple[str, Reply]:
            if isinstance(outcome, AppError):
                raise outcome
            return "invalid", await self._refill(request.scope, outcome.error, outcome.tree)

        await asgi.respond(request, work, send, self._answering, self._observer)

    async def _asked(self, request: Request, reached: str, key: str) -> _Form | None:
        """The form that a post is for, if it takes files and takes posts like this one; whatever is wrong with others,
        the capture path says it."""
        if request.scope["method"] != "POST" or reached not in ("form", "widget"):
            return None
        self._count(POSTS, (sender(self._address(request)),))
        key = key or request.header(b"x-leadsbot-token") or request.query("token")
        try:
            source = await published_source(self._services.db, key)
        except Exception:
            log.exception("forms.files_unavailable")
            raise Unavailable(2) from None
        if source is None or source.kind != Kind.FORM or source.signed:
            return None
        request.remember(source)
        foreign = request.origin is not None and source.allowed_origins
        if foreign and str(request.origin).lower() not in source.allowed_origins:
            return None
        live = public.live(source)
        if live is None or not of_files(live.definition):
            return None
        if not source.open:
            raise Gone("This source is closed.")
        carried = {"version": live.version, "definition": encode(live.definition), "consents": live.consents}
        stored = jsonbody.encode(carried).decode()
        country = source.country or (source.form or {}).get("country")
        compiled = self._compile(Published(source.key, stored, source.redirect_allow, country))
        return _Form(source, live.definition, compiled) if isinstance(compiled, CompiledForm) else None

    async def _taken(self, form: _Form, request: Request, receive: Receive) -> _Passed | _Refusal:
        """The same request without its files, which are stored. Raises what is wrong with it."""
        with self._memory.share() as hold:
            parts = await read(
                receive, request.headers.get(b"content-type", b"").decode("latin-1"),
                request.header(b"content-length"), form.definition, texts=form.source.max_body, hold=hold,
            )  # fmt: skip
            post = _post(parts)
            files = [(part, self._new(form, post, request, n, part)) for n, part in enumerate(post.files)]
            try:
                self._checked(form, post, files)
            except InvalidAnswers as error:
                if not request.wants_page:
                    raise
                return _Refusal(_told_again(error, form, post, files), post.tree)
            await self._store(form, request, [new for _, new in files if new is not None])
        return self._without(form, post, files, request)

    def _checked(self, form: _Form, post: _Post, files: _Files) -> None:
        """Raise InvalidAnswers for what the form does not take, files and everything else at once."""
        answers = dict(post.answers)
        for part, new in files:
            if part.field is not None:
                made = None if new is None else self._references.made(form.source.key, new)
                stands = made or Refused(part.fault or Fault("file"))
                answers[part.field.key] = [*_listed(answers.get(part.field.key)), stands]
        form.compiled.check(answers, post.language(), post.seen())

    def _new(self, form: _Form, post: _Post, request: Request, place: int, part: Part) -> NewFile | None:
        """The file to store; None for one that the form did not ask for or does not take.

        Its id follows from the idempotency key: a repeat of a request must be the same to the last letter.
        """
        if part.field is None or part.fault is not None:
            return None
        key = request.header(b"idempotency-key") or str(post.tree.get(KEY_FIELD) or "")
        told = f"{form.source.id}:{place}:{part.field.key}:{part.filename}:{part.sha256.hex()}:{key}"
        known = UUID(bytes=self._services.signer.mac(_ID, told.encode("utf-8", "replace"))[:16], version=4)
        return NewFile(
            id=known if key else new_id(), field=part.field.key, name=part.filename or NAMELESS,
            media_type=part.media_type, sha256=part.sha256, content=bytes(part.content),
        )  # fmt: skip

    async def _store(self, form: _Form, request: Request, files: Sequence[NewFile]) -> None:
        if not files:
            return
        source = form.source
        megabytes = -(-sum(len(file.content) for file in files) // (1 << 20))
        self._count(MEGABYTES[0], (source.id, sender(self._address(request))), megabytes)
        self._count(MEGABYTES[1], source.id, megabytes)
        try:
            async with self._services.db.tenant(source.workspace_id) as tx:
                await actions.keep_files(tx, source.id, files)
                await jobs.look_again(tx, [file.id for file in files])
        except Exception:
            log.exception("forms.files_not_stored")
            raise Unavailable(2) from None

    def _without(self, form: _Form, post: _Post, files: _Files, request: Request) -> _Passed:
        """The request as the capture path reads it."""
        told = [(part, self._references.made(form.source.key, new)) for part, new in files if new is not None]
        if post.is_json:
            for part, reference in told:
                name = part.name.removesuffix("[]")
                post.answers[name] = [*_listed(post.answers.get(name)), reference]
            return _replaced(request.scope, b"application/json", jsonbody.encode(post.tree))
        boundary = token_hex(16)
        strangers = [pair for part in post.files if part.field is None for pair in _known(part)]
        pairs = [*post.texts, *((part.name, reference.encode()) for part, reference in told), *strangers]
        return _replaced(
            request.scope, f"multipart/form-data; boundary={boundary}".encode(), rewritten(pairs, boundary)
        )

    def _address(self, request: Request) -> str | None:
        return request.ip(tuple(self._services.settings.trusted_proxies))

    def _count(self, limit: Limit, key: Any, cost: int = 1) -> None:
        if verdict := self._services.limiter.take(limit, key, cost):
            verdict.require()


class _Passed(NamedTuple):
    """A request for the capture path."""

    scope: Scope
    receive: Receive


class _Refusal(NamedTuple):
    """Answers of a person that the form does not take, which its page shows."""

    error: Invalid
    tree: Mapping[str, Any]


_Files = Sequence[tuple[Part, NewFile | None]]


def _in_parts(scope: Scope) -> bool:
    kind = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
    return bool(kind[:19].lower() == b"multipart/form-data")


def _post(parts: Sequence[Part]) -> _Post:
    """What was sent. An empty file input counts as an empty text. Raises Invalid for a broken body."""
    texts = [(part.name, bytes(part.content)) for part in parts if not part.chosen]
    files = [part for part in parts if part.chosen]
    whole = next((content for name, content in texts if name == BODY_FIELD), None)
    if whole is not None:
        told = jsonbody.decode(whole)
        if not isinstance(told, dict):
            raise Invalid(BODY_FIELD, "Send a JSON object with the fields of the form.", code="not_an_object")
        return _Post(told, (), files, is_json=True)
    boundary = token_hex(16)
    tree, _, _ = tree_of(f"multipart/form-data; boundary={boundary}", rewritten(texts, boundary), text_is_json=False)
    return _Post(tree if isinstance(tree, dict) else {}, texts, files, is_json=False)


def _replaced(scope: Scope, kind: bytes, body: bytes) -> _Passed:
    """A request with another body."""
    changed = {b"content-type": kind, b"content-length": str(len(body)).encode()}
    headers = [(name, value) for name, value in scope["headers"] if name not in changed]

    async def receive() -> Mapping[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return _Passed({**scope, "headers": [*headers, *changed.items()]}, receive)


def _told_again(error: InvalidAnswers, form: _Form, post: _Post, files: _Files) -> InvalidAnswers:
    """What was wrong, and of the files that were right that they must be chosen once more."""
    again = words(form.compiled.voice(post.language()))["file_again"]
    right = {new.field: again for _, new in files if new is not None}
    return InvalidAnswers({**error.faults, **{key: text for key, text in right.items() if key not in error.faults}})


def _known(part: Part) -> list[tuple[str, bytes]]:
    """What is kept of a file that the form did not ask for: what the capture path keeps of every other one."""
    facts = {"filename": part.filename or "", "size": str(part.size), "content_type": part.claimed}
    return [(f"{part.name}[{name}]", value.encode("utf-8", "replace")) for name, value in facts.items()]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value in (None, "") else [value]


__all__ = ["BODY_FIELD", "FileReceiver"]
