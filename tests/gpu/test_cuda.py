"""On a GPU: the CPU's numbers, no waiting, and no memory that a run leaves behind."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch

from mtl_core.acceleration.graph import Captured
from mtl_core.acceleration.host import on_host
from mtl_core.architectures import ARCHITECTURES
from mtl_core.control import Command
from mtl_core.spec import parse_spec
from mtl_core.stepping import take_step
from mtl_core.trainer import train
from tests.engine.test_trainer import At, last_state, steps
from tests.gpu.sessions import DEVICE, SGD, batches, opened, taken

PICTURES = pytest.mark.parametrize("name", ARCHITECTURES)
TABLE = pytest.mark.parametrize("name", [name for name in ARCHITECTURES if name != "mtan"])


@PICTURES
def test_pictures_have_the_numbers_of_the_cpu(name: str) -> None:
    here, there = (opened("tiny_images", device, architecture=name, optimizer=SGD) for device in ("cpu", DEVICE))
    assert torch.allclose(taken(here, batches(here)), taken(there, batches(there)), rtol=1e-3, atol=1e-4)


@TABLE
def test_tables_have_the_numbers_of_the_cpu(name: str) -> None:
    here, there = (opened("tiny_table", device, architecture=name, optimizer=SGD) for device in ("cpu", DEVICE))
    assert torch.allclose(taken(here, batches(here)), taken(there, batches(there)), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("weighting", ["uncertainty", "dwa", "famo", "mgda", "pcgrad", "nash"])
def test_methods_have_the_numbers_of_the_cpu(weighting: str) -> None:
    sessions = [opened("tiny_images", device, weighting=weighting, optimizer=SGD) for device in ("cpu", DEVICE)]
    first, second = (taken(session, batches(session)) for session in sessions)
    assert torch.allclose(first, second, rtol=1e-3, atol=1e-3)


@contextmanager
def nobody_waits() -> Iterator[None]:
    """Within it torch raises where the host waits for the device."""
    torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode("default")


@pytest.mark.parametrize(
    "fields",
    [
        *({"architecture": name} for name in ARCHITECTURES),
        {"architecture": {"name": "hard", "dropout": 0.2}},
        {"optimizer": {"clip_norm": 1.0}},
        {"weighting": {"lambdas": {"bar": 0.0, "mask": 1.0}}},
        {"class_weights": "balanced"},
        {"precision": "bf16"},
    ],
    ids=str,
)
def test_nobody_waits_in_a_step(fields: dict[str, Any]) -> None:
    session = opened("tiny_images", **fields)
    given = batches(session)
    take_step(session, given[0])
    with nobody_waits():
        for batch in given[1:]:
            session.step += 1
            take_step(session, batch)


def test_nobody_waits_in_a_replay() -> None:
    session = opened("tiny_images", lr_schedule={"name": "one_cycle"})
    given = batches(session)
    captured = Captured(session, given[0])
    captured.take(given[0])
    with nobody_waits():
        for batch in given[1:]:
            session.step += 1
            captured.take(batch)


@PICTURES
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_replays_have_the_numbers_of_plain_steps(name: str, precision: str) -> None:
    fields: dict[str, Any] = {"architecture": {"name": name, "dropout": 0.2}, "precision": precision}
    fields["lr_schedule"] = {"name": "one_cycle"}
    plain, replayed = (opened("tiny_images", **fields) for _ in range(2))
    captured = Captured(replayed, batches(replayed)[0])
    orders = [("weighting.lambdas.bar", 2.0), ("optimizer.lr", 0.003)]
    orders += [("regularizers.0.strength", 0.5)] if plain.spec.regularizers else []
    for field, value in [("weighting.lambdas.bar", 1.0), *orders]:
        plain.change(field, value), replayed.change(field, value)
        expected, found = taken(plain, batches(plain)), taken(replayed, batches(replayed), captured.take)
        assert torch.allclose(expected, found, rtol=0.02 if precision == "bf16" else 1e-3, atol=1e-4), field


def test_a_vae_is_captured_too() -> None:
    plain, replayed = (opened("tiny_pictures", optimizer=SGD) for _ in range(2))
    captured = Captured(replayed, batches(replayed)[0])
    expected, found = taken(plain, batches(plain)), taken(replayed, batches(replayed), captured.take)
    assert torch.allclose(expected, found, rtol=1e-3, atol=1e-4)


def run(**fields: Any) -> list[Any]:
    raw = {"dataset": {"name": "tiny_images"}, "device": DEVICE, **fields}
    return list(train(parse_spec(raw), fields.pop("control", None)))


def test_a_whole_run_of_replays_is_that_of_plain_steps() -> None:
    orders = {3: [Command("set", "weighting.lambdas.bar", 0.0)], 5: [Command("set", "weighting.lambdas.bar", 1.5)]}
    raw = {"dataset": {"name": "tiny_images"}, "device": DEVICE, "precision": "fp32", "epochs": 5, "batch_size": 24}
    raw |= {"optimizer": SGD, "gradients": {"every": 5}}
    plain, fast = (
        list(train(parse_spec(raw | {"acceleration": wanted}), At(dict(orders)))) for wanted in ("none", "cuda_graph")
    )
    assert fast[-1].values["acceleration"]["chosen"] == "fp32, CUDA graph"
    for (_, losses, total), (_, others, other) in zip(steps(plain), steps(fast), strict=True):
        assert [*others.values(), other] == pytest.approx([*losses.values(), total], rel=1e-3, abs=1e-4)


def test_a_trial_is_held_told_and_kept() -> None:
    raw = {"dataset": {"name": "tiny_images"}, "device": DEVICE, "epochs": 3_000, "evaluate_every": 3_000}
    raw |= {"gradients": {"every": 0}}
    events = list(train(parse_spec(raw), At({400: [Command("stop")]})))
    assert events[1].values["acceleration"]["final"] is False
    (told,) = [e.values for e in events if e.kind == "progress" and e.values["what"] == "acceleration"]
    assert set(told["measured"]) >= {"fp32", "bf16"}
    assert told["measured"]["fp32"]["ms"] > 0
    rest = list(train(parse_spec(raw), At({20: [Command("stop")]}), resume=last_state(events)))
    assert rest[1].values["acceleration"]["measured"] == told["measured"]


def test_a_checkpoint_is_on_the_host() -> None:
    session = opened("tiny_images")
    taken(session, batches(session))
    state = session.state()
    tensors = [*state["network"].values(), *(v for s in state["optimizer"]["state"].values() for v in s.values())]
    assert {tensor.device.type for tensor in tensors} == {"cpu"}
    for name, value in session.network.state_dict().items():
        assert torch.equal(state["network"][name], value.cpu()), name
    assert on_host({"a": [torch.ones(2, device=DEVICE)]}, torch.device(DEVICE))["a"][0].tolist() == [1, 1]


@pytest.mark.parametrize("precision", ["auto", "fp32"])
def test_tensor_cores_are_used_unless_fp32_is_asked_for(precision: str) -> None:
    opened("tiny_images", precision=precision)
    assert torch.get_float32_matmul_precision() == ("highest" if precision == "fp32" else "high")
    assert torch.backends.cudnn.allow_tf32 is (precision != "fp32")


@pytest.mark.parametrize("acceleration", ["none", "cuda_graph"])
def test_a_run_leaves_no_memory_behind(acceleration: str) -> None:
    fields: dict[str, Any] = {"acceleration": acceleration, "precision": "fp32", "epochs": 3}
    run(**fields)  # what libraries keep for themselves stays
    gc.collect()
    before = torch.cuda.memory_allocated()
    run(**fields)
    gc.collect()
    assert torch.cuda.memory_allocated() <= before


@pytest.mark.parametrize("acceleration", ["none", "cuda_graph"])
def test_evaluations_beside_the_steps_have_the_same_numbers(acceleration: str) -> None:
    raw = {"dataset": "tiny_images", "epochs": 6, "device": DEVICE, "precision": "fp32", "acceleration": acceleration}
    found = []
    for allowed in (False, True):
        events = [event for event in train(parse_spec(raw), beside=allowed) if event.kind == "evaluation"]
        found.append(sorted((event.step, str(event.values["split"]), event.values["loss"]) for event in events))
    for one, other in zip(*found, strict=True):
        assert one[:2] == other[:2]
        assert one[2] == pytest.approx(other[2], rel=1e-4)
