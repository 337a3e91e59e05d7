"""The picture is well-formed for every architecture, and shows λ, γ, names and counts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations, pairwise
from math import dist
from typing import Any, get_args
from xml.etree import ElementTree

import pytest

from mtl_core.architectures import ARCHITECTURES
from mtl_core.blocks import Vector
from mtl_core.datasets import DATASETS
from mtl_core.encoders import InputSpec
from mtl_core.layout import Layout
from mtl_core.spec import parse_spec
from mtl_core.tasks import Task
from ui.colours import SHARED_COLOUR, task_colours
from ui.network_picture import SMALLEST, network_picture
from ui.network_shapes import BOX_H, BOX_W, SMALL, Direction, Label, place

SVG = "{http://www.w3.org/2000/svg}"
DIRECTIONS: tuple[Direction, ...] = ("right", "down")


LINEAR = ("related_tasks", "school")
"""Data sets for which no hidden layers are recommended; an architecture that mixes layers needs some."""
FITTING = [
    (architecture, dataset)
    for architecture, chosen in ARCHITECTURES.items()
    for dataset in DATASETS
    if not chosen.needs_maps
    or any(source.kind == "image" for source in parse_spec({"dataset": {"name": dataset}}).dataset.inputs().values())
]


def layout_of(architecture: str, dataset: str = "wine_quality", **fields: Any) -> Layout:
    if dataset in LINEAR and ARCHITECTURES[architecture].mixes_stages:
        fields["hidden"] = [64, 64]
    return parse_spec({"dataset": {"name": dataset}, "architecture": {"name": architecture, **fields}}).layout()


def draw(
    layout: Layout, lambdas: dict[str, float], strengths: float = 0.0, direction: Direction = "right"
) -> ElementTree.Element:
    svg = network_picture(layout, lambdas, task_colours(list(layout.outputs)), strengths=strengths, direction=direction)
    return ElementTree.fromstring(svg)  # noqa: S314 - our own text


def texts(svg: ElementTree.Element) -> list[str]:
    return [element.text or "" for element in svg.iter(f"{SVG}text")]


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize(("architecture", "dataset"), FITTING)
def test_every_architecture_is_drawn_inside_its_frame(architecture: str, dataset: str, direction: Direction) -> None:
    layout = layout_of(architecture, dataset)
    svg = draw(layout, dict.fromkeys(layout.outputs, 1.0), 0.1, direction)
    _, _, width, height = map(float, svg.attrib["viewBox"].split())
    for rect in svg.iter(f"{SVG}rect"):
        x, y = float(rect.attrib["x"]), float(rect.attrib["y"])
        assert 0 <= x <= x + float(rect.attrib["width"]) <= width
        assert 0 <= y <= y + float(rect.attrib["height"]) <= height
    drawn = list(layout.outputs) if len(layout.outputs) <= 8 else [*layout.outputs][:: len(layout.outputs) - 1]
    assert set(drawn) <= set(texts(svg))
    assert svg.find(f"{SVG}title") is not None
    assert svg.find(f"{SVG}desc") is not None


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_six_tasks_of_eight_stages_do_not_overlap(direction: Direction) -> None:
    tasks = [Task(f"task_with_a_long_name_{i}", "regression") for i in range(6)]
    sizes = ARCHITECTURES["partial"](name="partial", hidden=[1024, 512, 256, 128, 64, 32, 16, 8])
    layout = sizes.layout({"table": InputSpec("table", Vector(11))}, tasks)
    grid = place(layout, {task.name: Label((task.name,), "λ 1", ("123 parameters",)) for task in tasks}, direction, 20)
    for a, b in combinations(grid.boxes.values(), 2):
        assert abs(a.x - b.x) >= BOX_W or abs(a.y - b.y) >= BOX_H, (a.name, b.name)
    names = "".join(texts(draw(layout, dict.fromkeys(layout.outputs, 1.0), direction=direction)))
    assert all(task.name in names for task in tasks), "long names are wrapped, never cut"


def points_on(path: str) -> Iterator[tuple[float, float]]:
    """Points about every px on a path of M, L, Q and C, by de Casteljau's steps."""
    at = (0.0, 0.0)
    for command, numbers in re.findall(r"([MLQC])([^MLQC]*)", path):
        values = [float(number) for number in numbers.split()]
        corners = [at, *zip(values[::2], values[1::2], strict=True)] if command != "M" else [(values[0], values[1])]
        count = max(2, int(sum(dist(a, b) for a, b in pairwise(corners))))
        for i in range(count + 1):
            level = corners
            while len(level) > 1:
                level = [(a + (c - a) * i / count, b + (d - b) * i / count) for (a, b), (c, d) in pairwise(level)]
            yield level[0]
        at = corners[-1]


def spoiled(svg: ElementTree.Element) -> list[str]:
    """The lines of a picture that run through a box, or out of the frame."""
    _, _, width, height = map(float, svg.attrib["viewBox"].split())
    boxes = [
        (float(rect.attrib["x"]) + BOX_W / 2, float(rect.attrib["y"]) + BOX_H / 2)
        for rect in svg.iter(f"{SVG}rect")
        if rect.attrib.get("width") == str(BOX_W) and "class" not in rect.attrib
    ]
    assert boxes
    return [
        path.attrib["d"]
        for path in svg.iter(f"{SVG}path")
        if path.attrib.get("class") in ("arrow", "skip", "strand")
        for x, y in points_on(path.attrib["d"])
        if not (0 < x < width and 0 < y < height)
        or any(abs(x - u) < BOX_W / 2 - 1 and abs(y - v) < BOX_H / 2 - 1 for u, v in boxes)
    ]


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize(("architecture", "dataset"), FITTING)
def test_no_line_runs_through_a_box(architecture: str, dataset: str, direction: Direction) -> None:
    spec = parse_spec({"dataset": {"name": dataset}})
    fusions = get_args(ARCHITECTURES[architecture].model_fields["fusion"].annotation)
    for fusion in fusions if len(spec.dataset.inputs()) > 1 else fusions[:1]:
        layout = layout_of(architecture, dataset, fusion=fusion)
        assert spoiled(draw(layout, dict.fromkeys(layout.outputs, 1.0), 0.1, direction)) == [], fusion


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("cut", range(1, 9))
def test_no_line_runs_through_a_box_wherever_sharing_ends(cut: int, direction: Direction) -> None:
    chosen = {"name": "partial", "shared_depth": cut, "fusion": "cross_attention"}
    layout = parse_spec({"dataset": {"name": "captioned_scenes"}, "architecture": chosen}).layout()
    assert spoiled(draw(layout, dict.fromkeys(layout.outputs, 1.0), 0.1, direction)) == []


def test_text_stays_legible_in_a_narrow_column() -> None:
    layout = layout_of("hard", "captioned_scenes")
    svg = draw(layout, dict.fromkeys(layout.outputs, 1.0), direction="down")
    smallest = float(re.search(r"--least:([\d.]+)px", svg.attrib["style"])[1])  # type: ignore[index]
    width = float(svg.attrib["viewBox"].split()[2])
    assert smallest / width * SMALL >= 8, "px of the smallest text"
    assert smallest / width == pytest.approx(SMALLEST, abs=0.01)
    assert width * 0.85 <= 290, "three tasks fit into the Playground's column at 1440 px nearly unscaled"


def arrow_widths(svg: ElementTree.Element, colour: str) -> list[float]:
    arrows = [p for p in svg.iter(f"{SVG}path") if p.attrib.get("class") == "arrow" and p.attrib["stroke"] == colour]
    return [float(p.attrib["stroke-width"]) for p in arrows]


def test_arrows_are_as_wide_as_lambda() -> None:
    colours = task_colours(["quality", "good"])
    svg = draw(layout_of("hard"), {"quality": 2.0, "good": 0.5})
    (wide,), (narrow,) = arrow_widths(svg, colours["quality"]), arrow_widths(svg, colours["good"])
    assert wide == 8.0
    assert narrow == pytest.approx(1.6 + 6.4 * 0.25)


def test_lambda_zero_is_dashed_and_thin() -> None:
    svg = draw(layout_of("hard"), {"quality": 1.0, "good": 0.0})
    dashed = [p for p in svg.iter(f"{SVG}path") if "stroke-dasharray" in p.attrib]
    assert [(p.attrib["stroke"], float(p.attrib["stroke-width"])) for p in dashed] == [
        (task_colours(["quality", "good"])["good"], 1.0)
    ]
    assert "λ 0" in texts(svg)


def test_all_lambdas_zero_is_drawn() -> None:
    svg = draw(layout_of("hard"), {"quality": 0.0, "good": 0.0})
    assert sum("stroke-dasharray" in p.attrib for p in svg.iter(f"{SVG}path")) == 2


@pytest.mark.parametrize(
    ("architecture", "strength", "ties"), [("soft", 0.1, 2), ("partial", 0.1, 1), ("soft", 0.0, 0), ("hard", 0.1, 0)]
)
def test_gamma_ties_matching_parts(architecture: str, strength: float, ties: int) -> None:
    svg = draw(layout_of(architecture), {"quality": 1.0, "good": 1.0}, strength)
    assert sum(p.attrib.get("class") == "tie" for p in svg.iter(f"{SVG}path")) == ties


def test_counts_are_those_of_the_layout() -> None:
    layout = layout_of("hard")
    words = " ".join(texts(draw(layout, {"quality": 1.0, "good": 1.0}))).replace("\u2009", "")
    counts = layout.parameter_counts()
    assert f"shared · {counts['shared']} parameters" in words
    assert re.findall(r"(?<!shared · )\b65 parameters", words) == ["65 parameters"] * 2


def test_shared_parts_are_grey() -> None:
    svg = draw(layout_of("hard"), {"quality": 1.0, "good": 1.0})
    strokes = [rect.attrib.get("stroke") for rect in svg.iter(f"{SVG}rect")]
    assert strokes.count(SHARED_COLOUR) == 2


def test_description_says_it_in_words() -> None:
    svg = draw(layout_of("soft"), {"quality": 1.0, "good": 0.25}, 0.1)
    words = svg.findtext(f"{SVG}desc") or ""
    assert "nothing shared" in words
    assert "good: λ = 0.25" in words
    assert "γ = 0.1" in words


def test_names_from_outside_are_escaped() -> None:
    layout = layout_of("hard")
    svg = network_picture(layout, {}, {}, task_names={"quality": "<script>alert(1)</script>"})
    assert "<script>" not in svg
