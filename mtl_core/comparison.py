"""Comparison: Δm of multi-task runs against real single-task runs, and a verdict on each task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mtl_core.corrections import FAMILY_LEVEL, holm
from mtl_core.intervals import Interval, interval
from mtl_core.numerals import numeral
from mtl_core.tasks import LOWER_IS_BETTER

Kind = Literal["gains", "loses", "undecided", "unknown"]
SHARES = frozenset({"accuracy", "f1", "auroc", "miou", "background_iou", "pixel_accuracy"})
"""Measures between 0 and 1, whose differences are told in points of a hundred."""
MOST_NAMED = 8


@dataclass(frozen=True)
class Verdict:
    """What sharing does to one task, against the same task trained alone.

    Attributes:
        task, metric: what was measured.
        kind: ``gains`` or ``loses`` where the interval of the paired difference excludes 0 (a loss is negative
            transfer) and, among several comparisons, the corrected p-value is at most 0.05 too; else ``undecided``;
            ``unknown`` where there are too few pairs for an interval.
        difference: mean of the paired differences in the metric's own unit, positive where sharing is better.
        half_width: of its 95 % interval; None where there is none.
        pairs: how many pairs it rests on.
        uncorrected: what the interval says by itself, where that is another ``kind``; else None.
        p: of the paired t test (:func:`mtl_core.intervals.intervals`); None where there is none.
        adjusted: the same corrected for all comparisons by Holm's method; None where nothing was corrected.
        comparisons: how many were corrected together, this one among them.
    """

    task: str
    metric: str
    kind: Kind
    difference: float | None
    half_width: float | None
    pairs: int
    uncorrected: Kind | None = None
    p: float | None = None
    adjusted: float | None = None
    comparisons: int = 1

    @property
    def negative_transfer(self) -> bool:
        """Whether the task is worse with the others than alone."""
        return self.kind == "loses"


def relative_gains(multi: ArrayLike, single: ArrayLike, lower_is_better: Sequence[bool]) -> NDArray[np.float64]:
    """(−1)^[lower is better] · (M_i − M_i^single) / M_i^single · 100 % of each task, positive where sharing is better.

    A share of something needs a true zero: where M_i^single is 0, negative (as r2 may be) or missing, there is none,
    and the entry is NaN.

    Args:
        multi: (…, K) the measure of each task in the multi-task run.
        single: (…, K) the same of the single-task run on the same split and seed.
        lower_is_better: K, whether less of the measure is better.

    Raises:
        ValueError: for shapes that do not go together.
    """
    shared, alone = np.asarray(multi, dtype=np.float64), np.asarray(single, dtype=np.float64)
    if shared.shape != alone.shape or not shared.ndim or shared.shape[-1] != len(lower_is_better):
        rule = "multi and single must have one shape (…, K), and lower_is_better K entries"
        raise ValueError(f"{rule} (found {shared.shape}, {alone.shape} and {len(lower_is_better)})")
    sign = np.where(np.asarray(lower_is_better, dtype=bool), -100.0, 100.0)
    base = np.where(alone > 0, alone, np.nan)
    gains: NDArray[np.float64] = sign * (shared - base) / base
    return gains


def delta_m(multi: ArrayLike, single: ArrayLike, lower_is_better: Sequence[bool]) -> NDArray[np.float64]:
    """Δm = (1/K) Σ_i (−1)^[lower is better] (M_i − M_i^single) / M_i^single · 100 %, one number a pair of runs.

    Source: Maninis et al. 2019, Attentive single-tasking of multiple tasks (there as a drop, with the other sign).
    NaN where it is undefined for one of the tasks: a mean over fewer tasks would be another measure.

    Args, raises: as :func:`relative_gains`.

    Returns:
        (…) in %, positive where sharing is better on average.
    """
    gains: NDArray[np.float64] = relative_gains(multi, single, lower_is_better).mean(axis=-1)
    return gains


def undefined(single: Sequence[float | None], task: str, metric: str) -> str | None:
    """Why Δm cannot count this task, or None where it can.

    Args:
        single: the measure of the single-task runs that there are.
        task, metric: their names.
    """
    bad = [value for value in single if value is not None and not value > 0]
    if not bad:
        return None
    return (
        f"Δm is a share of the single-task {metric}, which must be above 0; for {task} it is {bad[0]:.4g}. "
        "Compare the differences instead"
    )


def improvement(metric: str, shared: float | None, alone: float | None) -> float | None:
    """By how much the first is better, in the metric's unit; None where one of the two is missing."""
    if shared is None or alone is None:
        return None
    return alone - shared if metric in LOWER_IS_BETTER else shared - alone


def verdict(task: str, metric: str, shared: Sequence[float | None], alone: Sequence[float | None]) -> Verdict:
    """The verdict on one task from pairs of runs with the same split and seed.

    Args:
        task, metric: their names; the metric says whether less is better.
        shared: the measure with the other tasks, one a pair, None where it is missing.
        alone: the measure of the single-task runs, in the same order.

    Raises:
        ValueError: for lists of different lengths.
    """
    pairs = [improvement(metric, *pair) for pair in zip(shared, alone, strict=True)]
    return judged(task, metric, interval(pairs))


def judged(task: str, metric: str, found: Interval) -> Verdict:
    """The verdict that the interval of the paired improvements gives."""
    kind: Kind = "unknown" if found.low is None else "undecided"
    if found.excludes_zero and found.mean is not None:
        kind = "gains" if found.mean > 0 else "loses"
    return Verdict(task, metric, kind, found.mean, found.half_width, found.count, p=found.p)


def corrected(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """The same verdicts, such that all that gain or lose hold together: Holm's correction of the paired t tests.

    Where nothing makes a difference, any of them says so falsely in at most 5 % of all experiments, however many
    there are (:func:`mtl_core.corrections.holm`); without it, one in four would among six. Intervals stay as they are.

    Args:
        verdicts: of every task and arm of an experiment on one split; those without a p-value are left as they are.
    """
    tested = [one.p for one in verdicts if one.p is not None]
    adjusted = iter(holm(tested))
    return [one if one.p is None else _held(one, next(adjusted), len(tested)) for one in verdicts]


def _held(one: Verdict, adjusted: float, comparisons: int) -> Verdict:
    sure = one.kind not in ("gains", "loses") or comparisons == 1 or adjusted <= FAMILY_LEVEL
    kind: Kind = one.kind if sure else "undecided"
    before = None if sure else one.kind
    return replace(one, kind=kind, uncorrected=before, adjusted=adjusted, comparisons=comparisons)


def words(verdicts: Sequence[Verdict]) -> str:
    """The verdicts as one English sentence; of more than eight tasks it counts them instead."""
    parts = [_words(one) for one in verdicts] if len(verdicts) <= MOST_NAMED else [_counted(verdicts)]
    lost = [f"`{one.task}`" for one in verdicts if one.negative_transfer]
    if any(one.kind != "unknown" for one in verdicts):
        none = "none for sure" if any(one.uncorrected == "loses" for one in verdicts) else "none"
        parts.append(f"negative transfer on {', '.join(lost) or none}")
    return "; ".join(parts)


def _counted(verdicts: Sequence[Verdict]) -> str:
    kinds = Counter(one.kind for one in verdicts)
    told = f"{kinds['gains']} of {len(verdicts)} tasks gain, {kinds['loses']} lose"
    told += f", {kinds['undecided']} are not distinguishable"
    weak = [one for one in verdicts if one.uncorrected]
    if weak:
        told += f" ({len(weak)} of them only after correction for {weak[0].comparisons} comparisons)"
    return told + (f", {kinds['unknown']} have too few pairs of runs" if kinds["unknown"] else "")


def _words(one: Verdict) -> str:
    match one.kind:
        case "gains" | "loses":
            return f"`{one.task}` {one.kind} {amount(one)}"
        case "undecided" if one.uncorrected:
            said = f"`{one.task}` {one.uncorrected} {amount(one)} by itself"
            return f"{said}, not after correction for {one.comparisons} comparisons"
        case "undecided":
            return f"`{one.task}` is not distinguishable from single-task ({amount(one, signed=True)})"
    return f"`{one.task}`: too few pairs of runs to say ({one.pairs})"


def amount(one: Verdict, signed: bool = False) -> str:
    """The difference with its half width: in points for shares, else in the metric's unit and with its name."""
    scale, unit = (100.0, "points") if one.metric in SHARES else (1.0, one.metric)
    value = scale * (one.difference or 0.0)
    half = scale * (one.half_width or 0.0)
    places = _places(half or value)
    shown = numeral(value, f"+.{places}f") if signed else numeral(abs(value), f".{places}f")
    return f"{shown} ± {half:.{places}f} {unit}"


def _places(size: float) -> int:
    """Decimals that show one digit of a half width, two where that is a 1; at least one, at most six."""
    if not size:
        return 1
    power = int(np.floor(np.log10(abs(size))))
    leading = abs(size) / 10.0**power
    return min(6, max(1, (1 if leading < 2 else 0) - power))
