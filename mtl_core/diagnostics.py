"""How the tasks' gradients stand to each other: cosines, lengths, conflict, condition; over all and part by part."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

if TYPE_CHECKING:
    from mtl_core.combining import Combined
    from mtl_core.weightings.base import Moment

MOST_PAIRED = 12
"""Tasks, at most, of which every pair is told; of more only shares and means."""
DIGITS = 6


class GradientLog:
    """Measures the rows of J every n-th step, and counts how often each pair of tasks was in conflict.

    Args:
        every: steps from one measurement to the next; 0: none.
        tasks: the run's tasks.
    """

    def __init__(self, every: int, tasks: Sequence[str]) -> None:
        self.every = every
        self.tasks = tuple(tasks)
        self.measured = torch.zeros(len(tasks), len(tasks), dtype=torch.int64)
        self.conflicts = torch.zeros(len(tasks), len(tasks), dtype=torch.int64)

    def due(self, step: int) -> bool:
        """Whether the step after ``step`` steps is measured."""
        return self.every > 0 and step % self.every == 0

    def measure(self, combined: Combined, moment: Moment) -> dict[str, Any]:
        """The values of a ``gradients`` event.

        ``tasks`` the active ones · ``norms`` λ_i‖g_i‖ · ``weights`` w_i, raw · ``condition`` of G (None if singular) ·
        ``share`` of the pairs with a negative cosine · ``cosine`` and ``similarity`` (K × K, up to 12 tasks), the
        latter 2‖g_i‖‖g_j‖ / (‖g_i‖² + ‖g_j‖²) · ``conflict`` (K × K) how often a pair was in conflict, of
        ``measured`` times · ``layers`` per part its own cosines and norms · ``cost`` seconds.
        """
        from mtl_core.combining import gramian

        began = time.perf_counter()
        assert combined.rows is not None
        grams, start = {}, 0
        for name, count in combined.parts.items():
            grams[name] = gramian([row[start : start + count] for row in combined.rows])
            start += count
        whole = torch.stack(list(grams.values())).sum(0)
        names = [task.name for task in moment.tasks]
        values: dict[str, Any] = {"tasks": names, "weights": _rounded(combined.weights), **_described(whole)}
        self._count(whole, moment.places)
        if len(names) <= MOST_PAIRED:
            index = torch.tensor(moment.places)
            values["conflict"] = self.conflicts[index[:, None], index].tolist()
            values["measured"] = self.measured[index[:, None], index].tolist()
            values["layers"] = {
                name: {"cosine": _rounded(cosines(gram)), "norms": _rounded(lengths(gram))}
                for name, gram in grams.items()
            }
        values["cost"] = combined.seconds + time.perf_counter() - began
        return values

    def _count(self, whole: Tensor, places: Sequence[int]) -> None:
        index = torch.tensor(places)
        self.measured[index[:, None], index] += 1
        self.conflicts[index[:, None], index] += (whole < 0).long()

    def state(self) -> dict[str, Tensor]:
        """What a checkpoint holds."""
        return {"measured": self.measured.clone(), "conflicts": self.conflicts.clone()}

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Go back to a checkpoint."""
        self.measured.copy_(state["measured"])
        self.conflicts.copy_(state["conflicts"])


def lengths(gram: Tensor) -> Tensor:
    """‖g_i‖ = √G_ii, (K,)."""
    return gram.diagonal().clamp(min=0).sqrt()


def cosines(gram: Tensor) -> Tensor:
    """cos(g_i, g_j) = G_ij / √(G_ii G_jj), (K, K); 0 beside a gradient that vanishes."""
    lengths = gram.diagonal().clamp(min=0).sqrt()
    products = lengths[:, None] * lengths
    return torch.where(products > 0, gram / products.clamp(min=torch.finfo(gram.dtype).tiny), torch.zeros_like(gram))


def magnitude_similarity(gram: Tensor) -> Tensor:
    """2‖g_i‖‖g_j‖ / (‖g_i‖² + ‖g_j‖²), (K, K): 1 where gradients are equally long.

    Yu et al. 2020, Gradient surgery for multi-task learning, definition 2.
    """
    squares = gram.diagonal().clamp(min=0)
    sums = squares[:, None] + squares
    products = (squares[:, None] * squares).sqrt()
    return torch.where(sums > 0, 2 * products / sums.clamp(min=torch.finfo(gram.dtype).tiny), torch.zeros_like(gram))


def condition_number(gram: Tensor) -> float | None:
    """λ_max / λ_min of G; None where G is singular, as with gradients that are parallel or vanish."""
    values = torch.linalg.eigvalsh(gram)
    tiny = values[-1] * len(gram) * torch.finfo(gram.dtype).eps
    return (values[-1] / values[0]).item() if values[0] > tiny else None


def share_in_conflict(gram: Tensor) -> float:
    """Share of the pairs i < j with g_i·g_j < 0."""
    above = gram[torch.triu(torch.ones_like(gram), diagonal=1) > 0]
    return (above < 0).double().mean().item() if len(above) else 0.0


def _described(gram: Tensor) -> dict[str, Any]:
    condition = condition_number(gram) if bool(torch.isfinite(gram).all()) else None
    found: dict[str, Any] = {
        "norms": _rounded(lengths(gram)),
        "share": share_in_conflict(gram),
        "condition": condition if condition is None or math.isfinite(condition) else None,
    }
    if len(gram) <= MOST_PAIRED:
        found |= {"cosine": _rounded(cosines(gram)), "similarity": _rounded(magnitude_similarity(gram))}
    return found


def _rounded(values: Tensor) -> Any:
    """As nested lists of six digits; what is no finite number is None."""

    def plain(value: Any) -> Any:
        if isinstance(value, list):
            return [plain(entry) for entry in value]
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None

    return plain(values.detach().cpu().double().tolist())
