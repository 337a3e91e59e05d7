"""Many series on common steps: what each keeps is what the definition of the thinning says, and copies cost nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ui.lines import MAX_BUCKETS, MAX_POINTS, MOST_WAITING, Lines
from ui.thinning import summarised

NAMES = ["a", "b", "c"]


def noisy(steps: int, seed: int = 0) -> list[tuple[float, dict[str, float | None]]]:
    """Points of three series; ``b`` misses two steps of three, ``c`` is now and then no number."""
    random = np.random.default_rng(seed)
    found: list[tuple[float, dict[str, float | None]]] = []
    for step in range(1, steps + 1):
        a, b, c = (random.normal() + 5 / step for _ in range(3))
        values: dict[str, float | None] = {"a": a, "c": math.nan if step % 7 == 0 else c}
        found.append((step, values | ({"b": b} if step % 3 == 0 else {})))
    return found


def by_definition(
    points: list[tuple[float, dict[str, float | None]]], name: str, width: int
) -> list[tuple[float, float]]:
    """Smallest and largest value of each bucket of the series, and its last value."""
    own = [(x, v[name]) for x, v in points if v.get(name) is not None and math.isfinite(v[name] or 0.0)]
    buckets: dict[int, list[tuple[float, float]]] = {}
    for x, y in own:
        assert y is not None
        buckets.setdefault(int(x // width), []).append((x, y))
    kept: list[tuple[float, float]] = []
    for found in buckets.values():
        ends = {min(found, key=lambda p: p[1]), max(found, key=lambda p: p[1])}
        kept += sorted(ends)
    last = (own[-1][0], float(own[-1][1] or 0.0))
    return kept if kept[-1] == last else [*kept, last]


def filled(points: list[tuple[float, dict[str, float | None]]]) -> Lines:
    lines = Lines()
    for x, values in points:
        lines.append(x, values)
    return lines


@pytest.mark.parametrize("steps", [5, 249, 250, MOST_WAITING, 1_700])
def test_each_series_keeps_what_the_definition_says(steps: int) -> None:
    points = noisy(steps)
    lines = filled(points)
    assert lines.width == next(2**i for i in range(9) if len({x // 2**i for x, _ in points}) <= MAX_BUCKETS)
    assert sorted(lines) == NAMES
    for name in NAMES:
        assert lines[name].points() == by_definition(points, name, lines.width)
        assert len(lines[name]) <= MAX_POINTS


def test_reading_in_between_changes_nothing() -> None:
    points = noisy(900)
    whole, read = filled(points), Lines()
    for x, values in points:
        read.append(x, values)
        if x % 11 == 0:
            assert read["a"].last == (x, values["a"])
    assert all(read[name].points() == whole[name].points() for name in NAMES)


@pytest.mark.parametrize("back_to", [1, 40, 41, 399, 400])
def test_a_repeated_step_replaces_what_followed_in_every_series(back_to: int) -> None:
    points, again = noisy(400), noisy(400, seed=1)
    lines = filled(points)
    for x, values in again[back_to - 1 :]:
        lines.append(x, values)
    kept = points[: back_to - 1] + again[back_to - 1 :]
    for name in NAMES:
        assert lines[name].last == by_definition(kept, name, 1)[-1]
        if back_to == 1:
            assert lines[name].points() == by_definition(kept, name, lines.width)
    lines.append(back_to, {"a": 7.0})
    assert lines["a"].last == (back_to, 7.0)
    assert max((x for x, _ in lines["b"].points()), default=0) < back_to


def test_a_copy_stays_as_it_was_and_shares_its_numbers() -> None:
    lines = filled(noisy(300))
    copy = lines.copy()
    assert copy._cells is lines._cells, "a view for a viewer copies no numbers"
    before = {name: copy[name].points() for name in NAMES}
    lines.append(301, {"a": -99.0, "new": 1.0})
    lines.append(5, {"a": 0.0})
    assert {name: copy[name].points() for name in copy} == before
    assert lines["a"].last == (5, 0.0)


def test_the_newest_values_are_there_for_all_at_once() -> None:
    lines = Lines()
    lines.append(1, {"a": 1.0, "b": None})
    lines.append(2, {"a": math.inf, "c": 3})
    assert lines.latest() == {"a": 1.0, "c": 3.0}
    assert list(lines) == ["a", "b", "c"]
    assert lines["b"].last is None
    assert lines["b"].points() == []


def test_summary_golden() -> None:
    rows = np.array([[4.0, 1.0, 2.0, 3.0], [np.nan, 5.0, np.nan, 7.0]])
    first, second = summarised(rows)
    assert first == pytest.approx({"mean": 2.5, "low": 1.3, "median": 2.5, "high": 3.7})
    assert second == pytest.approx({"mean": 6.0, "low": 5.2, "median": 6.0, "high": 6.8})
    plain = np.random.default_rng(3).normal(size=(5, 139))
    found = summarised(plain)
    for name, share in (("low", 0.1), ("median", 0.5), ("high", 0.9)):
        assert [row[name] for row in found] == pytest.approx(np.quantile(plain, share, axis=1).tolist())


def test_only_many_series_are_summed_up() -> None:
    few, many = Lines(summarised=True), Lines(summarised=True)
    for step in (1, 2):
        few.append(step, {f"t{i}": float(i) for i in range(8)})
        many.append(step, {f"t{i}": float(i + step) for i in range(9)})
    assert few.summary is not None
    assert many.summary is not None
    assert dict(few.summary) == {}
    assert many.summary["mean"].points() == [(1, 5.0), (2, 6.0)]
    many.append(2, {f"t{i}": 0.0 for i in range(9)})
    assert many.summary["mean"].points() == [(1, 5.0), (2, 0.0)], "a resumed run repeats the summary, too"
    assert Lines().summary is None
