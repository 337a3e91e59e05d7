"""Compare: several runs beside one another, in curves, settings, numbers and masks."""

import streamlit as st

from ui import compare_view, form_state, frame, guard, shown_run
from ui.words import t

guard.enter("pages/compare.py")
frame.wake_runner()
form_state.write_language(frame.language_for_link())

st.subheader(t("page.compare"), anchor=False)
st.caption(t("compare_runs.about"))
shown_run.trouble()
compare_view.compare()
frame.bottom()
