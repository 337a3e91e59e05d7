"""How steps are taken: the trial leaves no trace, a recorded step is steered, what cannot be done says why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from mtl_core.acceleration import stepper
from mtl_core.acceleration import trial as trial_of
from mtl_core.acceleration.decision import Measured, decide
from mtl_core.acceleration.trial import Trial
from mtl_core.acceleration.ways import Choice, Way
from mtl_core.control import Command
from mtl_core.devices import use_tensor_cores
from mtl_core.errors import SpecError
from mtl_core.spec import RunSpec
from mtl_core.trainer import train
from tests.engine.accelerated import QUIET, batches, everything, pictures, same, taken
from tests.engine.conftest import Run
from tests.engine.test_trainer import At, last_state, measures, steps

Make = Callable[..., RunSpec]
PATIENT = 600.0
"""Seconds that a trial of these tests may take: it ends long before, on a busy machine too."""


@pytest.fixture(autouse=True)
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial_of, "LEAST", 1)
    monkeypatch.setattr(trial_of, "MOST", 2)


STATES = pytest.mark.parametrize(
    "fields",
    [
        {},
        {"architecture": {"name": "hard", "dropout": 0.3}},
        {"weighting": "uncertainty", "optimizer": {"name": "sgd", "lr": 0.1}},
        {"weighting": "gradnorm", "architecture": "partial"},
    ],
    ids=["plain", "dropout", "sgd", "gradnorm"],
)


@STATES
@pytest.mark.parametrize("before", [0, 3])
def test_a_trial_leaves_no_trace(fields: dict[str, Any], before: int) -> None:
    session = pictures(**fields)
    given = batches(session)
    taken(session, given[:before])
    untouched = everything(session)
    trial = Trial(session, given, PATIENT)
    for way in (Way(), Way("bf16")):
        found = trial.measure(way)
        assert isinstance(found, Measured), found
        assert found.seconds > 0
        left = everything(session)
        new = {name: values for name, values in left.items() if name not in untouched}
        assert same({name: left[name] for name in untouched}, untouched)
        assert not any(values.any() for values in new.values()), "what an optimizer began to remember is 0 again"
    assert session.way == Way()


@STATES
@pytest.mark.parametrize("before", [0, 3])
def test_a_run_goes_on_after_a_trial_as_if_there_had_been_none(fields: dict[str, Any], before: int) -> None:
    plain, tried = pictures(**fields), pictures(**fields)
    given = batches(plain)
    assert torch.equal(taken(plain, given[:before]), taken(tried, given[:before]))
    Trial(tried, given, PATIENT).measure(Way("bf16"))
    assert torch.equal(taken(plain, given), taken(tried, given))


def test_a_trial_on_this_machine_chooses_and_tells_its_figures() -> None:
    session = pictures()
    choice = decide(Trial(session, batches(session), PATIENT).measure, ["fp32", "bf16"], [], left=1_000)
    assert set(choice.measured) == {"fp32", "bf16"}
    assert all(found["ms"] > 0 for found in choice.measured.values())
    assert choice.way.precision == "fp32" or choice.measured["bf16"]["ms"] * 1.1 <= choice.measured["fp32"]["ms"]


def test_a_trial_ends_when_its_time_is_over() -> None:
    session = pictures()
    trial = Trial(session, batches(session), 1e-6)
    assert isinstance(trial.measure(Way()), Measured)
    assert trial.measure(Way("bf16")) == "the trial's 1e-06 s were over"


def test_a_way_that_the_device_cannot_do_is_told() -> None:
    session = pictures()

    def broken(*given: Any) -> Any:
        raise RuntimeError("operation not permitted\nwhen capturing")

    untouched = everything(session)
    assert (
        Trial(session, batches(session), PATIENT, prepare=broken).measure(Way()) == "it failed: operation not permitted"
    )
    assert same(everything(session), untouched)


@pytest.fixture
def to_be_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run for which nothing is chosen yet, on any device."""
    open_choice = Choice(Way(), "to be measured", final=False)
    monkeypatch.setattr(stepper, "first_choice", lambda _: open_choice)
    monkeypatch.setattr(stepper, "trial_seconds", lambda _: 0.5)


@pytest.mark.usefixtures("to_be_measured")
def test_a_trial_on_the_way_is_told_kept_and_not_held_again(spec: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    held = []

    def decided(*given: Any) -> Choice:
        held.append(given[1:])
        return Choice(Way("bf16"), "a test says so", {"bf16": {"ms": 1.0}})

    monkeypatch.setattr(stepper, "decide", decided)
    wanted = spec("tiny_images", epochs=6, **QUIET)
    events = list(train(wanted, At({20: [Command("stop")]})))
    assert held == [(["fp32", "bf16"], ["compile"], 24 - 10)]
    assert events[1].values["acceleration"]["final"] is False
    told = [e for e in events if e.kind == "progress" and e.values["what"] == "acceleration"]
    assert [(e.step, e.values["chosen"], e.values["why"]) for e in told] == [(11, "bf16", "a test says so")]
    state = last_state(events)
    assert state["acceleration"]["device"] == "cpu"
    rest = list(train(wanted, resume=state))
    assert len(held) == 1
    assert rest[1].values["acceleration"]["chosen"] == "bf16"
    assert last_state(rest)["acceleration"]["measured"] == {"bf16": {"ms": 1.0}}


@pytest.mark.usefixtures("to_be_measured")
def test_a_run_that_is_soon_over_has_no_trial(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stepper, "trial_seconds", lambda _: 0.0)
    events = run("tiny_images", epochs=6, **QUIET)
    assert "a trial would not pay" in last_state(events)["acceleration"]["why"]


def test_on_the_cpu_nothing_is_changed_and_the_run_says_so(run: Run) -> None:
    for dataset, why in (("tiny_images", "bit for bit"), ("tiny_table", "by formulas")):
        auto, none = run(dataset), run(dataset, acceleration="none", precision="fp32")
        assert why in auto[1].values["acceleration"]["why"]
        assert auto[1].values["acceleration"]["chosen"] == "fp32"
        assert "acceleration" not in auto[-1].values, "the result is the contract's where nothing was to be chosen"
        assert steps(auto) == steps(none)
        assert measures(auto) == measures(none)


@pytest.mark.parametrize(
    ("dataset", "wanted", "rule"),
    [
        ("tiny_table", "compile", "formulas"),
        ("tiny_table", "cuda_graph", "formulas"),
        ("tiny_images", "cuda_graph", "needs a CUDA device"),
    ],
)
def test_what_means_nothing_is_refused(run: Run, dataset: str, wanted: str, rule: str) -> None:
    with pytest.raises(SpecError, match=rule) as refused:
        run(dataset, acceleration=wanted, device="cpu")
    assert [problem.field for problem in refused.value.problems] == ["acceleration"]


def test_a_method_of_gradients_is_not_compiled_and_says_why(run: Run) -> None:
    fields = {"weighting": "mgda", **QUIET}
    events = run("tiny_images", acceleration="compile", **fields)
    assert "mgda takes one pass back a task" in events[1].values["acceleration"]["why"]
    assert steps(events) == steps(run("tiny_images", **fields))


def test_only_cuda_rounds_matrices_and_only_where_fp32_was_not_asked_for() -> None:
    cudnn = torch.backends.cudnn.allow_tf32
    try:
        rules = (("cuda", "auto", "high"), ("cpu", "auto", "highest"), ("cuda", "fp32", "highest"))
        for device, precision, found in rules:
            use_tensor_cores(torch.device(device), precision)
            assert torch.get_float32_matmul_precision() == found, (device, precision)
            assert torch.backends.cudnn.allow_tf32 is (precision == "auto")
    finally:
        torch.set_float32_matmul_precision("highest")
        torch.backends.cudnn.allow_tf32 = cudnn
