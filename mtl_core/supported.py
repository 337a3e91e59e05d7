"""Supported points: which of a front a weighted sum reaches, and which lie in a dent."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mtl_core.fronts import toward_less

Flags = NDArray[np.bool_]


def supported(table: NDArray[np.float64], on: Flags, lower: Sequence[bool]) -> Flags:
    """(N,) which points of the front some weighted sum with weights ≥ 0 has as its optimum.

    They are those on the convex hull on the side of the ideal point; the others lie in a dent that no fixed λ of a
    weighted sum reaches, however fine the sweep (Das & Dennis 1997, A closer look at drawbacks of minimizing weighted
    sums of objectives, Structural Optimization 14). Found by one linear program a point: is there a w ≥ 0, Σ w = 1
    with w·(y_j − y_i) ≥ 0 for all j?

    Args:
        table: (N, K) metrics.
        on: (N,) the front.
        lower: K directions.
    """
    from scipy.optimize import linprog

    found = np.zeros(len(table), dtype=bool)
    rows = np.flatnonzero(on)
    values = toward_less(table, lower)[rows] if len(rows) else np.zeros((0, len(lower)))
    span = np.ptp(values, axis=0) if len(rows) else np.ones(len(lower))
    values = values / np.where(span > 0, span, 1.0)
    for i, row in enumerate(rows):
        ahead = values[i] - values  # w·(y_i − y_j) ≤ 0
        k = values.shape[1]
        solved = linprog(np.zeros(k), A_ub=ahead, b_ub=np.full(len(ahead), 1e-9), A_eq=np.ones((1, k)), b_eq=[1.0])
        found[row] = solved.status == 0
    return found
