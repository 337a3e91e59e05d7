"""Masks on their pictures: input, truth, prediction and error as layers that can be switched."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ui import parts
from ui.colours import class_colours
from ui.words import t

MAX_SAMPLES = 24
WORDS = ("input", "truth", "prediction", "error", "opacity", "samples", "layers", "legend", "none", "empty")
PATTERNS = ("wrong", "alternative")


def mask_viewer(
    images: NDArray[Any],
    truth: NDArray[Any],
    prediction: NDArray[Any],
    classes: Sequence[str],
    *,
    key: str,
    captions: Sequence[str] = (),
) -> None:
    """Layers on one picture, a sample picker and a legend of the classes.

    The chosen sample, layers and opacity live in the browser and stay while masks are replaced.

    Args:
        images: (m, S, S), (m, 1, S, S), (m, 3, S, S) or (m, S, S, 3); float in 0..1 or uint8 in 0..255.
        truth: (m, S, S) class indices, 0 the background.
        prediction: likewise.
        classes: name of each class, the background first.
        key: keeps the viewer the same one.
        captions: a line for each sample, e.g. its row in the data set; numbered where left out.

    Raises:
        ValueError: if the shapes do not fit each other, or a mask has a class without a name.
    """
    parts.mount("masks", viewer_data(images, truth, prediction, classes, captions), key=key)


def viewer_data(
    images: NDArray[Any], truth: NDArray[Any], prediction: NDArray[Any], classes: Sequence[str], captions: Sequence[str]
) -> dict[str, Any]:
    """What travels to the browser: a byte a pixel and layer, at most :data:`MAX_SAMPLES` samples."""
    pictures = as_bytes(images)[:MAX_SAMPLES]
    layers = {"truth": np.asarray(truth)[:MAX_SAMPLES], "prediction": np.asarray(prediction)[:MAX_SAMPLES]}
    for name, mask in layers.items():
        if mask.shape != pictures.shape[:3]:
            raise ValueError(f"{name} must have the shape {pictures.shape[:3]} of the images, got {mask.shape}")
        if mask.size and (mask.min() < 0 or mask.max() >= len(classes)):
            raise ValueError(f"{name} must hold classes 0..{len(classes) - 1}, got {mask.min()}..{mask.max()}")
    names = [captions[i] if i < len(captions) else t("masks.sample", number=i + 1) for i in range(len(pictures))]
    return {
        "size": int(pictures.shape[1]),
        "channels": int(pictures.shape[3]),
        "images": [_packed(picture) for picture in pictures],
        "truth": [_packed(mask) for mask in layers["truth"]],
        "prediction": [_packed(mask) for mask in layers["prediction"]],
        "classes": list(classes),
        "colours": class_colours(classes),
        "captions": names,
        # The patterns' {placeholders} are filled in the browser, sample by sample.
        "words": {name: t(f"masks.{name}") for name in (*WORDS, *PATTERNS)},
    }


def as_bytes(images: NDArray[Any]) -> NDArray[np.uint8]:
    """Pictures as (m, S, S, 1 or 3) uint8.

    Raises:
        ValueError: for any other number of axes or channels, or pictures that are not square.
    """
    array = np.asarray(images)
    if array.ndim == 3:
        array = array[..., None]
    elif array.ndim == 4 and array.shape[1] in (1, 3) and array.shape[3] not in (1, 3):
        array = array.transpose(0, 2, 3, 1)
    if array.ndim != 4 or array.shape[3] not in (1, 3) or array.shape[1] != array.shape[2]:
        raise ValueError(f"images must be (m, S, S) or (m, 1 or 3, S, S), got {np.asarray(images).shape}")
    if array.dtype == np.uint8:
        return array
    whole: NDArray[np.uint8] = np.round(np.nan_to_num(np.clip(array, 0, 1)) * 255).astype(np.uint8)
    return whole


def _packed(array: NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(array, dtype=np.uint8).tobytes()).decode()
