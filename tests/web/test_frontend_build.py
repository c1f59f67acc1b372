"""The built styles and scripts: what the manifest promises, what they may weigh, whom they talk to."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

import hatch_build
from hatch_build import BUILT, FRONTEND

BUDGETS = {
    "theme.js": 500, "app.js": 9_000, "app.css": 8_000, "form.css": 2_000, "widget.js": 4_500,
    "widget-form.js": 5_000, "widget-more.js": 1_200, "widget-rules.js": 920, "widget-logic.js": 700, "try.css": 1_000,
    "hosted.js": 4_000, "builder.css": 4_000, "builder.js": 24_600, "builder-trial.js": 6_600, "builder-page.js": 5_500,
}  # fmt: skip
"""Bytes after gzip, from the design: a page must be there before anybody waits for it."""


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    """The manifest of fresh built files."""
    if not hatch_build.fresh():
        hatch_build.build()
    found: dict[str, Any] = json.loads((BUILT / "manifest.json").read_text())
    return found


@pytest.fixture(scope="module")
def texts(manifest: dict[str, Any]) -> dict[str, str]:
    """The built files by their source names."""
    return {name: (BUILT / entry["file"]).read_text() for name, entry in manifest.items()}


@pytest.mark.xdist_group("frontend")
class TestBuilt:
    def test_the_manifest_names_every_file_with_its_true_size_and_hash(self, manifest: dict[str, Any]) -> None:
        assert manifest.keys() == BUDGETS.keys()
        for entry in manifest.values():
            data = (BUILT / entry["file"]).read_bytes()
            assert entry["bytes"] == len(data)
            assert entry["integrity"] == "sha384-" + base64.b64encode(hashlib.sha384(data).digest()).decode()
            assert hashlib.sha256(data).hexdigest()[:10] in entry["file"]
        assert {path.name for path in BUILT.iterdir()} == {"manifest.json", *(e["file"] for e in manifest.values())}

    @pytest.mark.parametrize("name", BUDGETS)
    def test_each_file_keeps_to_its_budget(self, texts: dict[str, str], name: str) -> None:
        assert len(gzip.compress(texts[name].encode(), 9)) <= BUDGETS[name]

    def test_two_builds_give_the_same_bytes(self, manifest: dict[str, Any], tmp_path: Path) -> None:
        hatch_build.build(tmp_path / "again")

        again = {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()}
        assert again == {path.name: path.read_bytes() for path in BUILT.iterdir()}

    def test_nothing_names_another_host(self, texts: dict[str, str]) -> None:
        # The namespace of SVG is a name, and the example in an empty field is read by people only.
        hosts = {host for text in texts.values() for host in re.findall(r"https?://(\w[\w.-]*)", text)}
        assert hosts <= {"www.w3.org", "www.example.com"}

    def test_styles_load_nothing_and_know_no_left_or_right(self, texts: dict[str, str]) -> None:
        css = texts["app.css"]
        assert "url(" not in css
        assert "@import" not in css
        assert not re.findall(r"[;{](?:margin|padding|border|inset)?-?(?:left|right):", css)


def test_our_scripts_neither_evaluate_text_nor_write_markup() -> None:
    risky = re.compile(r"\beval\(|new Function|\.innerHTML|outerHTML\s*=|document\.write|insertAdjacentHTML")
    sources = list((FRONTEND / "src").rglob("*.ts"))
    assert len(sources) > 5
    assert [path.name for path in sources if risky.search(path.read_text())] == []


def test_the_lock_file_names_no_registry_and_pins_exactly() -> None:
    lock = (FRONTEND / "package-lock.json").read_text()
    package = json.loads((FRONTEND / "package.json").read_text())

    assert '"resolved"' not in lock
    assert all(entry.get("integrity") for path, entry in json.loads(lock)["packages"].items() if path)
    for pins in (package["dependencies"], package["devDependencies"]):
        assert all(re.fullmatch(r"\d+\.\d+\.\d+", pin) for pin in pins.values())
