"""The regularizers' part of a step: Σ γ Ω before the gradient, proximal steps after the optimizer's."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from mtl_core.regularizers.base import Regularizer
from mtl_core.session import Session

Term = tuple[Regularizer, "float | Tensor", dict[str, list[Tensor]]]
"""A regularizer, its γ, and the parameters that each task ties by it."""


def penalty_of(session: Session) -> Tensor:
    """Σ γ Ω over the regularizers; 0 where nothing matches or γ = 0."""
    total = torch.zeros((), device=session.device)
    for term, strength, columns in _terms(session):
        value = term.penalty(columns)
        proximal = term.uses_proximal(session.spec.optimizer.name)
        total = total + strength * (value.detach() if proximal else value)
    return total


def proximal_steps(session: Session, rate: float | Tensor) -> None:
    """θ ← prox_{rate·γ·Ω}(θ) for the regularizers that ask for it, after the optimizer's own step.

    rate = lr / (1 − momentum), how far a lasting gradient moves θ a step; at rest then −∇f lies in γ ∂Ω.
    """
    for term, _, columns in _terms(session):
        if term.uses_proximal(session.spec.optimizer.name):
            with torch.no_grad():
                term.proximal(columns, float(rate) / (1 - session.spec.optimizer.momentum) * term.strength)


def _terms(session: Session) -> Iterator[Term]:
    """The regularizers with γ > 0 that have something to act on, with the parameters that each ties.

    Of the head of a task with λ = 0 a copy, which draws the others and is not moved itself.

    None where generation trains alone: the tasks that they tie rest.
    """
    if not session.spec.regularizers or session.phase == "generation":
        return
    lambdas = session.spec.weighting.lambdas
    heads = not all(session.network.layout.columns().values())
    for i, term in enumerate(session.spec.regularizers):
        columns: dict[str, list[Tensor]] = {}
        for task, tied in (session.network.tied(term.ties_heads) if term.strength > 0 else {}).items():
            columns[task] = [p.detach().clone() if heads and lambdas[task] == 0 else p for p in tied]
        if columns:
            yield term, term.strength if session.static is None else session.static.strengths[i], columns
