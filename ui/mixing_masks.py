"""The mean masks of each task as small pictures: a row a task, a picture a map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ui.epochs import Arrays
from ui.network_plan import two
from ui.pixels import data_uri, photograph
from ui.words import t

PREFIX = "mask_mean."


def masks_markup(found: Arrays, tasks: Sequence[str], colours: Mapping[str, str]) -> str:
    """All masks of a preview on one scale, black where least is seen and white where most is; empty for none.

    Args:
        found: arrays of the preview; ``mask_mean.<task>.<stage>`` (S, S) in 0 to 1.
        tasks: of the run.
        colours: per task.
    """
    shown = [array for name, array in found.items() if name.startswith(PREFIX)]
    if not shown:
        return ""
    low, high = min(float(array.min()) for array in shown), max(float(array.max()) for array in shown)
    rows = [f'<small class="quiet">{escape(t("mixing.mask_scale", low=two(low), high=two(high)))}</small>']
    for task in tasks:
        own = {n.removeprefix(f"{PREFIX}{task}."): a for n, a in found.items() if n.startswith(f"{PREFIX}{task}.")}
        figures = "".join(_figure(task, stage, array, low, high) for stage, array in own.items())
        if figures:
            name = f'<b style="color:{colours[task]}">{escape(task)}</b>'
            rows.append(f'<div style="margin-top:0.7rem">{name}<div class="pictures">{figures}</div></div>')
    return "".join(rows)


def _figure(task: str, stage: str, array: NDArray[Any], low: float, high: float) -> str:
    share = (array - low) / max(high - low, 1e-6)
    shown = np.round(share * 255).astype(np.uint8)[:, :, None]
    mean = two(float(array.mean()))
    caption, about = f"{stage} · {mean}", t("network.mask", task=task, stage=stage, value=mean)
    return (
        f'<figure><img alt="{escape(about)}" title="{escape(about)}" src="{data_uri(photograph(shown))}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )
