"""What evaluations say of stitches, gates and masks, as numbers with names for thinned series; without Streamlit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ui.gradient_series import BREAK


def mixing_numbers(values: Mapping[str, Any]) -> dict[str, float | None]:
    """Every number, by ``<entry>\\n<kind>/<place>``.

    The entry is ``<row>,<column>`` of a stitch's α, the place of an expert in its gate, or the task of a mask.
    """
    found: dict[str, float | None] = {}
    for stage, rows in values.get("stitches", {}).items():
        for i, row in enumerate(rows):
            found |= {f"{i},{j}{BREAK}stitches/{stage}": value for j, value in enumerate(row or ())}
    for gate, weights in values.get("gates", {}).items():
        found |= {f"{i}{BREAK}gates/{gate}": value for i, value in enumerate(weights or ())}
    for task, stages in values.get("masks", {}).items():
        found |= {f"{task}{BREAK}masks/{stage}": mean for stage, mean in stages.items()}
    return found
