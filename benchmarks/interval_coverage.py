"""How often a 95 % interval of a mean covers it, by method, for few values: ``python -m benchmarks.interval_coverage``.

No timing: what is measured is honesty. Samples are drawn from a normal, an exponential and a Student t3 distribution.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from mtl_core.intervals import intervals

Numbers = NDArray[np.float64]
SAMPLES, RESAMPLES = 3_000, 2_000
DRAWN: Mapping[str, tuple[Callable[[np.random.Generator, tuple[int, int]], Numbers], float]] = {
    "normal": (lambda random, shape: random.normal(size=shape), 0.0),
    "exponential": (lambda random, shape: random.exponential(size=shape), 1.0),
    "t3": (lambda random, shape: random.standard_t(3, size=shape), 0.0),
}
"""Draws and the true mean."""


def covered(table: Numbers, truth: float) -> dict[str, float]:
    """Share of the rows whose interval holds the truth, in %, by method."""
    student = intervals(table, "student", resamples=RESAMPLES)
    widened = intervals(table, "bootstrap", resamples=RESAMPLES)
    bca = stats.bootstrap((table,), np.mean, axis=1, n_resamples=RESAMPLES, method="BCa", rng=0, batch=50)
    ends: dict[str, list[Any]] = {
        "percentile": [one.percentile for one in student],
        "BCa": np.stack([bca.confidence_interval.low, bca.confidence_interval.high], axis=1).tolist(),
        "widened": [(one.low, one.high) for one in widened],
        "student": [(one.low, one.high) for one in student],
    }
    holds = {
        method: [pair is not None and pair[0] is not None and pair[0] <= truth <= pair[1] for pair in pairs]
        for method, pairs in ends.items()
    }
    return {method: 100 * float(np.mean(found)) for method, found in holds.items()}


def main() -> None:
    """Print a line for each number of values and distribution."""
    random = np.random.default_rng(0)
    print(f"{SAMPLES} samples, {RESAMPLES} resamples, coverage of 95 % intervals")
    for n in (3, 5, 10):
        for name, (draw, truth) in DRAWN.items():
            shares = covered(draw(random, (SAMPLES, n)), truth)
            print(f"n = {n}, {name}: " + ", ".join(f"{method} {share:.1f}" for method, share in shares.items()))


if __name__ == "__main__":
    main()
