"""What people do in Telegram: open links, press buttons, reply to cards, throw the bot out.

An update becomes exactly one job: collecting (or receiving) it commits the job together with the place in the stream,
and every job writes in the same transaction that completes it. So a crash repeats nothing and loses nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from leadsbot.channels.telegram.card import ACTIONS, NOT_NOTED, REFUSED, claimed_text, moved_text
from leadsbot.channels.telegram.updates import ButtonPress, Membership, Migration, Reply, StartLink, classify
from leadsbot.features.accounts import public as accounts
from leadsbot.features.alerts import actions, model, sending, store
from leadsbot.features.alerts.bot import require
from leadsbot.features.leads import public as leads
from leadsbot.infra.db.tx import SystemTx, TenantTx
from leadsbot.infra.jobs.kinds import URGENT, JobContext, JobKind, Retry
from leadsbot.infra.jobs.queue import enqueue
from leadsbot.kit.clock import utcnow
from leadsbot.kit.errors import AppError
from leadsbot.kit.text import scrub, telegram_escape

HELLO = (
    "Hello! I bring new enquiries. Open LeadsBot, choose Telegram and then Connect: it gives you a link for this chat."
)
NOT_A_LINK = "This link does not work (any more). Make a new one in LeadsBot under Telegram."
NOTE_LIMIT = 4000
NAME_PAUSE = timedelta(seconds=1)
NOTED = "👍"
HINT_PAUSE = timedelta(hours=1)
"""A chat full of strangers is told once in this time how to be known; every hint costs the alerts some pace."""
GONE = frozenset({"blocked", "removed"})


class UpdateJob(msgspec.Struct, frozen=True):
    """One update as Telegram sent it."""

    raw: str


class PushedJob(msgspec.Struct, frozen=True):
    """The mark of an update that was pushed, or of a hint that was given; its unique key is what it is for."""


class BindJob(msgspec.Struct, frozen=True):
    """A link that was opened in a chat."""

    link_id: UUID
    chat_id: int
    thread_id: int | None
    chat_kind: str
    title: str
    telegram_id: int
    telegram_name: str
    topic: str | None = None


class PressJob(msgspec.Struct, frozen=True):
    """A button that was pressed under a card."""

    card_id: UUID
    action: str
    callback_id: str
    telegram_id: int
    telegram_name: str


class NoteJob(msgspec.Struct, frozen=True):
    """A reply to a card."""

    card_id: UUID
    text: str
    telegram_id: int
    telegram_name: str
    chat_id: int = 0
    message_id: int = 0
    """Where the reply stands; 0 in jobs of a version that did not say."""
    thread_id: int | None = None


class ChatJob(msgspec.Struct, frozen=True):
    """Something happened to a chat: it moved, or the bot was thrown out."""

    destination_id: UUID
    moved_to: int | None = None
    reason: str | None = None


async def take_update(tx: SystemTx, context: JobContext, job: UpdateJob) -> None:
    """Find the workspace that an update is about and hand it over."""
    username = require(context.services).username
    if username is None:
        # Asked for in the background, because no transaction may wait for the network.
        raise Retry("the bot's name is not known yet", NAME_PAUSE, counted=False)
    intent = classify(job.raw.encode(), username)
    if isinstance(intent, StartLink):
        await _start(tx, intent)
    elif isinstance(intent, ButtonPress):
        await _press(tx, intent)
    elif isinstance(intent, Reply):
        await _reply(tx, intent)
    elif isinstance(intent, Migration):
        await _chat(tx, intent.old_chat_id, moved_to=intent.new_chat_id)
    elif isinstance(intent, Membership) and intent.standing in GONE:
        await _chat(tx, intent.chat.id, reason="The bot was blocked or removed from the chat.")


async def _start(tx: SystemTx, intent: StartLink) -> None:
    chat = intent.chat
    if intent.code is None:
        if chat.type == "private":
            await enqueue(tx, sending.SAY, sending.SayJob(chat.id, HELLO, intent.thread_id))
        return
    await tx.bear(model.code_hash(intent.code))
    link = await store.link_borne(tx)
    if link is None:
        await enqueue(tx, sending.SAY, sending.SayJob(chat.id, NOT_A_LINK, intent.thread_id))
        return
    bind = BindJob(
        link.id,
        chat.id,
        intent.thread_id,
        chat.type,
        scrub(chat.name),
        intent.user.id if intent.user else 0,
        scrub(intent.user.name) if intent.user else "",
        scrub(intent.topic) if intent.topic else None,
    )
    await enqueue(tx, BIND, bind, workspace_id=link.workspace_id)


async def _press(tx: SystemTx, intent: ButtonPress) -> None:
    action, _, token = intent.data.partition(":")
    await tx.bear(model.token_hash(token))
    found = await store.card_borne(tx)
    if found is None or action not in ACTIONS:
        stale = "This button is too old. Open the lead in LeadsBot."
        await enqueue(tx, sending.ANSWER, sending.AnswerJob(intent.callback_id, stale, alert=True))
        return
    workspace_id, card_id = found
    press = PressJob(card_id, action, intent.callback_id, intent.user.id, scrub(intent.user.name))
    await enqueue(tx, PRESS, press, workspace_id=workspace_id)


async def _reply(tx: SystemTx, intent: Reply) -> None:
    await tx.bear(model.place_hash(intent.chat.id, intent.to_message_id))
    found = await store.card_borne(tx)
    if found is None or intent.user is None:
        return
    workspace_id, card_id = found
    note = NoteJob(
        card_id,
        scrub(intent.text)[:NOTE_LIMIT],
        intent.user.id,
        scrub(intent.user.name),
        intent.chat.id,
        intent.message_id,
        intent.thread_id,
    )
    await enqueue(tx, NOTE, note, workspace_id=workspace_id)


async def _chat(tx: SystemTx, chat_id: int, *, moved_to: int | None = None, reason: str | None = None) -> None:
    await tx.bear(model.chat_hash(chat_id))
    found = await store.workspaces_of_chat(tx)
    for workspace_id, destination_id in found:
        await enqueue(tx, CHAT, ChatJob(destination_id, moved_to, reason), workspace_id=workspace_id)


async def bind_chat(tx: TenantTx, context: JobContext, job: BindJob) -> None:
    """Bind a chat and say so there."""
    try:
        destination, fresh = await actions.bind(
            tx,
            job.link_id,
            chat_id=job.chat_id,
            thread_id=job.thread_id,
            chat_kind=job.chat_kind,
            title=job.title,
            telegram_id=job.telegram_id,
            telegram_name=job.telegram_name,
            topic=job.topic,
            by=f"telegram:{job.telegram_id}",
        )
    except AppError as error:
        text = telegram_escape(error.detail)
    else:
        what = "is connected" if fresh else "is connected already"
        text = f"✅ <b>{telegram_escape(destination.name)}</b> {what}. New enquiries arrive here."
    await enqueue(tx, sending.SAY, sending.SayJob(job.chat_id, text, job.thread_id))


async def press_button(tx: TenantTx, context: JobContext, job: PressJob) -> None:
    """Do what a button says, once, and only for people the workspace knows."""
    person_id = await _allowed(tx, job.card_id, job.telegram_id)
    if person_id is False:
        await _answer(tx, job.callback_id, REFUSED, alert=True)
        return
    card = await store.card(tx, job.card_id)
    if card is None:
        return
    actor = person_id if isinstance(person_id, UUID) else None
    by = f"person:{actor}" if actor else f"telegram:{job.telegram_id}"
    try:
        text = await _act(tx, job, card.lead_id, actor, by)
    except AppError as error:
        text = error.detail
    await _answer(tx, job.callback_id, text)
    # A second press changes nothing but must still repair a card whose edit was lost.
    await sending.enqueue_refresh(tx, card)


async def _act(tx: TenantTx, job: PressJob, lead_id: UUID, person: UUID | None, by: str) -> str:
    verb = ACTIONS[job.action]
    if verb == "claim":
        if person is None:
            return "Only members of the workspace can claim. Connect your own chat in LeadsBot first."
        claim = await leads.claim(tx, lead_id, person, by=by)
        return claimed_text(won=claim.owner_id == person)
    await leads.set_stage(tx, lead_id, verb, by=by)
    return moved_text((await leads.stage_labels(tx))[verb])


async def _allowed(tx: TenantTx, card_id: UUID, telegram_id: int) -> UUID | bool:
    """The member who pressed; True for a known or admitted person without an account; False for a stranger, and for
    somebody who does not belong to the workspace any more."""
    known, person_id = await store.known(tx, telegram_id)
    if known and (person_id is None or await _name(tx, person_id)):
        return person_id or True
    card = await store.card(tx, card_id)
    destination = await store.destination(tx, card.destination_id) if card else None
    return bool(destination and destination.anyone_may_act)


async def _name(tx: TenantTx, person_id: UUID) -> str | None:
    """What the team calls a member; None for somebody who is none."""
    return next((member.name for member in await accounts.members(tx) if member.person_id == person_id), None)


async def _answer(tx: TenantTx, callback_id: str, text: str, *, alert: bool = False) -> None:
    await enqueue(tx, sending.ANSWER, sending.AnswerJob(callback_id, text, alert))


async def take_note(tx: TenantTx, context: JobContext, job: NoteJob) -> None:
    """A reply to a card becomes a note and gets a thumb; a stranger's does not, and they are told now and then."""
    person_id = await _allowed(tx, job.card_id, job.telegram_id)
    card = await store.card(tx, job.card_id)
    if person_id is False:
        await _hint(tx, job)
        return
    if card is None or not job.text.strip():
        return
    by, name = f"telegram:{job.telegram_id}", job.telegram_name
    if isinstance(person_id, UUID):
        # The name that their presses have: one person must not appear under two.
        by, name = f"person:{person_id}", await _name(tx, person_id) or name
    await leads.add_note(tx, card.lead_id, job.text, by=by, via="telegram", author_name=name)
    if job.message_id:
        await enqueue(tx, sending.REACT, sending.ReactJob(job.chat_id, job.message_id, NOTED))


async def _hint(tx: TenantTx, job: NoteJob) -> None:
    mark, due = f"hint {job.chat_id}", utcnow() + HINT_PAUSE
    if job.message_id and await enqueue(tx, HINTED, PushedJob(), unique=mark, due_at=due):
        hint = sending.SayJob(job.chat_id, NOT_NOTED, job.thread_id, reply_to=job.message_id)
        await enqueue(tx, sending.SAY, hint)


async def chat_changed(tx: TenantTx, context: JobContext, job: ChatJob) -> None:
    """Follow a chat that moved; stop sending to one that threw the bot out."""
    if job.moved_to is not None:
        await actions.moved(tx, job.destination_id, job.moved_to)
    elif job.reason:
        await actions.disable(tx, job.destination_id, "left", job.reason)


async def forget(tx: SystemTx | TenantTx, context: JobContext, job: PushedJob) -> None:
    """The mark of a pushed update or a given hint has served its time; it goes with this job."""


PUSHED = JobKind(name="alerts.pushed", payload=PushedJob, run=forget)
HINTED = JobKind(name="alerts.hinted", payload=PushedJob, run=forget)
UPDATE = JobKind(name="alerts.update", payload=UpdateJob, run=take_update, priority=URGENT)
BIND = JobKind(name="alerts.bind", payload=BindJob, run=bind_chat, priority=URGENT)
PRESS = JobKind(name="alerts.press", payload=PressJob, run=press_button, priority=URGENT)
NOTE = JobKind(name="alerts.note", payload=NoteJob, run=take_note)
CHAT = JobKind(name="alerts.chat", payload=ChatJob, run=chat_changed)
KINDS: tuple[JobKind[Any], ...] = (PUSHED, HINTED, UPDATE, BIND, PRESS, NOTE, CHAT)
