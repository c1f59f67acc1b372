"""Whatever a user can set or type is in the documentation."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import typer.main

from leadsbot.cli.main import app
from leadsbot.infra.settings import IDLE, Settings, variable

ROOT = Path(__file__).resolve().parents[2]


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs" / "guide" / "settings.md").read_text()

    assert [variable(name) for name in Settings.model_fields if variable(name) not in text] == []


def test_a_setting_that_nothing_reads_is_said_to_have_no_effect() -> None:
    source = ROOT / "src" / "leadsbot"
    code = "\n".join(path.read_text() for path in source.rglob("*.py") if path != source / "infra" / "settings.py")
    # The secret keys are read by properties of the settings.
    unread = {name for name in Settings.model_fields if not re.search(rf"\.{name}\b", code)} - {
        "secret_key", "secret_key_previous",
    }  # fmt: skip
    text = (ROOT / "docs" / "guide" / "settings.md").read_text()
    section = text.partition("## Accepted, and without effect")[2].partition("\n## ")[0]

    assert unread - IDLE == set()
    assert set(re.findall(r"`(LEADSBOT_\w+)`", section)) == {variable(name) for name in IDLE}


def test_every_command_is_documented() -> None:
    text = (ROOT / "docs" / "guide" / "commands.md").read_text()
    command = typer.main.get_command(app)
    names = []
    for name, sub in command.commands.items():  # type: ignore[attr-defined]
        names += [f"{name} {inner}" for inner in getattr(sub, "commands", {})] or [name]

    assert [name for name in names if f"leadsbot {name}" not in text] == []


def test_every_event_is_documented() -> None:
    from leadsbot.contracts.events import EVENTS

    text = (ROOT / "docs" / "guide" / "events.md").read_text()

    assert [name for name in EVENTS if f"`{name}`" not in text] == []


def test_no_file_names_a_machine_or_a_registry() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    # Spelled in pieces, so that this file does not find itself.
    words = ["/" + "root/", "/" + "work/", "registry.npm" + "js.org", "pypi" + ".org", "files.python" + "hosted"]
    found = []
    for name in filter(None, tracked):
        path = ROOT / name
        if path.suffix in {".png", ".svg"} or not path.is_file():
            continue
        text = path.read_text(errors="replace")
        found += [(name, word) for word in words if word in text]

    assert found == []
