"""Losses and gradients by formulas are those of the tape, and a forward pass is shared until something moves."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import torch

from mtl_core.datasets import DATASETS
from mtl_core.datasets.base import Progress, Samples
from mtl_core.evaluation import evaluate, evaluate_live
from mtl_core.explicit.graph import DenseGraph
from mtl_core.session import Session
from mtl_core.stepping import take_step
from mtl_core.tasks import Task
from mtl_core.weightings import WEIGHTINGS
from tests.engine.three import TinyThree, batch_of, copied, gradients, opened

CLOSE = {"rtol": 2e-5, "atol": 2e-6}
DENSE = ("hard", "soft", "partial", "separate")


class TinyFive(TinyThree):
    """The three tasks, one of three classes, and a second yes or no; kinds in no order."""

    name: Literal["tiny_five"] = "tiny_five"  # type: ignore[assignment]

    def tasks(self) -> tuple[Task, ...]:
        y, positive, z = super().tasks()
        return y, Task("third", "multiclass", ("a", "b", "c")), positive, z, Task("large", "binary", ("no", "yes"))

    def load(self, folder: Path, validation: float) -> Generator[Progress, None, Samples]:
        samples = yield from super().load(folder, validation)
        y = samples.targets["y"]
        samples.targets["third"] = np.digitize(y, np.quantile(y, (0.3, 0.6))).astype(np.int64)
        samples.targets["large"] = (np.abs(y) > 1).astype(np.int64)
        return samples


@pytest.fixture(autouse=True)
def five(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DATASETS, "tiny_five", TinyFive)


def pair(weighting: dict[str, Any], **fields: Any) -> tuple[Session, Session]:
    """The same run by formulas and by tape."""
    explicit, taped = (opened("tiny_five", weighting, **fields) for _ in range(2))
    assert explicit.explicit is not None
    taped.explicit = None
    return explicit, taped


def assert_same_steps(explicit: Session, taped: Session, steps: int = 3) -> None:
    for step in range(steps):
        both = []
        for session in (explicit, taped):
            session.step = 3 * step
            both.append(take_step(session, batch_of(session)))
        torch.testing.assert_close(both[0].numbers, both[1].numbers, **CLOSE)
        assert (both[0].gradients is None) == (both[1].gradients is None)
        for key, gradient in gradients(explicit).items():
            other = gradients(taped)[key]
            assert (gradient is None) == (other is None), key
            if gradient is not None and other is not None:
                torch.testing.assert_close(gradient, other, msg=lambda text, key=key: f"{key}: {text}", **CLOSE)
    for key, value in copied(explicit).items():
        torch.testing.assert_close(value, copied(taped)[key], msg=lambda text, key=key: f"{key}: {text}", **CLOSE)


@pytest.mark.parametrize(
    ("architecture", "name"),
    [
        (architecture, name)
        for architecture in DENSE
        for name, weighting in WEIGHTINGS.items()
        if architecture in ("hard", "partial") or not weighting.needs_gramian
    ],
)
def test_a_step_by_formulas_is_the_step_of_the_tape(name: str, architecture: str) -> None:
    fields = {"regularizers": [], "optimizer": {"name": "sgd", "lr": 0.02}, "class_weights": "balanced"}
    assert_same_steps(*pair({"name": name}, architecture=architecture, **fields))


@pytest.mark.parametrize("name", ["fixed", "stch", "pcgrad", "nash"])
@pytest.mark.parametrize("resting", [["z"], ["third", "large"], ["y", "third", "positive", "z"]])
def test_tasks_that_rest_have_no_part_in_it(name: str, resting: list[str]) -> None:
    lambdas = {task.name: 0.0 if task.name in resting else 0.8 for task in TinyFive().tasks()}
    fields = {"architecture": "partial", "optimizer": {"name": "adam", "lr": 0.02}}
    assert_same_steps(*pair({"name": name, "lambdas": lambdas}, **fields))


@pytest.mark.parametrize("name", ["fixed", "cagrad"])
def test_measured_gradients_penalties_and_clipping_are_the_same(name: str) -> None:
    terms = [{"name": "l2_distance", "strength": 0.3}]
    fields = {"architecture": "partial", "regularizers": terms, "optimizer": {"clip_norm": 0.5}}
    explicit, taped = pair({"name": name}, gradients={"every": 1}, **fields)
    assert_same_steps(explicit, taped)
    explicit, taped = pair({"name": name}, architecture="hard", gradients={"every": 1})
    found = [take_step(session, batch_of(session)).gradients for session in (explicit, taped)]
    assert found[0] is not None
    assert found[1] is not None
    for key in ("norms", "cosine", "similarity", "weights"):
        np.testing.assert_allclose(found[0][key], found[1][key], rtol=1e-4, atol=1e-5)
    assert found[0]["layers"].keys() == found[1]["layers"].keys()


def test_a_step_of_single_tasks_takes_theirs_alone() -> None:
    explicit, taped = pair({"name": "pcgrad"}, architecture="hard")
    for session in (explicit, taped):
        session.only = {"third", "z"}
    steps = [take_step(session, batch_of(session)) for session in (explicit, taped)]
    assert [step.only for step in steps] == [("third", "z")] * 2
    torch.testing.assert_close(steps[0].numbers, steps[1].numbers, **CLOSE)
    assert steps[0].after is not None
    assert steps[1].after is not None
    torch.testing.assert_close(steps[0].after, steps[1].after, **CLOSE)


def test_evaluations_say_the_same() -> None:
    explicit, taped = pair({"name": "fixed"}, architecture="partial", class_weights="balanced")
    for split in ("train", "validation"):
        found = [
            evaluate(s.network, s.splits[split], s.tasks, s.scalers, s.class_weights, final=True, preview=True,
                     explicit=s.explicit)
            for s in (explicit, taped)
        ]  # fmt: skip
        assert found[0].loss == pytest.approx(found[1].loss, rel=1e-5)
        for task, metrics in found[0].metrics.items():
            assert metrics == pytest.approx(found[1].metrics[task], rel=1e-5)
        for key, shown in found[0].predictions.items():
            np.testing.assert_allclose(shown, found[1].predictions[key], rtol=1e-4, atol=1e-5)


def test_a_preview_changes_no_number_and_shows_what_the_tape_would_show() -> None:
    explicit, taped = pair({"name": "fixed"}, architecture="hard")
    split = explicit.splits["validation"]
    found = {}
    for preview in (False, True):
        given = (explicit.network, split, explicit.tasks, explicit.scalers, explicit.class_weights)
        found[preview] = evaluate(*given, preview=preview, explicit=explicit.explicit)
    assert found[True].loss == found[False].loss
    assert found[True].metrics == found[False].metrics
    assert not found[False].predictions
    wanted = evaluate(taped.network, split, taped.tasks, taped.scalers, taped.class_weights, preview=True).predictions
    assert found[True].predictions.keys() == wanted.keys()
    for key, shown in found[True].predictions.items():
        assert shown.dtype == wanted[key].dtype
        np.testing.assert_allclose(shown, wanted[key], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("class_weights", ["none", "balanced"])
def test_splits_side_by_side_are_measured_as_each_by_itself_and_as_by_tape(class_weights: str) -> None:
    explicit, taped = pair({"name": "fixed"}, architecture="partial", class_weights=class_weights)
    assert explicit.explicit is not None
    splits = [explicit.splits[name] for name in ("train", "validation", "test")]
    for _ in range(2):
        together = evaluate_live(explicit.explicit, splits, explicit.tasks, explicit.scalers, [False, True, False])()
        assert [bool(found.predictions) for found in together] == [False, True, False]
        for split, found in zip(splits, together, strict=True):
            (alone,) = evaluate_live(explicit.explicit, [split], explicit.tasks, explicit.scalers, [False])()
            assert found.loss == pytest.approx(alone.loss, rel=1e-6)
            wanted = evaluate(taped.network, split, taped.tasks, taped.scalers, taped.class_weights)
            assert list(found.loss) == list(wanted.loss)
            assert found.loss == pytest.approx(wanted.loss, rel=1e-5)
            for task, metrics in wanted.metrics.items():
                assert found.metrics[task] == pytest.approx(metrics, rel=1e-5)
                assert alone.metrics[task] == pytest.approx(metrics, rel=1e-5)
        for session in (explicit, taped):
            take_step(session, batch_of(session))


class TinyAlike(TinyThree):
    """Two numbers of one unit: they are measured together as well."""

    name: Literal["tiny_alike"] = "tiny_alike"  # type: ignore[assignment]

    def tasks(self) -> tuple[Task, ...]:
        return Task("y", "regression", unit="m"), Task("z", "regression", unit="m")


def test_what_is_measured_over_all_tasks_is_that_of_the_tape(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DATASETS, "tiny_alike", TinyAlike)
    explicit, taped = (opened("tiny_alike", {"name": "fixed"}) for _ in range(2))
    assert explicit.explicit is not None
    splits = [explicit.splits[name] for name in ("train", "validation")]
    live = evaluate_live(explicit.explicit, splits, explicit.tasks, explicit.scalers, [False, False])()
    for split, found in zip(splits, live, strict=True):
        wanted = evaluate(taped.network, split, taped.tasks, taped.scalers, taped.class_weights)
        assert set(wanted.overall) == {"explained_variance", "explained_within"}
        assert found.overall == pytest.approx(wanted.overall, rel=1e-5)
        for task, metrics in wanted.metrics.items():
            assert found.metrics[task] == pytest.approx(metrics, rel=1e-5)


def test_a_forward_pass_is_made_once_a_batch_until_the_parameters_move(monkeypatch: pytest.MonkeyPatch) -> None:
    session = opened("tiny_five", "fixed", batch_size="full")
    explicit, passes = session.explicit, []
    assert explicit is not None
    forward = DenseGraph.forward
    monkeypatch.setattr(DenseGraph, "forward", lambda *given: passes.append(1) or forward(*given))
    train = session.splits["train"].whole
    explicit.outputs(train), explicit.losses(train), explicit.outputs(session.splits["validation"].whole)
    assert len(passes) == 2
    before = explicit.losses(train).clone()
    take_step(session, train)
    assert len(passes) == 2
    assert (explicit.losses(train) != before).all()
    assert len(passes) == 3


def test_a_checkpoint_brings_other_numbers() -> None:
    session = opened("tiny_five", "fixed")
    state, batch = session.state(), batch_of(session)
    state["network"] = {key: value + 0.1 for key, value in session.network.state_dict().items()}
    assert session.explicit is not None
    before = session.explicit.losses(batch)
    session.load_state(state)
    assert (session.explicit.losses(batch) != before).all()


@pytest.mark.parametrize(
    ("dataset", "fields"),
    [
        ("tiny_images", {}),
        ("tiny_five", {"architecture": {"name": "hard", "dropout": 0.1}}),
        ("tiny_five", {"architecture": {"name": "hard", "batch_norm": True}}),
        ("tiny_five", {"architecture": "cross_stitch"}),
        ("tiny_five", {"precision": "bf16"}),
    ],
)
def test_other_networks_take_the_tape(dataset: str, fields: dict[str, Any]) -> None:
    assert opened(dataset, "fixed", **fields).explicit is None
