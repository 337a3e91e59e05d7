"""Columns of a table in their own units: how far they go, and the way to what the network reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mtl_core.datasets.base import Samples

BINS = 24
"""Bars of the histogram above a slider."""
STEPS = 200
"""Positions of a slider, about."""


@dataclass(frozen=True)
class Column:
    """One column, over the training rows.

    Attributes:
        name: of the column.
        low, high: smallest and largest value, in the column's unit.
        typical: the median; of a flag the more frequent of 0 and 1.
        step: of a slider: a round number, about 1/200 of the range; 1 where all values are whole.
        flag: whether it is 0 or 1 in every row.
        counts: rows in each of 24 equal bins from low to high.
        mean, spread: x enters the network as (x − mean) / spread.
    """

    name: str
    low: float
    high: float
    typical: float
    step: float
    flag: bool
    counts: tuple[int, ...]
    mean: float
    spread: float

    def as_json(self) -> dict[str, Any]:
        """For a page."""
        return asdict(self)


def columns_of(samples: Samples, modality: str) -> tuple[Column, ...]:
    """The columns of a table, over its training rows; a column without a name is called by its number."""
    scaled = samples.inputs[modality]
    raw = np.asarray(samples.raw.get(modality, scaled), dtype=np.float64)
    names = samples.columns or tuple(f"column {i}" for i in range(1, scaled.shape[1] + 1))
    train = samples.splits["train"]
    return tuple(
        _column(name, raw[train, i], *fitted(raw[:, i], scaled[:, i].astype(np.float64)))
        for i, name in enumerate(names)
    )


def fitted(raw: NDArray[np.float64], scaled: NDArray[np.float64]) -> tuple[float, float]:
    """Mean and spread with scaled = (raw − mean) / spread, from all rows where both are known.

    Standardising is affine, so two different values would do; all of them average out the rounding of float32.
    A column of one value: its mean, and 1.
    """
    known = ~(np.isnan(raw) | np.isnan(scaled))
    x, z = raw[known], scaled[known]
    if not len(x) or np.ptp(x) == 0 or np.ptp(z) == 0:
        return (float(x[0] - z[0]) if len(x) else 0.0), 1.0
    across = z - z.mean()
    spread = float(across @ (x - x.mean()) / (across @ across))
    return float(x.mean() - spread * z.mean()), spread


def scaled(columns: Sequence[Column], values: Sequence[float | None]) -> NDArray[np.float32]:
    """(1, columns) what the network reads of values in their own units; what is missing enters as the training mean."""
    given = [
        0.0 if value is None else (value - column.mean) / column.spread
        for column, value in zip(columns, values, strict=True)
    ]
    return np.asarray([given], dtype=np.float32)


def _column(name: str, values: NDArray[np.float64], mean: float, spread: float) -> Column:
    known = values[~np.isnan(values)]
    if not len(known):
        return Column(name, 0.0, 0.0, 0.0, 1.0, False, (0,) * BINS, mean, spread)
    low, high = float(known.min()), float(known.max())
    flag = bool(np.isin(known, (0.0, 1.0)).all())
    counts = np.histogram(known, BINS, (low, high) if high > low else (low - 0.5, high + 0.5))[0]
    whole = bool((known == np.round(known)).all())
    middle = float(np.median(known))
    return Column(
        name,
        low,
        high,
        float(round(known.mean())) if flag else middle,
        1.0 if whole else round_step((high - low) / STEPS),
        flag,
        tuple(counts.tolist()),
        mean,
        spread,
    )


def round_step(width: float) -> float:
    """The largest of … 0.1, 0.2, 0.5, 1, 2, 5, 10 … that is at most ``width``; 1 for a width of 0."""
    if width <= 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(width))
    best = max(factor for factor in (1, 2, 5, 10) if factor * power <= width * (1 + 1e-9))
    return float(f"{best * power:.12g}")
