"""A step reads nothing back from the device and copies nothing to it, so that the host never waits for a GPU.

The device of these tests is torch's ``meta``: it has shapes and no numbers, so that whoever reads one fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils import _pytree as tree
from torch.utils._python_dispatch import TorchDispatchMode

from mtl_core.architectures import ARCHITECTURES
from mtl_core.datasets import DATASETS
from mtl_core.making import build_groups
from mtl_core.network import Network
from mtl_core.opening import build_optimizer
from mtl_core.session import Session
from mtl_core.stepping import take_step
from mtl_core.weigher import Weigher
from tests.engine.test_generation import TinyPictures
from tests.engine.three import opened

META = torch.device("meta")
TOLD_OF_LITERALS = tuple(map(int, torch.__version__.split(".")[:2])) > (2, 11)
"""Whether torch shows a mode that a list became a tensor on the device; 2.11 does not."""
WITHOUT_WAITING = ("fixed", "uncertainty", "imtl_l")
"""Weightings whose steps wait for nothing. All that need the Gramian read it on the host."""

TIED = ("graph", "l2_distance", "hierarchical_prior")
"""Terms that wait for nothing."""


class Crossings(TorchDispatchMode):
    """Notes operations that take tensors of the host and of the device, or make one out of the other."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        tensors = [leaf for leaf in tree.tree_leaves((args, kwargs, out)) if isinstance(leaf, Tensor)]
        host = [tensor for tensor in tensors if tensor.device.type == "cpu"]
        plain = all(tensor.dim() == 0 for tensor in host) and "_to_copy" not in str(func)  # it travels as an argument
        sent = func is torch.ops.aten.lift_fresh.default and not host  # torch.tensor(…, device=…), an index by a list
        if sent or (host and len(host) < len(tensors) and not plain):
            self.found.append(str(func))
        return out


def on_meta(session: Session) -> Session:
    """The session as it would be on a device that cannot be read."""
    spec = session.spec
    network = Network(spec.layout(), spec.seed).to(META).to(memory_format=torch.channels_last)
    weights = {name: None if found is None else found.to(META) for name, found in session.class_weights.items()}
    return replace(
        session,
        device=META,
        network=network,
        weigher=Weigher(spec.weighting, len(session.tasks), META),
        optimizer=build_optimizer(spec, network),
        groups=build_groups(network, spec.generation),
        class_weights=weights,
        explicit=None,
    )


def there(values: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: torch.empty_like(tensor, device=META) for name, tensor in values.items()}


def crossings(session: Session, rows: int = 16) -> list[str]:
    """What crosses between host and device in the second step."""
    batch = session.splits["train"].take(slice(0, rows))
    session = on_meta(session)
    moved = replace(batch, inputs=there(batch.inputs), targets=there(batch.targets), rows=there(batch.rows))
    with Crossings() as seen:
        for _ in range(2):
            seen.found.clear()
            found = take_step(session, moved)
            session.step += 1
    assert found.numbers.device == META
    return seen.found


def networks() -> Iterator[Any]:
    for name in ARCHITECTURES:
        yield pytest.param("tiny_images", name, id=f"pictures-{name}")
        if name != "mtan":
            yield pytest.param("tiny_table", name, id=f"table-{name}")


@pytest.mark.parametrize("weighting", WITHOUT_WAITING)
@pytest.mark.parametrize(("dataset", "architecture"), list(networks()))
def test_no_number_is_read_or_sent_in_a_step(dataset: str, architecture: str, weighting: str) -> None:
    session = opened(dataset, weighting, architecture=architecture, gradients={"every": 0})
    assert crossings(session) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"optimizer": {"clip_norm": 1.0}},
        {"optimizer": {"name": "sgd", "lr": 0.1}},
        {"architecture": {"name": "hard", "dropout": 0.2}},
        *({"architecture": "soft", "regularizers": [{"name": name, "strength": 0.1}]} for name in TIED),
        {"weighting": {"name": "fixed", "lambdas": {"bar": 0.0, "mask": 1.0}}},
        {"lr_schedule": {"name": "one_cycle"}},
        {"class_weights": "balanced"},
    ],
    ids=str,
)
def test_nor_with_what_else_a_step_may_do(fields: dict[str, Any]) -> None:
    assert crossings(opened("tiny_images", **{"weighting": "fixed", "gradients": {"every": 0}, **fields})) == []


def test_a_vae_draws_on_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DATASETS, "tiny_pictures", TinyPictures)
    assert crossings(opened("tiny_pictures", "fixed", gradients={"every": 0})) == []


def test_whoever_reads_a_number_is_found() -> None:
    with pytest.raises(NotImplementedError, match="no data"):
        crossings(opened("tiny_images", "mgda", gradients={"every": 0}))
    with Crossings() as seen:
        torch.arange(3).to(META)
        torch.tensor([1.0], device=META)
    told = ["aten.lift_fresh.default"] if TOLD_OF_LITERALS else []
    assert seen.found == ["aten._to_copy.default", *told]
