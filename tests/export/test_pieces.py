"""The pieces of scripts against their counterparts in the engine, where a run alone would not show a difference."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from mtl_core import batches, metrics
from mtl_core.export.pieces import data, data_with_gaps, kinds, rates
from mtl_core.lr_schedules import lr_factor
from mtl_core.network import part_seed
from mtl_core.spec import LrScheduleSpec
from mtl_core.tasks import Task

FOUR = ("a", "b", "c", "d")


def numbers(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def measured(task: Task, predicted: Tensor, target: Tensor) -> dict[str, float]:
    meter = metrics.ConfusionMeter(task)
    meter.update(predicted, target)
    return meter.compute()


@pytest.mark.parametrize("seed", range(3))
def test_two_classes_with_equal_scores(seed: int) -> None:
    scores = (4 * torch.randn(60, generator=numbers(seed))).round()
    target = torch.randint(2, (60,), generator=numbers(seed + 9))
    task = Task("t", "binary", ("no", "yes"))
    wanted = measured(task, (scores > 0).long(), target) | {"auroc": metrics.auroc(task, scores, target)}
    assert kinds.Binary().metrics(scores, target) == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize("classes", [4, 3, 1])
def test_classes_of_which_some_do_not_occur(classes: int) -> None:
    scores = (2 * torch.randn(60, 4, generator=numbers(1))).round()
    target = torch.randint(classes, (60,), generator=numbers(2))
    task = Task("t", "multiclass", FOUR)
    wanted = measured(task, scores.argmax(1), target) | {"auroc": metrics.auroc(task, scores, target)}
    assert kinds.Multiclass(4).metrics(scores, target) == pytest.approx(wanted, rel=1e-6, nan_ok=True)
    assert math.isnan(wanted["auroc"]) == (classes == 1)


@pytest.mark.parametrize("highest", [4, 2, 1])
def test_masks_with_pixels_that_have_no_label(highest: int) -> None:
    predicted = torch.randint(4, (3, 8, 8), generator=numbers(3))
    target = torch.randint(highest, (3, 8, 8), generator=numbers(4))
    target[:, 0] = 255
    wanted = measured(Task("t", "segmentation", FOUR), predicted, target)
    assert kinds.Segmentation(4).metrics(predicted, target) == pytest.approx(wanted, rel=1e-12, nan_ok=True)


def test_a_target_that_does_not_vary_has_no_r2() -> None:
    found = kinds.Regression().metrics(torch.tensor([1.0, 2.0]), torch.tensor([3.0, 3.0]))
    assert (found["mse"], found["mae"]) == (2.5, 1.5)
    assert math.isnan(found["r2"])


@pytest.mark.parametrize("exponent", [0.0, 0.5, 0.3])
@pytest.mark.parametrize("epoch", [0, 3])
def test_batches_drawn_by_source_are_the_engines(exponent: float, epoch: int) -> None:
    parts = [torch.arange(0, 5), torch.arange(5, 40), torch.arange(40, 57)]
    wanted = batches.epoch_order(parts, 8, 42, epoch, exponent)
    found = data_with_gaps.drawn_by_source(parts, 8, 42, epoch, exponent)
    assert [batch.tolist() for batch in found] == [batch.tolist() for batch in wanted]


@pytest.mark.parametrize("rows", [16, 17, 18, 1])
def test_shuffled_batches_are_the_engines_the_last_row_included(rows: int) -> None:
    wanted = batches.epoch_order([torch.arange(rows)], 8, 7, 2)
    assert [b.tolist() for b in data.shuffled(rows, 8, 7, 2)] == [b.tolist() for b in wanted]


def test_parts_begin_at_the_same_seeds() -> None:
    assert data.part_seed(42, "shared/hidden0") == part_seed(42, "shared/hidden0")


@pytest.mark.parametrize("length", [1, 2, 7, 100])
def test_rates_are_the_engines(length: int) -> None:
    for done in range(length):
        wanted = [lr_factor(LrScheduleSpec(name=name), done, length) for name in ("cosine", "one_cycle", "step")]
        found = [rates.cosine(done, length), rates.one_cycle(done, length, 0.3), rates.stairs(done, length, 0.3, 0.1)]
        assert found == wanted
