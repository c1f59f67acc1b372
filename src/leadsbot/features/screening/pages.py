"""The quarantine: what was held back, why, and the way out. Everything can be undone for eight seconds."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Response

from leadsbot.features.capture import public as capture
from leadsbot.features.capture.public import HeldState, Submission
from leadsbot.features.screening import actions, later
from leadsbot.features.screening.model import KEPT, UNDO_S
from leadsbot.features.screening.named import Named, named
from leadsbot.features.screening.reasons import reasons_of
from leadsbot.features.screening.signals.said import Said, is_prose, said
from leadsbot.infra.db.tx import TenantTx
from leadsbot.kit import ids
from leadsbot.kit.errors import Conflict, Invalid
from leadsbot.kit.headline import CHOSEN, UNTOLD, Told, headline, is_empty
from leadsbot.kit.spellings import role_of
from leadsbot.web.actor import Permission
from leadsbot.web.inject import Caller, FromPath, InTx, PageRequest, Posted, Uses
from leadsbot.web.pagination import paged, position
from leadsbot.web.render import redirect, render
from leadsbot.web.routes import page

READ, WRITE = Permission.LEADS_READ, Permission.LEADS_WRITE
HERE = "/quarantine"
ROWS = 50
TOGETHER = 50
"""How many one click releases; the rest is released by the next one."""
LOOKED_THROUGH = 1000
CHIPS: tuple[tuple[HeldState, str], ...] = (
    ("quarantined", "Quarantined"),
    ("blocked", "Blocked"),
    ("spam", "Spam"),
    ("released", "Released"),
)
INTROS = {
    "quarantined": "What looked like a bot's. Nobody was alerted and nothing is lost: "
    f"it waits here for {KEPT.days} days.",
    "blocked": f"What was almost certainly a bot's. Nobody was alerted; it waits here for {KEPT.days} days.",
    "spam": f"What somebody of yours marked as spam. It is deleted {KEPT.days} days after it came in.",
    "released": "What was held back and released by somebody of yours. It became a lead like any other.",
}
CAPTIONS = {
    "quarantined": "Quarantined", "blocked": "Blocked", "spam": "Marked as spam", "released": "Released",
}  # fmt: skip
NOTHING = {
    "quarantined": "Nothing waits here",
    "blocked": "Nothing was blocked",
    "spam": "Nothing was marked as spam",
    "released": "Nothing was released",
}
Answer = Response[Any]


@page("GET", HERE, needs=READ)
async def folder(request: PageRequest, tx: InTx, services: Uses) -> Response[str]:
    """What waits, the newest first, with the reasons in words."""
    get = request.query_params.get
    state = next((key for key, _ in CHIPS if key == get("state")), CHIPS[0][0])
    rows = await capture.page_submissions(tx, state=state, before=position(get("cursor")), limit=ROWS + 1)
    shown = paged(rows, ROWS, lambda each: each, lambda each: (each.received_at, each.id))
    counts = await capture.count_held(tx)
    sources = {source.id: source.name for source in await capture.list_sources(tx)}
    answers = await named(tx, services, shown.data)
    return render(
        request,
        "screening/folder.html",
        rows=[_row(each, sources, answers.get(each.id)) for each in shown.data],
        next_cursor=shown.next_cursor,
        state=state,
        chips=[
            {
                "label": label,
                "count": counts[key],
                "href": f"{HERE}?{urlencode({'state': key})}",
                "current": key == state,
            }
            for key, label in CHIPS
        ],
        nothing=NOTHING[state],
        # What was released a moment ago is in no list until it has become a lead.
        anything=any(counts.values()) or bool(get("state") or get("done")),
        undo=await _undo(tx, get("done") or ""),
        intro=INTROS[state],
        caption=CAPTIONS[state],
        seconds=UNDO_S,
    )


@page("GET", f"{HERE}/count", needs=READ)
async def count(tx: InTx) -> Response[str]:
    """How many wait, for the navigation; empty when none does."""
    waiting = (await capture.count_held(tx))["quarantined"]
    return Response(str(waiting) if waiting else "", media_type="text/html")


@page("POST", HERE + "/{submission:str}/release", needs=WRITE)
async def release(submission: FromPath[str], form: Posted, actor: Caller, tx: InTx) -> Answer:
    """Make a lead of it, in eight seconds."""
    return await _propose(tx, [ids.read(ids.SUBMISSION, submission)], form, spam=False, by=actor.tag)


@page("POST", HERE + "/{submission:str}/spam", needs=WRITE)
async def spam(submission: FromPath[str], form: Posted, actor: Caller, tx: InTx) -> Answer:
    """Let the filter learn that it is spam, in eight seconds."""
    return await _propose(tx, [ids.read(ids.SUBMISSION, submission)], form, spam=True, by=actor.tag)


@page("POST", HERE + "/{submission:str}/release-all", needs=WRITE)
async def release_all(submission: FromPath[str], form: Posted, actor: Caller, tx: InTx) -> Answer:
    """Release everything that waits from the same e-mail address or source as this one."""
    like = await capture.get_submission(tx, ids.read(ids.SUBMISSION, submission))
    if like is None:
        raise ids.InvalidId("There is no such submission.")
    email = said(like.fields).email
    same_source = form.get("by") == "source"
    found: list[UUID] = []
    states: tuple[HeldState, ...] = ("quarantined", "blocked")
    for state in states:
        waiting = await capture.page_submissions(
            tx, state=state, source_id=like.source_id if same_source else None, limit=LOOKED_THROUGH
        )
        found += [each.id for each in waiting if same_source or (email and said(each.fields).email == email)]
    return await _propose(tx, found[:TOGETHER], form, spam=False, by=actor.tag)


@page("POST", f"{HERE}/undo", needs=WRITE)
async def undo(form: Posted, tx: InTx) -> Answer:
    """Put back what was taken out a moment ago; what has taken effect already stays."""
    put_back = 0
    for submission_id in _read(form.text("done", limit=4000)):
        # Of several, the first may have taken effect while the last still waits.
        with contextlib.suppress(Conflict):
            await later.withdraw(tx, submission_id)
            put_back += 1
    if not put_back:
        raise Conflict("This has taken effect already. A lead that was made can be marked as junk.")
    return redirect(_back(form.get("state", "")), notice="saved")


async def _propose(tx: TenantTx, submissions: list[UUID], form: Posted, *, spam: bool, by: str) -> Answer:
    done = [each for each in submissions if await later.propose(tx, each, spam=spam, by=by)]
    # Whoever goes through the list quickly can still undo what they did before.
    before = [each for each in _read(form.get("done", "")[:4000]) if each not in done]
    shown = ",".join(ids.show(ids.SUBMISSION, each) for each in [*done, *before][:TOGETHER])
    return redirect(_back(form.get("state", ""), done=shown) if shown else _back(form.get("state", "")))


def _back(state: str, **more: str) -> str:
    known = {"state": state} if state in dict(CHIPS) else {}
    query = urlencode({**known, **more}, safe=",")
    return f"{HERE}?{query}" if query else HERE


def _read(shown: str) -> list[UUID]:
    found = [ids.read(ids.SUBMISSION, each) for each in shown.split(",") if each]
    if len(found) > TOGETHER:
        raise Invalid("done", f"At most {TOGETHER} can be undone at once.")
    return found


async def _undo(tx: TenantTx, shown: str) -> dict[str, Any] | None:
    """What can still be undone of what was done last, and to whom it was done."""
    try:
        wanted = _read(shown)
    except (ids.InvalidId, Invalid):
        return None
    found = [await capture.get_submission(tx, each) for each in wanted]
    open_ = [each for each in found if each is not None and await actions.pending(tx, each)]
    if not open_:
        return None
    spam, more = sum(each.label == "spam" for each in open_), len(open_) - 3
    return {
        "done": ",".join(ids.show(ids.SUBMISSION, each.id) for each in open_),
        "who": ", ".join(_who(_said(each))[:60] for each in open_[:3]) + (f" and {more} more" if more > 0 else ""),
        "released": len(open_) - spam,
        "spam": spam,
    }


def _is_family_name(answer: tuple[str, Any]) -> bool:
    """To put family names last: answers are stored without the order they were sent in."""
    role = role_of(answer[0])
    return role is not None and role[0] == "last"


def _said(submission: Submission) -> Said:
    return said(dict(sorted(submission.fields.items(), key=_is_family_name)))


def _who(parts: Said) -> str:
    return parts.name or parts.email or "No name"


def _row(submission: Submission, sources: dict[UUID, str], answers: Sequence[Named] | None) -> dict[str, Any]:
    parts, verdict = _said(submission), submission.verdict or {}
    return {
        "id": ids.show(ids.SUBMISSION, submission.id),
        "who": _who(parts),
        "email": parts.email,
        "text": _line(submission, answers),
        "answers": _answers(submission, answers),
        "context": submission.context,
        "ip": submission.ip,
        "source": sources.get(submission.source_id, "a deleted source"),
        "blocked": verdict.get("verdict") == "block",
        "score": round(100 * float(verdict.get("score", 0))),
        "reasons": reasons_of(verdict),
        "lead": ids.show(ids.LEAD, submission.lead_id) if submission.lead_id else "",
        "at": submission.received_at,
        "waits": submission.quarantined and submission.label is None,
        "releasable": submission.quarantined and submission.label != "genuine",
        "quarantined": submission.quarantined,
    }


def _line(submission: Submission, answers: Sequence[Named] | None) -> str:
    """What was answered in one line, in the words of the form; who it is from stands beside it."""
    if answers is None:
        return headline(Told(_label(key), value) for key, value in submission.fields.items() if is_prose(key))
    return headline(
        Told(_label(each.key) if each.label == each.key else each.label, each.value, each.type not in CHOSEN)
        for each in answers
        if is_prose(each.key) and each.type not in UNTOLD
    )


def _answers(submission: Submission, answers: Sequence[Named] | None) -> list[tuple[str, Any]]:
    """What was answered: as the form asked it, else under readable names."""
    if answers is None:
        return [(_label(key), _shown(value)) for key, value in submission.fields.items() if not is_empty(value)]
    return [(_label(each.key) if each.label == each.key else each.label, each.value) for each in answers]


def _label(key: str) -> str:
    words = " ".join(key.replace("_", " ").split())
    return words[:1].upper() + words[1:] or key


def _shown(value: Any) -> Any:
    """Several choices as one text; everything else as it came."""
    several = isinstance(value, list) and all(isinstance(each, str | int | float) for each in value)
    return ", ".join(map(str, value)) if several else value


routes = (folder, count, release, spam, release_all, undo)
