"""The data step of each chart and table."""

from __future__ import annotations

import numpy as np
import pytest

from mtl_core.events import Event
from mtl_core.tasks import Task
from ui import charts
from ui.charts import JITTER, MAX_SCATTER_POINTS
from ui.colours import SHARED_COLOUR, task_colours
from ui.series import Change, RunSeries

COLOURS = task_colours(["quality", "good"])
TASKS = (
    Task("quality", "regression", unit="points"),
    Task("good", "binary", ("below 6", "6 or more")),
    Task("mask", "segmentation", ("background", "0")),
)


@pytest.fixture
def run() -> RunSeries:
    series = RunSeries()
    for step in (1, 2, 3):
        loss = {"quality": 3.0 / step, "good": 0.7}
        weights = {"quality": 0.5, "good": 0.5}
        series.add(Event("step", step, step, step, {"loss": loss, "total": 1.0, "weights": weights}))
    series.add(Event("evaluation", 3, 3, 3, {"split": "validation", "loss": {"quality": 1.5}, "metrics": {}}))
    series.add(Event("change", 2, 2, 2, {"field": "weighting.lambdas.good", "old": 0.5, "new": 1.0}))
    return series


def test_loss_chart_has_a_line_a_task_and_split(run: RunSeries) -> None:
    chart = charts.loss_chart(run, COLOURS, total_steps=100, view="r1", task_names={"quality": "Quality"})
    assert [(trace.name, trace.dash) for trace in chart.traces] == [
        ("Quality · train", "solid"),
        ("Quality · validation", "dash"),
        ("good · train", "solid"),
        ("weighted total", "dot"),
    ]
    assert chart.traces[0].colour == chart.traces[1].colour == COLOURS["quality"]
    assert chart.traces[3].colour == SHARED_COLOUR
    assert list(chart.traces[0].y) == [3.0, 1.5, 1.0]
    assert (chart.x_range, chart.view) == ((0, 100), "r1")
    assert [(mark.x, mark.colour) for mark in chart.marks] == [(2, COLOURS["good"])]


def test_charts_of_an_empty_run_say_so() -> None:
    for chart in (charts.loss_chart(RunSeries(), COLOURS), charts.weights_chart(RunSeries(), COLOURS)):
        assert chart.traces == ()
        assert chart.empty


def test_weights_chart(run: RunSeries) -> None:
    chart = charts.weights_chart(run, COLOURS)
    assert [trace.name for trace in chart.traces] == ["quality", "good"]
    assert chart.from_zero


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("weighting.lambdas.good", "λ Good 0.5 → 2"),
        ("regularizers.0.strength", "γ 0.5 → 2"),
        ("optimizer.lr", "lr 0.5 → 2"),
        ("brand.new", "brand.new 0.5 → 2"),
    ],
)
def test_marks_say_what_changed(field: str, words: str) -> None:
    (mark,) = charts.change_marks([Change(4, field, 0.5, 2.0)], COLOURS, {"good": "Good"})
    assert mark.label == words


def test_a_dragged_slider_leaves_one_mark_a_step() -> None:
    changes = [
        Change(4, "optimizer.lr", 0.1, 0.2),
        Change(4, "optimizer.lr", 0.2, 0.3),
        Change(5, "optimizer.lr", 0.3, 1),
    ]
    assert [mark.label for mark in charts.change_marks(changes, COLOURS)] == ["lr 0.2 → 0.3", "lr 0.3 → 1"]


def test_scatter_spreads_ordinal_truth_a_little_and_always_alike() -> None:
    truth = np.repeat([3.0, 5.0, 8.0], 40)
    first = charts.prediction_scatter(truth, truth + 0.1, "#000000", unit="points")
    again = charts.prediction_scatter(truth, truth - 0.4, "#000000", unit="points")
    x = np.array(first.traces[0].x)
    assert np.abs(x - truth).max() <= JITTER + 1e-9
    assert len(np.unique(x)) > 100
    assert list(again.traces[0].x) == list(first.traces[0].x)
    assert first.ideal
    assert first.x_title == "true (points)"


def test_scatter_leaves_continuous_truth_alone_and_is_thinned() -> None:
    truth = np.linspace(0, 1, 3000)
    trace = charts.prediction_scatter(truth, truth**2, "#000000").traces[0]
    assert len(trace.x) == MAX_SCATTER_POINTS
    assert (trace.x[0], trace.x[-1]) == (0.0, 1.0)
    assert np.allclose(np.array(trace.x) ** 2, trace.y)


def test_scatter_without_points_says_so() -> None:
    nothing = np.empty(0)
    assert charts.prediction_scatter(nothing, nothing, "#000000").traces == ()
    assert charts.residual_histogram(nothing, nothing, "#000000").traces == ()


def test_residuals_are_predicted_minus_true_and_all_counted() -> None:
    truth, predicted = np.zeros(50), np.r_[np.full(30, -0.5), np.full(19, 2.0), np.nan]
    trace = charts.residual_histogram(truth, predicted, "#000000").traces[0]
    assert sum(trace.y) == 49
    assert np.allclose(trace.x, -np.array(trace.x)[::-1]), "bins are symmetric about 0"
    assert trace.x[int(np.argmax(trace.y))] == pytest.approx(-0.5, abs=0.3)


def test_confusion_counts() -> None:
    counts = charts.confusion_counts(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 0]), 3)
    assert counts.tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 0]]


@pytest.mark.parametrize(("truth", "predicted", "rule"), [([0], [0, 1], "equally long"), ([0, 3], [0, 1], "0..2")])
def test_confusion_counts_refuse(truth: list[int], predicted: list[int], rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        charts.confusion_counts(np.array(truth), np.array(predicted), 3)


def test_predicted_classes_cut_probabilities_at_one_half() -> None:
    assert charts.predicted_classes(TASKS[1], np.array([0.2, 0.5, 0.9])).tolist() == [0, 1, 1]
    assert charts.predicted_classes(Task("d", "multiclass", ("a", "b")), np.array([1, 0])).tolist() == [1, 0]


def test_confusion_table_escapes_names_and_shows_counts() -> None:
    table = charts.confusion_table(np.array([[5, 0], [2, 3]]), ["<b>", "y"], "#2f7de1", "Good & bad")
    assert "<b>" not in table
    assert "&lt;b&gt;" in table
    assert "Good &amp; bad" in table
    assert table.count("<td") == 4
    assert 'title="60%">3<' in table


def test_first_samples_as_a_table() -> None:
    arrays = {
        "rows": np.arange(10, 20),
        "target.quality": np.arange(10.0),
        "prediction.quality": np.arange(10) + 0.126,
        "target.good": np.array([0, 1] * 5),
        "prediction.good": np.linspace(0, 1, 10),
        "prediction.mask": np.zeros((4, 8, 8), np.uint8),
    }
    table = charts.sample_table(TASKS, arrays, task_names={"good": "Good"})
    assert list(table.columns) == ["row", "quality: true", "quality: predicted", "Good: true", "Good: predicted"]
    assert len(table) == 5
    assert table.iloc[1].tolist() == [11, "1", "1.13", "6 or more", "below 6 (0.11)"]


def test_table_before_the_first_preview_is_empty() -> None:
    assert charts.sample_table(TASKS, {}).empty
