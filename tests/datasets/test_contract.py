"""What every data set promises, whichever it is."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mtl_core.datasets import DATASETS, wine_table
from mtl_core.datasets.base import SPLITS, Dataset, Samples
from mtl_core.errors import DataError
from mtl_core.settings import DATA_DIR_VARIABLE
from mtl_core.spec import RunSpec
from tests.datasets.conftest import real_file
from tests.datasets.helpers import drain

pytestmark = pytest.mark.parametrize("name", DATASETS)
REAL_FILES = {
    "mnist": ("MNIST", "raw", "t10k-labels-idx1-ubyte.gz"),
    "fashion_mnist": ("FashionMNIST", "raw", "t10k-labels-idx1-ubyte.gz"),
    "cifar10": ("cifar-10-binary.tar.gz",),
    "school": ("school", "school.mat"),
    "pets": ("oxford-iiit-pet", "annotations", "test.txt"),
}
"""A file that must be there for a data set that has no stand-in."""
FEWER: dict[str, dict[str, Any]] = {"captioned_scenes": {"rows": 4000}}
"""Options with which a large drawn data set is soon there."""


def small(name: str) -> Dataset:
    """The data set, with fewer rows where the default would take seconds to draw."""
    return DATASETS[name].model_validate({"name": name, **FEWER.get(name, {})})


def data_folder(name: str, empty: Path) -> Path:
    """A folder from which the data set can be loaded without a network."""
    return real_file(*REAL_FILES[name]) if name in REAL_FILES else empty


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("validation", [0, 0.003, 0.2, 0.9])
def test_samples_keep_what_the_class_says(name: str, validation: float, tmp_path: Path) -> None:
    dataset = small(name)
    samples, progress = drain(dataset.load(data_folder(name, tmp_path), validation))
    assert {split: len(samples.splits[split]) for split in SPLITS} == dataset.sizes(validation)
    rows = np.concatenate([samples.splits[split] for split in SPLITS])
    assert len(set(rows.tolist())) == len(rows)
    assert {array.dtype for array in samples.splits.values()} == {np.dtype(np.int64)}
    assert progress
    check_inputs(name, samples, rows)
    check_targets(name, samples, rows)


def check_inputs(name: str, samples: Samples, rows: np.ndarray) -> None:
    described = DATASETS[name].model_validate({"name": name}).inputs()
    assert samples.inputs.keys() == described.keys()
    for modality, spec in described.items():
        values = samples.inputs[modality]
        assert rows.max() < len(values)
        if spec.kind == "image":
            assert values.shape[1:] == (spec.shape.channels, spec.shape.size, spec.shape.size)
            assert values.dtype == np.uint8
        elif spec.kind == "text":
            assert values.shape[1:] == (spec.shape.length,)
            assert values.dtype == np.int64
            assert (values[:, 0] > 0).all()
            assert values.min() == 0
            assert values.max() < spec.shape.vocabulary == len(samples.vocabulary)
        else:
            assert values.shape[1:] == (spec.shape.width,)
            assert values.dtype == np.float32
            assert len(samples.columns) == spec.shape.width
            missing = np.isnan(values)
            assert np.isfinite(values[~missing]).all()
            assert not missing.any() or modality in samples.rescaled, "missing values need a mean to stand at"


def check_targets(name: str, samples: Samples, rows: np.ndarray) -> None:
    tasks = DATASETS[name].model_validate({"name": name}).tasks()
    tasks = tuple(task for task in tasks if task.kind != "generation")  # its target is the input
    assert samples.targets.keys() == {task.name for task in tasks}
    for task in tasks:
        target = samples.targets[task.name]
        assert len(target) > rows.max()
        if task.kind == "regression":
            assert target.dtype == np.float32
            assert not np.isinf(target).any()
            assert np.isfinite(target).any()
        else:
            masks = task.kind == "segmentation"
            assert target.dtype in ((np.uint8, np.int64) if masks else (np.int64,))
            assert set(np.unique(target)) - {255 if masks else -1} == set(range(len(task.classes)))


@pytest.mark.usefixtures("no_network")
def test_loading_twice_gives_the_same(name: str, tmp_path: Path) -> None:
    dataset = small(name)
    first, second = (drain(dataset.load(data_folder(name, tmp_path), 0.2))[0] for _ in range(2))
    for one, other in ((first.inputs, second.inputs), (first.targets, second.targets), (first.splits, second.splits)):
        assert all(np.array_equal(one[key], other[key], equal_nan=one[key].dtype.kind == "f") for key in one)


def test_the_card_is_complete(name: str) -> None:
    card = DATASETS[name].card
    assert all(getattr(card, field.name) for field in fields(card) if field.name != "real")
    assert card.url.startswith("http")


def test_recommended_fields_make_a_spec(name: str) -> None:
    spec = RunSpec.model_validate({"dataset": {"name": name}})
    assert spec.tasks == [task.name for task in DATASETS[name].model_validate({"name": name}).tasks()]


PREVIEW = """
import sys, time
from pathlib import Path
from urllib.error import URLError
from mtl_core.datasets import DATASETS, download
from mtl_core.errors import DataError
def refuse(request, timeout):
    raise URLError("nobody listens at 127.0.0.1:9")
download.urlopen = refuse
dataset = DATASETS[sys.argv[1]].model_validate({"name": sys.argv[1]})
begin = time.perf_counter()
shown = dataset.preview(Path(sys.argv[2]))
seconds = time.perf_counter() - begin
assert len(dataset.missing_files(Path(sys.argv[2]))) == len(dataset.file_urls(Path(sys.argv[2])))
try:
    for _ in dataset.fetch(Path(sys.argv[2])):
        pass
except DataError as error:
    assert "127.0.0.1:9" in str(error), error
assert shown.rows or shown.images is not None or shown.notes, shown
assert len(shown.captions) == (0 if shown.images is None else len(shown.images)), shown
assert all(len(row) == len(shown.columns) for row in shown.rows), shown
heavy = ("torch", "torchvision", "torchmetrics", "sklearn", "streamlit", "plotly")
print(seconds, *(module for module in heavy if module in sys.modules))
"""


def preview_of(name: str, folder: Path, home: Path) -> tuple[float, list[str]]:
    """Seconds of a preview in a process of its own, and what heavy packages it and an attempt to fetch imported."""
    environment = {**os.environ, "MTL_HOME": str(home), wine_table.URL_VARIABLE: "http://127.0.0.1:9/red.csv"}
    command = [sys.executable, "-c", PREVIEW, name, str(folder)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    seconds, *imported = done.stdout.split()
    return float(seconds), imported


def test_preview_and_fetch_are_quick_and_need_no_torch(name: str, tmp_path: Path, home: Path) -> None:
    real = os.environ.get(DATA_DIR_VARIABLE)
    for folder in [tmp_path / "none", *([Path(real)] if real else [])]:
        seconds, imported = preview_of(name, folder, home)
        assert imported == []
        assert seconds < 1
    assert not (tmp_path / "none").exists()


@pytest.mark.usefixtures("no_network")
def test_fetch_is_a_generator_that_ends(name: str, tmp_path: Path) -> None:
    dataset = DATASETS[name].model_validate({"name": name})
    begin = time.monotonic()
    if dataset.missing_files(tmp_path / "data"):
        with pytest.raises(DataError, match=r"127\.0\.0\.1:9"):
            drain(dataset.fetch(tmp_path / "data"))
    else:
        assert drain(dataset.fetch(tmp_path / "data"))[0] == ()
    assert time.monotonic() - begin < 10
