"""What is packed can be read again, to the digits that are shown."""

from __future__ import annotations

import base64
import math
from typing import Any

import numpy as np
import pytest

from ui.chart_data import ChartData, Trace
from ui.packing import LEAST, kept, packed, points


def sent(x: list[float], y: list[float]) -> dict[str, Any]:
    return packed(points("loss", x, y))


def read(trace: dict[str, Any]) -> tuple[list[int], list[float]]:
    steps = np.frombuffer(base64.b64decode(trace["x"]["steps"]), dtype="<u2").astype(int)
    return (trace["x"]["first"] + np.cumsum([0, *steps])).tolist(), values_of(trace["y"])


def values_of(packed_values: dict[str, str]) -> list[float]:
    raw = np.frombuffer(base64.b64decode(packed_values["values"]), dtype=np.uint8).reshape(-1, 3).astype(np.uint32)
    bits = (raw[:, 0] | raw[:, 1] << 8 | raw[:, 2] << 16) << 8
    found: list[float] = bits.astype("<u4").view("<f4").tolist()
    return found


def test_steps_come_back_exactly_and_values_to_four_digits() -> None:
    draw = np.random.default_rng(0)
    x = np.cumsum(draw.integers(0, 65_536, 400)).tolist()
    y = (draw.standard_normal(400) * 10.0 ** draw.integers(-30, 30, 400)).tolist()
    trace = sent(x, y)
    steps, values = read(trace)
    assert steps == x
    np.testing.assert_allclose(values, y, rtol=1e-4)


def test_points_of_a_scatter_keep_four_digits_of_both() -> None:
    draw = np.random.default_rng(2)
    x, y = draw.standard_normal((2, 300)).tolist()
    trace = sent(x, y)
    for found, wanted in ((trace["x"], x), (trace["y"], y)):
        np.testing.assert_allclose(values_of(found), wanted, rtol=1e-4)


def test_gaps_stay_gaps() -> None:
    y = [math.nan if i % 7 == 3 else float(i) for i in range(100)]
    trace = sent(list(range(100)), y)
    assert [math.isnan(value) for value in read(trace)[1]] == [math.isnan(value) for value in y]


@pytest.mark.parametrize(
    "x",
    [
        list(range(LEAST - 1)),
        list(range(100, 0, -1)),
        [0, *range(70_000, 70_099)],
    ],
    ids=["few", "descending", "a wide gap"],
)
def test_what_does_not_fit_stays_as_it_is(x: list[float]) -> None:
    assert sent(x, [1.0] * len(x)) == {"keep": 0, "x": x, "y": [1] * len(x)}


def test_what_is_known_is_left_out() -> None:
    x = list(range(100))
    both = points("loss", x, [1 / (1 + v) for v in x])
    assert kept(both[:, :60], both) == 60
    told = packed(both, 60)
    assert told["keep"] == 60
    assert read(told)[0] == x[60:]


def test_five_full_lines_take_less_than_fifteen_kilobytes() -> None:
    x = [float(7_001 * i) for i in range(400)]
    traces = tuple(Trace(f"task {i}", x, [1 / (1 + v + i) for v in x], "#000000") for i in range(5))
    assert len(ChartData(traces).text.encode()) < 15_000
