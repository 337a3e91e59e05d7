"""The project's Python files as syntax trees, for the tests over the whole source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
ROOMS = ("mtl_core", "ui", "pages", "tests", "benchmarks", "docs")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def python_files(*rooms: str) -> list[Path]:
    """Python files of the given rooms (all rooms and the top level by default), without caches."""
    top = sorted(PROJECT.glob("*.py")) if not rooms else []
    return top + sorted(path for room in rooms or ROOMS for path in (PROJECT / room).rglob("*.py"))


def relative(path: Path) -> str:
    """The path as the README writes it."""
    return path.relative_to(PROJECT).as_posix()


@cache
def parsed(path: Path) -> ast.Module:
    """The file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def functions(path: Path) -> Iterator[Function]:
    """Every function and method of a file, nested ones too."""
    return (node for node in ast.walk(parsed(path)) if isinstance(node, Function))


def imports(path: Path, *, at_run_time_only: bool = True) -> set[str]:
    """Full names of the modules that a file imports, wherever in it the import stands.

    ``from a.b import c`` counts as ``a.b`` and ``a.b.c``. Imports for type checkers only are left out by default.
    """
    found: set[str] = set()
    skipped: set[ast.AST] = set()
    for node in ast.walk(parsed(path)):
        if at_run_time_only and isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            skipped |= {inner for statement in node.body for inner in ast.walk(statement)}
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = _absolute(node, path)
            found |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
    return found


def _absolute(node: ast.ImportFrom, path: Path) -> str:
    if not node.level:
        return node.module or ""
    folder = path.parent
    for _ in range(node.level - 1):
        folder = folder.parent
    return ".".join(filter(None, (*folder.relative_to(PROJECT).parts, node.module)))
