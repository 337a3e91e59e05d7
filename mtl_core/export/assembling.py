"""Putting a script together: the pieces that it names with all that they need, and the imports of what is there."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PIECES = Path(__file__).resolve().parent / "pieces"
FILES = ("rates", "layers", "mixing", "grounding", "kinds", "weighings", "surgeries", "gradients", "ties", "running")
"""Files of the pieces, in the order in which a script has them, behind those for the data."""


@dataclass(frozen=True)
class Piece:
    """A function, class or constant of the pieces.

    Attributes:
        name: of it.
        text: its source, decorators and the line below a constant that explains it included.
        uses: every name in it.
    """

    name: str
    text: str
    uses: frozenset[str]


def names_in(text: str) -> frozenset[str]:
    """Every name that a piece of source takes from outside its functions, annotations included."""
    return frozenset(_free(ast.parse(text)))


def _free(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Name):
        return {node.id} if isinstance(node.ctx, ast.Load) else set()
    found: set[str] = set()
    for child in ast.iter_child_nodes(node):
        found |= _free(child)
    return found - _bound(node) if isinstance(node, ast.FunctionDef | ast.Lambda) else found


def _bound(function: ast.FunctionDef | ast.Lambda) -> set[str]:
    """Names that are a function's own: arguments, variables, functions and imports within it."""
    found: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.FunctionDef) and node is not function:
            found.add(node.name)
        elif isinstance(node, ast.ImportFrom):
            found |= {alias.asname or alias.name for alias in node.names}
    return found


@cache
def pieces(gaps: bool = False) -> dict[str, Piece]:
    """All pieces by name, in order; read as text, so that torch is not imported.

    Args:
        gaps: whether some rows lack targets of some tasks.
    """
    found: dict[str, Piece] = {}
    for file in ("data", *(["data_with_gaps"] if gaps else []), *FILES):
        text = (PIECES / f"{file}.py").read_text(encoding="utf-8")
        for name, source in _definitions(text):
            found[name] = Piece(name, source, names_in(source))
    return found


def _definitions(text: str) -> Iterable[tuple[str, str]]:
    lines, body = text.splitlines(), ast.parse(text).body
    for place, node in enumerate(body):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            yield node.name, _cut(lines, first, node.end_lineno)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            after = body[place + 1] if place + 1 < len(body) else node
            explained = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            yield node.targets[0].id, _cut(lines, node.lineno, (after if explained else node).end_lineno)


def _cut(lines: list[str], first: int, last: int | None) -> str:
    """These lines, without the remarks to mypy: a script is read by people."""
    return "\n".join(line.split("  # type:")[0] for line in lines[first - 1 : last])


def needed(text: str, gaps: bool = False) -> list[Piece]:
    """The pieces that a text names, and those that they name in turn, in the pieces' order."""
    known = pieces(gaps)
    wanted, open_ = set(), set(names_in(text)) & set(known)
    while open_:
        name = open_.pop()
        wanted.add(name)
        open_ |= set(known[name].uses) & set(known) - wanted
    return [piece for name, piece in known.items() if name in wanted]


def imports_for(text: str) -> str:
    """The import statements for the names of a text, standard library first."""
    used = names_in(text)
    standard: list[str] = []
    others: list[str] = []
    for line in IMPORTS:
        node = ast.parse(line).body[0]
        assert isinstance(node, ast.Import | ast.ImportFrom)
        kept = [alias for alias in node.names if (alias.asname or alias.name).split(".")[0] in used]
        if not kept:
            continue
        what = ", ".join(f"{alias.name} as {alias.asname}" if alias.asname else alias.name for alias in kept)
        root = (node.module if isinstance(node, ast.ImportFrom) else kept[0].name) or ""
        target = others if root.split(".")[0] in ("numpy", "torch") else standard
        target.append(f"from {node.module} import {what}" if isinstance(node, ast.ImportFrom) else f"import {what}")
    return "\n".join([*standard, "", *others] if others else standard)


IMPORTS = (
    "import argparse",
    "import hashlib",
    "import math",
    "import sys",
    "from collections.abc import Callable, Iterator, Mapping, Sequence",
    "from contextlib import contextmanager",
    "from dataclasses import dataclass",
    "from pathlib import Path",
    "from typing import Any",
    "import numpy as np",
    "import torch",
    "from torch import Tensor, nn",
    "from torch.nn import functional as F",
    "from torch.nn.modules.batchnorm import _BatchNorm",
    "from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence",
)
"""Every import that a script may have, in order."""
