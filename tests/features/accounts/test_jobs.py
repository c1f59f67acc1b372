"""The reset mail, from the form to a real mail server, and what is swept away."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from email import message_from_string, policy

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from leadsbot.contracts.ports import Mail, MailError
from leadsbot.features.accounts import jobs
from leadsbot.infra.db.pool import Database
from leadsbot.infra.jobs.kinds import Dead, JobContext
from leadsbot.infra.mail import mailer
from leadsbot.kit.ids import new_id
from tests.cast import Cast, application, browser, make_cast, services, settings
from tests.inbox import Inbox, mail_server


@pytest.fixture
async def inbox() -> AsyncIterator[tuple[Inbox, str]]:
    async with mail_server() as found:
        yield found


async def test_the_reset_mail_carries_a_link_that_works_and_the_queue_carries_none(
    fresh_db: Database, inbox: tuple[Inbox, str]
) -> None:
    kept, url = inbox
    cast: Cast = await make_cast(fresh_db)
    known = settings(smtp_url=SecretStr(url), mail_from="LeadsBot <leads@example.com>")
    given = services(fresh_db, settings=known, mailer=mailer(known))
    app = application(given)
    async with browser(app) as alice:
        first = await alice.post("/reset", {"email": cast.alice.email}, on="/reset")
        other = await alice.post("/reset", {"email": "stranger@example.com"}, on="/reset")
        assert first.status_code == other.status_code == 200
        assert re.sub(r"req_\w+", "", first.text) == re.sub(r"req_\w+", "", other.text)
        async with fresh_db.system() as tx:
            rows = (
                await tx.execute(text("SELECT payload FROM job WHERE kind = 'accounts.reset_mail' ORDER BY id"))
            ).all()
        assert [set(row.payload) for row in rows] == [{"person_id"}, {"person_id"}]
        for row in rows:
            context = JobContext(given, None, 1, 1, 5)
            await jobs.send_reset_mail(context, jobs.ResetMail(new_id() if row is rows[1] else cast.alice.person_id))
        assert len(kept.mails) == 1
        parsed = message_from_string(kept.mails[0], policy=policy.default)
        assert parsed["To"] == cast.alice.email
        mail = parsed.get_content()
        link = re.search(r"http://leads\.test(/reset/new\?token=[\w-]+)", mail)
        assert link
        assert (await alice.get(link.group(1))).status_code == 200


async def test_a_refused_address_is_not_tried_again(inbox: tuple[Inbox, str]) -> None:
    sender = mailer(settings(smtp_url=SecretStr(inbox[1]), mail_from="leads@example.com"))
    assert sender is not None
    with pytest.raises(MailError) as refused:
        await sender.send(Mail("nobody@example.com", "Hello\r\nBcc: x@example.com", "Text", "1"))
    assert refused.value.permanent
    away = mailer(settings(smtp_url=SecretStr("smtp://127.0.0.1:1"), mail_from="leads@example.com"))
    assert away is not None
    with pytest.raises(MailError) as unreachable:
        await away.send(Mail("ann@example.com", "Hello", "Text", "1"))
    assert not unreachable.value.permanent


async def test_without_mail_the_job_ends_visibly(db: Database) -> None:
    with pytest.raises(Dead):
        await jobs.send_reset_mail(JobContext(services(db), None, 1, 1, 5), jobs.ResetMail(new_id()))


async def test_what_is_over_is_swept_away(fresh_db: Database) -> None:
    cast = await make_cast(fresh_db)
    async with browser(application(services(fresh_db))) as alice, browser(application(services(fresh_db))) as other:
        await alice.sign_in(cast.alice.email)
        await other.sign_in(cast.alice.email)
        async with fresh_db.system() as tx:
            oldest = "(SELECT min(id::text)::uuid FROM session)"
            old = f"UPDATE session SET seen_at = seen_at - interval '16 days' WHERE id = {oldest}"
            await tx.execute(text(old))
        assert (await alice.get("/account")).status_code == 303
        async with fresh_db.system() as tx:
            await jobs.sweep(tx, JobContext(None, None, 1, 1, 1), jobs.Nothing())
            assert await tx.scalar(text("SELECT count(*) FROM session")) == 1
        assert (await other.get("/account")).status_code == 200


async def test_a_password_is_not_sent_to_a_server_without_tls(inbox: tuple[Inbox, str]) -> None:
    # Reaches this machine and is no loopback address, like the server of a provider.
    far = inbox[1].replace("smtp://127.0.0.1", "smtp://ann:secret@0.0.0.0")
    sender = mailer(settings(smtp_url=SecretStr(far), mail_from="leads@example.com"))
    assert sender is not None
    with pytest.raises(MailError) as refused:
        await sender.send(Mail("ann@example.com", "Hello", "Text", "1"))
    assert "offers no TLS" in str(refused.value)
    assert inbox[0].mails == []
