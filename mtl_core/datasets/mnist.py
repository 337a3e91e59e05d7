"""``mnist``: the 60 000 + 10 000 original digits, a class and a mask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from mtl_core.blocks import Map
from mtl_core.datasets.base import Card, Dataset
from mtl_core.datasets.digits import DIGITS
from mtl_core.encoders import InputSpec
from mtl_core.tasks import Task


class Mnist(Dataset):
    """MNIST: ``digit`` (10 classes) and ``mask`` (per pixel: background or the digit's class)."""

    name: Literal["mnist"] = "mnist"
    recommended: ClassVar[Mapping[str, Any]] = {
        "epochs": 3,
        "batch_size": 128,
        "optimizer": {"lr": 0.01},
        "lr_schedule": {"name": "one_cycle"},
    }

    def inputs(self) -> dict[str, InputSpec]:
        return {"image": InputSpec("image", Map(1, 28))}

    def tasks(self) -> tuple[Task, ...]:
        return (Task("digit", "multiclass", DIGITS), Task("mask", "segmentation", ("background", *DIGITS)))

    def sizes(self, validation: float) -> dict[str, int]:
        held = round(60_000 * validation)
        return {"train": 60_000 - held, "validation": held, "test": 10_000}
