"""What the mask viewer sends: a byte a pixel and layer, with shapes and classes checked."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest

from ui.mask_viewer import MAX_SAMPLES, as_bytes, viewer_data

CLASSES = ["background", "0", "1"]


def masks(count: int, size: int = 8) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 3, (count, size, size))


@pytest.mark.parametrize("shape", [(4, 8, 8), (4, 1, 8, 8), (4, 8, 8, 1)])
def test_grey_pictures_of_any_layout(shape: tuple[int, ...]) -> None:
    assert as_bytes(np.full(shape, 0.5, np.float32)).shape == (4, 8, 8, 1)
    assert as_bytes(np.full(shape, 0.5, np.float32)).max() == 128


@pytest.mark.parametrize("shape", [(4, 3, 8, 8), (4, 8, 8, 3)])
def test_colour_pictures(shape: tuple[int, ...]) -> None:
    assert as_bytes(np.full(shape, 7, np.uint8)).shape == (4, 8, 8, 3)


@pytest.mark.parametrize("shape", [(8, 8), (4, 2, 8, 8), (4, 8, 9)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="images must be"):
        as_bytes(np.zeros(shape))


def test_values_outside_the_range_are_clipped() -> None:
    assert as_bytes(np.array([[[-1.0, 2.0], [np.nan, 1.0]]])).ravel().tolist() == [0, 255, 0, 255]


def test_payload_is_small_and_round_trips() -> None:
    truth, prediction = masks(12, 28), masks(12, 28)[::-1]
    data = viewer_data(np.zeros((12, 28, 28)), truth, prediction, CLASSES, ["first"])
    assert len(json.dumps(data)) < 45_000
    sent = np.frombuffer(base64.b64decode(data["prediction"][3]), np.uint8).reshape(28, 28)
    assert np.array_equal(sent, prediction[3])
    assert data["captions"][:2] == ["first", "Sample 2"]
    assert (data["size"], data["channels"], len(data["colours"])) == (28, 1, 3)


def test_only_so_many_samples_travel() -> None:
    data = viewer_data(np.zeros((60, 8, 8)), masks(60), masks(60), CLASSES, [])
    assert len(data["images"]) == len(data["truth"]) == MAX_SAMPLES


def test_no_samples_yet() -> None:
    empty = np.zeros((0, 8, 8))
    assert viewer_data(empty, empty, empty, CLASSES, [])["images"] == []


def test_a_mask_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match=r"prediction must have the shape \(2, 8, 8\)"):
        viewer_data(np.zeros((2, 8, 8)), masks(2), masks(2, 9), CLASSES, [])


def test_a_class_without_a_name_is_refused() -> None:
    with pytest.raises(ValueError, match=r"truth must hold classes 0\.\.2, got 0\.\.3"):
        viewer_data(np.zeros((2, 8, 8)), masks(2) + (masks(2) == 2), masks(2), CLASSES, [])
