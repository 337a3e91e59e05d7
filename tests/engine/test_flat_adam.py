"""One step over all parameters is what torch's own Adam does one by one; also where some rest, and over checkpoints."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from torch import nn

from mtl_core.explicit.flat import FlatAdam
from tests.engine.three import opened

SHAPES = ((3, 4), (3,), (2, 3), (2,))
ALL, SOME = frozenset(range(4)), frozenset((0, 1))


def parameters(seed: int = 0) -> list[nn.Parameter]:
    draw = torch.Generator().manual_seed(seed)
    return [nn.Parameter(torch.randn(shape, generator=draw)) for shape in SHAPES]


def gradients(step: int) -> list[torch.Tensor]:
    draw = torch.Generator().manual_seed(100 + step)
    return [torch.randn(shape, generator=draw) for shape in SHAPES]


class Twins:
    """The same parameters under both optimizers."""

    def __init__(self, decoupled: bool, decay: float) -> None:
        self.ours, self.theirs = parameters(), parameters()
        self.flat = FlatAdam(self.ours, 0.05, decay, decoupled=decoupled)
        make = torch.optim.AdamW if decoupled else torch.optim.Adam
        self.plain = make(self.theirs, lr=0.05, weight_decay=decay)

    def step(self, number: int, moving: Sequence[int] | frozenset[int]) -> None:
        given = gradients(number)
        for optimizer in (self.flat, self.plain):
            optimizer.zero_grad()
            optimizer.param_groups[0]["lr"] = 0.05 / (1 + number)
        self.flat.give({self.ours[i]: given[i] for i in moving})
        for i in moving:
            self.theirs[i].grad = given[i].clone()
        self.flat.step()
        self.plain.step()

    def assert_alike(self) -> None:
        for i, (one, other) in enumerate(zip(self.ours, self.theirs, strict=True)):
            torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-7, msg=lambda text, i=i: f"{i}: {text}")
        ours, theirs = self.flat.state_dict()["state"], self.plain.state_dict()["state"]
        assert ours.keys() == theirs.keys()
        for place, state in theirs.items():
            assert ours[place].keys() == state.keys()
            for name, values in state.items():
                torch.testing.assert_close(ours[place][name], values, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("decay", [0.0, 0.1])
@pytest.mark.parametrize("decoupled", [False, True])
@pytest.mark.parametrize(
    "moving", [[ALL] * 6, [SOME] * 6, [ALL, ALL, SOME, ALL, ALL], [SOME, ALL, ALL]], ids=["all", "some", "rest", "wake"]
)
def test_it_steps_as_torchs_own(moving: list[frozenset[int]], decoupled: bool, decay: float) -> None:
    twins = Twins(decoupled, decay)
    for number, places in enumerate(moving):
        twins.step(number, sorted(places))
        twins.assert_alike()


def test_a_row_is_cut_where_some_have_taken_fewer_steps_and_the_rest_stays() -> None:
    twins = Twins(False, 0.1)
    seen = []
    for number, places in enumerate([ALL, SOME, ALL, frozenset(), ALL, frozenset((2, 3))]):
        before = [parameter.detach().clone() for parameter in twins.ours]
        twins.step(number, sorted(places))
        twins.assert_alike()
        assert [not torch.equal(p, old) for p, old in zip(twins.ours, before, strict=True)] == [
            i in places for i in ALL
        ]
        pieces = twins.flat._pieces
        seen.append(None if pieces is None else (pieces.places, [int(steps) for steps in pieces.steps]))
    assert seen[:3] == [([[0, 1, 2, 3]], [1]), ([[0, 1]], [2]), ([[0, 1], [2, 3]], [3, 2])]
    assert seen[3:] == [([], []), ([[0, 1], [2, 3]], [4, 3]), ([[2, 3]], [4])]


@pytest.mark.parametrize("others", [False, True], ids=["its own", "torch's"])
def test_it_goes_on_from_a_checkpoint(others: bool) -> None:
    first, second = Twins(False, 0.01), Twins(False, 0.01)
    for number in range(3):
        first.step(number, sorted(ALL))
    saved = (first.plain if others else first.flat).state_dict()
    second.flat.load_state_dict(saved)
    second.plain.load_state_dict(first.plain.state_dict())
    with torch.no_grad():
        for target, source in zip((*second.ours, *second.theirs), first.theirs * 2, strict=True):
            target.copy_(source)
    for number in range(3, 6):
        second.step(number, sorted(ALL))
        second.assert_alike()


def test_a_checkpoint_shares_no_memory_with_the_run() -> None:
    twins = Twins(False, 0.0)
    twins.step(0, sorted(ALL))
    before = {i: state["exp_avg"].clone() for i, state in twins.flat.state_dict()["state"].items()}
    kept = twins.flat.state_dict()["state"]
    twins.step(1, sorted(ALL))
    for i, values in before.items():
        assert torch.equal(kept[i]["exp_avg"], values)


def test_it_is_what_a_dense_run_uses() -> None:
    assert isinstance(opened("tiny_table", "fixed").optimizer, FlatAdam)
    assert not isinstance(opened("tiny_images", "fixed").optimizer, FlatAdam)
    assert not isinstance(opened("tiny_table", "fixed", optimizer="sgd").optimizer, FlatAdam)
