"""The front in the space of two metrics, and all metrics and λ side by side: an answer in, Plotly figures out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mtl_core.sweeps.front_answer import FrontAnswer, Point
from ui.colours import SHARED_COLOUR
from ui.fields import choice_name
from ui.metric_text import formatted, metric_name
from ui.words import t

if TYPE_CHECKING:
    import plotly.graph_objects as go

SYMBOLS = ("circle", "square", "triangle-up", "pentagon", "hexagon", "star-triangle-up", "cross")
HEIGHT, PARALLEL_HEIGHT = 440, 320
HARDLY = 0.08


def rows(answer: FrontAnswer, x: int, y: int) -> list[dict[str, Any]]:
    """A row a point that trains every task and is measured: what is drawn of it.

    Args:
        answer: the trade-off.
        x, y: places of the tasks on the axes.
    """
    methods = list(dict.fromkeys(point.method for point in answer.points))
    found = []
    for place, point in enumerate(answer.points):
        values = [point.values[axis] for axis in (x, y)]
        if not point.trains_all or None in values:
            continue
        found.append(
            {
                "place": place,
                "x": values[0],
                "y": values[1],
                "share": share(point, answer.tasks[x], answer.tasks[y]),
                "front": point.on_front,
                "supported": point.supported,
                "symbol": SYMBOLS[methods.index(point.method) % len(SYMBOLS)],
                "text": told(answer, point),
            }
        )
    return found


def measured(point: Point) -> bool:
    """Whether it trains every task and all of them are measured."""
    return point.trains_all and None not in point.values


def share(point: Point, x: str, y: str) -> float:
    """λ_x / (λ_x + λ_y), from 0 to 1."""
    total = point.lambdas[x] + point.lambdas[y]
    return point.lambdas[x] / total if total else 0.5


def told(answer: FrontAnswer, point: Point) -> str:
    """A point as a person reads it: network, λ, metrics."""
    lambdas = " · ".join(f"λ {task} {value:.3g}" for task, value in point.lambdas.items())
    metrics = " · ".join(
        f"{task} {metric_name(metric)} {formatted(metric, value)}"
        for task, metric, value in zip(answer.tasks, answer.metrics, point.values, strict=True)
    )
    return f"{method_name(point)}<br>{lambdas}<br>{metrics}"


def method_name(point: Point) -> str:
    """Architecture and, unless it is plain λ, weighting."""
    architecture, weighting = point.method.split(", ")
    name = choice_name("architecture_name", architecture)
    return name if weighting == "fixed" else f"{name}, {choice_name('weighting_name', weighting)}"


def blend(one: str, other: str, part: float) -> str:
    """A colour between two, ``part`` of the way from the first."""
    pairs = [(int(one[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in pairs)


def line_of(point: Point) -> list[float]:
    """Where a measured point's line meets the axes of the parallel coordinates: λ of each task, then the metrics."""
    return [*point.lambdas.values(), *(value for value in point.values if value is not None)]


def front_figure(
    answer: FrontAnswer, x: int, y: int, colours: Mapping[str, str], outside: Collection[int] = ()
) -> go.Figure:
    """Every measured point: beaten ones faded, the front joined, its knee and the tasks alone marked.

    Args:
        answer: the trade-off.
        x, y: places of the tasks on the axes.
        colours: per task; a point has the colour of the task that its λ prefers.
        outside: places of points that the brushed axes of the parallel coordinates leave out: they are hardly seen.
    """
    import plotly.graph_objects as go

    drawn = rows(answer, x, y)
    ends = colours[answer.tasks[y]], colours[answer.tasks[x]]
    figure = go.Figure()
    if len(answer.tasks) == 2:
        figure.add_trace(_staircase(drawn, answer.lower_is_better[x]))
    for front in (False, True):
        chosen = [row for row in drawn if row["front"] == front]
        figure.add_trace(_dots(chosen, ends, front, outside))
    dent = [row for row in drawn if row["front"] and not row["supported"]]
    if dent:
        figure.add_trace(_rings(dent, t("tradeoff.dent_points"), "circle-open", 18, SHARED_COLOUR))
    bends = [row for row in drawn if answer.points[row["place"]].arm == answer.knee]
    if bends:
        figure.add_trace(_rings(bends, t("tradeoff.knee"), "star-open", 20, "#a8820a"))
    alone = [answer.single[axis] if answer.single else None for axis in (x, y)]
    if alone[0] is not None:
        figure.add_vline(x=alone[0], line={"dash": "dot", "color": SHARED_COLOUR, "width": 1})
    if alone[1] is not None:
        figure.add_hline(y=alone[1], line={"dash": "dot", "color": SHARED_COLOUR, "width": 1})
    if None not in alone:
        where = [{"x": alone[0], "y": alone[1], "text": t("tradeoff.alone"), "place": -1}]
        figure.add_trace(_rings(where, t("tradeoff.alone"), "x-thin-open", 11, SHARED_COLOUR))
    figure.update_layout(**_layout(answer, x, y))
    return figure


def parallel_figure(answer: FrontAnswer, chosen: Sequence[int], colours: Mapping[str, str]) -> go.Figure:
    """λ and metrics of points side by side, one line a point.

    Args:
        answer: the trade-off.
        chosen: places of the points; none: all that are measured.
        colours: per task.
    """
    import plotly.graph_objects as go

    whole = [i for i, point in enumerate(answer.points) if measured(point)]
    kept = [i for i in whole if i in set(chosen)] or whole
    points = [answer.points[i] for i in kept]
    first, last = answer.tasks[0], answer.tasks[-1]
    every = [answer.points[i] for i in whole]
    dimensions = [
        {"label": f"λ {task}", "values": [p.lambdas[task] for p in points], "range": [0, 1]} for task in answer.tasks
    ]
    for k, (task, metric, lower) in enumerate(zip(answer.tasks, answer.metrics, answer.lower_is_better, strict=True)):
        seen = [value for p in every if (value := p.values[k]) is not None]
        span = [max(seen), min(seen)] if lower else [min(seen), max(seen)]
        label = f"{task} · {metric_name(metric)}"
        dimensions.append({"label": label, "values": [p.values[k] for p in points], "range": span})
    scale = [[0.0, colours[last]], [1.0, colours[first]]]
    line = {"color": [share(p, first, last) for p in points], "colorscale": scale, "cmin": 0, "cmax": 1}
    figure = go.Figure(go.Parcoords(line=line, dimensions=dimensions))
    figure.update_layout(
        height=PARALLEL_HEIGHT, margin={"l": 70, "r": 50, "t": 50, "b": 20}, paper_bgcolor="rgba(0,0,0,0)"
    )
    return figure


def _dots(
    found: Sequence[Mapping[str, Any]], ends: tuple[str, str], front: bool, outside: Collection[int]
) -> go.Scatter:
    import plotly.graph_objects as go

    marker = {
        "color": [blend(*ends, row["share"]) for row in found],
        "symbol": [row["symbol"] for row in found],
        "size": 11 if front else 8,
        "opacity": [HARDLY if row["place"] in outside else 1.0 if front else 0.3 for row in found],
    }
    return go.Scatter(
        x=[row["x"] for row in found],
        y=[row["y"] for row in found],
        mode="markers",
        name=t("tradeoff.front") if front else t("tradeoff.beaten"),
        marker=marker,
        customdata=[row["place"] for row in found],
        text=[row["text"] for row in found],
        hovertemplate="%{text}<extra></extra>",
    )


def _staircase(found: Sequence[Mapping[str, Any]], x_less: bool) -> go.Scatter:
    """The edge of what the front covers: from one of its points to the next along x, then along y."""
    import plotly.graph_objects as go

    front = sorted((row for row in found if row["front"]), key=lambda row: row["x"], reverse=not x_less)
    line = {"color": SHARED_COLOUR, "width": 1.5, "shape": "hv"}
    return go.Scatter(
        x=[row["x"] for row in front],
        y=[row["y"] for row in front],
        mode="lines",
        line=line,
        hoverinfo="skip",
        showlegend=False,
    )


def _rings(found: Sequence[Mapping[str, Any]], name: str, symbol: str, size: int, colour: str) -> go.Scatter:
    import plotly.graph_objects as go

    return go.Scatter(
        x=[row["x"] for row in found],
        y=[row["y"] for row in found],
        mode="markers",
        name=name,
        marker={"symbol": symbol, "size": size, "color": colour, "line": {"width": 2, "color": colour}},
        customdata=[row["place"] for row in found],
        text=[row["text"] for row in found],
        hovertemplate="%{text}<extra></extra>",
    )


def _layout(answer: FrontAnswer, x: int, y: int) -> dict[str, Any]:
    titles = []
    for axis in (x, y):
        better = t("tradeoff.less") if answer.lower_is_better[axis] else t("tradeoff.more")
        titles.append(f"{answer.tasks[axis]} · {metric_name(answer.metrics[axis])} ({better})")
    return {
        "height": HEIGHT,
        "margin": {"l": 10, "r": 10, "t": 10, "b": 10},
        "xaxis": {"title": {"text": titles[0]}, "automargin": True},
        "yaxis": {"title": {"text": titles[1]}, "automargin": True},
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0},
        "dragmode": "pan",
    }
