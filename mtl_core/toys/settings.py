"""The settings in which papers have walked the toys, as named records."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mtl_core.toys.two_valleys import TwoValleys

Starts = tuple[tuple[float, float], ...]
FIVE_STARTS: Starts = ((-8.5, 7.5), (0.0, 0.0), (9.0, 9.0), (-7.5, -0.5), (9.0, -1.0))


@dataclass(frozen=True)
class Setting:
    """How a paper walks the two-valley toy.

    Attributes:
        name: of the setting.
        source: the paper.
        scale: of L1.
        starts: points (x1, x2).
        steps: of Adam.
        lr: its learning rate.
        options: fields that methods have there other than their defaults, by method.
    """

    name: str
    source: str
    scale: float
    starts: Starts
    steps: int
    lr: float = 1e-3
    options: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def problem(self) -> TwoValleys:
        """The toy at this scale."""
        return TwoValleys(self.scale)


SETTINGS: dict[str, Setting] = {
    "cagrad": Setting(
        "cagrad",
        "Liu et al. 2021, Conflict-averse gradient descent for multi-task learning",
        1.0,
        ((-8.5, 7.5), (-8.5, -5.0), (9.0, 9.0)),
        100_000,
        options={
            "cagrad": {"c": 0.5, "rescale": True},
            "famo": {"gamma": 0.0, "min_losses": {"L1": -21.0, "L2": -21.0}},
        },
    ),
    "nash": Setting(
        "nash",
        "Navon et al. 2022, Multi-task learning as a bargaining game",
        0.1,
        FIVE_STARTS,
        35_000,
        options={"cagrad": {"c": 0.4}, "famo": {"gamma": 0.0, "min_losses": {"L1": -2.1, "L2": -21.0}}},
    ),
    "famo": Setting(
        "famo",
        "Liu et al. 2023, FAMO: fast adaptive multitask optimization",
        0.1,
        FIVE_STARTS,
        50_000,
        options={"famo": {"gamma": 0.0, "min_losses": {"L1": -2.1, "L2": -21.0}}},
    ),
}
