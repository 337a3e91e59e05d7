"""What a sweep over λ has found: the front, in words and as a picture that can be clicked; its table."""

from __future__ import annotations

from functools import partial
from itertools import combinations
from typing import Any

import streamlit as st

from mtl_core.runs.groups import get_group
from mtl_core.spec import parse_spec
from mtl_core.sweeps.front_answer import FrontAnswer, Point, front_answer
from mtl_core.sweeps.summary import Summary
from ui import hub, parallel_view, tradeoff_charts
from ui.metric_text import formatted, metric_name
from ui.spec_form import colours_of
from ui.words import t

AXES = "tradeoff_axes"
CHART = "tradeoff_front"


def show(found: Summary, opener: Any) -> None:
    """The answer as far as it is known.

    Args:
        found: the group.
        opener: callback that opens a run in the Playground.
    """
    answer = front_answer(hub.store(), found.group)
    measured = [point for point in answer.points if tradeoff_charts.measured(point)]
    if not measured or answer.reference is None:
        st.caption(t("output.nothing_yet"))
        return
    _words(answer)
    x, y = _axes(answer)
    colours = colours_of(parse_spec(get_group(hub.store(), found.group).spec))
    axes = f"{CHART}:{found.group}:parallel"
    outside = _outside(answer, parallel_view.brushed(axes))
    figure = tradeoff_charts.front_figure(answer, x, y, colours, outside)
    call: dict[str, Any] = {"key": f"{CHART}:{found.group}", "config": {"displaylogo": False}, "alt": _alt(answer)}
    if found.status == "running":  # drawn anew as points come: what is selected then would be lost at once
        st.plotly_chart(figure, **call | {"key": f"{CHART}:live"})
        return
    kept = f"{CHART}:{found.group}:picked"
    call |= {"on_select": partial(_pick, call["key"], kept), "selection_mode": ("points", "box", "lasso")}
    st.plotly_chart(figure, **call)
    chosen = [place for place in st.session_state.get(kept, []) if place < len(answer.points)]
    if len(chosen) == 1:
        _one(answer, answer.points[chosen[0]], opener)
    elif not chosen:
        st.caption(f":material/touch_app: {t('tradeoff.click')}")
    if len(measured) > 2:
        st.markdown(f"**{t('tradeoff.parallel')}**")
        _about_lines(chosen, len(measured) - len(outside), len(measured), kept)
        parallel = tradeoff_charts.parallel_figure(answer, chosen, colours)
        height = tradeoff_charts.PARALLEL_HEIGHT
        parallel_view.parallel_view(parallel, key=axes, height=height, text_alternative=_alt(answer))
    _table(answer, opener)


def _outside(answer: FrontAnswer, ranges: parallel_view.Ranges) -> set[int]:
    """Places of measured points that the brushed axes leave out."""
    points = [(i, point) for i, point in enumerate(answer.points) if tradeoff_charts.measured(point)]
    return {i for i, point in points if not parallel_view.inside(tradeoff_charts.line_of(point), ranges)}


def _about_lines(chosen: list[int], inside: int, count: int, kept: str) -> None:
    """What the parallel coordinates show, and what brushing them did to the picture above."""
    words = t("tradeoff.parallel_about", count=len(chosen)) if chosen else t("tradeoff.parallel_all")
    brushed = f" **{t('tradeoff.brushed', inside=inside, count=count)}**" if inside < count else ""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(words + brushed, width="stretch")
        if chosen:
            call: dict[str, Any] = {"type": "tertiary", "key": f"{kept}:none", "on_click": _unpick, "args": (kept,)}
            st.button(t("tradeoff.unpick"), **call)


def _pick(key: str, kept: str) -> None:
    """Callback of the picture: what is picked stays so when the picture is drawn anew, faded otherwise."""
    st.session_state[kept] = _picked(st.session_state.get(key))


def _unpick(kept: str) -> None:
    """Callback: every point is drawn as a line again."""
    st.session_state.pop(kept, None)


def _picked(state: Any) -> list[int]:
    """Places of the points that were clicked or brushed."""
    points = (state or {}).get("selection", {}).get("points", [])
    places = []
    for point in points:
        place = point.get("customdata")
        place = place[0] if isinstance(place, list) else place
        if isinstance(place, int | float) and place >= 0:
            places.append(int(place))
    return sorted(set(places))


def _axes(answer: FrontAnswer) -> tuple[int, int]:
    """The two tasks on the axes; of more than two a person chooses the pair."""
    pairs = list(combinations(range(len(answer.tasks)), 2))
    if len(pairs) == 1:
        return pairs[0]
    names = [f"{answer.tasks[a]} × {answer.tasks[b]}" for a, b in pairs]
    call: dict[str, Any] = {"key": AXES, "required": True, "wrap": True, "format_func": names.__getitem__}
    if st.session_state.get(AXES) not in range(len(pairs)):
        st.session_state[AXES] = 0
    return pairs[int(st.segmented_control(t("tradeoff.axes"), range(len(pairs)), **call))]


def _words(answer: FrontAnswer) -> None:
    """The answer in sentences."""
    front = [point for point in answer.points if point.on_front]
    lines = [t("tradeoff.found", front=len(front), points=sum(point.trains_all for point in answer.points))]
    bend = next((point for point in front if point.arm == answer.knee), None)
    if bend is not None:
        lines.append(t("tradeoff.knee_at", where=_line(answer, bend)))
    dent = sum(not point.supported for point in front)
    if len(front) > 2:
        lines.append(t("tradeoff.dent", count=dent, front=len(front)) if dent else t("tradeoff.no_dent"))
    if answer.hypervolume is not None and answer.reference is not None:
        at = ", ".join(formatted(m, value) for m, value in zip(answer.metrics, answer.reference, strict=True))
        lines.append(t("tradeoff.hypervolume", value=f"{answer.hypervolume:.4g}", at=at))
    st.markdown("\n".join(f"- {line}" for line in lines))
    st.caption(t("tradeoff.honest"))


def _line(answer: FrontAnswer, point: Point) -> str:
    """A point in a sentence."""
    lambdas = ", ".join(f"λ {task} {value:.3g}" for task, value in point.lambdas.items())
    metrics = ", ".join(
        f"{task} {metric_name(m)} **{formatted(m, value)}**"
        for task, m, value in zip(answer.tasks, answer.metrics, point.values, strict=True)
    )
    return f"{tradeoff_charts.method_name(point)}, {lambdas}: {metrics}"


def _one(answer: FrontAnswer, point: Point, opener: Any) -> None:
    """The point that was clicked, and the way to its runs."""
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(_line(answer, point), width="stretch")
        for i, run in enumerate(point.runs[:5], start=1):
            label = t("runs.open") if len(point.runs) == 1 else t("tradeoff.open_seed", count=i)
            call: dict[str, Any] = {"on_click": opener, "args": (run,), "icon": ":material/open_in_full:"}
            st.button(label, key=f"point:{run}", **call)


def _table(answer: FrontAnswer, opener: Any) -> None:
    """The front's points, best first in the first task."""
    import pandas as pd

    front = [point for point in answer.points if point.on_front]
    front.sort(key=lambda point: point.values[0] or 0.0, reverse=not answer.lower_is_better[0])
    rows = []
    for point in front:
        row: dict[str, Any] = {t("tradeoff.network"): tradeoff_charts.method_name(point)}
        row |= {f"λ {task}": f"{value:.3g}" for task, value in point.lambdas.items()}
        for task, metric, value in zip(answer.tasks, answer.metrics, point.values, strict=True):
            row[f"{task} · {metric_name(metric)}"] = formatted(metric, value)
        rows.append(row | {t("tradeoff.adds"): f"{point.contribution:.3g}"})
    with st.expander(t("tradeoff.table", count=len(front)), icon=":material/table:"):
        st.dataframe(pd.DataFrame(rows), hide_index=True)


def _alt(answer: FrontAnswer) -> str:
    front = [point for point in answer.points if point.on_front]
    return "; ".join(_line(answer, point).replace("**", "") for point in front[:30])
