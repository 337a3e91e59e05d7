"""The browser reads what the server packed."""

from __future__ import annotations

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
    read = page.evaluate(f"(text) => {{ {source('packed.js')} return chartOf(JSON.parse(text)) }}", text)
    wanted = [[None if np.isnan(v) else v for v in trace.y] for trace in figure.traces]
    assert [trace["x"] for trace in read["traces"]][:2] == [list(trace.x) for trace in figure.traces][:2]
    np.testing.assert_allclose(read["traces"][2]["x"], figure.traces[2].x, rtol=7e-5)
    for found, y in zip(read["traces"], wanted, strict=True):
        assert [value is None for value in found["y"]] == [value is None for value in y]
        pairs = [(a, b) for a, b in zip(found["y"], y, strict=True) if b is not None]
        np.testing.assert_allclose(*zip(*pairs, strict=True), rtol=7e-5)


def test_an_update_makes_the_chart_that_the_whole_makes(page: Page) -> None:
    x = [float(4 * i) for i in range(300)]
    y = [1 / (1 + v) for v in x]
    before, now = (ChartData((Trace("a", x[:n], y[:n], "#000000"),), y_log=n == 300) for n in (250, 300))
    both = f"""([whole, first, update]) => {{ {source("packed.js")}
        const grown = chartOf(JSON.parse(update), chartOf(JSON.parse(first)));
        return [chartOf(JSON.parse(whole)), grown];
    }}"""
    whole, grown = page.evaluate(both, [now.text, before.text, now.since(before)])
    assert whole == grown
    assert len(grown["traces"][0]["x"]) == 300
    assert grown["yLog"] is True
