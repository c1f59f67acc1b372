"""What to paste so that enquiries arrive: commands and code with this installation's address and the source's key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

import msgspec

from leadsbot.features.capture.public import Kind, Source
from leadsbot.infra.db.tx import TenantTx

NEXT: Final = (
    "Visitors are thanked on a page of ours; a hidden field, "
    '<input type="hidden" name="_next" value="https://…">, leads them to one of yours, once it is among the thank-you '
    "pages in the settings."
)
EXAMPLE = '{"name": "Ada Lovelace", "email": "ada@example.com", "message": "Please call me."}'


class Snippet(msgspec.Struct, frozen=True):
    """One way in. ``id`` is unique on a page; ``note`` says where to paste it."""

    id: str
    title: str
    note: str
    code: str


class Designed(msgspec.Struct, frozen=True):
    """What to paste for a source whose form was designed and published, and the page that has more of it."""

    snippets: list[Snippet]
    share: str


DESIGNED: Final = "sources.designed"
DesignedOf: TypeAlias = Callable[[TenantTx, str, Source], Awaitable[Designed | None]]
"""What fits the form of a source; None where none was published. Forms know it, sources know no forms: the composition
root brings them together."""


def address(base: str, source: Source) -> str:
    """Where submissions of a source are posted to."""
    match source.kind:
        case Kind.WEBHOOK:
            return f"{base}/api/inbound/w/{source.key}/leads"
        case Kind.FORM:
            return f"{base}/f/{source.key}"
        case _:
            return f"{base}/api/capture?token={source.key}"


def script_tag(base: str, token: str, **attributes: str) -> str:
    """The tag that puts the widget on a page: the listener, or a form with ``mode="popup"`` and the like."""
    lines = [
        f'<script src="{base}/widget.js"', f'data-token="{token}"', f'data-api="{base}"',
        *(f'data-{name}="{value}"' for name, value in {"mode": "listener", **attributes}.items()),
    ]  # fmt: skip
    return "\n  ".join(lines) + " async></script>"


def snippets(base: str, source: Source) -> list[Snippet]:
    """The ways into a source whose fields are free, the likeliest first. A signed one has one way: a browser cannot
    keep the secret."""
    to = address(base, source)
    if source.signed:
        return [Snippet("signed", "Signed request", "On your server, with the secret in SECRET.", _signed(to))]
    curl = "Sends one enquiry, to see it arrive."
    if source.kind == Kind.FORM:
        here = script_tag(base, source.key, mode="inline")
        return [
            Snippet(
                "html", "HTML form", f"In any page. Rename or add fields as you like: none is lost. {NEXT}", _html(to)
            ),
            Snippet("tag", "Script tag", "Draws this form where the tag stands.", here),
            Snippet("react", "React", "A component to put where the form should stand.", _react_form(to)),
            Snippet("wordpress", "WordPress", "Into a Custom HTML block, where the form should stand.", here),
            Snippet(
                "webflow", "Webflow",
                "Into an Embed element, where the form should stand. Or keep your own form: in its settings, set "
                f"the action to {to} and the method to POST.", here,
            ),
            Snippet("script", "JavaScript", "For a form that you have: visitors stay on your page.", form_script(to)),
            Snippet("curl", "Terminal", curl, _form_curl(to)),
        ]  # fmt: skip
    if source.kind == Kind.WIDGET:
        tag = script_tag(base, source.key)
        return [
            Snippet("tag", "Script tag", "Before </body>, on every page: hears the forms that you have.", tag),
            Snippet("react", "React", "Once, around your whole application.", _react_tag(base, source.key)),
            Snippet(
                "wordpress", "WordPress",
                "Into the footer of every page, with a plugin for code in the footer or before </body> in your theme's "
                "footer. Forms of Contact Form 7, Elementor, Gravity Forms and WPForms are heard as they are.", tag,
            ),
            Snippet("webflow", "Webflow", "Site settings, Custom code, Footer code; then publish the site.", tag),
            Snippet("script", "JavaScript", "From code of your own. Any JSON fields are kept.", _json_script(to)),
            Snippet("curl", "Terminal", curl, _curl(to)),
        ]  # fmt: skip
    return [
        Snippet("curl", "Terminal", curl, _curl(to)),
        Snippet("script", "JavaScript", "In a browser or in Node. Any JSON fields are kept.", _json_script(to)),
        Snippet("react", "React", "A component with a form of your own.", _react_json(to)),
        Snippet(
            "wordpress", "WordPress",
            "In your form plugin, add a webhook that posts to this address: Elementor has it under Actions After "
            "Submit, Gravity Forms and WPForms in their webhook add-ons.", to,
        ),
        Snippet(
            "webflow", "Webflow",
            "Site settings, Apps and integrations, Webhooks: add one for form submissions with this address.", to,
        ),
    ]  # fmt: skip


def _curl(to: str) -> str:
    return f"curl '{to}' \\\n  -H 'Content-Type: application/json' \\\n  -d '{EXAMPLE}'"


def _form_curl(to: str) -> str:
    return (
        f"curl '{to}' \\\n"
        "  -H 'Accept: application/json' \\\n"
        "  --data-urlencode 'name=Ada Lovelace' \\\n"
        "  --data-urlencode 'email=ada@example.com' \\\n"
        "  --data-urlencode 'message=Please call me.'"
    )


def _signed(to: str) -> str:
    return (
        f"BODY='{EXAMPLE}'\n"
        'SIGNATURE=$(printf %s "$BODY" | openssl dgst -sha256 -hmac "$SECRET" | sed \'s/^.* //\')\n'
        f"curl '{to}' \\\n"
        "  -H 'Content-Type: application/json' -H 'Accept: application/json' \\\n"
        '  -H "X-LeadsBot-Signature: sha256=$SIGNATURE" \\\n'
        '  --data-binary "$BODY"'
    )


def _html(to: str) -> str:
    return (
        f'<form action="{to}" method="post">\n'
        '  <label>Name <input name="name" autocomplete="name" required></label>\n'
        '  <label>E-mail <input name="email" type="email" autocomplete="email" required></label>\n'
        '  <label>Phone <input name="phone" type="tel" autocomplete="tel"></label>\n'
        '  <label>Message <textarea name="message" required></textarea></label>\n'
        '  <input name="_gotcha" autocomplete="off" hidden>\n'
        "  <button>Send</button>\n"
        "</form>"
    )


def form_script(to: str, *, files: bool = False) -> str:
    """Sends a form that stands in the page without leaving it; ``files`` in the only encoding that carries them."""
    body = "new FormData(form)" if files else "new URLSearchParams(new FormData(form))"
    return (
        'const form = document.querySelector("form");\n'
        'form.addEventListener("submit", async (event) => {\n'
        "  event.preventDefault();\n"
        f'  const answer = await fetch("{to}", {{\n'
        '    method: "POST",\n'
        '    headers: { Accept: "application/json" },\n'
        f"    body: {body},\n"
        "  });\n"
        '  alert(answer.ok ? "Thank you!" : (await answer.json()).detail);\n'
        "});"
    )


_REACT_FORM = """import {{ useState }} from "react";

export function ContactForm() {{
  const [said, setSaid] = useState("");
  async function send(event) {{
    event.preventDefault();
    const form = event.currentTarget;
    const answer = await fetch("{to}", {{
      method: "POST",
{options}
    }});
    if (answer.ok) form.reset();
    setSaid(answer.ok ? "Thank you!" : (await answer.json()).detail);
  }}
  return (
    <form onSubmit={{send}}>
      <label>Name <input name="name" autoComplete="name" required /></label>
      <label>E-mail <input name="email" type="email" autoComplete="email" required /></label>
      <label>Message <textarea name="message" required /></label>
      <button>Send</button>
      <p role="status">{{said}}</p>
    </form>
  );
}}"""


def _react_form(to: str) -> str:
    options = '      headers: { Accept: "application/json" },\n      body: new FormData(form),'
    return _REACT_FORM.format(to=to, options=options)


def _react_json(to: str) -> str:
    options = (
        '      headers: { "Content-Type": "application/json" },\n'
        "      body: JSON.stringify(Object.fromEntries(new FormData(form))),"
    )
    return _REACT_FORM.format(to=to, options=options)


def _react_tag(base: str, token: str) -> str:
    return (
        'import { useEffect } from "react";\n\n'
        "export function LeadsBot() {\n"
        "  useEffect(() => {\n"
        f"    if (document.querySelector('script[data-token=\"{token}\"]')) return;\n"
        '    const script = document.createElement("script");\n'
        f'    script.src = "{base}/widget.js";\n'
        f'    Object.assign(script.dataset, {{ token: "{token}", api: "{base}", mode: "listener" }});\n'
        "    document.body.append(script);\n"
        "  }, []);\n"
        "  return null;\n"
        "}"
    )


def _json_script(to: str) -> str:
    return (
        f'const answer = await fetch("{to}", {{\n'
        '  method: "POST",\n'
        '  headers: { "Content-Type": "application/json" },\n'
        "  body: JSON.stringify({\n"
        '    name: "Ada Lovelace", email: "ada@example.com", message: "Please call me.",\n'
        "  }),\n"
        "});\n"
        "console.log(await answer.json());"
    )
