"""``learning_curve``: sharing helps where data are few; each architecture on growing parts of the training rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil, isfinite

from mtl_core.errors import Problem, SpecError
from mtl_core.spec import MOST_EPOCHS, RunSpec
from mtl_core.sweeps.base import Plan, repeated
from mtl_core.sweeps.sharing import least_two
from mtl_core.sweeps.variants import ALONE, alone, combined, possible, restarted

SIZES = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)
FEWEST_ROWS = 2


def plan(
    spec: RunSpec, sizes: Sequence[float] = SIZES, architectures: Sequence[str] = (ALONE, "hard"), seeds: int = 5
) -> Plan:
    """Every architecture on the first n training rows, n growing; parts are nested, validation and test stay whole.

    Runs of all sizes take about as many steps: where the batch has a fixed size, a part of the rows is gone through
    more often, else few rows would also mean little training.

    Args:
        spec: what all runs have in common; its own number of training rows is the whole.
        sizes: numbers of rows (2 and more), or shares of them (up to 1).
        architectures: names; ``separate`` is always there.
        seeds: from the spec's own on.

    Raises:
        SpecError: for a single task, unknown names, sizes that are no such number, or too many runs.
    """
    least_two(spec)
    rows = spec.dataset.sizes()["train"]
    counts = [_rows(size, rows) for size in sizes]
    if not counts:
        raise SpecError([Problem("sizes", "must be at least one number or share of training rows", [])])
    chosen, left_out = combined(spec, architectures, (spec.weighting.name,))
    bases = {ALONE: alone(spec), **chosen}
    asked = {arm_name(arm, n): _with_rows(base, n, rows) for n in sorted({*counts}) for arm, base in bases.items()}
    arms, refused = possible(asked)
    if not arms:
        raise SpecError(list(refused[0].problems))
    name = f"{spec.dataset.name}, learning curve"
    return Plan("learning_curve", name, spec, repeated(arms, spec, seeds), (*left_out, *refused))


def arm_name(arm: str, rows: int) -> str:
    """What an architecture on so many rows is called."""
    return f"{arm}, {rows} rows"


def _rows(size: float, rows: int) -> int:
    usable = isinstance(size, int | float) and not isinstance(size, bool) and isfinite(size)
    count = round(size * rows) if usable and isinstance(size, float) and size <= 1 else size
    if not usable or count != int(count) or not FEWEST_ROWS <= count <= rows:
        rule = f"must be whole numbers from {FEWEST_ROWS} to the {rows:,} training rows, or shares of them up to 1.0"
        raise SpecError([Problem("sizes", rule, size)])
    return int(count)


def _with_rows(spec: RunSpec, count: int, rows: int) -> Callable[[], RunSpec]:
    batch = spec.batch_size if isinstance(spec.batch_size, int) else rows
    times = ceil(rows / batch) / ceil(count / batch)
    epochs = min(MOST_EPOCHS, max(1, round(spec.epochs * times)))
    every = max(1, round(spec.evaluate_every * times))
    dataset = spec.dataset.model_dump(mode="json") | {"train_rows": count}
    return lambda: restarted(spec, dataset=dataset, epochs=epochs, evaluate_every=every)
