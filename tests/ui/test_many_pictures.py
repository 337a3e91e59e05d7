"""What many tasks look like: curves, ranks, texts and pictures, without a page."""

from __future__ import annotations

import math
import re
from typing import Any
from xml.etree import ElementTree

import pytest

from mtl_core.architectures import ARCHITECTURES
from mtl_core.datasets import DATASETS
from mtl_core.events import Event
from mtl_core.runs.store import Store
from mtl_core.spec import RunSpec, parse_spec
from tests.ui.many_store import ManyTasks, events, many_run
from ui import charts
from ui.change_marks import change_marks
from ui.colours import BEST_COLOUR, WORST_COLOUR, task_colours
from ui.formula import formula_text
from ui.hub import Hub, RunView
from ui.many_tiles import many_table, many_test_line, spread, spreads
from ui.network_picture import network_picture
from ui.ranking import Ranked, mean_and_deviation, ranked, singled, singled_names
from ui.series import Change, RunSeries
from ui.small_multiples import MOST_POINTS, multiples

NAMES = [f"school_{i + 1}" for i in range(139)]


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DATASETS, "many_tasks", ManyTasks)


def spec_of(lambdas: dict[str, float] | None = None, **fields: Any) -> RunSpec:
    return parse_spec({"dataset": {"name": "many_tasks"}, "weighting": {"lambdas": lambdas or {}}, **fields})


@pytest.fixture(scope="module")
def series() -> RunSeries:
    found = RunSeries()
    for event in events(NAMES, 60):
        found.add(event)
    return found


@pytest.fixture
def view(store: Store) -> RunView:
    return Hub(store).view(many_run(store, "finished", steps=6))


# --- curves


def test_many_curves_are_a_band_a_mean_a_median_and_a_few_by_name(series: RunSeries) -> None:
    colours = {"school_1": BEST_COLOUR, "school_139": WORST_COLOUR}
    names = {"school_1": "best: school_1"}
    chart = charts.loss_chart(series, colours, tasks=139, task_names=names, view="r")
    assert [(trace.name, trace.fill, trace.dash) for trace in chart.traces] == [
        ("a tenth is below", False, "solid"),
        ("8 of 10 tasks", True, "solid"),
        ("mean · train", False, "solid"),
        ("mean · validation", False, "dash"),
        ("median · validation", False, "dot"),
        ("best: school_1", False, "dash"),
        ("school_139", False, "dash"),
    ]
    mean = chart.traces[3]
    last = [lines.last[1] for lines in series.evaluated["validation"].values() if lines.last]
    assert mean.y[-1] == pytest.approx(sum(last) / 139)
    low, high = chart.traces[0].y[-1], chart.traces[1].y[-1]
    assert sum(low <= value <= high for value in last) / 139 == pytest.approx(0.8, abs=0.02)
    assert all(len(trace.x) <= 500 for trace in chart.traces)


def test_many_curves_before_the_first_evaluation_are_those_of_training() -> None:
    found = RunSeries()
    found.add(Event("step", 1, 0.5, 0.0, {"loss": dict.fromkeys(NAMES, 2.0), "total": 2.0}))
    assert [trace.name for trace in charts.loss_chart(found, {}, tasks=139).traces] == [
        "a tenth is below",
        "8 of 10 tasks",
        "mean · train",
        "median · train",
    ]
    assert charts.loss_chart(RunSeries(), {}, tasks=139).traces == ()


def test_many_weights_are_a_band_and_the_extremes_by_name(series: RunSeries) -> None:
    equal = charts.weights_chart(series, task_colours(NAMES))
    assert [trace.name for trace in equal.traces] == ["a tenth is below", "8 of 10 tasks", "mean of 139 tasks"]
    found = series.copy()
    weights = {name: 3.0 if name == "school_7" else 1.0 for name in NAMES}
    found.add(Event("step", 61, 30.5, 1.0, {"loss": {}, "weights": weights}))
    assert charts.weights_chart(found, task_colours(NAMES)).traces[-1].name == "largest: school_7"


def test_many_lambdas_changed_at_once_are_one_mark() -> None:
    every = Change(4, "weighting.lambdas.*", None, 2.0)
    kept = Change(4, "weighting.lambdas.school_3", 2.0, 0.5)
    rate = Change(4, "optimizer.lr", 0.1, 0.2)
    assert [mark.label for mark in change_marks([every, kept, rate], {})] == ["λ of all → 2", "lr 0.1 → 0.2"]
    one_by_one = [Change(9, f"weighting.lambdas.{name}", 1.0, 2.0) for name in NAMES]
    assert [(mark.x, mark.label) for mark in change_marks(one_by_one, {})] == [(9, "λ of 139 tasks")]
    assert len(change_marks(one_by_one[:3], {})) == 3


# --- the worst and the best


def test_tasks_are_ranked_by_their_main_metric(view: RunView) -> None:
    order = ranked(view, view.spec.task_list(), "validation")
    assert order.metric == "mse"
    assert list(order.values) == sorted(order.values, key=order.values.__getitem__, reverse=True)
    assert order.worst == sorted(NAMES, key=lambda name: -order.values[name])[:3]
    assert order.best[0] == min(order.values, key=order.values.__getitem__)
    colours = singled(view, order)
    assert (colours[order.best[0]], colours[order.worst[0]]) == (BEST_COLOUR, WORST_COLOUR)
    assert singled_names(order)[order.worst[0]] == f"worst: {order.worst[0]}"


def test_what_was_not_measured_has_no_rank(view: RunView) -> None:
    view.series.metrics["validation"].append(99, {"school_1": {"mse": None}})
    assert ranked(view, view.spec.task_list(), "nothing").values == {}
    assert Ranked("mse", "validation", {"a": 1.0}).best == []
    assert Ranked("mse", "validation", {"a": 2.0, "b": 1.0, "c": 0.5}).worst == ["a"]


def test_mean_and_deviation_golden() -> None:
    assert mean_and_deviation([1.0, 2.0, 4.0]) == pytest.approx((7 / 3, 1.5275252))
    assert math.isnan(mean_and_deviation([])[0])
    assert math.isnan(mean_and_deviation([3.0])[1])
    assert spread("mse", [1.0, 2.0, 4.0]) == "2.333 ± 1.528"
    assert spread("accuracy", [0.5, 0.7]) == "60.0% ± 14.1%"
    assert spread("mse", []) == "–"


def test_texts_and_table_of_many_tasks(view: RunView) -> None:
    tasks = view.spec.task_list()
    mean = spread("mse", [view.series.latest("test", name, "mse") or 0.0 for name in NAMES])
    assert many_test_line(view, tasks) == f"MSE **{mean}** (mean ± sd over 139 tasks)"
    table = many_table(view, tasks)
    assert list(table)[:4] == ["Task", "MSE · train", "MSE · validation", "MSE · test"]
    assert table["MSE · validation"][2] == view.series.latest("validation", "school_3", "mse")
    found = {"a": {"accuracy": 0.5, "f1": 0.1}, "b": {"accuracy": 0.7}, "c": {"mse": None}}
    assert spreads(found) == "accuracy **60.0% ± 14.1%** · MSE **–** (mean ± sd over 3 tasks)"


# --- pictures


def test_small_multiples_show_every_task_worst_first_on_one_scale(view: RunView) -> None:
    order = ranked(view, view.spec.task_list(), "validation")
    markup = multiples(view.series.evaluated["validation"], order, {order.worst[0]: WORST_COLOUR}, total_steps=60)
    cells = ElementTree.fromstring(markup)[1:]  # noqa: S314 - our own text
    assert [cell.findtext("b") for cell in cells] == list(order.values)
    assert cells[0].attrib["style"] == f"color:{WORST_COLOUR}"
    assert cells[0].attrib["title"] == f"{order.worst[0]}: MSE {order.values[order.worst[0]]:.4g}"
    heights = [_heights(cell) for cell in cells]
    assert heights[0][-1] < heights[-1][-1], "the worst lies highest"
    assert 0 <= min(map(min, heights)) <= max(map(max, heights)) <= 34
    assert len(markup) < 139 * 400


def _heights(cell: ElementTree.Element) -> list[int]:
    path = cell.findall("svg/path")[0].attrib["d"]
    return [int(y) for _, y in re.findall(r"(\d+) (\d+)", path)]


@pytest.mark.parametrize("y_log", [False, True])
def test_small_multiples_take_few_points_and_the_last_one(series: RunSeries, y_log: bool) -> None:
    order = Ranked("mse", "validation", dict.fromkeys([*NAMES[:3], "<b>"], 1.0))
    found = series.copy()
    found.evaluated["validation"].append(62, {"<b>": 0.0 if y_log else 1.0})
    markup = multiples(found.evaluated["validation"], order, {}, y_log=y_log)
    assert "<b><b>" not in markup
    paths = re.findall(r'<use href="#mean"/><path d="M([^"]*)"', markup)
    assert all(2 <= path.count("L") + 1 <= MOST_POINTS for path in paths)
    assert len(paths) == (3 if y_log else 4), "what has no logarithm is not drawn"


@pytest.mark.parametrize("architecture", [name for name, chosen in ARCHITECTURES.items() if not chosen.needs_maps])
@pytest.mark.parametrize("direction", ["right", "down"])
def test_a_network_of_many_tasks_is_the_first_a_stack_and_the_last(architecture: str, direction: Any) -> None:
    layout = spec_of(architecture={"name": architecture}).layout()
    lambdas = dict.fromkeys(NAMES, 0.5) | {"school_3": 2.0}
    picture = network_picture(layout, lambdas, task_colours(NAMES), strengths=0.1, direction=direction)
    svg = ElementTree.fromstring(picture)  # noqa: S314 - our own text
    words = [element.text or "" for element in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert {"school_1", "school_139", "λ 0.5 – 2"} <= set(words)
    assert "137 more tasks" in " ".join(words), "on two lines where it is narrow"
    assert "school_2" not in words
    counts = layout.parameter_counts()["per_task"]
    assert isinstance(counts, dict)
    inner = f"{sum(counts[name] for name in NAMES[1:-1]):,}".replace(",", "\u2009")
    assert any(word.startswith(inner) for word in words) or sum(counts.values()) >= 1e6
    width, height = map(float, svg.attrib["viewBox"].split()[2:])
    assert (width if direction == "down" else height) < 460, "legible on a page of 400 px: at least 0.8 of its size"
    assert "139 tasks: λ from 0.5 – 2" in (svg.findtext("{http://www.w3.org/2000/svg}desc") or "")


def test_the_formula_of_many_tasks_is_one_line() -> None:
    spec = spec_of({"*": 0.5, "school_3": 2.0})
    lambdas = spec.weighting.lambdas
    text = formula_text(spec, lambdas, {}, task_colours(NAMES), None)
    assert "0.5 · Σ<sub>138</sub> <i>L</i><sub>i</sub>" in text
    assert "<sub>school_3</sub>" in text
    losses = dict.fromkeys(NAMES, 2.0)
    known = formula_text(spec, lambdas, losses, task_colours(NAMES), (0.1, 1.0))
    assert "0.5 · 138 · 2.000" in known
    assert "2 · 2.000" in known
    assert known.endswith("= <b>143.000</b></p>")
    five = {**lambdas, **{f"school_{i}": i * 1.0 for i in range(10, 15)}}
    assert "+ 78.000 =" in formula_text(spec, five, losses, task_colours(NAMES), None), "exceptions beyond three"
