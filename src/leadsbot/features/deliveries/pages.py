"""The delivery log: what was sent where, why something was not, and another try."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from litestar import Response

from leadsbot.features.deliveries import public, store, words
from leadsbot.features.deliveries.model import OPEN, RETRYABLE, State
from leadsbot.features.leads.public import display_names
from leadsbot.infra.jobs import admin
from leadsbot.kit import ids
from leadsbot.kit.errors import NotFound
from leadsbot.web.actor import Permission
from leadsbot.web.inject import FromPath, InTx, PageRequest, Posted
from leadsbot.web.pagination import paged, position
from leadsbot.web.render import local, redirect, render
from leadsbot.web.routes import page

READ, WRITE = Permission.DELIVERIES_READ, Permission.DELIVERIES_WRITE
HERE = "/deliveries"
ROWS, DEAD = 50, 50
LARGEST_JOB = 2**63 - 1
CHIPS: tuple[tuple[str, str, tuple[State, ...]], ...] = (
    ("", "All", ()),
    ("waiting", "Under way", (State.DUE, State.SENDING)),
    *((state.value, words.STATES[state], (state,)) for state in State if state not in OPEN),
)
TONES = {
    State.SENT: "good",
    State.FAILED: "bad",
    State.UNCERTAIN: "warn",
    State.HELD: "warn",
    State.CANCELLED: "plain",
    State.DUE: "accent",
    State.SENDING: "accent",
}
JOBS = {
    "handler:leads.take_in": "Make a lead of a submission",
    "handler:alerts.announce": "Announce a new lead",
    "handler:alerts.announce_repeat": "Tell that somebody wrote again",
    "alerts.send": "Send an alert",
    "alerts.digest": "Update a message with several enquiries",
    "alerts.refresh": "Update a message",
    "alerts.answer": "Answer a pressed button",
    "alerts.press": "Do what a pressed button says",
    "alerts.note": "Write a reply down as a note",
    "alerts.bind": "Connect a chat",
    "alerts.say": "Answer in a chat",
    "confirmations.send": "Send a confirmation by e-mail",
    "handler:confirmations.confirm": "Confirm a submission by e-mail",
    "handler:confirmations.confirm_repeat": "Confirm a submission by e-mail",
}
"""What the kinds of jobs that stop most often are for, in words."""


@page("GET", HERE, needs=READ)
async def log(request: PageRequest, tx: InTx) -> Response[str]:
    """The newest first, filtered by state; on top the jobs that have given up."""
    get = request.query_params.get
    chosen = next((chip for chip in CHIPS if chip[0] == get("state", "")), CHIPS[0])
    lead = get("lead") or ""
    rows = await store.page(
        tx,
        states=chosen[2],
        lead_id=ids.read(ids.LEAD, lead) if lead else None,
        before=position(get("cursor")),
        limit=ROWS + 1,
    )
    shown = paged(rows, ROWS, lambda each: each, lambda each: (each.created_at, each.id))
    counts = await store.counts(tx)
    query = {name: value for name, value in (("state", chosen[0]), ("lead", lead)) if value}
    return render(
        request,
        "deliveries/log.html",
        rows=shown.data,
        next_cursor=shown.next_cursor,
        query=urlencode(query),
        chips=[
            {
                "label": label,
                "count": sum(counts.values()) if not key else sum(counts.get(state, 0) for state in states),
                "href": HERE + (f"?{urlencode({**query, 'state': key})}" if key else f"?lead={lead}" if lead else ""),
                "current": key == chosen[0],
            }
            for key, label, states in CHIPS
        ],
        filtered=bool(query),
        lead=lead,
        names=await display_names(tx, {each.lead_id for each in shown.data if each.lead_id}),
        attempts=await store.attempts_of(tx, [each.id for each in shown.data if each.attempts]),
        dead=await admin.dead(tx, tx.workspace_id, DEAD),
        jobs=JOBS,
        tones=TONES,
        places=await public.places(tx, shown.data),
        words=words,
        retryable=RETRYABLE,
    )


@page("POST", "/deliveries/{delivery:str}/retry", needs=WRITE)
async def retry(delivery: FromPath[str], form: Posted, tx: InTx) -> Response[Any]:
    """Another try, now."""
    await public.resend(tx, ids.read(ids.DELIVERY, delivery))
    return redirect(local(form.get("back"), HERE), notice="retrying")


@page("POST", "/deliveries/jobs/{job:str}/replay", needs=WRITE)
async def replay(job: FromPath[str], tx: InTx) -> Response[Any]:
    """Let a job that has given up begin again."""
    if not await admin.replay(tx, _number(job), tx.workspace_id):
        raise NotFound("This job is not among those that have given up, or the same job waits already.")
    return redirect(HERE, notice="retrying")


@page("POST", "/deliveries/jobs/{job:str}/dismiss", needs=WRITE)
async def dismiss(job: FromPath[str], tx: InTx) -> Response[Any]:
    """Remove a job that has given up from the list, for good."""
    if not await admin.dismiss(tx, _number(job), tx.workspace_id):
        raise NotFound("This job is not among those that have given up.")
    return redirect(HERE, notice="deleted")


def _number(job: str) -> int:
    if not job.isascii() or not job.isdigit() or len(job) > 19 or int(job) > LARGEST_JOB:
        raise NotFound("There is no such job.")
    return int(job)


routes = (log, retry, replay, dismiss)
