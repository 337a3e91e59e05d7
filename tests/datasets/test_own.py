"""The data set ``own``: what of a person's data reaches a network, and what is told about data that are not there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mtl_core.blocks import Map, Tokens, Vector
from mtl_core.datasets.base import Samples
from mtl_core.datasets.own import Own
from mtl_core.encoders import InputSpec
from mtl_core.errors import DataError, SpecError
from mtl_core.spec import parse_spec
from mtl_core.userdata import catalogue
from mtl_core.userdata.adding import add
from mtl_core.userdata.inspection import inspect
from tests.datasets.helpers import drain
from tests.userdata.makers import archive, flats, looked_at, scenes, uses

pytestmark = pytest.mark.usefixtures("home")


def own(columns: dict[str, list[Any]], **kinds: str) -> Own:
    return Own(data=add(looked_at(columns), uses(**kinds), "mine", "cli"))


def loaded(dataset: Own, validation: float = 0.2) -> Samples:
    samples: Samples = drain(dataset.load(Path("nowhere"), validation))[0]
    return samples


def pictured(**options: Any) -> Own:
    data = add(inspect(archive(scenes()), "s.zip"), uses(mask="segmentation", colour="binary"), "scenes", "cli")
    return Own(data=data, **options)


def test_the_table_holds_numbers_holes_and_categories() -> None:
    dataset = own(flats(), rent="regression", quiet="binary")
    samples = loaded(dataset)
    assert samples.columns == (
        "area",
        "area missing",
        "age",
        "age missing",
        "district = harbour",
        "district = hills",
        "district = old town",
        "district other",
    )
    table = samples.inputs["table"]
    assert dataset.inputs() == {"table": InputSpec("table", Vector(8))}
    assert table.shape == (80, 8)
    assert table.dtype == np.float32
    assert np.isnan(table[:, 0]).sum() == 9
    assert np.isnan(table[:, 2]).sum() == 12
    assert not np.isnan(table[:, [1, 3, 4, 5, 6, 7]]).any()
    train = table[samples.splits["train"]]
    assert np.nanmean(train, axis=0) == pytest.approx(0, abs=1e-5)
    assert np.nanstd(train, axis=0) == pytest.approx(1, abs=1e-5)
    assert samples.rescaled == ("table",)
    holes = np.isnan(table[:, 0])
    assert len(np.unique(table[holes, 1])) == len(np.unique(table[~holes, 1])) == 1


def test_targets_keep_their_unit_and_say_where_they_are_missing() -> None:
    columns = flats()
    columns["rent"][3], columns["quiet"][4] = "?", ""
    dataset = own(columns, rent="regression", quiet="binary")
    samples = loaded(dataset)
    assert samples.targets["rent"].dtype == np.float32
    assert np.flatnonzero(np.isnan(samples.targets["rent"])).tolist() == [3]
    assert samples.targets["rent"][5] == np.float32(columns["rent"][5])
    assert np.flatnonzero(samples.targets["quiet"] < 0).tolist() == [4]
    assert [task.classes for task in dataset.tasks()] == [(), ("no", "yes")]
    yes = [value == "yes" for value in columns["quiet"]]
    assert (samples.targets["quiet"] == 1).tolist() == yes


def test_splits_are_stratified_by_the_first_classes_and_rare_ones_are_kept() -> None:
    columns = flats(200)
    columns["kind"] = ["a"] * 120 + ["b"] * 77 + ["c"] * 3
    samples = loaded(own(columns, kind="multiclass", rent="regression"))
    shares = [(samples.targets["kind"][samples.splits[split]] == 1).mean() for split in ("train", "validation", "test")]
    assert shares == pytest.approx([0.385] * 3, abs=0.02)
    assert sum(len(rows) for rows in samples.splits.values()) == 200
    assert (samples.targets["kind"] == 2).sum() == 3
    assert samples.strata is not None
    assert set(np.unique(samples.strata)) == {0, 1}


def test_equal_inputs_are_groups_and_stay_together_if_wished() -> None:
    columns = {name: cells * 2 for name, cells in flats(100).items()}
    columns["rent"] = list(range(200))
    dataset = own(columns, rent="regression")
    samples = loaded(dataset)
    assert samples.groups is not None
    assert np.array_equal(samples.groups[:100], samples.groups[100:])
    assert len(np.unique(samples.groups)) == 100
    assert "100 rows have the inputs of an earlier row" in samples.notes[0]
    kept = loaded(dataset.model_copy(update={"group_duplicates": True}))
    assert kept.notes == ()
    of = {split: set(kept.groups[rows].tolist()) for split, rows in kept.splits.items()}  # type: ignore[index]
    assert not of["train"] & of["test"]
    assert not of["train"] & of["validation"]


def test_pictures_masks_and_sentences_at_the_chosen_size() -> None:
    first = pictured()
    for size in (32, 48, 64):
        dataset = first.model_copy(update={"size": size})
        assert {name: look.shape for name, look in dataset.inputs().items()} == {
            "table": Vector(1),
            "image": Map(3, size),
            "text": Tokens(5, 47),
        }
        samples = loaded(dataset)
        assert samples.inputs["image"].shape == (40, 3, size, size)
        assert samples.inputs["image"].dtype == np.uint8
        assert samples.targets["mask"].shape == (40, size, size)
        assert samples.inputs["text"].shape == (40, 5)
        assert samples.inputs["text"].dtype == np.int64
        assert (np.diff((samples.inputs["text"] > 0).astype(int), axis=1) <= 0).all()  # padding at the end only
        assert len(samples.vocabulary) == 47
        assert samples.vocabulary[:2] == ("", "<unknown>")
        assert {"a", "small", "large", "square"} <= set(samples.vocabulary[2:])
        shown = samples.inputs["image"].max(axis=1).astype(int) - samples.inputs["image"].min(axis=1)
        assert ((shown > 100) == (samples.targets["mask"] == 1)).mean() > 0.96


def test_pictures_can_be_a_task_themselves() -> None:
    dataset = pictured(generation=True)
    assert [(task.name, task.kind) for task in dataset.tasks()][-1] == ("image", "generation")
    assert "image" not in loaded(dataset).targets
    with pytest.raises(ValueError, match="generation needs a data set with pictures"):
        Own(generation=True)


def test_names_that_cannot_be_paths_become_tasks_all_the_same() -> None:
    columns = flats()
    columns = {**columns, "shared": columns.pop("rent"), "a.b/c": columns.pop("quiet")}
    dataset = own(columns, **{"shared": "regression", "a.b/c": "binary"})
    assert [task.name for task in dataset.tasks()] == ["shared_", "a_b_c"]
    spec = parse_spec({"dataset": {"name": "own", "options": {"data": dataset.data}}})
    assert spec.with_value("weighting.lambdas.a_b_c", 2.0).weighting.lambdas["a_b_c"] == 2.0


def test_unknown_data_are_refused_and_others_private_ones_not_named() -> None:
    private = add(looked_at(flats()), uses(rent="regression"), "secret plans", "a" * 43)
    shared = add(looked_at(flats()), uses(rent="regression"), "for all", "a" * 43, shared=True)
    for data in ("nope", "nope-000000000000", "../own"):
        with pytest.raises(SpecError) as caught:
            parse_spec({"dataset": {"name": "own", "options": {"data": data}}})
        problem = caught.value.problems[0]
        assert (problem.field, problem.value) == ("dataset.options.data", data)
        assert "choose one of your data sets" in problem.rule
        assert shared in problem.rule
        assert private not in problem.rule
        assert "secret" not in problem.rule


def test_runs_of_removed_data_can_be_looked_at_and_not_trained() -> None:
    dataset = own(flats(), rent="regression", quiet="binary")
    raw = {"dataset": {"name": "own", "options": {"data": dataset.data}}}
    before = parse_spec(raw).layout().parameter_counts()
    catalogue.remove(dataset.data, "cli")
    assert parse_spec(raw).layout().parameter_counts() == before
    assert dataset.preview(Path()).notes == ("Its rows were removed by their owner.",)
    assert dataset.about().title == "mine"
    with pytest.raises(DataError, match="'mine' were removed by their owner"):
        loaded(dataset)


def test_the_card_tells_of_the_data() -> None:
    card = own(flats(), rent="regression", quiet="binary").about()
    assert card.title == "mine"
    assert card.size.startswith("80 rows · 3 columns")
    assert "some.csv" in card.origin
    assert Own().about() == Own.card


def test_pictures_and_sentences_advise_small_batches() -> None:
    assert Own().advice() == Own.recommended
    assert pictured().advice() == Own.recommended  # 40 of them are few enough for one batch
    many = add(inspect(archive(scenes(300, 16)), "s.zip"), uses(colour="binary"), "many", "cli")
    assert Own(data=many).advice()["batch_size"] == 16
    for validation in (0.0, 0.2, 0.9):
        assert Own(data=many).sizes(validation)["train"] >= 16


def test_a_column_that_training_rows_lack_is_harmless() -> None:
    columns = flats(60)
    columns["rare"] = ["?"] * 60
    columns["rare"][7] = "5"
    table = loaded(own(columns, rent="regression", rare="numeric")).inputs["table"]
    assert np.isfinite(table[~np.isnan(table)]).all()


@pytest.mark.parametrize("tasks", [["quiet"], ["rent", "quiet"]])
def test_own_data_train_with_holes(tasks: list[str]) -> None:
    from mtl_core.trainer import train

    columns = flats(120)
    columns["rent"][:50] = ["?"] * 50
    dataset = own(columns, rent="regression", quiet="binary")
    spec = {
        "dataset": {"name": "own", "options": {"data": dataset.data}},
        "tasks": tasks,
        "epochs": 60,
        "device": "cpu",
    }
    end = list(train(parse_spec(spec)))[-1]
    assert end.kind == "finished"
    assert end.values["data"]["source"] == "user"
    assert end.values["metrics"]["train"]["quiet"]["accuracy"] > 0.75
