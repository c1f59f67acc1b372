"""Every page that a person can see, and in which states it is looked at.

``tests/arch`` compares this list with the routes of the application: a page that is on neither list fails there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from playwright.async_api import Page

NOBODY, OWNER, BEGINNER, READER, WORRIED = "nobody", "owner", "beginner", "reader", "worried"


@dataclass(frozen=True)
class State:
    """One look at a page: who opens which address, what they do there, and which heading they must see."""

    name: str
    route: str | None
    """The route that shows it; None for what belongs to no route."""
    path: str
    """The address; ``{lead}`` and the like are filled with what the site knows."""
    heading: str
    who: str = OWNER
    act: Callable[[Page], Awaitable[object]] | None = None
    refused: int = 0
    """The status that the page must have when it says no; the browser notes it on the console."""


async def _wrong_password(page: Page) -> None:
    await page.get_by_label("E-mail address").fill("alice@example.com")
    await page.get_by_label("Password").fill("not this one")
    await page.get_by_role("button", name="Sign in").click()


async def _short_password(page: Page) -> None:
    await page.get_by_label("New password").fill("short")
    await page.get_by_role("button", name="Save and sign in").click()


async def _half_a_form(page: Page) -> None:
    await page.get_by_label("Your name").fill("Alice")
    await page.get_by_label("E-mail address").fill("alice@example.com")
    await page.get_by_label("Password").fill("short")
    await page.get_by_label("Business").fill("Alder")
    await page.get_by_role("button", name="Create account").click()


async def _note_nothing(page: Page) -> None:
    await page.get_by_label("Note", exact=True).fill("   ")
    await page.get_by_role("button", name="Add note").click()


async def _bad_origin(page: Page) -> None:
    await page.get_by_label("Web sites that may post").fill("not an origin")
    await page.get_by_role("button", name="Save settings").click()


async def _captcha(page: Page) -> None:
    await page.get_by_label("Provider").select_option("turnstile")
    await page.get_by_role("button", name="Save").click()


async def _release(page: Page) -> None:
    await page.get_by_text("We guarantee page 1").first.click()
    await page.get_by_role("button", name="Release", exact=False).last.click()


async def _blank_stage(page: Page) -> None:
    await page.get_by_label("Won").fill(" ")
    await page.get_by_label("Lost").fill("Won")
    await page.get_by_role("button", name="Save settings").click()


async def _key_that_may_nothing(page: Page) -> None:
    await page.get_by_label("Name").fill("CRM")
    await page.get_by_label("Only what I tick").check()
    await page.get_by_role("button", name="Make key").click()


async def _ask_for_a_link(page: Page) -> None:
    await page.get_by_label("E-mail address").fill("somebody@example.com")
    await page.get_by_role("button", name="Send the link").click()


async def _wrong_present_password(page: Page) -> None:
    await page.get_by_label("Present password").fill("not this one")
    await page.get_by_label("New password").fill("a good long sentence")
    await page.get_by_role("button", name="Change password").click()


async def _half_a_quote(page: Page) -> None:
    """Send what the page itself would not: a required field is empty and an amount too small."""
    await page.locator("[name=first_name]").fill("Ada <b>")
    await page.evaluate("document.querySelector('[name=budget]').value = '5'")
    await page.evaluate("document.querySelector('form').submit()")


async def _go_on_later(page: Page) -> None:
    await page.locator("[name=first_name]").fill("Ada")
    await page.locator(".later").click()


def press(name: str) -> Callable[[Page], Awaitable[object]]:
    """Press the first button of this name."""

    async def act(page: Page) -> None:
        await page.get_by_role("button", name=name).first.click()

    return act


async def _add_colleague(page: Page) -> None:
    await page.get_by_label("Name").fill("Dana")
    await page.get_by_label("E-mail address").fill("dana@example.com")
    await page.get_by_role("button", name="Add colleague").click()


async def _add_nobody(page: Page) -> None:
    await page.get_by_label("Name").fill("Nobody")
    await page.get_by_label("E-mail address").fill("nobody@nowhere")
    await page.get_by_role("button", name="Add colleague").click()


async def _require_signatures(page: Page) -> None:
    await page.get_by_role("button", name="Require signatures…").click()
    await page.get_by_role("dialog").get_by_role("button", name="Require signatures").click()


async def _make_key(page: Page) -> None:
    await page.get_by_label("Name").fill("CRM")
    await page.get_by_label("Full access").check()
    await page.get_by_role("button", name="Make key").click()


STATES = (
    State("login", "/login", "/login", "Sign in", NOBODY),
    State("login-refused", "/login", "/login", "Sign in", NOBODY, _wrong_password, 422),
    State("setup", "/setup", "/setup?token={setup}", "Create your account", NOBODY),
    State("setup-refused", "/setup", "/setup?token={setup}", "Create your account", NOBODY, _half_a_form, 422),
    State("setup-over", "/setup", "/setup?token=used", "", NOBODY, refused=410),
    State("reset", "/reset", "/reset", "New password", NOBODY),
    State("reset-sent", "/reset", "/reset", "New password", NOBODY, _ask_for_a_link),
    State("new-password", "/reset/new", "/reset/new?token={password}", "Choose a new password", NOBODY),
    State(
        "new-password-refused", "/reset/new", "/reset/new?token={password}", "Choose a new password", NOBODY,
        _short_password, 422,
    ),
    State("leads", "/leads", "/leads", "Leads"),
    State("leads-empty", "/leads", "/leads", "Leads", BEGINNER),
    State("leads-nothing-found", "/leads", "/leads?q=nobody-is-called-so", "Leads"),
    State("lead", "/leads/{lead}", "/leads/{lead}", "Hilde"),
    State("lead-refused", "/leads/{lead}", "/leads/{lead}", "Hilde", act=_note_nothing, refused=422),
    State("lead-of-a-reader", "/leads/{lead}", "/leads/{lead}", "Hilde", READER),
    State("quarantine", "/quarantine", "/quarantine", "Quarantine"),
    State("quarantine-blocked", "/quarantine", "/quarantine?state=blocked", "Quarantine"),
    State("quarantine-empty", "/quarantine", "/quarantine", "Quarantine", BEGINNER),
    State("quarantine-of-a-reader", "/quarantine", "/quarantine", "Quarantine", READER),
    State("quarantine-released", "/quarantine", "/quarantine", "Quarantine", act=_release),
    State("screening", "/quarantine/settings", "/quarantine/settings", "Screening"),
    State("screening-refused", "/quarantine/settings", "/quarantine/settings", "Screening", act=_captcha, refused=422),
    State("sources", "/sources", "/sources", "Sources"),
    State("sources-empty", "/sources", "/sources", "Sources", "nothing-yet"),
    State("new-source", "/sources/new", "/sources/new", "New source"),
    State("source", "/sources/{source}", "/sources/{form}", "Contact"),
    State("source-waiting", "/sources/{source}", "/sources/{fresh}", "Contact", BEGINNER),
    State("source-refused", "/sources/{source}", "/sources/{form}", "Contact", act=_bad_origin, refused=422),
    State("source-signed", "/sources/{source}", "/sources/{signed}", "Signed", act=_require_signatures),
    State("source-closed", "/sources/{source}", "/sources/{closed}", "Closed", act=press("Close")),
    State("forms", "/forms", "/forms", "Forms"),
    State("forms-empty", "/forms", "/forms", "Forms", "nothing-yet"),
    State("forms-of-a-reader", "/forms", "/forms", "Forms", READER),
    State("new-form", "/forms/new", "/forms/new", "New form"),
    State("form-design", "/forms/{form_id}", "/forms/{designed}", "Quote request"),
    State("form-design-of-a-reader", "/forms/{form_id}", "/forms/{designed}", "Quote request", READER),
    State("form-preview", "/forms/{form_id}/preview", "/forms/{designed}/preview", "Ask for a quote"),
    State("form-publish", "/forms/{form_id}/publish", "/forms/{designed}/publish", "Quote request"),
    State("form-share", "/forms/{form_id}/share", "/forms/{designed}/share", "Quote request"),
    State("form-results", "/forms/{form_id}/results", "/forms/{designed}/results", "Quote request"),
    State("form-results-many-columns", "/forms/{form_id}/results", "/forms/{answered}/results", "rich"),
    State("form-results-none", "/forms/{form_id}/results", "/forms/{drafted}/results", "Drafted"),
    State("form-versions", "/forms/{form_id}/versions", "/forms/{designed}/versions", "Quote request"),
    State("form-versions-none", "/forms/{form_id}/versions", "/forms/{drafted}/versions", "Drafted"),
    State("form-version", "/forms/{form_id}/versions/{version}", "/forms/{designed}/versions/1", "Quote request"),
    State("form-settings", "/forms/{form_id}/settings", "/forms/{designed}/settings", "Quote request"),
    State(
        "form-settings-refused", "/forms/{form_id}/settings", "/forms/{designed}/settings", "Quote request",
        act=_bad_origin, refused=422,
    ),
    State("form-closed", "/forms/{form_id}/settings", "/forms/{shut}/settings", "Shut", act=press("Close")),
    State("form", "/f/{form_key}", "/f/{form_key}", "Contact us", NOBODY),
    State("form-of-everything", "/f/{form_key}", "/f/{rich}", "Ask for a quote", NOBODY),
    State("form-refused", "/f/{form_key}", "/f/{rich}?lang=en", "Ask for a quote", NOBODY, _half_a_quote, 422),
    State("form-from-right-to-left", "/f/{form_key}", "/f/{rich}?lang=ar", "اطلب عرض سعر", NOBODY),
    State("form-refused-from-right-to-left", "/f/{form_key}", "/f/{rich}?lang=ar", "اطلب", NOBODY, _half_a_quote, 422),
    State("form-kept", "/f/{form_key}", "/f/{keeping}?lang=en", "Ask for a quote", NOBODY, _go_on_later),
    State("form-kept-from-right-to-left", "/f/{form_key}", "/f/{keeping}?lang=ar", "اطلب", NOBODY, _go_on_later),
    State("form-kept-no-more", "/f/{form_key}", f"/f/{{keeping}}?resume={'A' * 43}", "Ask for a quote", NOBODY),
    State("form-closed", "/f/{form_key}", "/f/{past}", "This form is closed", NOBODY, refused=410),
    State("form-elsewhere", "/f/{form_key}", "/f/{elsewhere}", "another web site", NOBODY, refused=403),
    State("form-gone", "/f/{form_key}", "/f/nothing", "There is no such form", NOBODY, refused=404),
    State("thanks", "/f/{form_key}/thanks", "/f/{form_key}/thanks", "Thank you", NOBODY),
    State("site-forms", "/widget/forms", "/widget/forms", "Site forms"),
    State("site-forms-empty", "/widget/forms", "/widget/forms", "Site forms", BEGINNER),
    State("site-forms-none", "/widget/forms", "/widget/forms", "Site forms", "nothing-yet"),
    State("try", "/try", "/try", "A roof over your head"),
    State("try-sent", "/try", "/try?sent=1", "A roof over your head"),
    State("try-inline", "/try", "/try?mode=inline", "A roof over your head"),
    State("try-popup", "/try", "/try?mode=popup", "A roof over your head"),
    State("try-nothing", "/try", "/try?mode=button", "A roof over your head", "nothing-yet"),
    State("telegram", "/telegram", "/telegram", "Telegram"),
    State("telegram-empty", "/telegram", "/telegram", "Telegram", BEGINNER),
    State("telegram-link", "/telegram", "/telegram", "Telegram", act=press("Connect a chat")),
    State("telegram-refused", "/telegram", "/telegram", "Telegram", WORRIED),
    State("leads-with-a-notice", "/leads", "/leads", "Leads", WORRIED),
    State("account-with-a-notice", "/account", "/account", "Your account", WORRIED),
    State("deliveries", "/deliveries", "/deliveries", "Deliveries"),
    State("deliveries-empty", "/deliveries", "/deliveries", "Deliveries", BEGINNER),
    State("keys", "/keys", "/keys", "API keys"),
    State("keys-made", "/keys", "/keys", "API keys", act=_make_key),
    State("keys-refused", "/keys", "/keys", "API keys", act=_key_that_may_nothing, refused=422),
    State("account", "/account", "/account", "Your account"),
    State("account-refused", "/account", "/account", "Your account", act=_wrong_present_password, refused=422),
    State("settings", "/settings", "/settings", "Settings"),
    State("settings-refused", "/settings", "/settings", "Settings", act=_blank_stage, refused=422),
    State("team", "/settings/team", "/settings/team", "Team"),
    State("team-alone", "/settings/team", "/settings/team", "Team", BEGINNER),
    State("team-added", "/settings/team", "/settings/team", "Team", act=_add_colleague),
    State("team-refused", "/settings/team", "/settings/team", "Team", act=_add_nobody, refused=422),
    State("new-workspace", "/workspaces/new", "/workspaces/new", "New workspace"),
    State("api-docs", "/api/docs", "/api/docs", "LeadsBot API", NOBODY),
    State("not-found", None, "/nowhere", "", refused=404),
    State("not-found-to-nobody", None, "/nowhere", "", NOBODY, refused=404),
    State("forbidden", "/settings", "/settings", "", READER, refused=403),
)  # fmt: skip

EXCUSED = {
    "/widget.js": "a script for other people's pages",
    "/widget/builds/{name}": "a script for other people's pages",
    "/api/widget/form.js": "a script for other people's pages",
    "/": "leads on to the list of leads",
    "/telegram/link": "leads back to the Telegram page",
    "/static/{name}": "a file",
    "/files/{token}": "a file",
    "/uploads/{upload}": "leads on to a file",
    "/favicon.ico": "a picture",
    "/forms/{form_id}/results.csv": "a file",
    "/forms/{form_id}/results.xlsx": "a file",
    "/forms/{form_id}/preview.css": "a style sheet",
    "/healthz": "for machines: JSON",
    "/readyz": "for machines: JSON",
    "/metrics": "for machines: text",
    "/quarantine/count": "a number inside the navigation of every page",
    "/f/{form_key}/style.css": "a style sheet",
    "/f/{form_key}/challenge": "for scripts: JSON",
    "/live": "a stream of events",
    "/live/poll": "for scripts: JSON",
    "/api": "for machines: the description of the API once more",
    "/api/openapi.json": "for machines: JSON",
}
"""GET routes that show no page, each with the reason."""
