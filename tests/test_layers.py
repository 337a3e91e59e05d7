"""Dependencies point one way: pages → ui → mtl_core; and the web side never loads torch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.source import PROJECT, imports, python_files, relative

WEB = [PROJECT / "app.py", *python_files("pages", "ui")]
ENGINE = python_files("mtl_core")
HEAVY = ("torch", "torchvision", "torchmetrics", "sklearn")
LIGHT = (
    "mtl_core",
    "mtl_core.spec",
    "mtl_core.datasets",
    "mtl_core.architectures",
    "mtl_core.weightings",
    "mtl_core.regularizers",
    "mtl_core.runs.store",
    "mtl_core.sweeps",
    "mtl_core.export",
    "mtl_core.export.apart",
    "mtl_core.splitting",
    "mtl_core.relatedness",
    "mtl_core.execution.local",
    "mtl_core.__main__",
)


def roots(path: Path) -> set[str]:
    """Top-level packages that a file imports."""
    return {name.split(".")[0] for name in imports(path)}


@pytest.mark.parametrize("path", ENGINE, ids=relative)
def test_the_engine_knows_neither_the_web_nor_its_parts(path: Path) -> None:
    assert not roots(path) & {"streamlit", "plotly", "ui", "pages", "app", "tests", "benchmarks"}


@pytest.mark.parametrize("path", WEB, ids=relative)
def test_the_web_side_never_imports_torch(path: Path) -> None:
    assert not {name.split(".")[0] for name in imports(path, at_run_time_only=False)} & {*HEAVY} - {"sklearn"}


@pytest.mark.parametrize("path", python_files("ui"), ids=relative)
def test_parts_know_no_page(path: Path) -> None:
    assert not roots(path) & {"pages", "app", "tests", "benchmarks"}


@pytest.mark.parametrize("path", [PROJECT / "app.py", *python_files("pages")], ids=relative)
def test_pages_know_no_other_page(path: Path) -> None:
    assert not roots(path) & {"pages", "app", "tests", "benchmarks"}


def test_methods_know_only_their_base_and_small_helpers() -> None:
    forbidden = {"mtl_core.spec", "mtl_core.trainer", "mtl_core.runs", "mtl_core.execution", "mtl_core.network"}
    for room in ("datasets", "architectures", "weightings", "regularizers"):
        for path in python_files(f"mtl_core/{room}"):
            known = {".".join(name.split(".")[:2]) for name in imports(path)}
            assert not known & forbidden, relative(path)


def loaded_after(statement: str) -> set[str]:
    """Top-level modules in a fresh interpreter after the statement."""
    code = f"import sys\n{statement}\nprint(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize("module", LIGHT)
def test_light_modules_do_not_load_what_is_heavy(module: str) -> None:
    assert not loaded_after(f"import {module}") & {*HEAVY, "streamlit", "plotly"}


def test_no_part_of_the_page_loads_torch() -> None:
    modules = [relative(path).removesuffix(".py").replace("/", ".") for path in python_files("ui")]
    names = [name.removesuffix(".__init__") for name in modules if not name.endswith("__main__")]
    assert not loaded_after("\n".join(f"import {name}" for name in names)) & {"torch", "torchvision", "torchmetrics"}


def test_building_a_spec_and_drawing_its_layout_does_not_load_torch() -> None:
    statement = "from mtl_core.spec import parse_spec\nparse_spec({'dataset': 'digits'}).layout().parameter_counts()"
    assert not loaded_after(statement) & {*HEAVY}
