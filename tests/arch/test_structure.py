"""The structure's rules as programs: front doors, table ownership, tenancy, file sizes."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import grimp
import pytest

from leadsbot import wiring
from leadsbot.infra.db.base import Table
from leadsbot.infra.db.create import models
from leadsbot.infra.db.policies import is_tenant
from leadsbot.infra.db.registry import untagged

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "leadsbot"
LONG_FILES: dict[str, str] = {}
"""Files over 400 lines with the reason why they may be; this list only ever gets shorter."""


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("leadsbot")


def test_other_features_enter_through_public(graph: grimp.ImportGraph) -> None:
    strangers = [
        (importer, imported)
        for importer in graph.modules
        if (a := importer.split("."))[:2] == ["leadsbot", "features"] and len(a) > 3
        for imported in graph.find_modules_directly_imported_by(importer)
        if (b := imported.split("."))[:2] == ["leadsbot", "features"] and len(b) > 2
        if b[2] != a[2] and b[3:] != ["public"]
    ]

    assert strangers == []


def test_product_code_never_imports_the_fakes(graph: grimp.ImportGraph) -> None:
    users = [
        module
        for module in graph.modules
        if not module.startswith("leadsbot.testing")
        if any(m.startswith("leadsbot.testing") for m in graph.find_modules_directly_imported_by(module))
    ]

    assert users == []


def _infrastructure(model: type[Table]) -> bool:
    return model.__module__.startswith("leadsbot.infra.")


def test_every_table_belongs_to_one_manifest() -> None:
    owners = Counter(model for feature in wiring.FEATURES for model in feature.tables)

    assert [model for model in models() if not _infrastructure(model) and owners[model] != 1] == []


def test_no_feature_names_a_foreign_table_in_sql() -> None:
    tables = {model.__tablename__: model.__module__.split(".")[2] for model in models() if not _infrastructure(model)}
    strangers = []
    for path in (SOURCE / "features").glob("*/*.py"):
        feature = path.parent.name
        for text in _sql_texts(path):
            for name, owner in tables.items():
                if owner != feature and re.search(rf"\b(FROM|JOIN|INTO|UPDATE)\s+{name}\b", text, re.IGNORECASE):
                    strangers.append((path.name, name))

    assert strangers == []


def _sql_texts(path: Path) -> list[str]:
    return [
        node.value
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value
    ]


def test_every_tenant_table_is_led_by_its_workspace() -> None:
    wrong = []
    for model in models():
        if not is_tenant(model):
            continue
        table = model.__table__
        if next(iter(table.primary_key.columns)).name != "workspace_id":  # type: ignore[attr-defined]
            wrong.append(f"{table.name}: primary key")
        for constraint in table.constraints:  # type: ignore[attr-defined]
            columns = [column.name for column in getattr(constraint, "columns", [])]
            kind = type(constraint).__name__
            if kind in {"UniqueConstraint", "ForeignKeyConstraint"} and columns[0] != "workspace_id":
                wrong.append(f"{table.name}: {constraint.name}")
        wrong += [
            f"{table.name}: {index.name}"
            for index in table.indexes  # type: ignore[attr-defined]
            if index.unique and next(iter(index.columns)).name != "workspace_id"
        ]

    assert wrong == []


def test_a_platform_table_says_why_it_belongs_to_no_workspace() -> None:
    assert [m.__tablename__ for m in models() if m.__platform__ is not None and len(m.__platform__) < 10] == []


def test_every_column_is_in_the_data_registry() -> None:
    assert untagged() == []


def test_no_source_file_is_longer_than_a_head_can_hold() -> None:
    long = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for folder, pattern in (("src", "*.py"), ("frontend/src", "*.ts"), ("frontend/styles", "*.css"))
        for path in (ROOT / folder).rglob(pattern)
    }

    assert {name: lines for name, lines in long.items() if lines > 400 and name not in LONG_FILES} == {}


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in SOURCE.rglob("*.py")
        if not ast.get_docstring(ast.parse(path.read_text()))
    ]

    assert silent == []


def test_every_place_has_a_key_of_its_own() -> None:
    letters = Counter(item.letter for feature in wiring.FEATURES for item in feature.nav)

    # "a" leads to the account, which is not in the list of places.
    assert [letter for letter, count in (letters + Counter("a")).items() if count > 1] == []


def test_a_feature_that_seals_secrets_can_seal_them_anew() -> None:
    sealing = {path.parent.name for path in (SOURCE / "features").glob("*/*.py") if ".seal(" in path.read_text()}

    assert sealing
    assert [f.name for f in wiring.FEATURES if f.name in sealing and f.reseal is None] == []


def test_every_metric_is_measured_somewhere() -> None:
    metrics = (SOURCE / "infra" / "metrics.py").read_text()
    named = re.findall(r"^([A-Z_]+) = (?:Counter|Gauge|Histogram)\(", metrics, re.MULTILINE)
    others = "".join(path.read_text() for path in SOURCE.rglob("*.py") if path.name != "metrics.py")

    assert len(named) > 10
    assert [name for name in named if not re.search(rf"\bmetrics\w*\.{name}\b", others)] == []
