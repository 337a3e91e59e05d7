"""How walks ended, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from mtl_core.toys.outcomes import Outcome
from ui.race_data import title
from ui.words import t


@dataclass(frozen=True)
class Row:
    """One walk: which method, from where, and its end."""

    method: str
    start: tuple[float, float]
    outcome: Outcome


def ends_table(rows: Sequence[Row]) -> None:
    """Method, start, whether the Pareto set was reached and when, end and losses there."""
    import pandas as pd

    if not rows:
        return
    table = pd.DataFrame([cells(row) for row in rows])
    st.dataframe(table, hide_index=True, width="stretch")
    for row in rows:
        if row.outcome.trouble:
            st.warning(f"{title(row.method)}: {row.outcome.trouble}", icon=":material/warning:")


def cells(row: Row) -> dict[str, str]:
    """The words of one row."""
    outcome, arrived = row.outcome, row.outcome.arrived
    reached = t("race.no") if arrived is None else t("race.yes")
    return {
        t("race.method"): title(row.method),
        t("race.start"): _numbers(row.start, 2),
        t("race.reached"): reached,
        t("race.since"): "–" if arrived is None else f"{arrived:,}",
        t("race.end"): _numbers(outcome.point, 3),
        "L₁": _number(outcome.losses[0], 3),
        "L₂": _number(outcome.losses[1], 3),
    }


def _numbers(values: Sequence[float], digits: int) -> str:
    return f"({', '.join(_number(value, digits) for value in values)})"


def _number(value: float, digits: int) -> str:
    return f"{value:.{digits}f}".rstrip("0").rstrip(".").replace("-", "−") if round(value, digits) else "0"
