"""``/try``: a page that looks like a customer's, with the workspace's own widget on it, in every mode."""

from __future__ import annotations

from typing import Any, Final

from litestar import Response

from leadsbot.features.capture import public as capture
from leadsbot.features.capture.public import Kind, Source
from leadsbot.features.forms import public as forms_public
from leadsbot.features.sources.public import script_tag
from leadsbot.infra.services import Services
from leadsbot.kit import ids
from leadsbot.kit.errors import NotFound
from leadsbot.kit.links import origin
from leadsbot.web.actor import SIGNED_IN, Permission
from leadsbot.web.inject import FromQuery, InTx, PageRequest, Uses
from leadsbot.web.render import redirect, render
from leadsbot.web.routes import page

HERE: Final = "/try"
MODES: Final = {
    "listener": ("Listener", "The form below belongs to the page. Send it: the widget hears it and leaves it alone."),
    "inline": ("Inline", "The form of yours is drawn where the tag stands."),
    "popup": ("Popup", "A button of the page opens the form in the middle of the window."),
    "slide-in": ("Slide-in", "A button of the page lets the form slide in from the side."),
    "button": ("Button", "The button in the corner is the widget's own. It has the form's colour."),
}
TARGETS: Final = {"inline": "#here", "popup": "#ask", "slide-in": "#ask"}


@page("GET", HERE, needs=Permission.SOURCES_READ)
async def sample(
    request: PageRequest,
    tx: InTx,
    services: Uses,
    mode: FromQuery[str] = "listener",
    sent: FromQuery[str] = "",
) -> Response[str]:
    """The sample page in one mode; what is sent from it is a real submission."""
    if mode not in MODES:
        raise NotFound("There is no such mode. Choose one on the page.")
    sources = [each for each in await capture.list_sources(tx) if each.open and not each.signed]
    forms = [each for each in sources if each.kind == Kind.FORM]
    holder = next((each for each in sources if each.kind == Kind.WIDGET), None)
    drawn = _chosen(forms, str(request.query_params.get("form", "")))
    used = holder if mode == "listener" else drawn
    attributes = {"mode": mode}
    if target := TARGETS.get(mode):
        attributes["target"] = target
    if mode == "button":
        attributes |= {"label": "Ask us", **(forms_public.button_colour(drawn) if drawn else {})}
    context: dict[str, Any] = {
        "modes": MODES,
        "mode": mode,
        "used": used,
        "attributes": attributes,
        "forms": [(ids.show(ids.SOURCE, each.id), each.name) for each in forms],
        "chosen": ids.show(ids.SOURCE, drawn.id) if drawn else "",
        "tag": script_tag(services.url(), used.key, **attributes) if used else "",
        "foreign": used is not None and _foreign(used, services),
        "own_origin": services.url(),
        "sent": bool(sent),
    }
    return render(request, "widget/try.html", **context)


@page("POST", HERE, needs=SIGNED_IN)
async def pretend() -> Response[Any]:
    """Where the sample form of the page posts to; it keeps nothing, the listener has heard it."""
    return redirect(f"{HERE}?sent=1")


def _chosen(forms: list[Source], shown: str) -> Source | None:
    if not shown:
        return forms[0] if forms else None
    wanted = ids.read(ids.SOURCE, shown)
    found = next((each for each in forms if each.id == wanted), None)
    if found is None:
        raise NotFound("There is no such form.")
    return found


def _foreign(source: Source, services: Services) -> bool:
    """Whether the source takes nothing from pages of ours."""
    return bool(source.allowed_origins) and origin(services.url()) not in source.allowed_origins


routes = (sample, pretend)
