"""What the sharing architectures promise: γ, λ = 0, who owns which parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from mtl_core.control import Command
from mtl_core.errors import SpecError
from mtl_core.network import Network
from mtl_core.opening import open_session
from mtl_core.regularizers.l2_distance import L2Distance
from mtl_core.spec import RunSpec
from mtl_core.stepping import take_step
from mtl_core.trainer import train
from tests.engine.conftest import Run
from tests.engine.loading import finished
from tests.engine.test_trainer import At, last_state, steps

Make = Callable[..., RunSpec]
BOTH = pytest.mark.parametrize("dataset", ["tiny_table", "tiny_images"])


def weights(run_events: list[Any]) -> dict[str, torch.Tensor]:
    state: dict[str, torch.Tensor] = last_state(run_events)["network"]
    return state


@BOTH
def test_soft_without_gamma_is_separate(run: Run, dataset: str) -> None:
    soft = run(dataset, architecture="soft", regularizers=[{"name": "l2_distance", "strength": 0}])
    separate = run(dataset, architecture="separate")
    for (_, a, total), (_, b, other) in zip(steps(soft), steps(separate), strict=True):
        assert a == pytest.approx(b, abs=1e-6)
        assert total == pytest.approx(other, abs=1e-6)
    assert weights(soft).keys() == weights(separate).keys()
    for name, value in weights(soft).items():
        torch.testing.assert_close(value, weights(separate)[name], atol=1e-6, rtol=0)


@BOTH
def test_partial_at_full_depth_is_hard_and_at_depth_0_soft(run: Run, dataset: str) -> None:
    hard = run(dataset, architecture="hard")
    assert steps(run(dataset, architecture={"name": "partial", "shared_depth": 9})) == steps(hard)
    soft = run(dataset, architecture="soft")
    assert steps(run(dataset, architecture={"name": "partial", "shared_depth": 0})) == steps(soft)


def distance(spec: RunSpec, events: list[Any]) -> float:
    network = Network(spec.layout(), spec.seed)
    network.load_state_dict(weights(events))
    return L2Distance(name="l2_distance").penalty(network.tied(heads=False)).item()


@pytest.mark.parametrize("architecture", ["soft", "partial"])
def test_a_large_gamma_drives_the_columns_together(spec: Make, run: Run, architecture: str) -> None:
    found = {}
    for gamma in (0.0, 100.0):
        fields = {
            "architecture": architecture,
            "regularizers": [{"name": "l2_distance", "strength": gamma}],
            "epochs": 300,
        }
        found[gamma] = distance(spec(**fields), run(**fields))
    assert found[100.0] < 1e-3 * found[0.0]


@BOTH
@pytest.mark.parametrize("architecture", ["separate", "hard", "soft", "partial"])
def test_a_task_with_lambda_0_keeps_its_head_bit_for_bit(spec: Make, run: Run, dataset: str, architecture: str) -> None:
    resting = spec(dataset).tasks[1]
    fields = {
        "architecture": architecture,
        "weighting": {"name": "fixed", "lambdas": {resting: 0}},
        "optimizer": {"name": "adamw", "lr": 0.01, "weight_decay": 0.1},
    }
    fresh = Network(spec(dataset, **fields).layout(), 42).state_dict()
    trained = weights(run(dataset, **fields))
    head = f"parts.{resting}/head"
    assert [name for name in fresh if name.startswith(head)]
    for name in fresh:
        if name.startswith(head):
            assert torch.equal(fresh[name], trained[name]), name
    other = f"parts.{spec(dataset).tasks[0]}/head"
    assert any(not torch.equal(fresh[name], trained[name]) for name in fresh if name.startswith(other))


def test_a_head_put_to_rest_in_mid_run_stays_where_it_was(run: Run) -> None:
    fields = {"batch_size": 16, "weighting": {"name": "fixed", "lambdas": {"y": 1, "positive": 1}}}
    rest = [Command("set", "weighting.lambdas.positive", 0.0)]
    before = run(control=At({6: [*rest, Command("stop")]}), **fields)
    after = run(control=At({6: rest}), **fields)
    for name, value in weights(before).items():
        if name.startswith("parts.positive/head"):
            assert torch.equal(value, weights(after)[name])


def test_all_lambdas_0_moves_nothing(spec: Make, run: Run) -> None:
    fields = {"weighting": {"name": "fixed", "lambdas": {"y": 0, "positive": 0}}}
    fresh = Network(spec(**fields).layout(), 42).state_dict()
    assert all(torch.equal(fresh[name], value) for name, value in weights(run(**fields)).items())


def test_l2_distance_is_the_sum_over_pairs() -> None:
    columns = {task: [torch.randn(3, 2), torch.randn(4)] for task in "abcd"}
    flat = [torch.cat([p.flatten() for p in column]) for column in columns.values()]
    wanted = sum((flat[i] - flat[j]).square().sum() for i in range(4) for j in range(i))
    torch.testing.assert_close(L2Distance(name="l2_distance").penalty(columns), wanted)
    golden = L2Distance(name="l2_distance").penalty({"a": [torch.tensor([1.0, 2.0])], "b": [torch.tensor([3.0, -1.0])]})
    assert golden.item() == 13.0


def test_l2_distance_on_hard_has_nothing_to_tie_and_costs_nothing(run: Run) -> None:
    tied = run(architecture="hard", regularizers=[{"name": "l2_distance", "strength": 10}])
    assert steps(tied) == steps(run(architecture="hard"))
    assert {e.values["penalty"] for e in tied if e.kind == "step"} == {0.0}


def test_scaling_all_lambdas_changes_nothing_under_adam(run: Run) -> None:
    small = run(weighting={"name": "fixed", "lambdas": {"y": 0.5, "positive": 0.5}})
    large = run(weighting={"name": "fixed", "lambdas": {"y": 5, "positive": 5}})
    for name, value in weights(small).items():
        torch.testing.assert_close(value, weights(large)[name], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd"])
def test_step_is_the_gradient_of_the_weighted_sum(spec: Make, optimizer: str) -> None:
    """grad = Σ λ_i ∇L_i, for every optimizer: what the step leaves in .grad is what autograd says."""
    lambdas = {"y": 0.3, "positive": 2.0}
    loading = open_session(
        spec(optimizer={"name": optimizer, "lr": 0.1}, weighting={"name": "fixed", "lambdas": lambdas})
    )
    session = finished(loading)
    batch = session.splits["train"].take(slice(None))
    outputs = session.network(batch.inputs)
    y = torch.nn.functional.mse_loss(outputs["y"].squeeze(1), batch.targets["y"])
    good = torch.nn.functional.binary_cross_entropy_with_logits(
        outputs["positive"].squeeze(1), batch.targets["positive"].float()
    )
    wanted = torch.autograd.grad(0.3 * y + 2.0 * good, list(session.network.parameters()))
    take_step(session, batch)
    for parameter, gradient in zip(session.network.parameters(), wanted, strict=True):
        torch.testing.assert_close(parameter.grad, gradient, atol=1e-6, rtol=1e-6)


def test_clip_norm_bounds_the_whole_gradient(spec: Make) -> None:
    for event in train(spec(optimizer={"name": "sgd", "lr": 0.01, "momentum": 0, "clip_norm": 0.001}, epochs=1)):
        if event.kind == "checkpoint":
            assert event.payload is not None
            moved = event.payload["network"]
    fresh = Network(spec().layout(), 42).state_dict()
    length = sum((moved[name] - fresh[name]).square().sum() for name in fresh) ** 0.5
    assert length == pytest.approx(0.01 * 0.001, rel=1e-3)


@pytest.mark.parametrize(
    ("dataset", "fields", "field"),
    [
        ("tiny_images", {"architecture": {"name": "hard", "channels": [4, 4, 4, 4]}}, "architecture.channels"),
        ("tiny_images", {"batch_size": 1}, "batch_size"),
        ("tiny_table", {"batch_size": 1, "architecture": {"name": "hard", "batch_norm": True}}, "batch_size"),
    ],
)
def test_networks_that_cannot_be_are_refused(spec: Make, dataset: str, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(SpecError) as refused:
        spec(dataset, **fields)
    assert [problem.field for problem in refused.value.problems] == [field]


def test_the_deepest_image_network_trains(run: Run) -> None:
    events = run("tiny_images", architecture={"name": "partial", "channels": [4, 4, 4]}, epochs=1)
    assert events[-1].kind == "finished"
