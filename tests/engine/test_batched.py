"""Runs that train together have the numbers of runs by themselves: in float64 to 1e-10, whatever they differ in."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
import torch

from mtl_core.batched.rules import MOST, key, most_together, why_alone
from mtl_core.batched.trainer import UNSTEERABLE, CannotStack, Together, train_together
from mtl_core.batches import TensorSplit
from mtl_core.control import Command, Control
from mtl_core.datasets import DATASETS
from mtl_core.events import Event
from mtl_core.opening import build_optimizer, open_session, sibling
from mtl_core.reporting import Reporter
from mtl_core.session import Session
from mtl_core.spec import RunSpec, parse_spec
from mtl_core.stepping import take_step
from mtl_core.trainer import train
from tests.engine.loading import finished
from tests.engine.three import TinyThree

Steps = 12
RUNS: list[dict[str, Any]] = [
    {"seed": 1, "lambdas": {"y": 0.5, "positive": 0.5, "z": 1.0}, "lr": 0.01},
    {"seed": 1, "lambdas": {"y": 2.0, "positive": 0.0, "z": 0.3}, "lr": 0.02},
    {"seed": 7, "lambdas": {"y": 0.5, "positive": 0.5, "z": 0.0}, "lr": 0.005},
]
FIELDS: dict[str, dict[str, Any]] = {
    "hard": {"architecture": "hard"},
    "separate": {"architecture": "separate"},
    "soft, tied": {"architecture": "soft", "regularizers": [{"name": "l2_distance", "strength": 0.3}]},
    "partial, tied": {"architecture": "partial", "regularizers": [{"name": "l2_distance", "strength": 0.3}]},
    "partial, free": {"architecture": "partial", "regularizers": []},
    "linear": {"architecture": {"name": "separate", "hidden": []}, "regularizers": []},
    "batches": {"batch_size": 10},
    "batches of a rest": {"batch_size": 7, "lr_schedule": {"name": "one_cycle"}},
    "adamw": {"optimizer": {"name": "adamw", "weight_decay": 0.1}},
    "adam with decay": {"optimizer": {"name": "adam", "weight_decay": 0.1}},
    "sgd": {"optimizer": {"name": "sgd", "momentum": 0.0, "weight_decay": 0.01}},
    "sgd with momentum": {"optimizer": {"name": "sgd", "momentum": 0.9}},
    "clipped": {"optimizer": {"clip_norm": 0.05}, "lr_schedule": {"name": "cosine"}},
    "standardized": {"dataset": {"name": "tiny_three", "target_scaling": "standardize"}},
    "balanced": {"class_weights": "balanced"},
    "uncertainty": {"weighting": "uncertainty"},
    "imtl_l": {"weighting": "imtl_l"},
    "dwa": {"weighting": "dwa", "batch_size": 20},
    "rlw": {"weighting": "rlw"},
    "stch": {"weighting": "stch"},
}


@pytest.fixture(autouse=True)
def three(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DATASETS, "tiny_three", TinyThree)


def specs(fields: dict[str, Any], runs: list[dict[str, Any]] = RUNS) -> list[RunSpec]:
    found = []
    for run in runs:
        raw = {"dataset": {"name": "tiny_three"}, "epochs": 4, "gradients": {"every": 0}, "device": "cpu"} | fields
        weighting = {"name": fields.get("weighting", "fixed"), "lambdas": run["lambdas"]}
        optimizer = fields.get("optimizer", {}) | {"lr": run["lr"]}
        found.append(parse_spec(raw | {"seed": run["seed"], "weighting": weighting, "optimizer": optimizer}))
    return found


def doubled(session: Session) -> Session:
    """The same run in float64."""
    session.network.double()
    session.optimizer = build_optimizer(session.spec, session.network)
    if session.explicit is not None:
        session.explicit.laid_elsewhere()
    session.splits = {name: in_double(split) for name, split in session.splits.items()}
    session.train_sample = in_double(session.train_sample)
    weights = session.class_weights
    weights.update({task: None if found is None else found.double() for task, found in weights.items()})
    return session


def in_double(split: TensorSplit) -> TensorSplit:
    targets = {name: v.double() if v.is_floating_point() else v for name, v in split.targets.items()}
    return replace(split, inputs={name: v.double() for name, v in split.inputs.items()}, targets=targets)


def alone(spec: RunSpec) -> tuple[Session, list[torch.Tensor]]:
    """A run by itself in float64: its session after some steps, and what they said."""
    session, said = doubled(finished(open_session(spec))), []
    reporter = Reporter(session)
    for _ in range(Steps):
        said.append(take_step(session, reporter.next_batch()).numbers)
        session.step += 1
    return session, said


@pytest.mark.parametrize("fields", FIELDS.values(), ids=FIELDS)
def test_in_float64_they_agree_to_1e_10(fields: dict[str, Any]) -> None:
    chosen = specs(fields)
    assert [why_alone(spec) for spec in chosen] == [None] * 3
    first = finished(open_session(chosen[0]))
    together = Together([doubled(session) for session in (first, *(sibling(first, spec) for spec in chosen[1:]))])
    for _ in range(Steps):
        together.take_step()
    exact = {"rtol": 1e-10, "atol": 1e-10}
    learned = "weighting" in fields and fields["weighting"] != "stch"
    for place, spec in enumerate(chosen):
        by_itself, said = alone(spec)
        session = together.update(place)
        logged = torch.stack([rows[place].double() for rows in together.log._numbers])
        if learned:  # what a method remembers is float32
            exact = {"rtol": 1e-5, "atol": 1e-6}
        torch.testing.assert_close(logged, torch.stack(said).double(), **exact)
        for name, value in by_itself.network.state_dict().items():
            torch.testing.assert_close(session.network.state_dict()[name], value, msg=f"{place} {name}", **exact)
        for parameter, twin in zip(by_itself.network.parameters(), session.network.parameters(), strict=True):
            assert_same_state(by_itself.optimizer.state[parameter], session.optimizer.state[twin], exact)


def assert_same_state(wanted: dict[str, Any], found: dict[str, Any], exact: dict[str, float]) -> None:
    kept = {name: value for name, value in wanted.items() if value is not None}
    assert kept.keys() == found.keys()
    for name, value in kept.items():
        torch.testing.assert_close(found[name].double(), value.double(), **exact)


def told(chosen: list[RunSpec], controls: list[Control] | None = None) -> list[list[Event]]:
    """Events per run."""
    found: list[list[Event]] = [[] for _ in chosen]
    for place, event in train_together(chosen, controls):
        found[place].append(event)
    return found


@pytest.mark.parametrize("fields", [{}, {"batch_size": 10, "architecture": "soft"}], ids=["full", "batches, soft"])
def test_each_has_the_events_of_a_run_by_itself(fields: dict[str, Any]) -> None:
    chosen = specs(fields | {"evaluate_every": 2})
    for spec, events in zip(chosen, told(chosen), strict=True):
        wanted = list(train(spec))
        kinds = Counter(event.kind for event in wanted)
        assert Counter(event.kind for event in events) | Counter(preview=kinds["preview"]) == kinds
        pairs = [
            (e, w) for kind in ("step", "evaluation") for e, w in zip(of(events, kind), of(wanted, kind), strict=True)
        ]
        for event, other in pairs:
            assert (event.step, event.epoch) == (other.step, other.epoch)
            assert close(event.values.get("loss"), other.values.get("loss"))
            assert close(event.values.get("metrics"), other.values.get("metrics"))
            assert close(event.values.get("weights"), other.values.get("weights"))
        result, other = events[-1].values, wanted[-1].values
        assert (result["engine"], result["together"], other["engine"]) == ("batched", 3, "single")
        assert close(result["metrics"], other["metrics"])
        assert of(events, "started")[0].values["engine"] == "batched"


def of(events: list[Event], kind: str) -> list[Event]:
    return [event for event in events if event.kind == kind]


def close(found: Any, wanted: Any) -> bool:
    """Whether nested numbers agree to what float32 leaves."""
    if isinstance(wanted, dict):
        return set(found) == set(wanted) and all(close(found[name], value) for name, value in wanted.items())
    return found == wanted if wanted is None else math.isclose(found, wanted, rel_tol=2e-4, abs_tol=1e-5)


def test_a_run_goes_on_alone_from_the_checkpoint_of_a_batched_one() -> None:
    chosen = specs({"optimizer": {"name": "adam", "weight_decay": 0.01}})
    state = of(told(chosen)[0], "checkpoint")[-1].payload
    longer = chosen[0].model_copy(update={"epochs": 8})
    resumed, whole = list(train(longer, resume=state)), list(train(longer))
    assert close(of(resumed, "step")[-1].values["loss"], of(whole, "step")[-1].values["loss"])
    assert resumed[-1].values["steps"] == 8


def test_one_is_stopped_and_the_others_go_on() -> None:
    controls = [Control() for _ in RUNS]
    controls[1].send(Command("stop"))
    controls[2].send(Command("set", "optimizer.lr", 0.1))
    controls[2].send(Command("pause"))
    events = told(specs({}), controls)
    assert [run[-1].kind for run in events] == ["finished", "stopped", "finished"]
    assert events[1][-1].values["steps"] == 0
    rejected = [e.values for e in of(events[2], "progress") if e.values["what"] == "rejected"]
    assert [(values["field"], values["rule"]) for values in rejected] == [
        ("optimizer.lr", UNSTEERABLE),
        ("pause", UNSTEERABLE),
    ]


def test_one_that_diverges_ends_alone() -> None:
    runs = [RUNS[0], RUNS[0] | {"lr": 100}, RUNS[2]]
    events = told(specs({"optimizer": {"name": "sgd"}, "epochs": 40}, runs))
    assert [run[-1].kind for run in events] == ["finished", "failed", "finished"]
    failed = events[1][-1].values
    assert failed["step"] > 1
    assert "task" in failed["where"]
    wanted = list(train(specs({"optimizer": {"name": "sgd"}, "epochs": 40}, runs)[0]))[-1].values
    assert close(events[0][-1].values["metrics"], wanted["metrics"])


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"weighting": "mgda"}, "own gradients"),
        ({"weighting": "famo"}, "own gradients"),
        ({"architecture": {"name": "hard", "dropout": 0.2}}, "more than a layer"),
        ({"architecture": {"name": "hard", "batch_norm": True}}, "more than a layer"),
        ({"architecture": "cross_stitch"}, "more than a layer"),
        ({"regularizers": [{"name": "nuclear_norm"}], "architecture": "soft"}, "run by run"),
        ({"schedule": [{"step": 1, "field": "optimizer.lr", "value": 0.1}]}, "schedule"),
    ],
)
def test_what_trains_alone_says_why(fields: dict[str, Any], words: str) -> None:
    raw = {"dataset": {"name": "tiny_three"}, "epochs": 1} | fields
    chosen = [parse_spec(raw), parse_spec(raw | {"seed": 1})]
    assert words in str(why_alone(chosen[0]))
    with pytest.raises(CannotStack, match=words):
        next(train_together(chosen))


def test_pictures_and_samples_of_their_own_train_alone() -> None:
    assert "other than a table" in str(why_alone(parse_spec({"dataset": "digits", "tasks": ["digit"]})))
    assert "masks" in str(why_alone(parse_spec({"dataset": "digits"})))
    assert "samples of their own" in str(why_alone(parse_spec({"dataset": "school"})))


def test_only_the_free_fields_may_differ() -> None:
    one, other, unlike = specs({})[0], specs({})[1], specs({"epochs": 5})[0]
    soft = [
        specs({"architecture": "soft", "regularizers": [{"name": "l2_distance", "strength": s}]})[0] for s in (0, 1)
    ]
    assert key(one.model_dump(mode="json")) == key(other.model_dump(mode="json"))
    assert key(one.model_dump(mode="json")) != key(unlike.model_dump(mode="json"))
    assert key(soft[0].model_dump(mode="json")) == key(soft[1].model_dump(mode="json"))
    with pytest.raises(CannotStack, match="differ in more"):
        next(train_together([one, unlike]))


def test_a_stack_fits_into_the_cache() -> None:
    wine = parse_spec({"dataset": "wine_quality"})
    assert most_together(wine, 1023) == 8
    assert most_together(wine.model_copy(update={"batch_size": 64}), 1023) == MOST
    assert most_together(wine, 10**6) == 1
