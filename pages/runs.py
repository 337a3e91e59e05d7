"""Runs: everything that this browser and the command line have trained."""

import streamlit as st

from ui import form_state, frame, guard, run_list, shown_run
from ui.words import t

guard.enter("pages/runs.py")
frame.wake_runner()
form_state.write_language(frame.language_for_link())

st.subheader(t("page.runs"), anchor=False)
st.caption(t("runs.about"))
shown_run.trouble()
run_list.run_list()
frame.bottom()
