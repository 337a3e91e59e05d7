"""Folds: which rows test, that classes keep their shares, groups stay together and tables are scaled anew."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mtl_core.datasets.base import Samples
from mtl_core.errors import SpecError
from mtl_core.spec import parse_spec
from mtl_core.spec_parts import SplitSpec
from mtl_core.splitting import has_target, resplit, split_sizes, with_fewer
from mtl_core.tasks import Task

Y = Task("y", "regression")
CLASSES = Task("c", "multiclass", ("a", "b", "c"))
SCHEMES = ("kfold", "holdout")


def samples(n: int = 103, **fields: Any) -> Samples:
    """A standardised table with a hole, a flag and a constant; a number and a class."""
    random = np.random.default_rng(7)
    raw = raw_table(n)
    train = np.arange(n // 2)
    c = random.choice(3, n, p=[0.6, 0.3, 0.1]).astype(np.int64)
    given: dict[str, Any] = {
        "inputs": {"table": standardised(raw, train), "other": raw.astype(np.float32)},
        "targets": {"y": random.normal(size=n).astype(np.float32), "c": c},
        "splits": {"train": train, "validation": np.arange(n // 2, n // 2 + 9), "test": np.arange(n // 2 + 9, n)},
        "source": "generated",
        "rescaled": ("table",),
    }
    return Samples(**given | fields)


def raw_table(n: int) -> NDArray[np.float64]:
    random = np.random.default_rng(3)
    table = random.normal(5.0, 3.0, size=(n, 4))
    table[4, 0] = table[n - 2, 0] = np.nan
    table[:, 2] = 7.0
    table[:, 3] = random.random(n) < 0.1
    return table


def standardised(raw: NDArray[np.float64], train: NDArray[np.int64]) -> NDArray[np.float32]:
    """As a data set does it: the flags in the last column stay."""
    spread = np.nanstd(raw[train], axis=0)
    scaled = (raw - np.nanmean(raw[train], axis=0)) / np.where(spread > 0, spread, 1.0)
    scaled[:, 3] = raw[:, 3]
    return np.asarray(scaled, dtype=np.float32)


def fold(name: str, number: int = 0, folds: int = 5, test: float = 0.2) -> SplitSpec:
    return SplitSpec(name=name, fold=number, folds=folds, test=test)  # type: ignore[arg-type]


def divided(given: Samples, split: SplitSpec, validation: float = 0.2, task: Task = Y) -> Samples:
    return resplit(given, split, validation, (task,))


def rows(given: Samples) -> list[int]:
    return sorted(np.concatenate(list(given.splits.values())).tolist())


def test_the_standard_split_is_the_data_sets_own() -> None:
    given = samples()
    assert divided(given, SplitSpec()) is given


def test_the_folds_cover_every_row_once_as_scikit_learn_deals_them() -> None:
    from sklearn.model_selection import KFold

    given = samples()
    parts = [divided(given, fold("kfold", i)).splits for i in range(5)]
    wanted = KFold(5, shuffle=True, random_state=42).split(np.arange(103))
    assert [part["test"].tolist() for part in parts] == [test.tolist() for _, test in wanted]
    assert sorted(np.concatenate([part["test"] for part in parts]).tolist()) == list(range(103))


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("asked", [(), ("strata",), ("groups",), ("strata", "groups")], ids="+".join)
def test_every_row_is_on_one_side_and_every_group_too(scheme: str, asked: tuple[str, ...]) -> None:
    groups = np.arange(103, dtype=np.int64) // 3
    fields = {"strata": samples().targets["c"], "groups": groups}
    given = samples(**{name: fields[name] for name in asked})
    for number in range(3):
        found = divided(given, fold(scheme, number, 3))
        assert rows(found) == list(range(103))
        assert all(len(part) for part in found.splits.values())
        if "groups" in asked:
            sides = [set(groups[part].tolist()) for part in found.splits.values()]
            assert not sides[0] & sides[1]
            assert not (sides[0] | sides[1]) & sides[2]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("grouped", [False, True])
def test_classes_keep_their_shares_where_the_data_ask(scheme: str, grouped: bool) -> None:
    strata = np.repeat([0, 1, 2], [200, 75, 25])
    groups = np.arange(300) // 2 if grouped else None
    given = samples(300, strata=strata, groups=groups)
    plain = samples(300)
    for number in range(5):
        counts = np.bincount(strata[divided(given, fold(scheme, number)).splits["test"]])
        assert np.abs(counts - [40, 15, 5]).max() <= (2 if grouped else 0)
    loose = [np.bincount(strata[divided(plain, fold(scheme, i)).splits["test"]])[2] for i in range(5)]
    assert set(loose) != {5}


def test_repeated_holdouts_differ_and_repeat() -> None:
    first, second = (divided(samples(), fold("holdout", i)).splits["test"] for i in (0, 1))
    assert len(first) == len(second) == 21  # ⌈0.2 · 103⌉
    assert set(first.tolist()) != set(second.tolist())
    assert divided(samples(), fold("holdout", 1)).splits["test"].tolist() == second.tolist()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("validation", [0.0, 0.25])
def test_the_sizes_are_known_before_loading(scheme: str, validation: float) -> None:
    given = samples(strata=samples().targets["c"])
    for number in range(4):
        split = fold(scheme, number, 4, 0.3)
        known = split_sizes({"train": 80, "validation": 10, "test": 13}, split, validation)
        found = divided(given, split, validation).splits
        assert {name: len(part) for name, part in found.items()} == known
    assert split_sizes({"train": 8, "validation": 1, "test": 1}, SplitSpec(), 0.5) == {
        "train": 8,
        "validation": 1,
        "test": 1,
    }


def test_a_table_is_scaled_as_if_from_its_raw_values() -> None:
    found = divided(samples(), fold("kfold", 2))
    wanted = standardised(raw_table(103), found.splits["train"])
    np.testing.assert_allclose(found.inputs["table"], wanted, atol=2e-6)
    assert found.inputs["table"].dtype == np.float32
    assert np.isnan(found.inputs["table"]).sum() == 2
    assert set(np.unique(found.inputs["table"][:, 3])) == {0.0, 1.0}
    np.testing.assert_array_equal(found.inputs["other"], samples().inputs["other"])


def test_rows_without_a_target_of_the_tasks_are_left_out() -> None:
    given = samples()
    y = given.targets["y"].copy()
    y[:40] = np.nan
    given = samples(targets={"y": y, "c": given.targets["c"]})
    assert rows(divided(given, fold("kfold"))) == list(range(40, 103))
    assert rows(divided(given, fold("kfold"), task=CLASSES)) == list(range(103))
    assert rows(divided(given, fold("kfold"), task=Task("table", "generation"))) == list(range(103))


def test_a_row_has_a_target_by_the_tasks_kind() -> None:
    mask = np.full((3, 2, 2), 255, dtype=np.uint8)
    mask[1, 0, 0] = 0
    targets = {"y": np.array([0.0, np.nan, 1.0], np.float32), "c": np.array([0, -1, 2]), "m": mask}
    given = Samples({"table": np.zeros((3, 1), np.float32)}, targets, {}, "generated")
    assert has_target(given, Y).tolist() == [True, False, True]
    assert has_target(given, CLASSES).tolist() == [True, False, True]
    assert has_target(given, Task("m", "segmentation", ("a", "b"))).tolist() == [False, True, False]
    assert has_target(given, Task("image", "generation")).tolist() == [True] * 3


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("rare", [1, 3])
def test_classes_too_rare_to_divide_are_shuffled_with_a_note(scheme: str, rare: int) -> None:
    strata = np.repeat([0, 1, *range(2, 2 + rare)], [62, 103 - 62 - rare, *[1] * rare])
    found = divided(samples(strata=strata), fold(scheme))
    assert rows(found) == list(range(103))
    assert any(f"{rare} of {rare + 2} classes have fewer than" in note for note in found.notes)
    share = (strata[found.splits["test"]] == 0).mean()
    assert share == pytest.approx(62 / 103, abs=0.05)  # one row of 20


def test_a_part_without_room_for_each_class_is_a_plain_shuffle_with_a_note() -> None:
    strata = np.arange(103) // 3
    found = divided(samples(strata=strata), fold("holdout", test=0.1))
    assert len(found.splits["test"]) == 11
    assert any("plain shuffle" in note for note in found.notes)


@pytest.mark.parametrize(
    ("groups", "field", "words"),
    [(None, "dataset.split.folds", "needs at least 6 rows"), (np.zeros(5, np.int64), "dataset.split.folds", "groups")],
)
def test_fewer_rows_or_groups_than_folds_are_named(groups: Any, field: str, words: str) -> None:
    given = samples(5, groups=groups, splits={"train": np.arange(5), "validation": np.arange(0), "test": np.arange(0)})
    with pytest.raises(SpecError, match=words) as caught:
        divided(given, fold("kfold", folds=6))
    assert caught.value.problems[0].field == field


@pytest.mark.parametrize("share", [0.1, 0.3, 0.6, 0.8])
def test_a_share_of_strata_and_groups_comes_near(share: float) -> None:
    given = samples(300, strata=np.arange(300) % 3, groups=np.arange(300) // 2)
    found = divided(given, fold("holdout", test=share), validation=0.0)
    assert len(found.splits["test"]) / 300 == pytest.approx(share, abs=0.1)


def test_fewer_training_rows_are_nested_and_scaled_anew() -> None:
    whole = samples()
    few, more = with_fewer(whole, 10), with_fewer(whole, 25)
    assert (len(few.splits["train"]), len(more.splits["train"])) == (10, 25)
    assert set(few.splits["train"]) < set(more.splits["train"]) < set(whole.splits["train"])
    assert not np.array_equal(few.splits["train"], np.arange(10)), "drawn, not the first ones"
    for part in ("validation", "test"):
        assert np.array_equal(few.splits[part], whole.splits[part])
    table = few.inputs["table"][few.splits["train"]]
    np.testing.assert_allclose(np.nanmean(table[:, :2], axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(np.nanstd(table[:, :2], axis=0), 1, atol=1e-5)
    assert np.array_equal(few.inputs["other"], whole.inputs["other"], equal_nan=True)
    everything = with_fewer(whole, len(whole.splits["train"]))
    np.testing.assert_allclose(everything.inputs["table"], whole.inputs["table"], atol=1e-5)


def test_more_training_rows_than_there_are_are_refused() -> None:
    with pytest.raises(SpecError, match="at most the 51 training rows"):
        with_fewer(samples(), 52)
    with pytest.raises(SpecError, match=r"dataset.train_rows: must be at most the 1023 training rows"):
        parse_spec({"dataset": {"name": "wine_quality", "train_rows": 1024}})
    spec = parse_spec({"dataset": {"name": "wine_quality", "train_rows": 100}})
    assert spec.dataset.sizes() == {"train": 100, "validation": 256, "test": 320}


def test_fewer_rows_keep_classes_and_tasks_in_proportion() -> None:
    classes = np.array([0] * 60 + [1] * 30 + [2] * 10)
    parts = {"train": np.arange(100), "validation": np.arange(0), "test": np.arange(0)}
    given = samples(100, strata=classes, splits=parts)
    for rows in (10, 20, 50, 70):
        kept = with_fewer(given, rows).splits["train"]
        assert np.bincount(classes[kept]) == pytest.approx([0.6 * rows, 0.3 * rows, 0.1 * rows], abs=1)
    first, second = (np.arange(100, dtype=np.float32) for _ in range(2))
    first[75:], second[:75] = np.nan, np.nan
    own = samples(100, targets={"a": first, "b": second}, splits=parts)
    kept = with_fewer(own, 12, (Task("a", "regression"), Task("b", "regression"))).splits["train"]
    assert (int((kept < 75).sum()), int((kept >= 75).sum())) == (9, 3)
