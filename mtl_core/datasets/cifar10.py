"""``cifar10``: 50 000 + 10 000 small photographs of ten kinds of things; a class, and the picture to make."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from mtl_core.blocks import Map
from mtl_core.datasets import cifar10_files as files
from mtl_core.datasets.array_cache import cached, keep, key_of
from mtl_core.datasets.base import Card, Dataset, Preview, Progress, Samples
from mtl_core.datasets.download import Unreachable
from mtl_core.datasets.large_files import check_large, obtain_large
from mtl_core.datasets.splits import stratified_cut, trained_sizes
from mtl_core.encoders import InputSpec
from mtl_core.errors import DataError
from mtl_core.tasks import Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Part = tuple[NDArray[np.uint8], NDArray[np.int64]]

OBJECTS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
TRAINED, TESTED = 50_000, 10_000
PREVIEW_PICTURES = 10


class Cifar10(Dataset):
    """CIFAR-10 (Krizhevsky 2009): ``object`` (10 classes) and ``image`` (the picture, to be made)."""

    name: Literal["cifar10"] = "cifar10"
    rows: Annotated[
        int, Field(ge=100, le=TRAINED, description="Training pictures used, from the first on; 50000 = all")
    ] = 10_000
    recommended: ClassVar[Mapping[str, Any]] = {
        "epochs": 8,
        "batch_size": 128,
        "optimizer": {"lr": 0.005},
        "lr_schedule": {"name": "one_cycle"},
        "gradients": {"every": 50},
    }
    card: ClassVar[Card] = Card(
        title="CIFAR-10",
        size="50 000 + 10 000 colour pictures of 32×32, 10 classes",
        origin="Labelled part of the Tiny Images that were gathered from the web; University of Toronto",
        url="https://www.cs.toronto.edu/~kriz/cifar.html",
        licence="none is stated; the authors ask to be cited",
        citation="A. Krizhevsky (2009). Learning Multiple Layers of Features from Tiny Images. Technical report.",
    )

    def inputs(self) -> dict[str, InputSpec]:
        return {"image": InputSpec("image", Map(3, files.SIDE))}

    def tasks(self) -> tuple[Task, ...]:
        return (Task("object", "multiclass", OBJECTS), Task("image", "generation"))

    def sizes(self, validation: float) -> dict[str, int]:
        return {**trained_sizes(self.rows, validation), "test": TESTED}

    def missing_files(self, folder: Path) -> tuple[str, ...]:
        return () if files.locate(folder) else (str(files.home_of(folder)),)

    def file_urls(self, folder: Path) -> tuple[str, ...]:
        return files.BINARY.urls[:1] if self.missing_files(folder) else ()

    def fetch(self, folder: Path) -> Generator[Progress, None, tuple[str, ...]]:
        found = files.locate(folder)
        if found is None:
            yield from obtain_large(files.BINARY, files.home_of(folder), again=True)
        elif found.archive is not None:
            yield from check_large(found.archive, found.paths[0])
        else:
            yield from files.read(found)
        return ()

    def load(self, folder: Path, validation: float) -> Generator[Progress, None, Samples]:
        (pictures, classes), note = yield from _all(folder)
        if self.rows < TRAINED:
            used = np.r_[0 : self.rows, TRAINED : TRAINED + TESTED]
            pictures, classes = pictures[used], classes[used]
        splits = stratified_cut(np.arange(self.rows), classes, validation)
        return Samples(
            inputs={"image": pictures},
            targets={"object": classes},
            splits={**splits, "test": np.arange(self.rows, len(classes))},
            source="torchvision",
            notes=(note,) if note else (),
            strata=classes,
        )

    def preview(self, folder: Path) -> Preview:
        try:
            found = files.locate(folder)
            if found is None:
                return Preview("torchvision", notes=(_not_here(folder, "preview does not download"),))
            pictures, classes = _first(found)
        except DataError as error:
            return Preview("torchvision", notes=(f"CIFAR-10 cannot be shown: {error}",))
        captions = tuple(OBJECTS[kind] for kind in classes[:PREVIEW_PICTURES])
        return Preview("torchvision", images=pictures[:PREVIEW_PICTURES].transpose(0, 2, 3, 1), captions=captions)


def _all(folder: Path) -> Generator[Progress, None, tuple[Part, str]]:
    """All pictures and classes, and a note: from the cache, else from the files, which are downloaded if missing."""
    found = files.locate(folder)
    if found is None:
        try:
            yield from obtain_large(files.BINARY, files.home_of(folder))
        except Unreachable as error:
            raise DataError(_not_here(folder, str(error))) from error
        found = files.locate(folder)
        assert found is not None
    yield Progress("CIFAR-10", 0, TRAINED + TESTED, "pictures")
    key = key_of(found.paths)
    kept = cached("cifar10", key, ("pictures", "classes"))
    if kept is not None:
        return (kept["pictures"], kept["classes"]), ""
    pictures, classes = yield from files.read(found)
    arrays: dict[str, NDArray[Any]] = {"pictures": pictures, "classes": classes}
    arrays |= {f"some_{name}": values[:PREVIEW_PICTURES] for name, values in arrays.items()}
    return (pictures, classes), keep("cifar10", key, arrays)


def _first(found: files.Found) -> Part:
    """The first pictures: of the cache, else of the part that comes first in the file."""
    kept = cached("cifar10", key_of(found.paths), ("some_pictures", "some_classes"))
    if kept is not None:
        return kept["some_pictures"], kept["some_classes"]
    return next(files.parse(*part) for part in found.parts())


def _not_here(folder: Path, reason: str) -> str:
    return (
        f"CIFAR-10 is not there, and there is no stand-in for it ({reason}). Put {files.BINARY.urls[0]} into {folder} "
        f"(torchvision's {files.PYTHON.name} serves too); the data sets 'shapes' and 'digits' work without a network."
    )
