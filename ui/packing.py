"""Numbers of a chart on their way to the browser: only what it has not got, and seven bytes of base64 a point.

``frontend/packed.js`` reads them. What is short or of another kind goes as digits.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAST = 12
"""Points below which digits are as short, and can be read."""
SIGNIFICANT_DIGITS = 5
Points = NDArray[np.float64]
"""(2, n): x and y of a line."""


def points(name: str, x: Sequence[float], y: Sequence[float], *, above_zero: bool = False) -> Points:
    """x and y as one array; NaN for what is not finite.

    Args:
        name: of the trace.
        x: positions.
        y: values, as many.
        above_zero: whether values must be positive, as on a logarithmic axis.

    Raises:
        ValueError: if x and y differ in length.
    """
    if len(x) != len(y):
        raise ValueError(f"trace {name!r}: x and y must be equally long, got {len(x)} and {len(y)}")
    both = np.array([x, y], dtype=np.float64)
    both[~np.isfinite(both)] = np.nan
    if above_zero:
        both[1, both[1] <= 0] = np.nan
    return both


def kept(known: Points, now: Points) -> int:
    """How many points at the beginning are the same; NaN is the same as NaN."""
    count = min(known.shape[1], now.shape[1])
    a, b = known[:, :count], now[:, :count]
    differ = ((a != b) & ~(np.isnan(a) & np.isnan(b))).any(axis=0)
    return int(differ.argmax()) if differ.any() else count


def packed(both: Points, keep: int = 0) -> dict[str, Any]:
    """The points after the first ``keep``, which the browser has.

    ``x``, whole and ascending, as ``{"first", "steps"}``: the first value, and the differences as 16 bits each. All
    else as ``{"values"}``: 24 bits each, a float32 without the last eight: 4.8 digits, one more than is shown; NaN for
    a gap. Few points, and whole numbers that are no such steps, go as digits: no digit of a whole number is lost.
    """
    x, y = both[:, keep:]
    whole = not np.isnan(x).any() and bool((x == np.floor(x)).all())
    steps = np.diff(x)
    stepwise = whole and len(steps) > 0 and steps.min() >= 0 and steps.max() <= np.iinfo(np.uint16).max
    if len(x) < LEAST or (whole and not stepwise):
        return {"keep": keep, "x": digits(x), "y": digits(y)}
    if not whole:
        return {"keep": keep, "x": {"values": _text(shortened(x))}, "y": {"values": _text(shortened(y))}}
    packed_steps = {"first": int(x[0]), "steps": _text(steps.astype("<u2").tobytes())}
    return {"keep": keep, "x": packed_steps, "y": {"values": _text(shortened(y))}}


def digits(values: Points) -> list[float | int | None]:
    """Numbers as digits; None for a gap."""
    return [rounded(value) for value in values.tolist()]


def rounded(value: float) -> float | int | None:
    """``value`` at five significant digits; whole numbers stay whole; None for NaN and infinity."""
    if not math.isfinite(value):
        return None
    if value == int(value) and abs(value) < 1e15:
        return int(value)
    short = float(f"{value:.{SIGNIFICANT_DIGITS}g}")
    return int(short) if short == int(short) and abs(short) < 1e15 else short


def shortened(values: Points) -> bytes:
    """Three bytes a value, the lowest first: float32, rounded to the upper 24 bits."""
    with np.errstate(over="ignore"):
        numbers = values.astype("<f4").view("<u4")
    high = (numbers.astype(np.uint64) + 0x80) >> 8
    return high.astype("<u4").view(np.uint8).reshape(-1, 4)[:, :3].tobytes()


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
