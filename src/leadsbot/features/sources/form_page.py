"""The ready-made page of a form, for everybody who has its address. It sets no cookie and needs no script."""

from __future__ import annotations

from litestar import Response

from leadsbot.features.capture.public import Kind, Source, published_source
from leadsbot.infra.services import Services
from leadsbot.kit.links import origin
from leadsbot.web.actor import Public
from leadsbot.web.inject import FromPath, PageRequest, Uses
from leadsbot.web.routes import page

EVERYBODY = Public("whoever has the address of a form may fill it in")
TITLE = "Contact us"


@page("GET", "/f/{form_key:str}", needs=EVERYBODY, cookieless=True)
async def fill_in(request: PageRequest, form_key: FromPath[str], services: Uses) -> Response[str]:
    """Name, e-mail, phone, message. The post goes to the same address, which the capture path answers."""
    source = await _form(services, form_key)
    if source is None:
        return _message(
            request, 404, "There is no such form", "Check the address, or ask whoever gave it to you for a new one."
        )
    if not source.open:
        return _message(request, 410, "This form is closed", "It takes no more messages.")
    own = origin(services.url())
    if source.signed or (source.allowed_origins and own not in source.allowed_origins):
        return _message(request, 403, "This form lives on another web site", "Please fill it in there.")
    return _answer(request, 200, "sources/form.html", title=_title(source), key=source.key)


@page("GET", "/f/{form_key:str}/thanks", needs=EVERYBODY, cookieless=True)
async def thanks(request: PageRequest, form_key: FromPath[str], services: Uses) -> Response[str]:
    """Where a plain form leads to after it was sent. A form that was closed meanwhile still says thank you."""
    if await _form(services, form_key) is None:
        return _message(request, 404, "There is no such form", "Check the address.")
    return _message(request, 200, "Thank you", "Your message has arrived. You can close this page.")


async def _form(services: Services, key: str) -> Source | None:
    source = await published_source(services.db, key)
    return source if source is not None and source.kind == Kind.FORM else None


def _title(source: Source) -> str:
    return str(source.settings.get("title") or TITLE)


def _message(request: PageRequest, status: int, title: str, text: str) -> Response[str]:
    return _answer(request, status, "sources/message.html", title=title, text=text)


def _answer(request: PageRequest, status: int, template: str, **context: str) -> Response[str]:
    # Not web.render.render: that one gives a visitor the cookie which our own forms' tokens are bound to.
    html: str = request.app.state.renderer.html(request, template, **context)
    return Response(html, status_code=status, media_type="text/html")


routes = (fill_in, thanks)
