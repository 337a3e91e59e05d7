"""``fashion_mnist``: 60 000 + 10 000 pictures of clothes in MNIST's format; a class, and the picture to make."""

from __future__ import annotations

import zlib
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from mtl_core.blocks import Map
from mtl_core.datasets.base import Card, Dataset, Preview, Progress, Samples
from mtl_core.datasets.download import Unreachable
from mtl_core.datasets.idx_files import IdxFiles
from mtl_core.datasets.splits import stratified_cut, trained_sizes
from mtl_core.encoders import InputSpec
from mtl_core.errors import DataError
from mtl_core.tasks import Task

MIRRORS = ("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",)
"""As torchvision's ``FashionMNIST.mirrors``, ``.resources`` and ``.classes``, which a test holds equal."""
PACKED = {
    "train-images-idx3-ubyte": ("md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d", 26_421_880),
    "train-labels-idx1-ubyte": ("md5:25c81989df183df01b3e8a0aad5dffbe", 29_515),
    "t10k-images-idx3-ubyte": ("md5:bef4ecab320f06d8554ea6380940ec79", 4_422_102),
    "t10k-labels-idx1-ubyte": ("md5:bb300cfdad3c16e7a12a480ee83cd310", 5_148),
}
UNPACKED = {
    "train-images-idx3-ubyte": "md5:f4a8712d7a061bf5bd6d2ca38dc4d50a",
    "train-labels-idx1-ubyte": "md5:9018921c3c673c538a1fc5bad174d6f9",
    "t10k-images-idx3-ubyte": "md5:8181f5470baa50b63fa0f6fddb340f0a",
    "t10k-labels-idx1-ubyte": "md5:15d484375f8d13e6eb1aabb0c3f46965",
}
GARMENTS = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")
SIDE = 28
TRAINED, TESTED = 60_000, 10_000
PREVIEW_PICTURES = 10
INSTEAD = "the data sets 'shapes' and 'digits' work without a network"


class FashionMnist(Dataset):
    """Fashion-MNIST (Xiao et al. 2017): ``garment`` (10 classes) and ``image`` (the picture, to be made)."""

    name: Literal["fashion_mnist"] = "fashion_mnist"
    rows: Annotated[
        int, Field(ge=100, le=TRAINED, description="Training pictures used, from the first on; 60000 = all")
    ] = 12_000
    recommended: ClassVar[Mapping[str, Any]] = {
        "epochs": 6,
        "batch_size": 128,
        "optimizer": {"lr": 0.005},
        "lr_schedule": {"name": "one_cycle"},
        "gradients": {"every": 50},
    }
    card: ClassVar[Card] = Card(
        title="Fashion-MNIST",
        size="60 000 + 10 000 grey pictures of 28×28, 10 classes",
        origin="Article pictures of Zalando, made grey and small to stand where MNIST stood",
        url="https://github.com/zalandoresearch/fashion-mnist",
        licence="MIT",
        citation=(
            "H. Xiao, K. Rasul, R. Vollgraf (2017). Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine "
            "Learning Algorithms. arXiv:1708.07747"
        ),
    )

    def inputs(self) -> dict[str, InputSpec]:
        return {"image": InputSpec("image", Map(1, SIDE))}

    def tasks(self) -> tuple[Task, ...]:
        return (Task("garment", "multiclass", GARMENTS), Task("image", "generation"))

    def sizes(self, validation: float) -> dict[str, int]:
        return {**trained_sizes(self.rows, validation), "test": TESTED}

    def missing_files(self, folder: Path) -> tuple[str, ...]:
        raw = files().raw_folder(folder)
        return tuple(str(raw / f"{name}.gz") for name in files().missing(folder))

    def file_urls(self, folder: Path) -> tuple[str, ...]:
        return tuple(files().remote_file(name).urls[0] for name in files().missing(folder))

    def fetch(self, folder: Path) -> Generator[Progress, None, tuple[str, ...]]:
        for name in UNPACKED:
            _, unkept = yield from files().unpack(folder, name, again=True)
            if unkept:
                raise DataError(unkept)
        return ()

    def load(self, folder: Path, validation: float) -> Generator[Progress, None, Samples]:
        try:
            pictures, classes, notes = yield from files().read(folder)
        except Unreachable as error:
            raise DataError(files().not_here(folder, str(error), INSTEAD)) from error
        used = np.r_[0 : self.rows, TRAINED : TRAINED + TESTED]
        pictures, classes = pictures[used], classes[used]
        splits = stratified_cut(np.arange(self.rows), classes, validation)
        return Samples(
            inputs={"image": pictures[:, None]},
            targets={"garment": classes},
            splits={**splits, "test": np.arange(self.rows, len(used))},
            source="torchvision",
            notes=notes,
            strata=classes,
        )

    def preview(self, folder: Path) -> Preview:
        try:
            if files().missing(folder):
                note = files().not_here(folder, "preview does not download", INSTEAD)
                return Preview("torchvision", notes=(note,))
            pictures, classes = files().first(folder, "t10k", PREVIEW_PICTURES)
        except (OSError, EOFError, zlib.error, ValueError, DataError) as error:
            return Preview("torchvision", notes=(f"Fashion-MNIST cannot be shown: {error}",))
        return Preview("torchvision", images=pictures, captions=tuple(GARMENTS[found] for found in classes))


def files() -> IdxFiles:
    """The four files as published."""
    return IdxFiles("FashionMNIST", MIRRORS, PACKED, UNPACKED, SIDE)
