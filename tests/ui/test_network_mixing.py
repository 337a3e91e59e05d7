"""Stitches, gates and masks in the network's picture, and the view of how they went."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from mtl_core.blocks import Vector
from mtl_core.events import Event
from mtl_core.layout import Layout
from mtl_core.runs.store import Store
from mtl_core.spec import parse_spec
from tests.ui.small_store import opened, run_of, told
from ui import mixing_views, picture
from ui.colours import SHARED_COLOUR, task_colours
from ui.gradient_charts import Moments
from ui.mixing_bars import Share, gate_bars
from ui.mixing_masks import masks_markup
from ui.mixing_series import mixing_numbers
from ui.network_many import BETWEEN
from ui.network_nodes import RADIUS, THICK, THIN
from ui.network_picture import network_picture
from ui.network_shapes import Direction
from ui.network_values import folded, mixed
from ui.series import RunSeries

SVG = "{http://www.w3.org/2000/svg}"
DIRECTIONS: tuple[Direction, ...] = ("right", "down")
QUALITY, GOOD = task_colours(["quality", "good"]).values()


def layout_of(architecture: str, dataset: str = "wine_quality", **fields: Any) -> Layout:
    chosen = {"name": architecture, "hidden": [64, 64], **fields}
    return parse_spec({"dataset": {"name": dataset}, "architecture": chosen}).layout()


def draw(layout: Layout, mixing: dict[str, Any] | None = None, direction: Direction = "right") -> ElementTree.Element:
    lambdas, colours = dict.fromkeys(layout.outputs, 1.0), task_colours(list(layout.outputs))
    svg = network_picture(layout, lambdas, colours, mixing=mixing, direction=direction)
    return ElementTree.fromstring(svg)  # noqa: S314 - our own text


def strands(svg: ElementTree.Element) -> dict[str, ElementTree.Element]:
    """The lines that have words, by their words."""
    groups = [group for group in svg.iter(f"{SVG}g") if group.find(f"{SVG}path[@class='strand']") is not None]
    found = {group.findtext(f"{SVG}title") or "": group.find(f"{SVG}path[@class='strand']") for group in groups}
    return {words: path for words, path in found.items() if path is not None}


def nodes(svg: ElementTree.Element) -> dict[str, ElementTree.Element]:
    """The coloured disc of each node, by its words."""
    groups = [group for group in svg.iter(f"{SVG}g") if group.attrib.get("class") == "node"]
    return {group.findtext(f"{SVG}title") or "": group.findall(f"{SVG}circle")[1] for group in groups}


def width(path: ElementTree.Element) -> float:
    return float(path.attrib["stroke-width"])


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_stitches_begin_on_the_diagonal(direction: Direction) -> None:
    svg = draw(layout_of("cross_stitch"), direction=direction)
    found = strands(svg)
    assert len(found) == 2 * 2 * 2, "a strand a stage, task and column"
    own, other = (
        found["α = 0.90: quality takes from quality after hidden0"],
        found["α = 0.10: quality takes from good after hidden0"],
    )
    assert width(own) == pytest.approx(THIN + THICK * 0.9, abs=0.01)
    assert width(other) == pytest.approx(THIN + THICK * 0.1, abs=0.01)
    assert (own.attrib["stroke"], other.attrib["stroke"]) == (QUALITY, GOOD), (
        "in the colour of the column it comes from"
    )
    assert float(own.attrib["stroke-opacity"]) > float(other.attrib["stroke-opacity"])
    assert len(nodes(svg)) == 4
    assert "before training" in (svg.findtext(f"{SVG}desc") or "")


def test_told_stitches_are_drawn_and_negative_ones_dashed() -> None:
    told_by_run = {"stitches": {"hidden0": [[0.5, -0.25], [0.0, 1.0]], "hidden1": [[1.0, 0.0], None]}}
    svg = draw(layout_of("cross_stitch"), told_by_run)
    found = strands(svg)
    negative = found["α = −0.25: quality takes from good after hidden0"]
    assert "stroke-dasharray" in negative.attrib
    assert width(negative) == pytest.approx(THIN + THICK * 0.25, abs=0.01)
    assert width(found["α = 0.00: good takes from quality after hidden0"]) == pytest.approx(THIN)
    assert "α = 0.10: good takes from quality after hidden1" in found, "untold: as at the beginning"
    assert "0.50" in [element.text for element in svg.iter(f"{SVG}text")]
    assert "newest evaluation" in (svg.findtext(f"{SVG}desc") or "")


def test_strands_end_at_their_nodes() -> None:
    svg = draw(layout_of("cross_stitch"))
    centres = [(float(c.attrib["cx"]), float(c.attrib["cy"])) for c in nodes(svg).values()]
    ends = [tuple(map(float, path.attrib["d"].replace("C", " ").split()[-2:])) for path in strands(svg).values()]
    assert len(ends) == 8
    assert all(any(abs(x - RADIUS - u) < 0.2 and abs(y - v) < 0.2 for x, y in centres) for u, v in ends)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize(
    ("architecture", "boxes", "gates", "weights"), [("mmoe", 4, 2, 8), ("cgc", 4, 2, 6), ("ple", 8, 5, 3 + 3 + 4 + 6)]
)
def test_each_expert_is_one_box_and_each_gate_one_node(
    architecture: str, boxes: int, gates: int, weights: int, direction: Direction
) -> None:
    svg = draw(layout_of(architecture), direction=direction)
    texts = [element.text or "" for element in svg.iter(f"{SVG}text")]
    assert sum(text.startswith("Expert ") for text in texts) == boxes
    assert len(nodes(svg)) == gates
    assert sum(" of what " in (title.text or "") for title in svg.iter(f"{SVG}title")) == weights
    assert any(words.startswith("What the gate of good looks at") for words in strands(svg))


def test_gates_are_as_wide_as_their_mean_weight() -> None:
    svg = draw(layout_of("mmoe", experts=2), {"gates": {"quality/gate0": [0.75, 0.25], "good/gate0": None}})
    found = strands(svg)
    strong = found["0.75 of what quality goes on from is Expert 1 (shared)"]
    assert width(strong) == pytest.approx(THIN + THICK * 0.75, abs=0.01)
    assert strong.attrib["stroke"] == SHARED_COLOUR
    assert "0.50 of what good goes on from is Expert 2 (shared)" in found, "untold: equal"
    assert "0.75 Expert" not in (svg.findtext(f"{SVG}desc") or "").split("Gate of good")[1]


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_very_many_experts_stand_as_one_an_owner(direction: Direction) -> None:
    svg = draw(layout_of("cgc", own_experts=8, shared_experts=8), direction=direction)
    texts = [element.text or "" for element in svg.iter(f"{SVG}text")]
    assert [text for text in texts if "xpert" in text] == ["8 experts"] * 3
    assert "0.50 of what good goes on from is 8 experts (shared)" in strands(svg), "their weights are summed"


def test_own_experts_have_their_tasks_colour() -> None:
    found = strands(draw(layout_of("cgc")))
    (own,) = [path for words, path in found.items() if "quality goes on from is Expert 1 (quality)" in words]
    assert own.attrib["stroke"] == QUALITY


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_masks_are_as_full_as_their_mean(direction: Direction) -> None:
    told_by_run = {"masks": {"digit": {"conv0": 0.8}, "mask": {"conv2": 0.125}}}
    found = nodes(draw(layout_of("mtan", "digits"), told_by_run, direction))
    assert len(found) == 2 * 3
    assert found["digit, mask on conv0: 0.80 on average"].attrib["fill-opacity"] == "0.80"
    assert float(found["mask, mask on conv2: 0.12 on average"].attrib["fill-opacity"]) == pytest.approx(0.12)
    assert found["digit, mask on conv1: 0.50 on average"].attrib["fill-opacity"] == "0.50"


def test_a_decoder_reads_the_masked_maps_and_not_the_shared_ones() -> None:
    svg = draw(layout_of("mtan", "digits"))
    centres = [(float(c.attrib["cx"]), float(c.attrib["cy"])) for c in nodes(svg).values()]
    skips = [path.attrib["d"] for path in svg.iter(f"{SVG}path") if path.attrib.get("class") == "skip"]
    begins = [tuple(map(float, re.findall(r"[\d.]+", path)[:2])) for path in skips]
    assert len(begins) == 3
    assert all(min(abs(x - u) + abs(y - v) for u, v in centres) < 8 for x, y in begins)


def test_many_tasks_are_folded() -> None:
    layout = layout_of("cross_stitch", "school")
    tasks = list(layout.outputs)
    row = folded(mixed(layout, {}), tasks[1:-1]).stitches[f"{tasks[0]}/stitch_hidden0"]
    assert list(row) == [tasks[0], BETWEEN, tasks[-1]]
    assert row[BETWEEN] == pytest.approx(0.1 * 137 / 138), "what the stack gives is a sum"
    own = folded(mixed(layout, {}), tasks[1:-1]).stitches[f"{BETWEEN}/stitch_hidden0"]
    assert sum(own.values()) == pytest.approx(1.0)
    assert own[BETWEEN] == pytest.approx(0.9 + 0.1 * 136 / 138), "what it takes is a mean"
    svg = draw(layout)
    assert len(nodes(svg)) == 3 * 2
    assert "137 more tasks" in "".join(svg.itertext())


def test_an_alpha_a_unit_has_one_node_a_stage_too() -> None:
    layout = layout_of("cross_stitch", per_unit=True)
    assert isinstance(layout.parts[0].block.output(), Vector)
    assert len(nodes(draw(layout))) == 4


MIXING = {
    "stitches": {"hidden0": [[0.9, 0.1], [0.2, 0.8]], "hidden1": [[1.0, -0.1], None]},
    "gates": {"quality/gate0": [0.25, 0.75], "good/gate0": None},
    "masks": {"digit": {"conv0": 0.5}},
}


def test_numbers_have_names() -> None:
    assert mixing_numbers(MIXING) == {
        "0,0\nstitches/hidden0": 0.9,
        "0,1\nstitches/hidden0": 0.1,
        "1,0\nstitches/hidden0": 0.2,
        "1,1\nstitches/hidden0": 0.8,
        "0,0\nstitches/hidden1": 1.0,
        "0,1\nstitches/hidden1": -0.1,
        "0\ngates/quality/gate0": 0.25,
        "1\ngates/quality/gate0": 0.75,
        "digit\nmasks/conv0": 0.5,
    }


def test_the_newest_mixing_is_kept_and_all_of_it_over_the_steps() -> None:
    series = RunSeries()
    for step, alpha in ((1, 0.9), (2, 0.7)):
        values = {"split": "train", "mixing": {"stitches": {"hidden0": [[alpha, 0.1], [0.1, 0.9]]}}}
        series.add(Event("evaluation", step, 0.0, 0.0, values))
    series.add(Event("evaluation", 3, 0.0, 0.0, {"split": "validation"}))
    seen = series.copy()
    assert seen.mixing["stitches"]["hidden0"][0][0] == 0.7
    assert seen.mixed["0,0\nstitches/hidden0"].points() == [(1.0, 0.9), (2.0, 0.7)]
    chart = mixing_views.stitch_chart(seen.mixed, "hidden0", ["a", "b"], {"a": "#00f", "b": "#f00"}, 9, "run")
    assert [(line.name, line.dash, line.colour) for line in chart.traces][:2] == [
        ("α a ← a", "solid", "#00f"),
        ("α a ← b", "dash", "#f00"),
    ]


def test_bars_are_stacked_to_one() -> None:
    moments = Moments(np.array([[0.25, 0.5], [0.75, 0.5]]), ["0", "1"], ["10", "20"])
    html = gate_bars(moments, [Share("own <b>", "#00f", 0.9), Share("shared", "#888", 0.9)], "gate")
    heights = [float(height) for height in re.findall(r'<rect [^>]*height="([\d.]+)"', html)]
    assert len(heights) == 4
    assert heights[0] + heights[1] == pytest.approx(heights[2] + heights[3])
    assert heights[0] * 3 == pytest.approx(heights[1], abs=0.05)
    assert "own <b>" not in html.replace("<b>0.50</b>", "")
    assert "shared <b>0.50</b>" in html


def test_experts_are_named_in_the_order_of_the_weights() -> None:
    layout = layout_of("ple")
    assert mixing_views.experts_of(layout, "good/gate1") == ["good/expert0", "shared/expert0", "shared/expert1"]
    shares = mixing_views.shares_of(mixing_views.experts_of(layout, "good/gate1"), {"good": GOOD})
    assert [share.colour for share in shares] == [GOOD, SHARED_COLOUR, SHARED_COLOUR]
    assert shares[1].opacity > shares[2].opacity


def test_masks_share_one_scale() -> None:
    found = {f"mask_mean.digit.conv{i}": np.full((2, 2), 0.25 + 0.5 * i, dtype=np.float32) for i in range(2)}
    html = masks_markup(found, ["digit"], {"digit": "#00f"})
    assert "Black is 0.25, white is 0.75." in html
    assert html.count("<figure>") == 2
    assert masks_markup({}, ["digit"], {}) == ""


def test_the_picture_follows_the_run_that_is_shown(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_of(store, "running", spec={"architecture": {"name": "cross_stitch"}})
    writer = store.writer(run)
    values = {"split": "train", "loss": {}, "metrics": {}, "mixing": {"stitches": {"hidden0": [[0.33, 0.67], None]}}}
    writer.append(Event("evaluation", 2_000, 50.0, 3.0, values))
    writer.flush()
    seen: list[dict[str, Any]] = []
    monkeypatch.setattr(picture, "network_markup", lambda *_, **call: seen.append(call) or "")
    app = opened(run=run)
    assert told(app) == []
    assert seen[-1]["mixing"]["stitches"]["hidden0"][0] == [0.33, 0.67]
    app.session_state["detail_view"] = "mixing:"
    app.run()
    assert told(app) == []
    assert any("α after hidden0" in str(element.value) for element in app.markdown)
