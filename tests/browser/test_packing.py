"""The browser reads what the server packed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from ui.chart_data import ChartData, Trace
from ui.frontend import source

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_a_packed_chart_is_what_it_was(page: Page) -> None:
    draw = np.random.default_rng(1)
    x = np.cumsum(draw.integers(0, 5_000, 400)).astype(float).tolist()
    y = [float("nan") if i % 50 == 7 else float(v) for i, v in enumerate(draw.standard_normal(400) * 1e-3)]
    figure = ChartData((Trace("long", x, y, "#000000"), Trace("short", [1.0, 2.0], [3.0, 4.0], "#000000"),
                         Trace("points", [v + 0.25 for v in x[:60]], y[:60], "#000000", "markers")))  # fmt: skip
    text = figure.text
    assert '"steps"' in text
    read = page.evaluate(f"(text) => {{ {source('packed.js')} return unpacked(JSON.parse(text)) }}", text)
    plain = json.loads(json.dumps(figure.as_json()))
    assert [trace["x"] for trace in read["traces"]][:2] == [trace["x"] for trace in plain["traces"]][:2]
    np.testing.assert_allclose(read["traces"][2]["x"], plain["traces"][2]["x"], rtol=3e-5)
    for found, wanted in zip(read["traces"], plain["traces"], strict=True):
        assert [value is None for value in found["y"]] == [value is None for value in wanted["y"]]
        pairs = [(a, b) for a, b in zip(found["y"], wanted["y"], strict=True) if b is not None]
        np.testing.assert_allclose(*zip(*pairs, strict=True), rtol=3e-5)
