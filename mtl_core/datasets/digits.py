"""``digits``: scikit-learn's handwritten digits at 28×28, a class and a mask."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from mtl_core.blocks import Map
from mtl_core.datasets.base import Card, Dataset, Preview, Progress, Samples
from mtl_core.datasets.drawing import by_height
from mtl_core.datasets.splits import split_sizes, stratified_split
from mtl_core.encoders import InputSpec
from mtl_core.tasks import Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pictures = NDArray[np.uint8]

DIGITS = tuple(str(digit) for digit in range(10))
ROWS = 1797
SIDE, SMALL = 28, 8
MIRRORED = {"flip": "a mirrored digit is another one, or none"}
"""Of pictures of digits: why they are not mirrored (see ``Dataset.changed_by``)."""


class Digits(Dataset):
    """1797 real digits: ``digit`` (10 classes) and ``mask`` (per pixel: background or the digit's class)."""

    name: Literal["digits"] = "digits"
    recommended: ClassVar[Mapping[str, Any]] = {
        "epochs": 12,
        "batch_size": 64,
        "optimizer": {"lr": 0.005},
        "lr_schedule": {"name": "one_cycle"},
    }
    changed_by: ClassVar[Mapping[str, str]] = MIRRORED
    card: ClassVar[Card] = Card(
        title="Digits (8×8, brought to 28×28)",
        size="1797 grey pictures, 10 classes",
        origin="Handwritten digits of 43 people; test part of the UCI set, bundled with scikit-learn",
        url="https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits",
        licence="CC BY 4.0",
        citation=(
            "E. Alpaydin, C. Kaynak (1998). Optical Recognition of Handwritten Digits. UCI Machine Learning "
            "Repository. doi:10.24432/C50P49"
        ),
    )

    def inputs(self) -> dict[str, InputSpec]:
        return {"image": InputSpec("image", Map(1, SIDE))}

    def tasks(self) -> tuple[Task, ...]:
        return digit_tasks()

    def sizes(self, validation: float) -> dict[str, int]:
        return split_sizes(ROWS, validation)

    def load(self, folder: Path, validation: float) -> Generator[Progress, None, Samples]:
        yield Progress("digits", 0, ROWS, "pictures")
        pictures, classes = enlarged_digits()
        return Samples(
            inputs={"image": pictures[:, None]},
            targets={"digit": classes, "mask": digit_mask(pictures, classes)},
            splits=stratified_split(classes, validation),
            source="sklearn",
            strata=classes,
        )

    def drawn(self, ink: Pictures) -> Pictures:
        """As the set was made: a bitmap of 32×32 that the digit fills, counted in blocks of 4×4, then enlarged.

        Its digits stand upright, leave a column of blocks free on either side, and are drawn with a thick pen. So
        framed, 85 % of MNIST's test digits are read by a network that has seen these 8×8 digits only.
        """
        bitmap = by_height(ink, 4 * SMALL, 3 * SMALL, 0.25)
        blocks = bitmap.reshape(SMALL, 4, SMALL, 4).mean(axis=(1, 3))
        picture: Pictures = enlarge(blocks[None] * (16 / 255))[0]
        return picture

    def preview(self, folder: Path) -> Preview:
        classes, small = first_digits()
        return Preview("sklearn", images=enlarge(small), captions=classes)


def digit_tasks() -> tuple[Task, ...]:
    """Which digit a picture shows, and which digit, if any, each of its pixels belongs to."""
    return (Task("digit", "multiclass", DIGITS), Task("mask", "segmentation", ("background", *DIGITS)))


def digit_mask(pictures: Pictures, classes: NDArray[np.int64]) -> Pictures:
    """Per pixel digit + 1 where its intensity (0..255 read as 0..1) is above 0.5, else 0 for the background.

    Args:
        pictures: (N, S, S).
        classes: (N,) the digits.
    """
    return np.where(pictures > 127, (classes + 1).astype(np.uint8)[:, None, None], np.uint8(0))


@cache
def enlarged_digits() -> tuple[Pictures, NDArray[np.int64]]:
    """(1797, 28, 28) pictures in 0..255 and their digits, read-only; intensities 0..16 become 0..255."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    pictures = enlarge(bunch.images)
    classes = bunch.target.astype(np.int64)
    pictures.setflags(write=False)
    classes.setflags(write=False)
    return pictures, classes


def first_digits() -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Classes and (10, 8, 8) pictures in 0..16 of the set's first rows, without importing scikit-learn (1.5 s).

    ``digits_preview.txt`` holds a class and 64 intensities, as digits in base 17, on each line.
    """
    lines = Path(__file__).with_name("digits_preview.txt").read_text("ascii").splitlines()
    classes, values = zip(*(line.split() for line in lines), strict=True)
    pictures = np.array([[float(int(value, 17)) for value in row] for row in values])
    return classes, pictures.reshape(len(lines), 8, 8)


def enlarge(pictures: NDArray[np.float64]) -> Pictures:
    """(N, 28, 28) pictures in 0..255 of (N, 8, 8) ones in 0..16, by cubic interpolation."""
    weights = cubic_weights(pictures.shape[1], SIDE)
    smooth = weights @ (pictures / 16) @ weights.T
    return np.rint(np.clip(smooth, 0, 1) * 255).astype(np.uint8)


def cubic_weights(small: int, large: int) -> NDArray[np.float64]:
    """(large, small) weights of Keys' cubic convolution (1981, eq. 15, a = −½); W X Wᵀ enlarges X.

    Pixels are areas: the centre of pixel i lies at (i + ½) / size. Beyond the border the border's value goes on.
    """
    centres = (np.arange(large) + 0.5) * small / large - 0.5
    weights = np.zeros((large, small))
    for offset in range(-1, 3):
        source = np.floor(centres) + offset
        t = np.abs(centres - source)
        near = 1.5 * t**3 - 2.5 * t**2 + 1
        far = -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2
        weight = np.where(t < 1, near, np.where(t < 2, far, 0.0))
        np.add.at(weights, (np.arange(large), np.clip(source, 0, small - 1).astype(int)), weight)
    return weights
