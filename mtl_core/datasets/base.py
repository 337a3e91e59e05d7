"""Dataset: inputs, targets, splits and a card; a file a dataset."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from mtl_core.encoders import InputSpec
from mtl_core.model import Named
from mtl_core.tasks import Task

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Source = Literal["uci", "torchvision", "sklearn", "synthetic", "generated", "published", "user"]
SPLITS = ("train", "validation", "test")
SPLIT_SEED = 42
"""Splits never depend on a run's seed, so that runs can be compared."""


@dataclass(frozen=True)
class Progress:
    """How far a piece of long work is; ``total`` is None while it is unknown."""

    what: str
    done: int
    total: int | None
    unit: str = "bytes"


@dataclass(frozen=True)
class Samples:
    """A data set, ready to train on.

    Attributes:
        inputs: per modality an array whose first axis is the sample; images float32 (N, C, S, S) in 0..1
            or uint8 in 0..255, tables float32 (N, columns), already scaled with the training rows, NaN where a
            value is missing; sentences int64 (N, L) of word numbers, 0 behind the last word.
        targets: per task an array (N,) of float32 (regression, NaN where missing) or int64 (binary 0/1, class
            index; -1 where missing), or int64/uint8 (N, S, S) of class indices (segmentation; 255 where a
            pixel has no label). A generation task has none: it makes its input.
        splits: row numbers of ``train``, ``validation`` and ``test``; disjoint.
        source: where the rows come from.
        notes: what a person should know about them, e.g. that a file was not found.
        strata: (N,) int64, the class by which a cross-validation stratifies; None for a plain shuffle.
        groups: (N,) int64; a cross-validation keeps the rows of one group together. None: every row by itself.
        rescaled: modalities (tables) that are standardised; other training rows standardise them anew.
        columns: names of the table's columns.
        raw: of tables that are standardised: their values before, in their own units, (N, columns).
        vocabulary: the words by their numbers, where an input is sentences.
        truth: what is known of the data's making, to hold what was learned against: ``weights`` (d, K),
            ``correlation`` (K, K), ``adjacency`` (K, K), in the order of the data set's tasks.
    """

    inputs: Mapping[str, NDArray[Any]]
    targets: Mapping[str, NDArray[Any]]
    splits: Mapping[str, NDArray[np.int64]]
    source: Source
    notes: tuple[str, ...] = ()
    strata: NDArray[np.int64] | None = None
    groups: NDArray[np.int64] | None = None
    rescaled: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    raw: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    vocabulary: tuple[str, ...] = ()
    truth: Mapping[str, NDArray[Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Card:
    """What a person reads before choosing a data set.

    Attributes:
        title: display name.
        size: rows and columns or pixels, in words.
        origin: who made it, in words.
        url: where the original is.
        licence: its licence.
        citation: how to cite it.
        real: False for data that a program made.
    """

    title: str
    size: str
    origin: str
    url: str
    licence: str
    citation: str
    real: bool = True


@dataclass(frozen=True)
class Preview:
    """A first look, cheap and without torch.

    Attributes:
        source: what a run would use now without a network (``synthetic`` if the real file is not there).
        columns: column names of a table preview.
        rows: its rows.
        images: (n, S, S) or (n, S, S, 3) uint8 pictures.
        captions: a line under each picture.
        notes: as in :class:`Samples`.
    """

    source: Source
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    images: NDArray[np.uint8] | None = None
    captions: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())


class Dataset(Named):
    """A data set; the fields of a subclass are its options.

    ``recommended`` holds the spec fields whose default is another one for this data set
    (nested as in the spec); what the user writes always wins.
    """

    card: ClassVar[Card]
    recommended: ClassVar[Mapping[str, Any]] = {}
    own_samples: ClassVar[bool] = False
    """Whether its tasks have samples of their own, so that the batch policy matters."""
    changed_by: ClassVar[Mapping[str, str]] = {}
    """Augmentations after which its targets would be wrong, each with the reason."""

    def about(self) -> Card:
        """What a person reads of it; a data set of one's own is described by its manifest."""
        return self.card

    def advice(self) -> Mapping[str, Any]:
        """The spec fields whose default is another one for it, with its options as they are."""
        return self.recommended

    def inputs(self) -> dict[str, InputSpec]:
        """Modalities and their shapes."""
        raise TypeError(f"{type(self).__name__} must describe its inputs")

    def tasks(self) -> tuple[Task, ...]:
        """Every task that it offers."""
        raise TypeError(f"{type(self).__name__} must list its tasks")

    def sizes(self, validation: float) -> dict[str, int]:
        """Rows of train, validation and test that a run will have, known before loading."""
        raise TypeError(f"{type(self).__name__} must know its sizes")

    def missing_files(self, folder: Path) -> tuple[str, ...]:
        """Paths at which real files are looked for and are not there; empty where nothing is missing."""
        return ()

    def file_urls(self, folder: Path) -> tuple[str, ...]:
        """Addresses from which the missing files can be fetched by hand, in the order of :meth:`missing_files`."""
        return ()

    def fetch(self, folder: Path) -> Generator[Progress, None, tuple[str, ...]]:
        """Download what is missing into the data folder; yields progress and returns notes.

        Unlike :meth:`load` it always tries, never falls back to a stand-in, and does not import torch.

        Raises:
            DataError: if a file cannot be had, has another checksum, or cannot be kept.
        """
        yield from ()
        return ()

    def load(self, folder: Path, validation: float) -> Generator[Progress, None, Samples]:
        """Read, download or make the rows; yields progress and returns the samples.

        Args:
            folder: the data folder.
            validation: share of the training part to cut off for validation.

        Raises:
            DataError: where a file is damaged, altered or unusable.
        """
        raise TypeError(f"{type(self).__name__} must load its rows")

    def drawn(self, ink: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
        """(S, S) what a drawing would be among its pictures; None where its pictures are none that one draws.

        Args:
            ink: (H, H) 0..255, black canvas, white ink.

        Raises:
            DataError: if the drawing is empty.
        """
        return None

    def preview(self, folder: Path) -> Preview:
        """A first look without torch and without a download.

        A file that cannot be read is told in ``notes``; it is :meth:`load` that raises.
        """
        raise TypeError(f"{type(self).__name__} must give a preview")
