"""Relatedness against SciPy, scikit-learn and closed forms."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from scipy.spatial.distance import cdist, pdist

from mtl_core.associations import correlation_ratio, cramers_v, pearson
from mtl_core.datasets.base import Samples
from mtl_core.relatedness import Relatedness, of_spec, relatedness
from mtl_core.spec import parse_spec
from mtl_core.tasks import Task

A, B = Task("a", "regression"), Task("b", "regression")
NAN = float("nan")


def samples(inputs: dict[str, NDArray[Any]], **targets: NDArray[Any]) -> Samples:
    n = len(next(iter(inputs.values())))
    splits = {"train": np.arange(n), "validation": np.arange(0), "test": np.arange(0)}
    return Samples(inputs, targets, splits, "generated")


def test_pearson_is_scipys_on_the_rows_that_both_have() -> None:
    random = np.random.default_rng(0)
    values = random.normal(1e4, 2.0, size=(200, 5)) @ random.normal(size=(5, 5))
    values[random.random(values.shape) < 0.3] = np.nan
    r, rows = pearson(values)
    for i in range(5):
        for j in range(5):
            both = ~np.isnan(values[:, i]) & ~np.isnan(values[:, j])
            assert rows[i, j] == both.sum()
            assert r[i, j] == pytest.approx(stats.pearsonr(values[both, i], values[both, j]).statistic, abs=1e-9)


def test_a_constant_column_has_no_correlation() -> None:
    values = np.stack([np.full(50, 0.1), np.arange(50.0)], axis=1)
    r, _ = pearson(values)
    assert np.isnan(r[0, 1])
    assert r[1, 1] == pytest.approx(1.0)


def test_the_correlation_ratio_is_the_root_of_the_share_of_variance_between() -> None:
    """η² = F (k − 1) / (F (k − 1) + n − k) of SciPy's one-way analysis of variance."""
    random = np.random.default_rng(1)
    classes = random.integers(-1, 4, 300)
    values = (classes * 0.4)[:, None] + random.normal(size=(300, 2))
    values[:40, 1] = np.nan
    eta, rows = correlation_ratio(classes, values)
    for i in range(2):
        there = (classes >= 0) & ~np.isnan(values[:, i])
        f = stats.f_oneway(*(values[there & (classes == c), i] for c in range(4))).statistic
        assert rows[i] == there.sum()
        assert eta[i] ** 2 == pytest.approx(f * 3 / (f * 3 + there.sum() - 4))


def test_the_correlation_ratio_of_a_function_is_one_and_of_one_class_none() -> None:
    classes = np.arange(60) % 3
    eta, _ = correlation_ratio(classes, np.stack([classes**2.0, np.full(60, 3.0)], axis=1))
    assert eta[0] == pytest.approx(1.0)
    assert np.isnan(eta[1])
    assert np.isnan(correlation_ratio(np.zeros(60, np.int64), np.arange(60.0)[:, None])[0][0])


def test_cramers_v_is_scipys_chi_square_with_bergsmas_correction() -> None:
    random = np.random.default_rng(2)
    first = random.integers(-1, 4, 400)
    second = np.where(random.random(400) < 0.5, first % 3, random.integers(0, 3, 400))
    second[:30] = -1
    v, n = cramers_v(first, second)
    both = (first >= 0) & (second >= 0)
    table = stats.contingency.crosstab(first[both], second[both]).count
    chi = stats.chi2_contingency(table, correction=False).statistic
    phi = max(0.0, chi / n - 3 * 2 / (n - 1))
    assert n == both.sum()
    assert v == pytest.approx(math.sqrt(phi / min(4 - 9 / (n - 1) - 1, 3 - 4 / (n - 1) - 1)))


def test_independent_classes_have_no_v_in_the_mean_and_equal_ones_have_one() -> None:
    random = np.random.default_rng(3)
    pairs = [cramers_v(random.integers(0, 9, 60), random.integers(0, 9, 60))[0] for _ in range(30)]
    assert np.mean(pairs) < 0.1  # without the correction 0.37
    same = random.integers(0, 9, 60)
    assert cramers_v(same, (same + 1) % 9)[0] == pytest.approx(1.0)


def shifted(gap: float, n: int = 1000, d: int = 4) -> tuple[NDArray[Any], Samples]:
    """Two tasks with rows of their own, N(0, I) and N(gap·e₁, I)."""
    table = np.random.default_rng(4).normal(size=(2 * n, d))
    table[n:, 0] += gap
    return table, samples({"table": table}, **halves(np.arange(2 * n) < n))


@pytest.mark.parametrize("gap", [0.0, 0.5, 1.0, 2.0, 8.0])
def test_the_similarity_of_two_gaussians_has_a_closed_form(gap: float) -> None:
    """With x − y ~ N(gap·e₁, 2I), E exp(−‖x − y‖²/m) ∝ exp(−gap²/(m + 4)): that is the similarity."""
    table, given = shifted(gap)
    m = float(np.median(pdist(table, "sqeuclidean")))
    assert relatedness(given, (A, B)).inputs[0][1] == pytest.approx(math.exp(-(gap**2) / (m + 4)), abs=0.03)


def test_the_similarity_is_one_minus_the_normalised_discrepancy() -> None:
    """Against the estimate of Gretton et al. written out with SciPy's distances."""
    random = np.random.default_rng(5)
    table = random.normal(size=(300, 6)) @ random.normal(size=(6, 6))
    whose = random.random(300) < 0.4
    table[whose] *= 0.5
    found = relatedness(samples({"table": table}, **halves(whose)), (A, B)).inputs[0][1]
    x, y, m = table[whose], table[~whose], np.median(pdist(table, "sqeuclidean"))
    within = [np.exp(-pdist(part, "sqeuclidean") / m).mean() for part in (x, y)]
    discrepancy = sum(within) - 2 * np.exp(-cdist(x, y, "sqeuclidean") / m).mean()
    assert discrepancy > 0.01
    assert found == pytest.approx(1 - discrepancy / sum(within), abs=1e-9)


def halves(whose: NDArray[np.bool_]) -> dict[str, NDArray[Any]]:
    y = np.random.default_rng(0).normal(size=len(whose))
    return {"a": np.where(whose, y, NAN), "b": np.where(whose, NAN, y)}


def pictures(random: np.random.Generator, bright: NDArray[np.bool_]) -> NDArray[Any]:
    made = random.integers(0, 100, (len(bright), 3, 20, 20), dtype=np.uint8)
    made[bright, :, 5:15, 5:15] += 60
    return made


def sentences(random: np.random.Generator, other: NDArray[np.bool_]) -> NDArray[Any]:
    words = random.integers(1, 50, (len(other), 8))
    words[other, 0] = 50
    words[:, 5:] = 0
    return words


@pytest.mark.parametrize("make", [pictures, sentences])
def test_pictures_and_sentences_are_compared_too(make: Callable[..., NDArray[Any]]) -> None:
    random = np.random.default_rng(6)
    whose = np.arange(400) % 2 == 0
    found = []
    for told in (True, False):
        given = samples({"x": make(random, whose & told)}, **halves(whose))
        found.append(relatedness(given, (A, B)).inputs[0][1])
    different, alike = found
    assert different is not None
    assert different < 0.93
    assert alike == pytest.approx(1.0, abs=0.02)


def test_an_inputs_scale_and_a_missing_value_do_not_matter() -> None:
    random = np.random.default_rng(11)
    table, whose = random.normal(size=(200, 3)), np.arange(200) < 100
    table[whose] += 1
    words = sentences(random, whose)
    small, large = (samples({"t": table * scale, "s": words}, **halves(whose)) for scale in (1e-3, 1e6))
    assert relatedness(small, (A, B)).inputs[0][1] == pytest.approx(relatedness(large, (A, B)).inputs[0][1])
    holes = table.copy()
    holes[::7, 1] = NAN
    assert relatedness(samples({"t": holes}, **halves(whose)), (A, B)).inputs[0][1] is not None
    flat = samples({"t": np.ones((200, 3))}, **halves(whose))
    assert relatedness(flat, (A, B)).inputs[0][1] == 1.0


def mixed() -> tuple[Samples, tuple[Task, ...]]:
    random = np.random.default_rng(8)
    n = 300
    x = random.normal(size=(n, 3))
    c = random.integers(0, 3, n)
    a = x[:, 0] + c
    few = np.where(np.arange(n) < 4, a, NAN)
    targets: dict[str, NDArray[Any]] = {
        "a": a,
        "low": (a < 0).astype(np.int64),
        "c": c,
        "d": np.where(np.arange(n) < 200, (c + 1) % 3, -1),
        "few": few,
        "flat": np.full(n, 2.0),
        "elsewhere": np.where(np.arange(n) < 4, NAN, a),
        "mask": np.zeros((n, 2, 2), np.uint8),
    }
    tasks = (
        A,
        Task("low", "binary", ("no", "yes")),
        Task("c", "multiclass", ("u", "v", "w")),
        Task("d", "multiclass", ("u", "v", "w")),
        Task("few", "regression"),
        Task("flat", "regression"),
        Task("elsewhere", "regression"),
        Task("mask", "segmentation", ("0", "1")),
        Task("image", "generation"),
    )
    return samples({"table": x}, **targets), tasks


def test_every_pair_has_a_number_or_a_reason() -> None:
    given, tasks = mixed()
    found = relatedness(given, tasks)
    place = {task.name: i for i, task in enumerate(tasks)}

    def pair(one: str, other: str) -> tuple[str, str]:
        return found.measures[place[one]][place[other]], found.label_why[place[one]][place[other]]

    assert pair("a", "low") == ("pearson", "")
    assert pair("c", "a") == pair("a", "c") == ("correlation_ratio", "")
    assert pair("c", "d") == pair("low", "c") == ("cramers_v", "")
    assert pair("few", "a") == ("", "few_common_rows")
    assert pair("few", "elsewhere") == ("", "no_common_rows")
    assert pair("flat", "a") == pair("flat", "c") == ("", "constant")
    assert pair("mask", "a") == pair("image", "c") == pair("image", "mask") == ("", "no_labels")
    assert found.rows[place["d"]] == 200
    assert found.input_why[place["a"]][place["image"]] == "same_rows"
    assert found.inputs[place["a"]][place["image"]] == 1.0
    assert found.input_why[place["few"]][place["a"]] == "few_rows"
    assert found.inputs[place["few"]][place["a"]] is None


def test_the_matrices_are_symmetric_json_and_the_same_each_time() -> None:
    given, tasks = mixed()
    found = relatedness(given, tasks)
    assert json.loads(json.dumps(found.as_json(), allow_nan=False))["tasks"] == [task.name for task in tasks]
    for matrix in (found.labels, found.measures, found.label_why, found.inputs, found.input_why):
        assert matrix == tuple(zip(*matrix, strict=True))
    assert relatedness(given, tasks) == found


def test_only_training_rows_are_looked_at() -> None:
    given, tasks = mixed()
    splits = {"train": np.arange(150), "validation": np.arange(0), "test": np.arange(150, 300)}
    targets = {name: values.copy() for name, values in given.targets.items()}
    changed = Samples(given.inputs, targets, splits, "generated")
    before = relatedness(changed, tasks)
    targets["a"][150:] = 1e6
    targets["c"][150:] = 0
    assert relatedness(changed, tasks) == before


def test_a_hundred_and_thirty_nine_tasks_take_seconds() -> None:
    random = np.random.default_rng(9)
    n, k = 15_362, 139
    whose = random.integers(0, k, n)
    y = random.normal(size=n)
    targets = {f"t{i}": np.where(whose == i, y, NAN) for i in range(k)}
    given = samples({"table": random.normal(size=(n, 28)) + 0.02 * whose[:, None]}, **targets)
    began = time.monotonic()
    found = relatedness(given, tuple(Task(name, "regression") for name in targets))
    assert time.monotonic() - began < 10
    assert all(found.inputs[i][i + 1] is not None for i in range(k - 1))
    near, far = found.inputs[70][71], found.inputs[0][138]
    assert near is not None
    assert far is not None
    assert near > 0.9
    assert far < 0.7


def test_a_specs_data_are_loaded_for_it() -> None:
    steps = of_spec(parse_spec({"dataset": {"name": "digits"}}))
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: Relatedness = end.value
            break
    assert found.tasks == ("digit", "mask")
    assert (found.labels[0][1], found.label_why[0][1], found.inputs[0][1]) == (None, "no_labels", 1.0)
