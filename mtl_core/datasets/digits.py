"""``digits``: scikit-learn's handwritten digits at 28×28, a class and a mask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from mtl_core.blocks import Map
from mtl_core.datasets.base import Card, Dataset
from mtl_core.encoders import InputSpec
from mtl_core.tasks import Task

DIGITS = tuple(str(digit) for digit in range(10))


class Digits(Dataset):
    """1797 real digits: ``digit`` (10 classes) and ``mask`` (per pixel: background or the digit's class)."""

    name: Literal["digits"] = "digits"
    recommended: ClassVar[Mapping[str, Any]] = {
        "epochs": 12,
        "batch_size": 64,
        "optimizer": {"lr": 0.005},
        "lr_schedule": {"name": "one_cycle"},
    }

    def inputs(self) -> dict[str, InputSpec]:
        return {"image": InputSpec("image", Map(1, 28))}

    def tasks(self) -> tuple[Task, ...]:
        return (Task("digit", "multiclass", DIGITS), Task("mask", "segmentation", ("background", *DIGITS)))

    def sizes(self, validation: float) -> dict[str, int]:
        held = round(1437 * validation)
        return {"train": 1437 - held, "validation": held, "test": 360}
