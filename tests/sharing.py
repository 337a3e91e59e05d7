"""Which architectures can be had on which data sets: what the tests over both registries go through."""

from __future__ import annotations

from typing import Any

from mtl_core.architectures import ARCHITECTURES
from mtl_core.datasets import DATASETS

WIDTHS = {"hidden": [12, 7]}
"""Linear models have no layers to mix; so tests over all architectures name some."""


def fits(dataset: str, architecture: str) -> bool:
    """Whether the data set has the input that the architecture needs."""
    kinds = {source.kind for source in DATASETS[dataset]().inputs().values()}
    return "image" in kinds or not ARCHITECTURES[architecture].needs_maps


def pairs() -> list[tuple[str, str]]:
    """All pairs of data set and architecture that fit."""
    return [(dataset, name) for dataset in DATASETS for name in ARCHITECTURES if fits(dataset, name)]


def least_tasks(architecture: str) -> int:
    """Tasks that the architecture needs."""
    return ARCHITECTURES[architecture].least_tasks


def chosen(architecture: str, **fields: Any) -> dict[str, Any]:
    """The architecture with hidden layers, whatever the data set recommends."""
    return {"name": architecture, **WIDTHS, **fields}
