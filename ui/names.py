"""Names that the registries give, in the language of the page; a newcomer's own English name until it is translated."""

from __future__ import annotations

from mtl_core.datasets import DATASETS
from ui.words import t_or


def dataset_title(name: str) -> str:
    """Display name of a data set; the name itself where no such set is known."""
    return t_or(f"dataset.{name}", DATASETS[name].card.title if name in DATASETS else name)


def unit_name(unit: str) -> str:
    """A target's unit, e.g. ``points``; empty where it has none."""
    return t_or(f"unit.{unit}", unit) if unit else ""
