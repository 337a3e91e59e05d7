"""One step with one task's gradient alone, and what it did to every task's loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from mtl_core.control import Command
from mtl_core.numerals import typeset
from mtl_core.spec_parts import ONLY
from ui import hub, shown_run
from ui.shown_run import Shown
from ui.words import t

MOST_BUTTONS = 6
"""Tasks, at most, that have a button each; of more one is picked from a list."""
PICKED = "single_step_task"
SAME = 5e-7
"""A relative change below this is none: the losses are stored as 32-bit numbers."""


def single_step(shown: Shown, *, disabled: bool) -> None:
    """The button that opens the choice of a task, for a run that can be steered."""
    assert shown.view is not None
    assert shown.id is not None
    tasks = shown.view.spec.tasks
    if len(tasks) < 2:
        return
    with st.popover(t("single_step.title"), icon=":material/ads_click:", help=t("single_step.help"), disabled=disabled):
        st.caption(t("single_step.about"))
        if len(tasks) > MOST_BUTTONS:
            picked = st.selectbox(t("views.task"), tasks, key=PICKED, label_visibility="collapsed")
            tasks = [picked]
        with st.container(horizontal=True, gap="small"):
            for task in tasks:
                st.button(task, key=f"only:{task}", on_click=take, args=(shown.id, task), icon=":material/skip_next:")
        alone = shown.view.series.alone
        if alone:
            st.markdown(effect(alone, shown.view.spec.tasks))


def take(run: str, task: str) -> None:
    """Callback: the next step takes this task's gradient alone; then the run is paused."""
    with shown_run.told():
        before = hub.store().get(run).step
        hub.store().send(run, Command("set", f"{ONLY}{task}", 1.0), Command("step"))
        shown_run.answered(run, shown_run.ANSWER_SECONDS, lambda record: record.step > before)


def effect(alone: Mapping[str, Any], tasks: Sequence[str]) -> str:
    """What the newest such step did: each loss before → after, on the rows of that step.

    Args:
        alone: ``step``, ``only``, ``loss`` and ``loss_after`` of its event.
        tasks: of the run; those without a row in that step are left out.
    """
    lines = [t("single_step.effect", step=alone["step"], tasks=", ".join(alone["only"]))]
    for task in tasks:
        before, after = alone["loss"].get(task), alone["loss_after"].get(task)
        if before is None or after is None:
            continue
        change = after - before
        still = abs(change) <= SAME * max(abs(before), abs(after))
        word = t("single_step.same") if still else typeset(change, "+.3g")
        lines.append(f"- {task}: {typeset(before)} → {typeset(after)} &nbsp; **{word}**")
    return "\n".join(lines)
