"""Numbers of a chart on their way to the browser: eleven bytes of base64 a point instead of fifteen of digits.

``frontend/packed.js`` reads them. What is short or of another kind stays as it is.
"""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

LEAST = 32
"""Points below which digits are as short, and can be read."""


def packed(chart: dict[str, Any]) -> dict[str, Any]:
    """The chart with the numbers of its long lines packed.

    ``x``, whole and ascending, as ``{"first", "steps"}``: the first value, and the differences as 16 bits each. All
    else as ``{"values"}``: 24 bits each, a float32 without the last eight: 4.8 digits, one more than is shown; NaN for
    None. Whole numbers that are no such steps stay as they are: no digit of theirs may be lost.

    Args:
        chart: as :meth:`ui.chart_data.ChartData.as_json` gives it.
    """
    return chart | {"traces": [_packed_trace(trace) for trace in chart["traces"]]}


def _packed_trace(trace: dict[str, Any]) -> dict[str, Any]:
    if len(trace["x"]) < LEAST:
        return trace
    y = {"values": _text(shortened(trace["y"]))}
    if not all(isinstance(x, int) for x in trace["x"]):
        return trace | {"x": {"values": _text(shortened(trace["x"]))}, "y": y}
    steps = np.diff(np.asarray(trace["x"], dtype=np.int64))
    if steps.min() < 0 or steps.max() > np.iinfo(np.uint16).max:
        return trace
    x = {"first": trace["x"][0], "steps": _text(steps.astype("<u2").tobytes())}
    return trace | {"x": x, "y": y}


def shortened(values: list[float | None]) -> bytes:
    """Three bytes a value, the lowest first: float32, rounded to the upper 24 bits."""
    numbers = np.array([np.nan if value is None else value for value in values], dtype="<f4").view("<u4")
    high = (numbers.astype(np.uint64) + 0x80) >> 8
    return high.astype("<u4").view(np.uint8).reshape(-1, 4)[:, :3].tobytes()


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
