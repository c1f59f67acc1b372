"""What to paste to send the first lead."""

from __future__ import annotations


def curl(base: str, key: str) -> str:
    """A command that sends one lead to an inbound webhook."""
    return (
        f"curl {base}/api/inbound/w/{key}/leads \\\n"
        "  -H 'Content-Type: application/json' \\\n"
        '  -d \'{"name": "Ada Lovelace", "email": "ada@example.com", "message": "Please call me."}\''
    )


def html_form(base: str, key: str) -> str:
    """A plain HTML form that posts to a form source."""
    return (
        f'<form action="{base}/f/{key}" method="post">\n'
        '  <input name="name" autocomplete="name" placeholder="Name" required>\n'
        '  <input name="email" type="email" autocomplete="email" placeholder="E-mail" required>\n'
        '  <textarea name="message" placeholder="How can we help?"></textarea>\n'
        "  <button>Send</button>\n"
        "</form>"
    )
