"""``shapes``: drawn RGB pictures of one shape each; its class, its colour, its mask, and the picture to make."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from mtl_core.blocks import Map
from mtl_core.datasets.base import Card, Dataset, Preview, Progress, Samples
from mtl_core.datasets.shape_pictures import OUTLINES, PALETTE, drawn_shapes
from mtl_core.datasets.splits import split_sizes, stratified_split
from mtl_core.encoders import InputSpec
from mtl_core.tasks import Task

PREVIEW_PICTURES = 10


class Shapes(Dataset):
    """Drawn shapes: ``shape`` and ``colour`` (classes), ``mask`` (per pixel: background or the shape), ``image``."""

    name: Literal["shapes"] = "shapes"
    rows: Annotated[int, Field(ge=100, le=50_000, description="Pictures drawn")] = 4000
    size: Annotated[int, Field(ge=16, le=128, description="Side of a picture in pixels")] = 64
    seed: Annotated[int, Field(ge=0, lt=2**31, description="Of what is drawn; not the run's seed")] = 0
    recommended: ClassVar[Mapping[str, Any]] = {
        "epochs": 12,
        "batch_size": 32,
        "architecture": {"channels": [8, 16, 32, 64], "hidden": [128]},
        "optimizer": {"lr": 0.003},
        "lr_schedule": {"name": "one_cycle", "warmup": 0.1},
        "gradients": {"every": 50},
    }
    card: ClassVar[Card] = Card(
        title="Drawn shapes",
        size=f"4000 colour pictures of 64×64; {len(OUTLINES)} shapes in {len(PALETTE)} colours",
        origin="Drawn by MTL Lab from a seed: one shape of any size, place and angle on a dark ground",
        url="https://en.wikipedia.org/wiki/Signed_distance_function",
        licence="MIT, as MTL Lab itself",
        citation="MTL Lab, mtl_core/datasets/shape_pictures.py",
        real=False,
    )

    def inputs(self) -> dict[str, InputSpec]:
        return {"image": InputSpec("image", Map(3, self.size))}

    def tasks(self) -> tuple[Task, ...]:
        return (
            Task("shape", "multiclass", tuple(OUTLINES)),
            Task("colour", "multiclass", tuple(PALETTE)),
            Task("mask", "segmentation", ("background", *OUTLINES)),
            Task("image", "generation"),
        )

    def sizes(self, validation: float) -> dict[str, int]:
        return split_sizes(self.rows, validation)

    def load(self, folder: Path, validation: float) -> Generator[Progress, None, Samples]:
        yield Progress("shapes", 0, self.rows, "pictures")
        drawn = drawn_shapes(self.rows, self.size, self.seed)
        return Samples(
            inputs={"image": drawn.pictures},
            targets={"shape": drawn.shape, "colour": drawn.colour, "mask": drawn.mask},
            splits=stratified_split(drawn.shape, validation),
            source="generated",
            strata=drawn.shape,
        )

    def preview(self, folder: Path) -> Preview:
        drawn = drawn_shapes(PREVIEW_PICTURES, self.size, self.seed)
        shapes, colours = list(OUTLINES), list(PALETTE)
        captions = tuple(f"{colours[c]} {shapes[s]}" for c, s in zip(drawn.colour, drawn.shape, strict=True))
        return Preview("generated", images=drawn.pictures.transpose(0, 2, 3, 1), captions=captions)
