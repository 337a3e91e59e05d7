"""Runs beside one another: none chosen, two and more, gone and private ones, the way there from the list."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from mtl_core.runs import shelf
from mtl_core.runs.store import Store
from tests.ui.small_store import opened as opened_at
from tests.ui.small_store import run_of, told, whole
from ui import compare_charts, compare_masks, compare_view, hub
from ui.plain_text import plain
from ui.words import catalogue

EN = catalogue("en")


def opened(*runs: str) -> AppTest:
    """The page with these runs."""
    app = opened_at("compare")
    app.query_params["runs"] = ",".join(runs)
    return app.run()


def test_without_runs_it_says_where_to_choose_them(home: object) -> None:
    app = opened()
    assert told(app) == []
    assert EN["compare_runs.choose"] in whole(app)
    assert app.get("page_link")


def test_two_runs_are_compared_in_curves_settings_and_numbers(home: object, store: Store) -> None:
    hard = run_of(store, "finished")
    soft = run_of(store, "finished", spec={"architecture": {"name": "soft"}, "seed": 7})
    app = opened(hard, soft)
    assert told(app) == []
    differences, numbers = [frame.value for frame in app.dataframe]
    fields = dict(zip(differences[EN["compare_runs.field"]], differences.iloc[:, 1:].values.tolist(), strict=True))
    assert fields["architecture.name"] == ["hard", "soft"]
    assert fields["seed"] == ["42", "7"]
    assert {"quality", "good"} == set(numbers[EN["evaluation.task"]])
    assert {EN["split.validation"], EN["split.test"]} == set(numbers[EN["compare_runs.split"]])


def test_one_measure_is_drawn_for_both_tasks(home: object, store: Store) -> None:
    runs = [run_of(store, "finished"), run_of(store, "running", until=40)]
    app = opened(*runs)
    assert told(app) == []
    app.get_by_key(compare_view.MEASURE).set_value("accuracy").run()
    assert told(app) == []
    views = [hub.Hub(store).view(run) for run in runs]
    chart = compare_charts.curves(views, ["a", "b"], "good", "accuracy", "validation")
    assert [trace.name for trace in chart.traces] == ["a", "b"]
    assert len({trace.colour for trace in chart.traces}) == 2
    assert chart.traces[0].x[-1] == 100
    assert chart.traces[1].x[-1] <= 40
    assert compare_charts.curves(views, ["a", "b"], "quality", "accuracy", "validation").traces == ()


def test_masks_of_the_same_pictures_stand_below_each_other(home: object, store: Store) -> None:
    runs = [run_of(store, "finished", dataset="digits"), run_of(store, "finished", dataset="digits", spec={"seed": 3})]
    app = opened(*runs, run_of(store, "finished"))
    assert told(app) == []
    assert EN["compare_runs.masks"].format(task="mask") in whole(app)
    view = hub.Hub(store).view(runs[0])
    arrays = {
        name: values
        for preview in view.previews
        if preview.split == "validation"
        for name, values in store.load_preview(runs[0], preview.name).items()
    }
    sheet = compare_masks.sheet([("a <b>", arrays), ("c", arrays)], "mask")
    assert sheet.count("<tr>") == 4
    assert sheet.count("<img") == 4 * compare_masks.PICTURES
    assert "a &lt;b&gt;" in sheet


def test_what_is_gone_is_named_and_the_others_stay(home: object, store: Store) -> None:
    runs = [run_of(store, "finished") for _ in range(3)]
    shelf.throw_away(store, [runs[2]])
    app = opened(*runs, "nobody")
    assert told(app) == []
    assert f"{plain(runs[2])}, nobody" in app.warning[0].value
    assert len(app.dataframe) == 1, "the settings are the same, so there is no table of differences"
    assert EN["compare_runs.same"] in whole(app)


def test_runs_are_picked_in_the_list(home: object, store: Store) -> None:
    runs = [run_of(store, "finished"), run_of(store, "failed", until=5, values={"message": "nan"})]
    app = opened_at("runs")
    app.checkbox(key=f"pick:{runs[0]}").check().run()
    assert app.button(key="compare_now").disabled, "one run is nothing to compare"
    app.checkbox(key=f"pick:{runs[1]}").check().run()
    app.button(key="compare_now").click().run()
    assert told(app) == []
    assert app.query_params["runs"] == ",".join(runs)
    assert EN["compare_runs.about"] in whole(app)


def test_the_best_is_by_the_metrics_direction() -> None:
    assert compare_view.best_of("mse", [0.5, 0.4, None]) == {1}
    assert compare_view.best_of("accuracy", [0.5, 0.9, 0.9]) == {1, 2}
    assert compare_view.best_of("accuracy", [0.5, 0.5]) == set()
    assert compare_view.best_of("accuracy", [0.5, None]) == set()
