"""``nuclear_norm``: few directions in which the tasks' parameters differ from zero."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from mtl_core.regularizers.base import Regularizer

if TYPE_CHECKING:
    from torch import Tensor

    from mtl_core.regularizers.base import Columns

SHOWN = 32
"""Singular values told, at most."""
PRESENT = 1e-3
"""A singular value counts for the rank from this share of the largest one on."""


class NuclearNorm(Regularizer):
    """Ω = ‖W‖_* = Σ_i σ_i(W), the sum of the singular values of W = [θ_1 … θ_K] of shape (d, K).

    With ``sgd`` by its proximal step after each gradient step, W ← U max(Σ − τ, 0) Vᵀ with τ = γ·lr / (1 − momentum),
    which makes singular values exactly 0 and ends at the minimiser at any learning rate that converges. (Momentum
    moves W 1 / (1 − momentum) times as far along a lasting gradient, so the threshold has to grow likewise.)

    With ``adam`` and ``adamw``, whose steps are scaled number by number so that this is not their proximal step, by
    the subgradient U Vᵀ over the singular values above 0. It makes them small, not 0, and jumps where one should
    vanish: it comes near the minimiser only as the learning rate falls (``cosine``).

    Both go through the Gramian of the smaller side of W.
    """

    name: Literal["nuclear_norm"] = "nuclear_norm"
    source: ClassVar[str] = (
        "Argyriou, Evgeniou & Pontil 2008, Convex multi-task feature learning; proximal step: Ji & Ye 2009, "
        "An accelerated gradient method for trace norm minimization; Pong et al. 2010, Trace norm regularization"
    )

    def penalty(self, columns: Columns) -> Tensor:
        from mtl_core.regularizers.columns import inverse, map_singular_values, stacked

        rows = stacked(columns)
        return (map_singular_values(rows, inverse) * rows).sum()

    def uses_proximal(self, optimizer: str) -> bool:
        return optimizer == "sgd"

    def proximal(self, columns: Columns, rate: float) -> None:
        from mtl_core.regularizers.columns import map_singular_values, stacked, write_back

        shrunk = map_singular_values(stacked(columns), lambda values: (1 - rate / values).clamp(min=0))
        write_back(columns, shrunk)

    def describe(self, columns: Columns) -> dict[str, Any]:
        """``penalty``, ``singular_values`` (largest first), ``rank``, and ``effective_rank`` = exp(−Σ p_i log p_i).

        p_i = σ_i / Σ_j σ_j (Roy & Vetterli 2007, The effective rank).
        """
        import torch

        from mtl_core.ties import weight_matrix

        values = torch.linalg.svdvals(weight_matrix(columns))
        total = values.sum()
        shares = values[values > 0] / total
        return {
            "penalty": total.item(),
            "singular_values": values[:SHOWN].tolist(),
            "rank": int((values > PRESENT * values[0]).sum()),
            "effective_rank": torch.exp(-(shares * shares.log()).sum()).item() if len(shares) else 0.0,
        }
