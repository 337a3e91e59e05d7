"""The picture is well-formed for every architecture, and shows λ, γ, names and counts."""

from __future__ import annotations

import re
from itertools import combinations
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
from ui.network_picture import network_picture
from ui.network_shapes import BOX_H, BOX_W, Direction, place

SVG = "{http://www.w3.org/2000/svg}"
DIRECTIONS: tuple[Direction, ...] = ("right", "down")


def layout_of(architecture: str, dataset: str = "wine_quality") -> Layout:
    return parse_spec({"dataset": {"name": dataset}, "architecture": {"name": architecture}}).layout()


def draw(
    layout: Layout, lambdas: dict[str, float], strengths: float = 0.0, direction: Direction = "right"
) -> ElementTree.Element:
    svg = network_picture(layout, lambdas, task_colours(list(layout.outputs)), strengths=strengths, direction=direction)
    return ElementTree.fromstring(svg)  # noqa: S314 - our own text


def texts(svg: ElementTree.Element) -> list[str]:
    return [element.text or "" for element in svg.iter(f"{SVG}text")]


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
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
    grid = place(layout, {task.name: (task.name, "λ 1", "123 parameters") for task in tasks}, direction, 20)
    for a, b in combinations(grid.boxes.values(), 2):
        assert abs(a.x - b.x) >= BOX_W or abs(a.y - b.y) >= BOX_H, (a.name, b.name)
    names = "".join(texts(draw(layout, dict.fromkeys(layout.outputs, 1.0), direction=direction)))
    assert all(task.name in names for task in tasks), "long names are wrapped, never cut"


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
