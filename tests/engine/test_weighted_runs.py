"""Whole runs with every weighting: the same again, resumed, steered, measured, refused, diverged."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable
from typing import Any

import pytest
import torch

from mtl_core.architectures import ARCHITECTURES
from mtl_core.control import Command
from mtl_core.datasets import DATASETS
from mtl_core.diagnostics import cosines, magnitude_similarity
from mtl_core.errors import SpecError
from mtl_core.events import Event
from mtl_core.spec import RunSpec, parse_spec
from mtl_core.stepping import take_step
from mtl_core.trainer import train
from mtl_core.weightings import WEIGHTINGS
from tests.engine.conftest import Run
from tests.engine.test_generation import TinyPictures
from tests.engine.test_own_samples import TinySources
from tests.engine.test_trainer import At, last_state, measures, steps
from tests.engine.three import TinyThree, batch_of, copied, gram_of, jacobian, opened

Make = Callable[..., RunSpec]
EVERY = pytest.mark.parametrize("name", WEIGHTINGS)
OF_LOSSES = [name for name, entry in WEIGHTINGS.items() if not entry.needs_gramian]
OF_GRADIENTS = [name for name in WEIGHTINGS if name not in OF_LOSSES]
SHARING = [name for name in ("hard", "partial", "cross_stitch", "mmoe") if name in ARCHITECTURES]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for entry in (TinyThree, TinySources, TinyPictures):
        monkeypatch.setitem(DATASETS, entry.model_fields["name"].default, entry)


def of(events: list[Event], kind: str) -> list[Event]:
    return [event for event in events if event.kind == kind]


def measured(events: list[Event]) -> list[tuple[int, dict[str, Any]]]:
    """What was measured of the gradients, without the seconds that it took."""
    return [(e.step, {k: v for k, v in e.values.items() if k != "cost"}) for e in of(events, "gradients")]


@EVERY
def test_the_same_again_and_exactly_on_after_a_stop(spec: Make, run: Run, name: str) -> None:
    fields = {
        "weighting": name,
        "architecture": {"name": "hard", "dropout": 0.2},
        "batch_size": 16,
        "epochs": 4,
        "gradients": {"every": 3},
    }
    whole, again = run("tiny_three", **fields), run("tiny_three", **fields)
    assert whole[-1].kind == "finished"
    assert steps(whole) == steps(again)
    assert measures(whole) == measures(again)
    assert measured(whole) == measured(again)
    for stop in (1, 9):
        first = run("tiny_three", control=At({stop: [Command("stop")]}), **fields)
        state = copy.deepcopy(last_state(first))
        rest = list(train(spec("tiny_three", **fields), resume=state))
        assert steps(first) + steps(rest) == steps(whole)
        assert measured(first) + measured(rest) == measured(whole), "counts of conflict go on"
        for key, value in last_state(whole)["network"].items():
            assert torch.equal(value, last_state(rest)["network"][key]), key


@EVERY
def test_lambda_to_0_and_back_in_the_middle(run: Run, name: str) -> None:
    """The task rests and takes part again; a replay of the schedule gives the same numbers."""
    schedule = [{"step": 5, "field": "weighting.lambdas.y", "value": 0}]
    schedule += [{"step": 11, "field": "weighting.lambdas.y", "value": 2.0}]
    fields = {"weighting": name, "batch_size": 16, "epochs": 4, "schedule": schedule}
    events = run("tiny_three", **fields)
    assert events[-1].kind == "finished"
    shown = [e.values["weights"]["y"] for e in of(events, "step")]
    assert shown[5:11] == [0] * 6
    assert name == "mgda" or (shown[4] != 0 and shown[11] != 0), "MGDA may leave out an active task too"
    assert all(math.isfinite(e.values["total"]) for e in of(events, "step"))
    assert steps(run("tiny_three", **fields)) == steps(events)


@pytest.mark.parametrize("name", ["fixed", "dwa", "famo", "gradnorm", "pcgrad", "nash"])
def test_measuring_the_gradients_changes_no_number_of_the_training(run: Run, name: str) -> None:
    choice = {"name": "hard", "batch_norm": True, "dropout": 0.3, "hidden": [8], "channels": [4]}
    found = []
    for every in (0, 1, 3):
        events = run("tiny_images", weighting=name, architecture=choice, gradients={"every": every})
        found.append((steps(events), measures(events), last_state(events)["network"]))
        assert [step for step, _ in measured(events)] == ([] if not every else list(range(1, 9, every)))
    for other in found[1:]:
        assert other[:2] == found[0][:2]
        assert all(torch.equal(value, other[2][key]) for key, value in found[0][2].items())


@pytest.mark.parametrize("name", ["fixed", "uncertainty", "cagrad"])
@pytest.mark.parametrize("architecture", ["hard", "partial"])
def test_what_is_measured_is_what_the_gradients_are(name: str, architecture: str) -> None:
    lambdas = {"y": 0.7, "positive": 2.0, "z": 0.4}
    session = opened(
        "tiny_three",
        {"name": name, "lambdas": lambdas},
        architecture={"name": architecture, "hidden": [8, 8]},
        gradients={"every": 1},
        regularizers=[],
    )
    rows, tasks = jacobian(session, batch_of(session)), list(lambdas)
    step = take_step(session, batch_of(session))
    found = step.gradients
    assert found is not None
    factors = torch.tensor(list(lambdas.values())).double()
    gram = gram_of(rows, tasks) * factors[:, None] * factors
    close = {"atol": 1e-5, "rtol": 1e-4}
    torch.testing.assert_close(torch.tensor(found["norms"]).double(), gram.diagonal().sqrt(), **close)
    torch.testing.assert_close(torch.tensor(found["cosine"]).double(), cosines(gram), **close)
    torch.testing.assert_close(torch.tensor(found["similarity"]).double(), magnitude_similarity(gram), **close)
    values = torch.linalg.eigvalsh(gram)
    assert found["condition"] == pytest.approx((values[-1] / values[0]).item(), rel=1e-2)
    above = [gram[i, j].item() < 0 for i in range(3) for j in range(i + 1, 3)]
    assert found["share"] == pytest.approx(sum(above) / 3)
    assert found["conflict"] == (gram < 0).long().tolist()
    assert found["measured"] == [[1] * 3] * 3
    torch.testing.assert_close(torch.tensor(found["weights"]) * factors.float(), step.numbers[3:6], **close)
    for part, layer in found["layers"].items():
        own = gram_of(rows, tasks, f"parts.{part}.") * factors[:, None] * factors
        torch.testing.assert_close(torch.tensor(layer["norms"]).double(), own.diagonal().sqrt(), **close)
        torch.testing.assert_close(torch.tensor(layer["cosine"]).double(), cosines(own), **close)
    assert set(found["layers"]) == set(session.network.met())
    json.dumps(found, allow_nan=False)


def test_gradients_are_switched_on_and_off_while_a_run_goes_on(run: Run) -> None:
    orders = {2: [Command("set", "gradients.every", 0)], 8: [Command("set", "gradients.every", 2)]}
    fields = {"batch_size": 16, "epochs": 3, "gradients": {"every": 1}}
    events = run("tiny_three", control=At(orders), **fields)
    assert [step for step, _ in measured(events)] == [1, 2, 9, 11]
    changes = [(e.step, e.values["field"], e.values["new"]) for e in of(events, "change")]
    assert changes == [(2, "gradients.every", 0), (8, "gradients.every", 2)]
    assert steps(events) == steps(run("tiny_three", **fields))
    (refused,) = [
        e
        for e in run("tiny_three", control=At({1: [Command("set", "gradients.every", 0.5)]}), epochs=2)
        if e.values.get("what") == "rejected"
    ]
    assert "whole number" in refused.values["rule"]


@EVERY
def test_tasks_with_samples_of_their_own(name: str) -> None:
    """In some batches only one of the tasks has a row: it trains alone, the other is left bit for bit."""
    choice = {"weighting": name, "batch_size": 3, "epochs": 2, "gradients": {"every": 1}}
    events = list(train(parse_spec({"dataset": {"name": "tiny_sources"}, "device": "cpu", **choice})))
    assert events[-1].kind == "finished"
    met = [set(e.values["loss"]) for e in of(events, "step")]
    assert {"a", "b"} in met
    assert {"b"} in met
    assert all(math.isfinite(e.values["total"]) for e in of(events, "step"))
    assert all(len(e.values["tasks"]) == 2 for e in of(events, "gradients")), "one gradient is in conflict with none"
    session = opened("tiny_sources", name, batch_size=4)
    take_step(session, session.splits["train"].take(torch.arange(6)))
    before = copied(session)
    memory = {key: value.clone() for key, value in session.weigher.memory.items()}
    session.step = 1
    take_step(session, session.splits["train"].take(torch.tensor([1, 2, 4, 5])))
    after = copied(session)
    for key, value in before.items():
        assert torch.equal(value, after[key]) == key.startswith("parts.a/"), key
    for key in WEIGHTINGS[name].learned:
        if name != "gradnorm":
            assert session.weigher.memory[key][0] == memory[key][0]


@pytest.mark.parametrize(
    ("name", "method"), [("fixed", "gan"), ("gradnorm", "gan"), ("mgda", "gan"), ("famo", "vae"), ("nash", "vae")]
)
def test_generation_in_two_phases(run: Run, spec: Make, name: str, method: str) -> None:
    """First the supervised tasks train, then generation alone on the frozen trunk."""
    fields = {"generation": {"name": method, "start": "after_supervised"}, "weighting": name, "architecture": "hard"}
    events = run("tiny_pictures", **fields)
    assert events[-1].kind == "finished"
    shown = [e.values["weights"] for e in of(events, "step")]
    half = len(shown) // 2
    assert all(weights.keys() == {"bar", "mask"} for weights in shown[:half])
    assert all(weights.keys() == {"image"} and weights["image"] > 0 for weights in shown[half:])
    first = run("tiny_pictures", control=At({half: [Command("stop")]}), **fields)
    for key, value in last_state(first)["network"].items():
        moved = not torch.equal(value, last_state(events)["network"][key])
        assert moved <= key.startswith("parts.image/"), key


@pytest.mark.parametrize("name", ["uncertainty", "gradnorm", "upgrad", "gradvac"])
def test_generation_with_all_at_once(run: Run, name: str) -> None:
    for method in ("gan", "vae"):
        events = run("tiny_pictures", generation=method, weighting=name)
        assert events[-1].kind == "finished"
        assert all(e.values["weights"]["image"] > 0 for e in of(events, "step"))


@EVERY
def test_a_run_that_diverges_says_so_with_advice(name: str) -> None:
    """Not the method's solver on gradients that are no numbers."""
    raw = {"dataset": {"name": "tiny_table", "options": {"explode": True}}, "weighting": name}
    failed = list(train(parse_spec(raw)))[-1]
    assert failed.kind == "failed"
    assert failed.values["task"] == "y"
    assert "optimizer.lr" in failed.values["message"]


@pytest.mark.parametrize("name", [name for name in WEIGHTINGS if WEIGHTINGS[name].least_tasks > 1])
def test_one_task_is_refused(spec: Make, name: str) -> None:
    with pytest.raises(SpecError, match=r"weighting.name: needs at least 2 tasks.*use fixed"):
        spec("tiny_three", tasks=["y"], weighting=name)


@pytest.mark.parametrize("architecture", ["separate", "soft"])
@pytest.mark.parametrize("name", OF_GRADIENTS)
def test_gradients_on_nothing_shared_are_refused(spec: Make, name: str, architecture: str) -> None:
    rule = f"{architecture} shares nothing; choose a weighting of losses, or an architecture that shares"
    with pytest.raises(SpecError, match=f"weighting.name: .*{rule}"):
        spec("tiny_three", weighting=name, architecture=architecture)
    with pytest.raises(SpecError, match="shares nothing"):
        spec("tiny_three", weighting=name, architecture={"name": "hard", "hidden": []})


def test_mgda_at_the_representation_is_refused_where_there_is_no_common_one(spec: Make) -> None:
    weighting = {"name": "mgda", "at_representation": True}
    with pytest.raises(SpecError, match=r"weighting.at_representation: .*samples of their own"):
        parse_spec({"dataset": {"name": "wine_colours"}, "weighting": weighting})
    with pytest.raises(SpecError, match=r"weighting.at_representation: .*discriminator"):
        spec("tiny_pictures", weighting=weighting, generation="gan")
    assert spec("tiny_pictures", weighting=weighting, generation="vae").weighting.name == "mgda"


def pairwise() -> list[tuple[str, str, str]]:
    """Each weighting with each architecture and with each data set, though not with each pair of them."""
    data = ("wine_quality", "digits")
    found = [(w, a, data[(i + j) % 2]) for i, w in enumerate(WEIGHTINGS) for j, a in enumerate(SHARING)]
    return found + [
        (w, a, data[(i + j) % 2]) for i, w in enumerate(OF_LOSSES) for j, a in enumerate(("separate", "soft"))
    ]


@pytest.mark.parametrize(("name", "architecture", "dataset"), pairwise())
def test_a_few_steps_on_wine_and_digits(name: str, architecture: str, dataset: str) -> None:
    choice = {"name": architecture, "hidden": [8, 8], "channels": [4, 4]}
    session = opened(dataset, name, architecture=choice, batch_size=64, gradients={"every": 1})
    before = copied(session)
    for step in range(3):
        session.step = step
        numbers = take_step(session, batch_of(session, 64)).numbers
        assert torch.isfinite(numbers).all()
    state = copied(session)
    assert all(torch.isfinite(value.float()).all() for value in state.values())
    assert any(not torch.equal(value, before[key]) for key, value in state.items())
