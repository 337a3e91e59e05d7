"""``own``: a person's own table, or pictures with masks and texts; one data set for each that was added."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from mtl_core.blocks import Map, Tokens, Vector
from mtl_core.datasets.base import Card, Dataset, Preview, Progress, Samples, Source
from mtl_core.datasets.splits import grouped_split, random_split, split_sizes, stratified_split
from mtl_core.encoders import InputSpec
from mtl_core.errors import DataError
from mtl_core.tasks import Task
from mtl_core.text import Vocabulary
from mtl_core.userdata import example, features, keeping
from mtl_core.userdata.catalogue import listing
from mtl_core.userdata.manifest import Manifest
from mtl_core.userdata.prepared import Prepared

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PICTURE = "image"


class Own(Dataset):
    """A data set that a person added; without one, an example of 300 flats drawn from a seed."""

    name: Literal["own"] = "own"
    data: Annotated[
        str, Field(max_length=60, description="Id of the data set, as `data list` shows it; empty: an example")
    ] = ""
    size: Annotated[Literal[32, 48, 64, 96, 128], Field(description="Side of its pictures in pixels")] = 64
    generation: Annotated[bool, Field(description="Offer making its pictures as a task")] = False
    group_duplicates: Annotated[bool, Field(description="Keep rows with equal inputs on one side of the split")] = False

    recommended: ClassVar[Mapping[str, Any]] = {"dataset": {"target_scaling": "standardize"}}
    card: ClassVar[Card] = Card(
        title="Own data",
        size="300 rows × 4 columns, 2 tasks, until one of your own is chosen",
        origin="Made-up flats, drawn from a seed; or what was added here as CSV, Parquet, folder or zip",
        url="https://www.rfc-editor.org/rfc/rfc4180",
        licence="MIT for the example; your own data stay yours",
        citation="none needed",
        real=False,
    )

    @field_validator("size", mode="before")
    @classmethod
    def _of_a_link(cls, size: Any) -> Any:
        """Links and lists hold texts."""
        return int(size) if isinstance(size, str) and size.isdecimal() else size

    @field_validator("data")
    @classmethod
    def _is_there(cls, data: str) -> str:
        """Others' private data sets are not named to who guesses."""
        if data and not keeping.exists(data):
            shared = ", ".join(f"{entry.id} ({entry.name})" for entry in listing("")) or "none is shared yet"
            raise ValueError(
                "choose one of your data sets by its id (`python -m mtl_core data list` shows them), or leave it empty "
                f"for the example; shared with all: {shared}"
            )
        return data

    @model_validator(mode="after")
    def _pictures_to_make(self) -> Self:
        if self.generation and self._manifest().pictures is None:
            raise ValueError("generation needs a data set with pictures")
        return self

    def inputs(self) -> dict[str, InputSpec]:
        manifest, found = self._manifest(), {}
        if manifest.width():
            found["table"] = InputSpec("table", Vector(manifest.width()))
        if manifest.pictures:
            found[PICTURE] = InputSpec("image", Map(manifest.pictures.channels, self.size))
        if manifest.sentences:
            found["text"] = InputSpec("text", Tokens(manifest.sentences.length, manifest.sentences.vocabulary))
        return found

    def tasks(self) -> tuple[Task, ...]:
        tasks = self._manifest().tasks()
        return (*tasks, Task(self._generation_name(tasks), "generation")) if self.generation else tasks

    def advice(self) -> Mapping[str, Any]:
        """Spec fields whose default is another one for the data set that was chosen: pictures go in small batches."""
        manifest = self._manifest()
        if not manifest.pictures and not manifest.sentences:
            return self.recommended
        fewest = self.sizes(0.9)["train"]
        batch = next((size for size in (32, 16, 8) if size <= fewest), None)
        small = {"epochs": 20, "batch_size": batch, "lr_schedule": {"name": "one_cycle"}, "optimizer": {"lr": 0.003}}
        return {**self.recommended, **(small if batch else {})}

    def sizes(self, validation: float) -> dict[str, int]:
        return split_sizes(self._manifest().rows, validation)

    def load(self, folder: Path, validation: float) -> Generator[Progress, None, Samples]:
        manifest = self._manifest()
        yield Progress(manifest.name, 0, manifest.rows, "rows")
        prepared = self._prepared()
        strata, groups = features.strata(prepared), prepared.groups
        splits = self._splits(prepared, strata, validation)
        made = features.inputs(prepared, splits["train"], self.size)
        return Samples(
            inputs=made,
            targets=features.targets(prepared, self.size),
            splits=splits,
            source=self._source(),
            notes=self._notes(manifest),
            strata=strata,
            groups=groups,
            rescaled=("table",) if "table" in made else (),
            columns=features.table_names(manifest.columns),
            raw={"table": features.table(prepared)} if "table" in made else {},
            vocabulary=Vocabulary(prepared.words).names if prepared.words else (),
        )

    def preview(self, folder: Path) -> Preview:
        if not self.data:
            columns = tuple(column.name for column in example.MANIFEST.columns)
            return Preview("generated", columns, tuple(tuple(row) for row in example.rows(8)))
        try:
            shown = keeping.preview_of(self.data)
        except DataError as error:
            return Preview("user", notes=(str(error),))
        if not shown:
            return Preview("user", notes=("Its rows were removed by their owner.",))
        images = shown["images"] if len(shown["images"]) else None
        rows = tuple(tuple(row) for row in shown["rows"])
        return Preview("user", tuple(shown["columns"]), rows, images, tuple(shown["captions"]))

    def about(self) -> Card:
        """The card of the data set that was chosen."""
        if not self.data:
            return self.card
        manifest = self._manifest()
        parts = [f"{manifest.rows} rows"]
        parts += [f"{len([c for c in manifest.inputs() if c.width])} columns"] if manifest.width() else []
        parts += ["pictures"] if manifest.pictures else []
        parts += ["sentences"] if manifest.sentences else []
        parts += [f"{manifest.duplicates} with the inputs of an earlier row"] if manifest.duplicates else []
        added = datetime.fromtimestamp(manifest.created).strftime("%Y-%m-%d")
        origin = f"Added {added} from {manifest.origin.name}" if manifest.origin.name else "Removed by its owner"
        return Card(manifest.name, " · ".join(parts), origin, "", "that of its owner", "", real=True)

    def _manifest(self) -> Manifest:
        return keeping.manifest_of(self.data) if self.data else example.MANIFEST

    def _prepared(self) -> Prepared:
        return keeping.prepared_of(self.data) if self.data else example.example()

    def _source(self) -> Source:
        return "user" if self.data else "generated"

    def _generation_name(self, tasks: tuple[Task, ...]) -> str:
        taken = {task.name for task in tasks}
        return next(name for name in (PICTURE, "picture", "generation", "made image") if name not in taken)

    def _splits(
        self, prepared: Prepared, strata: NDArray[np.int64] | None, validation: float
    ) -> dict[str, NDArray[np.int64]]:
        if self.group_duplicates and prepared.groups is not None:
            return grouped_split(prepared.groups, validation)
        if strata is not None:
            return stratified_split(strata, validation)
        return random_split(prepared.rows, validation)

    def _notes(self, manifest: Manifest) -> tuple[str, ...]:
        if not manifest.duplicates or self.group_duplicates:
            return ()
        note = (
            f"{manifest.duplicates} rows have the inputs of an earlier row, and a random split puts some of them on "
            "both sides: set dataset.options.group_duplicates: true to keep them together."
        )
        return (note,)
