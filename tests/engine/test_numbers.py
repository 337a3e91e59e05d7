"""Losses, metrics, schedules and weights against independent implementations."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from sklearn import metrics as sk
from sklearn.utils.class_weight import compute_class_weight
from torchmetrics.functional.classification import multiclass_jaccard_index

from mtl_core.batches import epoch_order, steps_per_epoch
from mtl_core.losses import balanced_weights, task_loss
from mtl_core.lr_schedules import lr_factor
from mtl_core.metrics import ConfusionMeter, RegressionMeter, auroc
from mtl_core.spec import LrScheduleSpec
from mtl_core.tasks import Task

REGRESSION = Task("y", "regression")
BINARY = Task("b", "binary", ("0", "1"))
CLASSES = Task("c", "multiclass", tuple("abcd"))
MASK = Task("m", "segmentation", ("background", "a", "b", "c"))


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_regression_metrics_agree_with_scikit_learn() -> None:
    y, guess = torch.randn(101, generator=generator()), torch.randn(101, generator=generator(1))
    meter = RegressionMeter()
    for part in (slice(0, 40), slice(40, None)):
        meter.update(guess[part], y[part])
    found = meter.compute()
    assert found["mse"] == pytest.approx(sk.mean_squared_error(y, guess), rel=1e-6)
    assert found["mae"] == pytest.approx(sk.mean_absolute_error(y, guess), rel=1e-6)
    assert found["r2"] == pytest.approx(sk.r2_score(y, guess), rel=1e-6)


def test_r2_of_a_constant_target_is_undefined() -> None:
    meter = RegressionMeter()
    meter.update(torch.tensor([1.0, 2.0]), torch.tensor([3.0, 3.0]))
    assert math.isnan(meter.compute()["r2"])


@pytest.mark.parametrize(("task", "average"), [(BINARY, "binary"), (CLASSES, "macro")])
def test_class_metrics_agree_with_scikit_learn(task: Task, average: str) -> None:
    n = len(task.classes)
    y = torch.randint(n, (203,), generator=generator())
    guess = torch.randint(n, (203,), generator=generator(1))
    meter = ConfusionMeter(task)
    meter.update(guess[:100], y[:100])
    meter.update(guess[100:], y[100:])
    found = meter.compute()
    assert found["accuracy"] == pytest.approx(sk.accuracy_score(y, guess))
    assert found["f1"] == pytest.approx(sk.f1_score(y, guess, average=average))
    assert np.array_equal(meter.matrix.numpy(), sk.confusion_matrix(y, guess))


@pytest.mark.parametrize("present", [4, 3])
def test_miou_agrees_with_torchmetrics_jaccard_without_background(present: int) -> None:
    y = torch.randint(present, (7, 9, 9), generator=generator())
    guess = torch.randint(present, (7, 9, 9), generator=generator(1))
    meter = ConfusionMeter(MASK)
    meter.update(guess[:3], y[:3])
    meter.update(guess[3:], y[3:])
    found = meter.compute()
    each = multiclass_jaccard_index(guess, y, num_classes=4, average=None)
    assert found["miou"] == pytest.approx(each[1:present].mean().item())
    assert found["background_iou"] == pytest.approx(each[0].item())
    assert found["pixel_accuracy"] == pytest.approx((guess == y).float().mean().item())


def test_auroc_agrees_with_scikit_learn() -> None:
    y, score = torch.randint(2, (99,), generator=generator()), torch.randn(99, generator=generator(1))
    assert auroc(BINARY, score, y) == pytest.approx(sk.roc_auc_score(y, score), rel=1e-5)
    y, scores = torch.randint(4, (99,), generator=generator()), torch.randn(99, 4, generator=generator(1))
    wanted = sk.roc_auc_score(y, scores.softmax(1), multi_class="ovr", average="macro")
    assert auroc(CLASSES, scores, y) == pytest.approx(wanted, rel=1e-5)
    assert math.isnan(auroc(BINARY, score, torch.zeros(99)))


def test_losses_are_torchs() -> None:
    y = torch.tensor([1.0, 3.0])
    assert task_loss(REGRESSION, torch.tensor([[2.0], [1.0]]), y).item() == 2.5
    assert task_loss(BINARY, torch.zeros(4, 1), torch.tensor([0, 1, 1, 0])).item() == pytest.approx(math.log(2))
    assert task_loss(CLASSES, torch.zeros(3, 4), torch.tensor([0, 1, 2])).item() == pytest.approx(math.log(4))
    masks = torch.zeros(2, 3, 3, dtype=torch.uint8)
    assert task_loss(MASK, torch.zeros(2, 4, 3, 3), masks).item() == pytest.approx(math.log(4))


def test_balanced_weights_are_scikit_learns() -> None:
    y = torch.tensor([0, 0, 0, 1, 1, 2, 3, 3])
    wanted = compute_class_weight("balanced", classes=np.arange(4), y=y.numpy())
    weights = balanced_weights(CLASSES, y)
    assert weights is not None
    np.testing.assert_allclose(weights.numpy(), wanted, rtol=1e-6)
    missing = balanced_weights(CLASSES, torch.tensor([0, 1, 1]))
    assert missing is not None
    assert missing[2:].tolist() == [0, 0]
    assert balanced_weights(REGRESSION, torch.ones(3)) is None


def test_weighted_binary_loss_is_the_two_class_cross_entropy() -> None:
    logits, y = torch.randn(20, 1, generator=generator()), torch.randint(2, (20,), generator=generator(1))
    weights = torch.tensor([0.3, 1.7])
    two = torch.cat((torch.zeros(20, 1), logits), dim=1)
    wanted = torch.nn.functional.cross_entropy(two, y, weight=weights)
    torch.testing.assert_close(task_loss(BINARY, logits, y, weights), wanted)


@pytest.mark.parametrize("length", [10, 37, 400])
def test_one_cycle_agrees_with_torch(length: int) -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    torchs = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, total_steps=length, cycle_momentum=False)
    for done in range(length):
        assert lr_factor(LrScheduleSpec(name="one_cycle"), done, length) == pytest.approx(
            torchs.get_last_lr()[0], abs=1e-9
        )
        optimizer.step()
        if done < length - 1:
            torchs.step()


def test_cosine_agrees_with_torch() -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    torchs = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=50)
    for done in range(50):
        assert lr_factor(LrScheduleSpec(name="cosine"), done, 50) == pytest.approx(torchs.get_last_lr()[0], abs=1e-9)
        optimizer.step()
        torchs.step()


def test_step_and_constant_factors() -> None:
    step = LrScheduleSpec(name="step", step_share=0.25, gamma=0.5)
    assert [lr_factor(step, done, 100) for done in (0, 24, 25, 50, 99)] == [1, 1, 0.5, 0.25, 0.125]
    assert {lr_factor(LrScheduleSpec(), done, 9) for done in range(9)} == {1.0}


@pytest.mark.parametrize("length", [1, 2, 3])
@pytest.mark.parametrize("name", ["one_cycle", "cosine", "step"])
def test_very_short_runs_have_a_finite_rate(name: str, length: int) -> None:
    factors = [lr_factor(LrScheduleSpec.model_validate({"name": name}), done, length) for done in range(length)]
    assert all(0 < factor <= 1 for factor in factors)


@pytest.mark.parametrize(("rows", "size"), [(64, 16), (65, 16), (66, 16), (7, 7), (5, 4), (1, 1), (3, 1)])
def test_an_epoch_takes_each_row_once_and_never_leaves_one_alone(rows: int, size: int) -> None:
    batches = epoch_order([torch.arange(rows)], size, seed=3, epoch=2)
    assert sorted(torch.cat(batches).tolist()) == list(range(rows))
    assert len(batches) == steps_per_epoch(rows, size)
    assert size == 1 or all(len(batch) > 1 for batch in batches)
    again = epoch_order([torch.arange(rows)], size, seed=3, epoch=2)
    assert all(torch.equal(a, b) for a, b in zip(batches, again, strict=True))
