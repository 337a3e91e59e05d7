"""The house rules that a program can check: sizes, docstrings, annotations, the README's tree, no one's paths."""

from __future__ import annotations

import ast
import inspect
import re
from importlib import import_module
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from docs import spec_table, systems
from docs.tree import tree, written
from tests.source import PROJECT, Function, functions, parsed, python_files, relative
from ui import draft as drafts
from ui import url_state

MAX_FILE_LINES = 300
MAX_BODY_LINES = 45
TEXT = {".py", ".md", ".toml", ".txt", ".yaml", ".yml", ".js", ".css", ".json", ".sh", ""}
NOT_OURS = {".git", ".venv", ".mtl_lab", "data", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache"}
GENERATED = {"static", ".artifacts"}
EVERY_FILE = [
    path
    for path in sorted(PROJECT.rglob("*"))
    if path.is_file() and not {*path.relative_to(PROJECT).parts} & {*NOT_OURS, *GENERATED} and path.suffix != ".log"
]
SOURCE_FILES = python_files()


@pytest.mark.parametrize("path", SOURCE_FILES, ids=relative)
def test_files_and_functions_are_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_FILE_LINES
    long = {node.name: body_lines(node) for node in functions(path) if body_lines(node) > MAX_BODY_LINES}
    assert not long


def body_lines(node: Function) -> int:
    """Lines of a function's body without its docstring."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize("path", SOURCE_FILES, ids=relative)
def test_every_signature_is_annotated(path: Path) -> None:
    bare = []
    for node in functions(path):
        given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        given += [extra for extra in (node.args.vararg, node.args.kwarg) if extra]
        missing = [arg.arg for arg in given if arg.annotation is None and arg.arg not in ("self", "cls")]
        if missing or node.returns is None:
            bare.append(f"{node.name}({', '.join(missing)})")
    assert not bare


@pytest.mark.parametrize("path", python_files("mtl_core", "ui"), ids=relative)
def test_every_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(parsed(path)) or not path.read_text(encoding="utf-8").strip()


@pytest.mark.parametrize("path", python_files("mtl_core"), ids=relative)
def test_every_public_function_and_class_has_a_docstring(path: Path) -> None:
    name = relative(path).removesuffix(".py").replace("/", ".").removesuffix(".__init__")
    if name.endswith("__main__"):
        assert ast.get_docstring(parsed(path))
        return
    module = import_module(name)
    missing = []
    for key, value in vars(module).items():
        own = getattr(value, "__module__", None) == name and not key.startswith("_")
        if own and (inspect.isfunction(value) or inspect.isclass(value)):
            missing += [key] * (not _documented(value))
        if own and inspect.isclass(value):
            missing += [f"{key}.{method}" for method in _public_methods(value) if not _method_doc(value, method)]
    assert not missing


def _documented(value: object) -> bool:
    doc = vars(value).get("__doc__") if inspect.isclass(value) else value.__doc__
    return bool(doc) and not str(doc).startswith(f"{getattr(value, '__name__', '')}(")


def _public_methods(value: type) -> list[str]:
    kinds = (staticmethod, classmethod, property)
    found = [n for n, v in vars(value).items() if inspect.isfunction(v) or isinstance(v, kinds)]
    return [method for method in found if not method.startswith("_")]


def _method_doc(value: type, method: str) -> bool:
    """Its own docstring, or one of the method that it overrides."""
    return any((vars(base).get(method)).__doc__ for base in value.__mro__ if method in vars(base))


HOMES = re.compile(r"(?<![\w.])/(home|Users|tmp|root|work)/\w")


@pytest.mark.parametrize("path", [p for p in EVERY_FILE if p.suffix in TEXT], ids=relative)
def test_no_path_of_one_machine_is_in_the_tree(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if HOMES.search(line) or f"{PROJECT}/" in line] == []


def test_the_readme_has_a_line_for_every_file() -> None:
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    assert written(readme) == readme, "run: python -m docs.tree"
    assert not [line for line in tree().splitlines() if " " not in line.strip() and not line.endswith("/")]


def test_the_readme_has_a_command_and_a_link_for_every_example() -> None:
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    assert systems.written(readme) == readme, "run: python -m docs.systems"


@pytest.mark.parametrize("name", systems.examples())
def test_the_link_of_an_example_means_its_spec(name: str) -> None:
    spec = systems.spec_of(systems.examples()[name])
    query = dict(parse_qsl(urlsplit(systems.link(spec)).query, keep_blank_values=True))
    draft, dropped = url_state.from_params(query)
    assert dropped == []
    assert drafts.build(draft).spec == spec


def test_links_in_the_documents_lead_somewhere() -> None:
    for page in [*PROJECT.glob("*.md"), *(PROJECT / "docs").glob("*.md")]:
        targets = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))
        local = [target for target in targets if "://" not in target]
        assert [target for target in local if not (page.parent / target).exists()] == [], page.name


def test_docs_spec_lists_every_field_with_its_default() -> None:
    page = (PROJECT / "docs" / "spec.md").read_text(encoding="utf-8")
    assert spec_table.page() == page, "run: python -m docs.spec_table"
