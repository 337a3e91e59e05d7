"""Matrices of maps of the plane, one a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def matrices(entries: dict[tuple[int, int], Tensor]) -> Tensor:
    """(B, 3, 3) identities with these entries (B,) in their places (row, column)."""
    import torch

    first = next(iter(entries.values()))
    found = torch.eye(3, device=first.device).repeat(len(first), 1, 1)
    for (row, column), values in entries.items():
        found[:, row, column] = values
    return found
