"""Background work of accounts: the reset mail, and clearing what is over."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import msgspec

from leadsbot.contracts.ports import Mail, MailError
from leadsbot.features.accounts import actions, model, store
from leadsbot.infra.db.tx import Tx
from leadsbot.infra.jobs.kinds import Cron, Dead, JobContext, JobKind, Retry
from leadsbot.infra.services import Services
from leadsbot.kit.clock import utcnow


class ResetMail(msgspec.Struct, frozen=True):
    """Whom to write to. The link is made when the mail is sent, so that no queue ever holds a token."""

    person_id: UUID


class WelcomeMail(msgspec.Struct, frozen=True):
    """Whom to tell that they belong to a workspace now, and who says so."""

    person_id: UUID
    workspace_id: UUID
    by: str


class Nothing(msgspec.Struct, frozen=True):
    """No payload."""


TEXT = """Hello {name},

somebody asked for a new password of your LeadsBot account. If it was you, set it here within an hour:

{link}

If it was not you, nothing has to be done: your password stays as it is.
"""


WELCOME = """Hello {name},

{by} added you to {workspace} in LeadsBot, where enquiries come in. {how}

{link}

If you do not know what this is about, nothing has to be done.
"""
WELCOME_NEW = "Choose your password within three days:"
WELCOME_KNOWN = "Sign in with the password that you have:"


async def send_reset_mail(context: JobContext, payload: ResetMail) -> None:
    """Make a link and mail it. For somebody unknown it does nothing: asking must not tell who has an account."""
    services: Services = context.services
    if services.mailer is None:
        raise Dead("Mail is not set up (LEADSBOT_SMTP_URL, LEADSBOT_MAIL_FROM).")
    async with services.db.system() as tx:
        person = await store.person(tx, payload.person_id)
        if person is None:
            return
        secret = await actions.make_link(tx, "password", person.id, model.PASSWORD_LINK_LIFE)
    text = TEXT.format(name=person.name, link=services.url(f"/reset/new?token={secret}"))
    mail = Mail(person.email, "Your new LeadsBot password", text, f"reset-{context.job_id}")
    try:
        await services.mailer.send(mail)
    except MailError as error:
        raise (Dead(str(error)) if error.permanent else Retry(str(error))) from error


async def send_welcome_mail(context: JobContext, payload: WelcomeMail) -> None:
    """Tell a colleague where to sign in, with a link for the first password when they have none."""
    services: Services = context.services
    if services.mailer is None:
        raise Dead("Mail is not set up (LEADSBOT_SMTP_URL, LEADSBOT_MAIL_FROM).")
    async with services.db.tenant(payload.workspace_id) as tx:
        person = await store.person(tx, payload.person_id)
        here = payload.person_id in {member.person_id for member in await store.members(tx)}
        space = (await actions.settings_of(tx)).name
    if person is None or not here:
        return
    secret = await actions.welcome_link(services.db, payload.workspace_id, person.id, kind="welcome")
    how = WELCOME_NEW if secret else WELCOME_KNOWN
    link = services.url(f"/reset/new?token={secret}" if secret else "/login")
    text = WELCOME.format(name=person.name, by=payload.by, workspace=space, how=how, link=link)
    mail = Mail(person.email, f"You were added to {space} in LeadsBot", text, f"welcome-{context.job_id}")
    try:
        await services.mailer.send(mail)
    except MailError as error:
        raise (Dead(str(error)) if error.permanent else Retry(str(error))) from error


async def sweep(tx: Tx, _context: JobContext, _payload: Nothing) -> None:
    """Delete sessions, links and throttles that are over."""
    await store.sweep(tx, utcnow())


RESET_MAIL = JobKind(name="accounts.reset_mail", payload=ResetMail, run=send_reset_mail, mode="effect")
WELCOME_MAIL = JobKind(name="accounts.welcome_mail", payload=WelcomeMail, run=send_welcome_mail, mode="effect")
SWEEP = JobKind(name="accounts.sweep", payload=Nothing, run=sweep)
SCHEDULE = (Cron(name="accounts.sweep", every=timedelta(hours=1), kind=SWEEP, payload=Nothing()),)
