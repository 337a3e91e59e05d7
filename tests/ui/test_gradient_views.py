"""The pictures of the gradients: series from events, arrows at their true angles, strips over time, what it costs."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest

from mtl_core.events import Event
from mtl_core.runs.store import Store
from tests.ui.gradient_store import PARTS, column_values, gradient_run, gradient_values
from ui import gradient_control, gradient_views
from ui.column_views import square
from ui.gradient_arrows import Arrows, arrows_of, arrows_picture
from ui.gradient_charts import MOST_COLUMNS, QUANTITIES, cosine_chart, newest, over_time, pair_traces, quantity_chart
from ui.gradient_series import BREAK, GradientSeries, normalised, pair_name, split_names
from ui.gradient_tiles import conflict_shares, fates
from ui.hub import Hub
from ui.series import RunSeries

TASKS = ["quality", "good"]
COLOURS = {"quality": "#2f7de1", "good": "#d9622b", "third": "#0f9d78"}
PAIR = pair_name(*TASKS)


def plane(length: float, other: float, degrees: float) -> np.ndarray:
    angle = math.radians(degrees)
    return np.array([[length, 0.0], [other * math.cos(angle), other * math.sin(angle)]])


def arrows(length: float, other: float, degrees: float, weights: tuple[float, float] = (1, 1)) -> Arrows:
    values = gradient_values(TASKS, plane(length, other, degrees)) | {"weights": list(weights)}
    found = arrows_of(values)
    assert found is not None
    return found


def series_of(steps: list[int], tasks: list[str] | None = None) -> RunSeries:
    series = RunSeries()
    for step in steps:
        series.add(Event("gradients", step, step, step, gradient_values(tasks or TASKS, seed=step)))
    return series


@pytest.mark.parametrize("degrees", [0, 30, 90, 133, 180])
def test_two_arrows_have_their_true_angle_and_lengths(degrees: float) -> None:
    found = arrows(3.0, 0.5, degrees, (0.2, 0.8))
    first, second = found.tips
    assert [math.hypot(*tip) for tip in found.tips] == pytest.approx([3.0, 0.5])
    between = (first[0] * second[0] + first[1] * second[1]) / 1.5
    assert between == pytest.approx(math.cos(math.radians(degrees)), abs=1e-9)
    assert found.angle == pytest.approx(degrees, abs=1e-5)
    assert first[0] <= 1e-9 <= second[0] + 1e-8, "the first task is on the left"
    added = np.array(plane(3.0, 0.5, degrees)).T @ np.array([0.2, 0.8])
    assert math.hypot(*found.combined) == pytest.approx(np.linalg.norm(added), abs=1e-7)


def test_whose_loss_falls_is_the_sign_of_the_product_with_d() -> None:
    assert all(fall > 0 for fall in arrows(1, 1, 150).falls), "the mean of equally long ones helps both"
    long, short = arrows(10, 1, 150).falls
    assert (long > 0, short > 0) == (True, False)
    saved = arrows(10, 1, 150, (0.1, 1.0)).falls
    assert all(fall > 0 for fall in saved), "weights that turn d back between them"


def test_of_three_tasks_each_angle_to_d_is_true() -> None:
    rows = np.random.default_rng(1).normal(size=(3, 6))
    found = arrows_of(gradient_values([*TASKS, "third"], rows))
    assert found is not None
    d = rows.sum(axis=0)
    for tip, row, fall in zip(found.tips, rows, found.falls, strict=True):
        wanted = row @ d / np.linalg.norm(row) / np.linalg.norm(d)
        assert fall == pytest.approx(wanted)
        assert tip[1] / math.hypot(*tip) == pytest.approx(wanted), "d points up"
    assert found.combined == pytest.approx((0, np.linalg.norm(d)))


def test_no_arrows_without_numbers() -> None:
    values = gradient_values(TASKS)
    assert arrows_of(values | {"norms": [None, 1.0]}) is None
    assert arrows_of(gradient_values(["quality"])) is None
    vanished = arrows_of(values | {"norms": [0.0, 1.0], "cosine": [[0.0, 0.0], [0.0, 1.0]]})
    assert vanished is not None
    assert vanished.falls[0] == 0


@pytest.mark.parametrize("degrees", [0, 5, 90, 179, 180])
@pytest.mark.parametrize("weights", [(1, 1), (0, 1), (-3, 1), (200, 200)])
def test_every_arrow_stays_in_its_picture(degrees: float, weights: tuple[float, float]) -> None:
    found = arrows(1.0, 0.01, degrees, weights)
    picture = arrows_picture(found, COLOURS, [arrows(50.0, 3.0, 100), arrows(0.001, 2.0, 10)])
    _, _, width, height = map(float, re.search(r'viewBox="([^"]+)"', picture)[1].split())  # type: ignore[index]
    texts = re.findall(r'<text x="([-\d.]+)" y="([-\d.]+)"', picture)
    assert len(texts) == 4, "two tasks, d, and the angle"
    heads = [
        tuple(map(float, p.split(","))) for points in re.findall(r'points="([^"]+)"', picture) for p in points.split()
    ]
    for x, y in [*((float(x), float(y)) for x, y in texts), *heads]:
        assert -12 <= x <= width + 12
        assert -2 <= y <= height
    assert "nan" not in picture
    assert "inf" not in picture


def test_names_in_the_picture_are_escaped() -> None:
    found = arrows_of(gradient_values(["<b>", "&"], plane(1, 1, 60)))
    assert found is not None
    colours = {"<b>": "#000", "&": "#111"}
    values = gradient_values(["<b>", "&"])
    for markup in (arrows_picture(found, colours), fates(found, values, colours)):
        assert "<b>" not in markup
        assert "&lt;b&gt;" in markup


def test_events_become_series_by_task_pair_and_part() -> None:
    found = series_of([1, 11, 21]).gradients
    assert (found.at, len(found.trail), found.seconds) == (21, 3, 0.002)
    assert found.cosine.latest()[PAIR] == pytest.approx(gradient_values(TASKS, seed=21)["cosine"][0][1])
    assert split_names(found.layers) == (list(PARTS), [PAIR])
    assert [x for x, _ in found.norms["good"].points()] == [1, 11, 21]
    assert sum(found.shares.latest().values()) == pytest.approx(1)


def test_a_resumed_run_replaces_what_it_measures_again() -> None:
    series = series_of([1, 11, 21])
    series.add(Event("gradients", 11, 11, 11, gradient_values(TASKS, seed=99)))
    assert [x for x, _ in series.gradients.norms["good"].points()] == [1, 11]
    assert len(series.gradients.trail) == 1
    copied = series.copy()
    series.add(Event("gradients", 31, 31, 31, gradient_values(TASKS)))
    assert copied.gradients.at == 11
    assert len(copied.gradients.norms["good"]) == 2
    assert len(copied.gradients.trail) == 1


def test_shares_of_the_weight() -> None:
    assert normalised([3.0, 1.0]) == [0.75, 0.25]
    assert normalised([-1.0, 3.0]) == [-0.25, 0.75]
    assert normalised([0.0, 0.0]) == [None, None]


def test_the_cosines_have_a_line_a_pair_or_a_band() -> None:
    chart = cosine_chart(series_of([1, 11]), 100, "run")
    assert [trace.name for trace in chart.traces] == [PAIR]
    assert (chart.y_range, bool(chart.below)) == ((-1.05, 1.05), True)
    assert chart.head["yRange"] == [-1.05, 1.05]
    many = [f"task{i}" for i in range(6)]
    assert len(pair_traces(series_of([1, 11], many).gradients.cosine)) == 3, "15 pairs: two edges of a band, the mean"


@pytest.mark.parametrize("name", QUANTITIES)
@pytest.mark.parametrize("tasks", [2, 3, 14])
def test_every_quantity_is_drawn(name: str, tasks: int) -> None:
    names = [f"task{i}" for i in range(tasks)]
    colours = dict.fromkeys(names, "#123456")
    chart = quantity_chart(name, series_of([1, 11, 21], names), colours, None, "run")
    assert bool(chart.traces) == (tasks <= 12 or name != "similarity")
    assert chart.head["yLog"] == (name in ("norms", "condition"))


def test_a_strip_has_the_values_of_each_part_in_the_order_of_the_steps() -> None:
    found = series_of([1, 11, 21]).gradients
    moments = over_time(found.layers, PARTS, PAIR)
    assert (moments.rows, moments.steps) == (list(PARTS), ["1", "11", "21"])
    for column, seed in enumerate((1, 11, 21)):
        layers = gradient_values(TASKS, seed=seed)["layers"]
        wanted = [layers[part]["cosine"][0][1] for part in PARTS]
        assert moments.values[:, column].tolist() == pytest.approx(wanted)
    assert newest(found.layers, PARTS, [PAIR])[:, 0].tolist() == moments.values[:, -1].tolist()
    assert over_time(found.layers, PARTS, "no such pair").values.size == 0


def test_a_long_strip_is_thinned_without_a_hole() -> None:
    found = series_of(list(range(1, 3_000, 10))).gradients
    moments = over_time(found.layers, PARTS, PAIR)
    assert moments.values.shape == (2, MOST_COLUMNS)
    assert np.isfinite(moments.values).all()
    assert np.abs(moments.values).max() <= 1


def test_conflicts_are_counted_per_pair() -> None:
    values: dict[str, Any] = {"conflict": [[0, 3], [3, 0]], "measured": [[4, 4], [4, 0]]}
    shares = conflict_shares(values)
    assert shares is not None
    assert shares[0].tolist() == [0, 0.75]
    assert np.isnan(shares[1, 1])
    assert conflict_shares({}) is None


def test_the_columns_of_an_evaluation() -> None:
    series = RunSeries()
    for step in (10, 20):
        told = {"split": "train", "loss": {}, "metrics": {}, "similarity": column_values([*TASKS, "third"], step / 100)}
        series.add(Event("evaluation", step, 1, 1, told))
    found = series.columns
    assert found.stages == {stage: [*TASKS, "third"] for stage in ("hidden0", "hidden1")}
    assert found.cka.latest()[f"hidden1{BREAK}{PAIR}"] == 0.2
    table = square(found.distance, "hidden0", [*TASKS, "third"], 0.0)
    assert table.tolist() == [[0, 0.8, 0.8], [0.8, 0, 0.8], [0.8, 0.8, 0]]


def test_what_a_measurement_costs(store: Store) -> None:
    view = Hub(store).view(gradient_run(store))
    share = gradient_control.cost_share(view, 10)
    assert share == pytest.approx(0.0002 / (0.0002 + 1_000 / 1e5)), "2 ms in ten steps of 10 ms"
    assert "2.0 ms" in gradient_control.cost_text(view, 10)
    assert "2.0%" in gradient_control.cost_text(view, 10)
    assert gradient_control.cost_share(view, 0) is None
    assert [gradient_control.duration(s) for s in (0.0004, 0.083, 1.23)] == ["0.4 ms", "83 ms", "1.2 s"]


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ({"tasks": ["quality"]}, "one"),
        ({"architecture": "separate"}, "apart"),
        ({"architecture": "soft"}, "apart"),
        ({"gradients": {"every": 0}}, "off"),
        ({}, "soon"),
    ],
)
def test_why_there_is_nothing(store: Store, spec: dict[str, Any], why: str) -> None:
    assert gradient_views.reason(Hub(store).view(gradient_run(store, spec, measured=0))) == why


def test_a_run_that_ended_without_says_so(store: Store) -> None:
    assert gradient_views.reason(Hub(store).view(gradient_run(store, measured=0, finished=True))) == "none"


def test_series_of_gradients_are_bounded() -> None:
    series = GradientSeries()
    for step in range(1, 40_001, 10):
        series.append(step, gradient_values(TASKS, plane(1, 1, step % 180)))
    assert len(series.cosine[PAIR].points()) <= 500
    assert len(series.trail) == len(series.costs) == 24
