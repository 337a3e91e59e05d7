"""The sliders beside a run: each movement is one order to it, in a fragment of its own."""

from __future__ import annotations

import streamlit as st

from mtl_core.errors import RunNotFound
from ui import hub, many_tasks, shown_run
from ui.hub import LAMBDAS, RunView
from ui.sliders import OnChange, gamma_slider, lambda_slider, learning_rate_slider
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

    lambdas = {task: shown_run.steered(view, f"{LAMBDAS}{task}", planned[task]) for task in view.spec.tasks}
    if many_tasks.many(view.spec.tasks):
        _steer_all(view, lambdas, changed)
    else:
        for task, value in lambdas.items():
            lambda_slider(f"{LAMBDAS}{task}", task, value, colours[task], changed, f"live:{run}")
    rate = shown_run.steered(view, "optimizer.lr", view.spec.optimizer.lr)
    learning_rate_slider("optimizer.lr", rate, changed, f"live:{run}")


def _steer_all(view: RunView, lambdas: dict[str, float], changed: OnChange) -> None:
    """One λ for all of many tasks, and those of the exceptions."""
    run = view.record.id

    def every(path: str, key: str) -> None:
        value = float(st.session_state[key])
        shown_run.steer_every(view, value, many_tasks.exceptions(lambdas))
        many_tasks.set_every(path, value)

    def together(common: float, tasks: list[str]) -> None:
        for task in tasks:
            shown_run.steer_to(f"{LAMBDAS}{task}", common, run)

    asked = shown_run.ordered(run, many_tasks.EVERY_PATH)
    many_tasks.lambda_group(lambdas, prefix=f"live:{run}", every=every, one=changed, together=together, shown=asked)


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
