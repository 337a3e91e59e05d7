"""``mnist``: the 60 000 + 10 000 original digits, a class and a mask."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from mtl_core.blocks import Map
from mtl_core.datasets import mnist_files
from mtl_core.datasets.base import Card, Dataset, Preview, Progress, Samples
from mtl_core.datasets.digits import MIRRORED, SIDE, digit_mask, digit_tasks
from mtl_core.datasets.download import Unreachable
from mtl_core.datasets.drawing import by_mass
from mtl_core.datasets.splits import stratified_cut, trained_sizes
from mtl_core.encoders import InputSpec
from mtl_core.errors import DataError
from mtl_core.tasks import Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

TRAINED, TESTED = 60_000, 10_000
PREVIEW_PICTURES = 10


class Mnist(Dataset):
    """MNIST: ``digit`` (10 classes) and ``mask`` (per pixel: background or the digit's class)."""

    name: Literal["mnist"] = "mnist"
    recommended: ClassVar[Mapping[str, Any]] = {
        "epochs": 3,
        "batch_size": 128,
        "optimizer": {"lr": 0.01},
        "lr_schedule": {"name": "one_cycle"},
        "gradients": {"every": 50},
    }
    changed_by: ClassVar[Mapping[str, str]] = MIRRORED
    card: ClassVar[Card] = Card(
        title="MNIST",
        size="60 000 + 10 000 grey pictures of 28×28, 10 classes",
        origin="Handwritten digits of census employees and pupils, from NIST's special databases 1 and 3",
        url="http://yann.lecun.com/exdb/mnist/",
        licence="CC BY-SA 3.0",
        citation="Y. LeCun, C. Cortes, C. J. C. Burges (1998). The MNIST database of handwritten digits.",
    )

    def inputs(self) -> dict[str, InputSpec]:
        return {"image": InputSpec("image", Map(1, SIDE))}

    def tasks(self) -> tuple[Task, ...]:
        return digit_tasks()

    def sizes(self, validation: float) -> dict[str, int]:
        return {**trained_sizes(TRAINED, validation), "test": TESTED}

    def missing_files(self, folder: Path) -> tuple[str, ...]:
        raw = mnist_files.raw_folder(folder)
        return tuple(str(raw / f"{name}.gz") for name in mnist_files.missing(folder))

    def file_urls(self, folder: Path) -> tuple[str, ...]:
        return tuple(mnist_files.remote_file(name).urls[0] for name in mnist_files.missing(folder))

    def fetch(self, folder: Path) -> Generator[Progress, None, tuple[str, ...]]:
        for name in mnist_files.UNPACKED:
            _, unkept = yield from mnist_files.unpacked(folder, name, again=True)
            if unkept:
                raise DataError(unkept)
        return ()

    def load(self, folder: Path, validation: float) -> Generator[Progress, None, Samples]:
        from torchvision.datasets.mnist import read_image_file, read_label_file

        paths, notes = {}, []
        for name in mnist_files.UNPACKED:
            try:
                paths[name], note = yield from mnist_files.unpacked(folder, name)
            except Unreachable as error:
                raise DataError(_not_here(folder, str(error))) from error
            notes += [note] if note else []
        parts = ("train", "t10k")
        pictures = np.concatenate([read_image_file(str(paths[f"{p}-images-idx3-ubyte"])).numpy() for p in parts])
        classes = np.concatenate([read_label_file(str(paths[f"{p}-labels-idx1-ubyte"])).numpy() for p in parts])
        splits = stratified_cut(np.arange(TRAINED), classes, validation)
        return Samples(
            inputs={"image": pictures[:, None]},
            targets={"digit": classes, "mask": digit_mask(pictures, classes)},
            splits={**splits, "test": np.arange(TRAINED, TRAINED + TESTED)},
            source="torchvision",
            notes=tuple(notes),
            strata=classes,
        )

    def drawn(self, ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return by_mass(ink, SIDE)

    def preview(self, folder: Path) -> Preview:
        try:
            if self.missing_files(folder):
                return Preview("torchvision", notes=(_not_here(folder, "preview does not download"),))
            return _preview(folder)
        except (OSError, EOFError, zlib.error, ValueError, DataError) as error:
            return Preview("torchvision", notes=(f"MNIST cannot be shown: {error}",))


def _preview(folder: Path) -> Preview:
    """The first pictures of the test part, without unpacking the rest (IDX: 16 and 8 bytes before the values)."""
    values = _first_bytes(folder, "t10k-images-idx3-ubyte", 16, PREVIEW_PICTURES * SIDE * SIDE)
    pictures = np.frombuffer(values, np.uint8).reshape(PREVIEW_PICTURES, SIDE, SIDE)
    classes = _first_bytes(folder, "t10k-labels-idx1-ubyte", 8, PREVIEW_PICTURES)
    return Preview("torchvision", images=pictures, captions=tuple(str(digit) for digit in classes))


def _first_bytes(folder: Path, name: str, header: int, count: int) -> bytes:
    path = mnist_files.locate(folder, name)
    if path is None:
        raise DataError(f"{name} is not there")
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
        return stream.read(header + count)[header:]


def _not_here(folder: Path, reason: str) -> str:
    names = ", ".join(f"{name}.gz" for name in mnist_files.UNPACKED)
    return (
        f"MNIST is not there, and there is no stand-in for it ({reason}). Put {names} from {mnist_files.MIRRORS[0]} "
        f"into {mnist_files.raw_folder(folder)}; the data set 'digits' has the same tasks and works without a network."
    )
