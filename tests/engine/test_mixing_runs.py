"""Runs with stitches, gates and masks: they train, repeat, resume, rest and freeze like the others; what they show."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from mtl_core import mixing_values
from mtl_core.control import Command
from mtl_core.datasets import DATASETS
from mtl_core.network import Network
from mtl_core.opening import open_session
from mtl_core.session import Session
from mtl_core.spec import RunSpec, parse_spec
from mtl_core.stepping import take_step
from mtl_core.trainer import train
from tests.engine.conftest import Run
from tests.engine.loading import finished
from tests.engine.test_generation import METHODS, TinyPictures, changed, only
from tests.engine.test_own_samples import TinySources
from tests.engine.test_trainer import At, last_state, measures, steps

Make = Callable[..., RunSpec]
MIXING = pytest.mark.parametrize("name", ["cross_stitch", "mmoe", "cgc", "ple", "mtan"])
GATED = ["mmoe", "cgc", "ple"]


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DATASETS, "tiny_pictures", TinyPictures)
    monkeypatch.setitem(DATASETS, "tiny_sources", TinySources)


def opened(spec: RunSpec) -> Session:
    return finished(open_session(spec))


def moved_by_one_step(spec: RunSpec) -> tuple[set[str], set[str]]:
    """Names of the parameters, and those of them that one step has moved."""
    session = opened(spec)
    before = {name: value.detach().clone() for name, value in session.network.named_parameters()}
    take_step(session, session.splits["train"].take(slice(None)))
    after = dict(session.network.named_parameters())
    return set(before), {name for name in before if not torch.equal(before[name], after[name])}


@pytest.mark.parametrize(
    ("dataset", "name"),
    [("tiny_images", "mtan"), *[(d, n) for d in ("tiny_table", "tiny_images") for n in ("cross_stitch", *GATED)]],
)
def test_one_step_moves_everything(spec: Make, name: str, dataset: str) -> None:
    every, moved = moved_by_one_step(spec(dataset, architecture=name))
    assert moved == every


@MIXING
def test_runs_repeat_bit_for_bit_and_resume_exactly(spec: Make, run: Run, name: str) -> None:
    fields = {"architecture": {"name": name, "dropout": 0.1}, "batch_size": 16}
    whole, again = run("tiny_images", **fields), run("tiny_images", **fields)
    assert steps(whole) == steps(again)
    assert measures(whole) == measures(again)
    first = run("tiny_images", control=At({5: [Command("stop")]}), **fields)
    rest = list(train(spec("tiny_images", **fields), resume=last_state(first)))
    assert steps(first) + steps(rest) == steps(whole)


@MIXING
@METHODS
@pytest.mark.parametrize("start", ["joint", "after_supervised"])
def test_pictures_are_made_and_the_two_step_way_freezes_what_the_others_trained(
    run: Run, spec: Make, name: str, method: str, start: str
) -> None:
    fields = {
        "generation": {"name": method, "start": start, "after": 0.5},
        "architecture": name,
        "optimizer": {"name": "adamw", "lr": 0.01, "weight_decay": 0.1},
    }
    events = run("tiny_pictures", **fields)
    assert events[-1].kind == "finished"
    if start == "joint":
        return
    layout = spec("tiny_pictures", **fields).layout()
    half = last_state(run("tiny_pictures", control=At({4: [Command("stop")]}), **fields))["network"]
    moved = changed(half, last_state(events)["network"])
    assert "image/head" in moved
    assert {layout.keepers()[name] for name in moved} == {"image"}
    fresh = Network(layout, 42).state_dict()
    assert not {name for name in changed(fresh, half) if layout.keepers()[name] == "image"}


@MIXING
def test_a_task_with_lambda_0_keeps_what_it_alone_uses_bit_for_bit(run: Run, spec: Make, name: str) -> None:
    fields = {
        "architecture": name,
        "weighting": {"name": "fixed", "lambdas": {"mask": 0}},
        "optimizer": {"name": "adamw", "lr": 0.01, "weight_decay": 0.1},
    }
    layout = spec("tiny_images", **fields).layout()
    moved = changed(Network(layout, 42).state_dict(), last_state(run("tiny_images", **fields))["network"])
    assert "bar/head" in moved
    assert "mask" not in {layout.keepers()[name] for name in moved}


@pytest.mark.parametrize("name", ["cross_stitch", *GATED])
def test_tasks_with_rows_of_their_own_train_on_them(name: str) -> None:
    """The step's gradient is that of Σ λ_i mean over the rows of task i of (ŷ − y)², computed on all rows."""
    fields = {"architecture": {"name": name, "hidden": [6, 5]}, "weighting": {"lambdas": {"a": 0.3, "b": 1.0}}}
    session = opened(parse_spec({"dataset": {"name": "tiny_sources"}, "device": "cpu", **fields}))
    batch = session.splits["train"].take(slice(None))
    outputs = session.network(batch.inputs)
    loss = sum(
        weight * (outputs[task].squeeze(1)[batch.rows[task]] - batch.targets[task]).square().mean()
        for task, weight in (("a", 0.3), ("b", 1.0))
    )
    parameters = list(session.network.parameters())
    wanted = torch.autograd.grad(loss, parameters)
    take_step(session, batch)
    for parameter, gradient in zip(parameters, wanted, strict=True):
        torch.testing.assert_close(parameter.grad, gradient, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("weighting", ["mgda", "pcgrad"])
@MIXING
def test_weightings_of_gradients_weigh_what_tasks_share(run: Run, name: str, weighting: str) -> None:
    events = run("tiny_images", architecture=name, weighting=weighting, epochs=1)
    assert events[-1].kind == "finished"
    assert all(np.isfinite(list(event.values["loss"].values())).all() for event in only(events, "step"))


def mixing(events: list[Any]) -> list[dict[str, Any]]:
    found = [e.values["mixing"] for e in only(events, "evaluation") if e.values["split"] == "train"]
    json.dumps(found, allow_nan=False)
    return found


def test_stitches_are_shown_as_they_are(run: Run) -> None:
    events = run(architecture="cross_stitch", batch_size=16)
    shown = mixing(events)
    assert len(shown) == 6
    state = last_state(events)["network"]
    for stage in ("hidden0", "hidden1"):
        rows = [state[f"parts.{task}/stitch_{stage}.alpha"].tolist() for task in ("y", "positive")]
        assert shown[-1]["stitches"][stage] == rows
    assert shown[0] != shown[-1]


def test_a_stitch_per_unit_is_shown_by_its_mean(run: Run) -> None:
    events = run(architecture={"name": "cross_stitch", "per_unit": True}, epochs=1)
    alpha = last_state(events)["network"]["parts.positive/stitch_hidden1.alpha"]
    assert alpha.shape == (2, 8)
    assert mixing(events)[-1]["stitches"]["hidden1"][1] == pytest.approx(alpha.mean(1).tolist())


@pytest.mark.parametrize("name", GATED)
def test_gates_are_shown_by_their_mean_weights(spec: Make, run: Run, name: str) -> None:
    events = run(architecture=name)
    gates = mixing(events)[-1]["gates"]
    layout = spec(architecture=name).layout()
    wanted = {part.name: part.block.experts for part in layout.parts if part.stage.startswith("gate")}
    assert {gate: len(weights) for gate, weights in gates.items()} == wanted
    assert all(sum(weights) == pytest.approx(1) for weights in gates.values())
    session = opened(spec(architecture=name))
    session.network.load_state_dict(last_state(events)["network"])
    table = session.splits["train"].take(slice(None)).inputs["table"]
    seen = session.network.parts["y/gate0"](table).mean(0).tolist()
    assert gates["y/gate0"] == pytest.approx(seen, abs=1e-6)


def test_masks_are_shown_as_numbers_and_pictures(run: Run) -> None:
    events = run("tiny_images", architecture="mtan")
    masks = mixing(events)[-1]["masks"]
    assert {task: list(stages) for task, stages in masks.items()} == {
        "bar": ["conv0", "conv1"],
        "mask": ["conv0", "conv1"],
    }
    assert all(0 < mean < 1 for stages in masks.values() for mean in stages.values())
    arrays = [e.payload for e in only(events, "preview") if not e.values["first"]][-1]
    assert arrays is not None
    for task in ("bar", "mask"):
        for stage, side in (("conv0", 8), ("conv1", 4)):
            picture = arrays[f"mask_mean.{task}.{stage}"]
            assert picture.shape == (side, side)
            assert picture.dtype == np.float32
            assert (picture > 0).all()
            assert (picture < 1).all()


def test_looking_changes_no_number_and_other_architectures_show_nothing(spec: Make, run: Run) -> None:
    assert all("mixing" not in e.values for e in only(run(architecture="hard"), "evaluation"))
    session = opened(spec("tiny_images", architecture="mtan"))
    before = {name: value.clone() for name, value in session.network.state_dict().items()}
    assert mixing_values.describe(session)["masks"]
    assert mixing_values.pictured(session.network, session.splits["train"])
    assert all(torch.equal(before[name], value) for name, value in session.network.state_dict().items())


def test_a_gate_of_a_task_without_rows_here_has_no_weights(spec: Make) -> None:
    session = opened(
        parse_spec({"dataset": {"name": "tiny_sources"}, "tasks": ["a", "b", "c"], "architecture": "mmoe"})
    )
    gates = mixing_values.describe(session)["gates"]
    assert gates["c/gate0"] is None
    assert len(gates["a/gate0"]) == 4


@pytest.mark.parametrize("name", ["cross_stitch", *GATED])
def test_weighing_at_the_representation_descends_the_weighed_losses(spec: Make, name: str) -> None:
    """Of MGDA-UB the gradient of what tasks share is that of Σ w_i λ_i L_i, through all that stands behind the cuts."""
    weighting = {"name": "mgda", "at_representation": True, "lambdas": {"y": 0.3, "positive": 1.0}}
    session = opened(spec(architecture=name, weighting=weighting))
    batch = session.splits["train"].take(slice(None))
    outputs = session.network(batch.inputs)
    y = torch.nn.functional.mse_loss(outputs["y"].squeeze(1), batch.targets["y"])
    positive = torch.nn.functional.binary_cross_entropy_with_logits(
        outputs["positive"].squeeze(1), batch.targets["positive"].float()
    )
    shared = [parameter for parameters in session.network.met().values() for parameter in parameters]
    rows = [torch.autograd.grad(loss, shared, retain_graph=True) for loss in (y, positive)]
    weights = take_step(session, batch).numbers[2:4]
    for parameter, *gradients in zip(shared, *rows, strict=True):
        wanted = sum(weight * gradient for weight, gradient in zip(weights, gradients, strict=True))
        torch.testing.assert_close(parameter.grad, wanted, atol=1e-6, rtol=1e-5)
