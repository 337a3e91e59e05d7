"""The concave front: a slider of λ that jumps from end to end, and methods that reach what lies between."""

from __future__ import annotations

import streamlit as st

from ui import race_data
from ui.race_view import race_view
from ui.recorded import walks
from ui.words import t

METHODS = ("fixed", "stch", "mgda")


def concave_front() -> None:
    """The whole of it."""
    st.markdown(t("race.front_about"))
    seed = st.segmented_control(
        t("race.front_start"),
        walks.FRONT_SEEDS,
        default=walks.FRONT_SEEDS[0],
        required=True,
        format_func=lambda number: t("race.front_start_number", number=number + 1),
        key="race_front_seed",
    )
    space = race_data.front_space({"title": t("race.front"), "label": t("race.front_label")})
    data = {
        "view": f"front:{seed}",
        "steps": list(range(walks.FRONT_STEPS + 1)),
        "walks": race_data.front_walks(int(seed or 0), METHODS),
        "space": space,
        "preferences": list(walks.FRONT_PREFERENCES),
    }
    race_view(data, key="race_front_arena")
    st.caption(t("race.front_signs"))
