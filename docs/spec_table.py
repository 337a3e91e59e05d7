"""Writes docs/spec.md from RunSpec and the registries: ``python -m docs.spec_table``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from pydantic.fields import FieldInfo

from mtl_core.architectures import ARCHITECTURES
from mtl_core.augmentation import AUGMENTATIONS
from mtl_core.datasets import DATASETS
from mtl_core.generation import GENERATORS
from mtl_core.model import Model, Named
from mtl_core.paths import get_path
from mtl_core.regularizers import REGULARIZERS
from mtl_core.spec import RunSpec
from mtl_core.spec_parts import INNER, ScheduledChange, SplitSpec
from mtl_core.weightings import WEIGHTINGS

PAGE = Path(__file__).with_name("spec.md")
REGISTRIES: Mapping[str, tuple[str, Mapping[str, type[Named]]]] = {
    "architecture": ("architecture", ARCHITECTURES),
    "weighting": ("weighting", WEIGHTINGS),
    "regularizers": ("regularizers.<i>", REGULARIZERS),
    "dataset": ("dataset.options", DATASETS),
    "generation": ("generation", GENERATORS),
}
SIGNS = {Ge: ("≥", "ge"), Gt: (">", "gt"), Le: ("≤", "le"), Lt: ("<", "lt")}
INTRODUCTION = """# The run spec

Written by `python -m docs.spec_table` from `mtl_core/spec.py` and the registries; a test holds it true.
All fields may be left out. A data set recommends other defaults for some (second table); `pets` more epochs where
only a part of it is there. Where a task makes pictures, `generation: gan` halves the batch (to no less than 16) and
lowers the learning rate to at most 0.002.
What is written always wins.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([INTRODUCTION, "## Fields\n", table(), "\n## What a data set recommends\n", recommendations(), ""])


def table() -> str:
    """A row a field: path, default, rule, meaning."""
    rows = ["| field | default | values | meaning |", "|---|---|---|---|"]
    for name, info in RunSpec.model_fields.items():
        if name in INNER:
            rows += _rows(INNER[name], name, skip=("options", "split"))
            rows += _rows(SplitSpec, "dataset.split") if name == "dataset" else []
            rows += _registry_rows("dataset.augmentation.<i>", AUGMENTATIONS) if name == "dataset" else []
        if name in REGISTRIES:
            rows += _registry_rows(*REGISTRIES[name])
        elif name == "schedule":
            rows.append(_row(name, info))
            rows += _rows(ScheduledChange, "schedule.<i>")
        elif name not in INNER:
            rows.append(_row(name, info))
    return "\n".join(rows)


def recommendations() -> str:
    """A row for each default that a data set changes."""
    rows = ["| data set | field | default |", "|---|---|---|"]
    for name, dataset in DATASETS.items():
        rows += [f"| `{name}` | `{field}` | `{json.dumps(value)}` |" for field, value in _leaves(dataset.recommended)]
    return "\n".join(rows)


def _leaves(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _rows(model: type[Model], prefix: str, skip: tuple[str, ...] = ()) -> list[str]:
    return [_row(f"{prefix}.{name}", info) for name, info in model.model_fields.items() if name not in skip]


def _registry_rows(prefix: str, registry: Mapping[str, type[Named]]) -> list[str]:
    """The name, the fields of all entries, then what single entries add."""
    own = prefix != "dataset.options"
    default = "" if prefix.endswith("<i>") else f"`{get_path(RunSpec(), f'{prefix}.name')}`"
    rows = [f"| `{prefix}.name` | {default} | {', '.join(f'`{name}`' for name in registry)} | |"] if own else []
    seen: set[str] = {"name"}
    for name, entry in registry.items():
        for field, info in entry.model_fields.items():
            if field not in seen:
                seen.add(field)
                only = not all(field in other.model_fields for other in registry.values())
                rows.append(_row(f"{prefix}.{field}", info, f" (`{name}` only)" if only else ""))
    return rows


def _row(path: str, info: FieldInfo, note: str = "") -> str:
    default = "" if info.is_required() else f"`{_plain(info.get_default(call_default_factory=True))}`"
    meaning = (info.description or "").replace("<", "&lt;") + note
    return f"| `{path}` | {default} | {_values(info)} | {meaning} |"


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _values(info: FieldInfo) -> str:
    """The type or the words that are accepted, with limits."""
    bounds = [(*SIGNS[type(mark)], mark) for mark in info.metadata if type(mark) in SIGNS]
    limits = [f"{sign} {getattr(mark, field)}" for sign, field, mark in bounds]
    limits += [f"{m.min_length} or more" for m in info.metadata if isinstance(m, MinLen)]
    limits += [f"at most {m.max_length}" for m in info.metadata if isinstance(m, MaxLen)]
    return ", ".join([_type(info.annotation), *limits])


def _type(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in arguments)
    if origin in (Union, UnionType):
        return " or ".join(_type(argument) for argument in arguments)
    if origin is not None and arguments and origin not in (list, dict):
        return _type(arguments[0])  # Annotated
    names = {int: "whole number", float: "number", bool: "`true`, `false`", str: "text", type(None): "`null`"}
    if origin is list:
        return "list"
    return "mapping" if origin is dict else names.get(annotation, str(annotation))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
