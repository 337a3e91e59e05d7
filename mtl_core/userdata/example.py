"""The example: three hundred flats drawn from a seed, so that one's own data can be tried before there are any."""

from __future__ import annotations

from functools import cache

import numpy as np

from mtl_core.userdata.manifest import Column, Manifest, Origin
from mtl_core.userdata.prepared import Prepared

ROWS = 300
SEED = 7
DISTRICTS = ["harbour", "hills", "old town"]
HEATING = ["district", "gas"]
MANIFEST = Manifest(
    id="",
    name="Flats (an example)",
    owner="",
    shared=True,
    created=0.0,
    rows=ROWS,
    origin=Origin(name="flats.csv"),
    columns=[
        Column(name="area", role="input", kind="numeric", distinct=ROWS, number=True),
        Column(name="age", role="input", kind="numeric", distinct=ROWS, number=True),
        Column(name="district", role="input", kind="categorical", categories=DISTRICTS, distinct=3),
        Column(name="heating", role="input", kind="categorical", categories=HEATING, rest=True, missing=30, distinct=2),
        Column(name="rent", role="target", kind="regression", task="rent", unit="€", distinct=ROWS, number=True),
        Column(name="quiet", role="target", kind="binary", task="quiet", classes=["no", "yes"], distinct=2),
    ],
)
"""Its description, as one that was added would have."""


@cache
def example() -> Prepared:
    """Three hundred flats: rent (€ a month) and quiet, from area, age, district and heating, unknown for thirty."""
    draw = np.random.default_rng(SEED)
    area = np.round(draw.uniform(25, 120, ROWS), 1)
    age = np.round(draw.uniform(0, 90, ROWS))
    district = draw.integers(0, len(DISTRICTS), ROWS).astype(np.int32)
    heating = draw.integers(0, len(HEATING), ROWS).astype(np.int32)
    heating[draw.choice(ROWS, 30, replace=False)] = -1
    rent = 180 + 9.5 * area - 1.5 * age + np.array([60, 140, 0])[district] + draw.normal(0, 40, ROWS)
    quiet = (np.array([-1, 2, 0])[district] + 0.01 * (age - 45) + draw.normal(0, 0.7, ROWS) > 0).astype(np.int32)
    arrays = (area, age, district, heating, np.round(rent), quiet)
    return Prepared(tuple(MANIFEST.columns), {f"c{i}": array for i, array in enumerate(arrays)})


def rows(count: int) -> list[list[float | str | None]]:
    """The first rows as a person reads them."""
    made = example()
    shown = []
    for row in range(count):
        cells: list[float | str | None] = []
        for column in made.columns:
            value = made.of(column)[row]
            names = column.categories or column.classes
            cells.append(float(value) if not names else names[value] if value >= 0 else None)
        shown.append(cells)
    return shown
