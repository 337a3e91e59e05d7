"""How alike the inputs of the tasks are, for every pair: one minus the normalised maximum mean discrepancy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Features = NDArray[np.float64]
    Rows = NDArray[np.int64]

MOST_ROWS, MOST_IN_ALL, LEAST_DRAWN = 2_000, 6_000, 40
"""Rows of a task and of all tasks that are drawn at most, and of a task that are drawn where there are many tasks."""
MEDIAN_ROWS = 1_000
GRID = 8
"""Pictures are averaged to at most 8 × 8 fields."""
WORDS = 256
"""Sentences are counted by their most frequent words, at most so many."""


def similarities(inputs: Mapping[str, NDArray[Any]], rows: Rows, there: NDArray[np.bool_], seed: int) -> Features:
    """(K, K) similarity 2 k_ij / (k_ii + k_jj) = 1 − MMD²_ij / (k_ii + k_jj), clipped to 0..1.

    k_ij is the mean of k(x, y) over rows x of task i and y ≠ x of task j, so that MMD² = k_ii + k_jj − 2 k_ij is the
    unbiased estimate of Gretton et al. 2012 (A kernel two-sample test, JMLR 13, equation 3). k is Gaussian,
    exp(−‖x − y‖² / m), with the median m of the squared distances of all tasks' rows together: one width for all
    pairs. 1: drawn from one distribution; 0: nothing in common. A classifier's error (proxy A-distance) was tried and
    left, as columns that are constant in a task (of schools: nearly all pairs) put it at 0 for good.

    At most 2 000 rows a task and about 6 000 in all are drawn. Features: a table's columns as the data set scaled
    them (a missing value is the mean), pictures averaged to 8 × 8, counts of words; every input with the same total
    variance.

    Args:
        inputs: per modality (N, …).
        rows: (n,) the rows to look at.
        there: (K, n) whether each has a target of a task.
        seed: of what is drawn.
    """
    features, drawn = _drawn(inputs, rows, there, seed)
    scale = _median_distance(features, seed)
    found = np.zeros((len(drawn), len(drawn)))
    for i, mine in enumerate(drawn):
        others = drawn[i:]
        kernel = _kernel(features[mine], features[np.concatenate(others)], scale).sum(0)
        sums = np.add.reduceat(np.append(kernel, 0.0), np.cumsum([0, *map(len, others)])[:-1])
        counts = np.array([len(other) for other in others], dtype=np.float64) * len(mine)
        sums[0], counts[0] = sums[0] - len(mine), counts[0] - len(mine)  # a row is no pair with itself
        found[i, i:] = found[i:, i] = sums / np.maximum(counts, 1)
    own = found.diagonal()
    return np.clip(2 * found / np.maximum(own[:, None] + own[None], 1e-300), 0.0, 1.0)


def _kernel(x: Features, y: Features, scale: float) -> Features:
    """(n, m) exp(−‖x − y‖² / scale)."""
    return np.asarray(np.exp(-_squared_distances(x, y) / scale))


def _squared_distances(x: Features, y: Features) -> Features:
    found: Features = np.maximum((x**2).sum(1)[:, None] + (y**2).sum(1)[None] - 2 * x @ y.T, 0.0)
    return found


def _median_distance(features: Features, seed: int) -> float:
    """The median squared distance of two rows; 1 where all rows are alike."""
    chosen = np.random.default_rng(seed).permutation(len(features))[:MEDIAN_ROWS]
    distances = _squared_distances(features[chosen], features[chosen])[np.triu_indices(len(chosen), 1)]
    return float(np.median(distances)) or float(distances.mean()) or 1.0 if len(distances) else 1.0


def _drawn(
    inputs: Mapping[str, NDArray[Any]], rows: Rows, there: NDArray[np.bool_], seed: int
) -> tuple[Features, Sequence[Rows]]:
    """Features of the rows that were drawn, and the places of each task's rows among them."""
    generator = np.random.default_rng(seed)
    most = min(MOST_ROWS, max(LEAST_DRAWN, MOST_IN_ALL // len(there)))
    chosen = [generator.permutation(np.flatnonzero(mask))[:most] for mask in there]
    used = np.unique(np.concatenate(chosen))
    blocks = [_features(values[rows[used]]) for values in inputs.values()]
    return np.concatenate(blocks, axis=1), [np.searchsorted(used, part) for part in chosen]


def _features(values: NDArray[Any]) -> Features:
    """(n, columns) of a table, of pictures or of sentences, centred and with a total variance of 1."""
    if values.ndim == 4:
        found = _averaged(values)
    elif np.issubdtype(values.dtype, np.integer):
        found = _counted(values)
    else:
        found = values.reshape(len(values), -1).astype(np.float64)
    missing = np.isnan(found)
    mean = np.where(missing, 0.0, found).sum(0) / np.maximum((~missing).sum(0), 1)
    found = np.where(missing, 0.0, found - mean)
    total = (found**2).mean(0).sum()
    return np.asarray(found / np.sqrt(total if total > 0 else 1.0))


def _averaged(pictures: NDArray[Any]) -> Features:
    """(n, C · ≤8 · ≤8): means of equal fields."""
    n, channels, height, width = pictures.shape
    step = max(1, -(-max(height, width) // GRID))
    high, wide = -(-height // step), -(-width // step)
    means = np.zeros((n, channels, high, wide))
    for y in range(high):
        for x in range(wide):
            field = pictures[:, :, y * step : (y + 1) * step, x * step : (x + 1) * step]
            means[:, :, y, x] = field.mean((2, 3), dtype=np.float64)
    return means.reshape(n, -1)


def _counted(sentences: NDArray[Any]) -> Features:
    """(n, ≤256): how often each of the most frequent words stands in a sentence; 0 is no word."""
    totals = np.bincount(sentences.ravel())
    totals[0] = 0
    words = np.flatnonzero(totals)
    words = words[np.argsort(-totals[words], kind="stable")][:WORDS]
    return np.stack([(sentences == word).sum(1) for word in words], axis=1).astype(np.float64)
