"""What is said of gradients: golden numbers from one Jacobian, properties, and what happens at the edges."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from mtl_core.combining import Combined, gramian
from mtl_core.diagnostics import (
    MOST_PAIRED,
    GradientLog,
    condition_number,
    cosines,
    magnitude_similarity,
    share_in_conflict,
)
from mtl_core.tasks import Task
from mtl_core.weightings.base import Moment

ROWS = torch.tensor([[-4.0, 1, 1], [6, 1, 1]])


def gram_of(rows: torch.Tensor) -> torch.Tensor:
    return gramian([[row] for row in rows])


PARTS = {"shared/first": 1, "shared/second": 1}
"""Two shared parts: the first number of a row, and the other two."""


def moment_of(places: list[int]) -> Moment:
    tasks = [Task(f"t{i}", "regression") for i in places]
    return Moment(tasks, places, torch.ones(len(places)), {})


def measured(log: GradientLog, rows: torch.Tensor, places: list[int]) -> dict[str, Any]:
    split = [[row[:1], row[1:]] for row in rows]
    combined = Combined(torch.ones(len(rows)), torch.tensor(0.0), split, PARTS, 0.25)
    return log.measure(combined, moment_of(places))


def test_golden_numbers_of_two_gradients() -> None:
    gram = gram_of(ROWS)
    assert gram.tolist() == [[18, -22], [-22, 38]]
    assert cosines(gram)[0, 1].item() == pytest.approx(-22 / math.sqrt(18 * 38))
    assert magnitude_similarity(gram)[0, 1].item() == pytest.approx(2 * math.sqrt(18 * 38) / 56)
    root = math.sqrt(28**2 - 200)  # eigenvalues 28 ± √(28² − det)
    assert condition_number(gram) == pytest.approx((28 + root) / (28 - root))
    assert share_in_conflict(gram) == 1


@pytest.mark.parametrize("count", [2, 3, 7])
def test_bounds_and_symmetry(count: int) -> None:
    rows = torch.randn(count, 40, generator=torch.Generator().manual_seed(count))
    gram = gram_of(rows)
    wanted = torch.nn.functional.cosine_similarity(rows[:, None].double(), rows[None].double(), dim=2)
    torch.testing.assert_close(cosines(gram), wanted, atol=1e-5, rtol=0)
    for table in (cosines(gram), magnitude_similarity(gram)):
        torch.testing.assert_close(table, table.T)
        torch.testing.assert_close(table.diagonal(), torch.ones(count, dtype=torch.float64))
    scaled = gram_of(rows * torch.arange(1, count + 1)[:, None])
    torch.testing.assert_close(cosines(scaled), cosines(gram), atol=1e-5, rtol=0)
    above = [(wanted[i, j] < 0).item() for i in range(count) for j in range(i + 1, count)]
    assert share_in_conflict(gram) == pytest.approx(sum(above) / len(above))


def test_a_gradient_that_vanishes_or_repeats() -> None:
    vanished = gram_of(torch.stack([ROWS[0], torch.zeros(3)]))
    assert cosines(vanished)[0, 1] == 0
    assert magnitude_similarity(vanished)[0, 1] == 0
    assert condition_number(vanished) is None
    assert condition_number(gram_of(ROWS[[0, 0]])) is None, "parallel gradients"
    assert share_in_conflict(vanished) == 0


def test_part_by_part_and_over_all() -> None:
    values = measured(GradientLog(10, ["t0", "t1"]), ROWS, [0, 1])
    assert values["tasks"] == ["t0", "t1"]
    assert values["norms"] == pytest.approx([math.sqrt(18), math.sqrt(38)], rel=1e-5)
    assert values["cosine"][0][1] == pytest.approx(-0.8412, abs=1e-4)
    assert values["layers"]["shared/first"]["cosine"][0][1] == -1
    assert values["layers"]["shared/second"]["cosine"][0][1] == 1
    assert values["layers"]["shared/second"]["norms"] == pytest.approx([math.sqrt(2)] * 2, rel=1e-5)
    assert values["conflict"] == [[0, 1], [1, 0]]
    assert values["measured"] == [[1, 1], [1, 1]]
    assert values["cost"] > 0.25, "with what the rows cost"


def test_counts_belong_to_pairs_that_met_and_survive_a_checkpoint() -> None:
    log = GradientLog(1, ["t0", "t1", "t2"])
    measured(log, ROWS, [0, 2])
    measured(log, ROWS[[0, 0]], [0, 1])
    again = GradientLog(1, ["t0", "t1", "t2"])
    again.load_state(log.state())
    values = measured(again, ROWS, [0, 2])
    assert (values["conflict"][0][1], values["measured"][0][1]) == (2, 2)
    assert log.conflicts[0, 1] == 0, "the checkpoint is a copy"
    assert again.measured[0, 1] == 1
    assert again.measured[1, 2] == 0


@pytest.mark.parametrize(("every", "steps"), [(1, [0, 1, 2, 3, 4, 5]), (2, [0, 2, 4]), (5, [0, 5]), (0, [])])
def test_every_nth_step(every: int, steps: list[int]) -> None:
    log = GradientLog(every, ["a", "b"])
    assert [step for step in range(6) if log.due(step)] == steps


def test_of_many_tasks_no_pairs_are_told() -> None:
    many = MOST_PAIRED + 1
    rows = torch.randn(many, 3, generator=torch.Generator().manual_seed(0))
    values = measured(GradientLog(1, [f"t{i}" for i in range(many)]), rows, list(range(many)))
    assert len(values["norms"]) == len(values["weights"]) == many
    assert 0 < values["share"] < 1
    assert not {"cosine", "similarity", "conflict", "layers"} & set(values)


def test_what_is_no_number_is_none() -> None:
    values = measured(GradientLog(1, ["t0", "t1"]), torch.tensor([[math.inf, 0, 0], [1, 0, 0]]), [0, 1])
    assert values["condition"] is None
    assert values["norms"][0] is None
