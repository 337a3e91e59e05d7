"""A step with one task's gradient alone: what it moves, what it tells, and that it can be replayed."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from mtl_core.control import Command, Control
from mtl_core.errors import SpecError
from mtl_core.events import Event
from mtl_core.opening import open_session
from mtl_core.session import Session
from mtl_core.spec import parse_spec
from mtl_core.trainer import train
from tests.engine.loading import finished

TINY: dict[str, Any] = {"dataset": {"name": "tiny_table"}, "epochs": 4, "architecture": {"hidden": [8]}}


def opened(raw: dict[str, Any]) -> Session:
    return finished(open_session(parse_spec(raw)))


def steps_of(raw: dict[str, Any], control: Control | None = None) -> list[Event]:
    return [event for event in train(parse_spec(raw), control) if event.kind in ("step", "change")]


def planned(task: str, step: int = 1, **fields: Any) -> dict[str, Any]:
    return TINY | {"schedule": [{"step": step, "field": f"only.{task}", "value": 1}]} | fields


def test_only_that_task_has_a_weight_at_that_step() -> None:
    steps = [event for event in steps_of(planned("y")) if event.kind == "step"]
    assert [event.values["weights"]["positive"] for event in steps] == [0.5, 0, 0.5, 0.5]
    assert [event.values["weights"]["y"] for event in steps] == [0.5] * 4
    assert ["only" in event.values for event in steps] == [False, True, False, False]


def test_it_tells_what_it_did_to_every_loss_on_the_same_batch() -> None:
    steps = [event for event in steps_of(planned("positive")) if event.kind == "step"]
    assert steps[1].values["only"] == ["positive"]
    after = steps[1].values["loss_after"]
    assert after["positive"] < steps[1].values["loss"]["positive"]
    assert after == pytest.approx(steps[2].values["loss"], rel=1e-6)  # the whole set is every step's batch


@pytest.mark.parametrize("weighting", ["fixed", "nash", "uncertainty", "famo"])
def test_it_is_a_plain_step_of_that_loss_whatever_the_method(weighting: str) -> None:
    from mtl_core.stepping import take_step

    batch_of: dict[str, torch.Tensor] = {}
    for name in (weighting, "fixed"):
        session = opened(TINY | {"weighting": {"name": name}, "optimizer": {"name": "sgd", "lr": 0.001}})
        session.only = {"y"}
        memory = session.weigher.state()["memory"]
        before = {key: value.clone() for key, value in session.network.state_dict().items()}
        take_step(session, session.splits["train"].take(slice(None)))
        now = session.network.state_dict()
        assert all(torch.equal(now[key], before[key]) for key in now if key.startswith("parts.positive/"))
        assert not torch.equal(now["parts.shared/hidden0.0.weight"], before["parts.shared/hidden0.0.weight"])
        assert all(torch.equal(value, memory[key]) for key, value in session.weigher.state()["memory"].items())
        batch_of[name] = now["parts.shared/hidden0.0.weight"]
    assert torch.equal(batch_of[weighting], batch_of["fixed"])


def test_ties_do_not_move_the_other_task() -> None:
    from mtl_core.stepping import take_step

    session = opened(TINY | {"architecture": {"name": "soft", "hidden": [8]}})
    session.only = {"y"}
    before = {key: value.clone() for key, value in session.network.state_dict().items()}
    take_step(session, session.splits["train"].take(slice(None)))
    now = session.network.state_dict()
    assert all(torch.equal(now[key], before[key]) for key in now if key.startswith("parts.positive/"))
    assert any(not torch.equal(now[key], before[key]) for key in now if key.startswith("parts.y/"))


def test_an_order_is_written_down_and_a_replay_gives_the_same_numbers() -> None:
    control = Control()
    for command in (Command("pause"), Command("set", "only.y", 1.0), Command("step"), Command("resume")):
        control.send(command)
    by_hand = steps_of(TINY, control)
    change = next(event for event in by_hand if event.kind == "change")
    assert (change.values["field"], change.values["new"], change.values["by"]) == ("only.y", 1.0, "user")
    replayed = steps_of(planned("y", step=change.step))
    assert [e.values["loss"] for e in by_hand if e.kind == "step"] == [
        e.values["loss"] for e in replayed if e.kind == "step"
    ]


def test_a_resumed_run_does_not_take_it_again() -> None:
    raw = planned("y", step=1)
    whole = [event for event in train(parse_spec(raw)) if event.kind == "step"]
    control = Control()
    control.send(Command("step"))
    state = None
    for event in train(parse_spec(raw), control):
        if event.kind == "step" and event.step == 1:
            control.send(Command("step"))
        if event.kind == "step" and event.step == 2:
            control.send(Command("stop"))
        state = event.payload if event.kind == "checkpoint" else state
    assert state is not None
    assert state["step"] == 2
    rest = [event for event in train(parse_spec(raw), resume=state) if event.kind == "step"]
    assert [event.values["loss"] for event in rest] == [event.values["loss"] for event in whole[2:]]


@pytest.mark.parametrize(("field", "value"), [("only.nobody", 1), ("only.y", 2)])
def test_other_orders_are_refused(field: str, value: float) -> None:
    with pytest.raises(SpecError, match=r"schedule\.0"):
        parse_spec(TINY | {"schedule": [{"step": 1, "field": field, "value": value}]})
