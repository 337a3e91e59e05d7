"""The sliders beside a run: each movement is one order to it, in a fragment of its own."""

from __future__ import annotations

import streamlit as st

from mtl_core.errors import RunNotFound
from ui import hub, shown_run
from ui.hub import RunView
from ui.sliders import gamma_slider, lambda_slider, learning_rate_slider
from ui.words import t


@st.fragment
def steer_weights(run: str | None) -> None:
    """λ of each of the run's tasks, and its learning rate; they act at once and leave a mark."""
    from ui.spec_form import colours_of

    view = _view(run)
    if view is None:
        return
    st.caption(f":material/bolt: {t('sliders.live')}")
    colours, planned = colours_of(view.spec), view.spec.weighting.lambdas

    def changed(path: str, key: str) -> None:
        shown_run.steer(path, key, view.record.id)

    for task in view.spec.tasks:
        path = f"weighting.lambdas.{task}"
        lambda_slider(path, task, shown_run.steered(view, path, planned[task]), colours[task], changed, f"live:{run}")
    rate = shown_run.steered(view, "optimizer.lr", view.spec.optimizer.lr)
    learning_rate_slider("optimizer.lr", rate, changed, f"live:{run}")


@st.fragment
def steer_ties(run: str | None) -> None:
    """γ of each of the run's terms."""
    view = _view(run)
    from ui.tie_form import gamma_label

    if view is None:
        return

    if view.spec.regularizers and len(view.spec.tasks) < 2:
        st.caption(f":material/link_off: {t('sliders.nothing_to_tie')}")
        return

    def changed(path: str, key: str) -> None:
        shown_run.steer(path, key, view.record.id)

    for index, term in enumerate(view.spec.regularizers):
        path = f"regularizers.{index}.strength"
        value = shown_run.steered(view, path, term.strength)
        gamma_slider(path, value, changed, f"live:{run}", gamma_label(view.spec, index))


def _view(run: str | None) -> RunView | None:
    try:
        return hub.hub().view(run) if run else None
    except RunNotFound:  # deleted in another window: the panel says so
        return None
