"""The scale of a matrix picture: from values to steps of a palette that lets the page's background through at 0.

Signed values go from orange over nothing to blue, which the common kinds of colour blindness keep apart; values of one
sign from nothing to blue. Less is more transparent, so that the same picture stands on a light and on a dark page.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ui.colours import SHARED_COLOUR, TASK_PALETTE

STEPS = 255
"""Colours of the scale; place 0 of the palette is for what is missing."""
BELOW, ABOVE, MISSING = TASK_PALETTE[1], TASK_PALETTE[0], SHARED_COLOUR
MISSING_ALPHA = 70


@dataclass(frozen=True)
class Scale:
    """Which value has which colour.

    Attributes:
        low: value of the first colour.
        high: value of the last colour, above ``low``.
        diverging: whether 0 lies in the middle.
    """

    low: float
    high: float
    diverging: bool

    def indices(self, values: NDArray[np.float64]) -> NDArray[np.uint8]:
        """Places in the palette: 1 … 255 along the scale, 0 where a value is missing."""
        share = (values - self.low) / (self.high - self.low)
        steps = 1 + np.round(np.clip(np.nan_to_num(share), 0, 1) * (STEPS - 1))
        return np.where(np.isfinite(values), steps, 0).astype(np.uint8)

    def palette(self) -> NDArray[np.uint8]:
        """(256, 4) red, green, blue, alpha; the first is for what is missing."""
        along = np.linspace(-1, 1, STEPS) if self.diverging else np.linspace(0, 1, STEPS)
        colours = np.where(along[:, None] < 0, rgb(BELOW), rgb(ABOVE))
        alpha = np.round(np.abs(along) ** 0.9 * 255)[:, None]
        missing = np.array([[*rgb(MISSING), MISSING_ALPHA]])
        return np.concatenate([missing, np.concatenate([colours, alpha], axis=1)]).astype(np.uint8)

    def gradient(self) -> str:
        """The scale as a CSS background, from left to right."""
        clear = f"color-mix(in srgb,{ABOVE} 0%,transparent)"
        return f"linear-gradient(90deg,{f'{BELOW},' if self.diverging else ''}{clear},{ABOVE})"

    def ticks(self) -> list[tuple[float, float]]:
        """(place from 0 to 1, value) of the words under the scale."""
        middle = [(0.5, 0.0)] if self.diverging else []
        return [(0.0, self.low), *middle, (1.0, self.high)]


def scale_of(values: NDArray[np.float64], *, diverging: bool, limit: float | None = None) -> Scale:
    """The scale for these values.

    Args:
        values: any shape; NaN where one is missing.
        diverging: 0 in the middle and both ends equally far; else from the smallest to the largest value.
        limit: end of a diverging scale, e.g. 1 for correlations; left out: the largest absolute value.
    """
    known = values[np.isfinite(values)]
    if diverging:
        end = limit or (float(np.abs(known).max()) if len(known) else 0.0) or 1.0
        return Scale(-end, end, diverging=True)
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    return Scale(low, high if high > low else low + 1.0, diverging=False)


def rgb(colour: str) -> NDArray[np.int64]:
    """Red, green and blue of ``#rrggbb``."""
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
