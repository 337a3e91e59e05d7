"""What a step of each method costs, as it was measured by ``python -m benchmarks.weighting_cost``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "recorded" / "costs.json"


@dataclass(frozen=True)
class Costs:
    """Ratios of a step's time, and where they were measured.

    Attributes:
        ratios: per method and data set a step in units of the plain one: the losses added up (weightings), hard
            sharing (architectures).
        machine: what it was measured on.
        torch: its version.
        date: day of the measurement.
    """

    ratios: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    machine: str = ""
    torch: str = ""
    date: str = ""

    def of(self, name: str) -> float | None:
        """The ratio on the first data set on which it was measured; None where there is none."""
        return next(iter(self.ratios.get(name, {}).values()), None)


@lru_cache(maxsize=1)
def costs(file: Path = FILE) -> Costs:
    """The recorded costs; none where they were never measured."""
    if not file.is_file():
        return Costs()
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return Costs(found["ratios"], found["machine"], found["torch"], found["date"])


def times(ratio: float) -> str:
    """A ratio with two digits that count: ``0.98``, ``1.4``, ``12``."""
    return f"{ratio:.2f}" if ratio < 1 else f"{ratio:.1f}" if ratio < 10 else f"{ratio:.0f}"
