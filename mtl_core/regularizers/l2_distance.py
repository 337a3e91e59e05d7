"""``l2_distance``: the squared distance between the tasks' parameters."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from mtl_core.regularizers.base import Regularizer

if TYPE_CHECKING:
    from torch import Tensor

    from mtl_core.regularizers.base import Columns


class L2Distance(Regularizer):
    """Ω = Σ_{i<j} ‖θ_i − θ_j‖₂² over matching parameters (soft: trunks, partial: branches, linear models: heads).

    Computed as K Σ_i ‖θ_i − θ̄‖² (the same number, with K differences instead of K(K−1)/2). On a shared trunk
    (``hard``) it ties nothing, not even the heads: those are there to differ.
    """

    name: Literal["l2_distance"] = "l2_distance"
    source: ClassVar[str] = "Duong et al. 2015, Low resource dependency parsing, equation 3"

    ties_heads: ClassVar[bool] = False

    def penalty(self, columns: Columns) -> Tensor:
        import torch

        terms = []
        for matching in zip(*columns.values(), strict=True):
            stacked = torch.stack(matching)
            terms.append((stacked - stacked.mean(0)).square().sum())
        return len(columns) * torch.stack(terms).sum()

    def describe(self, columns: Columns) -> dict[str, Any]:
        """``penalty``, and ``distance``: the root of the mean ‖θ_i − θ_j‖² over pairs."""
        penalty = self.penalty(columns).item()
        pairs = len(columns) * (len(columns) - 1) / 2
        return {"penalty": penalty, "distance": math.sqrt(penalty / pairs)}
