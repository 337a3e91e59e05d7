"""Task relatedness before training, per pair of tasks: label correlation and similarity of inputs."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mtl_core.associations import correlation_ratio, cramers_v, pearson
from mtl_core.datasets.base import SPLIT_SEED, Progress, Samples
from mtl_core.input_similarity import similarities
from mtl_core.settings import data_dir
from mtl_core.splitting import has_target, resplit
from mtl_core.tasks import Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mtl_core.spec import RunSpec

Measure = Literal["pearson", "correlation_ratio", "cramers_v", ""]
Why = Literal["", "no_labels", "no_common_rows", "few_common_rows", "constant", "few_rows", "same_rows"]
"""Why there is no number, or (``same_rows``) why it needed no measuring."""
LEAST_ROWS = 10
"""Rows, at least, from which a number is read."""
Matrix = tuple[tuple[float | None, ...], ...]


@dataclass(frozen=True)
class Relatedness:
    """K×K numbers about pairs of tasks, symmetric, in the order of ``tasks``.

    Attributes:
        tasks: their names.
        rows: training rows that have a target of each task.
        labels: how closely the targets go together on the rows that have both; −1..1 for ``pearson``, 0..1 else.
        measures: which number ``labels`` holds: ``pearson`` for numbers (binary as 0 and 1), ``correlation_ratio`` for
            a class and a number, ``cramers_v`` for two classes; empty where there is none.
        label_why: why there is none.
        inputs: how alike the tasks' inputs are, 0..1 (:mod:`mtl_core.input_similarity`); 1 for the same rows.
        input_why: why there is none, or ``same_rows``.
    """

    tasks: tuple[str, ...]
    rows: tuple[int, ...]
    labels: Matrix
    measures: tuple[tuple[Measure, ...], ...]
    label_why: tuple[tuple[Why, ...], ...]
    inputs: Matrix
    input_why: tuple[tuple[Why, ...], ...]

    def as_json(self) -> dict[str, Any]:
        """All of it as plain values."""
        return asdict(self)


def of_spec(spec: RunSpec) -> Generator[Progress, None, Relatedness]:
    """Relatedness of a spec's tasks: loads its data (which may take long: not for a page's own process).

    Raises:
        DataError: where the data cannot be used.
    """
    dataset, tasks = spec.dataset, spec.task_list()
    samples = yield from dataset.build().load(data_dir(), dataset.validation)
    return relatedness(resplit(samples, dataset.split, dataset.validation, tasks), tasks)


def relatedness(samples: Samples, tasks: Sequence[Task], seed: int = SPLIT_SEED) -> Relatedness:
    """Every pair of tasks, on the training rows alone.

    Args:
        samples: the data.
        tasks: K tasks of theirs.
        seed: of the rows that are drawn where there are many.
    """
    train = samples.splits["train"]
    there = np.stack([has_target(samples, task)[train] for task in tasks])
    labels, measures, label_why = _labels(samples, tasks, train, there)
    same = _same(there)
    found = np.ones((len(tasks), len(tasks))) if same.all() else similarities(samples.inputs, train, there, seed)
    found[same] = 1.0
    few = there.sum(1) < LEAST_ROWS
    input_why: NDArray[Any] = np.where(same, "same_rows", "")
    input_why[few[:, None] | few[None]] = "few_rows"
    found[input_why == "few_rows"] = np.nan
    return Relatedness(
        tasks=tuple(task.name for task in tasks),
        rows=tuple(int(rows) for rows in there.sum(1)),
        labels=_matrix(labels),
        measures=_words(measures),
        label_why=_words(label_why),
        inputs=_matrix(found),
        input_why=_words(input_why),
    )


def _labels(
    samples: Samples, tasks: Sequence[Task], train: NDArray[np.int64], there: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[Any], NDArray[Any]]:
    """Number, name of the measure, and why there is none, for every pair."""
    number = [task.kind in ("regression", "binary") for task in tasks]
    single = [task.kind in ("binary", "multiclass") for task in tasks]
    k = len(tasks)
    found, rows = np.full((k, k), np.nan), np.zeros((k, k))
    measures: NDArray[Any] = np.full((k, k), "", dtype=object)
    numbers = np.stack([_numbers(samples, task, train, there[i]) for i, task in enumerate(tasks)], axis=1)
    found[:], rows[:] = pearson(numbers)
    measures[np.ix_(number, number)] = "pearson"
    classes = {i: _classes(samples, task, train) for i, task in enumerate(tasks) if single[i]}
    for i in (i for i in classes if not number[i]):
        eta, common = correlation_ratio(classes[i], numbers)
        for j in range(k):
            if j in classes:
                found[i, j], rows[i, j], measures[i, j] = *cramers_v(classes[i], classes[j]), "cramers_v"
            elif number[j]:
                found[i, j], rows[i, j], measures[i, j] = eta[j], common[j], "correlation_ratio"
            found[j, i], rows[j, i], measures[j, i] = found[i, j], rows[i, j], measures[i, j]
    why = _reasons(found, rows, measures)
    found[why != ""] = np.nan
    measures[why != ""] = ""
    return found, measures, why


def _reasons(found: NDArray[np.float64], rows: NDArray[np.float64], measures: NDArray[Any]) -> NDArray[Any]:
    why = np.where(np.isnan(found), "constant", "").astype(object)
    why[rows < LEAST_ROWS] = "few_common_rows"
    why[rows == 0] = "no_common_rows"
    why[measures == ""] = "no_labels"
    return why


def _numbers(samples: Samples, task: Task, train: NDArray[np.int64], there: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(n,) the target as a number, NaN where it is missing or none."""
    if task.kind not in ("regression", "binary"):
        return np.full(len(train), np.nan)
    return np.where(there, samples.targets[task.name][train].astype(np.float64), np.nan)


def _classes(samples: Samples, task: Task, train: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n,) the target as a class, −1 where it is missing."""
    return samples.targets[task.name][train].astype(np.int64)


def _same(there: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(K, K) whether two tasks have their targets on the same rows."""
    together = there.astype(np.float64) @ there.T
    own = there.sum(1)
    return np.asarray((together == own[:, None]) & (together == own[None]))


def _matrix(values: NDArray[np.float64]) -> Matrix:
    return tuple(tuple(None if np.isnan(value) else float(value) for value in row) for row in values)


def _words(values: NDArray[Any]) -> tuple[tuple[Any, ...], ...]:
    return tuple(tuple(str(value) for value in row) for row in values)
