"""Which way is taken, on made-up clocks."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from mtl_core.acceleration.decision import (
    AGREE,
    COMPILE_SECONDS,
    Measured,
    decide,
    difference,
    trial_seconds,
    why_not_compile,
)
from mtl_core.acceleration.ways import Choice, Way, choice_of

SAME = ((1.0, 2.0), (0.5, 1.0))
Figures = dict[str, float | str]


def clock(figures: Figures, asked: list[str], losses: dict[str, float] | None) -> Callable[[Way], Measured | str]:
    """Milliseconds a step by the name of a way, or why it fails; ``losses`` multiplies a way's first loss."""

    def measure(way: Way) -> Measured | str:
        asked.append(way.name)
        found = figures[way.name]
        factor = (losses or {}).get(way.name, 1.0)
        told = [[factor * first, second] for first, second in SAME]
        return found if isinstance(found, str) else Measured(way, found / 1e3, 0.1, told)

    return measure


def chosen(figures: Figures, left: int = 1_000, losses: dict[str, float] | None = None) -> tuple[Choice, list[str]]:
    asked: list[str] = []
    return decide(clock(figures, asked, losses), ["fp32", "bf16"], ["cuda_graph", "compile"], left), asked


def test_each_way_is_held_against_the_best_so_far() -> None:
    choice, asked = chosen({"fp32": 4.0, "bf16": 2.0, "bf16, CUDA graph": 1.0})
    assert asked == ["fp32", "bf16", "bf16, CUDA graph"]
    assert choice.way == Way("bf16", "cuda_graph")
    assert choice.why == "4.00 times as fast as fp32: 4 and 1 ms a step, measured at the start"
    assert choice.measured["bf16"] == {"ms": 2.0, "setup": 0.1}
    assert "compiling takes about 30 s" in choice.measured["bf16, compiled"]["why"]


@pytest.mark.parametrize(("ms", "taken"), [(3.7, False), (3.6, True)])
def test_bf16_is_taken_from_a_tenth_faster_on(ms: float, taken: bool) -> None:
    choice, _ = chosen({"fp32": 4.0, "bf16": ms, "fp32, CUDA graph": "no", "bf16, CUDA graph": "no"})
    assert choice.way == Way("bf16" if taken else "fp32")
    assert ("why" in choice.measured["bf16"]) is not taken


@pytest.mark.parametrize(("factor", "taken"), [(1 + 0.9 * AGREE, True), (1 + 1.1 * AGREE, False), (math.nan, False)])
def test_bf16_is_taken_only_where_the_losses_agree(factor: float, taken: bool) -> None:
    figures: Figures = {"fp32": 4.0, "bf16": 1.0, "fp32, CUDA graph": "no", "bf16, CUDA graph": "no"}
    choice, _ = chosen(figures, losses={"bf16": factor})
    assert choice.way == Way("bf16" if taken else "fp32")


def test_what_fails_is_told_and_the_next_is_tried() -> None:
    choice, asked = chosen({"fp32": 40.0, "bf16": "no such kernels", "fp32, CUDA graph": "not captured",
                            "fp32, compiled": 20.0}, left=100_000)  # fmt: skip
    assert asked == ["fp32", "bf16", "fp32, CUDA graph", "fp32, compiled"]
    assert choice.way == Way("fp32", "compile")
    assert choice.measured["fp32, CUDA graph"] == {"why": "not captured"}


def test_nothing_faster_leaves_the_plain_way() -> None:
    choice, _ = chosen({"fp32": 1.0, "bf16": 1.5, "fp32, CUDA graph": 0.99, "fp32, compiled": 0.5})
    assert choice.way == Way()
    assert choice.why == "nothing that was tried is faster than fp32 (1 ms a step)"
    assert "1.01 times as fast, and 1.05 are asked for" in choice.measured["fp32, CUDA graph"]["why"]


def test_a_first_way_that_fails_is_kept_with_its_reason() -> None:
    assert chosen({"fp32": "out of memory"})[0].why == "could not be measured: out of memory"


def test_compiling_is_tried_where_what_it_saves_is_more_than_it_costs() -> None:
    seconds = 0.01
    least = math.ceil(COMPILE_SECONDS / 0.1 / seconds)
    assert why_not_compile(seconds, least) is None
    assert "compiling takes about" in str(why_not_compile(seconds, least - 10))


@pytest.mark.parametrize(("expected", "allowed"), [(0.1, 0.0), (1.0, 0.1), (20.0, 2.0), (1e5, 3.0)])
def test_a_trial_takes_a_tenth_of_the_run_and_three_seconds_at_most(expected: float, allowed: float) -> None:
    assert trial_seconds(expected) == pytest.approx(allowed)


def test_difference_is_that_of_the_worst_task() -> None:
    assert difference([[1.0, 4.0], [1.0, 4.0]], [[1.0, 5.0], [1.0, 4.0]]) == pytest.approx(1 / 8)
    assert difference([[0.0]], [[0.0]]) == 0
    assert difference([[0.0]], [[1.0]]) == math.inf
    assert difference([[1.0]], [[math.nan]]) == math.inf


def test_a_choice_survives_as_plain_values() -> None:
    choice, _ = chosen({"fp32": 4.0, "bf16": 2.0, "bf16, CUDA graph": "no"})
    assert choice_of(choice.values()) == choice
