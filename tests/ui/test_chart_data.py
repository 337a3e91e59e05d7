"""What travels to the browser: short numbers, gaps, and words for those who do not see it."""

from __future__ import annotations

import json
import math

import pytest

from ui.chart_data import ChartData, Mark, Trace, rounded, short, text_summary


@pytest.mark.parametrize(
    ("value", "sent"),
    [(0.123456789, 0.12346), (123456.7, 123460), (12, 12), (2.0, 2), (1e-9, 1e-9), (0.0, 0), (-1.000001, -1)],
)
def test_five_significant_digits(value: float, sent: float) -> None:
    assert rounded(value) == sent


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_no_number_is_a_gap(value: float) -> None:
    assert rounded(value) is None


def test_payload_of_three_full_series_is_small() -> None:
    x = [float(step * 7) for step in range(500)]
    traces = tuple(Trace(f"task {i}", x, [1 / (1 + v + i) for v in x], "#000000") for i in range(3))
    assert len(json.dumps(ChartData(traces).as_json())) < 30_000


def test_log_axis_leaves_out_what_has_no_logarithm() -> None:
    trace = Trace("a", [1, 2, 3], [1.0, 0.0, -1.0], "#000000")
    assert ChartData((trace,), y_log=True).as_json()["traces"][0]["y"] == [1, None, None]
    assert ChartData((trace,)).as_json()["traces"][0]["y"] == [1, 0, -1]


def test_unequal_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match=r"'a'.*2 and 1"):
        ChartData((Trace("a", [1, 2], [1], "#000000"),)).as_json()


def test_ideal_line_spans_all_values() -> None:
    chart = ChartData((Trace("a", [3, 8], [2.5, math.nan], "#000000", "markers"),), ideal="y = x")
    assert chart.as_json()["idealRange"] == [2.5, 8]
    assert ChartData(ideal="y = x").as_json()["idealRange"] is None


def test_marks_and_range_travel() -> None:
    chart = ChartData(marks=(Mark(120, "λ a 1 → 2", "#123456"),), x_range=(0, 300))
    assert chart.as_json()["marks"] == [{"x": 120, "label": "λ a 1 → 2", "colour": "#123456"}]
    assert chart.as_json()["xRange"] == [0, 300]


def test_summary_tells_the_last_values() -> None:
    traces = (
        Trace("quality", [1, 2, 3], [1.0, 0.654321, math.nan], "#000000", unit="points"),
        Trace("good", [], [], "#000000"),
        Trace("counts", [1], [3], "#000000", "bars"),
    )
    assert text_summary(ChartData(traces)) == "quality: 0.65432 points"


def test_short() -> None:
    assert (short(0.123456), short(2.0), short(None), short(True)) == ("0.123", "2", "None", "True")
