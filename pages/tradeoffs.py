"""Trade-offs: what each λ gives in every task, and which of it no other run beats."""

import streamlit as st

from ui import compare_form, evaluation, form_state, frame, group_panel, guard, shown_run
from ui.words import t

guard.enter("pages/tradeoffs.py")
frame.wake_runner()
form_state.write_language(frame.language_for_link())

st.subheader(t("page.tradeoffs"), anchor=False)
st.caption(t("tradeoff.about"))
shown_run.trouble()
evaluation.linked()
evaluation.spec_line()
compare_form.defaults()
evaluation.ask(compare_form.tradeoff_fields, compare_form.tradeoff_plan)
group_panel.group_panel("tradeoff")
frame.bottom()
