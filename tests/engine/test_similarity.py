"""Columns held against each other: CKA and distance on known numbers, and evaluations that tell of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from mtl_core import similarity
from mtl_core.batches import TensorSplit
from mtl_core.events import Event
from mtl_core.network import Network
from mtl_core.spec import RunSpec

Run = Callable[..., list[Event]]


def features(rows: int, width: int, seed: int) -> torch.Tensor:
    return torch.randn(rows, width, generator=torch.Generator().manual_seed(seed))


def by_definition(x: np.ndarray, y: np.ndarray) -> float:
    """HSIC(K, L) / √(HSIC(K, K) HSIC(L, L)) with centred Gram matrices: the definition, without any shortcut."""
    centring = np.eye(len(x)) - 1 / len(x)
    k, m = centring @ x @ x.T @ centring, centring @ y @ y.T @ centring
    return float(np.trace(k @ m) / np.sqrt(np.trace(k @ k) * np.trace(m @ m)))


@pytest.mark.parametrize(("rows", "p", "q"), [(40, 5, 7), (12, 30, 4), (9, 20, 20), (8, 8, 8)])
def test_cka_is_that_of_the_definition(rows: int, p: int, q: int) -> None:
    x, y = features(rows, p, 0), features(rows, q, 1) + features(rows, q, 2)[:, :1]
    wanted = by_definition(x.double().numpy(), y.double().numpy())
    assert similarity.linear_cka(x, y) == pytest.approx(wanted, abs=1e-9)


def test_cka_does_not_see_turns_factors_and_means() -> None:
    x = features(60, 6, 3)
    turn = torch.linalg.qr(features(6, 6, 4)).Q
    assert similarity.linear_cka(x, 7 * (x @ turn) + 100) == pytest.approx(1.0, abs=1e-6)
    stretched = x * torch.tensor([10.0, 1, 1, 1, 1, 1])
    found = similarity.linear_cka(x, stretched)
    assert found is not None
    assert found < 0.9, "a stretch of one direction is no rotation"


def test_unrelated_columns_are_told_apart_however_many_fields_a_map_has() -> None:
    """With the fields as features, 64 rows of 8 × 16 random numbers would come out as alike (0.67)."""
    one, other = (torch.randn(64, 8, 4, 4, generator=torch.Generator().manual_seed(i)) for i in (1, 2))
    apart = similarity.linear_cka(similarity.flat(one), similarity.flat(other))
    together = similarity.linear_cka(one.flatten(1), other.flatten(1))
    assert apart is not None
    assert together is not None
    assert apart < 0.05
    assert together > 0.6


def test_cka_of_what_says_nothing_is_missing_and_of_huge_numbers_finite() -> None:
    x = features(20, 3, 5)
    assert similarity.linear_cka(x, torch.ones(20, 4)) is None
    assert similarity.linear_cka(x, torch.full((20, 4), float("nan"))) is None
    assert similarity.linear_cka(x * 1e30, x * 1e-30) == pytest.approx(1.0, abs=1e-6)


def test_distances_by_hand() -> None:
    a, b = torch.tensor([3.0, 0.0]), torch.tensor([0.0, 1.0])
    assert similarity.relative_distance(a, a) == 0
    assert similarity.relative_distance(a, -a) == pytest.approx(2)
    assert similarity.relative_distance(a, b) == pytest.approx(2 * 10**0.5 / 4)
    assert similarity.relative_distance(a * 0, b * 0) is None
    assert similarity.relative_distance(a, torch.zeros(3)) is None


def test_maps_are_averaged_over_sixteen_fields_and_states_over_words() -> None:
    maps = torch.arange(2 * 3 * 8 * 8.0).reshape(2, 3, 8, 8)
    wanted = maps.reshape(2, 3, 4, 2, 4, 2).mean((3, 5)).permute(0, 2, 3, 1).reshape(32, 3)
    assert torch.equal(similarity.flat(maps), wanted)
    assert similarity.flat(torch.ones(2, 3, 2, 2)).shape == (8, 3), "smaller maps stay as they are"
    assert torch.equal(similarity.flat(torch.arange(12.0).reshape(1, 3, 4)), torch.tensor([[4.0, 5.0, 6.0, 7.0]]))


@pytest.mark.parametrize(("epochs", "every"), [(1, 1), (7, 1), (50, 1), (5_000, 1), (5_000, 50), (301, 2)])
def test_a_run_has_at_most_fifty_comparisons(epochs: int, every: int) -> None:
    evaluated = [epoch for epoch in range(1, epochs + 1) if epoch % every == 0 or epoch == epochs]
    told = [epoch for epoch in evaluated if similarity.due(epoch, epochs, every)]
    assert told[-1] == epochs
    assert len(told) <= similarity.TIMES_A_RUN + 1
    if len(evaluated) <= similarity.TIMES_A_RUN:
        assert told == evaluated


def told_by(events: list[Event]) -> list[dict[str, Any]]:
    """What evaluations say of the columns."""
    evaluated = [event for event in events if event.kind == "evaluation" and "similarity" in event.values]
    assert all(event.values["split"] == "train" for event in evaluated)
    return [event.values["similarity"] for event in evaluated]


def test_which_stages_are_there_twice(spec: Callable[..., RunSpec]) -> None:
    def stages(name: str, **fields: object) -> dict[str, list[str]]:
        return similarity.stages(spec(architecture={"name": name, **fields}).layout())

    assert stages("hard") == {}
    assert stages("separate") == {stage: ["y", "positive"] for stage in ("hidden0", "hidden1")}
    assert stages("partial", shared_depth=1) == {"hidden1": ["y", "positive"]}
    assert similarity.stages(spec(tasks=["y"], architecture="separate").layout()) == {}


def test_evaluations_of_the_training_part_tell_of_the_columns(run: Run) -> None:
    events = run(architecture="soft", epochs=3)
    found = told_by(events)
    assert len(found) == 3
    for values in found:
        assert values["rows"] == 64
        assert list(values["stages"]) == ["hidden0", "hidden1"]
        for stage in values["stages"].values():
            assert 0 <= stage["cka"][0] <= 1
            assert 0 < stage["distance"][0] < 2
    assert told_by(run(architecture="hard", epochs=2)) == []


def test_columns_that_have_learned_nothing_are_a_root_of_two_apart(spec: Callable[..., RunSpec]) -> None:
    """Also with batch norm, whose factors are all 1 at the start and would make them look alike."""
    layout = spec("tiny_images", architecture={"name": "soft", "channels": [32, 64], "batch_norm": True}).layout()
    network = Network(layout, seed=0)
    images = torch.rand(16, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    found = similarity.describe(network, TensorSplit({"image": images}, {}, {}, torch.arange(16)))
    assert found["rows"] == 16
    for stage in ("conv1", "hidden0"):
        assert found["stages"][stage]["distance"][0] == pytest.approx(2**0.5, abs=0.05)


def test_strong_ties_make_columns_alike(run: Run) -> None:
    def last(strength: float) -> float:
        ties = [{"name": "l2_distance", "strength": strength}]
        values = told_by(run(architecture="soft", regularizers=ties, epochs=40))[-1]
        return float(values["stages"]["hidden0"]["distance"][0])

    assert last(10.0) < 0.5 * last(0.0)


@pytest.mark.parametrize("dataset", ["tiny_table", "tiny_images"])
def test_comparing_changes_no_number_of_the_training(run: Run, dataset: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Batch norm and dropout on, so that a moved statistic or a used random number would show."""
    fields = {"architecture": {"name": "separate", "dropout": 0.3, "batch_norm": True}, "epochs": 3}
    compared = run(dataset, **fields)
    monkeypatch.setattr(similarity, "due", lambda *_: False)
    alone = run(dataset, **fields)
    assert told_by(compared)
    assert told_by(alone) == []

    def numbers(events: list[Event]) -> list[object]:
        kept = [event for event in events if event.kind in ("step", "evaluation")]
        return [(e.kind, e.step, e.values.get("loss"), e.values.get("metrics")) for e in kept]

    assert numbers(compared) == numbers(alone)
