"""The palette is readable on both themes and for the common kinds of colour blindness."""

from __future__ import annotations

import itertools
import tomllib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ui.colours import CLASS_PALETTE, SHARED_COLOUR, TASK_PALETTE, class_colours, task_colour, task_colours

CONFIG = tomllib.loads((Path(__file__).resolve().parents[2] / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
# Machado, Oliveira and Fernandes 2009, severity 1.0, applied to linear RGB.
BLINDNESS = {
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
}


def linear(colour: str) -> NDArray[np.float64]:
    """Linear RGB in 0..1 of ``#rrggbb``."""
    srgb = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def luminance(colour: str) -> float:
    return float(linear(colour) @ [0.2126, 0.7152, 0.0722])


def contrast(a: str, b: str) -> float:
    """WCAG 2 contrast ratio."""
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def oklab(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Björn Ottosson's OKLab of linear RGB: distances of about 0.02 can just be told apart."""
    to_lms = [[0.4122215, 0.5363325, 0.0514460], [0.2119035, 0.6806995, 0.1073970], [0.0883025, 0.2817188, 0.6299787]]
    to_lab = [
        [0.2104543, 0.7936178, -0.0040720],
        [1.9779985, -2.4285922, 0.4505937],
        [0.0259040, 0.7827718, -0.8086758],
    ]
    return np.array(to_lab) @ np.cbrt(np.clip(np.array(to_lms) @ rgb, 0, None))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("colour", [*TASK_PALETTE, SHARED_COLOUR])
def test_colours_stand_out_from_the_background(colour: str, theme: str) -> None:
    assert contrast(colour, CONFIG["theme"][theme]["backgroundColor"]) >= 3


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_theme_texts_are_readable(theme: str) -> None:
    colours = CONFIG["theme"][theme]
    assert contrast(colours["textColor"], colours["backgroundColor"]) >= 7
    assert contrast(colours["textColor"], colours["secondaryBackgroundColor"]) >= 7
    assert contrast(colours["linkColor"], colours["backgroundColor"]) >= 4.5
    assert contrast("#ffffff", colours["primaryColor"]) >= 4.3


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_charts_of_streamlit_use_the_same_palette(theme: str) -> None:
    assert tuple(CONFIG["theme"][theme]["chartCategoricalColors"]) == TASK_PALETTE


@pytest.mark.parametrize("kind", BLINDNESS)
def test_first_four_tasks_stay_apart(kind: str) -> None:
    """With at most four tasks no two colours fall together; beyond, words and dashes help."""
    seen = [oklab(np.clip(np.array(BLINDNESS[kind]) @ linear(colour), 0, 1)) for colour in TASK_PALETTE[:4]]
    distances = [float(np.linalg.norm(a - b)) for a, b in itertools.combinations(seen, 2)]
    assert min(distances) >= 0.04


def test_colours_follow_the_dataset_not_the_run() -> None:
    colours = task_colours(["quality", "good", "alcohol"])
    assert colours["alcohol"] == task_colour(2)
    assert len(set(colours.values())) == 3
    assert task_colour(len(TASK_PALETTE)) == task_colour(0)


def test_background_of_a_mask_is_see_through() -> None:
    colours = class_colours(["background", *map(str, range(10))])
    assert len(colours) == 11
    assert colours[0].endswith("00")
    assert len(set(colours)) == 11
    assert len(class_colours([str(i) for i in range(40)])) == 40
    assert len(set(CLASS_PALETTE)) == len(CLASS_PALETTE)
