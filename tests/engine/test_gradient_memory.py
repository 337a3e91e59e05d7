"""What lies one after another in memory is one tensor; gradients of all tasks are written where the optimizer reads."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from mtl_core.datasets import DATASETS
from mtl_core.explicit.flat import FlatAdam
from mtl_core.explicit.memory import in_one_piece, joined, room_of
from mtl_core.session import Session
from mtl_core.stepping import take_step
from tests.engine.three import TinyThree, batch_of, opened


@pytest.fixture(autouse=True)
def three(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DATASETS, "tiny_three", TinyThree)


def pieces(row: Tensor) -> list[Tensor]:
    return [piece.view(-1, 3) for piece in torch.split(row, [3, 6, 3])]


def test_tensors_one_after_another_are_one_that_shares_their_memory() -> None:
    row = torch.arange(12.0)
    whole = in_one_piece(pieces(row))
    assert whole is not None
    assert torch.equal(whole, row.view(4, 3))
    whole[1, 0] = -1
    assert row[3] == -1
    later = in_one_piece(pieces(row)[1:])
    assert later is not None
    assert torch.equal(later, row[3:].view(3, 3))


def test_tensors_one_after_another_in_each_of_several_rows_are_one_too() -> None:
    rows = torch.arange(28.0).view(2, 14)
    parts = [rows[:, 1:4].view(2, 1, 3), rows[:, 4:10].view(2, 2, 3)]
    whole = in_one_piece(parts, axis=1)
    assert whole is not None
    assert torch.equal(whole, rows[:, 1:10].reshape(2, 3, 3))
    whole[1, 2, 0] = -1
    assert rows[1, 7] == -1
    assert in_one_piece(parts[::-1], axis=1) is None
    assert in_one_piece([parts[0], rows[:, 5:11].view(2, 2, 3)], axis=1) is None
    assert in_one_piece([parts[0], torch.zeros(2, 2, 3)], axis=1) is None
    biases = joined([(part, part[:, :, 0].contiguous()) for part in parts])
    assert biases is None


@pytest.mark.parametrize(
    "tensors",
    [
        pieces(torch.arange(12.0))[::-1],
        pieces(torch.arange(12.0))[::2],
        pieces(torch.arange(12.0))[:1] + pieces(torch.arange(12.0))[1:],
        [torch.arange(12.0).view(4, 3)[:, :2], torch.arange(12.0).view(4, 3)[:, 2:]],
    ],
    ids=["turned round", "with a gap", "of two rows", "columns"],
)
def test_other_tensors_are_not(tensors: list[Tensor]) -> None:
    assert in_one_piece(tensors) is None
    assert joined([(tensor, tensor) for tensor in tensors]) is None


def test_there_is_no_room_where_the_layers_of_a_group_lie_apart() -> None:
    layers = {name: (torch.zeros(1, 4), torch.zeros(1)) for name in "ab"}
    assert room_of(layers, [["a", "b"]]) is None
    room = room_of(layers, [["a"], ["b"]])
    assert room is not None
    assert [weight.data_ptr() for weight, _ in room.heads] == [layers[name][0].data_ptr() for name in "ab"]


def places(session: Session) -> dict[str, tuple[int | None, int]]:
    """Per parameter where its gradient lies, and where there is room for it."""
    assert isinstance(session.optimizer, FlatAdam)
    room = session.optimizer.room
    return {
        name: (None if parameter.grad is None else parameter.grad.data_ptr(), room[parameter].data_ptr())
        for name, parameter in session.network.named_parameters()
    }


@pytest.mark.parametrize("architecture", ["hard", "partial", "separate"])
def test_gradients_of_all_tasks_are_written_where_they_are_read(
    architecture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = opened("tiny_three", "fixed", architecture=architecture)
    copied: list[int] = []
    flatten = torch._C._nn.flatten_dense_tensors
    monkeypatch.setattr(
        "mtl_core.explicit.flat.flatten_dense_tensors", lambda given: copied.append(len(given)) or flatten(given)
    )
    take_step(session, batch_of(session))
    assert all(lies == room for lies, room in places(session).values())
    assert not copied


def test_with_a_task_at_rest_only_the_others_have_gradients() -> None:
    session = opened("tiny_three", {"name": "fixed", "lambdas": {"y": 1.0, "positive": 0.0, "z": 1.0}})
    take_step(session, batch_of(session))
    for name, (lies, room) in places(session).items():
        assert (lies is None) == name.startswith("parts.positive"), name
        assert lies != room


def test_heads_of_one_group_lie_together_whatever_the_order_of_the_tasks() -> None:
    session = opened("tiny_three", "fixed")
    assert session.explicit is not None
    graph, layers = session.explicit.graph, session.explicit.layers
    found = graph.heads(layers)
    assert [group.tasks for group in graph.groups] == [("y", "z", "positive")]
    for group, layer in zip(graph.groups, found, strict=True):
        assert layer is not None
        assert torch.equal(layer[0], torch.cat([layers[name][0] for name in group.names]))
        assert torch.equal(layer[1], torch.cat([layers[name][1] for name in group.names]))
