"""A network drawn as SVG from its layout: grey for what is shared, one colour a task, arrows as wide as λ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from hashlib import blake2s
from html import escape
from typing import Any

from mtl_core.layout import Layout
from mtl_core.mixing import Mixture
from ui.network_boxes import count_text, draw_box, draw_label, label_of, parameters_text, shared_panel
from ui.network_columns import column_plan
from ui.network_edges import bent, edges, ties
from ui.network_experts import expert_plan
from ui.network_many import BETWEEN, COLOUR, Stack, stack_name, stacked
from ui.network_nodes import draw_node, draw_strand
from ui.network_plan import Plan
from ui.network_routes import around
from ui.network_shapes import TEXT, Direction, Label, place
from ui.network_values import Mixed, folded, mixed, mixes
from ui.network_words import description
from ui.remembered import drawn_once
from ui.words import t

FOOT = 26.0
ROOMS = (0.0, 16.0, 32.0, 64.0)
"""Px more between two lanes, tried one after another."""
SMALLEST, LEAST_LARGE = 0.78, 0.86
"""How far the picture may be made smaller: its text stays legible, and a narrow place scrolls instead."""


def network_markup(
    layout: Layout,
    lambdas: Mapping[str, float],
    colours: Mapping[str, str],
    *,
    strengths: float = 0.0,
    task_names: Mapping[str, str] | None = None,
    mixing: Mapping[str, Any] | None = None,
    large: bool = False,
) -> str:
    """The picture as HTML, from left to right where there is room, else from top to bottom.

    Args: as :func:`network_picture`; ``large``: as large as its place allows and never smaller than drawn.
    """
    call: dict[str, Any] = {"strengths": strengths, "task_names": task_names, "mixing": mixing}

    def markup() -> str:
        wide = network_picture(layout, lambdas, colours, **call)
        tall = network_picture(layout, lambdas, colours, **call, direction="down")
        enough = round((LEAST_LARGE if large else SMALLEST) * _width(wide))
        style = f"<style>@container (min-width:{enough}px){{.tall{{display:none}}.wide{{display:block}}}}</style>"
        look = "large " if large else ""
        return f'{style}<div class="{look}wide">{wide}</div><div class="{look}tall">{tall}</div>'

    return drawn_once(markup, layout, lambdas, colours, call, large)


def network_picture(
    layout: Layout,
    lambdas: Mapping[str, float],
    colours: Mapping[str, str],
    *,
    strengths: float = 0.0,
    task_names: Mapping[str, str] | None = None,
    mixing: Mapping[str, Any] | None = None,
    direction: Direction = "right",
) -> str:
    """The network as one SVG text; its text colour is CSS ``currentColor``.

    Args:
        layout: ``spec.layout()``.
        lambdas: λ of each task; width of the arrow into its head, dashed and thin where it is 0.
        colours: of each task, from :func:`ui.colours.task_colours`.
        strengths: γ, drawn as dotted ties between matching parts of different tasks; 0 for none.
        task_names: display names; the task's own name where one is missing.
        mixing: what a run's newest evaluation says of stitches, gates and masks; left out: as a network begins.
        direction: which way data flow.
    """
    values = mixed(layout, mixing or {})
    words = description(layout, lambdas, task_names or {}, strengths, values)
    layout, stack = stacked(layout)
    names = {task: (task_names or {}).get(task, task) for task in layout.outputs}
    labels = _labels(layout, lambdas, names, stack, direction)
    if stack is not None:
        lambdas, colours = {**lambdas, BETWEEN: stack.mean_lambda(lambdas)}, {**colours, BETWEEN: COLOUR}
        names[BETWEEN], values = stack_name(stack), folded(values, stack.tasks)
    plan = _planned(layout, labels, names, values, direction)
    grid = plan.grid
    drawn = [
        shared_panel(grid, parameters_text(layout, None)),
        *ties(plan, strengths),
        *(draw_strand(strand, colours, direction) for strand in plan.strands),
        *edges(plan, lambdas, colours),
        *(draw_box(box, colours, direction) for box in grid.boxes.values()),
        *bent(plan, colours),
        *(draw_node(node, colours, direction) for node in plan.nodes),
        *(draw_label(task, labels[task], grid, colours) for task in layout.outputs),
    ]
    mark = blake2s(f"{direction}{words}".encode(), digest_size=4).hexdigest()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="network" viewBox="0 0 {grid.width:.0f} {grid.height:.0f}" '
        f'role="img" aria-labelledby="t{mark} d{mark}" style="--whole:{grid.width:.0f}px;--least:'
        f'{SMALLEST * grid.width:.0f}px" font-size="{TEXT}"><title id="t{mark}">{escape(t("network.title"))}</title>'
        f'<desc id="d{mark}">{escape(words)}</desc>{"".join(drawn)}</svg>'
    )


def _labels(
    layout: Layout, lambdas: Mapping[str, float], names: Mapping[str, str], stack: Stack | None, direction: Direction
) -> dict[str, Label]:
    """The words after each head, also after that of a stack."""
    labels = {
        task: label_of(names[task], f"λ {lambdas.get(task, 0.0):.3g}", parameters_text(layout, task), direction)
        for task in layout.outputs
    }
    if stack is not None:
        own = t("network.parameters", count=count_text(stack.parameters))
        labels[BETWEEN] = label_of(stack_name(stack), stack.lambda_text(lambdas), own, direction)
    return labels


def _planned(
    layout: Layout, labels: Mapping[str, Label], names: Mapping[str, str], values: Mixed, direction: Direction
) -> Plan:
    """Where everything stands, with as much room between the lanes as the lines around boxes need."""
    foot = FOOT if layout.shared_parts() else 6.0
    shown = tuple(
        part for part in layout.parts if not part.apart
    )  # what is lent or makes pictures is counted, not drawn
    layout = replace(layout, parts=shown)
    if mixes(layout):
        experts = any(isinstance(part.block, Mixture) for part in shown)
        return (expert_plan if experts else column_plan)(layout, labels, names, values, direction, foot)
    for room in ROOMS:
        grid = place(layout, labels, direction, foot, room)
        ways = around(layout, grid)
        if all(ways.values()):
            break
    return Plan(layout, grid, ways)


def _width(svg: str) -> float:
    start = svg.index('viewBox="0 0 ') + len('viewBox="0 0 ')
    return float(svg[start : svg.index(" ", start)])
