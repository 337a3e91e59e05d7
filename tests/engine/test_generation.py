"""Generation in a run: two update groups, the two-step way, clean running statistics, the same numbers again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import pytest
import torch

from mtl_core.control import Command
from mtl_core.datasets import DATASETS
from mtl_core.datasets.base import Preview
from mtl_core.errors import SpecError
from mtl_core.events import Event
from mtl_core.generation import GENERATORS
from mtl_core.generation.gan import Gan
from mtl_core.making import Making, noise_seed
from mtl_core.network import Network
from mtl_core.opening import open_session
from mtl_core.session import Session
from mtl_core.spec import RunSpec, parse_spec
from mtl_core.stepping import take_step
from mtl_core.tasks import Task
from mtl_core.trainer import train
from tests.engine.conftest import Run
from tests.engine.test_sharing import finished
from tests.engine.test_trainer import At, last_state, measures, steps
from tests.engine.tiny import TinyImages

Make = Callable[..., RunSpec]
METHODS = pytest.mark.parametrize("method", GENERATORS)


class TinyPictures(TinyImages):
    """The bars, to classify, to segment, and to make."""

    name: Literal["tiny_pictures"] = "tiny_pictures"  # type: ignore[assignment]
    recommended: ClassVar[dict[str, Any]] = {**TinyImages.recommended, "generation": {"channels": 8}}

    def tasks(self) -> tuple[Task, ...]:
        return (*super().tasks(), Task("image", "generation"))

    def preview(self, folder: Path) -> Preview:
        return Preview("generated")


@pytest.fixture(autouse=True)
def tiny_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DATASETS, "tiny_pictures", TinyPictures)


def opened(spec: Make, **fields: Any) -> Session:
    return finished(open_session(spec("tiny_pictures", **fields)))


def batch_of(session: Session, rows: int = 16) -> Any:
    return session.splits["train"].take(slice(0, rows))


def changed(before: dict[str, torch.Tensor], after: dict[str, torch.Tensor]) -> set[str]:
    """Names of the parts of which a number has changed."""
    return {name.split(".")[1] for name in before if not torch.equal(before[name], after[name])}


def copied(network: Network) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in network.state_dict().items()}


def only(events: list[Event], kind: str) -> list[Event]:
    return [event for event in events if event.kind == kind]


@METHODS
@pytest.mark.parametrize("start", ["joint", "after_supervised"])
def test_runs_repeat_bit_for_bit_and_resume_exactly(spec: Make, run: Run, method: str, start: str) -> None:
    fields = {"generation": {"name": method, "start": start}, "architecture": {"name": "hard", "dropout": 0.1}}
    whole, again = run("tiny_pictures", **fields), run("tiny_pictures", **fields)
    assert steps(whole) == steps(again)
    assert measures(whole) == measures(again)
    for stop in (3, 5):
        first = run("tiny_pictures", control=At({stop: [Command("stop")]}), **fields)
        rest = list(train(spec("tiny_pictures", **fields), resume=last_state(first)))
        assert steps(first) + steps(rest) == steps(whole)
        for name, value in last_state(whole)["network"].items():
            assert torch.equal(value, last_state(rest)["network"][name]), name


@pytest.mark.parametrize("architecture", ["separate", "hard", "soft", "partial"])
@METHODS
def test_every_architecture_makes_pictures(run: Run, architecture: str, method: str) -> None:
    events = run("tiny_pictures", architecture=architecture, generation=method)
    assert events[-1].kind == "finished"
    for event in only(events, "step"):
        assert event.values["loss"].keys() == {"bar", "mask", "image"}
        assert ("generator" in event.values) == (method == "gan")
    counts = events[-1].values["parameters"]["per_task"]
    assert counts["image"] > counts["bar"] > 0


def test_the_generator_is_a_group_of_its_own(spec: Make) -> None:
    """The main update leaves the generator where it is; the second one moves nothing else."""
    session = opened(spec, generation="gan")
    (group,) = session.groups
    own = {id(parameter) for parameter in group.parameters}
    assert not own & {id(p) for options in session.optimizer.param_groups for p in options["params"]}
    before = copied(session.network)
    take_step(replace(session, groups=()), batch_of(session))
    alone = copied(session.network)
    moved = changed(before, alone)
    assert {"image/head", "shared/conv0", "bar/head"} <= moved
    parameters = {name for name, _ in session.network.named_parameters() if name.startswith("parts.image/generator")}
    assert all(torch.equal(before[name], alone[name]) for name in parameters)
    session = opened(spec, generation="gan")
    take_step(session, batch_of(session))
    both = copied(session.network)
    assert changed(alone, both) == {"image/generator"}
    assert all(not torch.equal(before[name], both[name]) for name in parameters if name.endswith("weight"))


def test_the_generator_meets_the_discriminator_of_this_step(spec: Make) -> None:
    """Its gradient is that of −log D of what it made, with D and the trunk as the main update left them."""
    session = opened(spec, generation={"name": "gan", "stabiliser": "none"}, precision="fp32")
    batch = batch_of(session)
    reference = opened(spec, generation={"name": "gan", "stabiliser": "none"})
    take_step(replace(reference, groups=()), batch)
    seed = noise_seed(42, "image", "step 0")
    for norm in reference.network.parts["image/generator"].modules():  # the main update's own pass moved these
        if isinstance(norm, torch.nn.modules.batchnorm._BatchNorm):
            norm.reset_running_stats()
    method, task = session.spec.generation, session.tasks[2]
    reference.network.set_mode(training=True)
    making = Making(reference.network, method, task, batch, None, seed, 0)
    wanted = torch.autograd.grad(method.generator_loss(making), reference.groups[0].parameters)
    seen: list[torch.Tensor] = []
    session.groups[0].optimizer.register_step_pre_hook(
        lambda *_: seen.extend(parameter.grad.clone() for parameter in session.groups[0].parameters)
    )
    numbers = take_step(session, batch).numbers
    assert numbers[-1].item() == pytest.approx(method.generator_loss(making).item(), rel=1e-5)
    for found, gradient in zip(seen, wanted, strict=True):
        torch.testing.assert_close(found, gradient, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("stabiliser", ["r1", "spectral_norm"])
def test_made_pictures_leave_no_trace_in_running_statistics(spec: Make, stabiliser: str) -> None:
    """After a step they are those of one pass of the real pictures, as without generation."""
    session = opened(spec, generation={"name": "gan", "stabiliser": stabiliser})
    other = opened(spec, tasks=["bar", "mask"])
    for each in (session, other):
        take_step(each, batch_of(each))
    kept = {name: value for name, value in session.network.state_dict().items() if name.startswith("parts.shared")}
    statistics = [name for name in kept if "running" in name or "batches" in name]
    assert statistics
    for name in statistics:
        torch.testing.assert_close(kept[name], other.network.state_dict()[name])


def test_r1_counts_at_every_nth_step_n_fold(spec: Make) -> None:
    fields = {"name": "gan", "r1": 4.0, "r1_every": 3}
    session = opened(spec, generation=fields)
    plain = opened(spec, generation={**fields, "r1": 0.0})
    batch, extra = batch_of(session), []
    for step in range(4):
        for each in (session, plain):
            each.network.load_state_dict(opened(spec, generation=fields).network.state_dict())
            each.step = step
        extra.append((take_step(session, batch).numbers - take_step(plain, batch).numbers)[2].item())
    assert extra[1] == extra[2] == 0
    assert extra[0] > 0
    rare = opened(spec, generation={**fields, "r1_every": 1})
    without = opened(spec, generation={**fields, "r1": 0.0})
    once = (take_step(rare, batch).numbers - take_step(without, batch).numbers)[2].item()
    assert extra[0] == pytest.approx(3 * once, rel=1e-4)


@METHODS
def test_a_task_that_rests_keeps_all_it_owns(run: Run, spec: Make, method: str) -> None:
    fields = {"generation": method, "weighting": {"name": "fixed", "lambdas": {"image": 0}}}
    fresh = Network(spec("tiny_pictures", **fields).layout(), 42).state_dict()
    events = run("tiny_pictures", **fields)
    assert not {"image/head", "image/generator"} & changed(fresh, last_state(events)["network"])
    assert all(event.values["loss"]["image"] > 0 for event in only(events, "step"))
    assert not any("generator" in event.values for event in only(events, "step"))


@METHODS
@pytest.mark.parametrize("architecture", ["hard", "partial"])
def test_the_two_step_way_freezes_the_trunk(run: Run, spec: Make, method: str, architecture: str) -> None:
    """8 steps, of which 4 supervised: then nothing but generation moves, and before it, it does not."""
    fields = {
        "generation": {"name": method, "start": "after_supervised", "after": 0.5},
        "architecture": architecture,
        "optimizer": {"name": "adamw", "lr": 0.01, "weight_decay": 0.1},
    }
    fresh = Network(spec("tiny_pictures", **fields).layout(), 42).state_dict()
    half = last_state(run("tiny_pictures", control=At({4: [Command("stop")]}), **fields))["network"]
    events = run("tiny_pictures", **fields)
    assert not {"image/head", "image/generator"} & changed(fresh, half)
    moved = changed(half, last_state(events)["network"])
    assert moved
    assert all(name.startswith("image/") for name in moved)
    trained = [set(event.values["loss"]) for event in only(events, "step")]
    assert trained == [{"bar", "mask"}] * 4 + [{"image"}] * 4
    phases = [e.values["phase"] for e in only(events, "evaluation") if e.values["split"] == "validation"]
    assert phases == ["generation", "generation"]


def test_a_continued_run_stays_in_its_second_phase(run: Run, spec: Make) -> None:
    fields = {"generation": {"name": "vae", "start": "after_supervised", "after": 0.75}}
    ended = last_state(run("tiny_pictures", **fields))
    longer = spec("tiny_pictures", **fields, schedule=[{"step": 8, "field": "epochs", "value": 4}])
    events = list(train(longer, resume=ended))
    assert events[-1].values["epochs"] == 4
    assert [set(event.values["loss"]) for event in only(events, "step")] == [{"image"}] * 8


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"generation": {"start": "after_supervised"}, "architecture": "separate"}, "generation.start"),
        ({"generation": {"start": "after_supervised"}, "tasks": ["image"]}, "generation.start"),
        ({"batch_size": 1, "architecture": {"name": "hard", "batch_norm": False}}, "batch_size"),
        ({"generation": {"name": "gan", "latent": 4}}, "generation.latent"),
        ({"generation": {"name": "diffusion"}}, "generation.name"),
        ({"generation": {"name": "gan", "betas": [0.5]}}, "generation.betas"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(spec: Make, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(SpecError) as refused:
        spec("tiny_pictures", **fields)
    assert [problem.field for problem in refused.value.problems] == [field]


def test_a_spec_with_a_method_goes_through_a_link_and_back(spec: Make) -> None:
    made = spec("tiny_pictures", generation={"name": "gan", "loss": "hinge"})
    assert made.differences()["generation"] == {"name": "gan", "loss": "hinge"}
    assert parse_spec(made.differences()) == made
    assert "generation" not in spec("tiny_pictures").differences()


@METHODS
@pytest.mark.usefixtures("every_preview")
def test_previews_hold_what_the_page_shows_without_torch(run: Run, method: str) -> None:
    events = run("tiny_pictures", generation=method)
    first, *later = [event.payload for event in only(events, "preview") if event.values["split"] == "validation"]
    assert ("target.image" in first, first["input.image"].shape[0]) == (False, 16)
    for arrays in later:
        assert arrays["sample.image"].shape == (24, 1, 8, 8)
        assert ("reconstruction.image" in arrays) == (method == "vae")
        assert all(arrays[name].dtype == np.uint8 for name in arrays if name.endswith(".image"))
    assert [set(arrays) >= {"between.image", "along.image"} for arrays in later] == [False, True]
    wide = min(6, GENERATORS[method].model_validate({"name": method}).width)
    assert later[-1]["between.image"].shape == (6, 9, 1, 8, 8)
    assert later[-1]["along.image"].shape == (4, wide, 9, 1, 8, 8)
    assert np.array_equal(later[-1]["between.image"][0, 0], later[-1]["sample.image"][0])
    assert np.array_equal(later[-1]["along.image"][2, 1, 4], later[-1]["sample.image"][2])
    assert not np.array_equal(later[0]["sample.image"], later[1]["sample.image"])


@METHODS
def test_measures_are_those_of_the_kind_and_count_their_samples(run: Run, method: str) -> None:
    events = run("tiny_pictures", generation=method)
    for event in only(events, "evaluation"):
        found = event.values["metrics"]["image"]
        live = {"psnr", "ssim", "frechet"} if event.values["final"] else {"psnr", *["frechet"] * (method == "gan")}
        assert found.keys() == live
        assert (found["psnr"] is None) == (method == "gan")
        assert event.values["loss"]["image"] > 0
        rows = {"train": 64, "validation": 16, "test": 16}[event.values["split"]]
        if "frechet" in found:
            assert found["frechet"] > 0
            assert event.values["samples"] == {"image": rows}
    assert events[-1].values["metrics"]["test"]["image"]["frechet"] > 0


def test_a_vae_learns_to_rebuild_its_pictures(run: Run) -> None:
    """Better than the mean picture after 40 epochs, which has a PSNR of about 11."""
    events = run("tiny_pictures", generation={"name": "vae", "beta": 0.1}, epochs=40, evaluate_every=20)
    data = np.concatenate([e.payload["input.image"] for e in only(events, "preview") if e.values["first"]]) / 255
    mean = -10 * np.log10(np.square(data - data.mean(0)).mean((1, 2, 3))).mean()
    last = events[-1].values["metrics"]["validation"]["image"]
    assert last["psnr"] > mean + 2
    assert last["ssim"] > 0.2


def test_generation_alone_is_a_run_too(run: Run) -> None:
    for method in GENERATORS:
        assert run("tiny_pictures", tasks=["image"], generation=method)[-1].kind == "finished"


def test_the_methods_state_their_source_and_width() -> None:
    assert {name: kind.model_validate({"name": name}).width > 0 for name, kind in GENERATORS.items()} == {
        "vae": True,
        "gan": True,
    }
    assert Gan(betas=[0.0, 0.9]).betas == [0.0, 0.9]
