"""The report before training: each finding on data that has it, and none on data that does not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mtl_core.userdata.adding import examine
from mtl_core.userdata.findings import TEMPLATES, Finding
from mtl_core.userdata.leakage import correlation, explained, gives_away, grouped, purity
from tests.userdata.makers import flats, looked_at, uses

N = 200


def clean(seed: int = 1) -> dict[str, list[Any]]:
    """A table that nothing can be said against."""
    draw = np.random.default_rng(seed)
    x, z = draw.normal(size=(2, N))
    return {
        "x": x.tolist(),
        "z": z.tolist(),
        "kind": draw.choice(["a", "b", "c"], N).tolist(),
        "y": (x + draw.normal(size=N)).tolist(),
        "good": np.where(z + draw.normal(size=N) > 0, "yes", "no").tolist(),
    }


def found_in(columns: dict[str, list[Any]], **kinds: str) -> list[Finding]:
    chosen = uses(**(kinds or {"y": "regression", "good": "binary"}))
    return list(examine(looked_at(columns), chosen).findings)


def of(code: str, findings: list[Finding]) -> list[Finding]:
    return [one for one in findings if one.code == code]


def test_a_clean_table_has_no_findings() -> None:
    assert found_in(clean()) == []


def test_missing_values_are_counted_per_column() -> None:
    columns = clean()
    columns["x"][170:] = ["?"] * 30
    columns["z"][:150] = [""] * 150
    columns["good"][:10] = ["NA"] * 10
    findings = found_in(columns)
    assert {(one.code, one.column, one.values["count"]) for one in findings} == {
        ("missing_marked", "x", 30),
        ("much_missing", "z", 150),
        ("missing_target", "good", 10),
    }
    assert "15.0 %" in str(of("missing_marked", findings)[0])


def test_a_non_number_is_named_with_its_line() -> None:
    columns = clean()
    columns["x"][15] = "n/k"
    columns["x"][99] = "1.2.3"
    (one,) = of("not_numbers", found_in(columns))
    assert one.column == "x"
    assert "by line: 17: 'n/k', 101: '1.2.3'" in one.what


def test_rare_and_uneven_classes() -> None:
    columns = clean()
    columns["good"] = ["a"] * 180 + ["b"] * 17 + ["c"] * 3
    findings = found_in(columns, y="regression", good="multiclass")
    assert of("rare_classes", findings)[0].values["classes"] == "c (3)"
    assert of("uneven_classes", findings)[0].values == {"share": "90.0 %", "value": "a"}


def test_duplicates_and_contradictions() -> None:
    columns = clean()
    for name in ("x", "z", "kind"):
        columns[name][10:15] = columns[name][0:5]
    findings = found_in(columns)
    assert of("duplicates", findings)[0].values["count"] == 5
    assert of("contradictions", findings)[0].values["count"] == 10
    for name in ("y", "good"):
        columns[name][10:15] = columns[name][0:5]
    findings = found_in(columns)
    assert of("duplicates", findings)[0].values["count"] == 5
    assert not of("contradictions", findings)


LEAKS: dict[str, Any] = {
    "a copy with another unit": lambda c: [value * 1.8 + 32 for value in c["y"]],
    "its square": lambda c: [(value - 9) ** 2 for value in c["y"]],
    "a rank": lambda c: (3 * np.argsort(np.argsort(c["y"]))).tolist(),
    "its name": lambda c: ["ja" if value == "yes" else "nein" for value in c["good"]],
    "a score above a limit": lambda c: [float(value == "yes") + i / 1e4 for i, value in enumerate(c["good"])],
}


@pytest.mark.parametrize("leak", LEAKS)
def test_leakage_is_found(leak: str) -> None:
    columns = clean()
    columns = {"leak": LEAKS[leak](columns), **columns}
    (one,) = of("leakage", found_in(columns))
    assert (one.severity, one.column) == ("warning", "leak")
    assert one.values["target"] == ("good" if leak in ("its name", "a score above a limit") else "y")


def test_what_only_helps_is_no_leakage() -> None:
    draw = np.random.default_rng(5)
    columns = clean()
    columns = {
        "helps": [value + draw.normal(0, 0.3) for value in columns["y"]],
        "mostly": [value if draw.uniform() < 0.9 else "?" for value in columns["good"]],
        **columns,
    }
    columns["mostly"] = [("no" if v == "yes" else "yes") if draw.uniform() < 0.1 else v for v in columns["mostly"]]
    columns["row"] = [f"r{i}" for i in range(N)]
    assert not of("leakage", found_in(columns, y="regression", good="binary", row="categorical"))


def test_targets_that_follow_from_each_other_and_equal_inputs_are_told() -> None:
    columns = clean()
    columns = {"x again": columns["x"], **columns, "large": [value > 0 for value in columns["y"]]}
    findings = found_in(columns, y="regression", large="binary", good="binary")
    assert [(one.column, one.values["target"]) for one in of("same_targets", findings)] == [("large", "y")]
    assert [(one.column, one.values["other"]) for one in of("twin", findings)] == [("x", "x again")]
    assert not of("leakage", findings)


def test_columns_that_are_left_out_are_told_as_left_out() -> None:
    columns = {"row id": list(range(N)), "unit": ["m"] * N, **clean()}
    findings = found_in(columns)
    assert {(one.code, one.severity) for one in findings} == {
        ("id_like_left_out", "note"),
        ("constant_left_out", "note"),
    }
    findings = found_in(columns, **{"row id": "numeric", "y": "regression"})
    assert of("id_like", findings)[0].severity == "warning"


def test_too_few_rows_cannot_be_added() -> None:
    few = {name: cells[:8] for name, cells in clean().items()}
    assert [one.code for one in examine(looked_at(few), uses(y="regression", good="ignore")).errors] == ["few_rows"]
    columns = clean()
    columns["y"][5:] = ["?"] * (N - 5)
    assert [one.code for one in examine(looked_at(columns), uses(y="regression", good="binary")).errors] == [
        "few_labels"
    ]


def test_mixed_table_with_everything() -> None:
    found = found_in(flats(), rent="regression", quiet="binary")
    assert [(one.code, one.column) for one in found] == [
        ("id_like_left_out", "flat id"),
        ("missing_marked", "area"),
        ("missing_marked", "age"),
        ("missing_category", "district"),
    ]


def test_every_template_has_words_that_its_findings_fill() -> None:
    for severity, what, _ in TEMPLATES.values():
        assert severity in ("error", "warning", "note")
        assert what[0].isupper() or what.startswith(("{", "="))
        assert not what.endswith(".")


# --- the measures, against numbers known by other means


def test_correlation_is_the_larger_of_pearsons_and_spearmans() -> None:
    from scipy import stats

    draw = np.random.default_rng(2)
    x = draw.normal(size=300)
    for y in (x + draw.normal(size=300), np.exp(3 * x) + draw.normal(size=300), np.round(x)):
        expected = max(abs(stats.pearsonr(x, y).statistic), abs(stats.spearmanr(x, y).statistic))
        assert correlation(x, y) == pytest.approx(expected, abs=1e-12)
    assert correlation(x, np.ones(300)) == 0


def test_explained_is_the_adjusted_r2_of_the_groups_means() -> None:
    groups = np.array([0, 0, 1, 1, 2, 2])
    target = np.array([1.0, 2.0, 5.0, 6.0, 9.0, 10.0])
    # between 64, within 1.5, 6 rows, 3 groups
    assert explained(groups, target) == pytest.approx(1 - 1.5 / 65.5 * 5 / 3)


def test_purity_counts_the_most_frequent_class_of_each_group() -> None:
    assert purity(np.array([0, 0, 0, 1, 1]), np.array([2, 2, 1, 0, 0])) == pytest.approx(4 / 5)


def test_groups_have_at_least_five_rows_on_average_and_keep_equal_values_together() -> None:
    values = np.random.default_rng(0).normal(size=1000)
    groups = grouped(values)
    assert groups is not None
    assert len(np.unique(groups)) == 200
    assert grouped(np.arange(1000)) is None
    assert grouped(np.repeat(np.arange(4), 250)) is not None
    holes = np.where(np.arange(1000) % 2, values, np.nan)
    found = grouped(holes)
    assert found is not None
    assert len(set(found[np.isnan(holes)].tolist())) == 1


def test_pure_chance_gives_nothing_away() -> None:
    draw = np.random.default_rng(3)
    for rows in (30, 60, 500):
        noise = draw.normal(size=(40, rows))
        assert not any(gives_away(x, noise[0], True) for x in noise[1:])
        assert not any(gives_away(x, (noise[0] > 0).astype(np.int64), False) for x in noise[1:])
