"""What travels to the browser: short numbers, gaps, and words for those who do not see it."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

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


def line(count: int, **fields: Any) -> ChartData:
    """A chart of one line over steps 0, 7, 14 …"""
    x = [float(step * 7) for step in range(count)]
    return ChartData((Trace("a", x, [1 / (1 + v) for v in x], "#000000"),), view="run", **fields)


def test_log_axis_leaves_out_what_has_no_logarithm() -> None:
    trace = Trace("a", [1, 2, 3], [1.0, 0.0, -1.0], "#000000")
    assert json.loads(ChartData((trace,), y_log=True).text)["tails"][0]["y"] == [1, None, None]
    assert json.loads(ChartData((trace,)).text)["tails"][0]["y"] == [1, 0, -1]


def test_unequal_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match=r"'a'.*2 and 1"):
        _ = ChartData((Trace("a", [1, 2], [1], "#000000"),)).text


def test_ideal_line_spans_all_values() -> None:
    chart = ChartData((Trace("a", [3, 8], [2.5, math.nan], "#000000", "markers"),), ideal="y = x")
    assert chart.head["idealRange"] == [2.5, 8]
    assert ChartData(ideal="y = x").head["idealRange"] is None


def test_marks_and_range_travel() -> None:
    chart = ChartData(marks=(Mark(120, "λ a 1 → 2", "#123456"),), x_range=(0, 300))
    assert chart.head["marks"] == [{"x": 120, "label": "λ a 1 → 2", "colour": "#123456"}]
    assert chart.head["xRange"] == [0, 300]


def test_what_looks_alike_has_the_same_token() -> None:
    assert line(50).token == line(50).token
    others = [line(49), line(50, y_log=True), line(50, marks=(Mark(7, "λ", "#111111"),))]
    assert len({chart.token for chart in (line(50), *others)}) == 4


@pytest.mark.parametrize("length", [50, 400])
def test_only_new_points_travel_to_who_has_the_rest(length: int) -> None:
    told = json.loads(line(length).since(line(length - 3)))
    assert "head" not in told
    assert [told["tails"][0][name] for name in ("keep", "x")] == [length - 3, [7 * (length - 3 + i) for i in range(3)]]
    assert len(line(length).since(line(length - 3))) < 200


def test_points_that_have_changed_travel_with_all_that_follow() -> None:
    known = line(40)
    moved = list(known.traces[0].y)
    moved[30] = 9.0
    now = replace(known, traces=(replace(known.traces[0], y=moved),))
    assert json.loads(now.since(known))["tails"][0]["keep"] == 30
    assert json.loads(known.since(known))["tails"][0]["keep"] == 40


def test_a_new_mark_travels_without_the_points() -> None:
    told = json.loads(line(40, marks=(Mark(7, "λ", "#111111"),)).since(line(40)))
    assert len(told["head"]["marks"]) == 1
    assert told["tails"][0]["keep"] == 40


def test_other_lines_travel_whole() -> None:
    more = ChartData((*line(40).traces, Trace("b", [1], [2], "#000000")), view="run")
    assert [tail["keep"] for tail in json.loads(more.since(line(40)))["tails"]] == [0, 0]


def test_gaps_count_as_known() -> None:
    gap = ChartData((Trace("a", [1, 2, 3], [1.0, math.nan, 2.0], "#000000"),))
    assert json.loads(gap.since(replace(gap)))["tails"][0]["keep"] == 3


def test_summary_tells_the_last_values() -> None:
    traces = (
        Trace("quality", [1, 2, 3], [1.0, 0.654321, math.nan], "#000000", unit="points"),
        Trace("good", [], [], "#000000"),
        Trace("counts", [1], [3], "#000000", "bars"),
    )
    assert text_summary(ChartData(traces)) == "quality: 0.65432 points"


def test_short() -> None:
    assert (short(0.123456), short(2.0), short(None), short(True)) == ("0.123", "2", "None", "True")
