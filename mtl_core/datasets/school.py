"""``school``: exam scores in 139 London schools, a task each."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from mtl_core.blocks import Vector
from mtl_core.datasets import school_file
from mtl_core.datasets.base import SPLIT_SEED, Card, Dataset, Preview, Progress, Samples, Source
from mtl_core.datasets.download import Unreachable, obtain
from mtl_core.datasets.pooled import own_targets, owners, pooled_sizes, pooled_splits
from mtl_core.datasets.school_file import COLUMNS, COUNTS
from mtl_core.datasets.splits import held_out, trained_sizes
from mtl_core.datasets.wine_quality import standardised
from mtl_core.encoders import InputSpec
from mtl_core.errors import DataError
from mtl_core.tasks import Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Rows = NDArray[np.int64]
    Table = NDArray[np.float64]

SOURCE: Source = "published"
"""Neither UCI nor a library: a file that a research group publishes."""
TEST_SHARE = 0.25
"""As in Bakker & Heskes 2003 and Argyriou, Evgeniou & Pontil 2008."""
PREVIEW_ROWS = 8


class School(Dataset):
    """Exam scores of 15 362 pupils of 16 years in 139 schools: each school is a task with pupils of its own.

    In each school ⌈¼ n⌉ pupils test. The two percentages are standardised with the training rows; the columns of
    0 and 1 stay as they are, which generalises better here than standardising what is rare (LOG.md).
    """

    name: Literal["school"] = "school"
    own_samples: ClassVar[bool] = True
    recommended: ClassVar[Mapping[str, Any]] = {
        "dataset": {"target_scaling": "standardize"},
        "epochs": 80,
        "evaluate_every": 4,
        "optimizer": {"lr": 0.001},
        "gradients": {"every": 100},
    }
    card: ClassVar[Card] = Card(
        title="School (139 tasks)",
        size=f"{sum(COUNTS)} pupils of {len(COUNTS)} schools ({min(COUNTS)} to {max(COUNTS)} each) × 28 columns",
        origin=(
            "Secondary schools of the Inner London Education Authority, 1985 to 1987 (Nuttall et al. 1989), as "
            "prepared for multi-task learning and published with MALSAR (Zhou, Chen, Ye)"
        ),
        url="https://github.com/jiayuzhou/MALSAR",
        licence="none is stated for the data; MALSAR, which publishes them, is under the GPL",
        citation=(
            "B. Bakker, T. Heskes (2003). Task Clustering and Gating for Bayesian Multitask Learning. JMLR 4, 83–99; "
            "D. Nuttall, H. Goldstein, R. Prosser, J. Rasbash (1989). Differential school effectiveness. "
            "International Journal of Educational Research 13(7), 769–776."
        ),
    )

    def inputs(self) -> dict[str, InputSpec]:
        return {"table": InputSpec("table", Vector(len(COLUMNS)))}

    def tasks(self) -> tuple[Task, ...]:
        return _tasks()

    def sizes(self, validation: float) -> dict[str, int]:
        return pooled_sizes([_sizes(count, validation) for count in COUNTS])

    def missing_files(self, folder: Path) -> tuple[str, ...]:
        return () if school_file.locate(folder) else (str(school_file.home_of(folder)),)

    def file_urls(self, folder: Path) -> tuple[str, ...]:
        return school_file.remote_file().urls[:1] if self.missing_files(folder) else ()

    def fetch(self, folder: Path) -> Generator[Progress, None, tuple[str, ...]]:
        path = school_file.locate(folder)
        if path is not None:
            school_file.read_file(path)
        else:
            _, unkept = yield from obtain(school_file.remote_file(), school_file.home_of(folder), again=True)
            if unkept:
                raise DataError(unkept)
        return ()

    def load(self, folder: Path, validation: float) -> Generator[Progress, None, Samples]:
        (columns, scores), notes = yield from _obtained(folder)
        splits = pooled_splits([_split(count, validation) for count in COUNTS], COUNTS)
        owner = owners(COUNTS)
        table = columns.astype(np.float32)
        table[:, school_file.SHARES] = standardised(columns[:, school_file.SHARES], splits["train"])
        return Samples(
            inputs={"table": table},
            targets=own_targets([task.name for task in _tasks()], owner, scores.astype(np.float32)),
            splits=splits,
            source=SOURCE,
            notes=(school_file.CONSTANT_NOTE, *notes),
            strata=owner,
            rescaled=("table",),
            columns=COLUMNS,
            raw={"table": columns},
        )

    def preview(self, folder: Path) -> Preview:
        heads = ("school", *COLUMNS, "score")
        try:
            path = school_file.locate(folder)
            if path is None:
                return Preview(SOURCE, heads, notes=(_not_here(folder, "preview does not download"),))
            columns, scores = school_file.read_file(path)
        except DataError as error:
            return Preview(SOURCE, heads, notes=(str(error),))
        shown = np.flatnonzero(np.diff(owners(COUNTS), prepend=-1))[:PREVIEW_ROWS]
        rows = tuple((i + 1, *map(float, columns[row]), float(scores[row])) for i, row in enumerate(shown))
        return Preview(SOURCE, heads, rows, notes=(school_file.CONSTANT_NOTE,))


@cache
def _tasks() -> tuple[Task, ...]:
    return tuple(Task(f"school_{i:03d}", "regression", unit="points") for i in range(1, len(COUNTS) + 1))


@cache
def _sizes(rows: int, validation: float) -> dict[str, int]:
    test = held_out(rows, TEST_SHARE)
    return {**trained_sizes(rows - test, validation), "test": test}


def _split(rows: int, validation: float) -> dict[str, Rows]:
    """The rows of one school, as two of scikit-learn's ``train_test_split(…, random_state=42)`` divide them."""
    rest, test = _shuffled(np.arange(rows), held_out(rows, TEST_SHARE))
    train, held = _shuffled(rest, held_out(len(rest), validation))
    return {"train": train, "validation": held, "test": test}


def _shuffled(rows: Rows, held: int) -> tuple[Rows, Rows]:
    order = np.random.RandomState(SPLIT_SEED).permutation(len(rows))
    return rows[order[held:]], rows[order[:held]]


def _obtained(folder: Path) -> Generator[Progress, None, tuple[tuple[Table, Table], tuple[str, ...]]]:
    """The file in the data folder, else the download; and what a person should know of it."""
    file, home = school_file.remote_file(), school_file.home_of(folder)
    yield Progress(file.name, 0, file.size)
    path = school_file.locate(folder)
    if path is not None:
        return school_file.read_file(path), ()
    try:
        content, unkept = yield from obtain(file, home)
    except Unreachable as error:
        raise DataError(_not_here(folder, str(error))) from error
    return school_file.parse(content, file.urls[0]), (unkept,) if unkept else ()


def _not_here(folder: Path, reason: str) -> str:
    return (
        f"The school data are not there, and there is no stand-in for them ({reason}). Put {school_file.URLS[0]} at "
        f"{school_file.home_of(folder)}; the data set 'related_tasks' has many tasks too and works without a network."
    )
