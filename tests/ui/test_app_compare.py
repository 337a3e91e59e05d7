"""Does sharing help, with fewer data, which trade-off: nothing asked, plans, answers, what cannot be trained."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mtl_core.events import Event
from mtl_core.runs.groups import list_groups, members_of
from mtl_core.runs.records import RunRecord
from mtl_core.runs.store import Store
from mtl_core.spec import parse_spec
from mtl_core.sweeps import base, grid, learning_curve, sharing, tradeoff
from mtl_core.sweeps.base import Plan
from mtl_core.sweeps.front_answer import front_answer
from tests.ui.small_store import OWNER, opened, told, whole
from ui import compare_form, evaluation, tradeoff_charts
from ui.colours import task_colours
from ui.words import catalogue

EN = catalogue("en")
WINE = parse_spec({"dataset": "wine_quality"})


@pytest.fixture(autouse=True)
def no_runner(home: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "ensure_runner", lambda _: None)


def metrics_of(run: RunRecord) -> dict[str, Any]:
    """Quality is better with others, good is not: numbers made of the seed and λ, as if they had been measured."""
    seed, spec = run.spec["seed"], run.spec
    wobble = np.random.default_rng(seed).normal(0, 0.005)
    gain = 0.0 if spec["architecture"]["name"] == "separate" else 0.06
    quality, good = spec["weighting"]["lambdas"]["quality"], spec["weighting"]["lambdas"]["good"]
    bend = quality / (quality + good)
    return {
        "quality": {"mse": 0.55 - gain + wobble - 0.2 * bend**0.5, "mae": 0.5, "r2": 0.2},
        "good": {"accuracy": 0.75 + wobble / 10 + 0.05 * (1 - bend) ** 0.5, "f1": 0.7},
    }


def finished(store: Store, plan: Plan, skip: int = 0) -> str:
    """A group of which all but the last few runs have finished."""
    group = base.start(store, plan, OWNER)
    runs = members_of(store, group)
    for run in runs[: len(runs) - skip]:
        found = metrics_of(run)
        splits = {"train": found, "validation": found, "test": found}
        parameters = {"shared": 4928, "per_task": {"quality": 65, "good": 65}}
        values = {"status": "finished", "seconds": 0.4, "metrics": splits, "parameters": parameters}
        writer = store.writer(run.id)
        writer.append(Event("finished", 100, 100.0, 0.4, values))
        writer.flush()
    return group


def test_sharing_is_the_first_question_and_starts_with_one_click(store: Store) -> None:
    app = opened("evaluation")
    assert told(app) == []
    assert app.get_by_key(evaluation.QUESTION).value == "sharing"
    assert EN["evaluation.start"].format(count=20) in whole(app)
    app.button(key="evaluation_start").click().run()
    assert told(app) == []
    (group,) = list_groups(store, OWNER)
    runs = members_of(store, group.id)
    assert group.kind == "sharing"
    assert {run.spec["architecture"]["name"] for run in runs} == {"separate", "hard", "soft", "partial"}
    assert {run.spec["seed"] for run in runs} == {42, 43, 44, 45, 46}
    assert EN["evaluation.done"].format(done=0, count=20) in whole(app)


def test_the_answer_is_words_a_picture_and_a_table(store: Store) -> None:
    group = finished(store, sharing.plan(WINE, ("hard", "soft"), seeds=5))
    app = opened("evaluation", group=group)
    assert told(app) == []
    text = whole(app)
    assert "`quality` gains 0.06" in text
    assert EN["sharing.no_negative"] in text
    assert EN["sharing.by_student"] in text
    (table,) = [frame.value for frame in app.dataframe]
    assert list(table[EN["evaluation.arm"]]) == ["separate", "hard", "soft"]
    assert table["Δm"][0] == "0 %"
    assert table["Δm"][1].startswith("+")
    assert set(table[EN["sharing.runs"]]) == {"5/5"}


def test_while_nothing_has_finished_there_is_no_answer(store: Store) -> None:
    group = base.start(store, sharing.plan(WINE, ("hard",), seeds=2), OWNER)
    app = opened("evaluation", group=group)
    assert told(app) == []
    assert EN["output.nothing_yet"] in whole(app)


def test_what_cannot_be_trained_is_left_out_with_its_reason(store: Store) -> None:
    app = opened("evaluation")
    app.multiselect(key=compare_form.METHODS.format("sharing")).set_value(["mgda"]).run()
    assert told(app) == []
    text = whole(app)
    assert "soft" in text
    assert "shares nothing" in text
    assert EN["evaluation.start"].format(count=15) in text, "soft ties its columns by a penalty: MGDA has no say there"


def test_what_a_plan_left_out_stays_with_its_answer(store: Store) -> None:
    group = base.start(store, sharing.plan(WINE, ("hard", "soft"), ("mgda",), seeds=3), OWNER)
    app = opened("evaluation", group=group)
    assert told(app) == []
    text = whole(app)
    assert EN["evaluation.left_out"] in text
    assert "**soft** `weighting.name`" in text
    without = base.start(store, sharing.plan(WINE, ("hard",), seeds=3), OWNER)
    assert EN["evaluation.left_out"] not in whole(opened("evaluation", group=without))


def test_one_task_has_nobody_to_share_with(store: Store) -> None:
    app = opened(dataset="wine_quality", tasks="quality")
    app.switch_page("pages/evaluation.py").run()
    assert told(app) == []
    assert app.button(key="evaluation_start").disabled
    assert "`tasks`" in app.info[0].value


def test_a_learning_curve_is_drawn_over_the_training_rows(store: Store) -> None:
    plan = learning_curve.plan(WINE, (0.1, 0.5), seeds=3)
    app = opened("evaluation", group=finished(store, plan))
    assert told(app) == []
    assert app.get_by_key(evaluation.QUESTION).value == "learning_curve"
    assert len(app.get("plotly_chart")) == 2
    (table,) = [frame.value for frame in app.dataframe]
    assert list(table[EN["sharing.train_rows"]]) == ["102", "512", "102", "512"]


def test_a_trade_off_starts_from_the_form(store: Store) -> None:
    app = opened("tradeoffs")
    assert told(app) == []
    assert EN["evaluation.none_yet"] in whole(app)
    assert EN["evaluation.start"].format(count=22) in whole(app)
    app.number_input(key=compare_form.POINTS).set_value(5).run()
    app.button(key="evaluation_start").click().run()
    assert told(app) == []
    (group,) = list_groups(store, OWNER)
    assert (group.kind, len(members_of(store, group.id))) == ("tradeoff", 6)


def test_the_front_is_told_drawn_and_listed(store: Store) -> None:
    group = finished(store, tradeoff.plan(WINE, 11))
    app = opened("tradeoffs", group=group)
    assert told(app) == []
    text = whole(app)
    assert EN["tradeoff.found"].format(front=9, points=9) in text
    assert EN["tradeoff.no_dent"] in text
    assert "The front bends most at hard, λ quality" in text
    assert len(app.get("plotly_chart")) == 1
    assert EN["tradeoff.parallel_all"] in text
    (table,) = [frame.value for frame in app.dataframe]
    assert len(table) == 9


def test_a_group_of_trade_offs_opens_on_its_own_page(store: Store) -> None:
    group = finished(store, tradeoff.plan(WINE, 5), skip=1)
    app = opened("runs")
    app.button(key=f"open_group:{group}").click().run()
    assert told(app) == []
    assert EN["tradeoff.about"] in whole(app)
    assert app.query_params["group"] == group


def test_a_sweep_of_the_command_line_is_shown_without_a_form(store: Store) -> None:
    group = finished(store, grid.plan(WINE, ["architecture.name=hard,soft", "weighting.lambdas.quality=0.2,0.8"]))
    app = opened("runs")
    app.button(key=f"open_group:{group}").click().run()
    assert told(app) == []
    assert app.get_by_key(evaluation.QUESTION).value == "sweep"
    assert EN["evaluation.sweep_about"] in whole(app)
    assert not [button for button in app.button if button.key == "evaluation_start"]
    assert len(app.get("plotly_chart")) == 1


def test_the_picture_has_every_measured_point_once(store: Store) -> None:
    answer = front_answer(store, finished(store, tradeoff.plan(WINE, 11), skip=3))
    drawn = tradeoff_charts.rows(answer, 0, 1)
    measured = [i for i, point in enumerate(answer.points) if tradeoff_charts.measured(point)]
    assert [row["place"] for row in drawn] == measured
    figure = tradeoff_charts.front_figure(answer, 0, 1, task_colours(["quality", "good"]))
    dots = [
        place
        for trace in figure.data
        if trace.name in (EN["tradeoff.front"], EN["tradeoff.beaten"])
        for place in trace.customdata
    ]
    assert sorted(dots) == measured
    lines = tradeoff_charts.parallel_figure(answer, [], task_colours(["quality", "good"])).data[0]
    assert [len(dimension.values) for dimension in lines.dimensions] == [len(measured)] * 4
    assert lines.dimensions[2].range == (max(lines.dimensions[2].values), min(lines.dimensions[2].values)), (
        "less is better"
    )


def test_colours_blend_from_one_task_to_the_other() -> None:
    assert tradeoff_charts.blend("#000000", "#ffffff", 0.5) == "#808080"
    assert tradeoff_charts.blend("#2f7de1", "#d9622b", 0.0) == "#2f7de1"
    assert tradeoff_charts.blend("#2f7de1", "#d9622b", 1.0) == "#d9622b"
