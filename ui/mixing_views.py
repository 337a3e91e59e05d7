"""How a network mixes, seen: stitches as matrices, gates as bars, masks as pictures; now and over the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from mtl_core.layout import Layout
from mtl_core.mixing import Gate, Mask, Mixture, Stitch
from ui.chart_data import ChartData, Trace
from ui.colours import SHARED_COLOUR
from ui.epochs import at_epoch
from ui.gradient_charts import over_time
from ui.gradient_series import BREAK
from ui.hub import RunView, Source
from ui.lines import Lines
from ui.live_chart import live_chart
from ui.markup import show_markup
from ui.matrix_picture import matrix_picture
from ui.mixing_bars import Share, gate_bars
from ui.mixing_masks import masks_markup
from ui.network_plan import expert_name, owner_name
from ui.network_values import expert_of, owner_of
from ui.words import t

KIND = "mixing"
HEIGHT = 260
STAGE = "mixing_stage"
MOST_PAIRS = 3
"""Tasks, at most, whose every α has a line; of more only each task's own."""
MOST_BARS = 12
"""Gates, at most, that are drawn one by one; of more there is a matrix."""
FIRMEST, STEP = 0.9, 0.22


def offered(view: RunView) -> tuple[str, ...]:
    """The view, where the run's network mixes."""
    mixers = (Stitch, Gate, Mask)
    return (KIND,) if any(isinstance(part.block, mixers) for part in view.spec.layout().parts) else ()


def show(source: Source, view: RunView, colours: Mapping[str, str]) -> None:
    """Draw what the run told of its mixing.

    Args:
        source: where previews are read.
        view: of the run.
        colours: per task of the run.
    """
    found = view.series.mixing
    if not found:
        st.caption(t("output.nothing_yet"))
    if "stitches" in found:
        _stitches(view, found["stitches"], colours)
    if "gates" in found:
        _gates(view, found["gates"], colours)
    if "masks" in found:
        _masks(source, view, colours)


def _stitches(view: RunView, stitches: Mapping[str, Any], colours: Mapping[str, str]) -> None:
    tasks = list(view.spec.tasks)
    st.caption(t("mixing.stitches_about"))
    tables = {stage: np.array([row or [np.nan] * len(tasks) for row in rows]) for stage, rows in stitches.items()}
    limit = max(1.0, *(float(np.nanmax(np.abs(table))) for table in tables.values()))
    with st.grid("auto", min_column_width=220, gap="medium"):
        for stage, table in tables.items():
            with st.container():
                label = t("mixing.stitch", stage=stage)
                st.markdown(f"**{label}**")
                picture = matrix_picture(table, tasks, tasks, order="as is", diverging=True, label=label, limit=limit)
                show_markup(picture, key=f"stitch:{stage}")
    stage = _stage(list(tables))
    chart = stitch_chart(view.series.mixed, stage, tasks, colours, view.total_steps, view.record.id)
    live_chart(chart, key="stitch_chart", height=HEIGHT, text_alternative=t("mixing.stitch", stage=stage))


def _stage(stages: list[str]) -> str:
    if st.session_state.get(STAGE) not in stages:
        st.session_state[STAGE] = stages[-1]
    call: dict[str, Any] = {"label_visibility": "collapsed", "required": True, "wrap": True}
    return str(st.segmented_control(t("mixing.stage"), stages, key=STAGE, **call) or stages[-1])


def stitch_chart(
    lines: Lines, stage: str, tasks: Sequence[str], colours: Mapping[str, str], total_steps: int | None, run: str
) -> ChartData:
    """α of one stage over the steps: a task's own column solid, what it takes from others dashed.

    Args:
        lines: of the run's mixing, see :mod:`ui.mixing_series`.
        stage: the stage.
        tasks: of the run.
        colours: per task; a line has that of the column from which is taken.
        total_steps: right end of the x axis.
        run: its id.
    """
    traces = []
    for i, task in enumerate(tasks):
        for j, other in enumerate(tasks):
            line = lines.get(f"{i},{j}{BREAK}stitches/{stage}")
            if line is not None and (i == j or len(tasks) <= MOST_PAIRS):
                x, y = line.xy()
                traces.append(Trace(f"α {task} ← {other}", x, y, colours[other], dash="solid" if i == j else "dash"))
    span = (0, total_steps) if total_steps else None
    return ChartData(tuple(traces), t("chart.step"), "α", x_range=span, view=f"{run}:{stage}")


def _gates(view: RunView, gates: Mapping[str, Any], colours: Mapping[str, str]) -> None:
    layout = view.spec.layout()
    st.caption(t("mixing.gates_about"))
    if len(gates) > MOST_BARS:
        _many_gates(layout, gates)
        return
    with st.grid("auto", min_column_width=260, gap="medium"):
        for gate in gates:
            with st.container():
                owner = None if owner_of(gate) == "shared" else owner_of(gate)
                level = int(gate.rpartition("gate")[2]) + 1
                label = t("mixing.gate", task=owner_name(owner, {}), level=level)
                st.markdown(f"**{label}**")
                shares = shares_of(experts_of(layout, gate), colours)
                moments = over_time(view.series.mixed, list(map(str, range(len(shares)))), f"gates/{gate}")
                if len(moments.values) == len(shares):
                    show_markup(gate_bars(moments, shares, label), key=f"gate:{gate}")
                else:
                    st.caption(t("mixing.no_rows"))


def experts_of(layout: Layout, gate: str) -> list[str]:
    """The experts that a gate weighs, in the order of its weights."""
    parts = (part for part in layout.parts if isinstance(part.block, Mixture) and part.inputs[0] == gate)
    return [expert_of(name) for name in next(parts).inputs[1:]]


def shares_of(experts: Sequence[str], colours: Mapping[str, str]) -> list[Share]:
    """Names and looks: a task's own in its colour, shared ones grey, each lighter than the one before."""
    seen: dict[str, int] = {}
    shares = []
    for expert in experts:
        owner = owner_of(expert)
        place = seen[owner] = seen.get(owner, -1) + 1
        colour = SHARED_COLOUR if owner == "shared" else colours.get(owner, SHARED_COLOUR)
        shares.append(Share(expert_name(expert, {}), colour, max(0.2, FIRMEST - STEP * place)))
    return shares


def _many_gates(layout: Layout, gates: Mapping[str, Any]) -> None:
    """A matrix a level: a row a gate, a column an expert, the tasks' own ones under one name."""
    levels = sorted({gate.rpartition("gate")[2] for gate in gates}, key=int)
    for level in levels:
        rows = {g: w for g, w in gates.items() if g.endswith(f"/gate{level}") and w and owner_of(g) != "shared"}
        if not rows:
            continue
        experts = experts_of(layout, next(iter(rows)))
        columns = [
            t("mixing.own", number=int(e.rpartition("expert")[2]) + 1)
            if owner_of(e) != "shared"
            else expert_name(e, {})
            for e in experts
        ]
        label = t("mixing.level", level=int(level) + 1)
        names = [owner_of(gate) for gate in rows]
        st.markdown(f"**{label}**")
        table = np.array(list(rows.values()), dtype=float)
        picture = matrix_picture(table, names, columns, order="as is", diverging=False, label=label)
        show_markup(picture, key=f"gates:{level}")


def _masks(source: Source, view: RunView, colours: Mapping[str, str]) -> None:
    st.caption(t("mixing.masks_about"))
    found = at_epoch(source, view)
    if found is None:
        st.caption(t("output.nothing_yet"))
    elif pictured := masks_markup(found, view.spec.tasks, colours):
        show_markup(pictured, key="mask_means")
    chart = mask_chart(view.series.mixed, view.spec.tasks, colours, view.total_steps, view.record.id)
    live_chart(chart, key="mask_chart", height=HEIGHT, text_alternative=t("mixing.mask_mean"))


def mask_chart(
    lines: Lines, tasks: Sequence[str], colours: Mapping[str, str], total_steps: int | None, run: str
) -> ChartData:
    """The mean of each mask over the steps, deeper stages fainter.

    Args: as :func:`stitch_chart`.
    """
    traces = []
    for task in tasks:
        names = [name for name in lines if name.startswith(f"{task}{BREAK}masks/")]
        for place, name in enumerate(names):
            x, y = lines[name].xy()
            stage, opacity = name.rpartition("/")[2], max(0.3, 1 - 0.25 * place)
            traces.append(Trace(f"{task} · {stage}", x, y, colours[task], opacity=opacity))
    span = (0, total_steps) if total_steps else None
    call: dict[str, Any] = {"x_range": span, "view": f"{run}:masks"}
    return ChartData(tuple(traces), t("chart.step"), t("mixing.mask_mean"), **call)
