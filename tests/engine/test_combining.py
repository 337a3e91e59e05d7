"""A step's gradient is Jᵀw with the weights that are shown; J is computed here without the engine's own combining."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torchjd.aggregation import MGDAWeighting

from mtl_core.architectures import ARCHITECTURES
from mtl_core.datasets import DATASETS
from mtl_core.errors import SpecError
from mtl_core.losses import task_loss
from mtl_core.network import Network
from mtl_core.spec import parse_spec
from mtl_core.stepping import take_step
from mtl_core.weightings import WEIGHTINGS
from tests.engine.three import TinyThree, batch_of, copied, gradients, gram_of, jacobian, opened

EVERY = pytest.mark.parametrize("name", WEIGHTINGS)
LAMBDAS = {"y": 0.7, "positive": 2.0, "z": 0.4, "bar": 0.5, "mask": 1.5}
SHARING = [name for name in ARCHITECTURES if name not in ("separate", "soft")]


@pytest.fixture(autouse=True)
def three(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DATASETS, "tiny_three", TinyThree)


def weighting(name: str, dataset: str, **fields: Any) -> dict[str, Any]:
    tasks = [task.name for task in DATASETS[dataset]().tasks()]
    return {"name": name, "lambdas": {task: LAMBDAS[task] for task in tasks}, **fields}


@EVERY
@pytest.mark.parametrize(
    ("dataset", "architecture"),
    [("tiny_three", "hard"), ("tiny_three", "partial"), ("tiny_images", "partial"), ("tiny_images", "mtan")],
)
def test_the_gradient_is_what_the_weights_shown_make_of_the_jacobian(
    name: str, dataset: str, architecture: str
) -> None:
    """On what several tasks use Σ w_i λ_i ∇L_i; on a task's own λ_i ∇L_i, times w_i if losses are weighed."""
    session = opened(
        dataset,
        weighting(name, dataset),
        architecture=architecture,
        regularizers=[],
        optimizer={"name": "sgd", "lr": 0.02},
    )
    tasks = [task.name for task in session.tasks]
    for step in range(3):
        session.step = 4 * step  # another epoch each: DWA and the drawn ones have something to say
        batch = batch_of(session)
        rows = jacobian(session, batch)
        shown = dict(zip(tasks, take_step(session, batch).numbers[len(tasks) : 2 * len(tasks)], strict=True))
        assert all(torch.isfinite(weight) for weight in shown.values())
        own = shown if WEIGHTINGS[name].scales_heads else session.spec.weighting.lambdas
        found = gradients(session)
        assert found.keys() == rows.keys()
        for key, per_task in rows.items():
            factors = shown if len(per_task) > 1 else own
            wanted = sum(factors[task] * gradient for task, gradient in per_task.items())
            torch.testing.assert_close(found[key], wanted, atol=1e-6, rtol=2e-5, msg=key)


@pytest.mark.parametrize("name", ["fixed", "famo", "pcgrad", "gradnorm", "mgda"])
@pytest.mark.parametrize("at_representation", [False, True])
def test_what_ties_the_columns_is_descended_too(name: str, at_representation: bool) -> None:
    """2 γ (θ_i − θ_j) is added as it is, whatever the weights."""
    if at_representation and name != "mgda":
        pytest.skip("only MGDA weighs at the representation")
    fields = {"at_representation": True} if at_representation else {}
    parts: dict[bool, Any] = {}
    for tied in (False, True):
        terms = [{"name": "l2_distance", "strength": 0.3}] if tied else []
        session = opened(
            "tiny_table", weighting(name, "tiny_table", **fields), architecture="partial", regularizers=terms
        )
        before = dict(session.network.named_parameters())
        before = {key: value.detach().clone() for key, value in before.items()}
        take_step(session, batch_of(session))
        parts[tied] = gradients(session)
    moved = 0
    for key, gradient in parts[True].items():
        extra = gradient - parts[False][key]
        other = {"y": "positive", "positive": "y"}.get(key.split(".")[1].split("/")[0])
        if other and "hidden" in key:
            twin = key.replace(key.split(".")[1].split("/")[0], other)
            torch.testing.assert_close(extra, 0.6 * (before[key] - before[twin]), atol=1e-6, rtol=1e-4)
            moved += 1
        else:
            assert torch.equal(gradient, parts[False][key]), key
    assert moved == 4


@pytest.mark.parametrize("name", ["fixed", "dwa", "cagrad", "mgda"])
def test_clipping_shortens_the_whole_gradient_and_turns_it_nowhere(name: str) -> None:
    whole, cut = (
        opened("tiny_three", weighting(name, "tiny_three"), optimizer={"lr": 0.01, "clip_norm": clip})
        for clip in (None, 0.05)
    )
    for session in (whole, cut):
        take_step(session, batch_of(session))
    long, short = (torch.cat([g.flatten() for g in gradients(s).values() if g is not None]) for s in (whole, cut))
    assert short.norm().item() == pytest.approx(0.05, rel=1e-4)
    torch.testing.assert_close(short / short.norm(), long / long.norm())


@EVERY
def test_a_task_with_lambda_0_is_left_bit_for_bit_and_changes_nothing_for_the_others(name: str) -> None:
    """Three tasks of which one rests take the same steps as these two alone."""
    lambdas = {"y": 0.5, "positive": 0.5, "z": 0}
    session = opened(
        "tiny_three", {"name": name, "lambdas": lambdas}, architecture={"name": "hard", "batch_norm": True}
    )
    before = copied(session)
    alone = opened("tiny_three", {"name": name, "lambdas": {"y": 0.5, "positive": 0.5}}, tasks=["y", "positive"],
                   architecture={"name": "hard", "batch_norm": True})  # fmt: skip
    for step in range(3):
        session.step = alone.step = step
        numbers = take_step(session, batch_of(session)).numbers
        others = take_step(alone, batch_of(alone)).numbers
        assert numbers[5].item() == 0
        if name != "gradnorm":  # there all K weights sum to K, those of tasks at rest too
            torch.testing.assert_close(numbers[3:5], others[2:4])
    after = copied(session)
    for key, value in before.items():
        assert torch.equal(value, after[key]) == key.startswith("parts.z/"), key


@pytest.mark.parametrize("name", ["stch"])
def test_a_task_whose_weight_comes_out_as_0_is_left_bit_for_bit(name: str) -> None:
    """At a small μ the worst loss takes all; the other's head has no gradient: no momentum, no decay."""
    session = opened(
        "tiny_table", {"name": name, "mu": 1e-4}, optimizer={"name": "adam", "lr": 0.1, "weight_decay": 0.1}
    )
    before = copied(session)
    weights = take_step(session, batch_of(session)).numbers[2:4].tolist()
    assert min(weights) == 0
    resting = ("y", "positive")[weights.index(0)]
    after = copied(session)
    for key, value in before.items():
        assert torch.equal(value, after[key]) == key.startswith(f"parts.{resting}/"), key


@pytest.mark.parametrize("architecture", ["hard", "partial"])
def test_mgda_at_the_representation_takes_the_gradients_there(architecture: str) -> None:
    """w minimises ‖Σ w_i ∂λ_i L_i/∂z‖ over the simplex; then the step is that of these weights."""
    fields = {"architecture": {"name": architecture, "hidden": [8, 8]}, "regularizers": []}
    session = opened("tiny_three", weighting("mgda", "tiny_three", at_representation=True), **fields)
    batch, tasks = batch_of(session), [task.name for task in session.tasks]
    rows, seen = jacobian(session, batch), {}
    outputs = session.network(batch.inputs, batch.rows, seen=seen)
    shared = [name for name in seen if name.startswith("shared/")][-1]
    slopes = [
        torch.autograd.grad(
            LAMBDAS[task.name] * task_loss(task, outputs[task.name], batch.targets[task.name]),
            seen[shared],
            retain_graph=True,
        )[0].flatten()
        for task in session.tasks
    ]
    at = torch.stack(slopes).double()
    wanted = MGDAWeighting()(at @ at.T).float()
    session.gradients.every = 1
    step = take_step(session, batch)
    shown = step.numbers[3:6]
    assert step.gradients is not None
    assert list(step.gradients["layers"]) == [shared]
    assert step.gradients["cosine"][0][1] == pytest.approx(
        torch.cosine_similarity(at[0], at[1], dim=0).item(), rel=1e-4
    )
    torch.testing.assert_close(shown, wanted * torch.tensor([LAMBDAS[task] for task in tasks]))
    found = gradients(session)
    for key, per_task in rows.items():
        factors = dict(zip(tasks, shown, strict=True)) if len(per_task) > 1 else LAMBDAS
        expected = sum(factors[task] * gradient for task, gradient in per_task.items())
        torch.testing.assert_close(found[key], expected, atol=1e-6, rtol=2e-5, msg=key)


def test_what_is_lent_takes_the_same_weights_at_the_representation() -> None:
    """MTAN's f lies behind what the tasks share, on the way of each: its gradient is Σ w_i λ_i ∇L_i all the same."""
    fields = {"architecture": "mtan", "regularizers": []}
    session = opened("tiny_images", weighting("mgda", "tiny_images", at_representation=True), **fields)
    batch, tasks = batch_of(session), [task.name for task in session.tasks]
    rows = jacobian(session, batch)
    shown = dict(zip(tasks, take_step(session, batch).numbers[2:4], strict=True))
    assert set(shown.values()) != set(LAMBDAS.values())
    found = gradients(session)
    lent = [key for key in rows if "passed" in key]
    assert len(lent) == 3, "the convolution's weights, and gain and offset of its norm"
    assert all(rows[key].keys() == set(tasks) for key in lent)
    for key, per_task in rows.items():
        factors = shown if len(per_task) > 1 else LAMBDAS
        wanted = sum(factors[task] * gradient for task, gradient in per_task.items())
        torch.testing.assert_close(found[key], wanted, atol=1e-6, rtol=2e-5, msg=key)


def test_mgda_at_the_representation_bounds_mgda_from_above() -> None:
    """‖Jᵀw‖ of its weights is at least that of MGDA's own, the shortest of all."""
    lengths = []
    for at_representation in (False, True):
        session = opened("tiny_three", weighting("mgda", "tiny_three", at_representation=at_representation))
        rows = jacobian(session, batch_of(session))
        weights = take_step(session, batch_of(session)).numbers[3:6].double()
        lengths.append((weights @ gram_of(rows, ["y", "positive", "z"]) @ weights).sqrt().item())
    assert lengths[1] >= lengths[0] * (1 - 1e-3)
    assert lengths[1] > 0


def fitting() -> list[tuple[str, str]]:
    """Data sets of several tasks and the sharing architectures that take them."""
    found = []
    for dataset, entry in DATASETS.items():
        for architecture in SHARING if len(entry().tasks()) > 1 else ():
            try:
                parse_spec({"dataset": {"name": dataset}, "architecture": architecture})
            except SpecError:
                continue  # one that needs an image, say
            found.append((dataset, architecture))
    return found


@pytest.mark.parametrize(("dataset", "architecture"), fitting())
def test_each_parameter_is_met_by_several_tasks_or_kept_by_one(dataset: str, architecture: str) -> None:
    """None is left without a gradient because it belongs to neither."""
    choice = {"name": architecture, "hidden": [6, 5], "channels": [2, 3]}
    spec = parse_spec({"dataset": {"name": dataset}, "architecture": choice})
    network = Network(spec.layout(), seed=0)
    met = [p for parameters in network.met().values() for p in parameters]
    kept = [p for task in spec.tasks for p in network.kept(task)]
    assert {id(p) for p in network.in_use()} == {id(p) for p in [*met, *kept]}
    assert len(met) + len(kept) == len(network.in_use()), "none is both"
