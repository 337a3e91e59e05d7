"""Names that the registries give, in the language of the page; a newcomer's own English name until it is translated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mtl_core.datasets import DATASETS
from mtl_core.errors import DataError
from mtl_core.userdata import keeping
from ui.own_paths import OWN
from ui.plain_text import plain
from ui.words import t_or


def dataset_title(name: str, options: Mapping[str, Any] | None = None) -> str:
    """Display name of a data set as Markdown; of one that a person added, what they called it.

    Args:
        name: in the registry; shown itself where no such set is known.
        options: the data set's own fields in the spec.
    """
    data = str((options or {}).get("data") or "")
    if name != OWN or not data:
        return dataset_name(name)
    try:
        return plain(keeping.manifest_of(data).name)
    except DataError:
        return f"`{data}`"


def dataset_name(name: str) -> str:
    """Display name of a built-in data set; the name itself where no such set is known."""
    return t_or(f"dataset.{name}", DATASETS[name].card.title if name in DATASETS else name)


def unit_name(unit: str) -> str:
    """A target's unit, e.g. ``points``; empty where it has none."""
    return t_or(f"unit.{unit}", unit) if unit else ""
