"""``energy_efficiency``: how much heating and how much cooling a building needs, from its shape and its glazing."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from mtl_core.blocks import Vector
from mtl_core.datasets import energy_table
from mtl_core.datasets.base import SPLITS, Card, Dataset, Preview, Progress, Samples, Source
from mtl_core.datasets.download import Unreachable, obtain
from mtl_core.datasets.energy_table import COLUMNS, ROWS, SHAPES
from mtl_core.datasets.files import folder_trouble
from mtl_core.datasets.splits import random_split, split_sizes
from mtl_core.datasets.wine_quality import standardised
from mtl_core.encoders import InputSpec
from mtl_core.errors import DataError
from mtl_core.tasks import Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Rows = NDArray[np.int64]

INPUTS = 8
TASKS = ("heating", "cooling")
PREVIEW_ROWS = 8


class EnergyEfficiency(Dataset):
    """Simulated buildings (Tsanas & Xifara 2012): ``heating`` and ``cooling`` load (regression, kWh/m²).

    The 768 buildings are 12 shapes with 64 ways to turn and to glaze them, so a random split tests on shapes that
    were trained on; ``group_shapes`` tests on 3 shapes that training never saw.
    """

    name: Literal["energy_efficiency"] = "energy_efficiency"
    group_shapes: Annotated[
        bool, Field(description="Keep the 64 buildings of one shape on one side of the split (3 of 12 shapes test)")
    ] = False

    recommended: ClassVar[Mapping[str, Any]] = {"dataset": {"target_scaling": "standardize"}, "epochs": 200}
    card: ClassVar[Card] = Card(
        title="Energy efficiency of buildings",
        size="768 simulated buildings (12 shapes) × 8 measures",
        origin="Loads computed with the building simulator Ecotect; UCI Machine Learning Repository",
        url="https://archive.ics.uci.edu/dataset/242/energy+efficiency",
        licence="CC BY 4.0",
        citation=(
            "A. Tsanas, A. Xifara (2012). Accurate quantitative estimation of energy performance of residential "
            "buildings using statistical machine learning tools. Energy and Buildings 49, 560–567."
        ),
    )

    def inputs(self) -> dict[str, InputSpec]:
        return {"table": InputSpec("table", Vector(INPUTS))}

    def tasks(self) -> tuple[Task, ...]:
        return tuple(Task(name, "regression", unit="kWh/m²") for name in TASKS)

    def sizes(self, validation: float) -> dict[str, int]:
        if not self.group_shapes:
            return split_sizes(ROWS, validation)
        return {split: len(shapes) * (ROWS // SHAPES) for split, shapes in _split_shapes(validation).items()}

    def missing_files(self, folder: Path) -> tuple[str, ...]:
        return () if energy_table.locate(folder) else (str(energy_table.home_of(folder)),)

    def file_urls(self, folder: Path) -> tuple[str, ...]:
        return energy_table.remote_file().urls if self.missing_files(folder) else ()

    def fetch(self, folder: Path) -> Generator[Progress, None, tuple[str, ...]]:
        path = energy_table.locate(folder)
        if path is not None:
            energy_table.read_file(path)
        else:
            _, unkept = yield from obtain(energy_table.remote_file(), energy_table.home_of(folder), again=True)
            if unkept:
                raise DataError(unkept)
        return ()

    def load(self, folder: Path, validation: float) -> Generator[Progress, None, Samples]:
        table, source, notes = yield from _obtained(folder)
        shapes = energy_table.shape_numbers()
        splits = _whole_shapes(shapes, validation) if self.group_shapes else random_split(ROWS, validation)
        return Samples(
            inputs={"table": standardised(table[:, :INPUTS], splits["train"])},
            targets={name: table[:, INPUTS + i].astype(np.float32) for i, name in enumerate(TASKS)},
            splits=splits,
            source=source,
            notes=notes,
            groups=shapes if self.group_shapes else None,
            rescaled=("table",),
            columns=COLUMNS[:INPUTS],
            raw={"table": table[:, :INPUTS]},
        )

    def preview(self, folder: Path) -> Preview:
        source: Source = "uci"
        notes: tuple[str, ...] = ()
        try:
            path = energy_table.locate(folder)
            table = energy_table.read_file(path) if path else energy_table.stand_in()
            if not path:
                source, notes = "synthetic", (_stand_in_note(folder, "it is not there yet"),)
        except DataError as error:
            return Preview(source, COLUMNS, notes=(str(error),))
        rows = tuple(tuple(float(value) for value in row) for row in table[:: ROWS // PREVIEW_ROWS])
        return Preview(source, COLUMNS, rows, notes=notes)


def _split_shapes(validation: float) -> dict[str, Rows]:
    """Which of the 12 shapes train, validate and test: ⌈0.2 · 12⌉ test, and at least one trains."""
    shapes = random_split(SHAPES, validation)
    if not len(shapes["train"]):
        shapes |= {"train": shapes["validation"][:1], "validation": shapes["validation"][1:]}
    return shapes


def _whole_shapes(shapes: Rows, validation: float) -> dict[str, Rows]:
    """The rows of those shapes."""
    chosen = _split_shapes(validation)
    return {split: np.flatnonzero(np.isin(shapes, chosen[split])) for split in SPLITS}


def _obtained(folder: Path) -> Generator[Progress, None, tuple[energy_table.Table, Source, tuple[str, ...]]]:
    """The file in the data folder, else the download, else the stand-in."""
    file, home = energy_table.remote_file(), energy_table.home_of(folder)
    yield Progress(file.name, 0, file.size)
    path = energy_table.locate(folder)
    if path is not None:
        return energy_table.read_file(path), "uci", ()
    try:
        content, unkept = yield from obtain(file, home)
    except Unreachable as error:
        trouble = folder_trouble(home)
        notes = (_stand_in_note(folder, f"no download: {error}"), *((trouble,) if trouble else ()))
        return energy_table.stand_in(), "synthetic", notes
    return energy_table.parse(content, file.urls[0]), "uci", (unkept,) if unkept else ()


def _stand_in_note(folder: Path, reason: str) -> str:
    return (
        f"Synthetic stand-in: the {ROWS} published inputs with loads made from a fit to the published ones, because "
        f"{energy_table.home_of(folder)} was not found ({reason}). For the real data put {energy_table.URLS[0]} there."
    )
