"""Scripts give their runs' numbers: every architecture, weighting, kind of data and change on the way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from mtl_core.architectures import ARCHITECTURES
from mtl_core.regularizers import REGULARIZERS
from mtl_core.weightings import WEIGHTINGS
from tests.export.helpers import Bench

Cases = Mapping[str, Mapping[str, Any]]
BATCHES = {"batch_size": 20, "epochs": 5}

_pictures = {
    f"pictures {name}": {"dataset": "tiny_images", "architecture": {"name": name, "dropout": 0.1}}
    for name in ARCHITECTURES
}
_patches = {
    f"patches {name}": {"dataset": "tiny_images", "architecture": {"name": name, "patch": 2}}
    for name in ("hard", "cross_stitch", "mtan")
}
_tables = {
    f"table {name}": {
        "dataset": {"name": "tiny_three", "target_scaling": "standardize"},
        "architecture": {"name": name, "batch_norm": True},
        "class_weights": "balanced",
        **BATCHES,
    }
    for name in ARCHITECTURES
    if not ARCHITECTURES[name].needs_maps
}
_weightings = {
    f"{count} {name}": {
        "dataset": dataset,
        "weighting": {"name": name, "lambdas": {"y": 1.0}},
        "architecture": "partial",
        **BATCHES,
    }
    for name in WEIGHTINGS
    for count, dataset in (("two tasks", "tiny_table"), ("three tasks", "tiny_three"))
}
_representation = {
    f"representation {name}": {
        "dataset": "tiny_images",
        "weighting": {"name": "mgda", "at_representation": True},
        "architecture": name,
    }
    for name in ("hard", "mmoe", "mtan")
}


def steered(*changes: tuple[int, str, float]) -> list[dict[str, Any]]:
    """A schedule."""
    return [{"step": step, "field": field, "value": value} for step, field, value in changes]


MOVED = steered((5, "weighting.lambdas.y", 2), (7, "weighting.lambdas.*", 0.4), (8, "optimizer.lr", 0.003))
RESTING = [
    *steered((9, "gradients.every", 0), (10, "weighting.lambdas.y", 0), (12, "only.positive", 1)),
    *steered((12, "epochs", 6), (14, "weighting.lambdas.y", 1), (24, "epochs", 8)),
]
_changes = {
    f"{words} {name}": {
        "dataset": "tiny_table",
        "weighting": name,
        "schedule": schedule,
        "lr_schedule": "cosine",
        "architecture": {"name": "partial", "batch_norm": True, "dropout": 0.0 if name == "pcgrad" else 0.1},
        **BATCHES,
    }  # a bias before a norm has no slope but rounding, which Adam makes steps of: with dropout PCGrad differs by 2e-5
    for name in ("fixed", "uncertainty", "dwa", "famo", "gradnorm", "pcgrad")
    for words, schedule in (("moved", MOVED), ("resting", [*MOVED, *RESTING]))
}
_ties = {
    f"{name} {architecture} {optimizer}": {
        "dataset": "tiny_table",
        "architecture": architecture,
        "regularizers": [{"name": name, "strength": 0.02}],
        "optimizer": {"name": optimizer, "lr": 0.01, "weight_decay": 0.001, "clip_norm": 2.0},
        "schedule": steered((4, "regularizers.0.strength", 0.1), (9, "weighting.lambdas.y", 0)),
        **BATCHES,
    }
    for name in REGULARIZERS
    for architecture, optimizer in (("soft", "adamw"), ("hard", "sgd"))
}
_rates = {
    f"rate {name}": {"dataset": "tiny_table", "lr_schedule": name, **BATCHES}
    for name in ("one_cycle", "step", "cosine")
}
_gaps = {
    f"gaps {name} {policy}": {
        "dataset": "tiny_sources",
        "weighting": name,
        "batch_policy": policy,
        "batch_size": 7,
        "architecture": {"name": architecture, "batch_norm": True},
    }
    for name, policy, architecture in (
        ("fixed", "proportional", "hard"),
        ("pcgrad", "equal", "partial"),
        ("famo", "temperature", "mmoe"),
        ("uncertainty", "equal", "cross_stitch"),
    )
} | {"gaps no target at all": {"dataset": "tiny_sources", "tasks": ["a", "b", "c"]}}
_inputs = {
    f"inputs {fusion} {name}": {
        "dataset": "tiny_talk",
        "architecture": {"name": name, "fusion": fusion, "hidden": [8], "channels": [4, 8], "dropout": 0.1},
    }
    for fusion, name in (("concat", "hard"), ("gated_sum", "ple"), ("cross_attention", "mtan"))
}
_others = {
    "own": {"dataset": "own", "epochs": 2},
    "bf16": {"dataset": "tiny_table", "precision": "bf16", **BATCHES},
    "one task, a fold": {
        "dataset": {"name": "wine_quality", "split": {"name": "kfold", "fold": 1}},
        "tasks": ["good"],
        "epochs": 2,
    },
    "no validation": {"dataset": {"name": "wine_quality", "validation": 0}, "epochs": 2},
}
CASES = {
    "architectures": {**_pictures, **_patches, **_tables},
    "weightings": {**_weightings, **_representation},
    "changes": {**_changes, **_ties, **_rates},
    "data": {**_gaps, **_inputs, **_others},
}
SOME = {f"{group}, every sixteenth": dict(list(cases.items())[::16]) for group, cases in CASES.items()}
"""What `make test` looks at; `make acceptance` takes all of them."""
ASKED = [pytest.param(group, case) for group, cases in SOME.items() for case in cases]
ASKED += [pytest.param(group, case, marks=pytest.mark.acceptance) for group, cases in CASES.items() for case in cases]


@pytest.fixture(scope="module")
def outcomes(bench: Bench) -> dict[str, dict[str, tuple[Any, str]]]:
    """By group and case what its script said; each group is executed when it is asked for."""
    return {}


@pytest.mark.slow
@pytest.mark.parametrize(("group", "case"), ASKED)
def test_a_script_gives_the_numbers_of_its_run(
    bench: Bench, outcomes: dict[str, dict[str, tuple[Any, str]]], group: str, case: str
) -> None:
    if group not in outcomes:
        outcomes[group] = bench.executed((CASES | SOME)[group])
    code, shown = outcomes[group][case]
    assert code == 0, f"{code}\n{shown}"
    assert shown.endswith("the numbers of the run\n")
    assert "differs" not in shown


@pytest.mark.slow
def test_the_script_of_digits_gives_the_numbers_of_its_run(bench: Bench) -> None:
    code, shown = bench.executed({"digits": {"dataset": "digits", "epochs": 1}})["digits"]
    assert code == 0, shown
