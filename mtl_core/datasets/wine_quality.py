"""``wine_quality``: UCI red wine, a score and whether it is good."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from mtl_core.blocks import Vector
from mtl_core.datasets.base import Card, Dataset
from mtl_core.encoders import InputSpec
from mtl_core.tasks import Task


class WineQuality(Dataset):
    """Red wine (Cortez et al. 2009): ``quality`` (regression, points) and ``good`` = quality ≥ 6 (binary)."""

    name: Literal["wine_quality"] = "wine_quality"
    group_duplicates: Annotated[
        bool, Field(description="Keep equal rows on one side of the split (240 of 1599 rows are duplicates)")
    ] = False

    recommended: ClassVar[Mapping[str, Any]] = {"dataset": {"target_scaling": "raw"}}

    def inputs(self) -> dict[str, InputSpec]:
        return {"table": InputSpec("table", Vector(11))}

    def tasks(self) -> tuple[Task, ...]:
        return (
            Task("quality", "regression", unit="points"),
            Task("good", "binary", classes=("below 6", "6 or more")),
        )

    def sizes(self, validation: float) -> dict[str, int]:
        held = round(1279 * validation)
        return {"train": 1279 - held, "validation": held, "test": 320}
