"""A recorded step: steered by what is written before a replay; odd steps are taken plainly.

There is no GPU in these tests: what stands for a recording does the step whenever it is replayed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from mtl_core.acceleration import graph, stepper
from mtl_core.acceleration.graph import Captured, Recorded
from mtl_core.acceleration.ways import Choice, Way
from mtl_core.batches import Batch
from mtl_core.control import Command
from tests.engine.accelerated import QUIET, batches, numbers, pictures, pretended, taken
from tests.engine.conftest import Run
from tests.engine.test_trainer import At, last_state


@pytest.fixture
def without_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph, "record", pretended)


@pytest.mark.parametrize("name", ["hard", "soft", "mtan", "cross_stitch"])
@pytest.mark.usefixtures("without_gpu")
def test_a_recorded_step_follows_batches_lambda_gamma_rate_and_seed(name: str) -> None:
    fields = {"architecture": {"name": name, "dropout": 0.2}, "lr_schedule": "one_cycle"}
    plain, replayed = pictures(**fields), pictures(**fields)
    given = batches(plain)
    captured = Captured(replayed, given[0])
    orders = [("weighting.lambdas.bar", 2.0), ("optimizer.lr", 0.003)]
    orders += [("regularizers.0.strength", 0.5)] if name == "soft" else []
    rounds = [(taken(plain, given), taken(replayed, given, captured.take))]
    for field, value in orders:
        plain.change(field, value), replayed.change(field, value)
        rounds.append((taken(plain, given), taken(replayed, given, captured.take)))
    for expected, found in rounds:
        assert torch.allclose(expected, found, rtol=1e-5, atol=1e-7)


@pytest.mark.usefixtures("without_gpu")
def test_odd_batches_and_other_regularizers_do_not_fit_a_recorded_step() -> None:
    session = pictures(architecture="soft")
    whole, odd = batches(session)[0], session.splits["train"].take(slice(0, 9))
    captured = Captured(session, whole)
    assert captured.fits(whole)
    assert not captured.fits(odd)
    session.change("regularizers.0.strength", 0.0)
    assert not captured.fits(whole)


class Counted(Captured):
    """Counts what is captured and replayed."""

    made, replayed = 0, 0

    def __init__(self, *given: Any) -> None:
        Counted.made += 1
        super().__init__(*given)

    def take(self, batch: Batch) -> Any:
        Counted.replayed += 1
        return super().take(batch)


def graphs_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Graphs are wanted, and to be had here too, and counted."""
    Counted.made = Counted.replayed = 0
    monkeypatch.setattr(graph, "record", pretended)
    monkeypatch.setattr("mtl_core.acceleration.taking.Captured", Counted)
    wanted = Choice(Way("fp32", "cuda_graph"), "a test wants it")
    monkeypatch.setattr(stepper, "first_choice", lambda _: wanted)


def test_a_run_of_replays_has_the_numbers_of_a_plain_one(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    orders = {
        3: [Command("set", "weighting.lambdas.bar", 0.0)],
        5: [Command("set", "weighting.lambdas.bar", 1.5)],
        8: [Command("set", "optimizer.lr", 0.002), Command("set", "only.mask", 1.0)],
    }
    fields = {"epochs": 4, "batch_size": 24, "gradients": {"every": 5}}
    plain = run("tiny_images", At(dict(orders)), **fields)
    graphs_everywhere(monkeypatch)
    fast = run("tiny_images", At(dict(orders)), **fields)
    assert Counted.made == 1
    odd, resting, measured, alone = {2, 5, 8, 11}, {3, 4}, {0, 5, 10}, {8}
    assert Counted.replayed == 12 - len(odd | resting | measured | alone)
    assert numbers(fast) == pytest.approx(numbers(plain), rel=1e-4)


def test_a_regularizer_that_begins_to_act_is_captured_anew(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    orders = {2: [Command("set", "regularizers.0.strength", 0.0)], 4: [Command("set", "regularizers.0.strength", 1.0)]}
    fields = {"epochs": 2, "architecture": "soft", **QUIET}
    plain = run("tiny_images", At(dict(orders)), **fields)
    graphs_everywhere(monkeypatch)
    fast = run("tiny_images", At(dict(orders)), **fields)
    assert Counted.made == 3
    assert numbers(fast) == pytest.approx(numbers(plain), rel=1e-4)


def test_a_capture_that_fails_is_told_and_the_run_goes_on(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = run("tiny_images", **QUIET)
    graphs_everywhere(monkeypatch)

    def broken(step: Callable[[], Tensor]) -> Recorded:
        raise RuntimeError("operation not permitted when stream is capturing")

    monkeypatch.setattr(graph, "record", broken)
    events = run("tiny_images", **QUIET)
    assert numbers(events) == numbers(plain)
    told = [e.values for e in events if e.kind == "progress" and e.values["what"] == "acceleration"]
    assert [values["why"] for values in told] == [
        "plain steps: it failed: operation not permitted when stream is capturing"
    ]
    assert last_state(events)["acceleration"]["chosen"] == "fp32"
