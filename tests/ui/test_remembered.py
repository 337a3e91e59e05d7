"""A chart of the same arrays is made once; other arrays, options or words make another."""

from __future__ import annotations

import numpy as np
import pytest

from ui import remembered as room
from ui.chart_data import ChartData, Trace
from ui.remembered import drawn_once, remembered


class Maker:
    def __init__(self) -> None:
        self.times = 0

    def __call__(self, truth: np.ndarray, predicted: np.ndarray, *, name: str) -> ChartData:
        self.times += 1
        return ChartData((Trace(name, truth.tolist(), predicted.tolist(), "#000000"),))


def test_the_very_same_arrays_are_drawn_once() -> None:
    make, truth, predicted = Maker(), np.arange(3.0), np.ones(3)
    first = remembered(make, truth, predicted, name="a")
    assert remembered(make, truth, predicted, name="a") is first
    assert make.times == 1


def test_other_arrays_options_and_makers_are_not_taken_for_it() -> None:
    make, truth, predicted = Maker(), np.arange(3.0), np.ones(3)
    remembered(make, truth, predicted, name="a")
    assert remembered(make, truth, predicted.copy(), name="a").traces[0].name == "a"
    assert remembered(make, truth, predicted, name="b").traces[0].name == "b"
    assert make.times == 3
    other = Maker()
    remembered(other, truth, predicted, name="a")
    assert other.times == 1


def test_another_language_has_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    make, truth, predicted = Maker(), np.arange(3.0), np.ones(3)
    for code in ("en", "zh", "en"):
        monkeypatch.setattr(room, "language", lambda code=code: code)
        remembered(make, truth, predicted, name="a")
    assert make.times == 2


def test_a_text_is_drawn_once_for_equal_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []

    def draw(number: int) -> str:
        return drawn_once(lambda: drawn.append(number) or f"drawn {number}", {"λ": number}, "here")

    assert [draw(1), draw(1), draw(2)] == ["drawn 1", "drawn 1", "drawn 2"]
    assert drawn == [1, 2]
    monkeypatch.setattr(room, "language", lambda: "zh")
    draw(1)
    assert drawn == [1, 2, 1]
