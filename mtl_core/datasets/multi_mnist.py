"""``multi_mnist``: two digits that overlap in one picture, and two tasks: which is on the left, which on the right."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from mtl_core.blocks import Map
from mtl_core.datasets import mnist_files
from mtl_core.datasets.base import SPLITS, Card, Dataset, Preview, Progress, Samples
from mtl_core.datasets.digits import DIGITS, ROWS, SIDE, enlarge, enlarged_digits, first_digits
from mtl_core.datasets.download import Unreachable
from mtl_core.datasets.drawing import as_it_is
from mtl_core.datasets.mnist import TESTED, TRAINED, Mnist
from mtl_core.datasets.splits import split_sizes, stratified_cut, stratified_split, trained_sizes
from mtl_core.encoders import InputSpec
from mtl_core.errors import DataError
from mtl_core.tasks import Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pictures = NDArray[np.uint8]
    Classes = NDArray[np.int64]
    Rows = NDArray[np.int64]
    Digits = tuple[Pictures, Classes, dict[str, Rows], tuple[str, ...]]

CANVAS = 36
RIGHT = slice(6, 34)
"""Rows and columns of the right digit; the left one has [0:28]."""
CIRCLE = 10
"""Least number of digits that are paired only with one another, so that a split can keep them on one side."""


class MultiMnist(Dataset):
    """MultiMNIST (Sabour et al. 2017, as made by Sener and Koltun 2018): ``left`` and ``right`` (10 classes each)."""

    name: Literal["multi_mnist"] = "multi_mnist"
    base: Annotated[
        Literal["digits", "mnist"], Field(description="digits: 1797 pictures, always there; mnist: 60 000 + 10 000")
    ] = "digits"
    seed: Annotated[int, Field(ge=0, lt=2**31, description="Of which digits are paired; not the run's seed")] = 0
    recommended: ClassVar[Mapping[str, Any]] = {
        "epochs": 12,
        "batch_size": 64,
        "optimizer": {"lr": 0.005},
        "lr_schedule": {"name": "one_cycle"},
        "gradients": {"every": 50},
    }
    changed_by: ClassVar[Mapping[str, str]] = {"flip": "left and right change places, and so do the digits' own sides"}
    card: ClassVar[Card] = Card(
        title="MultiMNIST (two digits)",
        size="1797 grey pictures of 28×28 from digits, or 60 000 + 10 000 from MNIST; 10 × 10 classes",
        origin="Laid over one another by MTL Lab, from scikit-learn's digits or MNIST, by Sener and Koltun's recipe",
        url="https://papers.nips.cc/paper/2018/hash/432aca3a1e345e339f35a30c8f65edce-Abstract.html",
        licence="that of its digits: CC BY 4.0 (digits), CC BY-SA 3.0 (MNIST)",
        citation="O. Sener, V. Koltun (2018). Multi-Task Learning as Multi-Objective Optimization. NeurIPS, sec. 5.1",
    )

    def inputs(self) -> dict[str, InputSpec]:
        return {"image": InputSpec("image", Map(1, SIDE))}

    def tasks(self) -> tuple[Task, ...]:
        return (Task("left", "multiclass", DIGITS), Task("right", "multiclass", DIGITS))

    def sizes(self, validation: float) -> dict[str, int]:
        if self.base == "digits":
            return split_sizes(ROWS, validation)
        return {**trained_sizes(TRAINED, validation), "test": TESTED}

    def missing_files(self, folder: Path) -> tuple[str, ...]:
        return Mnist().missing_files(folder) if self.base == "mnist" else ()

    def file_urls(self, folder: Path) -> tuple[str, ...]:
        return Mnist().file_urls(folder) if self.base == "mnist" else ()

    def fetch(self, folder: Path) -> Generator[Progress, None, tuple[str, ...]]:
        return (yield from Mnist().fetch(folder)) if self.base == "mnist" else ()

    def load(self, folder: Path, validation: float) -> Generator[Progress, None, Samples]:
        digits = _from_digits(validation) if self.base == "digits" else _from_mnist(folder, validation)
        pictures, classes, splits, notes = yield from digits
        yield Progress("pairs", 0, len(classes), "pictures")
        partner, circle = paired(splits, self.seed)
        return Samples(
            inputs={"image": overlaid(pictures, pictures[partner])[:, None]},
            targets={"left": classes, "right": classes[partner]},
            splits=splits,
            source="torchvision" if self.base == "mnist" else "sklearn",
            notes=notes,
            strata=classes,
            groups=circle,
        )

    def drawn(self, ink: Pictures) -> Pictures:
        return as_it_is(ink, SIDE)

    def preview(self, folder: Path) -> Preview:
        if self.base == "mnist":
            shown = Mnist().preview(folder)
            if shown.images is None:
                return shown
            return _preview(shown.images, shown.captions, "torchvision")
        classes, small = first_digits()
        return _preview(enlarge(small), classes, "sklearn")


def paired(splits: Mapping[str, Rows], seed: int) -> tuple[Rows, Rows]:
    """Whose digit stands on the right of each row's own, and the circle that the two belong to.

    The rows of each split are shuffled and laid in circles of :data:`CIRCLE` or a few more; each is paired with the
    row so many places further on in its circle, a number drawn for each circle. So every digit stands once on the
    left and once on the right, never beside itself, and never beside a digit of another split or circle.

    Args:
        splits: row numbers of each split.
        seed: of the shuffle.

    Returns:
        (N,) partner's row numbers and (N,) numbers of the circles.
    """
    rows = sum(len(part) for part in splits.values())
    partner, circle, circles = np.arange(rows), np.zeros(rows, dtype=np.int64), 0
    random = np.random.default_rng(seed)
    for name in SPLITS:
        order = random.permutation(np.sort(splits[name]))
        for ring in np.array_split(order, max(1, len(order) // CIRCLE)):
            partner[ring] = np.roll(ring, random.integers(1, max(2, len(ring))))
            circle[ring] = circles
            circles += 1
    return partner, circle


def overlaid(left: Pictures, right: Pictures) -> Pictures:
    """(N, 28, 28) pictures of two digits: the brighter one where they overlap on a canvas of 36×36, made smaller.

    A pixel of the small picture is the nearest one of the canvas, the pixel in which its centre lies.

    Args:
        left: (N, 28, 28), laid at [0:28].
        right: (N, 28, 28), laid at [6:34].
    """
    canvas = np.zeros((len(left), CANVAS, CANVAS), dtype=np.uint8)
    canvas[:, :SIDE, :SIDE] = left
    np.maximum(canvas[:, RIGHT, RIGHT], right, out=canvas[:, RIGHT, RIGHT])
    nearest = ((np.arange(SIDE) + 0.5) * CANVAS / SIDE).astype(int)
    return np.ascontiguousarray(canvas[:, nearest[:, None], nearest])


def _from_digits(validation: float) -> Generator[Progress, None, Digits]:
    yield Progress("digits", 0, ROWS, "pictures")
    pictures, classes = enlarged_digits()
    return pictures, classes, stratified_split(classes, validation), ()


def _from_mnist(folder: Path, validation: float) -> Generator[Progress, None, Digits]:
    files = mnist_files.files()
    try:
        pictures, classes, notes = yield from files.read(folder)
    except Unreachable as error:
        instead = "dataset.options.base: digits makes such pictures without a network"
        raise DataError(files.not_here(folder, str(error), instead)) from error
    splits = stratified_cut(np.arange(TRAINED), classes, validation)
    return pictures, classes, {**splits, "test": np.arange(TRAINED, TRAINED + TESTED)}, notes


def _preview(pictures: Pictures, classes: tuple[str, ...], source: Literal["sklearn", "torchvision"]) -> Preview:
    captions = tuple(f"{left} {right}" for left, right in zip(classes, np.roll(classes, 1), strict=True))
    return Preview(source, images=overlaid(pictures, np.roll(pictures, 1, axis=0)), captions=captions)
