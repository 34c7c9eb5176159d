"""The rules about who may import whom, held to the code."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("src/pipelines_lib", "tasks", "flows", "deployments")

# Each heavy dependency has one door. numpy, pandas and pyarrow are vocabulary.
DOORS = {
    "duckdb": {"data/tables.py"},
    "great_expectations": {"data/contract.py"},
    "sqlalchemy": {"data/sql_source.py", "governance/mlflow_door.py"},  # MLflow lets its errors out
    "xgboost": {"modelling/xgboost_door.py"},
    "sklearn": {"modelling/sklearn_door.py"},
    "skops": {"modelling/skops_door.py"},
    "optuna": {"modelling/search.py"},
    "fairlearn": {"assurance/fairness/fairlearn_door.py"},
    "evidently": {"assurance/drift/evidently_door.py"},
    "mlflow": {"governance/mlflow_door.py"},
    "jinja2": {"reporting/report.py"},
}


def sources():
    for package in PACKAGES:
        yield from (ROOT / package).rglob("*.py")


def imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node


@pytest.mark.parametrize("dependency", sorted(DOORS))
def test_a_heavy_dependency_is_imported_by_its_door_alone(dependency):
    found = {
        str(path.relative_to(ROOT / "src" / "pipelines_lib"))
        if path.is_relative_to(ROOT / "src")
        else str(path.relative_to(ROOT))
        for path in sources()
        for name, _ in imported(path)
        if name.split(".")[0] == dependency
    }
    assert found == DOORS[dependency]


def test_importing_the_library_loads_nothing_heavy():
    names = [
        ".".join(path.relative_to(ROOT / "src").with_suffix("").parts)
        for path in (ROOT / "src" / "pipelines_lib").rglob("*.py")
        if path.name != "__init__.py"
    ]
    heavy = {*DOORS, "pandas", "scipy", "prefect"}
    code = (
        "import importlib, sys\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
        f"print(sorted({heavy!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_module_is_a_drawer_for_odds_and_ends():
    drawers = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc"}
    assert not [path for path in sources() if path.stem in drawers]


def test_a_flow_holds_no_arithmetic_no_comparison_with_a_number_and_no_try():
    for path in (ROOT / "flows").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            arithmetic = isinstance(node, ast.BinOp) and not isinstance(node.op, ast.BitOr)
            assert not arithmetic, (path, node.lineno)  # BitOr joins types in annotations
            assert not isinstance(node, ast.Try | ast.AugAssign), (path, node.lineno)
            if isinstance(node, ast.Compare):
                assert not any(
                    isinstance(side, ast.Constant) and isinstance(side.value, int | float)
                    for side in (node.left, *node.comparators)
                ), (path, node.lineno)


def test_every_layer_keeps_to_its_place():
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports"))],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stdout
