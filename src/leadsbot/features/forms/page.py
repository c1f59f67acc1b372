"""The hosted page of a form and what comes after it, for everybody who has the address: no cookie, and nothing that
needs a script. The one that it has shows the steps one by one (``frontend/src/hosted``).

A post to the page's address is answered by the capture path; answers that a form does not take come back here, as the
same page with what was typed and what is wrong with it.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final, cast
from urllib.parse import parse_qsl, urlencode

from litestar import Response

from leadsbot.contracts.intake import REFUSED, TOKEN_FIELD, TRAP_FIELD, VERSION_FIELD, InvalidAnswers, Published
from leadsbot.features.capture.public import Kind, Source, published_source
from leadsbot.features.forms import drawing, partials, public
from leadsbot.features.forms.along import along
from leadsbot.features.forms.answers import FormCompiler
from leadsbot.features.forms.beginnings import CONTEXT, Beginning
from leadsbot.features.forms.consents import Consents, version_seen
from leadsbot.features.forms.definition import Definition, Theme, encode
from leadsbot.features.forms.endings import Thanks, filled, own
from leadsbot.features.forms.localized import ShownForm, language_for, shown_form, untranslated
from leadsbot.features.forms.model import contact_form
from leadsbot.features.forms.public import Live
from leadsbot.features.forms.reading import ticked
from leadsbot.features.forms.theme import stylesheet
from leadsbot.features.forms.words import WORDS, closest, preferred, right_to_left, words
from leadsbot.features.screening.public import mint_token
from leadsbot.infra.services import Services
from leadsbot.kit import ids
from leadsbot.kit.clock import utcnow
from leadsbot.kit.errors import Invalid, NotFound
from leadsbot.kit.jsonbody import encode as as_json
from leadsbot.kit.links import origin, redirect_allowed
from leadsbot.kit.text import one_line
from leadsbot.web import static
from leadsbot.web.actor import Public
from leadsbot.web.inject import FromPath, PageRequest, Uses
from leadsbot.web.routes import page

EVERYBODY = Public("whoever has the address of a form may fill it in")
POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)
SCRIPTS: Final = " script-src 'self';"
"""What is added for the form itself; no other page of a form has a script."""
LARGEST_QUERY: Final = 8_000
"""Characters of the page's query that are read: for prefilling, and taken along to the form in another language."""
ZIPPED_FROM: Final = 1_000


@page("GET", "/f/{form_key:str}", needs=EVERYBODY, cookieless=True)
async def fill_in(request: PageRequest, form_key: FromPath[str], services: Uses) -> Response[Any]:
    """The form, in the language of ``?lang=``, else of the browser, else its own; with 422 after a post that was
    refused."""
    source = await _form_source(services, form_key)
    if source is None:
        return _message(request, 404, "unknown")
    form = public.live(source) or _undesigned(source)
    if not source.open or _past(form.definition):
        return _message(request, 410, "closed", form, text=form.definition.closed_text)
    if source.signed:
        return _message(request, 403, "signed", form)
    if source.allowed_origins and origin(services.url()) not in source.allowed_origins:
        return _message(request, 403, "elsewhere", form)
    begun = await _begun(request, services, form) if form.definition.partials else Begun()
    return _form(request, services, form, begun=begun)


@page("GET", "/f/{form_key:str}/thanks", needs=EVERYBODY, cookieless=True)
async def thanks(request: PageRequest, form_key: FromPath[str], services: Uses) -> Response[Any]:
    """Where a form leads to after it was sent: the ending that the address names, with the answers that we sealed. A
    form that was closed meanwhile still says thank you."""
    source = await _form_source(services, form_key)
    if source is None:
        return _message(request, 404, "unknown")
    form = public.live(source) or _undesigned(source)
    language = _language(request, form.definition, request.query_params.get("lang", ""))
    name = request.query_params.get("ending", "")
    ending = next((each for each in form.definition.endings if each.id == name), None)
    texts = own(ending, form.definition.languages.get(language))
    said = Thanks(services.signer).said(source.key, name, request.query_params.get("said", ""))
    return _message(request, 200, "thanks", form, title=texts["title"], text=texts["text"], said=said)


@page("GET", "/f/{form_key:str}/style.css", needs=EVERYBODY, cookieless=True)
async def style(request: PageRequest, form_key: FromPath[str], services: Uses) -> Response[Any]:
    """The style sheet of a form: its tokens and what all forms share, in one file that is kept for ever under its
    ``v``."""
    source = await _form_source(services, form_key)
    if source is None:
        raise NotFound("There is no such form.")
    theme = (public.live(source) or _undesigned(source)).definition.theme
    body, tag = _style(theme)
    fresh = request.query_params.get("v") == tag
    headers = {
        "Vary": "Accept-Encoding",
        "Cache-Control": "public, max-age=31536000, immutable" if fresh else "public, max-age=300",
        "ETag": f'"{tag}"',
    }
    if request.headers.get("if-none-match") == f'"{tag}"':
        return Response(None, status_code=304, headers=headers)
    return _zipped(request, body, "text/css", 200, headers)


def preview(request: PageRequest, services: Services, form: Live, sheet: str, trial: str) -> Response[Any]:
    """The page of a form that is not published (yet), as visitors will see it, to be shown in a frame of ours too: with
    its script at work, and nothing that could be sent. ``sheet`` is the address of its style sheet, ``trial`` of where
    its answers may be tried, if anywhere."""
    answer = _form(request, services, form, sheet, trial)
    policy = POLICY.replace(";", f";{SCRIPTS}", 1).replace("form-action 'self'", "form-action 'none'")
    answer.headers["Content-Security-Policy"] = policy.replace("frame-ancestors 'none'", "frame-ancestors 'self'")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def look(request: PageRequest, theme: Theme) -> Response[Any]:
    """The style sheet of such a page. It is asked for again with each draft, so for a minute it is kept."""
    return _zipped(request, _style(theme)[0], "text/css", 200, {"Cache-Control": "private, max-age=60"})


@dataclass(frozen=True, slots=True)
class Begun:
    """How a page stands to what was kept of an earlier time."""

    offered: bool = False
    """Whether the page has the button that keeps what was filled in."""
    code: str = ""
    beginning: Beginning | None = None
    fresh: bool = False
    """Whether it was kept just now."""
    gone: bool = False


async def _begun(request: PageRequest, services: Services, form: Live) -> Begun:
    code = str(request.query_params.get(partials.RESUME, ""))
    found = await partials.find(services, form.source, code) if code else None
    return Begun(
        offered=not partials.private(request), code=code if found else "", beginning=found,
        fresh=bool(request.query_params.get("kept")), gone=bool(code) and found is None,
    )  # fmt: skip


def _form(
    request: PageRequest, services: Services, form: Live, sheet: str = "", trial: str = "", *,
    begun: Begun | None = None,
) -> Response[Any]:  # fmt: skip
    begun = begun or Begun()
    refused = cast("tuple[Invalid, object] | None", request.scope.get(REFUSED))
    earlier = begun.beginning.answers if begun.beginning else None
    sent = _sent(refused[1]) if refused else None
    # Who was refused goes on in the language of the page that was filled in; the address of the post has lost it.
    language = _language(request, form.definition, str((sent or {}).get("_lang") or ""))
    faults, general = _faults(services, form, refused[0], language) if refused else ({}, "")
    if sent is not None:
        sent, faults = _read_again(form, sent, faults, language)
    shown = shown_form(form.definition, language, key=form.source.key, version=form.version, country=form.country)
    problems = drawing.problems(shown, faults, general)
    brought = along(refused[1], drawing.asked(shown), faults) if refused else []
    base = services.url(f"/f/{shown.key}")
    resume = {partials.RESUME: begun.code} if begun.code else {}
    # The language stays in the address, which a browser asks for again when somebody comes back to it.
    wanted = request.query_params.get("lang", "")[:35]
    spoken = {"lang": wanted} if wanted else {}
    token = mint_token(services.signer, shown.key, origin(services.url()))
    title = f"{words(language)['problem_title']} – {shown.title}" if problems else shown.title
    answer = _page(
        request, "form", 422 if refused else 200, form.definition.theme, language,
        key=shown.key, sheet=sheet, policy=_policy(form, brought), title=title, form=shown, problems=problems,
        steps=drawing.steps(shown, drawing.Filling(dict(reversed(_query(request))), sent, earlier, faults)),
        say=_speaker(form.definition, language), described=drawing.described, files=drawing.has_files(shown),
        trap=TRAP_FIELD, script=static.url("builder-page.js" if sheet else "hosted.js"), logic=drawing.logic(shown),
        trial=trial,
        description=one_line(shown.intro or shown.title, 160), canonical=_canonical(base, form.definition, language),
        languages=_languages(request, base, request.url.path if sheet else f"/f/{shown.key}", shown, form.definition),
        ours={
            TOKEN_FIELD: token, VERSION_FIELD: str(form.version or ""),
            "_lang": language if shown.languages or language != form.definition.language else "",
            f"context[{CONTEXT}]": _partial_id(begun, refused[1] if refused else None),
        },
        brought=brought, begun=begun, resume=urlencode(resume), along=urlencode(resume | spoken),
    )  # fmt: skip
    if begun.code:
        answer.headers.update({"Cache-Control": "no-store", "X-Robots-Tag": "noindex"})
    return answer


def _partial_id(begun: Begun, sent: object) -> str:
    """Which beginning the page goes on with, also after its post was refused."""
    if begun.beginning is not None:
        return ids.show(ids.PARTIAL, begun.beginning.id)
    context = sent.get("context") if isinstance(sent, dict) else None
    said = context.get(CONTEXT) if isinstance(context, dict) else None
    return said[:60] if isinstance(said, str) else ""


def _query(request: PageRequest) -> list[tuple[str, str]]:
    """The parameters of the page's address, in their order; none when they are beyond all measure."""
    try:
        return parse_qsl(request.url.query[:LARGEST_QUERY], keep_blank_values=True, max_num_fields=100)
    except ValueError:
        return []


def _sent(tree: object) -> dict[str, Any]:
    """What was typed, by the names of the fields."""
    sent = tree if isinstance(tree, dict) else {}
    nested = sent.get("fields")
    return {**sent, **nested} if isinstance(nested, dict) else sent


def _read_again(
    form: Live, sent: dict[str, Any], faults: Mapping[str, str], language: str
) -> tuple[dict[str, Any], Mapping[str, str]]:
    """What was typed, without the consents that were given to other words than those which the page shows now, and
    what is wrong with them: nobody agrees to words by having agreed to earlier ones."""
    consents = Consents(form.definition, form.version, form.consents)
    changed = consents.changed(version_seen(sent.get(VERSION_FIELD), form.version), str(sent.get("_lang") or "")[:35])
    given = [key for key in changed if ticked(sent.get(key))]
    kept = {key: value for key, value in sent.items() if key not in changed}
    return kept, {**dict.fromkeys(given, words(language)["changed"]), **faults}


def _faults(services: Services, form: Live, error: Invalid, language: str) -> tuple[Mapping[str, str], str]:
    """What was wrong by field, and what was wrong with the post as a whole."""
    if error.code == "empty":
        error = _empty(services, form, language) or Invalid(None, words(language)["empty"])
    if isinstance(error, InvalidAnswers):
        return error.faults, ""
    return ({error.field: error.detail}, "") if error.field else ({}, error.detail)


def _empty(services: Services, form: Live, language: str) -> InvalidAnswers | None:
    """What a form says to somebody who filled in nothing: which fields it needs."""
    stored = as_json({"version": form.version, "definition": encode(form.definition)}).decode()
    published = Published(form.source.key, stored, form.source.redirect_allow, form.country)
    try:
        FormCompiler(services.signer)(published).check({}, language)
    except InvalidAnswers as error:
        return error
    return None


async def _form_source(services: Services, key: str) -> Source | None:
    source = await published_source(services.db, key)
    return source if source is not None and source.kind == Kind.FORM else None


def _undesigned(source: Source) -> Live:
    """A source whose form nobody designed: the page asks the usual, and every field is taken."""
    title = str(source.settings.get("title") or contact_form().title)
    return Live(source=source, version=0, definition=contact_form(title), country=source.country)


def _past(definition: Definition) -> bool:
    return definition.closes_at is not None and definition.closes_at <= utcnow()


def _language(request: PageRequest, definition: Definition, said: str = "") -> str:
    """The language of a page: one that the form has, or for an answer to a post, which ``said`` it, one of ours."""
    said = said[:35]
    if said and closest(said, [definition.language, *definition.languages]) is None and (ours := closest(said, WORDS)):
        return ours
    accept = request.headers.get("accept-language", "")
    return language_for(definition, said or request.query_params.get("lang", "")[:35], accept)


def _policy(form: Live, brought: Sequence[tuple[str, str]] = ()) -> str:
    """The page's content security policy. A browser asks ``form-action`` again where the answer redirects: to an
    ending, or to an allowed ``_next`` among what was ``brought``."""
    targets = {origin("/".join(each.url.partition("?")[0].split("/")[:3])) for each in form.definition.endings}
    wanted = dict(brought).get("_next", "")
    if wanted and redirect_allowed(wanted, form.source.redirect_allow):
        targets.add(origin("/".join(wanted.partition("?")[0].split("/")[:3])))
    policy = POLICY.replace(";", f";{SCRIPTS}", 1)
    return " ".join([policy, *sorted(each for each in targets if each and each != "null")])


def _speaker(definition: Definition, language: str, said: Mapping[str, str] | None = None) -> drawing.Speaker:
    """How the form's texts are written in a page of this language; ``said`` are the answers that stand in them."""
    strange = untranslated(definition, language)
    if said is not None:
        strange = frozenset(filled(text, said) for text in strange)
    return drawing.Speaker(strange, definition.language, right_to_left(language))


def _canonical(base: str, definition: Definition, language: str) -> str:
    return base if language == definition.language else f"{base}?{urlencode({'lang': language})}"


def _languages(
    request: PageRequest, base: str, path: str, form: ShownForm, definition: Definition
) -> list[dict[str, str]]:
    """Where the form is found in its other languages; what the address says for the fields comes along."""
    along = [(name, value) for name, value in _query(request) if name not in ("lang", "kept")]
    return [
        {
            "tag": each.tag,
            "name": each.name,
            "href": f"{path}?{urlencode([*along, ('lang', each.tag)])}",
            "canonical": _canonical(base, definition, each.tag),
        }
        for each in form.languages
    ]


def _message(
    request: PageRequest, status: int, about: str, form: Live | None = None, *, title: str = "", text: str = "",
    said: Mapping[str, str] | None = None,
) -> Response[Any]:  # fmt: skip
    asked = request.query_params.get("lang", "")
    if form is None or not form.version:
        # Nothing but our own words: they are there in every language that we speak.
        language = closest(asked[:35], WORDS) or preferred(request.headers.get("accept-language", ""), WORDS, "en")
        speaker = drawing.Speaker(rtl=right_to_left(language))
    else:
        language = _language(request, form.definition, asked if about == "thanks" else "")
        speaker = _speaker(form.definition, language, said)
    ours = words(language)
    usual = " ".join(ours[name] for name in (f"{about}_text", f"{about}_close") if name in ours)
    if said is not None:
        title, text = filled(title, said), filled(text, said)
    return _page(
        request, "message", status, form.definition.theme if form else Theme(), language,
        key=form.source.key if form else "", policy=POLICY,
        say=speaker, title=title or ours[f"{about}_title"], text=text if title or text else usual,
    )  # fmt: skip


def _page(
    request: PageRequest,
    template: str,
    status: int,
    theme: Theme,
    language: str,
    *,
    key: str,
    policy: str,
    sheet: str = "",
    **context: Any,
) -> Response[Any]:
    # Not web.render.render: that one gives a visitor the cookie which our own forms' tokens are bound to.
    sheet = sheet or (f"/f/{key}/style.css?v={_style(theme)[1]}" if key else static.url("form.css"))
    html = request.app.state.renderer.html(
        request, f"forms/{template}.html", language=language, dir="rtl" if right_to_left(language) else "ltr",
        style=sheet, words=words(language), **context,
    )  # fmt: skip
    headers = {
        "Content-Security-Policy": policy,
        "Content-Language": language,
        "Vary": "Accept-Language, Accept-Encoding",
        "Referrer-Policy": "same-origin",
    }
    return _zipped(request, html.encode(), "text/html", status, headers)


def _style(theme: Theme) -> tuple[bytes, str]:
    """A form's style sheet, and the name of this very content."""
    return _sheet(stylesheet(theme), static.url("form.css"))


@lru_cache(maxsize=256)
def _sheet(own: str, shared: str) -> tuple[bytes, str]:
    # The address of what is shared holds its hash, so what is remembered never grows old.
    body = own.encode() + static.find(shared.removeprefix("/static/")).body
    return body, sha256(body).hexdigest()[:12]


def _zipped(request: PageRequest, body: bytes, kind: str, status: int, headers: dict[str, str]) -> Response[Any]:
    """The answer, compressed for whoever can read that. A page that is part of another answer is not."""
    able = "gzip" in request.headers.get("accept-encoding", "") and REFUSED not in request.scope
    if able and len(body) >= ZIPPED_FROM:
        body, headers = gzip.compress(body, 6, mtime=0), {**headers, "Content-Encoding": "gzip"}
    return Response(body, status_code=status, media_type=kind, headers=headers)


routes = (fill_in, thanks, style)
