"""What the project promises on real data, through the command line."""

from __future__ import annotations

from collections.abc import Callable
from statistics import mean, stdev
from typing import Any

import pytest

from tests.acceptance.conftest import Train

pytestmark = pytest.mark.acceptance
Record = Callable[[str, str, str], None]

WINE: dict[str, Any] = {
    "dataset": {"name": "wine_quality"},
    "architecture": {"name": "hard", "hidden": [64, 64]},
    "weighting": {"name": "fixed", "lambdas": {"quality": 1.0, "good": 1.0}},
    "optimizer": {"name": "adam", "lr": 0.01},
    "epochs": 100,
    "batch_size": "full",
}


@pytest.mark.parametrize("real_data", ["wine_quality"], indirect=True)
def test_wine_over_ten_seeds(real_data: str, train: Train, record_measurement: Record) -> None:
    results = [train({**WINE, "seed": seed})[0] for seed in range(10)]
    assert {result["data"]["source"] for result in results} == {"uci"}
    assert {tuple(result["data"]["sizes"].values()) for result in results} == {(1023, 256, 320)}
    errors = [result["metrics"]["test"]["quality"]["mse"] for result in results]
    shares = [result["metrics"]["test"]["good"]["accuracy"] for result in results]
    what = "wine, hard 64-64, Adam 0.01, 100 epochs, ten seeds:"
    record_measurement(f"{what} mean test MSE", f"{mean(errors):.3f} ± {stdev(errors):.3f}", "0.41–0.48")
    record_measurement(f"{what} mean test accuracy", f"{mean(shares):.3f} ± {stdev(shares):.3f}", "0.73–0.76")
    assert 0.41 <= mean(errors) <= 0.48
    assert 0.73 <= mean(shares) <= 0.76


@pytest.mark.parametrize("real_data", ["mnist"], indirect=True)
def test_mnist_in_three_epochs(real_data: str, train: Train, record_measurement: Record) -> None:
    spec = {
        "dataset": {"name": "mnist"},
        "architecture": "hard",
        "epochs": 3,
        "lr_schedule": "one_cycle",
        "device": "cpu",
    }
    result, seconds = train(spec)
    accuracy = result["metrics"]["test"]["digit"]["accuracy"]
    miou = result["metrics"]["test"]["mask"]["miou"]
    assert result["data"]["source"] == "torchvision"
    record_measurement("MNIST, hard, 3 epochs, one-cycle, CPU: digit accuracy", f"{accuracy:.2%}", "≥ 98.8 %")
    record_measurement("… mean IoU over the ten digit classes", f"{miou:.3f}", "≥ 0.93")
    record_measurement("… seconds, from the command to its end", f"{seconds:.0f} s", "≤ 300 s")
    assert accuracy >= 0.988
    assert miou >= 0.93
    assert seconds <= 300


def test_digits_with_defaults(train: Train, record_measurement: Record) -> None:
    result, seconds = train({"dataset": {"name": "digits"}, "device": "cpu"})
    accuracy = result["metrics"]["test"]["digit"]["accuracy"]
    assert result["data"]["source"] == "sklearn"
    record_measurement("digits, defaults, CPU: accuracy", f"{accuracy:.2%}", "≥ 97 %")
    record_measurement("… mean IoU", f"{result['metrics']['test']['mask']['miou']:.3f}", "–")
    record_measurement("… seconds, from the command to its end", f"{seconds:.0f} s", "≤ 60 s")
    assert accuracy >= 0.97
    assert seconds <= 60
