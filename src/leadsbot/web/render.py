"""Pages: Jinja2 with autoescaping, one template folder per feature, and what every page needs to know."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from litestar import Request, Response
from litestar.datastructures import Cookie
from markupsafe import Markup, escape

from leadsbot.infra.correlation import request_id
from leadsbot.infra.nav import NavItem
from leadsbot.kit.attached import told_files
from leadsbot.kit.clock import in_zone, utcnow, zone_name
from leadsbot.kit.errors import AppError
from leadsbot.kit.ids import show
from leadsbot.kit.text import scrub
from leadsbot.kit.visit import told_visit
from leadsbot.web import notices, static
from leadsbot.web.actor import ANONYMOUS, Actor
from leadsbot.web.csrf import Csrf
from leadsbot.web.icons import icon, symbol

HERE = Path(__file__).parent / "templates"
AnyRequest = Request[Any, Any, Any]
HTML = "text/html"
RELATIVE, FIXED = Markup(" data-relative"), Markup("")
"""Whether a script keeps the text of a ``<time>`` element current."""


def ago(moment: datetime | None, now: datetime | None = None, zone: str = "UTC") -> Markup:
    """A ``<time>`` element that reads well without a script and is kept current by one."""
    if moment is None:
        return Markup('<span class="muted">never</span>')
    local = in_zone(moment, zone)
    return _time(local, describe(local, now or utcnow()), RELATIVE)


def _time(local: datetime, text: str, more: Markup = FIXED) -> Markup:
    """A ``<time>`` element; its title tells the moment in full, with the zone."""
    return Markup('<time datetime="{}"{} title="{} {}">{}</time>').format(
        local.isoformat(timespec="seconds"), more, f"{local:%d %b %Y, %H:%M:%S}", zone_name(local), text
    )


@pass_context
def _ago(context: Context, moment: datetime | None) -> Markup:
    return ago(moment, zone=_zone(context))


@pass_context
def clock(context: Context, moment: datetime) -> Markup:
    """The time of day in the workspace's zone: ``{{ line.at | clock }}``."""
    local = in_zone(moment, _zone(context))
    return _time(local, f"{local:%H:%M}")


@pass_context
def on_day(context: Context, moment: datetime) -> Markup:
    """Day and time in the workspace's zone, the year only where it is another one."""
    local = in_zone(moment, _zone(context))
    this_year = local.year == in_zone(utcnow(), _zone(context)).year
    return _time(local, f"{local:%d %b, %H:%M}" if this_year else f"{local:%d %b %Y, %H:%M}")


@pass_context
def in_full(context: Context, moment: datetime) -> Markup:
    """Day, time and zone."""
    local = in_zone(moment, _zone(context))
    return _time(local, f"{local:%d %b %Y, %H:%M:%S} {zone_name(local)}")


def _zone(context: Context) -> str:
    """The workspace's zone; parts that are imported without a page's context tell times in UTC."""
    found = context.get("zone", "UTC")
    return found if isinstance(found, str) else "UTC"


def describe(moment: datetime, now: datetime) -> str:
    """How long ago in a few words; beyond a week the date in the zone of ``moment``."""
    seconds = round((now - moment).total_seconds())
    if seconds < 0:
        ahead = -seconds
        return "now" if ahead < 5 else f"in {_span(ahead)}"
    if seconds < 10:
        return "just now"
    if seconds < 7 * 86_400:
        return f"{_span(seconds)} ago"
    return f"{moment:%d %b}" if moment.year == now.year else f"{moment:%d %b %Y}"


def _span(seconds: int) -> str:
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def copy_id(shown: str) -> Markup:
    """An id, shortened for the eye, with a button that copies all of it."""
    return Markup(
        '<button type="button" class="copy" data-copy="{0}" title="{0}">'
        '<span class="visually-hidden">Copy </span>{1}{2}</button>'
    ).format(shown, shown if len(shown) <= 18 else f"{shown[:9]}…{shown[-4:]}", icon("copy"))


def shown_id(id: UUID, prefix: str) -> str:
    """An id as people see it: ``{{ lead.id | shown_id("lead") | copy_id }}``."""
    return show(prefix, id)


def as_json(value: object) -> str:
    """A value as indented JSON text, to be shown in ``<pre>``."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def workspace_name(actor: Actor) -> str:
    """The name of the workspace that the caller is in."""
    return next((space.name for space in actor.workspaces if space.id == actor.workspace_id), "No workspace")


class Renderer:
    """Renders templates named ``<feature>/<file>``, or ``<file>`` for those of the shell."""

    def __init__(self, folders: dict[str, Path], nav: Sequence[NavItem], csrf: Csrf) -> None:
        self._csrf = csrf
        self._nav = sorted(nav, key=lambda item: item.order)
        loaders = {name: FileSystemLoader(path) for name, path in folders.items()}
        self.env = Environment(
            loader=ChoiceLoader([PrefixLoader(loaders), FileSystemLoader(HERE)]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            finalize=_show,
        )
        self.env.globals.update(asset=static.url, icon=icon, symbol=symbol)
        self.env.filters.update(
            shown_id=shown_id, ago=_ago, clock=clock, on_day=on_day, in_full=in_full, copy_id=copy_id, as_json=as_json,
            workspace_name=workspace_name, told_files=told_files, told_visit=told_visit,
        )  # fmt: skip

    def html(self, request: AnyRequest, template: str, /, **context: Any) -> str:
        """The text of a page."""
        actor: Actor = request.scope.get("actor", ANONYMOUS)  # type: ignore[assignment]
        found, live = notices.of(request)
        return self.env.get_template(template).render(
            {
                "actor": actor,
                "zone": actor.timezone,
                "path": request.url.path,
                "nav": [item for item in self._nav if actor.may(item.needs)],
                "csrf_token": self._csrf.token(self._csrf.binding(request, actor)),
                "request_id": request_id.get() or "",
                "flash": flash_of(request),
                "notices": found,
                "notices_live": live,
                "base_url": request.app.state.services.url(),
                **context,
            }
        )

    def response(
        self,
        request: AnyRequest,
        template: str,
        /,
        *,
        status: int = 200,
        headers: dict[str, str] | None = None,
        **context: Any,
    ) -> Response[str]:
        """A page as an answer, with the visitor cookie that a form of somebody unknown needs."""
        text = self.html(request, template, **context)
        given = {"Vary": "Cookie, HX-Request", **(headers or {})}
        answer = Response(text, status_code=status, media_type=HTML, headers=given)
        fresh = request.scope.get("visitor")
        if fresh:
            answer.set_cookie(
                Cookie(
                    key=self._csrf.cookie,
                    value=str(fresh),
                    path="/",
                    httponly=True,
                    samesite="lax",
                    secure=self._csrf.secure,
                )
            )
        if request.cookies.get(FLASH):
            answer.delete_cookie(FLASH, path="/")
        return answer

    def error_page(self, request: AnyRequest, error: AppError) -> str:
        """The page of an error."""
        return self.html(request, "error.html", error=error)


FLASH = "flash"


ABOUT = re.compile(r"[a-z0-9_]{0,80}")


@dataclass(frozen=True, slots=True)
class Flash:
    """The notice that the redirecting request left: its key, what it is about, and what it says."""

    key: str
    about: str
    text: str


def flash_of(request: AnyRequest) -> Flash | None:
    """The notice for this page; None for a cookie that is none of :data:`NOTICES`."""
    key, _, about = request.cookies.get(FLASH, "").partition("~")
    return Flash(key, about, NOTICES[key]) if key in NOTICES and ABOUT.fullmatch(about) else None


NOTICES = {
    "saved": "Saved.",
    "created": "Created.",
    "deleted": "Deleted.",
    "revoked": "Revoked. It stopped working at once.",
    "restored": "It works again.",
    "added": "Added. They have an account here already and sign in with their own password.",
    "added-mail": "Added. A mail with a link to choose a password is on its way.",
    "added-elsewhere": "Added. They have no password yet; whoever added them first, or runs the server, has the link.",
    "removed": "Removed. They have no access any more.",
    "closed": "Closed: what is sent to it from now on is refused. What came in stays.",
    "reopened": "Reopened: it takes submissions again.",
    "signing": "Only signed submissions are taken from now on.",
    "moved": "The stage was changed.",
    "given": "The owner was changed.",
    "sent": "Sent.",
    "retrying": "It will be tried again now.",
    "password": "Your password was changed. You are signed out everywhere else.",
    "signed-out": "You are signed out.",
    "signed-out-everywhere": "You are signed out everywhere.",
    "switched": "You are in another workspace now.",
}
"""What a redirect may say on the next page. Keys, so that nobody can plant text through a cookie."""


def _show(value: object) -> object:
    """Every text on a page loses characters that could reverse or break it; None shows as nothing."""
    if value is None:
        return ""
    return scrub(value) if type(value) is str else value


def render(
    request: AnyRequest, template: str, /, *, status: int = 200, headers: dict[str, str] | None = None, **context: Any
) -> Response[str]:
    """The page ``template`` (``leads/list.html``) with the given values."""
    renderer: Renderer = request.app.state.renderer
    return renderer.response(request, template, status=status, headers=headers, **context)


def redirect(
    path: str, *, notice: str | None = None, about: str = "", cookies: Iterable[Cookie] = ()
) -> Response[None]:
    """Go to a page of ours after a form was taken (303), optionally with one of :data:`NOTICES`.

    ``about`` is an id or a word that the page needs for its undo (the block of that name).
    """
    answer: Response[None] = Response(None, status_code=303, headers={"Location": local(path)})
    if notice:
        value = f"{notice}~{about}" if about else notice
        answer.set_cookie(Cookie(key=FLASH, value=value, path="/", httponly=True, samesite="lax", max_age=30))
    for cookie in cookies:
        answer.set_cookie(cookie)
    return answer


def local(path: str | None, default: str = "/") -> str:
    """The path if it leads to a page of ours, else the default: no redirect leaves this site."""
    if not path or not path.startswith("/") or path.startswith(("//", "/\\")) or len(path) > 1000:
        return default
    return path if path.isascii() and path.isprintable() and "\\" not in path else default


__all__ = ["NOTICES", "Renderer", "ago", "copy_id", "describe", "escape", "local", "redirect", "render"]
