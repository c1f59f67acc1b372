"""The team: adding colleagues, the link that is handed over, roles, removing, and who may do none of it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from email import message_from_string, policy
from uuid import UUID

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from leadsbot.features.accounts import jobs
from leadsbot.infra.db.pool import Database
from leadsbot.infra.jobs.kinds import Dead, JobContext
from leadsbot.infra.mail import mailer
from leadsbot.kit import ids
from leadsbot.kit.ids import new_id
from leadsbot.web.shell import Shell
from tests.cast import Browser, Cast, Player, application, browser, make_cast, services, settings
from tests.inbox import mail_server

TEAM = "/settings/team"
NEW_PASSWORD = "maple-river-stone"
LINK = re.compile(r'id="welcome-link"[^>]*><code>http://leads\.test(/reset/new\?token=[\w-]+)<')


@pytest.fixture
async def app(db: Database) -> Shell:
    return application(services(db))


@pytest.fixture
async def alice(app: Shell, cast: Cast) -> AsyncIterator[Browser]:
    async with browser(app) as opened:
        await opened.sign_in(cast.alice.email)
        yield opened


def an_address() -> str:
    return f"dana-{new_id().hex[-12:]}@example.com"


def of(player: Player) -> str:
    return f"{TEAM}/{ids.show(ids.PERSON, player.person_id)}"


async def add(who: Browser, email: str, role: str = "member", name: str = "Dana") -> str:
    """Add a colleague; the path of their link, or nothing when none was shown."""
    answer = await who.post(TEAM, {"name": name, "email": email, "role": role}, on=TEAM)
    assert (answer.status_code, answer.headers.get("location")) == (303, TEAM), answer.text
    found = LINK.search((await who.get(TEAM)).text)
    return found.group(1) if found else ""


async def use(app: Shell, link: str) -> None:
    """Choose a password by a link."""
    async with browser(app) as dana:
        sent = {"token": link.partition("token=")[2], "password": NEW_PASSWORD}
        answer = await dana.post("/reset/new", sent, on=link)
        assert (answer.status_code, answer.headers["location"]) == (303, "/leads")


async def events(db: Database, cast: Cast, kind: str) -> list[str]:
    """Who did it, for each event of a kind in Alice's workspace."""
    async with db.tenant(cast.workspace_id) as tx:
        rows = await tx.execute(
            text("SELECT actor FROM event_log WHERE workspace_id = :space AND type = :kind"),
            {"space": cast.workspace_id, "kind": kind},
        )
        return [row.actor for row in rows]


async def test_a_colleague_chooses_a_password_by_a_link_that_is_shown_and_works_once(
    app: Shell, alice: Browser, cast: Cast, db: Database
) -> None:
    email = an_address()
    link = await add(alice, email)
    assert link
    page = (await alice.get(TEAM)).text
    assert link not in page
    assert (email in page, "no password yet" in page) == (True, True)
    await use(app, link)
    async with browser(app) as late:
        assert (await late.get(link)).status_code == 410
    async with browser(app) as dana:
        await dana.sign_in(email, NEW_PASSWORD)
        assert "Alder &amp; Ash" in (await dana.get("/account")).text
        assert (await dana.get(TEAM)).status_code == 403
    assert "no password yet" not in (await alice.get(TEAM)).text
    assert await events(db, cast, "member.joined") == [f"person:{cast.alice.person_id}"]


async def test_a_new_link_ends_the_one_before_and_is_only_for_those_without_a_password(
    app: Shell, alice: Browser, cast: Cast
) -> None:
    first = await add(alice, an_address())
    action = re.search(r'action="(/settings/team/usr_\w+/link)"', (await alice.get(TEAM)).text)
    assert action
    assert (await alice.post(action.group(1), on=TEAM)).headers["location"] == TEAM
    second = LINK.search((await alice.get(TEAM)).text)
    assert second
    async with browser(app) as nobody:
        assert (await nobody.get(first)).status_code == 410
    await use(app, second.group(1))
    assert (await alice.post(action.group(1), on=TEAM)).status_code == 409
    assert (await alice.post(f"{of(cast.bob)}/link", on=TEAM)).status_code == 409


async def test_somebody_with_an_account_is_added_without_a_link_and_keeps_their_password(
    app: Shell, alice: Browser, cast: Cast
) -> None:
    assert not await add(alice, cast.charlie.email, name="Somebody else")
    assert "Charlie" in (await alice.get(TEAM)).text
    async with browser(app) as charlie:
        await charlie.sign_in(cast.charlie.email)
        page = (await charlie.get("/account")).text
        assert ("Alder &amp; Ash" in page, "Cedar" in page) == (True, True)


async def test_no_link_opens_what_another_workspace_gave(app: Shell, alice: Browser, cast: Cast) -> None:
    # Who adds an address that another workspace just added could sign in as that colleague with a link of their own.
    email = an_address()
    hers = await add(alice, email)
    async with browser(app) as charlie:
        await charlie.sign_in(cast.charlie.email)
        assert not await add(charlie, email)
        action = re.search(r'action="(/settings/team/usr_\w+/link)"', (await charlie.get(TEAM)).text)
        assert action
        await charlie.post(action.group(1), on=TEAM)
        assert not LINK.search((await charlie.get(TEAM)).text)
    await use(app, hers)


async def test_what_cannot_be_added_is_said_beside_the_field(alice: Browser, cast: Cast) -> None:
    for sent, said in (
        ({"name": "Dana", "email": "dana@nowhere", "role": "member"}, "This is not an e-mail address"),
        ({"name": "", "email": "dana@example.com", "role": "member"}, "name is missing"),
        ({"name": "Dana", "email": "dana@example.com", "role": "king"}, "Choose a role"),
        ({"name": "Bob", "email": cast.bob.email.upper(), "role": "member"}, "belongs to this workspace already"),
    ):
        answer = await alice.post(TEAM, sent, on=TEAM)
        assert (answer.status_code, said in answer.text) == (422, True), sent
        assert sent["name"] in answer.text


async def test_roles_change_and_the_last_owner_stays(app: Shell, alice: Browser, cast: Cast, db: Database) -> None:
    assert (await alice.post(f"{of(cast.alice)}/role", {"role": "admin"}, on=TEAM)).status_code == 409
    refused = await alice.post(f"{of(cast.alice)}/remove", on=TEAM)
    assert (refused.status_code, "Alice is the only owner" in refused.text) == (409, True)
    assert (await alice.post(f"{of(cast.bob)}/role", {"role": "owner"}, on=TEAM)).status_code == 303
    own = await alice.post(f"{of(cast.alice)}/role", {"role": "viewer"}, on=TEAM)
    assert own.headers["location"] == "/leads"
    assert (await alice.get(TEAM)).status_code == 403
    async with browser(app) as bob:
        await bob.sign_in(cast.bob.email)
        assert (await bob.get(TEAM)).status_code == 200
    assert await events(db, cast, "member.role_changed") == [f"person:{cast.alice.person_id}"] * 2


async def test_who_was_removed_has_no_access_any_more(app: Shell, alice: Browser, cast: Cast, db: Database) -> None:
    async with browser(app) as bob:
        await bob.sign_in(cast.bob.email)
        assert (await bob.get("/account")).text.count("Alder &amp; Ash")
        page = (await alice.get(TEAM)).text
        assert "Remove Bob from the team?" in page
        assert (await alice.post(f"{of(cast.bob)}/remove", on=TEAM)).status_code == 303
        assert "Alder &amp; Ash" not in (await bob.get("/account")).text
    assert "Bob" not in (await alice.get(TEAM)).text
    assert await events(db, cast, "member.left") == [f"person:{cast.alice.person_id}"]
    assert (await alice.post(f"{of(cast.bob)}/remove", on=TEAM)).status_code == 404


async def test_an_admin_deals_with_everybody_but_owners(app: Shell, alice: Browser, cast: Cast) -> None:
    assert (await alice.post(f"{of(cast.bob)}/role", {"role": "admin"}, on=TEAM)).status_code == 303
    async with browser(app) as bob:
        await bob.sign_in(cast.bob.email)
        page = (await bob.get(TEAM)).text
        assert 'value="owner"' not in page
        assert f'action="{of(cast.alice)}/remove"' not in page
        assert await add(bob, an_address())
        sent = {"name": "Dana", "email": an_address(), "role": "owner"}
        assert (await bob.post(TEAM, sent, on=TEAM)).status_code == 403
        assert (await bob.post(f"{of(cast.bob)}/role", {"role": "owner"}, on=TEAM)).status_code == 403
        assert (await bob.post(f"{of(cast.alice)}/role", {"role": "viewer"}, on=TEAM)).status_code == 403
        assert (await bob.post(f"{of(cast.alice)}/remove", on=TEAM)).status_code == 403


async def test_outsiders_and_readers_touch_no_team(app: Shell, alice: Browser, cast: Cast) -> None:
    async with browser(app) as bob, browser(app) as charlie:
        await bob.sign_in(cast.bob.email)
        await charlie.sign_in(cast.charlie.email)
        for act, sent in (("role", {"role": "viewer"}), ("remove", {}), ("link", {})):
            assert (await bob.post(f"{of(cast.alice)}/{act}", sent)).status_code == 403
            assert (await charlie.post(f"{of(cast.bob)}/{act}", sent)).status_code == 404
        sent = {"name": "Eve", "email": an_address(), "role": "member"}
        assert (await bob.post(TEAM, sent)).status_code == 403
        assert cast.bob.email not in (await charlie.get(TEAM)).text
    assert cast.bob.email in (await alice.get(TEAM)).text


async def test_the_welcome_mail_carries_a_link_beside_the_one_that_was_shown(fresh_db: Database) -> None:
    async with mail_server() as (inbox, url):
        cast = await make_cast(fresh_db)
        known = settings(smtp_url=SecretStr(url), mail_from="LeadsBot <leads@example.com>")
        given = services(fresh_db, settings=known, mailer=mailer(known))
        app = application(given)
        async with browser(app) as alice:
            await alice.sign_in(cast.alice.email)
            shown = await add(alice, "dana@example.com")
        async with fresh_db.system() as tx:
            (row,) = (await tx.execute(text("SELECT payload FROM job WHERE kind = 'accounts.welcome_mail'"))).all()
        assert "token" not in str(row.payload)
        payload = jobs.WelcomeMail(UUID(row.payload["person_id"]), cast.workspace_id, "Alice")
        await jobs.send_welcome_mail(JobContext(given, None, 1, 1, 5), payload)
        mail = message_from_string(inbox.mails[0], policy=policy.default)
        body = mail.get_content()
        assert (mail["To"], "Alice added you to Alder & Ash" in body) == ("dana@example.com", True)
        link = re.search(r"http://leads\.test(/reset/new\?token=[\w-]+)", body)
        assert link
        async with browser(app) as dana:
            assert (await dana.get(shown)).status_code == 200
        await use(app, link.group(1))
        async with browser(app) as late:
            assert (await late.get(shown)).status_code == 410
        await jobs.send_welcome_mail(JobContext(given, None, 1, 1, 5), payload)
        assert "/login" in message_from_string(inbox.mails[1], policy=policy.default).get_content()
        gone = jobs.WelcomeMail(cast.charlie.person_id, cast.workspace_id, "Alice")
        await jobs.send_welcome_mail(JobContext(given, None, 1, 1, 5), gone)
        assert len(inbox.mails) == 2


async def test_without_mail_the_welcome_job_ends_visibly(db: Database) -> None:
    with pytest.raises(Dead):
        await jobs.send_welcome_mail(
            JobContext(services(db), None, 1, 1, 5), jobs.WelcomeMail(new_id(), new_id(), "Alice")
        )


async def test_a_name_that_looks_like_markup_is_shown_as_text(alice: Browser) -> None:
    await add(alice, an_address(), name="<script>alert(1)</script>")
    page = (await alice.get(TEAM)).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
