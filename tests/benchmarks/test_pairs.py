"""Paired timing with a clock that is not a clock: order, ratios, spread."""

from __future__ import annotations

import pytest

from benchmarks.pairs import Timed, paired, prepared, repeated


class FakeClock:
    """Seconds that go on only where a way says so."""

    def __init__(self) -> None:
        self.now = 0.0
        self.order: list[str] = []

    def __call__(self) -> float:
        return self.now

    def takes(self, name: str, seconds: list[float]) -> None:
        self.order.append(name)
        self.now += seconds.pop(0)


def test_the_order_changes_each_round_after_one_warm_up_of_each() -> None:
    clock = FakeClock()
    a, b = [9.0, 2.0, 4.0, 6.0], [9.0, 1.0, 1.0, 2.0]
    timed = paired(lambda: clock.takes("a", a), lambda: clock.takes("b", b), 3, clock=clock)
    assert clock.order == ["a", "b", "a", "b", "b", "a", "a", "b"]
    assert (timed.a, timed.b) == ([2.0, 4.0, 6.0], [1.0, 1.0, 2.0])


def test_the_ratio_is_the_median_of_the_rounds_and_not_that_of_the_seconds() -> None:
    timed = Timed([2.0, 4.0, 30.0], [1.0, 1.0, 10.0])
    assert timed.ratios == [2.0, 4.0, 3.0]
    assert (timed.ratio, timed.spread) == (3.0, (2.0, 4.0))
    gain = timed.gain(runs=4)
    assert (gain.values, gain.a, gain.b, gain.notes) == ([2.0, 4.0, 3.0], 4.0, 1.0, {"runs": 4})
    assert timed.cost().values == pytest.approx([1 / 2, 1 / 4, 1 / 3])


def test_what_is_prepared_is_not_timed() -> None:
    clock = FakeClock()

    def way(name: str, setup: float, seconds: float) -> object:
        clock.now += setup
        return lambda: clock.takes(name, [seconds])

    timed = prepared(lambda: way("a", 100.0, 3.0), lambda: way("b", 50.0, 1.0), 2, clock=clock, warm=False)  # type: ignore[arg-type,return-value]
    assert (timed.a, timed.b) == ([3.0, 3.0], [1.0, 1.0])
    assert clock.order == ["a", "b", "b", "a"]


def test_so_many_steps_are_one_way() -> None:
    seen: list[int] = []
    repeated(lambda: seen.append(1), 5)()
    assert len(seen) == 5
