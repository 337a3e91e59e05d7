"""multi_mnist: the published recipe, and no digit on two sides of a split."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mtl_core.datasets import mnist_files
from mtl_core.datasets.base import SPLITS
from mtl_core.datasets.digits import enlarged_digits
from mtl_core.datasets.multi_mnist import CIRCLE, MultiMnist, overlaid, paired
from mtl_core.errors import DataError
from tests.datasets.helpers import drain

NOISE = np.random.default_rng(0).integers(0, 256, (2, 5, 28, 28), dtype=np.uint8)


def test_the_recipe_is_sener_and_koltuns() -> None:
    canvas = np.zeros((5, 36, 36), dtype=np.uint8)
    canvas[:, 0:28, 0:28] = NOISE[0]
    canvas[:, 6:34, 6:34] = np.maximum(canvas[:, 6:34, 6:34], NOISE[1])
    wanted = [np.asarray(Image.fromarray(picture).resize((28, 28), Image.Resampling.NEAREST)) for picture in canvas]
    np.testing.assert_array_equal(overlaid(*NOISE), wanted)


def test_a_left_digit_alone_lies_left_and_a_right_one_right() -> None:
    nothing = np.zeros((1, 28, 28), dtype=np.uint8)
    full = np.full((1, 28, 28), 255, dtype=np.uint8)
    left, right = overlaid(full, nothing)[0] > 0, overlaid(nothing, full)[0] > 0
    assert np.flatnonzero(left.any(0)).tolist() == np.flatnonzero(left.any(1)).tolist() == list(range(22))
    assert np.flatnonzero(right.any(0)).tolist() == np.flatnonzero(right.any(1)).tolist() == list(range(5, 26))


def test_pairs_stay_in_their_split_and_circle_and_use_each_digit_twice() -> None:
    order = np.random.default_rng(1).permutation(1000)
    splits = {"train": order[:700], "validation": order[700:700], "test": order[700:]}
    partner, circle = paired(splits, 0)
    assert sorted(partner) == list(range(1000))
    assert not (partner == np.arange(1000)).any()
    np.testing.assert_array_equal(circle[partner], circle)
    assert set(partner[splits["test"]]) == set(splits["test"])
    assert not set(circle[splits["test"]]) & set(circle[splits["train"]])
    assert min(np.unique(circle, return_counts=True)[1]) >= CIRCLE
    assert not np.array_equal(partner, paired(splits, 1)[0])
    np.testing.assert_array_equal(partner, paired(splits, 0)[0])


def test_pairs_do_not_follow_the_order_within_a_split() -> None:
    rows = np.arange(100)
    one = paired({"train": rows[:80], "validation": rows[80:90], "test": rows[90:]}, 0)
    other = paired({"train": rows[:80][::-1], "validation": rows[80:90], "test": rows[90:]}, 0)
    np.testing.assert_array_equal(one[0], other[0])


@pytest.mark.parametrize("validation", [0, 0.2])
def test_digits_give_every_class_on_both_sides(tmp_path: Path, validation: float) -> None:
    samples, _ = drain(MultiMnist().load(tmp_path / "none", validation))
    pictures, classes = enlarged_digits()
    assert samples.inputs["image"].shape == (1797, 1, 28, 28)
    assert {name: len(samples.splits[name]) for name in SPLITS} == MultiMnist().sizes(validation)
    np.testing.assert_array_equal(samples.targets["left"], classes)
    np.testing.assert_array_equal(np.bincount(samples.targets["right"]), np.bincount(classes))
    pairs = np.zeros((10, 10), dtype=int)
    np.add.at(pairs, (samples.targets["left"], samples.targets["right"]), 1)
    assert pairs.min() > 5
    np.testing.assert_array_equal(samples.inputs["image"][:, 0, 0, :20], pictures[:, 0, _nearest(20)])
    assert samples.strata is not None
    assert samples.groups is not None
    assert (samples.source, samples.notes) == ("sklearn", ())


def _nearest(count: int) -> np.ndarray:
    return ((np.arange(count) + 0.5) * 36 / 28).astype(int)


def test_another_seed_pairs_others(tmp_path: Path) -> None:
    one, other = (drain(MultiMnist(seed=seed).load(tmp_path, 0.2))[0] for seed in (0, 1))
    np.testing.assert_array_equal(one.targets["left"], other.targets["left"])
    assert not np.array_equal(one.targets["right"], other.targets["right"])


def test_mnist_gives_its_published_parts(real_mnist: Path) -> None:
    multi = MultiMnist(base="mnist")
    assert (multi.missing_files(real_mnist), multi.file_urls(real_mnist)) == ((), ())
    samples, _ = drain(multi.load(real_mnist, 0.2))
    assert samples.source == "torchvision"
    assert {name: len(samples.splits[name]) for name in SPLITS} == multi.sizes(0.2)
    assert multi.sizes(0.2) == {"train": 48_000, "validation": 12_000, "test": 10_000}
    assert samples.targets["left"][:5].tolist() == [5, 0, 4, 1, 9]
    assert sorted(samples.splits["test"]) == list(range(60_000, 70_000))
    preview = multi.preview(real_mnist)
    assert preview.images is not None
    assert preview.images.shape == (10, 28, 28)
    assert preview.captions[:3] == ("7 9", "2 7", "1 2")


@pytest.mark.usefixtures("no_network")
def test_without_mnist_the_error_names_the_other_base(tmp_path: Path) -> None:
    multi = MultiMnist(base="mnist")
    missing = multi.missing_files(tmp_path)
    assert [Path(path).name for path in missing] == [f"{name}.gz" for name in mnist_files.UNPACKED]
    assert len(multi.file_urls(tmp_path)) == len(missing)
    with pytest.raises(DataError, match=r"MNIST is not there.*dataset\.options\.base: digits"):
        drain(multi.load(tmp_path, 0.2))
    with pytest.raises(DataError, match=r"127\.0\.0\.1:9"):
        drain(multi.fetch(tmp_path))
    assert multi.preview(tmp_path).images is None


def test_the_preview_shows_pairs(tmp_path: Path) -> None:
    preview = MultiMnist().preview(tmp_path)
    assert preview.images is not None
    assert (preview.images.shape, preview.images.dtype) == ((10, 28, 28), np.uint8)
    assert preview.captions[1] == f"{preview.captions[1][0]} {preview.captions[0][0]}"
