"""``pets``: photographs of cats and dogs; the breed, which pixels are the animal's, and the picture to make."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from mtl_core.blocks import Map
from mtl_core.datasets import pets_files as files
from mtl_core.datasets.base import Card, Dataset, Preview, Progress, Samples
from mtl_core.datasets.download import Unreachable
from mtl_core.datasets.pets_pictures import arrays_of, first_look
from mtl_core.datasets.splits import stratified_cut, trained_sizes
from mtl_core.encoders import InputSpec
from mtl_core.errors import DataError
from mtl_core.settings import data_dir
from mtl_core.tasks import Task

STEPS, MOST_EPOCHS = 1_200, 200
"""Steps that a run shall have where the folder holds a part of the published set, and passes over it at most."""
REGIONS = ("background", "pet", "border")


class Pets(Dataset):
    """Oxford-IIIT Pet: ``breed`` (of those in the folder), ``mask`` (background, pet, border), ``image`` (to make)."""

    name: Literal["pets"] = "pets"
    size: Annotated[int, Field(ge=32, le=128, description="Side of a picture in pixels")] = 64
    recommended: ClassVar[Mapping[str, Any]] = {
        "epochs": 40,
        "batch_size": 16,
        "optimizer": {"lr": 0.003},
        "lr_schedule": {"name": "one_cycle"},
        "gradients": {"every": 50},
    }
    card: ClassVar[Card] = Card(
        title="Oxford-IIIT Pet",
        size="3680 + 3669 colour pictures, brought to 64×64; 37 breeds, a mask each",
        origin="Photographs of 12 breeds of cats and 25 of dogs from the web; Visual Geometry Group, Oxford",
        url="https://www.robots.ox.ac.uk/~vgg/data/pets/",
        licence="CC BY-SA 4.0",
        citation="O. M. Parkhi, A. Vedaldi, A. Zisserman, C. V. Jawahar (2012). Cats and Dogs. CVPR.",
    )

    def advice(self) -> Mapping[str, Any]:
        """Of a part of the published set more passes, so that there are enough steps; evaluations at every fifth."""
        _, trained, _ = files.summary(data_dir())
        epochs = min(MOST_EPOCHS, STEPS * self.recommended["batch_size"] // max(1, trained))
        if epochs <= self.recommended["epochs"]:
            return self.recommended
        return {**self.recommended, "epochs": epochs, "evaluate_every": 5}

    def inputs(self) -> dict[str, InputSpec]:
        return {"image": InputSpec("image", Map(3, self.size))}

    def tasks(self) -> tuple[Task, ...]:
        breeds, _, _ = files.summary(data_dir())
        return (
            Task("breed", "multiclass", breeds),
            Task("mask", "segmentation", REGIONS),
            Task("image", "generation"),
        )

    def sizes(self, validation: float) -> dict[str, int]:
        _, trained, tested = files.summary(data_dir())
        return {**trained_sizes(trained, validation), "test": tested}

    def missing_files(self, folder: Path) -> tuple[str, ...]:
        return tuple(str(files.home_of(folder) / archive.name) for archive in files.missing(folder))

    def file_urls(self, folder: Path) -> tuple[str, ...]:
        return tuple(archive.urls[0] for archive in files.missing(folder))

    def fetch(self, folder: Path) -> Generator[Progress, None, tuple[str, ...]]:
        yield from files.obtain(folder, again=True)
        yield from files.check(folder)
        return ()

    def load(self, folder: Path, validation: float) -> Generator[Progress, None, Samples]:
        try:
            yield from files.obtain(folder)
        except Unreachable as error:
            raise DataError(_not_here(folder, str(error))) from error
        arrays, note = yield from arrays_of(folder, self.size)
        breed, trained = arrays["breed"], int(arrays["trained"])
        return Samples(
            inputs={"image": arrays["pictures"]},
            targets={"breed": breed, "mask": arrays["masks"]},
            splits={**stratified_cut(np.arange(trained), breed, validation), "test": np.arange(trained, len(breed))},
            source="torchvision",
            notes=tuple(words for words in (_part_note(folder, len(breed)), note) if words),
            strata=breed,
        )

    def preview(self, folder: Path) -> Preview:
        try:
            if files.missing(folder):
                return Preview("torchvision", notes=(_not_here(folder, "preview does not download"),))
            look = first_look(folder, self.size)
        except DataError as error:
            return Preview("torchvision", notes=(f"Oxford-IIIT Pet cannot be shown: {error}",))
        if look is None:
            return Preview("torchvision", notes=("The pictures are shown once a run has decoded them.",))
        pictures, breeds = look
        note = _part_note(folder, sum(files.summary(folder)[1:]))
        return Preview(
            "torchvision", images=pictures.transpose(0, 2, 3, 1), captions=breeds, notes=(note,) * bool(note)
        )


def _part_note(folder: Path, rows: int) -> str:
    """What is missing of the published set; empty where all of it is there."""
    breeds, _, _ = files.summary(folder)
    whole = files.TRAINED + files.TESTED
    if rows == whole:
        return ""
    return f"A part of the published set: {rows} of {whole} pictures, {len(breeds)} of {len(files.BREEDS)} breeds."


def _not_here(folder: Path, reason: str) -> str:
    addresses = " and ".join(archive.urls[0] for archive in files.ARCHIVES)
    return (
        f"Oxford-IIIT Pet is not there, and there is no stand-in for it ({reason}). Put {addresses} into "
        f"{files.home_of(folder)}, packed or unpacked; the data set 'shapes' has such tasks, without a network."
    )
