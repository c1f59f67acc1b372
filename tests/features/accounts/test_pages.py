"""Accounts through the front door: first run, sign-in, sessions, workspaces, keys."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import AsyncIterator
from zoneinfo import available_timezones

import asyncpg
import pytest

from leadsbot.features.accounts import actions, model, public, store
from leadsbot.features.accounts.countries import COUNTRIES
from leadsbot.features.accounts.model import hashed
from leadsbot.features.accounts.zones import ZONES
from leadsbot.infra.db.pool import Database
from leadsbot.kit import ids
from leadsbot.kit.clock import utcnow
from leadsbot.kit.ids import new_id
from leadsbot.testing.postgres import TestDatabase
from leadsbot.web.shell import Shell
from tests.cast import BROWSER, PASSWORD, Browser, Cast, application, browser, csrf_of, services, settings

WHO = {"name": "Ann Owner", "email": "ann@example.com", "password": PASSWORD, "workspace": "Elm & Co", "country": "DE"}


@pytest.fixture
async def app(db: Database) -> Shell:
    return application(services(db))


@pytest.fixture
async def visitor(app: Shell) -> AsyncIterator[Browser]:
    async with browser(app) as opened:
        yield opened


async def test_the_first_link_makes_the_owner_once_and_signs_in(fresh_db: Database) -> None:
    app = application(services(fresh_db))
    old = await public.first_run_link(fresh_db, "http://x")
    link = await public.first_run_link(fresh_db, "http://x")
    assert link
    assert old
    path = link.removeprefix("http://x")
    async with browser(app) as ann:
        assert "leadsbot first-run-link" in (await ann.get("/login")).text
        assert (await ann.get(old.removeprefix("http://x"))).status_code == 410
        token = path.partition("token=")[2]
        weak = await ann.post("/setup", {**WHO, "token": token, "password": "password123"}, on=path)
        assert (weak.status_code, "first that are tried" in weak.text) == (422, True)
        assert 'name="timezone" data-zone' in (await ann.get(path)).text
        made = await ann.post("/setup", {**WHO, "token": token, "timezone": "Europe/Berlin"}, on=path)
        assert (made.status_code, made.headers["location"]) == (303, "/leads")
        cookie = made.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Path=/" in cookie
        page = await ann.get("/settings")
        assert "Elm &amp; Co" in page.text
        assert 'value="DE" selected' in page.text
        assert 'value="Europe/Berlin" selected' in page.text
        again = await ann.get(path)
        assert (again.status_code, 'href="/login">Sign in' in again.text) == (410, True)
        async with browser(app) as eve:
            assert "leadsbot first-run-link" not in (await eve.get("/login")).text
        second = await ann.post("/setup", {**WHO, "token": token, "email": "eve@example.com"})
        assert (second.status_code, 'href="/login">Sign in' in second.text) == (410, True)
    assert await public.first_run_link(fresh_db, "http://x") is None


async def test_the_first_link_ends_after_a_day_and_says_how_to_get_another(
    fresh_db: Database, fresh_database: TestDatabase
) -> None:
    link = await public.first_run_link(fresh_db, "http://x")
    assert link
    path, token = link.removeprefix("http://x"), link.partition("token=")[2]
    async with browser(application(services(fresh_db))) as ann:
        form = csrf_of((await ann.get(path)).text)
        owner = await asyncpg.connect(fresh_database.superuser)
        await owner.execute("UPDATE one_time_link SET expires_at = expires_at - interval '24 hours 1 second'")
        await owner.close()
        late = await ann.get(path)
        assert (late.status_code, "every start of LeadsBot prints a new one" in late.text) == (410, True)
        sent = await ann.http.post("/setup", data={**WHO, "token": token, "_csrf": form}, headers=BROWSER)
        assert sent.status_code == 410
    assert await public.first_run_link(fresh_db, "http://x")


async def test_an_account_made_otherwise_ends_the_first_link(fresh_db: Database) -> None:
    link = await public.first_run_link(fresh_db, "http://x")
    assert link
    async with fresh_db.system() as tx:
        await public.find_or_add_person(tx, email="ann@example.com", name="Ann", password_hash=None)
    async with browser(application(services(fresh_db))) as ann:
        late = await ann.get(link.removeprefix("http://x"))
        assert (late.status_code, 'href="/login">Sign in' in late.text) == (410, True)


async def test_a_link_for_somebody_else_says_whose_it_is_and_leaves_no_session_behind(
    app: Shell, cast: Cast, db: Database
) -> None:
    link = await public.password_link(db, "http://x", cast.bob.email)
    assert link
    path, token = link.removeprefix("http://x"), link.partition("token=")[2]
    async with browser(app) as shared, browser(app) as nobody:
        assert "You are signed in as" not in (await nobody.get(path)).text
        await shared.sign_in(cast.alice.email)
        earlier = shared.http.cookies["session"]
        page = (await shared.get(path)).text
        assert f"You are signed in as {cast.alice.email}. This link sets the password of {cast.bob.email}" in page
        assert cast.alice.email in (await shared.get("/account")).text
        await shared.post("/reset/new", {"token": token, "password": "maple-river-stone"}, on=path)
        assert cast.bob.email in (await shared.get("/account")).text
        shared.http.cookies.clear()
        assert (await shared.get("/account", headers={"cookie": f"session={earlier}"})).status_code == 303


async def test_signing_in_leads_where_one_wanted_to_go_but_never_away(app: Shell, cast: Cast) -> None:
    for wanted, reached in (
        ("/keys", "/keys"),
        ("//evil.test", "/leads"),
        ("https://evil.test", "/leads"),
        ("/\\evil", "/leads"),
    ):
        async with browser(app) as alice:
            answer = await alice.post(
                "/login", {"email": cast.alice.email, "password": PASSWORD, "next": wanted}, on="/login"
            )
            assert (answer.status_code, answer.headers["location"]) == (303, reached)


async def test_a_wrong_password_and_an_unknown_address_look_the_same(visitor: Browser, cast: Cast) -> None:
    wrong = await visitor.sign_in(cast.alice.email, "not the password")
    unknown = await visitor.sign_in(f"{new_id().hex}@example.com", "not the password")
    assert wrong.status_code == unknown.status_code == 422

    def shape(page: str) -> str:
        return re.sub(r'value="[^"]*"|req_\w+', "", page)

    assert shape(wrong.text) == shape(unknown.text)
    assert (await visitor.sign_in(cast.alice.email)).status_code == 303


async def test_guessing_is_stopped_where_it_comes_from_and_keeps_nobody_else_out(app: Shell, cast: Cast) -> None:
    for who in (cast.alice.email, f"{new_id().hex}@example.com"):
        async with browser(app, "198.51.100.7") as guesser, browser(app, "198.51.100.8") as neighbour:
            codes = [(await guesser.sign_in(who, f"guess number {n}")).status_code for n in range(20)]
            assert codes == [422] * 10 + [429] * 10
            assert (await neighbour.sign_in(who)).status_code == 429
    async with browser(app, "192.0.2.80") as elsewhere, browser(app, "198.51.100.8") as colleague:
        assert (await elsewhere.sign_in(cast.alice.email)).status_code == 303
        assert (await colleague.sign_in(cast.bob.email)).status_code == 303


async def test_one_address_cannot_try_many_people(app: Shell) -> None:
    async with browser(app, "2001:db8:9:9::1") as sprayer, browser(app, "2001:db8:9:9:ffff::2") as same:
        codes = [(await sprayer.sign_in(f"{new_id().hex}@example.com", "guess guess")).status_code for _ in range(41)]
        assert codes == [422] * 40 + [429]
        assert (await same.sign_in(f"{new_id().hex}@example.com", "guess guess")).status_code == 429


async def test_signing_in_is_no_guess(app: Shell, cast: Cast) -> None:
    for _ in range(42):
        async with browser(app, "198.51.100.200") as office:
            assert (await office.sign_in(cast.bob.email)).status_code == 303


async def test_many_networks_together_can_try_one_person_only_so_often(app: Shell, cast: Cast, db: Database) -> None:
    crypto = services(db).crypto
    async with db.system() as tx:
        key = actions.bucket(crypto, model.LOGIN_BY_EMAIL, cast.charlie.email)
        taken = [await store.take(tx, key, model.LOGIN_BY_EMAIL, utcnow()) for _ in range(1000)]
    assert all(taken)
    async with browser(app, "192.0.2.90") as charlie:
        assert (await charlie.sign_in(cast.charlie.email)).status_code == 429


async def test_signing_in_again_makes_a_new_session_and_ends_the_old(visitor: Browser, cast: Cast) -> None:
    await visitor.sign_in(cast.alice.email)
    first = visitor.http.cookies["session"]
    token = (await visitor.get("/account")).text
    assert "this one" in token
    answer = await visitor.post("/login", {"email": cast.alice.email, "password": PASSWORD}, on="/account")
    assert answer.status_code == 303
    assert visitor.http.cookies["session"] != first
    visitor.http.cookies.clear()
    assert (await visitor.get("/account", headers={"cookie": f"session={first}"})).status_code == 303


async def test_the_stored_session_is_not_the_cookie(visitor: Browser, cast: Cast, db: Database) -> None:
    await visitor.sign_in(cast.alice.email)
    cookie = visitor.http.cookies["session"]
    assert len(cookie) == 43
    async with db.system() as tx:
        found = await store.live_session(tx, hashed(cookie), utcnow())
    assert found
    assert found[1].id == cast.alice.person_id


async def test_signing_out_ends_the_session_for_good(visitor: Browser, cast: Cast) -> None:
    await visitor.sign_in(cast.alice.email)
    cookie = visitor.http.cookies["session"]
    answer = await visitor.post("/logout")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert (await visitor.get("/account", headers={"cookie": f"session={cookie}"})).status_code == 303


async def test_signing_out_everywhere_reaches_the_other_browser(app: Shell, cast: Cast) -> None:
    async with browser(app) as one, browser(app) as other:
        await one.sign_in(cast.alice.email)
        await other.sign_in(cast.alice.email)
        assert (await one.post("/logout/everywhere")).status_code == 303
        assert (await other.get("/account")).headers["location"].startswith("/login")


async def test_a_new_password_signs_out_the_others_and_needs_the_old_one(app: Shell, cast: Cast) -> None:
    async with browser(app) as one, browser(app) as other:
        await one.sign_in(cast.alice.email)
        await other.sign_in(cast.alice.email)
        wrong = await one.post("/account/password", {"current": "wrong one here", "password": "maple-river-stone"})
        assert wrong.status_code == 422
        right = await one.post("/account/password", {"current": PASSWORD, "password": "maple-river-stone"})
        assert right.status_code == 303
        assert (await one.get("/account")).status_code == 200
        assert (await other.get("/account")).status_code == 303
        assert (await other.sign_in(cast.alice.email)).status_code == 422
        assert (await other.sign_in(cast.alice.email, "maple-river-stone")).status_code == 303


async def test_a_password_link_works_once(app: Shell, cast: Cast, db: Database) -> None:
    link = await public.password_link(db, "http://x", cast.alice.email.upper())
    assert link
    path, token = link.removeprefix("http://x"), link.partition("token=")[2]
    async with browser(app) as alice:
        done = await alice.post("/reset/new", {"token": token, "password": "maple-river-stone"}, on=path)
        assert done.status_code == 303
        assert (await alice.get(path)).status_code == 410
    assert await public.password_link(db, "http://x", "nobody@example.com") is None


async def test_without_mail_the_reset_page_names_the_command(visitor: Browser) -> None:
    assert "leadsbot reset-password" in (await visitor.get("/reset")).text


async def test_the_switcher_shows_own_workspaces_only(app: Shell, cast: Cast) -> None:
    async with browser(app) as alice:
        await alice.sign_in(cast.alice.email)
        assert "Cedar" not in (await alice.get("/account")).text
        stolen = await alice.post("/workspaces/switch", {"workspace": str(cast.charlie.workspace_id)})
        assert stolen.status_code == 404
        made = await alice.post("/workspaces/new", {"workspace": "Birch", "country": "FR"}, on="/workspaces/new")
        assert made.status_code == 303
        assert 'value="Birch"' in (await alice.get("/settings")).text
        back = await alice.post("/workspaces/switch", {"workspace": str(cast.workspace_id)})
        assert back.status_code == 303
        assert 'value="Alder &amp; Ash"' in (await alice.get("/settings")).text


async def test_settings_are_kept_and_wrong_ones_are_named(app: Shell, cast: Cast) -> None:
    stages = {f"stage_{key}": label for key, label in public.STAGES.items()}
    good = {"name": "Alder", "country": "IE", "timezone": "Europe/Dublin", "merge_window_days": "7", **stages}
    async with browser(app) as alice, browser(app) as bob:
        await alice.sign_in(cast.alice.email)
        await bob.sign_in(cast.bob.email)
        renamed = {**good, "stage_won": "Customer"}
        assert (await alice.post("/settings", renamed, on="/settings")).status_code == 303
        page = (await alice.get("/settings")).text
        assert 'value="Customer"' in page
        assert 'value="Europe/Dublin" selected' in page
        for field, value in (
            ("timezone", "Mars/Base"),
            ("country", "XX"),
            ("merge_window_days", "-1"),
            ("name", " "),
            ("stage_won", "Lost"),
            ("name", "a\0b"),
        ):
            wrong = await alice.post("/settings", {**good, field: value}, on="/settings")
            assert (wrong.status_code, "aria-invalid" in wrong.text or "banner bad" in wrong.text) == (422, True), field
        assert (await bob.get("/settings")).status_code == 403
        assert (await bob.post("/settings", good)).status_code == 403


async def test_a_key_is_shown_once_works_and_stops(app: Shell, cast: Cast) -> None:
    async with browser(app) as alice:
        await alice.sign_in(cast.alice.email)
        made = await alice.post("/keys", {"name": "CRM", "access": "all"}, on="/keys")
        assert (made.status_code, made.headers["location"]) == (303, "/keys")
        found = re.search(r"lb_live_\w{36}", (await alice.get("/keys")).text)
        assert found
        again = (await alice.get("/keys")).text
        assert found.group() not in again
        assert "CRM" in again
        bearer = {"Authorization": f"Bearer {found.group()}"}
        async with browser(app) as program:
            assert (await program.http.get("/api/v1/workspace", headers=bearer)).status_code == 200
            path = re.search(r'action="(/keys/key_\w+/revoke)"', again)
            assert path
            assert (await alice.post(path.group(1))).status_code == 303
            assert (await program.http.get("/api/v1/workspace", headers=bearer)).status_code == 401


async def test_a_key_that_is_shown_once_is_for_its_maker_and_the_page_that_shows_it(app: Shell, cast: Cast) -> None:
    async with browser(app) as alice, browser(app) as charlie, browser(app) as again:
        await alice.sign_in(cast.alice.email)
        await charlie.sign_in(cast.charlie.email)
        await again.sign_in(cast.alice.email)
        await alice.post("/keys", {"name": "CRM", "access": "all"}, on="/keys")
        sealed = alice.http.cookies["once"]
        assert "lb_live_" not in sealed
        for stranger in (charlie, again):
            stranger.http.cookies.set("once", sealed)
            assert not re.search(r"lb_live_\w{36}", (await stranger.get("/keys")).text)
        for page in ("/settings/team", "/account"):
            assert not re.search(r"lb_live_\w{36}", (await alice.get(page)).text)
        for planted in ("", "%", "QQ==", sealed[:-8], sealed + "AAAA"):
            again.http.cookies.set("once", planted)
            assert (await again.get("/keys")).status_code == 200
        assert re.search(r"lb_live_\w{36}", (await alice.get("/keys")).text)
        assert "once" not in alice.http.cookies


async def test_the_address_of_a_form_leads_whoever_opens_it_to_its_page(app: Shell, cast: Cast) -> None:
    key = ids.show(ids.KEY, new_id())
    async with browser(app) as alice:
        await alice.sign_in(cast.alice.email)
        for typed, page in (
            (f"/keys/{key}/revoke", "/keys"),
            ("/account/password", "/account"),
            ("/logout/everywhere", "/"),
            (f"/settings/team/{key}/link", "/settings/team"),
        ):
            answer = await alice.get(typed)
            assert (answer.status_code, answer.headers["location"]) == (303, page), typed
            assert (await alice.http.get(typed, headers={"accept": "*/*"})).status_code == 405
        assert (await alice.http.put("/account", headers=BROWSER)).status_code == 405


async def test_a_revoked_key_can_be_taken_back_for_a_while_by_its_own_workspace(
    app: Shell, cast: Cast, db: Database, database: TestDatabase
) -> None:
    key = cast.bob.key
    async with browser(app) as alice, browser(app) as charlie, browser(app) as program:
        await alice.sign_in(cast.alice.email)
        await charlie.sign_in(cast.charlie.email)

        async def works() -> bool:
            return (await program.http.get("/api/v1/workspace", headers=cast.bob.bearer)).status_code == 200

        page = (await alice.get("/keys")).text
        path = re.search(rf'{key[:14]}….*?action="(/keys/key_\w+)/revoke"', page, re.DOTALL)
        assert path
        assert (await alice.post(f"{path.group(1)}/revoke")).status_code == 303
        assert not await works()
        undo = (await alice.get("/keys")).text
        assert f'action="{path.group(1)}/restore"' in undo
        assert f'action="{path.group(1)}/restore"' not in (await alice.get("/keys")).text
        assert (await charlie.post(f"{path.group(1)}/restore")).status_code == 404
        assert not await works()
        assert (await alice.post(f"{path.group(1)}/restore")).status_code == 303
        assert await works()

        await alice.post(f"{path.group(1)}/revoke")
        owner = await asyncpg.connect(database.superuser)
        await owner.execute("UPDATE api_key SET revoked_at = revoked_at - interval '11 minutes'")
        await owner.close()
        assert (await alice.post(f"{path.group(1)}/restore")).status_code == 404
        assert not await works()


def test_every_zone_of_a_country_is_known_and_belongs_to_a_country() -> None:
    assert set(ZONES) < set(COUNTRIES)
    assert set(ZONES.values()) <= available_timezones()


def test_countries_stand_where_people_look_for_them() -> None:
    def plain(name: str) -> str:
        letters = [each for each in unicodedata.normalize("NFKD", name) if not unicodedata.combining(each)]
        return "".join(each if each.isalnum() else " " for each in letters).casefold()

    names = [plain(name) for name in COUNTRIES.values()]
    assert names == sorted(names)


async def test_a_new_workspace_has_the_zone_of_its_browser_else_of_its_country(app: Shell, cast: Cast) -> None:
    async with browser(app) as alice:
        await alice.sign_in(cast.alice.email)
        for told, country, kept in (
            ("Asia/Tokyo", "DE", "Asia/Tokyo"), ("", "DE", "Europe/Berlin"), ("Mars/Olympus", "PL", "Europe/Warsaw"),
            ("", "US", "UTC"), ("../etc", "AU", "UTC"),
        ):  # fmt: skip
            sent = {"workspace": "Birch", "country": country, "timezone": told}
            assert (await alice.post("/workspaces/new", sent, on="/workspaces/new")).status_code == 303
            assert f'value="{kept}" selected' in (await alice.get("/settings")).text


async def test_a_refused_key_form_keeps_what_was_chosen(app: Shell, cast: Cast) -> None:
    async with browser(app) as alice:
        await alice.sign_in(cast.alice.email)
        page = (await alice.post("/keys", {"name": " ", "access": "some", "scope": "leads:read"}, on="/keys")).text

    assert 'value="some" checked' in page
    assert 'value="all" checked' not in page
    assert 'value="leads:read" checked' in page
    assert 'value="leads:write" checked' not in page


@pytest.mark.parametrize("planted", ["moved~<b>", 'revoked~"><script>', "nonsense", "saved~" + "x" * 81])
async def test_a_notice_that_somebody_else_planted_says_nothing(app: Shell, cast: Cast, planted: str) -> None:
    async with browser(app) as alice:
        await alice.sign_in(cast.alice.email)
        alice.http.cookies.set("flash", planted)
        assert 'class="toast"' not in (await alice.get("/keys")).text


async def test_what_changes_no_workspace_works_from_a_page_of_another_one(app: Shell, cast: Cast) -> None:
    async with browser(app) as alice, browser(app) as charlie:
        await alice.sign_in(cast.alice.email)
        await charlie.sign_in(cast.charlie.email)
        stale = csrf_of((await alice.get("/account")).text)
        await alice.post("/workspaces/new", {"workspace": "Birch", "country": "FR"}, on="/workspaces/new")
        assert (await charlie.http.post("/logout", data={"_csrf": stale}, headers=BROWSER)).status_code == 403
        assert (await alice.http.post("/logout", data={"_csrf": stale}, headers=BROWSER)).status_code == 303
        assert (await alice.get("/account")).status_code == 303


async def test_a_form_of_an_ended_session_leads_back_by_the_sign_in(app: Shell, cast: Cast) -> None:
    async with browser(app) as alice:
        await alice.sign_in(cast.alice.email)
        token = csrf_of((await alice.get("/keys")).text)
        alice.http.cookies.clear()
        sent = {"_csrf": token, "name": "Late"}
        for referer, back in (
            ("http://leads.test/keys?x=1", "/login?next=/keys%3Fx%3D1"),
            ("http://evil.test/keys", "/login?next=/"),
        ):
            headers = {**BROWSER, "referer": referer, "sec-fetch-site": "same-origin"}
            answer = await alice.http.post("/keys", data=sent, headers=headers)
            assert answer.status_code == 401
            assert "nothing was stored" in answer.text
            assert f'href="{back}"' in answer.text


async def test_a_key_for_which_something_is_ticked_may_do_that_only(app: Shell, cast: Cast) -> None:
    async with browser(app) as alice:
        await alice.sign_in(cast.alice.email)
        assert 'value="some" checked' in (await alice.get("/keys")).text
        await alice.post("/keys", {"name": "Reader", "access": "all", "scope": "leads:read"}, on="/keys")
        made = (await alice.get("/keys")).text
        found = re.search(r"lb_live_\w{36}", made)
        assert found
        row = re.search(r"<strong>Reader</strong>.*?</tr>", made, re.DOTALL)
        assert row
        assert "leads:read" in row.group()
        assert "everything" not in row.group()
        async with browser(app) as program:
            bearer = {"Authorization": f"Bearer {found.group()}"}
            assert (await program.http.get("/api/v1/workspace", headers=bearer)).status_code == 403


async def test_a_form_of_another_workspace_is_refused_with_a_sentence(app: Shell, cast: Cast) -> None:
    async with browser(app) as alice:
        await alice.sign_in(cast.alice.email)
        stale = csrf_of((await alice.get("/account")).text)
        await alice.post("/workspaces/new", {"workspace": "Birch", "country": "FR"}, on="/workspaces/new")
        written = await alice.http.post("/keys", data={"_csrf": stale, "name": "Stray"}, headers=BROWSER)
        assert written.status_code == 409
        assert "The page belongs to the workspace “Alder &amp; Ash”, and you switched to “Birch”" in written.text
        assert "Stray" not in (await alice.get("/keys")).text

        back = re.search(r'action="/workspaces/switch">.*?name="workspace" value="([^"]+)"', written.text, re.DOTALL)
        assert back
        fields = {"_csrf": csrf_of(written.text), "workspace": back.group(1)}
        assert (await alice.http.post("/workspaces/switch", data=fields, headers=BROWSER)).status_code == 303
        again = {"_csrf": stale, "name": "Stray", "access": "all"}
        assert (await alice.http.post("/keys", data=again, headers=BROWSER)).status_code == 303
        assert "Stray" in (await alice.get("/keys")).text
        assert (await alice.http.post("/keys", data={"_csrf": "x" * 64}, headers=BROWSER)).status_code == 403


async def test_names_that_look_like_markup_are_shown_as_text(app: Shell, cast: Cast) -> None:
    async with browser(app) as alice:
        await alice.sign_in(cast.alice.email)
        await alice.post("/account", {"name": "<script>alert(1)</script>"})
        page = (await alice.get("/account")).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


async def test_behind_https_the_cookie_belongs_to_the_host(db: Database, cast: Cast) -> None:
    app = application(services(db, settings=settings(base_url="https://leads.test")))
    async with browser(app) as alice:
        alice.http.base_url = "https://leads.test"
        answer = await alice.sign_in(cast.alice.email)
        cookie = next(value for value in answer.headers.get_list("set-cookie") if "session" in value)
        assert cookie.startswith("__Host-session=")
        assert "Secure" in cookie
        assert "Domain" not in cookie


async def test_long_names_in_the_sidebar_are_told_in_full_when_pointed_at(visitor: Browser, cast: Cast) -> None:
    await visitor.sign_in(cast.alice.email)
    page = (await visitor.get("/account")).text
    assert 'title="Alder &amp; Ash"' in page
    assert 'title="Alice"' in page
