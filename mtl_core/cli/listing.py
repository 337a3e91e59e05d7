"""``list``: what there is to choose from, read from the registries."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from typing import Any

from mtl_core.model import Named


def list_command(registry: str, as_json: bool) -> int:
    """Print a registry: name and first sentence of each entry, or all that is known as JSON."""
    entries = [describe(name, kind) for name, kind in registries()[registry].items()]
    if as_json:
        print(json.dumps(entries))
        return 0
    width = max(len(entry["name"]) for entry in entries)
    for entry in entries:
        print(f"{entry['name']:<{width}}  {entry['summary']}")
        for field in entry["fields"]:
            print(f"{'':<{width}}    {field['name']} = {field['default']!r}  {field['description']}".rstrip())
    return 0


def registries() -> dict[str, Mapping[str, type[Named]]]:
    """The registries by the names that the command line gives them."""
    from mtl_core.architectures import ARCHITECTURES
    from mtl_core.augmentation import AUGMENTATIONS
    from mtl_core.datasets import DATASETS
    from mtl_core.regularizers import REGULARIZERS
    from mtl_core.weightings import WEIGHTINGS

    return {
        "datasets": DATASETS,
        "architectures": ARCHITECTURES,
        "weightings": WEIGHTINGS,
        "regularizers": REGULARIZERS,
        "augmentations": AUGMENTATIONS,
    }


def describe(name: str, kind: type[Named]) -> dict[str, Any]:
    """Name, first sentence, source and fields of an entry; tasks, sizes and card of a data set."""
    from mtl_core.datasets.base import Dataset

    words = (inspect.getdoc(kind) or "").split("\n\n")[0].replace("\n", " ")
    found: dict[str, Any] = {"name": name, "summary": words, "source": kind.source, "fields": _fields(kind)}
    if issubclass(kind, Dataset):
        dataset = kind.model_validate({"name": name})
        found["tasks"] = [vars(task) for task in dataset.tasks()]
        found["sizes"] = dataset.sizes(0.2)
        card = getattr(kind, "card", None)
        found["card"] = None if card is None else vars(card)
    return found


def _fields(kind: type[Named]) -> list[dict[str, Any]]:
    properties = kind.model_json_schema().get("properties", {})
    return [
        {"name": name, "default": spec.get("default"), "description": spec.get("description", "")}
        for name, spec in properties.items()
        if name != "name"
    ]
