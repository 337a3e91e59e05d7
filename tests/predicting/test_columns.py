"""Columns in their own units: the way back from what a network reads, and what a slider offers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mtl_core.datasets import DATASETS
from mtl_core.datasets.base import Samples
from mtl_core.opening import load_samples
from mtl_core.predicting.columns import BINS, columns_of, fitted, round_step, scaled
from mtl_core.spec import parse_spec
from tests.datasets.conftest import real_file
from tests.datasets.helpers import drain
from tests.datasets.test_contract import REAL_FILES

NAN = np.nan
SPLITS: dict[str, dict[str, Any]] = {
    "as published": {},
    "a fold": {"split": {"name": "kfold", "folds": 4, "fold": 2}},
    "few training rows": {"train_rows": 40},
    "a fold of few": {"split": {"name": "kfold", "folds": 4, "fold": 1}, "train_rows": 40},
}
TABLES = [name for name in DATASETS if any(one.kind == "table" for one in DATASETS[name]().inputs().values())]


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """Nothing is fetched: wine is the stand-in."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_network: None) -> None:
    """An empty data folder, too."""
    monkeypatch.setenv("MTL_DATA_DIR", str(tmp_path / "data"))


def samples_of(**dataset: Any) -> Samples:
    spec = parse_spec({"dataset": dataset, "batch_size": "full"})
    return drain(load_samples(spec, spec.task_list()))[0]


def table(raw: np.ndarray, z: np.ndarray | None = None, **more: Any) -> Samples:
    """Samples of one table whose first rows are the training rows."""
    rows = np.arange(len(raw))
    splits = {"train": rows[:-1], "validation": rows[:0], "test": rows[-1:]}
    inputs = {"table": (raw if z is None else z).astype(np.float32)}
    return Samples(inputs, {}, splits, "generated", raw={} if z is None else {"table": raw}, **more)


@pytest.mark.parametrize(
    ("raw", "z", "expected"),
    [
        ([1, 2, 3], [-2, 0, 2], (2.0, 0.5)),
        ([10, 10, 10], [0, 0, 0], (10.0, 1.0)),
        ([10, 10], [3, 3], (7.0, 1.0)),
        ([5, NAN, 7, 100], [0, NAN, 1, NAN], (5.0, 2.0)),
        ([NAN, NAN], [NAN, NAN], (0.0, 1.0)),
        ([4, 5], [4, 5], (0.0, 1.0)),
        ([3, 1], [-1, 1], (2.0, -1.0)),
    ],
    ids=["affine", "constant", "constant elsewhere", "missing", "nothing known", "not standardised", "turned round"],
)
def test_mean_and_spread_by_hand(raw: list[float], z: list[float], expected: tuple[float, float]) -> None:
    assert fitted(np.array(raw, float), np.array(z, float)) == pytest.approx(expected, abs=1e-12)


def test_rounding_of_single_values_averages_out() -> None:
    raw = np.random.default_rng(0).normal(1000, 0.1, 2000)
    z = ((raw - 1000) / 0.1).astype(np.float32).astype(np.float64)
    assert fitted(raw, z) == pytest.approx((1000, 0.1), abs=1e-7)


STEPS = {0.013: 0.01, 0.02: 0.02, 0.049: 0.02, 0.3: 0.2, 0.99: 0.5, 1: 1, 7: 5, 123: 100, 1e-12: 1e-12, 0: 1, -1: 1}


@pytest.mark.parametrize(
    ("width", "step"), [*STEPS.items(), ((0.7 - 0.5) / 200, 0.001), ((0.8 - 0.7) / 10, 0.01), ((0.3 - 0.1) / 2, 0.1)]
)
def test_steps_are_round(width: float, step: float) -> None:
    assert round_step(width) == step


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("dataset", SPLITS.values(), ids=SPLITS)
def test_the_raw_values_of_wine_come_back(dataset: dict[str, Any]) -> None:
    """Also where other rows train, which standardise the table anew."""
    samples = samples_of(name="wine_quality", **dataset)
    raw, read = samples.raw["table"], samples.inputs["table"]
    columns = columns_of(samples, "table")
    assert [column.name for column in columns] == list(samples.columns)
    for row in (0, 7, int(samples.splits["test"][0])):
        np.testing.assert_allclose(scaled(columns, raw[row].tolist())[0], read[row], atol=1e-5)
        back = [float(z) * column.spread + column.mean for z, column in zip(read[row], columns, strict=True)]
        np.testing.assert_allclose(back, raw[row], rtol=1e-5, atol=1e-5)
    train = raw[samples.splits["train"]]
    np.testing.assert_allclose([column.mean for column in columns], train.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose([column.spread for column in columns], train.std(axis=0), rtol=1e-5)
    assert [(column.low, column.high) for column in columns] == list(zip(train.min(0), train.max(0), strict=True))
    assert [sum(column.counts) for column in columns] == [len(train)] * len(columns)
    assert [column.typical for column in columns] == np.median(train, axis=0).tolist()


def test_what_is_missing_enters_as_the_mean() -> None:
    columns = columns_of(
        table(np.array([[1.0, 10], [3, 30], [9, 90]]), np.array([[-1.0, -1], [1, 1], [7, 7]])), "table"
    )
    np.testing.assert_allclose(scaled(columns, [None, 40.0]), [[0, 2]])
    with pytest.raises(ValueError, match="shorter"):
        scaled(columns, [1.0])


def test_flags_whole_numbers_and_broken_ones() -> None:
    raw = np.array([[0, 1, 0.5, NAN, 5], [1, 2, 0.7, NAN, 5], [1, 9, NAN, NAN, 5], [0, 40, 8, 1, 5]], float)
    flag, whole, broken, unknown, constant = columns_of(table(raw, raw), "table")
    assert (flag.flag, flag.typical, flag.step) == (True, 1.0, 1.0)
    assert (whole.flag, whole.low, whole.high, whole.typical, whole.step) == (False, 1, 9, 2, 1)
    assert (broken.low, broken.high, broken.typical, broken.step) == (0.5, 0.7, 0.6, 0.001)
    assert (unknown.low, unknown.high, unknown.counts) == (0.0, 0.0, (0,) * BINS)
    assert (constant.low, constant.high, sum(constant.counts)) == (5, 5, 3)
    assert [column.name for column in (flag, constant)] == ["column 1", "column 5"]


def test_a_column_in_full() -> None:
    """Golden: what the page gets of 0, 1, 2, 4 standardised by hand."""
    raw = np.array([[0.0], [1], [2], [4], [100]])
    (column,) = columns_of(table(raw, (raw - 1.75) / 2, columns=("depth",)), "table")
    counts = [0] * BINS
    for place in (0, 6, 12, 23):
        counts[place] = 1
    shown = column.as_json()
    assert (shown.pop("mean"), shown.pop("spread")) == pytest.approx((1.75, 2.0))
    assert shown == {
        "name": "depth",
        "low": 0.0,
        "high": 4.0,
        "typical": 1.5,
        "step": 1.0,
        "flag": False,
        "counts": tuple(counts),
    }


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("name", TABLES)
def test_a_table_that_is_standardised_has_its_raw_values(name: str, tmp_path: Path) -> None:
    """The contract of :attr:`Samples.raw`, for every data set with a table."""
    folder = real_file(*REAL_FILES[name]) if name in REAL_FILES else tmp_path
    dataset = DATASETS[name].model_validate({"name": name})
    samples, _ = drain(dataset.load(folder, 0.2))
    for modality, one in dataset.inputs().items():
        if one.kind != "table":
            continue
        assert (modality in samples.raw) == (modality in samples.rescaled)
        raw = np.asarray(samples.raw.get(modality, samples.inputs[modality]), float)
        read = samples.inputs[modality]
        assert raw.shape == read.shape
        np.testing.assert_array_equal(np.isnan(raw), np.isnan(read))
        columns = columns_of(samples, modality)
        back = np.array([column.mean for column in columns]) + read * np.array([column.spread for column in columns])
        np.testing.assert_allclose(back, raw, rtol=1e-4, atol=1e-4)
