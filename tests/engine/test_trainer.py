"""The training loop: same numbers, steering, stopping, resuming, ending."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch

from mtl_core import pacing, reporting
from mtl_core.control import Command, Control
from mtl_core.errors import DataError
from mtl_core.events import Event
from mtl_core.spec import RunSpec
from mtl_core.trainer import train
from tests.engine.conftest import Run

Make = Callable[..., RunSpec]
BOTH = pytest.mark.parametrize("dataset", ["tiny_table", "tiny_images"])
ARCHITECTURES = pytest.mark.parametrize("name", ["separate", "hard", "soft", "partial"])


def steps(events: list[Event]) -> list[tuple[int, Any, float]]:
    """What must be equal in equal runs: losses, weights and total of each step."""
    return [(e.step, e.values["loss"] | e.values["weights"], e.values["total"]) for e in events if e.kind == "step"]


def measures(events: list[Event]) -> list[Any]:
    return [(e.step, e.values) for e in events if e.kind == "evaluation"]


def last_state(events: list[Event]) -> dict[str, Any]:
    payload = [e for e in events if e.kind == "checkpoint"][-1].payload
    assert payload is not None
    return payload


class At(Control):
    """A control that sends commands once so many steps are done, told by the events seen."""

    def __init__(self, orders: dict[int, list[Command]]) -> None:
        super().__init__()
        self.orders, self.polls = orders, 0

    def poll(self) -> list[Command]:
        commands = self.orders.get(self.polls, [])
        self.polls += 1
        return commands


@BOTH
@ARCHITECTURES
def test_same_spec_and_seed_give_the_same_numbers_bit_for_bit(run: Run, dataset: str, name: str) -> None:
    fields = {"architecture": {"name": name, "dropout": 0.2}, "batch_size": 16}
    first, second = run(dataset, **fields), run(dataset, **fields)
    assert steps(first) == steps(second)
    assert measures(first) == measures(second)
    for a, b in zip(last_state(first)["network"].values(), last_state(second)["network"].values(), strict=True):
        assert torch.equal(a, b)


def test_another_seed_gives_other_numbers(run: Run) -> None:
    assert steps(run(seed=1)) != steps(run(seed=2))


@BOTH
def test_events_come_in_order_and_end_with_the_result(run: Run, dataset: str) -> None:
    events = run(dataset)
    kinds = [event.kind for event in events]
    assert kinds[:2] == ["progress", "started"]
    assert kinds[-2:] == ["checkpoint", "finished"]
    result = events[-1].values
    assert result["status"] == "finished"
    assert result["error"] is None
    assert result["steps"] == events[1].values["total_steps"] == len(steps(events))
    assert result["data"] == {
        "name": dataset,
        "source": "generated",
        "sizes": {"train": 64, "validation": 16, "test": 16},
    }
    assert [e.values["split"] for e in events if e.kind == "evaluation"].count("test") == 1
    assert all(
        set(result["metrics"][split]) == {t["name"] for t in events[1].values["tasks"]} for split in result["metrics"]
    )


def test_ranking_metrics_come_at_the_end_only(run: Run) -> None:
    *live, last = [e for e in run() if e.kind == "evaluation" and e.values["split"] == "validation"]
    assert all("auroc" not in e.values["metrics"]["positive"] for e in live)
    assert 0 <= last.values["metrics"]["positive"]["auroc"] <= 1


def test_training_learns(run: Run) -> None:
    table = run(epochs=150)[-1].values["metrics"]["test"]
    assert table["y"]["r2"] > 0.95
    assert table["positive"]["accuracy"] > 0.9
    images = run("tiny_images", epochs=12)[-1].values["metrics"]["test"]
    assert images["bar"]["accuracy"] == 1
    assert images["mask"]["miou"] > 0.9


@BOTH
@pytest.mark.parametrize(
    "options", [{}, {"architecture": {"name": "partial", "dropout": 0.3}, "lr_schedule": "one_cycle"}]
)
def test_resume_goes_on_exactly(spec: Make, run: Run, dataset: str, options: dict[str, Any]) -> None:
    fields = {"batch_size": 24, "optimizer": {"name": "sgd", "lr": 0.05}, **options}
    whole = run(dataset, **fields)
    cut = At({5: [Command("stop")]})
    stopped = run(dataset, control=cut, **fields)
    assert stopped[-1].kind == "stopped"
    assert stopped[-1].values["metrics"]["test"] is None
    rest = list(train(spec(dataset, **fields), resume=last_state(stopped)))
    assert steps(stopped) + steps(rest) == steps(whole)
    assert rest[-1].values["metrics"] == whole[-1].values["metrics"]


def test_a_change_acts_before_the_next_step_and_replay_gives_the_same_numbers(spec: Make, run: Run) -> None:
    orders = {2: [Command("set", "weighting.lambdas.y", 3.0)], 4: [Command("set", "optimizer.lr", 0.001)]}
    steered = run("tiny_table", control=At(orders), batch_size=16)
    changes = [(e.step, e.values) for e in steered if e.kind == "change"]
    assert changes == [
        (2, {"field": "weighting.lambdas.y", "old": 0.5, "new": 3.0, "by": "user"}),
        (4, {"field": "optimizer.lr", "old": 0.01, "new": 0.001, "by": "user"}),
    ]
    weights = [e.values["weights"]["y"] for e in steered if e.kind == "step"]
    assert weights[:3] == [0.5, 0.5, 3.0]
    schedule = [{"step": step, "field": v["field"], "value": v["new"]} for step, v in changes]
    replayed = run("tiny_table", batch_size=16, schedule=schedule)
    assert steps(replayed) == steps(steered)
    restarted = run("tiny_table", batch_size=16)
    assert steps(restarted)[:2] == steps(steered)[:2]
    assert steps(restarted) != steps(steered)


def test_gamma_is_steered_too(run: Run) -> None:
    orders = {3: [Command("set", "regularizers.0.strength", 5.0)]}
    penalties = [e.values["penalty"] for e in run(control=At(orders), architecture="soft") if e.kind == "step"]
    assert penalties[3] > 100 * penalties[2]


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("weighting.lambdas.y", -1, "at least 0"),
        ("weighting.lambdas.z", 1, "cannot be changed"),
        ("seed", 3, "cannot be changed"),
        ("optimizer.lr", float("nan"), "finite"),
    ],
)
def test_a_bad_change_is_refused_with_its_rule_and_the_run_goes_on(
    run: Run, field: str, value: float, rule: str
) -> None:
    events = run(control=At({1: [Command("set", field, value)]}))
    (refused,) = [e for e in events if e.values.get("what") == "rejected"]
    assert rule in refused.values["rule"]
    assert steps(events) == steps(run())


def test_pause_one_step_one_epoch_and_go(run: Run) -> None:
    class Watch(At):
        waits = 0

        def wait(self, seconds: float) -> None:
            self.waits += 1

    orders = {0: [Command("pause")], 2: [Command("step")], 5: [Command("epoch")], 30: [Command("resume")]}
    control = Watch(orders)
    events = run(control=control, batch_size=16)
    assert held(events) == [(0, "paused"), (1, "paused"), (4, "paused"), (4, "running")]
    assert control.waits > 10
    assert steps(events) == steps(run(batch_size=16))


def test_an_epoch_asked_of_a_paused_run_is_told_as_running_once_it_takes_long(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "BRIEF_SECONDS", 0.0)
    orders = {0: [Command("pause")], 2: [Command("epoch")], 30: [Command("resume")]}
    events = run(control=At(orders), batch_size=16)
    assert held(events) == [(0, "paused"), (0, "running"), (4, "paused"), (4, "running")]
    assert steps(events) == steps(run(batch_size=16))


def held(events: list[Event]) -> list[tuple[int, str]]:
    """Steps at which the run stood still or went on, as it told them."""
    return [(e.step, e.values["what"]) for e in events if e.kind == "progress" and e.values["unit"] == "steps"]


def test_pace_holds_the_run_back_without_changing_its_numbers(run: Run) -> None:
    class Clock(Control):
        waited = 0.0

        def wait(self, seconds: float) -> None:
            super().wait(seconds)
            self.waited += seconds

    control = Clock()
    control.send(Command("pace", value=4.0))
    events = run(control=control)
    assert control.waited > 0.3
    assert steps(events) == steps(run())


@pytest.mark.parametrize("schedule", ["constant", "one_cycle"])
def test_continue_for_more_epochs_is_a_change_of_epochs(spec: Make, run: Run, schedule: str) -> None:
    fields = {"batch_size": 16, "epochs": 3, "lr_schedule": schedule}
    first = run(**fields)
    longer = [{"step": first[-1].step, "field": "epochs", "value": 5}]
    more = list(train(spec(schedule=longer, **fields), resume=last_state(first)))
    assert more[-1].values["epochs"] == 5
    told = [(e.step, e.values) for e in more if e.kind == "change"]
    assert told == [(12, {"field": "epochs", "old": 3, "new": 5, "by": "schedule"})]
    assert more[-1].values["steps"] == 20
    replayed = run(schedule=longer, **fields)
    assert steps(first) + steps(more) == steps(replayed)
    rates = [e.values["lr"] for e in replayed if e.kind == "step"]
    assert rates[12] == rates[0], "a continued run begins a new cycle of its schedule"


def test_a_loss_that_is_no_number_ends_the_run_with_step_task_and_advice(run: Run) -> None:
    events = run(dataset="tiny_table", optimizer={"name": "sgd", "lr": 0.01}, epochs=5)
    assert events[-1].kind == "finished"
    broken = list(_exploding(run))
    failed = broken[-1]
    assert failed.kind == "failed"
    assert failed.values["task"] == "y"
    assert failed.values["step"] == len(steps(broken)) + 1
    assert "optimizer.lr" in failed.values["message"]
    assert "standardize" in failed.values["message"]


def _exploding(run: Run) -> Iterator[Event]:
    from mtl_core.spec import parse_spec

    raw = {"dataset": {"name": "tiny_table", "options": {"explode": True}}}
    yield from train(parse_spec(raw))


def test_standardised_targets_make_the_same_data_trainable() -> None:
    from mtl_core.spec import parse_spec

    raw = {"dataset": {"name": "tiny_table", "options": {"explode": True}, "target_scaling": "standardize"}}
    events = list(train(parse_spec(raw | {"epochs": 100})))
    assert events[-1].kind == "finished"
    assert events[-1].values["metrics"]["test"]["y"]["r2"] > 0.9
    assert events[-1].values["metrics"]["test"]["y"]["mae"] > 1e28, "metrics stay in the target's own unit"


@pytest.mark.usefixtures("every_preview")
def test_previews_hold_truth_once_then_predictions(run: Run) -> None:
    previews = [e for e in run("tiny_images", epochs=3) if e.kind == "preview"]
    assert [(e.values["split"], e.values["first"]) for e in previews] == [
        ("validation", True),
        *[("validation", False)] * 3,
        ("test", True),
        ("test", False),
    ]
    truth, shown = previews[0].payload, previews[1].payload
    assert truth is not None
    assert shown is not None
    assert truth["target.mask"].shape == shown["prediction.mask"].shape == (16, 8, 8)
    assert truth["input.image"].shape == (16, 1, 8, 8)
    assert truth["input.image"].dtype == np.uint8
    assert shown["prediction.bar"].shape == (16,)


def test_previews_on_the_way_keep_within_their_share_of_the_time(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporting, "PREVIEW_SHARE", 0.0)
    shown = [e for e in run(epochs=40, evaluate_every=1) if e.kind == "preview" and not e.values["first"]]
    assert [(e.epoch, e.values["split"]) for e in shown] == [(1, "validation"), (40, "validation"), (40, "test")]


def test_evaluate_every(run: Run) -> None:
    epochs = [
        e.epoch for e in run(epochs=7, evaluate_every=3) if e.kind == "evaluation" and e.values["split"] == "train"
    ]
    assert epochs == [3, 6, 7]


def test_no_validation_part_is_possible(spec: Make) -> None:
    from mtl_core.spec import parse_spec

    events = list(train(parse_spec({"dataset": {"name": "digits", "validation": 0}, "epochs": 1, "batch_size": 256})))
    assert events[-1].values["metrics"]["validation"] is None
    assert events[-1].values["data"]["sizes"]["validation"] == 0
    assert [e.values["split"] for e in events if e.kind == "preview"] == ["train", "train", "test", "test"]


def test_a_run_does_not_go_on_with_data_from_elsewhere(spec: Make, run: Run) -> None:
    state = last_state(run()) | {"source": "synthetic"}
    with pytest.raises(DataError, match="restart the run"):
        list(train(spec(), resume=state))
