"""``wine_quality``: UCI red wine, a score and whether it is good."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from mtl_core.blocks import Vector
from mtl_core.datasets import wine_source, wine_table
from mtl_core.datasets.base import Card, Dataset, Preview, Progress, Samples
from mtl_core.datasets.splits import grouped_split, random_split, split_sizes
from mtl_core.encoders import InputSpec
from mtl_core.errors import DataError
from mtl_core.tasks import Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

GOOD_FROM = 6
"""``good`` is quality ≥ 6."""
PREVIEW_ROWS = 8


class WineQuality(Dataset):
    """Red wine (Cortez et al. 2009): ``quality`` (regression, points) and ``good`` = quality ≥ 6 (binary)."""

    name: Literal["wine_quality"] = "wine_quality"
    group_duplicates: Annotated[
        bool, Field(description="Keep equal rows on one side of the split (240 of 1599 rows are duplicates)")
    ] = False

    recommended: ClassVar[Mapping[str, Any]] = {"dataset": {"target_scaling": "raw"}}
    card: ClassVar[Card] = Card(
        title="Wine quality (red)",
        size="1599 wines × 11 physicochemical measurements; 240 rows are exact duplicates",
        origin="Vinho verde from the north of Portugal, scored by wine experts; UCI Machine Learning Repository",
        url="https://archive.ics.uci.edu/dataset/186/wine+quality",
        licence="CC BY 4.0",
        citation=(
            "P. Cortez, A. Cerdeira, F. Almeida, T. Matos, J. Reis (2009). Modeling wine preferences by data mining "
            "from physicochemical properties. Decision Support Systems 47(4), 547–553."
        ),
    )

    def inputs(self) -> dict[str, InputSpec]:
        return {"table": InputSpec("table", Vector(11))}

    def tasks(self) -> tuple[Task, ...]:
        return (
            Task("quality", "regression", unit="points"),
            Task("good", "binary", classes=("below 6", "6 or more")),
        )

    def sizes(self, validation: float) -> dict[str, int]:
        return split_sizes(wine_table.ROWS, validation)

    def missing_files(self, folder: Path) -> tuple[str, ...]:
        return () if wine_table.locate(folder) else (str(wine_table.home_of(folder)),)

    def file_urls(self, folder: Path) -> tuple[str, ...]:
        return wine_table.remote_file().urls if self.missing_files(folder) else ()

    def fetch(self, folder: Path) -> Generator[Progress, None, tuple[str, ...]]:
        yield from wine_source.fetch_table(folder, "red")
        return ()

    def load(self, folder: Path, validation: float) -> Generator[Progress, None, Samples]:
        table, source, notes = yield from wine_source.obtain_table(folder, "red")
        groups = None
        if self.group_duplicates:
            _, groups = np.unique(table, axis=0, return_inverse=True)
            groups = groups.reshape(-1)
            splits = grouped_split(groups, validation)
        else:
            splits = random_split(len(table), validation)
        quality = table[:, -1]
        return Samples(
            inputs={"table": standardised(table[:, :-1], splits["train"])},
            targets={"quality": quality.astype(np.float32), "good": (quality >= GOOD_FROM).astype(np.int64)},
            splits=splits,
            source=source,
            notes=notes,
            groups=groups,
            rescaled=("table",),
            columns=wine_table.COLUMNS[:-1],
            raw={"table": table[:, :-1]},
        )

    def preview(self, folder: Path) -> Preview:
        try:
            table, source, notes = wine_source.first_look(folder, "red")
        except DataError as error:
            return Preview("uci", wine_table.COLUMNS, notes=(str(error),))
        rows = tuple(tuple(float(value) for value in row) for row in table[:PREVIEW_ROWS])
        return Preview(source, wine_table.COLUMNS, rows, notes=notes)


def standardised(values: NDArray[np.float64], rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """(x − mean) / sd of each column over ``rows`` alone, as scikit-learn's ``StandardScaler`` fitted on them."""
    spread = values[rows].std(axis=0)
    scaled = (values - values[rows].mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return np.asarray(scaled, dtype=np.float32)
