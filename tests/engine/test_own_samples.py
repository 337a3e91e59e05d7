"""Tasks with samples of their own: missing targets, rows by task, batch policies, linear models, several inputs."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import pytest
import torch

from mtl_core.batches import drawn, epoch_order, quotas, sources
from mtl_core.blocks import Vector
from mtl_core.datasets import DATASETS
from mtl_core.datasets.base import Dataset, Preview, Progress, Samples
from mtl_core.encoders import InputSpec
from mtl_core.errors import SpecError
from mtl_core.spec import RunSpec, parse_spec
from mtl_core.stepping import take_step
from mtl_core.tasks import Task
from mtl_core.trainer import train
from tests.engine.loading import finished
from tests.engine.tiny import CARD, splits


class TinySources(Dataset):
    """``a`` has targets in rows 0, 3, 6 …, ``b`` in the others; ``c`` in none of the training rows."""

    name: Literal["tiny_sources"] = "tiny_sources"
    card: ClassVar[Any] = CARD
    recommended: ClassVar[Mapping[str, Any]] = {"epochs": 3, "architecture": {"hidden": [6]}, "tasks": ["a", "b"]}

    def inputs(self) -> dict[str, InputSpec]:
        return {"table": InputSpec("table", Vector(4))}

    def tasks(self) -> tuple[Task, ...]:
        return (Task("a", "regression"), Task("b", "regression"), Task("c", "binary", ("no", "yes")))

    def sizes(self, validation: float) -> dict[str, int]:
        return {"train": 64, "validation": 16, "test": 16}

    def load(self, folder: Path, validation: float) -> Generator[Progress, None, Samples]:
        yield Progress("making rows", 96, 96, "rows")
        random = np.random.default_rng(0)
        x = random.normal(size=(96, 4)).astype(np.float32)
        y = (x @ np.array([1, -2, 0.5, 0.3])).astype(np.float32)
        third = np.arange(96) % 3 == 0
        x[5, 1] = np.nan
        c = np.where(np.arange(96) >= 64, (y > 0).astype(np.int64), -1)
        nothing = np.float32(np.nan)
        targets = {"a": np.where(third, y, nothing), "b": np.where(third, nothing, -y), "c": c}
        return Samples({"table": x}, targets, splits(), "generated")

    def preview(self, folder: Path) -> Preview:
        return Preview("generated", ("x",), ((1,),))


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DATASETS, "tiny_sources", TinySources)


def spec(**fields: Any) -> RunSpec:
    return parse_spec({"dataset": {"name": "tiny_sources"}, "device": "cpu", **fields})


def session_of(spec: RunSpec) -> Any:
    from mtl_core.opening import open_session

    return finished(open_session(spec))


def test_a_missing_table_value_is_the_training_mean() -> None:
    session = session_of(spec())
    assert session.splits["train"].inputs["table"][5, 1].item() == 0


def test_each_task_learns_from_its_own_rows_alone() -> None:
    """The step's gradient is that of Σ λ_i mean over the rows of task i of (ŷ − y)²."""
    session = session_of(spec(optimizer={"name": "sgd", "lr": 0.1, "momentum": 0}))
    batch = session.splits["train"].take(slice(None))
    assert {name: len(found) for name, found in batch.rows.items()} == {"a": 22, "b": 42}
    whole = session.network(batch.inputs)
    loss = sum(
        0.5 * (whole[task].squeeze(1)[batch.rows[task]] - batch.targets[task]).square().mean() for task in ("a", "b")
    )
    wanted = torch.autograd.grad(loss, list(session.network.parameters()))
    take_step(session, batch)
    for parameter, gradient in zip(session.network.parameters(), wanted, strict=True):
        torch.testing.assert_close(parameter.grad, gradient, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("architecture", ["separate", "hard", "soft", "partial"])
@pytest.mark.parametrize("batch_norm", [False, True])
def test_every_architecture_takes_rows_by_task(architecture: str, batch_norm: bool) -> None:
    choice = {"name": architecture, "hidden": [6, 5], "batch_norm": batch_norm}
    session = session_of(spec(architecture=choice))
    session.network.set_mode(training=False)
    batch = session.splits["train"].take(slice(None))
    some, whole = session.network(batch.inputs, batch.rows), session.network(batch.inputs)
    for task in ("a", "b"):
        torch.testing.assert_close(some[task], whole[task][batch.rows[task]])
    events = list(train(spec(architecture=choice, batch_size=8)))
    assert events[-1].kind == "finished"


def test_a_task_without_a_row_in_a_batch_rests_and_is_left_out_of_the_event() -> None:
    session = session_of(spec(batch_size=4))
    before = {name: value.clone() for name, value in session.network.state_dict().items()}
    only_b = session.splits["train"].take(torch.tensor([1, 2, 4, 5]))
    numbers = take_step(session, only_b).numbers
    assert numbers[4:6].tolist() == [0, 1]
    after = session.network.state_dict()
    assert all(torch.equal(before[k], after[k]) for k in before if k.startswith("parts.a/"))
    assert not all(torch.equal(before[k], after[k]) for k in before if k.startswith("parts.b/"))
    losses = [set(e.values["loss"]) for e in train(spec(batch_size=2, epochs=1)) if e.kind == "step"]
    assert {"a"} in losses
    assert {"b"} in losses


def test_a_task_without_training_rows_is_measured_where_it_has_rows() -> None:
    events = list(train(spec(tasks=["a", "c"], epochs=1)))
    result = events[-1].values
    assert result["metrics"]["train"]["c"] == {"accuracy": None, "f1": None, "auroc": None}
    assert result["metrics"]["test"]["c"]["accuracy"] is not None


def test_rows_without_a_target_of_the_chosen_tasks_are_left_out() -> None:
    result = list(train(spec(tasks=["a"], epochs=1)))[-1].values
    assert result["data"]["sizes"] == {"train": 22, "validation": 5, "test": 5}


def test_previews_say_which_rows_a_task_has() -> None:
    events = [e for e in train(spec(epochs=1)) if e.kind == "preview" and e.values["split"] == "test"]
    truth, shown = (e.payload for e in events)
    assert truth["shown.a"].tolist() == [1, 4, 7, 10, 13]
    assert len(truth["target.a"]) == len(shown["prediction.a"]) == 5
    assert len(truth["target.b"]) == len(shown["prediction.b"]) == 11


def test_metrics_are_those_of_the_rows_that_are_there() -> None:
    events = list(train(spec(epochs=2)))
    truth, shown = (e.payload for e in events if e.kind == "preview" and e.values["split"] == "test")
    wanted = float(np.square(truth["target.b"] - shown["prediction.b"]).mean())
    assert events[-1].values["metrics"]["test"]["b"]["mse"] == pytest.approx(wanted, rel=1e-5)


def test_quotas_golden() -> None:
    assert quotas([1599, 4898], 1.0) == [1599, 4898]
    assert quotas([1599, 4898], 0.0) == [3249, 3248]
    assert quotas([100, 400], 0.5) == [167, 333]
    assert sum(quotas([3, 1, 1], 0.3)) == 5


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0])
def test_an_epoch_draws_each_source_as_often_as_its_quota(exponent: float) -> None:
    parts = [torch.arange(0, 30), torch.arange(30, 100)]
    rows = drawn(parts, exponent, torch.Generator().manual_seed(1))
    counts = torch.bincount(rows, minlength=100)
    assert [int(counts[:30].sum()), int(counts[30:].sum())] == quotas([30, 70], exponent)
    for part in parts:  # no row again before all others of its source were drawn
        assert counts[part].max() - counts[part].min() <= 1


def test_sources_are_the_rows_with_the_same_tasks() -> None:
    parts = sources(session_of(spec()).splits["train"])
    assert sorted(len(part) for part in parts) == [22, 42]
    assert sorted(torch.cat(parts).tolist()) == list(range(64))
    again = epoch_order(parts, 8, seed=1, epoch=4, exponent=0.0)
    assert all(torch.equal(a, b) for a, b in zip(again, epoch_order(parts, 8, 1, 4, 0.0), strict=True))


@pytest.mark.parametrize("policy", ["proportional", "equal", "temperature"])
def test_runs_with_each_policy_repeat_bit_for_bit(policy: str) -> None:
    made = spec(batch_policy=policy, batch_size=16)
    first, second = ([e.values["loss"] for e in train(made) if e.kind == "step"] for _ in range(2))
    assert first == second
    assert len(first) == 12


@pytest.mark.parametrize("architecture", ["separate", "hard", "soft", "partial"])
def test_without_hidden_layers_every_task_is_a_linear_model(architecture: str) -> None:
    made = spec(
        architecture={"name": architecture, "hidden": []}, regularizers=[{"name": "l2_distance", "strength": 1}]
    )
    assert made.layout().parameter_counts() == {"shared": 0, "per_task": {"a": 5, "b": 5}}
    events = list(train(made))
    assert events[-1].kind == "finished"
    assert next(e for e in events if e.kind == "step").values["penalty"] > 0


def test_the_last_word_on_inputs_and_splits_is_checked() -> None:
    with pytest.raises(SpecError, match="unknown input of tiny_sources; known: table"):
        spec(dataset={"name": "tiny_sources", "modalities": ["sound"]})
    with pytest.raises(SpecError, match="fold must be below folds = 5"):
        spec(dataset={"name": "tiny_sources", "split": {"name": "kfold", "fold": 5}})


def test_explained_variance_over_all_tasks_is_that_of_the_pooled_rows() -> None:
    events = list(train(spec(epochs=2)))
    truth, shown = (e.payload for e in events if e.kind == "preview" and e.values["split"] == "test")
    y = np.concatenate([truth["target.a"], truth["target.b"]]).astype(float)
    error = np.concatenate([shown["prediction.a"], shown["prediction.b"]]) - y
    wanted = 1 - float(np.square(error).sum() / np.square(y - y.mean()).sum())
    found = events[-1].values["overall"]["test"]
    assert found["explained_variance"] == pytest.approx(wanted, rel=1e-5)
    parts = [truth[f"target.{task}"].astype(float) for task in ("a", "b")]
    within = 1 - float(np.square(error).sum() / sum(np.square(part - part.mean()).sum() for part in parts))
    assert found["explained_within"] == pytest.approx(within, rel=1e-5)
    assert "overall" not in list(train(spec(tasks=["a", "c"], epochs=1)))[-1].values
