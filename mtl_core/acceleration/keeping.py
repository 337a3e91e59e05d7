"""Kept: the state of a session, to go back to bit for bit after a trial."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from mtl_core.session import Session


class Kept:
    """A copy of all that steps change: numbers of network and optimizers, what is remembered, random states.

    Going back writes into the same tensors, so that whatever holds on to them (a captured step) stays right; what an
    optimizer has begun to remember meanwhile stays there as 0. It knows torch's own optimizers; runs by formulas have
    another one and are never tried.

    Args:
        session: between two steps.
    """

    def __init__(self, session: Session) -> None:
        assert session.explicit is None, "a run by formulas has one way only"
        self._session = session
        self._step, self._only, self._way = session.step, set(session.only), session.way
        self._optimizers = [session.optimizer, *(group.optimizer for group in session.groups)]
        self._tensors = [(tensor, tensor.detach().clone()) for tensor in _tensors(session)]
        self._states = [_state(optimizer) for optimizer in self._optimizers]
        self._weigher, self._gradients = copy.deepcopy(session.weigher.state()), session.gradients.state()
        self._random = torch.random.get_rng_state()
        self._here = torch.cuda.get_rng_state(session.device) if session.device.type == "cuda" else None

    @torch.no_grad()
    def restore(self) -> None:
        """Go back."""
        session = self._session
        session.step, session.only, session.way = self._step, set(self._only), self._way
        session.forward = session.static = None
        for tensor, values in self._tensors:
            tensor.copy_(values)
        for optimizer, (groups, states) in zip(self._optimizers, self._states, strict=True):
            _go_back(optimizer, groups, states)
        for parameter in session.network.parameters():
            parameter.grad = None
        session.weigher.load_state(copy.deepcopy(self._weigher))
        session.gradients.load_state(self._gradients)
        torch.random.set_rng_state(self._random)
        if self._here is not None:
            torch.cuda.set_rng_state(self._here, session.device)


def _tensors(session: Session) -> Iterator[Tensor]:
    yield from session.network.parameters()
    yield from session.network.buffers()


def _state(optimizer: Optimizer) -> tuple[list[dict[str, Any]], dict[Tensor, dict[str, Any]]]:
    groups = [{name: value for name, value in group.items() if name != "params"} for group in optimizer.param_groups]
    states = {
        parameter: {name: value.clone() if isinstance(value, Tensor) else value for name, value in state.items()}
        for parameter, state in optimizer.state.items()
    }
    return groups, states


def _go_back(optimizer: Optimizer, groups: list[dict[str, Any]], states: dict[Tensor, dict[str, Any]]) -> None:
    for group, options in zip(optimizer.param_groups, groups, strict=True):
        group.update(options)
    for parameter, now in optimizer.state.items():
        if parameter not in states:
            _as_new(now)
        for name, value in states.get(parameter, {}).items():
            if isinstance(value, Tensor) and isinstance(now.get(name), Tensor):
                now[name].copy_(value)
            else:
                now[name] = value


def _as_new(state: dict[str, Any]) -> None:
    """Averages that were not there before: 0, which is what an optimizer without any begins with."""
    for value in state.values():
        if isinstance(value, Tensor):
            value.zero_()
