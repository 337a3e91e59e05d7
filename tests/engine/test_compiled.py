"""Compiled runs: the same numbers, steered and resumed; what torch cannot compile goes on plainly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from mtl_core.acceleration import compiled
from mtl_core.control import Command
from mtl_core.spec import RunSpec
from mtl_core.trainer import train
from tests.engine.accelerated import QUIET, numbers
from tests.engine.conftest import Run
from tests.engine.test_trainer import At, last_state, steps

Make = Callable[..., RunSpec]
DROPOUT = {"name": "hard", "dropout": 0.2}


@pytest.fixture
def traced(monkeypatch: pytest.MonkeyPatch) -> None:
    """What torch traces is run as it is: as a compiled network, without the half minute that compiling takes."""
    monkeypatch.setattr(compiled, "BACKEND", "aot_eager")
    torch.compiler.reset()


@pytest.mark.usefixtures("traced")
def test_a_compiled_run_is_steered_paused_resumed_and_has_the_same_numbers(spec: Make, run: Run) -> None:
    orders = {
        3: [Command("set", "weighting.lambdas.bar", 0.0), Command("pause")],
        9: [Command("resume")],
        12: [Command("set", "weighting.lambdas.bar", 1.5), Command("set", "optimizer.lr", 0.002)],
    }
    fields = {
        "epochs": 5,
        "batch_size": 24,
        "architecture": {"name": "hard", "dropout": 0.2},
        "gradients": {"every": 4},
    }
    plain = run("tiny_images", At(dict(orders)), **fields)
    wanted = spec("tiny_images", acceleration="compile", **fields)
    fast = list(train(wanted, At(dict(orders))))
    assert fast[-1].values["acceleration"]["chosen"] == "fp32, compiled"
    assert numbers(fast) == pytest.approx(numbers(plain), rel=1e-4)
    cut = list(train(wanted, At({**orders, 14: [Command("stop")]})))
    schedule = [
        {"step": e.step, "field": e.values["field"], "value": e.values["new"]} for e in cut if e.kind == "change"
    ]
    rest = list(train(wanted.with_value("schedule", schedule), resume=last_state(cut)))
    assert [*numbers(cut), *numbers(rest)] == pytest.approx(numbers(plain), rel=1e-4)


@pytest.mark.usefixtures("traced")
def test_what_torch_cannot_compile_goes_on_plainly_and_says_why(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_compiler(forward: Any, **options: Any) -> Any:
        def outputs(*given: Any, **named: Any) -> Any:
            raise AssertionError("no C++ compiler")

        return outputs

    plain = run("tiny_images", **QUIET)
    monkeypatch.setattr(compiled.torch, "compile", no_compiler)
    events = run("tiny_images", acceleration="compile", **QUIET)
    assert steps(events) == steps(plain)
    assert events[-1].values["acceleration"]["why"] == "plain steps: torch could not compile it: no C++ compiler"


@pytest.mark.acceptance
def test_torch_compiles_a_network_here(run: Run) -> None:
    torch.compiler.reset()
    fields = {"architecture": DROPOUT, **QUIET}
    events = run("tiny_images", acceleration="compile", **fields)
    assert events[-1].values["acceleration"]["chosen"] == "fp32, compiled"
    assert numbers(events) == pytest.approx(numbers(run("tiny_images", **fields)), rel=1e-4)
