"""Evaluation: several runs as one question, and how tasks hang together before anything is trained."""

import streamlit as st

from ui import evaluation, form_state, frame, group_panel, guard, relatedness_view, shown_run
from ui.words import t

guard.enter("pages/evaluation.py")
frame.wake_runner()
form_state.write_language(frame.language_for_link())

st.subheader(t("page.evaluation"), anchor=False)
st.caption(t("evaluation.about"))
shown_run.trouble()
evaluation.spec_line()
question = evaluation.choose()
if question == "relatedness":
    relatedness_view.relatedness()
else:
    if question != evaluation.SWEEP:
        evaluation.start_form(question)
    group_panel.group_panel(question)
frame.bottom()
