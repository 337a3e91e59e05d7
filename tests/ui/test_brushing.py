"""Brushed axes: which lines lie within, what a browser tells is checked, and the front's picture fades the rest."""

from __future__ import annotations

from typing import Any

import pytest

from mtl_core.runs.store import Store
from mtl_core.sweeps import tradeoff
from mtl_core.sweeps.front_answer import FrontAnswer, front_answer
from tests.ui.test_app_compare import WINE, finished
from ui import tradeoff_charts
from ui.colours import task_colours
from ui.parallel_view import inside, parsed
from ui.tradeoff_view import _outside


@pytest.mark.parametrize(
    ("ranges", "within"),
    [
        ((), True),
        (((), ()), True),
        ((((0.2, 0.6),), ()), True),
        ((((0.2, 0.4),), ()), False),
        ((((0.0, 0.1), (0.45, 0.5)), ((1.0, 2.0),)), True),
        ((((0.0, 1.0),), ((2.5, 3.0),)), False),
        ((((0.5, 0.9),), ((1.5, 1.5),), ((0.0, 1.0),)), True),
    ],
)
def test_a_line_lies_within_where_every_brushed_axis_has_it(ranges: Any, within: bool) -> None:
    assert inside([0.5, 1.5], ranges) is within


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[]", ()),
        ("[[], [[0.5, 0.1]]]", ((), ((0.1, 0.5),))),
        ("[[[0, 1], [2, 3]]]", (((0.0, 1.0), (2.0, 3.0)),)),
        ("nothing", ()),
        ('{"a": 1}', ()),
        ("[[[1]]]", ()),
        ("[[[1, 2, 3]]]", ()),
        ("[[[NaN, 1]]]", ()),
        ("3", ()),
        ('[[["x", 1]]]', ()),
    ],
)
def test_what_comes_from_a_browser_is_checked(text: str, found: Any) -> None:
    assert parsed(text) == found


def opacities(answer: FrontAnswer, outside: set[int]) -> dict[int, float]:
    figure = tradeoff_charts.front_figure(answer, 0, 1, task_colours(["quality", "good"]), outside)
    dots = [trace for trace in figure.data if isinstance(trace.marker.opacity, tuple)]
    return {p: o for trace in dots for p, o in zip(trace.customdata, trace.marker.opacity, strict=True)}


def test_points_outside_of_the_brushed_axes_fade(store: Store, home: object) -> None:
    answer = front_answer(store, finished(store, tradeoff.plan(WINE, 11)))
    axes = tradeoff_charts.parallel_figure(answer, [], task_colours(["quality", "good"])).data[0].dimensions
    measured = [point for point in answer.points if tradeoff_charts.measured(point)]
    lines = [tradeoff_charts.line_of(point) for point in measured]
    assert [axis.values for axis in axes] == [tuple(column) for column in zip(*lines, strict=True)]
    outside = _outside(answer, (((0.0, 0.35),),))
    assert {answer.points[place].lambdas["quality"] <= 0.35 for place in outside} == {False}
    assert len(outside) == sum(point.lambdas["quality"] > 0.35 for point in measured) > 0
    drawn = opacities(answer, outside)
    assert {place for place, opacity in drawn.items() if opacity == tradeoff_charts.HARDLY} == outside
    assert tradeoff_charts.HARDLY not in opacities(answer, set()).values()
