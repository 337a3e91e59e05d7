"""What a weighting did on the two-valley toy, as a small picture of its recorded paths."""

from __future__ import annotations

from functools import lru_cache
from html import escape

import numpy as np
from numpy.typing import NDArray

from mtl_core.toys.settings import SETTINGS
from ui.colours import TASK_PALETTE
from ui.pixels import data_uri, png
from ui.recorded import walks
from ui.words import t

SETTING = "nash"
WIDTH, HEIGHT = 240, 190
LEFT, RIGHT, LOW, HIGH = -11.0, 11.0, -11.0, 10.5
"""The part of the plane that is shown."""
ROWS, COLUMNS, BANDS = 48, 60, 10
ARRIVED, LOST = TASK_PALETTE[2], TASK_PALETTE[1]
PATH = TASK_PALETTE[0]


def reached(name: str) -> tuple[int, int] | None:
    """From how many of the starts a method came to the Pareto set, and how many there are; None if not recorded."""
    if not (walks.FOLDER / f"{SETTING}.json").is_file() or name not in walks.methods(SETTING):
        return None
    count = len(SETTINGS[SETTING].starts)
    return sum(walks.outcome(SETTING, name, i).arrived is not None for i in range(count)), count


def toy_picture(name: str, label: str) -> str | None:
    """SVG of the method's paths from all starts; None where none are recorded.

    Args:
        name: of the weighting.
        label: its display name.
    """
    if reached(name) is None:
        return None
    problem = SETTINGS[SETTING].problem
    pareto = "".join(f"{_x(x):.1f},{_y(y):.1f} " for x, y in problem.pareto_set(21))
    drawn = [
        f'<image href="{_contour()}" width="{WIDTH}" height="{HEIGHT}" preserveAspectRatio="none"/>',
        f'<polyline points="{pareto}" fill="none" stroke="currentColor" stroke-width="4" stroke-linecap="round"/>',
    ]
    for start in range(len(SETTINGS[SETTING].starts)):
        drawn += _walk(name, start)
    look = 'style="display:block;width:100%;max-width:340px;height:auto;margin:0 auto;border-radius:6px"'
    alternative = escape(t("methods.toy_alternative", name=label))
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{alternative}" {look}>{"".join(drawn)}</svg>'


def _walk(name: str, start: int) -> list[str]:
    """One path, a ring where it begins and a dot where it ends, green on the Pareto set and orange elsewhere."""
    points = walks.path(SETTING, name, start)
    line = " ".join(f"{_x(x):.1f},{_y(y):.1f}" for x, y in points.tolist())
    (x0, y0), (x1, y1) = points[0].tolist(), points[-1].tolist()
    colour = LOST if walks.outcome(SETTING, name, start).arrived is None else ARRIVED
    return [
        f'<polyline points="{line}" fill="none" stroke="{PATH}" stroke-width="1.8" stroke-linejoin="round"/>',
        f'<circle cx="{_x(x0):.1f}" cy="{_y(y0):.1f}" r="3" fill="none" stroke="{PATH}" stroke-width="1.6"/>',
        f'<circle cx="{_x(x1):.1f}" cy="{_y(y1):.1f}" r="4.5" fill="{colour}"/>',
    ]


def _x(x: float) -> float:
    return (x - LEFT) / (RIGHT - LEFT) * WIDTH


def _y(y: float) -> float:
    return (HIGH - y) / (HIGH - LOW) * HEIGHT


@lru_cache(maxsize=1)
def _contour() -> str:
    """The mean loss in bands of equal area, the lowest the darkest, as a picture that suits both themes."""
    problem = SETTINGS[SETTING].problem
    across, down = np.linspace(LEFT, RIGHT, COLUMNS), np.linspace(HIGH, LOW, ROWS)
    losses: NDArray[np.float64] = np.array([[sum(problem.at((x, y))[0]) for x in across] for y in down])
    edges = np.quantile(losses, np.linspace(0, 1, BANDS + 1)[1:-1])
    bands = np.digitize(losses, edges).astype(np.uint8)
    alpha = np.linspace(110, 10, BANDS)
    palette = np.column_stack([np.full((BANDS, 3), 128), alpha]).astype(np.uint8)
    return data_uri(png(bands, palette))
