"""The comparison of all methods as one table: the data step, and the drawing step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from ui.methods import Method
from ui.methods_cards import method_name, needs_text, show_alone
from ui.methods_costs import costs
from ui.words import t, t_or

if TYPE_CHECKING:
    import pandas as pd

KEY = "methods_table"
ROWS_SEEN = 11
ROW_HEIGHT, BORDER = 35, 2


def comparison(found: Sequence[Method]) -> pd.DataFrame:
    """A row a method: name, kind, cost (NaN where it was not measured), year, needs."""
    import pandas as pd

    measured = costs()
    return pd.DataFrame(
        {
            "method": [method_name(method) for method in found],
            "cost": pd.Series([measured.of(method.name) for method in found], dtype="float64"),
            "year": pd.Series([method.year for method in found], dtype="Int64"),
            "kind": [t(f"methods.{method.kind}") for method in found],
            "needs": [needs_text(method) for method in found],
        }
    )


def show_table(found: Sequence[Method]) -> None:
    """The table; a click on a row shows that method alone."""
    first = next(iter(costs().ratios.values()), {})
    where = t_or(f"methods.set_{next(iter(first), '')}", "–")
    columns = {
        "method": st.column_config.TextColumn(t("methods.method"), width=130),
        "cost": st.column_config.NumberColumn(
            t("methods.cost"), format="%.2f×", width=75, help=t("methods.cost_help", where=where)
        ),
        "year": st.column_config.NumberColumn(t("methods.year"), format="%d", width=65),
        "kind": st.column_config.TextColumn(t("methods.kind"), width=130),
        "needs": st.column_config.TextColumn(t("methods.needs"), width="large"),
    }
    names = [method.name for method in found]
    st.dataframe(
        comparison(found),
        key=KEY,
        hide_index=True,
        placeholder="–",
        height=ROW_HEIGHT * (1 + min(ROWS_SEEN, len(found))) + BORDER,
        column_config=columns,
        on_select=lambda: _picked(names),
        selection_mode="single-row",
    )


def _picked(names: Sequence[str]) -> None:
    rows = st.session_state[KEY].selection.rows
    if rows and rows[0] < len(names):
        show_alone(names[rows[0]])
