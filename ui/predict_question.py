"""From what the board tells to what a network can be asked: drawings and pictures brought to its size."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtl_core.blocks import Map
from mtl_core.errors import DataError, MTLError
from mtl_core.spec import RunSpec
from mtl_core.userdata.pictures import decoded

MOST_PIXELS = 50_000_000
BRIGHT = 127
"""A grey picture whose border is brighter than this is dark on light, and is turned round."""
SHADOW = 0.3
"""On paper, what is darker than it by less than this share of the darkest stroke is shadow or noise, and no ink."""
Pixels = NDArray[np.uint8]


def question_of(spec: RunSpec, asked: Mapping[str, Any], own: bytes | None) -> dict[str, Any]:
    """The question for :meth:`mtl_core.execution.predicting.Predictor.ask`.

    Args:
        spec: of the run.
        asked: by the board: ``row`` and ``source``, and as far as they were given ``table``, ``text``, ``ink``,
            ``start`` and ``ways``.
        own: a picture file that a person has brought.

    Raises:
        MTLError: if a drawing is empty, or a picture missing, damaged or none.
    """
    question: dict[str, Any] = {"row": asked["row"]}
    question |= {name: asked[name] for name in ("table", "text") if name in asked}
    source = asked.get("source", "row")
    if source == "draw":
        question["image"] = packed(drawing(spec, str(asked.get("ink", ""))))
    elif source == "own":
        if own is None:
            raise MTLError("choose a picture file first")
        question["image"] = packed(own_picture(spec, own))
    elif source == "z":
        question |= {"start": asked["start"], "ways": asked["ways"]}
    return question


def drawing(spec: RunSpec, ink: str) -> Pixels:
    """(1, S, S) what was drawn, as the data set's own pictures are framed.

    Raises:
        MTLError: if nothing was drawn, or the data set's pictures are none that one draws.
    """
    try:
        values = np.frombuffer(base64.b64decode(ink, validate=True), np.uint8)
    except ValueError as error:
        raise MTLError(f"the drawing must be base64: {error}") from error
    side = math.isqrt(len(values))
    if not side or side**2 != len(values):
        raise MTLError(f"the drawing must be a square of bytes, found {len(values)}; draw again")
    picture = spec.dataset.build().drawn(values.reshape(side, side))
    if picture is None:
        raise MTLError(f"{spec.dataset.name} has no pictures that one draws; choose one of the test set")
    return picture[None]


def own_picture(spec: RunSpec, content: bytes) -> Pixels:
    """(C, S, S) a picture file at the network's size; for grey ones, dark on light is turned round.

    Raises:
        DataError: if it is no picture, or a damaged or too large one.
    """
    shape = next(one.shape for one in spec.dataset.inputs().values() if one.kind == "image")
    if not isinstance(shape, Map):
        raise DataError(f"the pictures of {spec.dataset.name} have no size")
    if shape.channels == 3:
        return decoded(content, "your picture", MOST_PIXELS, shape.size)
    colours = decoded(content, "your picture", MOST_PIXELS, 4 * shape.size).astype(np.float64)
    grey = np.rint(np.tensordot((0.299, 0.587, 0.114), colours, 1)).astype(np.uint8)
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    on_paper = bool(np.median(border) > BRIGHT)
    ink = np.asarray(255 - grey if on_paper else grey, dtype=np.uint8)
    drawn = spec.dataset.build().drawn(_stretched(ink, SHADOW if on_paper else 0.0))
    if drawn is not None:
        return np.asarray(drawn, dtype=np.uint8)[None]
    small = ink.reshape(shape.size, 4, shape.size, 4).mean(axis=(1, 3))
    return np.asarray(np.rint(small), dtype=np.uint8)[None]


def _stretched(ink: Pixels, shadow: float) -> Pixels:
    """The background's grey, and a share of the way from it to the brightest pixel, as 0; the brightest as 255."""
    middle, high = float(np.median(ink)), float(ink.max())
    low = middle + shadow * (high - middle)
    return np.asarray(np.clip((ink - low) / max(1.0, high - low), 0, 1) * 255, dtype=np.uint8)


def packed(values: Pixels) -> str:
    """base64 of bytes."""
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode("ascii")
