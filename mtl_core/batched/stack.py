"""Stack: R networks of one layout as one, their parameters stacked along a first axis."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from mtl_core.blocks import Dense
from mtl_core.explicit.memory import Layer
from mtl_core.layout import Layout
from mtl_core.network import Network
from mtl_core.regularizers.base import Regularizer
from mtl_core.session import Session


class Stack:
    """R networks that have the same layout: dense layers and linear heads.

    All numbers of a network lie in one row of ``numbers`` (R, P), so that an optimizer's step is a handful of
    operations on a matrix.

    Attributes:
        numbers: (R, P), every parameter of every network.
        views: per parameter, by its name in a network's state, what it is within ``numbers``: (R, …), leaves.
        gradient: (R, P), where the gradients of all parameters are written; 0 for those that no loss depends on.
        room: per view its part of ``gradient``.

    Args:
        networks: R of them.
        order: the first one's parameters in the order in which each row shall have them.
    """

    def __init__(self, networks: Sequence[Network], order: Sequence[Tensor]) -> None:
        self.layout: Layout = networks[0].layout
        named = [dict(network.named_parameters()) for network in networks]
        names: dict[Tensor, str] = {parameter: name for name, parameter in named[0].items()}
        with torch.no_grad():
            rows = [torch.cat([one[names[parameter]].flatten() for parameter in order]) for one in named]
            self.numbers = torch.stack(rows)
        self.gradient = torch.zeros_like(self.numbers)
        self.places: dict[str, slice] = {}
        self.views: dict[str, Tensor] = {}
        self.room: dict[Tensor, Tensor] = {}
        begin = 0
        for parameter in order:
            name, shape = names[parameter], (len(networks), *parameter.shape)
            place = self.places[name] = slice(begin, begin + parameter.numel())
            view = self.views[name] = self.numbers[:, place].view(shape).requires_grad_()
            self.room[view] = self.gradient[:, place].view(shape)
            begin = place.stop

    def __len__(self) -> int:
        return self.numbers.shape[0]

    @property
    def layers(self) -> dict[str, Layer]:
        """Per part its W (R, out, in) and b (R, out), views of the numbers."""
        found = {}
        for part in self.layout.parts:
            layer = f"parts.{part.name}.0" if isinstance(part.block, Dense) else f"parts.{part.name}"
            found[part.name] = self.views[f"{layer}.weight"], self.views[f"{layer}.bias"]
        return found

    def penalties(self, term: Regularizer) -> Tensor | None:
        """Ω of a regularizer for each network, (R,); None where it has nothing to act on."""
        tied = self.layout.tied(term.ties_heads)
        if not tied:
            return None
        columns = {
            task: [self.views[name] for part in parts for name in self._tied(part.name, part.role)]
            for task, parts in tied.items()
        }
        penalty: Callable[..., Tensor] = torch.func.vmap(term.penalty)
        return penalty(columns)

    def _tied(self, part: str, role: str) -> list[str]:
        """Names of a part's parameters that a regularizer ties: of a head the weights only."""
        mine = [name for name in self.views if name.startswith(f"parts.{part}.")]
        return [name for name in mine if role == "trunk" or not name.endswith("bias")]

    def gradients(self) -> Tensor:
        """(R, P) what a backward pass has left at the leaves, which then are without again; 0 where nothing was."""
        found = []
        for name, view in self.views.items():
            place = self.places[name]
            gradient = view.grad
            found.append(
                self.numbers.new_zeros(len(self), place.stop - place.start)
                if gradient is None
                else gradient.reshape(len(self), -1)
            )
            view.grad = None
        return torch.cat(found, dim=1)

    def into(self, network: Network, row: int) -> None:
        """Give a network the numbers that its row has now."""
        with torch.no_grad():
            for name, parameter in network.named_parameters():
                parameter.copy_(self.numbers[row, self.places[name]].view_as(parameter))

    def moving(self, sessions: Sequence[Session]) -> Tensor | None:
        """(R, P) 1 where a step may move a number, 0 where its task rests; None where all may move.

        As in a run by itself: the parts that only tasks with λ = 0 use have no gradient, hence no momentum and no
        decay, unless a regularizer with γ > 0 ties them.
        """
        users = self.layout.users()
        mask = torch.ones_like(self.numbers)
        for row, session in enumerate(sessions):
            lambdas, tied = session.spec.weighting.lambdas, _tied_parts(session, self.layout)
            for part in self.layout.parts:
                if part.name not in tied and not any(lambdas[task] > 0 for task in users[part.name]):
                    for name, place in self.places.items():
                        if name.startswith(f"parts.{part.name}."):
                            mask[row, place] = 0
        return None if bool(mask.all()) else mask


def _tied_parts(session: Session, layout: Layout) -> frozenset[str]:
    """Names of the parts that a regularizer with γ > 0 moves."""
    found: set[str] = set()
    for term in session.spec.regularizers:
        tied: Mapping[str, Sequence[object]] = layout.tied(term.ties_heads) if term.strength > 0 else {}
        found.update(part.name for parts in tied.values() for part in parts)  # type: ignore[attr-defined]
    return frozenset(found)
