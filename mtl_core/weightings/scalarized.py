"""What a scalarizer of torchjd is to a weighting: the slope of its value in each loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor, nn


def slopes(scalarizer: nn.Module, losses: Tensor, learned: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
    """∂s/∂L_i, the weights that a scalarizer s(L) stands for, and its gradient in what it learns.

    Args:
        scalarizer: (A,) -> scalar, with at most one parameter.
        losses: (A,).
        learned: (A,) the value that its parameter shall have; None where it has none.
    """
    import torch

    with torch.enable_grad():
        leaf = losses.detach().requires_grad_()
        if learned is None:
            return torch.autograd.grad(scalarizer(leaf), leaf)[0], None
        own = learned.detach().requires_grad_()
        name = next(name for name, _ in scalarizer.named_parameters())
        value: Tensor = torch.func.functional_call(scalarizer, {name: own}, (leaf,))
        weights, gradient = torch.autograd.grad(value, (leaf, own))
        return weights, gradient


def leave_gradient(learned: Tensor, places: list[int], gradient: Tensor | None) -> None:
    """Leave (A,) in the places of a (K,) tensor's ``.grad``, 0 for tasks that rest."""
    assert gradient is not None
    learned.grad = learned.new_zeros(learned.shape)
    learned.grad[places] = gradient.to(learned)
