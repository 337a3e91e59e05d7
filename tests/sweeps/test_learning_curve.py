"""Learning curves: growing parts of the same rows, equal work, and the tasks alone at every size."""

from __future__ import annotations

from math import ceil
from typing import Any

import pytest

from mtl_core.errors import SpecError
from mtl_core.spec import RunSpec, parse_spec
from mtl_core.sweeps import learning_curve
from tests.sweeps.test_plans import changed


def test_a_curve_is_every_architecture_on_every_part() -> None:
    plan = learning_curve.plan(RunSpec(), sizes=(0.5, 100, 1.0), seeds=2)
    assert plan.kind == "learning_curve"
    assert plan.arms == (
        *("separate, 100 rows", "hard, 100 rows", "separate, 512 rows", "hard, 512 rows"),
        *("separate, 1023 rows", "hard, 1023 rows"),
    )
    assert [member.spec.dataset.train_rows for member in plan.members] == [100, 100, 512, 512, 1023, 1023] * 2
    hard = plan.members[1].spec
    assert changed(hard, RunSpec()) == {"dataset": {"train_rows": 100}}
    assert hard.dataset.sizes() == {**RunSpec().dataset.sizes(), "train": 100}


def test_runs_of_all_sizes_take_about_as_many_steps() -> None:
    spec = parse_spec({"batch_size": 64, "epochs": 20, "evaluate_every": 2})
    plan = learning_curve.plan(spec, seeds=1)
    for member in plan.members:
        rows = member.spec.dataset.sizes()["train"]
        assert member.spec.epochs * ceil(rows / 64) == pytest.approx(20 * 16, rel=0.05)
        assert member.spec.epochs / member.spec.evaluate_every == pytest.approx(10, rel=0.05)
    full = learning_curve.plan(parse_spec({"epochs": 20}), seeds=1)
    assert {member.spec.epochs for member in full.members} == {20}


def test_parts_smaller_than_a_batch_are_left_out() -> None:
    plan = learning_curve.plan(parse_spec({"batch_size": 64}), sizes=(32, 512), seeds=1)
    assert plan.arms == ("separate, 512 rows", "hard, 512 rows")
    assert [one.arm for one in plan.left_out] == ["separate, 32 rows", "hard, 32 rows"]
    assert "at most the 32 training rows" in str(plan.left_out[0].problems[0])


@pytest.mark.parametrize(
    ("raw", "options", "message"),
    [
        ({"tasks": ["good"]}, {}, "at least two"),
        ({}, {"sizes": ()}, "sizes: must be at least one"),
        ({}, {"sizes": (1,)}, "from 2 to the 1,023 training rows"),
        ({}, {"sizes": (0.0001,)}, "from 2 to the 1,023 training rows"),
        ({}, {"sizes": (1024,)}, "from 2 to the 1,023 training rows"),
        ({}, {"sizes": (10.5,)}, "whole numbers"),
        ({}, {"sizes": (float("nan"),)}, "whole numbers"),
        ({"batch_size": 64}, {"sizes": (32,)}, "batch_size"),
        ({}, {"architectures": ("hrad",)}, "architectures: unknown name"),
    ],
)
def test_a_curve_that_cannot_be_is_told(raw: Any, options: Any, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        learning_curve.plan(parse_spec(raw), **options)
