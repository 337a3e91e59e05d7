"""``wine_colours``: red and white wine, two tasks with samples of their own."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from mtl_core.blocks import Vector
from mtl_core.datasets import wine_source, wine_table
from mtl_core.datasets.base import Card, Dataset, Preview, Progress, Samples, Source
from mtl_core.datasets.pooled import own_targets, owners, pooled_sizes, pooled_splits
from mtl_core.datasets.splits import grouped_split, random_split, split_sizes
from mtl_core.datasets.wine_quality import GOOD_FROM, standardised
from mtl_core.datasets.wine_table import COLOURS
from mtl_core.encoders import InputSpec
from mtl_core.errors import DataError
from mtl_core.tasks import Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mtl_core.datasets.wine_table import Table

    Rows = NDArray[np.int64]

PREVIEW_ROWS_EACH = 4
COUNTS = tuple(wine_table.rows_of(colour) for colour in COLOURS)


class WineColours(Dataset):
    """Wine (Cortez et al. 2009): the score of 1599 red and of 4898 white wines, a task each.

    Each colour is split by itself, 80/20; the red rows are split as those of ``wine_quality``.
    """

    name: Literal["wine_colours"] = "wine_colours"
    target: Annotated[
        Literal["quality", "good"],
        Field(description="quality: the score in points (regression); good: is it 6 or more (binary)"),
    ] = "quality"
    group_duplicates: Annotated[
        bool, Field(description="Keep equal rows on one side of the split (240 red and 937 white rows are duplicates)")
    ] = False

    own_samples: ClassVar[bool] = True
    recommended: ClassVar[Mapping[str, Any]] = {
        "dataset": {"target_scaling": "standardize"},
        "optimizer": {"lr": 0.003},
    }
    card: ClassVar[Card] = Card(
        title="Wine, red and white",
        size="1599 red and 4898 white wines × 11 physicochemical measurements; 240 and 937 rows are exact duplicates",
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
        if self.target == "quality":
            return tuple(Task(colour, "regression", unit="points") for colour in COLOURS)
        return tuple(Task(colour, "binary", classes=("below 6", "6 or more")) for colour in COLOURS)

    def sizes(self, validation: float) -> dict[str, int]:
        return pooled_sizes([split_sizes(count, validation) for count in COUNTS])

    def missing_files(self, folder: Path) -> tuple[str, ...]:
        return tuple(str(wine_table.home_of(folder, colour)) for colour in _missing(folder))

    def file_urls(self, folder: Path) -> tuple[str, ...]:
        return tuple(wine_table.remote_file(colour).urls[0] for colour in _missing(folder))

    def fetch(self, folder: Path) -> Generator[Progress, None, tuple[str, ...]]:
        for colour in COLOURS:
            yield from wine_source.fetch_table(folder, colour)
        return ()

    def load(self, folder: Path, validation: float) -> Generator[Progress, None, Samples]:
        found = []
        for colour in COLOURS:
            found.append((yield from wine_source.obtain_table(folder, colour)))
        table, owner = np.concatenate([table for table, _, _ in found]), owners(COUNTS)
        groups = _equal_rows(np.column_stack((owner, table)))
        splits = self._splits(owner, groups, validation)
        return Samples(
            inputs={"table": standardised(table[:, :-1], splits["train"])},
            targets=own_targets(COLOURS, owner, self._aim(table[:, -1])),
            splits=splits,
            source=_source([source for _, source, _ in found]),
            notes=tuple(note for _, _, notes in found for note in notes),
            strata=owner,
            groups=groups if self.group_duplicates else None,
            rescaled=("table",),
            columns=wine_table.COLUMNS[:-1],
            raw={"table": table[:, :-1]},
        )

    def preview(self, folder: Path) -> Preview:
        columns = ("colour", *wine_table.COLUMNS)
        try:
            found = [wine_source.first_look(folder, colour) for colour in COLOURS]
        except DataError as error:
            return Preview("uci", columns, notes=(str(error),))
        rows = tuple(
            (colour, *(float(value) for value in row))
            for colour, (table, _, _) in zip(COLOURS, found, strict=True)
            for row in table[:PREVIEW_ROWS_EACH]
        )
        notes = tuple(note for _, _, notes in found for note in notes)
        return Preview(_source([source for _, source, _ in found]), columns, rows, notes=notes)

    def _splits(self, owner: Rows, groups: Rows, validation: float) -> dict[str, Rows]:
        parts = [
            grouped_split(groups[owner == i], validation) if self.group_duplicates else random_split(count, validation)
            for i, count in enumerate(COUNTS)
        ]
        return pooled_splits(parts, COUNTS)

    def _aim(self, score: Table) -> NDArray[Any]:
        return score.astype(np.float32) if self.target == "quality" else (score >= GOOD_FROM).astype(np.int64)


def _equal_rows(table: Table) -> Rows:
    """(N,) a number for each row that equal rows share."""
    _, groups = np.unique(table, axis=0, return_inverse=True)
    return groups.reshape(-1).astype(np.int64)


def _source(sources: Sequence[Source]) -> Source:
    """One stand-in makes the whole synthetic."""
    return "synthetic" if "synthetic" in sources else "uci"


def _missing(folder: Path) -> list[wine_table.Colour]:
    return [colour for colour in COLOURS if wine_table.locate(folder, colour) is None]
